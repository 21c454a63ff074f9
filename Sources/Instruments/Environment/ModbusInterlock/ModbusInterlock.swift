import BenchCore

/// Doors, covers and emergency stop behind Modbus inputs: `modbus-interlock` of design note 0001, or a data file of that family
/// with contacts of its own.
struct ModbusInterlock: Interlock {
    static let entry = DriverEntry(name: "modbus-interlock", role: .interlock, wires: WireKind.modbus) { context in
        try await make(context, ModbusInterlockWire.loop)
    }
    static let family = InstrumentFamily(name: "modbus-interlock") { f, type in
        var unconfirmed: [String] = []
        let contacts = ModbusInterlockWire.read(f, &unconfirmed)
        guard !contacts.isEmpty else { return nil }
        return [
            DriverEntry(name: type, role: .interlock, wires: WireKind.modbus, unconfirmed: unconfirmed) { context in
                try await make(context, contacts)
            }
        ]
    }

    let id: String
    let unit: ModbusUnit, contacts: [ModbusContact], expected: InstrumentIdentity

    private static func make(_ context: DriverContext, _ contacts: [ModbusContact]) async throws -> any Instrument {
        let (line, unit) = try await context.wires.modbus(context.description.wire, for: context.id)
        return ModbusInterlock(
            id: context.id, unit: ModbusUnit(line: line, unit: unit, id: context.id), contacts: contacts,
            expected: context.expected)
    }

    /// Asks whether it answers at all and whether it is a simulator; the rest is what the bench file says.
    func identify() async throws -> InstrumentIdentity {
        _ = try await state()
        var identity = expected
        identity.simulated = try await unit.isSimulator()
        return identity
    }

    /// Reads every contact; the loop is closed when all are. What does not answer is a fault, never a closed loop.
    func state() async throws -> InterlockState {
        var bits: [Bool] = []
        for contact in contacts {
            guard case .bits(let read) = try await unit.read(contact.request), read.count == 1 else {
                throw Fault(.badAnswer, id, "one bit was asked, something else came")
            }
            bits += read
        }
        return ModbusInterlockWire.state(bits, contacts)
    }
}
