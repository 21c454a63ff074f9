public import BenchCore

/// A spectrum analyzer by table (`family: scpi-spectrum`) in zero span: power over time at one frequency.
///
/// The setting in force is read back and stands in the trace: an analyzer rounds what it is asked. The level of each point is the
/// RMS over its time; a duty cycle counts the points above a threshold (EN 300 328, EN 300 220 work that way).
public struct SCPISpectrumAnalyzer: RFReceiver {
    /// The id in the bench file.
    public let id: String
    let wire: SCPIConnection, table: SpectrumTable

    init(id: String, wire: SCPIConnection, table: SpectrumTable) {
        self.id = id
        self.wire = wire
        self.table = table
    }

    /// Centre frequencies it can be set to, Hz.
    public var frequencies: ClosedRange<Double> { table.frequencies }

    /// Asks the analyzer who it is.
    public func identify() async throws -> InstrumentIdentity { try await wire.identity(of: id) }

    /// Its error queue, emptied.
    public func errors() async throws -> [String] { try await wire.clearErrors(for: id).map(\.description) }

    /// Takes one sweep and returns when it is complete: waits for the sweep time and 5 s more.
    public func sweep(_ setting: ZeroSpan) async throws -> PowerTrace {
        try check(setting)
        let values = [
            "center": SCPINumber.text(setting.center), "bandwidth": SCPINumber.text(setting.bandwidth),
            "duration": SCPINumber.text(setting.duration), "level": SCPINumber.text(setting.referenceLevel),
        ]
        try await wire.command(table.setup.map { $0.line(values) }, for: id)
        let really = ZeroSpan(
            center: try await number(table.center), bandwidth: try await number(table.bandwidth),
            duration: try await number(table.duration), referenceLevel: try await number(table.level))
        // Another channel is another measurement; the sweep time may be rounded by a few percent.
        guard abs(really.center - setting.center) <= max(1, setting.bandwidth / 10),
            abs(really.bandwidth - setting.bandwidth) <= setting.bandwidth / 100,
            abs(really.duration - setting.duration) <= setting.duration / 10,
            abs(really.referenceLevel - setting.referenceLevel) <= 1
        else {
            throw Fault(
                .refused, id,
                "was asked for \(Self.words(setting)) and stands at \(Self.words(really))")
        }
        let sweep = table.sweep.line()
        let done = SCPIReading(
            try await wire.query(sweep, for: id, within: really.duration + 5), to: sweep, of: id)
        guard try done.number() == 1 else { throw done.bad("1") }
        let query = table.trace.line()
        let answer = try await wire.query(query, for: id, within: 10)
        var axis: [Double]?
        if case .axis(let question) = table.spacing {
            let line = question.line()
            axis = try ZeroSpanWire.numbers(
                try await wire.query(line, for: id, within: 10), table.format, table.order, line, id)
        }
        let trace = try ZeroSpanWire.trace(answer, table, duration: really.duration, axis: axis, query, id)
        return PowerTrace(interval: trace.interval, power: trace.power, setting: really)
    }

    private func check(_ setting: ZeroSpan) throws(Fault) {
        func refuse(_ what: String) -> Fault { Fault(.refused, id, what) }
        guard table.frequencies.contains(setting.center) else {
            throw refuse("\(Decimal.shortest(setting.center)) Hz is outside \(Self.words(table.frequencies)) Hz")
        }
        guard table.bandwidths.contains(setting.bandwidth) else {
            throw refuse(
                "\(Decimal.shortest(setting.bandwidth)) Hz is no resolution bandwidth; there are "
                    + table.bandwidths.map(Decimal.shortest).joined(separator: ", ") + " Hz")
        }
        guard table.durations.contains(setting.duration) else {
            throw refuse("\(Decimal.shortest(setting.duration)) s is outside \(Self.words(table.durations)) s")
        }
        guard table.levels.contains(setting.referenceLevel) else {
            throw refuse("\(Decimal.shortest(setting.referenceLevel)) dBm is outside \(Self.words(table.levels)) dBm")
        }
    }

    private func number(_ question: CommandTemplate) async throws -> Double {
        let query = question.line()
        return try SCPIReading(try await wire.query(query, for: id), to: query, of: id).number()
    }

    private static func words(_ range: ClosedRange<Double>) -> String {
        "\(Decimal.shortest(range.lowerBound)) to \(Decimal.shortest(range.upperBound))"
    }
    private static func words(_ s: ZeroSpan) -> String {
        "\(Decimal.shortest(s.center)) Hz, \(Decimal.shortest(s.bandwidth)) Hz, \(Decimal.shortest(s.duration)) s, "
            + "\(Decimal.shortest(s.referenceLevel)) dBm"
    }
}
