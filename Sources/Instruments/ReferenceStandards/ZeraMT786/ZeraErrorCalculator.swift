public import BenchCore

/// The error calculator in a ZERA MT786: one meter's pulses against its own reference meter.
///
/// Commands are from ZERA's own published software (see `ZeraMeterWire`); the manual was not at hand.
public struct ZeraErrorCalculator: ErrorCalculator {
    /// The id in the bench file.
    public let id: String
    let standard: ZeraStandard

    /// A calculator on the connection of the instrument it is in.
    init(id: String, wire: FrameConnection<ZeraFraming>, expected: InstrumentIdentity) {
        self.id = id
        standard = ZeraStandard(id: id, wire: wire, expected: expected)
    }

    /// Asks model and version.
    public func identify() async throws -> InstrumentIdentity { try await standard.identify() }

    /// Sets constant and pulses and starts. It has one input, and compares with its own reference meter only.
    public func start(_ calculation: ErrorCalculation) async throws {
        guard calculation.input == 1 else {
            throw Fault(.refused, id, "there is no input \(calculation.input); the instrument has one")
        }
        guard calculation.referenceConstant == nil else {
            throw Fault(.refused, id, "it compares with its own reference meter; leave the reference constant out")
        }
        guard calculation.meterConstant > 0, calculation.pulses > 0,
            let parameters = ZeraMeterWire.errorParameters(
                constant: calculation.meterConstant, pulses: calculation.pulses)
        else {
            throw Fault(
                .refused, id,
                "\(Decimal.shortest(calculation.meterConstant)) imp/kWh and \(calculation.pulses) pulses do not fit its "
                    + "numbers: constants up to 10¹¹ imp/kWh in six digits, pulses up to 10¹¹")
        }
        _ = try await ask(parameters)
        _ = try await ask(calculation.continuous ? "AEB1" : "AEB0")
    }

    /// Where the measurement is.
    public func state() async throws -> ErrorState {
        let answer = try ZeraMeterWire.error(try await ask("AES1"), id)
        let stages: [ErrorState.Stage] = [.idle, .waiting, .running, .finished]
        return ErrorState(
            stage: stages[answer.state], error: answer.error,
            progress: answer.state == 0 ? nil : answer.state == 3 ? 1 : min(1, max(0, answer.progress / 100)))
    }

    /// Ends the measurement.
    public func abort() async throws { _ = try await ask("AEE") }

    private func ask(_ command: String) async throws -> [String] {
        try await standard.wire.exchange(.zeraMeter(command), for: id)
    }

    /// `zera-mt786` as an error calculator.
    static let entry = DriverEntry(
        name: "zera-mt786", role: .errorCalculator, wires: WireKind.streams,
        unconfirmed: ["commands are from ZERA's own published software (SourceMock), not from the maker's manual"]
    ) { context in
        ZeraErrorCalculator(
            id: context.id, wire: await context.wires.zera(context.description.wire), expected: context.expected)
    }
}
