public import BenchCore

/// The error calculator of a ZERA MT310s2 or COM5003 (`CALCULATE:EC01:0001`): pulses of one meter against the instrument's own reference.
///
/// Source: ZeraGmbH/zera-classes, modules/sec1module (nodes, units, status words, the formula
/// error = (target − counted) / counted · 100 %), modulemanager/tests (defaults of a real session). Changing a range ends a measurement.
public struct ZeraMT310s2Calculator: ErrorCalculator {
    static let entry = DriverEntry(name: "zera-mt310s2", role: .errorCalculator, wires: WireKind.streams) { context in
        ZeraMT310s2Calculator(id: context.id, wire: await context.wires.scpi(context.description.wire, response: 5))
    }

    private static let node = "CALCULATE:EC01:0001"
    /// The id in the bench file.
    public let id: String
    let wire: SCPIConnection

    /// A calculator on a connection; it may be that of the standard.
    public init(id: String, wire: SCPIConnection) {
        self.id = id
        self.wire = wire
    }

    /// Asks the instrument that holds it who it is.
    public func identify() async throws -> InstrumentIdentity { try await wire.identity(of: id) }

    /// The instrument's error queue, emptied.
    public func errors() async throws -> [String] { try await wire.clearErrors(for: id).map(\.description) }

    /// Sets the meter's constant, its input and the pulses of one measurement, and starts.
    ///
    /// The reference is the instrument's own active power: another constant is refused, as is an input it does not have.
    public func start(_ calculation: ErrorCalculation) async throws {
        guard calculation.referenceConstant == nil else {
            throw Fault(.refused, id, "the calculator uses its own reference; its constant cannot be set")
        }
        // DUTCONSTANT 1e-6 … 1e20, MRATE 1 … 4294967295 (validators of sec1module).
        guard calculation.meterConstant >= 1e-6, calculation.meterConstant <= 1e20 else {
            throw Fault(.refused, id, "a constant of \(calculation.meterConstant) imp/kWh is outside 1e-6 to 1e20")
        }
        guard (1...4_294_967_295).contains(calculation.pulses) else {
            throw Fault(.refused, id, "\(calculation.pulses) pulses are outside 1 to 4294967295")
        }
        try await wire.zeraSet(
            [
                "\(Self.node):START 0", "\(Self.node):DUTSOURCE \(try await source(calculation.input))",
                "\(Self.node):REFSOURCE P", "\(Self.node):DCUNIT I/kWh",
                "\(Self.node):DUTCONSTANT \(SCPINumber.text(calculation.meterConstant))",
                "\(Self.node):MRATE \(calculation.pulses)", "\(Self.node):RESULTUNIT %",
                "\(Self.node):CONTINUOUS \(calculation.continuous ? 1 : 0)",
            ], for: id)
        // The target is the instrument's own reckoning: a target that does not follow from the constants is a wrong result to be.
        let target = try await number("TARGET"), reference = try await number("REFCONSTANT")
        let expected = (Double(calculation.pulses) * reference / calculation.meterConstant).rounded(.down)
        guard abs(target - expected) <= 1 else {
            throw Fault(
                .badAnswer, id,
                "expects \(Decimal.shortest(target)) reference pulses where \(Decimal.shortest(expected)) follow from its constant "
                    + "\(Decimal.shortest(reference)) imp/kWh")
        }
        try await wire.zeraSet(["\(Self.node):START 1"], for: id)
    }

    /// Where it is; the error is that of the last measurement that ended since the start.
    public func state() async throws -> ErrorState {
        let query = "\(Self.node):STATUS?"
        let status = try ZeraMT310s2Wire.status(try await wire.query(query, for: id), query, id)
        var error: Double?
        // RESULT is 0 before the first result, which is no error of 0 %: only a status of «ready» says that it is one.
        if status.contains(.ready) {
            let text = try await word("RESULT")
            guard let value = SCPINumber.parse(text) else {
                throw Fault(.badAnswer, id, "answers «\(text)» to «\(Self.node):RESULT?»; percent expected")
            }
            error = value.isFinite ? value : nil
        }
        let progress = try await number("PROGRESS")
        guard (0...100).contains(progress) else {
            throw Fault(.badAnswer, id, "is \(progress) % far; 0 to 100 expected")
        }
        let stage: ErrorState.Stage
        if status.contains(.aborted) {
            stage = .aborted
        } else if status.contains(.started) {
            stage = .running
        } else if status.contains(.waiting) {
            stage = .waiting
        } else {
            stage = status.contains(.ready) ? .finished : .idle
        }
        return ErrorState(stage: stage, error: error, progress: progress / 100)
    }

    /// Ends the measurement.
    public func abort() async throws { try await wire.zeraSet(["\(Self.node):START 0"], for: id) }

    /// The name of an input (defaults of a session: zera-classes, veinDumps/mt310s2-meas-session.json and com5003-meas-session.json).
    private func source(_ input: Int) async throws -> String {
        let names = ["SC1", "HK1"]
        guard names.indices.contains(input - 1) else {
            throw Fault(
                .refused, id, "there is no input \(input); 1 is the scanning head (SC1), 2 the hand switch (HK1)")
        }
        return names[input - 1]
    }

    private func number(_ name: String) async throws -> Double {
        let query = "\(Self.node):\(name)?"
        return try ZeraMT310s2Wire.number(try await wire.query(query, for: id), query, id)
    }

    private func word(_ name: String) async throws -> String {
        let query = "\(Self.node):\(name)?"
        return try ZeraMT310s2Wire.word(try await wire.query(query, for: id), query, id)
    }
}
