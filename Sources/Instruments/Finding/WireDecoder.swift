import BenchCore

/// What bytes on a wire say, in the words of their protocol; hexadecimal where they say nothing readable.
enum WireDecoder {
    /// Decodes one piece of traffic; `toInstrument` is its direction.
    static func text(_ bytes: [UInt8], language: String, toInstrument: Bool) -> String {
        switch language {
        case "scpi": return scpi(bytes)
        case "usbtmc": return usbtmc(bytes) ?? hex(bytes)
        case "hislip": return hislip(bytes) ?? hex(bytes)
        case "vxi-11": return rpc(bytes) ?? hex(bytes)
        case "modbus-tcp": return modbusTCP(bytes, toInstrument) ?? hex(bytes)
        case "modbus-rtu": return modbusRTU(bytes, toInstrument) ?? hex(bytes)
        default: return isText(bytes) ? scpi(bytes) : hex(bytes)
        }
    }

    /// Bytes in pairs of digits.
    static func hex(_ bytes: [UInt8]) -> String {
        let shown = bytes.prefix(64).map { WireTap.hex([$0]) }.joined(separator: " ")
        return bytes.count > 64 ? shown + " … (\(bytes.count) bytes)" : shown
    }

    private static func isText(_ bytes: [UInt8]) -> Bool {
        bytes.allSatisfy { (32..<127).contains($0) || (9...13).contains($0) }
    }

    /// Text with blocks abbreviated: `1,#216<16 bytes>`.
    private static func scpi(_ bytes: [UInt8]) -> String {
        var text = ""
        var at = 0
        while at < bytes.count {
            guard bytes[at] == UInt8(ascii: "#"), let block = block(bytes, at) else {
                let next = bytes[(at + 1)...].firstIndex(of: UInt8(ascii: "#")) ?? bytes.count
                text += WireBytes.shown(bytes[at..<next])
                at = next
                continue
            }
            text += WireBytes.shown(bytes[at..<block.lowerBound])
            text += "<\(block.count) bytes>"
            at = block.upperBound
        }
        return text
    }

    /// Where the content of a definite block lies that begins at `start`; it may go on beyond these bytes.
    private static func block(_ bytes: [UInt8], _ start: Int) -> Range<Int>? {
        guard start + 1 < bytes.count, (49...57).contains(bytes[start + 1]) else { return nil }
        let digits = Int(bytes[start + 1]) - 48
        guard start + 2 + digits <= bytes.count,
            let length = Int(String(decoding: bytes[(start + 2)..<(start + 2 + digits)], as: UTF8.self))
        else { return nil }
        let from = start + 2 + digits
        return from..<min(bytes.count, from + length)
    }

    // MARK: Modbus

    private static func modbusTCP(_ bytes: [UInt8], _ request: Bool) -> String? {
        guard bytes.count >= 8, bytes[2] == 0, bytes[3] == 0 else { return nil }
        let transaction = word(bytes, 0)
        let stated = word(bytes, 4)
        let note = stated == bytes.count - 6 ? "" : " (the header says \(stated) bytes, \(bytes.count - 6) are here)"
        return "#\(transaction) unit \(bytes[6]): " + pdu(Array(bytes[7...]), request) + note
    }

    private static func modbusRTU(_ bytes: [UInt8], _ request: Bool) -> String? {
        guard bytes.count >= 4 else { return nil }
        let check = ModbusRTU.hasGoodCheck(bytes) ? "" : ", CRC wrong: " + hex(bytes)
        return "unit \(bytes[0]): " + pdu(Array(bytes[1..<(bytes.count - 2)]), request) + check
    }

    private static func pdu(_ pdu: [UInt8], _ request: Bool) -> String {
        guard let function = pdu.first else { return "empty" }
        if function & 0x80 != 0, pdu.count >= 2 {
            return "\(name(function & 0x7F)): exception \(pdu[1]), \(ModbusFrame.exceptionName(pdu[1]))"
        }
        let words = stride(from: 1, to: pdu.count - 1, by: 2).map { word(pdu, $0) }
        switch function {
        case 1...4 where request && words.count == 2:
            return "\(name(function)) \(words[0]), \(words[1])"
        case 1...2 where pdu.count >= 2:
            return "\(name(function)): " + pdu[2...].flatMap { byte in (0..<8).map { String(byte >> $0 & 1) } }.joined()
        case 3...4 where pdu.count >= 2:
            let values = stride(from: 2, to: pdu.count - 1, by: 2).map { String(word(pdu, $0)) }
            return "\(name(function)): " + values.joined(separator: " ")
        case 5 where words.count == 2: return "\(name(function)) \(words[0]) := \(words[1] == 0 ? "off" : "on")"
        case 6 where words.count == 2: return "\(name(function)) \(words[0]) := \(words[1])"
        default: return "\(name(function)): " + hex(Array(pdu.dropFirst()))
        }
    }

    private static func name(_ function: UInt8) -> String {
        switch function {
        case 1: return "read coils"
        case 2: return "read discrete inputs"
        case 3: return "read holding registers"
        case 4: return "read input registers"
        case 5: return "write coil"
        case 6: return "write register"
        case 15: return "write coils"
        case 16: return "write registers"
        case 17: return "report server id"
        case 22: return "mask write register"
        case 23: return "read and write registers"
        case 43: return "read device identification"
        default: return "function \(function)"
        }
    }

    private static func word(_ bytes: [UInt8], _ at: Int) -> Int { Int(bytes[at]) << 8 | Int(bytes[at + 1]) }

    // MARK: Test and measurement transports

    /// USBTMC 1.00, table 1 and 2: message, tag, length, attributes.
    private static func usbtmc(_ bytes: [UInt8]) -> String? {
        guard bytes.count >= 12, bytes[1] == ~bytes[2] else { return nil }
        let length = (4..<8).reversed().reduce(0) { $0 << 8 | Int(bytes[$1]) }
        let name: String
        switch bytes[0] {
        case 1: name = "message"
        case 2: name = bytes.count > 12 ? "answer" : "asks for up to \(length) bytes"
        case 126, 127: name = "vendor message \(bytes[0])"
        case 128: name = "trigger"
        default: name = "message \(bytes[0])"
        }
        let payload = bytes.count > 12 ? ": " + scpi(Array(bytes[12..<min(bytes.count, 12 + length)])) : ""
        let end = bytes.count > 12 && bytes[8] & 1 == 1 ? " EOM" : ""
        return "[tag \(bytes[1])] \(name)\(payload)\(end)"
    }

    /// IVI-6.1, 2: `HS`, message type, control code, parameter, length of the payload.
    private static func hislip(_ bytes: [UInt8]) -> String? {
        guard bytes.count >= 16, bytes[0] == UInt8(ascii: "H"), bytes[1] == UInt8(ascii: "S") else {
            return isText(bytes) ? scpi(bytes) : nil
        }
        let names = [
            "Initialize", "InitializeResponse", "FatalError", "Error", "AsyncLock", "AsyncLockResponse", "Data",
            "DataEnd",
            "DeviceClearComplete", "DeviceClearAcknowledge", "AsyncRemoteLocalControl", "AsyncRemoteLocalResponse",
            "Trigger",
            "Interrupted", "AsyncInterrupted", "AsyncMaximumMessageSize", "AsyncMaximumMessageSizeResponse",
            "AsyncInitialize", "AsyncInitializeResponse", "AsyncDeviceClear", "AsyncServiceRequest", "AsyncStatusQuery",
            "AsyncStatusResponse", "AsyncDeviceClearAcknowledge", "AsyncLockInfo", "AsyncLockInfoResponse",
        ]
        let kind = Int(bytes[2])
        let parameter = (4..<8).reduce(0) { $0 << 8 | Int(bytes[$1]) }
        let name = kind < names.count ? names[kind] : "message \(kind)"
        let payload =
            bytes.count > 16
            ? ": " + (isText(Array(bytes[16...])) ? scpi(Array(bytes[16...])) : hex(Array(bytes[16...]))) : ""
        return "\(name) control \(bytes[3]) parameter \(parameter)\(payload)"
    }

    /// RFC 5531: record mark, transaction, call or reply; VXI-11 rev. 1.0, appendix B: procedures of the core channel.
    private static func rpc(_ bytes: [UInt8]) -> String? {
        guard bytes.count >= 12 else { return nil }
        let number = { (at: Int) -> Int in (at..<(at + 4)).reduce(0) { $0 << 8 | Int(bytes[$1]) } }
        let transaction = number(4)
        guard number(8) == 0, bytes.count >= 28 else {
            return number(8) == 1 ? "reply \(transaction): \(readable(bytes.dropFirst(28)))" : nil
        }
        let names = [
            10: "create_link", 11: "device_write", 12: "device_read", 13: "device_readstb", 14: "device_trigger",
            15: "device_clear", 16: "device_remote", 17: "device_local", 18: "device_lock", 19: "device_unlock",
            20: "device_enable_srq", 22: "device_docmd", 23: "destroy_link",
        ]
        let program = number(16)
        let procedure = number(24)
        let name =
            program == 395_183
            ? names[procedure] ?? "procedure \(procedure)" : "program \(program) procedure \(procedure)"
        return "call \(transaction) \(name): \(readable(bytes.dropFirst(44)))"
    }

    /// The printable part of mixed bytes.
    private static func readable(_ bytes: ArraySlice<UInt8>) -> String {
        bytes.isEmpty ? "" : isText(Array(bytes)) ? scpi(Array(bytes)) : hex(Array(bytes))
    }
}
