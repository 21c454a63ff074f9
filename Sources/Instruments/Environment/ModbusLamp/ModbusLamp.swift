import BenchCore

/// A signal lamp behind Modbus coils: `modbus-lamp` of design note 0001, or a data file of that family with lights of its own.
struct ModbusLamp: SignalLamp {
    static let entry = DriverEntry(name: "modbus-lamp", role: .lamp, wires: WireKind.modbus) { context in
        try await make(context, ModbusLampWire.lights)
    }
    static let family = InstrumentFamily(name: "modbus-lamp") { f, type in
        let why = f.text("unconfirmed", .optional)
        guard let lights = ModbusLampWire.read(f) else { return nil }
        return [
            DriverEntry(name: type, role: .lamp, wires: WireKind.modbus, unconfirmed: why.map { [$0] } ?? []) {
                context in try await make(context, lights)
            }
        ]
    }

    let id: String
    let unit: ModbusUnit, lights: [ModbusLight], expected: InstrumentIdentity

    private static func make(_ context: DriverContext, _ lights: [ModbusLight]) async throws -> any Instrument {
        let (line, unit) = try await context.wires.modbus(context.description.wire, for: context.id)
        return ModbusLamp(
            id: context.id, unit: ModbusUnit(line: line, unit: unit, id: context.id), lights: lights,
            expected: context.expected)
    }

    /// Asks whether it answers at all and whether it is a simulator; the rest is what the bench file says.
    func identify() async throws -> InstrumentIdentity {
        _ = try await lit()
        var identity = expected
        identity.simulated = try await unit.isSimulator()
        return identity
    }

    /// Shows a signal and reads it back; throws `Fault(.badAnswer)` when a light does not follow.
    func show(_ signal: LampSignal) async throws {
        for request in ModbusLampWire.writes(signal, lights) {
            _ = try await unit.line.exchange(request, unit: unit.unit, for: id)
        }
        for (light, on) in zip(lights, try await lit()) where on != light.signals.contains(signal) {
            throw Fault(
                .badAnswer, id, "the \(light.name) light stays \(on ? "on" : "off") at the signal «\(signal.rawValue)»")
        }
    }

    private func lit() async throws -> [Bool] {
        var lit: [Bool] = []
        for light in lights {
            guard case .bits(let bits) = try await unit.read(.readCoils(address: light.coil, count: 1)), bits.count == 1
            else { throw Fault(.badAnswer, id, "one coil was asked, something else came") }
            lit += bits
        }
        return lit
    }
}
