/// Frames of Modbus TCP: transaction, protocol 0, length, unit, function and data (MODBUS Messaging on TCP/IP V1.0b, 3.1.3).
public enum ModbusTCP {
    /// The longest frame: 7 bytes of header and 253 of function and data.
    public static let longest = 260

    /// A whole frame.
    public static func frame(transaction: UInt16, unit: UInt8, pdu: [UInt8]) -> [UInt8] {
        [
            UInt8(transaction >> 8), UInt8(truncatingIfNeeded: transaction), 0, 0,
            UInt8(truncatingIfNeeded: (pdu.count + 1) >> 8), UInt8(truncatingIfNeeded: pdu.count + 1), unit,
        ] + pdu
    }

    /// What is known of bytes that arrived.
    public enum Reading: Sendable, Hashable {
        /// A whole frame of that many bytes at the front.
        case frame(transaction: UInt16, unit: UInt8, length: Int)
        /// Could still become a frame.
        case more
        /// No frame, with what is wrong.
        case broken(String)
    }

    /// Looks for a frame at the front of what arrived.
    public static func read(_ bytes: [UInt8]) -> Reading {
        if bytes.count >= 4, bytes[2] != 0 || bytes[3] != 0 {
            return .broken("its header names protocol \(Int(bytes[2]) << 8 | Int(bytes[3])); Modbus is 0")
        }
        guard bytes.count >= 7 else { return .more }
        let stated = Int(bytes[4]) << 8 | Int(bytes[5])
        guard (2...254).contains(stated) else {
            return .broken("its header says \(stated) bytes; a Modbus frame has 2 to 254")
        }
        guard bytes.count >= 6 + stated else { return .more }
        return .frame(transaction: UInt16(bytes[0]) << 8 | UInt16(bytes[1]), unit: bytes[6], length: 6 + stated)
    }
}
