public import BenchCore

/// A three-phase power analyzer by table (`family: scpi-analyzer`), as reference standard: Yokogawa WT and what speaks alike.
///
/// Most analyzers have no pulse output. Then `range(for:)` sets the ranges and refuses to name a constant: pulses of a meter cannot be
/// compared with such an instrument. Registers can, by its integrator.
public actor SCPIAnalyzer: ReferenceStandard {
    /// The id in the bench file.
    public nonisolated let id: String
    private let wire: SCPIConnection
    private let table: AnalyzerTable
    /// The connection that the instrument was told its list of items over.
    private var told = 0

    init(id: String, wire: SCPIConnection, table: AnalyzerTable) {
        self.id = id
        self.wire = wire
        self.table = table
    }

    /// Asks the analyzer who it is.
    public func identify() async throws -> InstrumentIdentity {
        try await prepare()
        return try await wire.identity(of: id)
    }

    /// Its error queue, emptied.
    public func errors() async throws -> [String] { try await wire.clearErrors(for: id).map(\.description) }

    /// Fixes the smallest ranges that hold a load; returns the constant of the pulse output the table states, imp/kWh.
    ///
    /// Throws `Fault(.refused)` for a load above every range, and, with the ranges set, where there is no pulse output.
    public func range(for load: LoadSetting) async throws -> Double {
        let demand = RangeChoice.demand(load)
        let voltage = try RangeChoice.choose(demand.voltage, of: table.voltages, "V", id)
        let current = try RangeChoice.choose(demand.current, of: table.currents, "A", id)
        try await prepare()
        let values = ["voltage": SCPINumber.text(voltage), "current": SCPINumber.text(current)]
        try await wire.command(table.ranges.map { $0.line(values) }, for: id)
        guard let constant = table.pulseConstant else {
            throw Fault(
                .refused, id,
                "its ranges are set, but it has no pulse output: a meter's pulses cannot be compared with it (a converter at "
                    + "one of its outputs would be stated as «pulse-constant» of its type)")
        }
        return constant
    }

    /// Reads one set of values that belong together.
    public func read() async throws -> StandardReading {
        try AnalyzerReading.reading(Array(try await values().prefix(AnalyzerReading.count)), id)
    }

    /// Sets the integrator to zero and starts it.
    public func startEnergy() async throws {
        let energy = try integrator()
        try await prepare()
        if try await isRunning(energy) { try await wire.command(energy.stop.map { $0.line() }, for: id) }
        try await wire.command(energy.start.map { $0.line() }, for: id)
        guard try await isRunning(energy) else { throw Fault(.badAnswer, id, "its integrator does not start") }
    }

    /// The energy since the start, W·s, while the integrator runs; negative for export.
    public func energy() async throws -> Double {
        let energy = try integrator()
        guard try await isRunning(energy) else {
            throw Fault(.badAnswer, id, "its integrator does not run: it was stopped, timed out or never started")
        }
        return try await sum(energy)
    }

    /// Stops the integrator and returns the energy, W·s; negative for export.
    public func stopEnergy() async throws -> Double {
        let energy = try integrator()
        // One that has stopped by itself holds a value that belongs to another time.
        guard try await isRunning(energy) else {
            throw Fault(.badAnswer, id, "its integrator does not run: it was stopped, timed out or never started")
        }
        try await wire.command(energy.stop.map { $0.line() }, for: id)
        return try await sum(energy)
    }

    private func integrator() throws(Fault) -> AnalyzerTable.Energy {
        guard let energy = table.energy else {
            throw Fault(.refused, id, "its type says nothing of an integrator; energy is not measured with it")
        }
        return energy
    }

    private func isRunning(_ energy: AnalyzerTable.Energy) async throws -> Bool {
        let query = energy.state.line()
        let reading = SCPIReading(try await wire.query(query, for: id), to: query, of: id)
        let word = try reading.text(0)
        if SCPIMnemonic.matches(word, energy.running) { return true }
        // What is none of its states is no answer to this question.
        guard energy.resting.contains(where: { SCPIMnemonic.matches(word, $0) }) else {
            throw reading.bad("\(energy.running), \(energy.resting.joined(separator: ", "))")
        }
        return false
    }

    private func sum(_ energy: AnalyzerTable.Energy) async throws -> Double {
        let numbers = try AnalyzerReading.present(
            Array(try await values().dropFirst(AnalyzerReading.count)), "the energy of phase", "Wh", id)
        return numbers.reduce(0, +) * energy.unit
    }

    /// The values of all items, in the order of the table.
    private func values() async throws -> [Double] {
        try await prepare()
        for line in table.fresh.map({ $0.line() }) {
            if line.contains("?") {
                _ = try await wire.query(line, for: id)
            } else {
                try await wire.tell([line], for: id)
            }
        }
        let query = table.read.line()
        return try SCPIAnalyzerWire.numbers(
            try await wire.query(query, for: id), table.items.count, table.format, query, id)
    }

    /// Tells a new connection how answers are to look and which items they hold.
    private func prepare() async throws {
        let generation = try await wire.ready(for: id)
        guard told != generation else { return }
        try await wire.command(table.setup.map { $0.line() } + table.selection, for: id)
        told = generation
    }
}
