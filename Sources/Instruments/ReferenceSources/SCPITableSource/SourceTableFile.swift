import BenchCore

/// Reads what stands in a file of the family `scpi-source` behind the keys that all instrument types have.
///
/// The format is described, with an example, in `Instruments/Documentation.docc`.
enum SourceTableFile {
    /// The family, for `InstrumentTypeFile`.
    static let family = InstrumentFamily(name: "scpi-source") { f, name in
        guard let (table, unconfirmed) = read(f) else { return nil }
        return SCPITableSource.entries(name, table, unconfirmed)
    }

    /// The table and what of it is unconfirmed; `nil` after a complaint.
    static func read(_ f: Fields) -> (SourceTable, unconfirmed: [String])? {
        var notes = Unconfirmed()
        let identity = f.texts("identity", .optional) ?? []
        let response = f.quantity("response", TimeSpan.self, .optional, .positive)
        let dialect = f.block("dialect", "a dialect", .optional) { readDialect($0, &notes) } ?? SCPIDialect.standard
        let angles = f.choice("angles", .optional, of: SourceTable.Angles.self) ?? .signed
        let capability = f.block("capability", "the capability of a source") { readCapability($0, &notes) }
        let names = phaseNames(f, capability?.phases)
        let voltageRanges = ranges(f, "voltage-ranges", Voltage.self, capability?.voltage.upperBound)
        let currentRanges = ranges(f, "current-ranges", Current.self, capability?.current?.upperBound)
        let settle = f.quantity("settle", TimeSpan.self, .required, .positive)
        var rows = SourceTableRows(
            phases: capability?.phases ?? 3, voltageRanges: !voltageRanges.isEmpty,
            currentRanges: !currentRanges.isEmpty, current: capability?.current != nil, notes: notes)
        let setup = rows.read(f, "setup", .optional)
        let load = rows.read(f, "load", .required, known: SourceTableRows.ofLoad)
        let on = rows.read(f, "on", .required)
        let currentOff = rows.read(f, "current-off", capability?.current == nil ? .optional : .required)
        let voltageOff = rows.read(f, "voltage-off", .required)
        let local = rows.read(f, "local", .optional)
        let state = f.block("state", "the state of a source") {
            SourceTableState.read($0, current: capability?.current != nil, &rows)
        }
        let shape = f.block("shape", "the shapes of a source", .optional) { SourceTableShape.read($0, &rows) }
        if let capability, capability.current == nil {
            for key in ["current-off", "current-ranges"] where f.has(key) {
                f.complain(key, "«capability» says «current: none»: there are no currents to speak of")
            }
        }
        guard let capability, let names, let settle, let state, let load, let on, let voltageOff else { return nil }
        let table = SourceTable(
            identity: identity, dialect: dialect, response: response?.value, capability: capability, angles: angles,
            phaseNames: names, voltageRanges: voltageRanges, currentRanges: currentRanges, settle: settle.value,
            setup: setup ?? [], load: load, on: on, currentOff: currentOff ?? [], voltageOff: voltageOff,
            local: local ?? [], isOn: state.isOn, currentOn: state.currentOn, settled: state.settled,
            faults: state.faults, shape: shape)
        return (table, rows.notes.sentences)
    }

    // MARK: - dialect and capability

    private enum LineEnd: String, CaseIterable {
        case lf = "LF"
        case cr = "CR"
        case crlf = "CRLF"
    }

    private static func readDialect(_ f: Fields, _ notes: inout Unconfirmed) -> SCPIDialect? {
        var dialect = SCPIDialect.standard
        switch f.choice("line-end", .optional, of: LineEnd.self) {
        case .cr:
            dialect.terminator = "\r"
            dialect.answersEndWithReturn = true
        case .crlf: dialect.terminator = "\r\n"
        case .lf, nil: break
        }
        let errors = f.value("errors", .optional) { text throws(ValueTrouble) -> String? in
            if text == "none" { return nil }
            guard SCPIMessage.isLine(text), text.hasSuffix("?") else {
                throw ValueTrouble(
                    "«\(text)» is no query; write e.g. «SYST:ERR?», or «none» for a source without error queue")
            }
            return text
        }
        if let errors { dialect.errorQuery = errors }
        if let joined = f.yesNo("joined", .optional) { dialect.joined = joined }
        notes.take(f, "the dialect")
        return dialect
    }

    private static func readCapability(_ f: Fields, _ notes: inout Unconfirmed) -> SourceCapability? {
        let phases = f.integer("phases", in: 1...3)
        let independent = f.yesNo("independent", phases == 1 ? .optional : .required) ?? (phases == 1)
        let voltage = f.range("voltage", Voltage.self)
        var current: QuantityRange<Current>?
        var hasCurrent = true
        if f.scalar("current") == "none" { hasCurrent = false } else { current = f.range("current", Current.self) }
        let frequency = f.range("frequency", Frequency.self)
        let harmonics = f.orders("harmonics", .optional, from: 2)
        let inter = f.range("interharmonics", Frequency.self, .optional)
        let fluctuation = f.range("fluctuation", Frequency.self, .optional)
        let events = f.range("events", TimeSpan.self, .optional)
        notes.take(f, "the capability")
        guard let phases, let voltage, let frequency, current != nil || !hasCurrent else { return nil }
        return SourceCapability(
            phases: phases, voltage: voltage.closed, current: current?.closed, frequency: frequency.closed,
            independentPhases: independent, harmonics: harmonics, interharmonics: inter?.closed,
            fluctuation: fluctuation?.closed, events: events?.closed)
    }

    private static func phaseNames(_ f: Fields, _ phases: Int?) -> [String]? {
        guard let names = f.texts("phase-names", .optional) else {
            return f.has("phase-names") ? nil : ["1", "2", "3"]
        }
        for name in names where !SCPIMessage.isLine(name) {
            f.complain("phase-names", "«\(name)» cannot stand in a command")
        }
        if let phases, names.count != phases {
            f.complain("phase-names", "\(names.count) names for \(phases) phase\(phases == 1 ? "" : "s")")
            return nil
        }
        return names
    }

    private static func ranges<D: Dimension>(_ f: Fields, _ key: String, _: D.Type, _ highest: Double?) -> [SourceTable
        .Range]
    {
        let ranges = f.blocks(key, "a range of the source", .optional) { r -> SourceTable.Range? in
            let upTo = r.quantity("up-to", D.self, .required, .positive)
            let name = r.text("name")
            if let name, !SCPIMessage.isLine(name) { r.complain("name", "«\(name)» cannot stand in a command") }
            guard let upTo, let name else { return nil }
            return SourceTable.Range(upTo: upTo.value, name: name)
        }
        for (low, high) in zip(ranges, ranges.dropFirst()) where low.upTo >= high.upTo {
            f.complain(key, "ranges stand from the smallest to the largest; «\(high.name)» is not above «\(low.name)»")
        }
        if let highest, let last = ranges.last, last.upTo < highest {
            f.complain(
                key,
                "the largest range ends at \(QuantityText.text(last.upTo, D.kind)), «capability» at "
                    + QuantityText.text(highest, D.kind))
        }
        return ranges
    }
}

/// What of a table was not checked against the maker's manual, collected while it is read.
struct Unconfirmed {
    private(set) var sentences: [String] = []

    /// Takes the `unconfirmed:` of a block.
    mutating func take(_ f: Fields, _ what: String) {
        if let why = f.text("unconfirmed", .optional) { sentences.append("\(what) is unconfirmed: \(why)") }
    }

    /// Takes sentences as they are.
    mutating func take(_ more: [String]) { sentences += more }

    /// Takes the `page:` and `unconfirmed:` of a command; one that has neither is unconfirmed all the same.
    mutating func takeCommand(_ f: Fields, _ text: String) {
        let page = f.text("page", .optional)
        if f.has("unconfirmed") { take(f, "«\(text)»") } else if page == nil { takeBare(text) }
    }

    /// Takes a command that names no page: it is unconfirmed, unless it is one that IEEE 488.2 or SCPI-99 (21.8) prescribe.
    mutating func takeBare(_ text: String) {
        let isCommon = text.hasPrefix("*") || ["SYST:ERR?", "SYSTEM:ERROR?"].contains(text.uppercased())
        let sentence = "«\(text)» is unconfirmed: no page of a manual is named"
        if !isCommon, !sentences.contains(sentence) { sentences.append(sentence) }
    }
}
