public import BenchCore

/// A reciprocal frequency counter by table (`family: scpi-clock`), at the clock output of a meter: 1 Hz, 4 Hz, 512 Hz …
public struct SCPIClockCounter: ClockCounter {
    /// The id in the bench file.
    public let id: String
    let wire: SCPIConnection, table: ClockTable

    /// Limit of the error of the counter's own time base, relative (1e-6 is 1 ppm); `nil` where its type does not state it.
    ///
    /// A clock cannot be judged better than the counter knows its second: whoever judges takes this as a rectangular contribution.
    public var timeBaseError: Double? { table.timeBase }

    init(id: String, wire: SCPIConnection, table: ClockTable) {
        self.id = id
        self.wire = wire
        self.table = table
    }

    /// Asks the counter who it is.
    public func identify() async throws -> InstrumentIdentity { try await wire.identity(of: id) }

    /// Its error queue, emptied.
    public func errors() async throws -> [String] { try await wire.clearErrors(for: id).map(\.description) }

    /// Counts at an input over a gate, s; waits longer than the gate, because a reciprocal counter ends it at an edge.
    ///
    /// Throws `Fault(.noPulses)` where the counter says that nothing came, or keeps silent but is still there; `refused` for an input
    /// or gate that it does not have.
    public func frequency(channel: Int, gate: Double) async throws -> FrequencyReading {
        guard (1...table.channels).contains(channel) else {
            throw Fault(.refused, id, "there is no input \(channel); inputs are 1 to \(table.channels)")
        }
        guard table.gates.contains(gate) else {
            throw Fault(
                .refused, id,
                "a gate of \(Decimal.shortest(gate)) s is outside \(Decimal.shortest(table.gates.lowerBound)) to "
                    + "\(Decimal.shortest(table.gates.upperBound)) s")
        }
        let values = table.values(channel: channel, gate: gate)
        try await wire.command(table.setup.map { $0.line(values) }, for: id)
        let query = table.read.line(values)
        let answer: [SCPIValue]
        do {
            // The counter's own time-out comes first where it has one; a second of grace for the answer to travel.
            answer = try await wire.query(query, for: id, within: table.wait(gate) + 1)
        } catch {
            guard error.code == .timeout else { throw error }
            try await silent(error)
        }
        let reading = SCPIReading(answer, to: query, of: id)
        guard answer.count == 1, let frequency = answer[0].number else { throw reading.bad("one frequency in Hz") }
        // 9.91E37: the measurement did not end in time (53220A: SYSTem:TIMeout).
        if frequency.isNaN { throw Fault(.noPulses, id, "no signal at input \(channel) in \(gate) s") }
        guard frequency.isFinite, frequency > 0 else { throw reading.bad("a frequency above 0 Hz") }
        return FrequencyReading(frequency: frequency, gate: gate)
    }

    /// Some counters wait for edges for ever: one that still says who it is has no signal.
    private func silent(_ fault: Fault) async throws -> Never {
        do {
            _ = try await wire.query("*IDN?", for: id)
        } catch {
            throw fault
        }
        throw Fault(.noPulses, id, "no signal: the counter is there, but \(fault.detail)")
    }
}
