import BenchCore

/// A thermometer and hygrometer whose registers a data file lists (family `modbus-sensor`, files in `Fixtures/Instruments`).
struct ModbusSensor: EnvironmentSensor {
    static let family = InstrumentFamily(name: "modbus-sensor") { f, type in
        guard let table = ModbusSensorTable.read(f) else { return nil }
        return [
            DriverEntry(name: type, role: .environment, wires: WireKind.modbus, unconfirmed: table.unconfirmed) {
                context in
                let (line, unit) = try await context.wires.modbus(context.description.wire, for: context.id)
                return ModbusSensor(
                    id: context.id, unit: ModbusUnit(line: line, unit: unit, id: context.id), table: table,
                    expected: context.expected)
            }
        ]
    }

    let id: String
    let unit: ModbusUnit, table: ModbusSensorTable, expected: InstrumentIdentity

    /// Reads the registers of identity that the type has; the rest is what the bench file says, once a reading has come.
    func identify() async throws -> InstrumentIdentity {
        _ = try await read()
        var identity = expected
        if let serial = table.serial { identity.serial = try await text(serial) }
        if let model = table.model { identity.model = try await text(model) }
        if let firmware = table.firmware { identity.firmware = try await text(firmware) }
        return identity
    }

    /// Reads temperature and humidity, in one request where their registers stand side by side.
    func read() async throws -> ClimateReading {
        if let common = ModbusSensorWire.common(table) {
            let words = try await words(common)
            func part(_ register: RegisterDefinition) -> [UInt16] {
                guard let span = ModbusSensorWire.span(register) else { return [] }
                return Array(words[(span.address - common.address)...].prefix(span.count))
            }
            return ClimateReading(
                temperature: try ModbusSensorWire.value(part(table.temperature.register), of: table.temperature, id),
                humidity: try ModbusSensorWire.value(part(table.humidity.register), of: table.humidity, id))
        }
        return ClimateReading(
            temperature: try ModbusSensorWire.value(
                try await words(table.temperature.register), of: table.temperature, id),
            humidity: try ModbusSensorWire.value(try await words(table.humidity.register), of: table.humidity, id))
    }

    private func text(_ register: RegisterDefinition) async throws -> String {
        ModbusSensorWire.text(try await words(register), of: register)
    }

    private func words(_ register: RegisterDefinition) async throws -> [UInt16] {
        guard let span = ModbusSensorWire.span(register) else { return [] }
        return try await words(span)
    }

    private func words(_ span: ModbusSensorWire.Span) async throws -> [UInt16] {
        try await unit.words(function: span.function, address: span.address, count: span.count)
    }
}
