/// Reads a limit table: rows of a standard as data, each with where it comes from.
///
/// ```yaml
/// limits: iec62053-22
/// title: …
/// accuracy-class: [0.2S, 0.5S]
/// sources:
///   table-4: { document: IEC 62053-22, edition: 2003, clause: 8.1 Table 4 }
/// rows:
///   - { source: table-4, class: 0.5S, load: balanced, connection: transformer, current: 1 % In to below 5 % In, power-factor: 1, error: ±1.0 %, verified: one-source, confidence: high }
/// variations:
///   - { source: table-6, class: 0.5S, influence: voltage, load: balanced, current: 5 % In to Imax, power-factor: 1, error: ±0.2 %, verified: memory, confidence: high }
/// facts:
///   - { fact: starting-current, source: starting, connection: transformer, value: 0.1 % In, verified: memory, confidence: high }
/// ```
public enum LimitTableFile {
    /// Reads the bytes of a table; throws `Diagnostics` with every complaint of form and meaning.
    public static func load(_ bytes: [UInt8], file: String) throws -> LimitTable {
        try read(bytes, file: file).value
    }

    /// Reads the bytes of a table and keeps where its values stand.
    public static func read(_ bytes: [UInt8], file: String) throws -> Loaded<LimitTable> {
        let node = try StrictYAML.read(bytes, file: file)
        let complaints = Complaints(file)
        let table = Fields.read(node, "a limit table", complaints) { f -> LimitTable? in
            let id = f.name("limits")
            _ = f.text("title", .optional)
            let classes = f.values("accuracy-class", .required, AccuracyClassText.read)
            let energy = f.choice("energy", .optional, of: EnergyKind.self) ?? .active
            let sources = readSources(f)
            let rows = f.blocks("rows", "a limit row") { row($0, sources, classes, energy) }
            let variations = f.blocks("variations", "a variation", .optional) {
                variation($0, sources, classes, energy)
            }
            let facts = f.blocks("facts", "a fact", .optional) { fact($0, sources, classes) }
            complainOverlaps(rows, complaints)
            for influence in Influence.allCases {
                complainOverlaps(variations.filter { $0.influence == influence }.map(\.row), complaints)
            }
            complainTwice(facts, complaints)
            guard let id, let classes else { return nil }
            let grouped = Dictionary(grouping: facts, by: \.name).mapValues { $0.map(\.fact) }
            var table = LimitTable(
                id: id, accuracyClasses: classes, rows: rows.map(\.row),
                variations: variations.map { LimitVariation(influence: $0.influence, row: $0.row.row) }, facts: grouped)
            if energy != .active { table.energy = energy }
            return table
        }
        return try complaints.finish(table)
    }

    // MARK: - sources

    private struct Source {
        var document: String, edition: String, clause: String
    }

    private static func readSources(_ f: Fields) -> [String: Source] {
        var result: [String: Source] = [:]
        _ = f.block("sources", "the list of sources") { s -> Bool? in
            for key in s.keys() {
                result[key] = s.block(key, "a source") { f -> Source? in
                    let document = f.text("document")
                    let edition = f.text("edition")
                    let clause = f.text("clause")
                    guard let document, let edition, let clause else { return nil }
                    return Source(document: document, edition: edition, clause: clause)
                }
            }
            return true
        }
        return result
    }

    private static func citation(_ f: Fields, _ sources: [String: Source]) -> Citation? {
        let source = f.value("source") { text throws(ValueTrouble) -> Source in
            if let source = sources[text] { return source }
            let known = sources.keys.sorted()
            let hint = Spelling.nearest(text, known).map { "did you mean «\($0)»? " } ?? ""
            throw ValueTrouble(
                "«\(text)» is not one of the sources of this table; \(hint)sources are \(known.joined(separator: ", "))"
            )
        }
        let verified = f.choice("verified", of: Citation.Confirmation.self)
        let confidence = f.choice("confidence", of: Citation.Confidence.self)
        guard let source, let verified, let confidence else { return nil }
        return Citation(
            document: source.document, edition: source.edition, clause: source.clause, verified: verified,
            confidence: confidence)
    }

    // MARK: - rows

    private struct MarkedRow {
        var row: LimitRow, mark: Mark
    }

    private struct MarkedVariation {
        var influence: Influence, row: MarkedRow
    }

    private static func variation(
        _ f: Fields, _ sources: [String: Source], _ classes: [String]?, _ energy: EnergyKind
    ) -> MarkedVariation? {
        let influence = f.choice("influence", of: Influence.self)
        let row = row(f, sources, classes, energy)
        guard let influence, let row else { return nil }
        return MarkedVariation(influence: influence, row: row)
    }

    /// The class of a row or a fact: one of the table's.
    private static func accuracyClass(_ f: Fields, _ classes: [String]?) -> String? {
        f.value("class", .optional) { text throws(ValueTrouble) in
            guard let classes, !classes.contains(text) else { return text }
            throw ValueTrouble("«\(text)» is not a class of this table; classes are \(classes.joined(separator: ", "))")
        }
    }

    private static func row(
        _ f: Fields, _ sources: [String: Source], _ classes: [String]?, _ energy: EnergyKind
    ) -> MarkedRow? {
        let citation = citation(f, sources)
        let accuracyClass = accuracyClass(f, classes)
        let load = f.choice("load", of: LoadKind.self)
        let connection = f.choice("connection", .optional, of: Connection.self)
        let current = f.value("current") { text throws(ValueTrouble) in try QuantityText.currentRange(text) }
        var powerFactors: [PowerFactor]? = []
        var sines: [SineFactor]? = []
        if energy == .active {
            powerFactors = f.values("power-factor") { text throws(ValueTrouble) in try QuantityText.powerFactor(text) }
        } else {
            sines = f.values("sin") { text throws(ValueTrouble) in try QuantityText.sineFactor(text) }
        }
        let error = f.value("error") { text throws(ValueTrouble) in try limits(text) }
        let onRequest = f.yesNo("on-request", .optional)
        if let powerFactors, Set(powerFactors).count < powerFactors.count {
            f.complain("power-factor", "a power factor stands here twice")
        }
        if let sines, Set(sines).count < sines.count { f.complain("sin", "a sin φ stands here twice") }
        guard let citation, let load, let current, let powerFactors, let sines, let error else { return nil }
        var row = LimitRow(
            load: load, accuracyClass: accuracyClass, connection: connection, from: current.from, to: current.to,
            powerFactors: powerFactors, lowerPercent: error.lower, upperPercent: error.upper, citation: citation,
            onRequest: onRequest ?? false, line: f.mark.line)
        row.sines = sines
        return MarkedRow(row: row, mark: f.mark)
    }

    /// Signed limits in percent: `±0.5 %`, or `-3.5 % to 2.5 %` where they differ.
    private static func limits(_ text: String) throws(ValueTrouble) -> (lower: Double, upper: Double) {
        let words = text.trimmed
        if words.hasPrefix("±") || words.hasPrefix("+/-") {
            let half = String(words.dropFirst(words.hasPrefix("±") ? 1 : 3)).trimmed
            let percent = try QuantityText.number(half, in: "%", .ratio)
            guard percent > 0, !half.hasPrefix("+") else {
                throw ValueTrouble("«\(text)»: behind ± stands a number larger than zero, e.g. «±0.5 %»")
            }
            return (-percent, percent)
        }
        let parts = words.split(separator: " ").split(separator: "to").map { $0.joined(separator: " ") }
        guard parts.count == 2 else {
            if let one = try? QuantityText.number(words, in: "%", .ratio), one > 0 {
                throw ValueTrouble("«\(text)» is one limit only; write «±\(words)» or «-\(words) to \(words)»")
            }
            throw ValueTrouble("«\(text)» is not a limit of error; write e.g. «±0.5 %» or «-3.5 % to 2.5 %»")
        }
        let lower = try QuantityText.number(parts[0], in: "%", .ratio)
        let upper = try QuantityText.number(parts[1], in: "%", .ratio)
        guard lower < upper else {
            throw ValueTrouble("«\(text)»: the lower limit is not below the upper one; write e.g. «-3.5 % to 2.5 %»")
        }
        guard lower <= 0, upper >= 0 else {
            throw ValueTrouble("«\(text)»: a meter without error would fail; write e.g. «-3.5 % to 2.5 %»")
        }
        return (lower, upper)
    }

    private static func complainOverlaps(_ rows: [MarkedRow], _ complaints: Complaints) {
        for (index, later) in rows.enumerated() {
            // One earlier row is enough: where it is mended, the next is named.
            if let earlier = rows[..<index].first(where: { $0.row.overlaps(later.row) }) {
                let shared =
                    later.row.powerFactors.filter { earlier.row.powerFactors.contains($0) }.map(\.description)
                    + later.row.sines.filter { earlier.row.sines.contains($0) }.map(\.description)
                complaints.add(
                    later.mark,
                    "this row and the row on line \(earlier.mark.line) can both answer \(later.row.load.rawValue) load at "
                        + "\(later.row.sines.isEmpty ? "power factor" : "sin φ") \(shared.joined(separator: ", ")): \(earlier.row.rangeText) and "
                        + "\(later.row.rangeText); exactly one row may answer, so let one end «below» or begin «above»")
            }
        }
    }

    // MARK: - facts

    private struct MarkedFact {
        var name: String, fact: LimitFact, mark: Mark
    }

    /// What stands behind a fact's name.
    private enum FactName: String, CaseIterable {
        case startingCurrent = "starting-current"
        case noLoadNumerator = "no-load-numerator"
        case noLoadVoltage = "no-load-voltage"
        case noLoadPulses = "no-load-pulses"
        case repeatability = "repeatability-fraction"
        case register = "register-fraction"
        case bench = "bench-uncertainty-fraction"
        case difference = "single-balanced-difference"
        case criticalChange = "critical-change"

        func value(_ text: String) throws(ValueTrouble) -> (value: Double, base: String?) {
            switch self {
            case .startingCurrent:
                let share = try QuantityText.relative(text, .current)
                return (share.factor, share.base)
            case .noLoadVoltage:
                let share = try QuantityText.relative(text, .voltage)
                return (share.factor, share.base)
            case .noLoadNumerator: return (try QuantityText.plain(text, example: "600e6"), nil)
            case .noLoadPulses: return (Double(try QuantityText.integer(text, in: 0...1000)), nil)
            case .repeatability, .register, .bench: return (try QuantityText.fraction(text), nil)
            case .criticalChange: return (try QuantityText.plain(text, example: "1e-6"), nil)
            case .difference: return (try QuantityText.number(text, in: "%", .ratio), nil)
            }
        }
    }

    private static func fact(_ f: Fields, _ sources: [String: Source], _ classes: [String]?) -> MarkedFact? {
        let name = f.choice("fact", of: FactName.self)
        let citation = citation(f, sources)
        let accuracyClass = accuracyClass(f, classes)
        let connection = f.choice("connection", .optional, of: Connection.self)
        let value = f.value("value") { text throws(ValueTrouble) -> (value: Double, base: String?) in
            guard let name else { return (0, nil) }
            let read = try name.value(text)
            guard read.value > 0 || name == .noLoadPulses else {
                throw ValueTrouble("«\(name.rawValue)» must be larger than zero; here is «\(text)»")
            }
            return read
        }
        guard let name, let citation, let value else { return nil }
        let fact = LimitFact(
            value: value.value, base: value.base, accuracyClass: accuracyClass, connection: connection,
            citation: citation)
        return MarkedFact(name: name.rawValue, fact: fact, mark: f.mark)
    }

    private static func complainTwice(_ facts: [MarkedFact], _ complaints: Complaints) {
        for (index, later) in facts.enumerated() {
            for earlier in facts[..<index] where earlier.name == later.name {
                func same<T: Equatable>(_ one: T?, _ other: T?) -> Bool { one == nil || other == nil || one == other }
                if same(earlier.fact.connection, later.fact.connection),
                    same(earlier.fact.accuracyClass, later.fact.accuracyClass)
                {
                    complaints.add(
                        later.mark,
                        "«\(later.name)» is already given on line \(earlier.mark.line) for the same connection")
                }
            }
        }
    }
}
