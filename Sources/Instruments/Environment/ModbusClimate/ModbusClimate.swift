public import BenchCore

/// A thermometer and hygrometer that speaks `modbus-climate` (design note 0001).
public struct ModbusClimate: EnvironmentSensor {
    static let entry = DriverEntry(name: "modbus-climate", role: .environment, wires: WireKind.modbus) { context in
        let (line, unit) = try await context.wires.modbus(context.description.wire, for: context.id)
        return ModbusClimate(id: context.id, line: line, unit: unit, expected: context.expected)
    }

    /// The id in the bench file.
    public let id: String
    let unit: ModbusUnit
    private let expected: InstrumentIdentity

    /// A sensor by unit on a line. The device cannot tell maker, model and serial; `expected` repeats the bench file's.
    public init(id: String, line: ModbusLine, unit: Int, expected: InstrumentIdentity) {
        self.id = id
        self.unit = ModbusUnit(line: line, unit: unit, id: id)
        self.expected = expected
    }

    /// Asks whether it answers at all and whether it is a simulator; the rest is what the bench file says.
    public func identify() async throws -> InstrumentIdentity {
        _ = try await read()
        var identity = expected
        identity.simulated = try await unit.isSimulator()
        return identity
    }

    /// Reads temperature and humidity.
    public func read() async throws -> ClimateReading {
        try ModbusClimateWire.reading(try await unit.words(function: 4, address: 0, count: 2), id)
    }
}
