import BenchCore

/// Commands of a spectrum analyzer that watches one frequency over time (`family: scpi-spectrum`).
struct SpectrumTable: Sendable {
    /// Places that its lines may hold: Hz, Hz, s, dBm.
    static let places = ["center", "bandwidth", "duration", "level"]

    /// How a trace is sent.
    enum Format: String, Sendable, CaseIterable {
        /// Text parted by commas; a block header before it and a comma behind it are taken as well.
        case text
        /// A block of IEEE 754 numbers of 4 bytes.
        case single
    }
    /// What a trace holds.
    enum Layout: String, Sendable, CaseIterable {
        /// Levels alone.
        case levels
        /// Time and level by turns.
        case pairs
    }
    /// How far two points of a trace are apart.
    enum Spacing: Sendable, Hashable {
        /// Sweep time over points; sweep time over points less one.
        case points, intervals
        /// As the instrument's own time axis says.
        case axis(CommandTemplate)
        /// As the times in the trace say.
        case pairs
    }

    var dialect = SCPIDialect.standard
    /// Centre frequencies, Hz; resolution bandwidths, Hz; sweep times in zero span, s; reference levels, dBm.
    var frequencies: ClosedRange<Double>, bandwidths: [Double], durations: ClosedRange<Double>,
        levels: ClosedRange<Double>
    /// Sets it up for one sweep: zero span, RMS detector, dBm, single.
    var setup: [CommandTemplate]
    /// Starts one sweep and answers 1 when it is complete.
    var sweep: CommandTemplate
    /// Asks for the setting in force, and for the trace.
    var center: CommandTemplate, bandwidth: CommandTemplate, duration: CommandTemplate, level: CommandTemplate
    var trace: CommandTemplate
    var format = Format.text, order = SCPINumberBlock.ByteOrder.normal, layout = Layout.levels
    var spacing = Spacing.intervals
}

/// Reads a table of the family `scpi-spectrum`.
enum SpectrumTableFile {
    static let family = InstrumentFamily(name: "scpi-spectrum") { f, type in
        var rows = CommandRows()
        rows.note(f)
        let errors = rows.question(f, "errors", .optional)
        let frequencies = f.range("frequency", Frequency.self)
        let bandwidths = f.values("bandwidths") { text throws(ValueTrouble) in
            try QuantityText.quantity(text, Frequency.self).value
        }
        let durations = f.range("sweep-time", TimeSpan.self)
        let levels = f.value("reference-level") { text throws(ValueTrouble) in try level(text) }
        let setup = rows.lines(f, "setup", places: SpectrumTable.places)
        let sweep = rows.question(f, "sweep")
        let now = f.block("in-force", "questions for the setting in force") { q -> [CommandTemplate]? in
            let all = SpectrumTable.places.map { rows.question(q, $0) }
            return all.contains { $0 == nil } ? nil : all.compactMap(\.self)
        }
        let trace = rows.question(f, "trace")
        let format = f.choice("format", .optional, of: SpectrumTable.Format.self) ?? .text
        let order = f.choice("byte-order", .optional, of: SCPINumberBlock.ByteOrder.self) ?? .normal
        let layout = f.choice("layout", .optional, of: SpectrumTable.Layout.self) ?? .levels
        let axis = rows.question(f, "axis", .optional)
        let spacing = f.value("point-time", .optional) { text throws(ValueTrouble) -> SpectrumTable.Spacing in
            switch text {
            case "sweep-time / points": return .points
            case "sweep-time / (points - 1)": return .intervals
            default:
                throw ValueTrouble(
                    "«\(text)» is no point time; it is «sweep-time / points» or «sweep-time / (points - 1)»")
            }
        }
        let ways = [axis != nil, spacing != nil, layout == .pairs].filter { $0 }.count
        if ways != 1, !f.has("point-time") || spacing != nil {
            f.complaints.add(
                f.mark, "how far points are apart is told by exactly one of «point-time», «axis» and «layout: pairs»")
            return nil
        }
        guard let frequencies, let bandwidths, let durations, let levels, let sweep, let now, let trace, !setup.isEmpty
        else { return nil }
        var table = SpectrumTable(
            frequencies: frequencies.closed, bandwidths: bandwidths.sorted(), durations: durations.closed,
            levels: levels, setup: setup, sweep: sweep, center: now[0], bandwidth: now[1], duration: now[2],
            level: now[3], trace: trace, format: format, order: order, layout: layout)
        if let errors { table.dialect.errorQuery = errors.line() }
        table.spacing = layout == .pairs ? .pairs : axis.map { .axis($0) } ?? spacing ?? .intervals
        let made = table, unconfirmed = rows.unconfirmed
        return [
            DriverEntry(
                name: type, role: .radioReceiver, wires: WireKind.messages, unconfirmed: unconfirmed
            ) { context in
                SCPISpectrumAnalyzer(
                    id: context.id, wire: await context.wires.scpi(context.description.wire, dialect: made.dialect),
                    table: made)
            }
        ]
    }

    /// `-100 dBm to 20 dBm`.
    private static func level(_ text: String) throws(ValueTrouble) -> ClosedRange<Double> {
        let words = text.split(separator: " ")
        guard words.count == 5, words[1] == "dBm", words[2] == "to", words[4] == "dBm",
            let low = Decimal.parse(words[0]),
            let high = Decimal.parse(words[3]), low < high
        else { throw ValueTrouble("«\(text)» is no range of levels; write «-100 dBm to 20 dBm»") }
        return low...high
    }
}
