import BenchCore

/// What a `modbus-contactor` is told: pure.
enum ModbusContactorWire {
    /// Coil 0 closes and opens.
    static func set(closed: Bool) -> ModbusRequest { .writeCoil(address: 0, on: closed) }
    /// Discrete input 0 is the contact's own feedback: true when closed.
    static let feedback = 0
}
