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
        case .readHoldingRegisters(_, let count), .readInputRegisters(_, let count),
            .readWriteRegisters(_, let count, _, _):
            try check(pdu, bytes: 2 * count)
            return .words(
                [UInt16](unsafeUninitializedCapacity: count) { words, used in
                    for i in 0..<count { words[i] = UInt16(pdu[2 + 2 * i]) << 8 | UInt16(pdu[3 + 2 * i]) }
                    used = count
                })
        case .readCoils(_, let count), .readDiscreteInputs(_, let count):
            try check(pdu, bytes: (count + 7) / 8)
            return .bits((0..<count).map { pdu[2 + $0 / 8] >> UInt8($0 % 8) & 1 == 1 })
        case .writeCoil, .writeRegister, .maskWriteRegister:
            guard pdu == request.pdu else { throw .broken("the confirmation differs from the request") }
            return .done
        case .writeCoils, .writeRegisters:
            guard pdu == Array(request.pdu.prefix(5)) else {
                throw .broken("the confirmation differs from the request")
            }
            return .done
        case .reportServerID:
            guard pdu.count >= 2, Int(pdu[1]) == pdu.count - 2 else {
                throw .broken(
                    "\(max(0, pdu.count - 2)) bytes of server ID where \(pdu.dropFirst().first ?? 0) were said")
            }
            return .serverID(Array(pdu[2...]))
        case .readDeviceIdentification(let access, let object):
            return .identification(try ModbusIdentification.part(pdu, access, object: object))
        }
    }

    private static func check(_ pdu: [UInt8], bytes: Int) throws(Trouble) {
        guard pdu.count >= 2, Int(pdu[1]) == bytes, pdu.count == 2 + bytes else {
            throw .broken("\(max(0, pdu.count - 2)) bytes of data where \(bytes) were asked")
        }
    }
}
