import BenchCore

/// Commands and ranges of a family of three-phase power analyzers (`family: scpi-analyzer`).
struct AnalyzerTable: Sendable {
    /// How numbers are sent.
    enum Format: String, Sendable, CaseIterable {
        /// Text parted by commas.
        case text
        /// A block of IEEE 754 numbers of 4 bytes, most significant byte first.
        case single
    }

    /// How the instrument's own integrator is used.
    struct Energy: Sendable {
        /// The item that holds the energy of a phase, in W·s per unit.
        var item: CommandTemplate, unit: Double
        /// What the integrator is doing, the word that says that it runs, and those that say that it does not.
        var state: CommandTemplate, running: String, resting: [String]
        var stop: [CommandTemplate], start: [CommandTemplate]
    }

    var dialect = SCPIDialect.standard
    /// Seconds for an answer.
    var response = 2.0
    /// Told once after each new connection.
    var setup: [CommandTemplate]
    /// Upper ends of the ranges, V and A.
    var voltages: [Double], currents: [Double]
    /// Tells the ranges: places `{voltage}`, `{current}`.
    var ranges: [CommandTemplate]
    /// Items of a phase (place `{phase}`), and the one of the frequency.
    var voltage: CommandTemplate, current: CommandTemplate, power: CommandTemplate, distortion: CommandTemplate
    var frequency: CommandTemplate
    /// Puts an item into the list: places `{number}`, `{item}`; then tells how many there are: `{count}`.
    var select: CommandTemplate, count: CommandTemplate
    /// What is sent before each reading so that it is a new one, and the question itself.
    var fresh: [CommandTemplate], read: CommandTemplate
    var format: Format
    /// `nil`: it does not integrate, or nobody knows how.
    var energy: Energy?
    /// Constant of a pulse output, imp/kWh, where something at the instrument gives pulses; `nil`: there is none.
    var pulseConstant: Double?

    /// The items in the order in which they are asked for: U1…U3, I1…I3, P1…P3, f, THD1…THD3, energy 1…3.
    var items: [String] {
        func phases(_ item: CommandTemplate) -> [String] { (1...3).map { item.line(["phase": "\($0)"]) } }
        return phases(voltage) + phases(current) + phases(power) + [frequency.line()] + phases(distortion)
            + (energy.map { phases($0.item) } ?? [])
    }

    /// The commands that make the list of items.
    var selection: [String] {
        items.enumerated().map { select.line(["number": "\($0 + 1)", "item": $1]) }
            + [count.line(["count": "\(items.count)"])]
    }
}

/// Reads a table of the family `scpi-analyzer`.
enum AnalyzerTableFile {
    static let family = InstrumentFamily(name: "scpi-analyzer") { f, type in
        var rows = CommandRows()
        rows.note(f)
        let errors = rows.question(f, "errors", .optional)
        let response = f.quantity("response", TimeSpan.self, .optional, .positive)
        let setup = rows.lines(f, "setup", .optional)
        let voltages = f.values("voltage-ranges") { text throws(ValueTrouble) in
            try QuantityText.quantity(text, Voltage.self).value
        }
        let currents = f.values("current-ranges") { text throws(ValueTrouble) in
            try QuantityText.quantity(text, Current.self).value
        }
        let ranges = rows.lines(f, "ranges", places: ["voltage", "current"])
        let items = f.block("items", "the items of a reading") { i -> [CommandTemplate]? in
            func item(_ key: String, _ places: [String]) -> CommandTemplate? {
                i.value(key) { text throws(ValueTrouble) in try CommandTemplate(text, places: places) }
            }
            _ = i.text("page", .optional)
            rows.note(i)
            let list = ["voltage", "current", "power", "distortion"].map { item($0, ["phase"]) }
            let all = list + [item("frequency", [])]
            return all.contains { $0 == nil } ? nil : all.compactMap(\.self)
        }
        let select = rows.lines(f, "select", places: ["number", "item"])
        let count = rows.lines(f, "count", places: ["count"])
        let fresh = rows.lines(f, "fresh", .optional)
        let read = rows.question(f, "read")
        let format = f.choice("format", .optional, of: AnalyzerTable.Format.self) ?? .text
        let hasEnergy = f.has("energy")
        let energy = f.block("energy", "the integrator", .optional) { AnalyzerTableFile.energy($0, &rows) }
        let constant = f.value("pulse-constant", .optional) { text throws(ValueTrouble) in
            try QuantityText.meterConstant(text)
        }
        guard let voltages, let currents, let items, let select = select.first, let count = count.first, let read,
            !ranges.isEmpty, !hasEnergy || energy != nil
        else { return nil }
        var table = AnalyzerTable(
            setup: setup, voltages: voltages, currents: currents, ranges: ranges, voltage: items[0], current: items[1],
            power: items[2], distortion: items[3], frequency: items[4], select: select, count: count, fresh: fresh,
            read: read, format: format, energy: energy, pulseConstant: constant)
        if let errors { table.dialect.errorQuery = errors.line() }
        if let response { table.response = response.value }
        return [entry(type, table, rows.unconfirmed)]
    }

    private static func entry(_ type: String, _ table: AnalyzerTable, _ unconfirmed: [String]) -> DriverEntry {
        DriverEntry(
            name: type, role: .referenceStandard, wires: WireKind.messages, unconfirmed: unconfirmed
        ) { context in
            SCPIAnalyzer(
                id: context.id,
                wire: await context.wires.scpi(
                    context.description.wire, dialect: table.dialect, response: table.response), table: table)
        }
    }

    private static func energy(_ f: Fields, _ rows: inout CommandRows) -> AnalyzerTable.Energy? {
        rows.note(f)
        let item = f.value("item") { text throws(ValueTrouble) in try CommandTemplate(text, places: ["phase"]) }
        let unit = f.value("unit") { text throws(ValueTrouble) -> Double in
            switch text {
            case "Wh": return 3600
            case "kWh": return 3.6e6
            case "Ws", "J": return 1
            default: throw ValueTrouble("«\(text)» is no unit of an integrator; units are Wh, kWh, Ws, J")
            }
        }
        let state = rows.question(f, "state")
        let running = f.text("running")
        let resting = f.values("resting") { text throws(ValueTrouble) in text }
        let stop = rows.lines(f, "stop")
        let start = rows.lines(f, "start")
        guard let item, let unit, let state, let running, let resting, !stop.isEmpty, !start.isEmpty else { return nil }
        return AnalyzerTable.Energy(
            item: item, unit: unit, state: state, running: running, resting: resting, stop: stop, start: start)
    }
}
