/// Frames of Modbus RTU: unit, function and data, check (Modbus over Serial Line V1.02, 2.5.1).
public enum ModbusRTU {
    /// The longest frame (2.5.1.1).
    public static let longest = 256

    /// The check of RTU frames (6.2.2): low byte first on the wire.
    public static func crc(_ bytes: some Sequence<UInt8>) -> UInt16 {
        var register: UInt16 = 0xFFFF
        for byte in bytes { register = register >> 8 ^ table[Int(UInt8(truncatingIfNeeded: register) ^ byte)] }
        return register
    }

    /// What eight shifts with the polynomial 0xA001 make of each byte.
    private static let table: [UInt16] = (0..<256).map { byte in
        (0..<8).reduce(UInt16(byte)) { register, _ in register & 1 == 1 ? register >> 1 ^ 0xA001 : register >> 1 }
    }

    /// A whole frame.
    public static func frame(unit: UInt8, pdu: [UInt8]) -> [UInt8] {
        var bytes = [unit] + pdu
        let check = crc(bytes)
        bytes.append(UInt8(truncatingIfNeeded: check))
        bytes.append(UInt8(check >> 8))
        return bytes
    }

    /// Whether the last two bytes of a frame are its check.
    public static func hasGoodCheck(_ frame: some BidirectionalCollection<UInt8>) -> Bool {
        // The check over a whole frame, its own check included, is zero.
        frame.count >= 4 && crc(frame) == 0
    }

    /// How long a frame is that begins with certain bytes.
    public enum Length: Sendable, Hashable {
        case known(Int)
        /// More bytes are needed to tell.
        case open
        /// No answer of a function that we ask begins like this.
        case none
    }

    /// How long an answer is that begins with these bytes.
    public static func answerLength(_ bytes: ArraySlice<UInt8>) -> Length {
        let start = bytes.startIndex
        guard bytes.count >= 2 else { return .open }
        switch bytes[start + 1] {
        case 1...4, 17, 23: return bytes.count < 3 ? .open : .known(5 + Int(bytes[start + 2]))
        case 5, 6, 15, 16: return .known(8)
        case 22: return .known(10)
        case 43: return identificationLength(bytes)
        case 0x80...: return .known(5)
        default: return .none
        }
    }

    /// Function 43/14 says only at each object how long that object is.
    private static func identificationLength(_ bytes: ArraySlice<UInt8>) -> Length {
        let start = bytes.startIndex
        if bytes.count >= 3, bytes[start + 2] != 14 { return .none }
        guard bytes.count >= 8 else { return .open }
        var length = 8
        for _ in 0..<bytes[start + 7] {
            guard bytes.count >= length + 2 else { return length + 2 > longest ? .none : .open }
            length += 2 + Int(bytes[start + length + 1])
        }
        return length + 2 <= longest ? .known(length + 2) : .none
    }

    /// How long a request is that begins with these bytes, as a unit reads them.
    public static func requestLength(_ bytes: ArraySlice<UInt8>) -> Length {
        let start = bytes.startIndex
        guard bytes.count >= 2 else { return .open }
        switch bytes[start + 1] {
        case 1...6: return .known(8)
        case 15, 16: return bytes.count < 7 ? .open : .known(9 + Int(bytes[start + 6]))
        case 17: return .known(4)
        case 22: return .known(10)
        case 23: return bytes.count < 11 ? .open : .known(13 + Int(bytes[start + 10]))
        case 43: return .known(7)
        default: return .none
        }
    }

    /// What is known of the bytes that arrived after a request.
    public enum Reading: Sendable, Hashable {
        /// Whole and with a good check: where it lies, and whether a copy of our own request lay before it.
        case frame(Range<Int>, echo: Bool)
        /// Could still become a frame.
        case more
        /// No frame, with what is wrong.
        case broken(String)
    }

    /// Looks for the answer to a request.
    ///
    /// While the line still talks (`quiet` is false), the bytes are taken as the standard wants them: the frame begins with the
    /// first byte. Once the line is quiet, an answer of the unit asked is also found behind other bytes, because adapters put some
    /// there when the line turns round. A copy of the request before the answer (adapters that hear themselves) is passed over.
    /// A confirmation of functions 5, 6 and 22 equals its request: it is believed only where the line is known to have no echoes,
    /// or as the second copy.
    public static func read(_ bytes: [UInt8], sent: [UInt8], echoes: Bool?, quiet: Bool) -> Reading {
        var from = 0
        var echo = false
        func copy(at index: Int) -> Bool { echoes != false && !echo && bytes[index...].starts(with: sent) }
        if copy(at: 0) {
            from = sent.count
            echo = true
        } else if echoes != false, !quiet, bytes.count < sent.count, sent.starts(with: bytes) {
            return .more
        }
        if let frame = whole(bytes, from) { return .frame(frame, echo: echo) }
        guard quiet else { return .more }
        while from + 1 < bytes.count {
            from += 1
            if copy(at: from) {
                from += sent.count
                echo = true
                if let frame = whole(bytes, from) { return .frame(frame, echo: echo) }
            } else if bytes[from] == sent[0], bytes[from + 1 < bytes.count ? from + 1 : from] & 0x7F == sent[1],
                let frame = whole(bytes, from)
            {
                return .frame(frame, echo: echo)
            }
        }
        return .broken(reason(bytes, echo: echo, sent))
    }

    /// Whether a request is confirmed by its own copy: functions 5, 6 and 22.
    static func confirms(_ sent: [UInt8]) -> Bool { [5, 6, 22].contains(sent.dropFirst().first) }

    /// A whole frame with a good check that begins at an index.
    private static func whole(_ bytes: [UInt8], _ from: Int) -> Range<Int>? {
        guard from < bytes.count, case .known(let length) = answerLength(bytes[from...]), bytes.count - from >= length,
            hasGoodCheck(bytes[from..<(from + length)])
        else { return nil }
        return from..<(from + length)
    }

    private static func reason(_ bytes: [UInt8], echo: Bool, _ sent: [UInt8]) -> String {
        let rest = echo && bytes.starts(with: sent) ? bytes[sent.count...] : bytes[...]
        switch answerLength(rest) {
        case _ where rest.isEmpty: return "nothing but a copy of the request"
        case .known(let length) where rest.count >= length: return "the check sum (CRC) does not fit the frame"
        case .known(let length): return "cut short: \(rest.count) of \(length) bytes"
        case .open: return "cut short: \(rest.count) bytes"
        case .none: return "\(rest.count) bytes that are no frame"
        }
    }
}
