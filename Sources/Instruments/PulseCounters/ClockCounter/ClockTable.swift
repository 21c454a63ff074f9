import BenchCore

/// Commands of a frequency counter at the clock output of a meter (`family: scpi-clock`).
struct ClockTable: Sendable {
    /// Places that its lines may hold: the input, the gate in s, the trigger level in V, and how long the counter itself waits in s.
    static let places = ["channel", "gate", "level", "wait"]

    var dialect = SCPIDialect.standard
    /// How many inputs it has.
    var channels: Int
    /// Gates it can take, s.
    var gates: ClosedRange<Double>
    /// The slowest clock that is waited for, Hz: a reciprocal counter ends a gate at an edge.
    var slowest: Double
    /// Trigger level, V; automatic levels need a faster signal than a clock output gives.
    var level: Double
    /// Limit of the error of its time base, relative, as the table states it; `nil` where it does not.
    var timeBase: Double?
    /// Sets the counter up for one measurement, then asks for it.
    var setup: [CommandTemplate], read: CommandTemplate

    /// Values for the places.
    func values(channel: Int, gate: Double) -> [String: String] {
        [
            "channel": "\(channel)", "gate": SCPINumber.text(gate), "level": SCPINumber.text(level),
            "wait": SCPINumber.text(wait(gate)),
        ]
    }

    /// The longest that a measurement may take: the gate, and three periods of the slowest clock, s.
    func wait(_ gate: Double) -> Double { gate + 3 / slowest }
}

/// Reads a table of the family `scpi-clock`.
enum ClockTableFile {
    static let family = InstrumentFamily(name: "scpi-clock") { f, type in
        var rows = CommandRows()
        rows.note(f)
        let errors = rows.question(f, "errors", .optional)
        let channels = f.integer("channels", in: 1...64)
        let gates = f.range("gate", TimeSpan.self)
        let slowest = f.quantity("slowest", Frequency.self, .required, .positive)
        let level = f.quantity("level", Voltage.self)
        let base = f.block("time-base", "the time base", .optional) { b -> Double? in
            _ = b.text("page", .optional)
            rows.note(b)
            return b.number("error", in: "%", .ratio, .required, .positive).map { $0 / 100 }
        }
        let setup = rows.lines(f, "setup", places: ClockTable.places)
        let read = rows.question(f, "read", places: ClockTable.places)
        guard let channels, let gates, let slowest, let level, let read, !setup.isEmpty else { return nil }
        var table = ClockTable(
            channels: channels, gates: gates.closed, slowest: slowest.value, level: level.value, timeBase: base,
            setup: setup, read: read)
        if let errors { table.dialect.errorQuery = errors.line() }
        let made = table, unconfirmed = rows.unconfirmed
        return [
            DriverEntry(name: type, role: .clockCounter, wires: WireKind.messages, unconfirmed: unconfirmed) {
                context in
                SCPIClockCounter(
                    id: context.id, wire: await context.wires.scpi(context.description.wire, dialect: made.dialect),
                    table: made)
            }
        ]
    }
}
