/// What is asked of a Modbus unit. Addresses are zero-based protocol addresses, as on the wire.
///
/// Modbus Application Protocol V1.1b3, clause 6.
public enum ModbusRequest: Sendable, Hashable {
    /// Function 1.
    case readCoils(address: Int, count: Int)
    /// Function 2.
    case readDiscreteInputs(address: Int, count: Int)
    /// Function 3.
    case readHoldingRegisters(address: Int, count: Int)
    /// Function 4.
    case readInputRegisters(address: Int, count: Int)
    /// Function 5.
    case writeCoil(address: Int, on: Bool)
    /// Function 6.
    case writeRegister(address: Int, value: UInt16)

    /// The function code.
    public var function: UInt8 {
        switch self {
        case .readCoils: return 1
        case .readDiscreteInputs: return 2
        case .readHoldingRegisters: return 3
        case .readInputRegisters: return 4
        case .writeCoil: return 5
        case .writeRegister: return 6
        }
    }

    /// Function code and data, without unit and check: what TCP and RTU share.
    public var pdu: [UInt8] {
        let numbers: (Int, Int)
        switch self {
        case .readCoils(let address, let count), .readDiscreteInputs(let address, let count),
            .readHoldingRegisters(let address, let count), .readInputRegisters(let address, let count):
            numbers = (address, count)
        case .writeCoil(let address, let on): numbers = (address, on ? 0xFF00 : 0)
        case .writeRegister(let address, let value): numbers = (address, Int(value))
        }
        return [
            function, UInt8(truncatingIfNeeded: numbers.0 >> 8), UInt8(truncatingIfNeeded: numbers.0),
            UInt8(truncatingIfNeeded: numbers.1 >> 8), UInt8(truncatingIfNeeded: numbers.1),
        ]
    }

    /// In words, for messages: `function 4 at 0x0048, 2 words`.
    public var text: String {
        switch self {
        case .readCoils(let address, let count), .readDiscreteInputs(let address, let count):
            return "function \(function) at \(Self.hex(address)), \(count) bit" + (count == 1 ? "" : "s")
        case .readHoldingRegisters(let address, let count), .readInputRegisters(let address, let count):
            return "function \(function) at \(Self.hex(address)), \(count) word" + (count == 1 ? "" : "s")
        case .writeCoil(let address, let on): return "function 5 at \(Self.hex(address)), \(on ? "on" : "off")"
        case .writeRegister(let address, let value): return "function 6 at \(Self.hex(address)), \(value)"
        }
    }

    private static func hex(_ address: Int) -> String {
        let digits = String(address, radix: 16, uppercase: true)
        return "0x" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}

/// What a unit answered.
public enum ModbusAnswer: Sendable, Hashable {
    /// Registers, in order of address.
    case words([UInt16])
    /// Coils or discrete inputs, in order of address.
    case bits([Bool])
    /// A write was confirmed.
    case done
}
