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
    /// Function 15; up to 1968 coils (6.11).
    case writeCoils(address: Int, [Bool])
    /// Function 16; up to 123 registers (6.12).
    case writeRegisters(address: Int, [UInt16])
    /// Function 17, serial lines only (6.13).
    case reportServerID
    /// Function 22: new = (old AND `and`) OR (`or` AND NOT `and`) (6.16).
    case maskWriteRegister(address: Int, and: UInt16, or: UInt16)
    /// Function 23: writes up to 121 registers first, then reads up to 125 (6.17).
    case readWriteRegisters(read: Int, count: Int, write: Int, [UInt16])
    /// Function 43, MEI type 14 (6.21).
    case readDeviceIdentification(ModbusIdentification.Access, object: UInt8)

    /// The function code.
    public var function: UInt8 {
        switch self {
        case .readCoils: return 1
        case .readDiscreteInputs: return 2
        case .readHoldingRegisters: return 3
        case .readInputRegisters: return 4
        case .writeCoil: return 5
        case .writeRegister: return 6
        case .writeCoils: return 15
        case .writeRegisters: return 16
        case .reportServerID: return 17
        case .maskWriteRegister: return 22
        case .readWriteRegisters: return 23
        case .readDeviceIdentification: return 43
        }
    }

    /// Whether it changes something in the unit; what does is never repeated by itself.
    public var changes: Bool {
        switch self {
        case .readCoils, .readDiscreteInputs, .readHoldingRegisters, .readInputRegisters, .reportServerID,
            .readDeviceIdentification:
            return false
        case .writeCoil, .writeRegister, .writeCoils, .writeRegisters, .maskWriteRegister, .readWriteRegisters:
            return true
        }
    }

    /// Function code and data, without unit and check: what TCP and RTU share.
    public var pdu: [UInt8] {
        switch self {
        case .readCoils(let address, let count), .readDiscreteInputs(let address, let count),
            .readHoldingRegisters(let address, let count), .readInputRegisters(let address, let count):
            return [function, Self.high(address), Self.low(address), Self.high(count), Self.low(count)]
        case .writeCoil(let address, let on):
            return [function, Self.high(address), Self.low(address), on ? 0xFF : 0, 0]
        case .writeRegister(let address, let value):
            return [function, Self.high(address), Self.low(address)] + Self.bytes([value])
        case .writeCoils(let address, let bits):
            var packed = [UInt8](repeating: 0, count: (bits.count + 7) / 8)
            for (i, bit) in bits.enumerated() where bit { packed[i / 8] |= 1 << UInt8(i % 8) }
            return [
                function, Self.high(address), Self.low(address), Self.high(bits.count), Self.low(bits.count),
                UInt8(truncatingIfNeeded: packed.count),
            ] + packed
        case .writeRegisters(let address, let words):
            return [
                function, Self.high(address), Self.low(address), Self.high(words.count), Self.low(words.count),
                UInt8(truncatingIfNeeded: 2 * words.count),
            ] + Self.bytes(words)
        case .reportServerID: return [function]
        case .maskWriteRegister(let address, let and, let or):
            return [function, Self.high(address), Self.low(address)] + Self.bytes([and, or])
        case .readWriteRegisters(let read, let count, let write, let words):
            return [
                function, Self.high(read), Self.low(read), Self.high(count), Self.low(count), Self.high(write),
                Self.low(write), Self.high(words.count), Self.low(words.count),
                UInt8(truncatingIfNeeded: 2 * words.count),
            ] + Self.bytes(words)
        case .readDeviceIdentification(let access, let object): return [function, 14, access.rawValue, object]
        }
    }

    private static func high(_ number: Int) -> UInt8 { UInt8(truncatingIfNeeded: number >> 8) }
    private static func low(_ number: Int) -> UInt8 { UInt8(truncatingIfNeeded: number) }
    private static func bytes(_ words: [UInt16]) -> [UInt8] {
        words.flatMap { [UInt8($0 >> 8), UInt8(truncatingIfNeeded: $0)] }
    }

    /// What is wrong with the request itself, as a sentence; `nil` when it may be sent (counts and addresses of clause 6).
    public var objection: String? {
        func span(_ address: Int, _ count: Int, _ most: Int) -> String? {
            guard (1...most).contains(count) else { return "\(count) at once; function \(function) takes 1 to \(most)" }
            guard address >= 0, address + count <= 65_536 else {
                return "addresses \(address) to \(address + count - 1); Modbus has 0 to 65535"
            }
            return nil
        }
        switch self {
        case .readCoils(let address, let count), .readDiscreteInputs(let address, let count):
            return span(address, count, 2000)
        case .readHoldingRegisters(let address, let count), .readInputRegisters(let address, let count):
            return span(address, count, 125)
        case .writeCoil(let address, _), .writeRegister(let address, _), .maskWriteRegister(let address, _, _):
            return span(address, 1, 1)
        case .writeCoils(let address, let bits): return span(address, bits.count, 1968)
        case .writeRegisters(let address, let words): return span(address, words.count, 123)
        case .readWriteRegisters(let read, let count, let write, let words):
            return span(read, count, 125) ?? span(write, words.count, 121)
        case .reportServerID, .readDeviceIdentification: return nil
        }
    }

    /// In words, for messages: `function 4 at 0x0048, 2 words`.
    public var text: String {
        func bits(_ count: Int) -> String { "\(count) bit" + (count == 1 ? "" : "s") }
        func words(_ count: Int) -> String { "\(count) word" + (count == 1 ? "" : "s") }
        switch self {
        case .readCoils(let address, let count), .readDiscreteInputs(let address, let count):
            return "function \(function) at \(Self.hex(address)), \(bits(count))"
        case .readHoldingRegisters(let address, let count), .readInputRegisters(let address, let count):
            return "function \(function) at \(Self.hex(address)), \(words(count))"
        case .writeCoil(let address, let on): return "function 5 at \(Self.hex(address)), \(on ? "on" : "off")"
        case .writeRegister(let address, let value): return "function 6 at \(Self.hex(address)), \(value)"
        case .writeCoils(let address, let values):
            return "function 15 at \(Self.hex(address)), \(bits(values.count)) written"
        case .writeRegisters(let address, let values):
            return "function 16 at \(Self.hex(address)), \(words(values.count)) written"
        case .reportServerID: return "function 17, server ID"
        case .maskWriteRegister(let address, let and, let or):
            return "function 22 at \(Self.hex(address)), and \(Self.hex(Int(and))), or \(Self.hex(Int(or)))"
        case .readWriteRegisters(let read, let count, let write, let values):
            return
                "function 23 at \(Self.hex(read)), \(words(count)), \(words(values.count)) written at \(Self.hex(write))"
        case .readDeviceIdentification(let access, let object):
            return "function 43/14, \(access) identification from object \(object)"
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
    /// Function 17: server ID, run indicator and whatever follows; their meaning is the device's own (6.13).
    case serverID([UInt8])
    /// Function 43/14: one answer of possibly several.
    case identification(ModbusIdentification.Part)
}
