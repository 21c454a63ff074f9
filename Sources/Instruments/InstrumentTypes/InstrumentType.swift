public import BenchCore

/// A type of instrument that a data file describes: commands and ranges of one model or of a family.
public struct InstrumentType: Sendable {
    /// The name that bench files use as `driver:`; the file's name without extension.
    public var name: String
    /// The maker, the models, and the public manual that the commands were taken from.
    public var manufacturer: String, models: [String], source: String
    /// The drivers it gives, one for each role.
    var entries: [DriverEntry]

    /// The roles it can play.
    public var roles: [InstrumentRole] { entries.map(\.role) }
    /// What of it could not be checked against the maker's manual, as sentences.
    public var unconfirmed: [String] { entries.flatMap(\.unconfirmed) }
}

/// A family of instruments that differ only in commands and ranges: reads the rest of the file and gives the drivers.
struct InstrumentFamily: Sendable {
    /// The word under `family:`.
    var name: String
    /// Reads what belongs to the family; `nil` after a complaint.
    var read: @Sendable (_ fields: Fields, _ type: String) -> [DriverEntry]?
}

/// Reads an instrument type: `instrument-type`, `family`, `manufacturer`, `models`, `source`, then what the family needs.
public enum InstrumentTypeFile {
    /// The families.
    static let families: [InstrumentFamily] = [
        SourceTableFile.family,
        ModbusSensor.family,
        ModbusInterlock.family,
        ModbusLamp.family,
        AnalyzerTableFile.family,
        ClockTableFile.family,
        SpectrumTableFile.family,
    ]

    /// The kind of file, for `FileCheck`.
    public static let kind = FileKind(firstKey: "instrument-type") { bytes, file in _ = try load(bytes, file: file) }

    /// Reads the bytes of a file; throws `Diagnostics` with every complaint of form and meaning.
    public static func load(_ bytes: [UInt8], file: String) throws -> InstrumentType {
        let node = try StrictYAML.read(bytes, file: file)
        let complaints = Complaints(file)
        let type = Fields.read(node, "an instrument type", complaints) { f -> InstrumentType? in
            let name = f.name("instrument-type")
            let manufacturer = f.text("manufacturer")
            let models = f.texts("models")
            let source = f.text("source")
            let family = f.value("family", .required) { text throws(ValueTrouble) -> InstrumentFamily in
                guard let found = families.first(where: { $0.name == text }) else {
                    let known = families.map(\.name).joined(separator: ", ")
                    throw ValueTrouble("«\(text)» is no family of instruments; families are \(known)")
                }
                return found
            }
            // Without the family nothing is known of the other keys: none is complained about.
            guard let family else {
                _ = f.keys()
                return nil
            }
            let entries = family.read(f, name ?? "?")
            guard let name, let manufacturer, let models, let source, let entries else { return nil }
            return InstrumentType(
                name: name, manufacturer: manufacturer, models: models, source: source, entries: entries)
        }
        return try complaints.finish(type).value
    }
}
