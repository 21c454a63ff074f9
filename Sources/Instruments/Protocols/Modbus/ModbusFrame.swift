/// Bytes of Modbus answers to values: pure, the same for TCP and RTU.
public enum ModbusFrame {
    /// What is wrong with an answer.
    public enum Trouble: Error, Sendable, Hashable {
        /// The unit answered with an exception code.
        case exception(UInt8)
        /// The bytes do not answer the request, with what was found.
        case broken(String)
    }

    /// Names of the exception codes (Modbus Application Protocol V1.1b3, clause 7).
    public static func exceptionName(_ code: UInt8) -> String {
        switch code {
        case 1: return "illegal function"
        case 2: return "illegal data address"
        case 3: return "illegal data value"
        case 4: return "device failure"
        case 5: return "acknowledge: still working"
        case 6: return "device busy"
        case 8: return "memory parity error"
        case 10: return "gateway path unavailable"
        case 11: return "gateway target does not answer"
        default: return "unknown exception"
        }
    }

    /// Reads an answer (function code and data, without unit and check) to a request.
    public static func answer(_ pdu: [UInt8], to request: ModbusRequest) throws(Trouble) -> ModbusAnswer {
        guard let function = pdu.first else { throw .broken("no function code") }
        if function == request.function | 0x80 {
            guard pdu.count == 2 else { throw .broken("an exception of \(pdu.count) bytes") }
            throw .exception(pdu[1])
        }
        guard function == request.function else {
            throw .broken("function \(function) answers function \(request.function)")
        }
        switch request {
        case .readHoldingRegisters(_, let count), .readInputRegisters(_, let count):
            let data = try payload(pdu, bytes: 2 * count)
            return .words((0..<count).map { UInt16(data[2 * $0]) << 8 | UInt16(data[2 * $0 + 1]) })
        case .readCoils(_, let count), .readDiscreteInputs(_, let count):
            let data = try payload(pdu, bytes: (count + 7) / 8)
            return .bits((0..<count).map { data[$0 / 8] >> UInt8($0 % 8) & 1 == 1 })
        case .writeCoil, .writeRegister:
            guard pdu == request.pdu else { throw .broken("the confirmation differs from the request") }
            return .done
        }
    }

    private static func payload(_ pdu: [UInt8], bytes: Int) throws(Trouble) -> [UInt8] {
        guard pdu.count >= 2, Int(pdu[1]) == bytes, pdu.count == 2 + bytes else {
            throw .broken("\(max(0, pdu.count - 2)) bytes of data where \(bytes) were asked")
        }
        return Array(pdu[2...])
    }

    /// How long a whole RTU frame is that begins with these bytes; `nil` while they do not tell.
    public static func lengthRTU(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 3 else { return nil }
        if bytes[1] & 0x80 != 0 { return 5 }
        return bytes[1] <= 4 ? 5 + Int(bytes[2]) : 8
    }

    /// The check of RTU frames (Modbus over Serial Line V1.02, 6.2.2): low byte first on the wire.
    public static func crc(_ bytes: some Sequence<UInt8>) -> UInt16 {
        var register: UInt16 = 0xFFFF
        for byte in bytes {
            register ^= UInt16(byte)
            for _ in 0..<8 { register = register & 1 == 1 ? register >> 1 ^ 0xA001 : register >> 1 }
        }
        return register
    }

    /// Whether the last two bytes of an RTU frame are its check.
    public static func hasGoodCheck(_ frame: [UInt8]) -> Bool {
        guard frame.count >= 4 else { return false }
        let check = crc(frame.dropLast(2))
        return frame[frame.count - 2] == UInt8(truncatingIfNeeded: check) && frame[frame.count - 1] == UInt8(check >> 8)
    }
}
