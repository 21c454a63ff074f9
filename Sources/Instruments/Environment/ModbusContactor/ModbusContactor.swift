public import BenchCore

/// The main contactor, spoken to as `modbus-contactor` (design note 0001); what counts is the contact's own feedback.
public struct ModbusContactor: SupplySwitch {
    static let entry = DriverEntry(name: "modbus-contactor", role: .contactor, wires: WireKind.modbus) { context in
        let (line, unit) = try await context.wires.modbus(context.description.wire, for: context.id)
        return ModbusContactor(
            id: context.id, line: line, unit: unit, expected: context.expected, time: context.time)
    }

    /// The id in the bench file.
    public let id: String
    let unit: ModbusUnit
    private let expected: InstrumentIdentity
    private let time: any Timekeeper
    /// How long a contact may take to move, seconds of life: large contactors need 50 ms to 200 ms.
    private static let travel = 0.4

    /// A contactor by unit on a line. The device cannot tell maker, model and serial; `expected` repeats the bench file's.
    public init(id: String, line: ModbusLine, unit: Int, expected: InstrumentIdentity, time: any Timekeeper) {
        self.id = id
        self.unit = ModbusUnit(line: line, unit: unit, id: id)
        self.expected = expected
        self.time = time
    }

    /// Asks whether it answers at all and whether it is a simulator; the rest is what the bench file says.
    public func identify() async throws -> InstrumentIdentity {
        _ = try await unit.discreteInput(ModbusContactorWire.feedback, urgent: false)
        var identity = expected
        identity.simulated = try await unit.isSimulator()
        return identity
    }

    /// Closes the contactor; throws `Fault(.interlock)` when the contact does not report it.
    public func close() async throws { try await set(closed: true, urgent: false) }

    /// Opens the contactor; waiting requests on the line give way. Throws `Fault(.interlock)` when the contact stays closed.
    public func perform(_ action: SafeAction) async throws {
        guard action == .open else { throw Fault(.refused, id, "a contactor cannot «\(action.rawValue)»") }
        try await set(closed: false, urgent: true)
    }

    private func set(closed: Bool, urgent: Bool) async throws {
        let request = ModbusContactorWire.set(closed: closed)
        if urgent {
            _ = try await unit.line.urgentExchange(request, unit: unit.unit, for: id)
        } else {
            _ = try await unit.line.exchange(request, unit: unit.unit, for: id)
        }
        let end = WireTime.now + Self.travel
        while try await unit.discreteInput(ModbusContactorWire.feedback, urgent: urgent) != closed {
            guard WireTime.now < end else {
                throw Fault(.interlock, id, "the contact stays \(closed ? "open" : "closed") after the command")
            }
            // 10 ms of life: the contact moves in real time also where bench time runs faster.
            try await time.sleep(seconds: 0.01 * (time.scale ?? 1))
        }
    }
}
