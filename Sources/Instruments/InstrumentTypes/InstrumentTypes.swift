public import BenchCore

/// The instrument types that the drivers of a bench name.
public enum InstrumentTypes {
    /// Names and files of the drivers that are not built in, in the order of the bench file, each once. Empty where the bench names no
    /// folder of instrument types. `folder` is the bench file's own.
    public static func files(_ bench: BenchDescription, folder: String) -> [(name: String, file: String)] {
        guard let types = bench.instrumentTypes else { return [] }
        let place = types.hasPrefix("/") || folder.isEmpty ? types : folder + "/" + types
        return names(bench).map { ($0, place + "/" + $0 + ".yaml") }
    }

    /// Reads them from a folder that holds them all. Throws `Diagnostics` or `Fault(.notFound)`.
    public static func load(_ bench: BenchDescription, folder: String) throws -> [String: InstrumentType] {
        guard bench.instrumentTypes != nil else { return [:] }
        var types: [String: InstrumentType] = [:]
        for name in names(bench) {
            let file = folder + "/" + name + ".yaml"
            types[name] = try InstrumentTypeFile.load(try Disk.read(file), file: file)
        }
        return types
    }

    /// Throws `Fault(.notFound)` where an instrument's driver is unknown, or does not fit its role or its wire.
    public static func check(_ instrument: InstrumentDescription, types: [String: InstrumentType]) throws(Fault) {
        _ = try DriverRegistry.entry(for: instrument, types: types)
    }

    private static func names(_ bench: BenchDescription) -> [String] {
        let builtIn = Set(DriverRegistry.all.map(\.name))
        var seen: Set<String> = []
        return bench.instruments.map(\.driver).filter { !builtIn.contains($0) && seen.insert($0).inserted }
    }
}
