/// One frame of a GENY YC99T: 0x7E, length (4 bytes), command (2), data, CRC (2), 0xFF; the length counts command and data.
///
/// Numbers have their low byte first, but the CRC has its high byte first: CRC-16 with the polynomial and start of Modbus over command and
/// data. A frame of the bench has a result byte at the front of its data, 0 for done. Source: gide03/GenyYC99T `src/Util.py`, whose two
/// recorded frames fix the order of the CRC; the maker's document AT-PRO-YC99T was not at hand, so everything here is unconfirmed.
struct GenyFrame: Sendable, Hashable {
    /// What is asked, or what is answered.
    var command: UInt16
    /// What comes with it.
    var data: [UInt8]

    /// A frame's bytes.
    var bytes: [UInt8] {
        let body = [UInt8(truncatingIfNeeded: command), UInt8(command >> 8)] + data
        let crc = GenyFrame.checksum(body)
        return [0x7E] + LittleEndian.bytes(UInt32(body.count)) + body
            + [UInt8(crc >> 8), UInt8(truncatingIfNeeded: crc), 0xFF]
    }

    /// CRC-16 as of Modbus RTU: reflected polynomial 0xA001, start 0xFFFF (MODBUS over Serial Line V1.02, 6.2.2).
    static func checksum(_ bytes: some Sequence<UInt8>) -> UInt16 {
        var crc: UInt16 = 0xFFFF
        for byte in bytes {
            crc ^= UInt16(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0xA001 : crc >> 1 }
        }
        return crc
    }
}

/// Cuts what a GENY sends into frames.
struct GenyFraming: WireFraming {
    /// A longer frame is none: the longest known has 83 bytes of body.
    private static let longestBody = 1024

    /// What may begin at an index.
    private enum Candidate {
        case whole(GenyFrame, end: Int), unfinished, damaged(String, end: Int), nothing
    }

    /// The first whole frame. One that is unfinished is waited for, unless a whole one follows it.
    func take(_ buffer: inout [UInt8]) -> FramedWord<GenyFrame>? {
        var unfinished: Int?
        var damaged: (reason: String, end: Int)?
        var i = 0
        while let begin = buffer[i...].firstIndex(of: 0x7E) {
            switch Self.candidate(buffer, begin) {
            case .whole(let frame, let end):
                buffer.removeSubrange(..<end)
                return .word(frame)
            case .unfinished: if unfinished == nil { unfinished = begin }
            case .damaged(let reason, let end): if damaged == nil, unfinished == nil { damaged = (reason, end) }
            case .nothing: break
            }
            i = begin + 1
        }
        if let damaged {
            buffer.removeSubrange(..<damaged.end)
            return .broken(damaged.reason)
        }
        buffer.removeSubrange(..<(unfinished ?? buffer.count))
        return nil
    }

    private static func candidate(_ buffer: [UInt8], _ begin: Int) -> Candidate {
        guard buffer.count >= begin + 5 else { return .unfinished }
        let length = Int(LittleEndian.unsigned32(buffer[(begin + 1)..<(begin + 5)]))
        guard (2...longestBody).contains(length) else { return .nothing }
        let end = begin + 5 + length + 3
        guard buffer.count >= end else { return .unfinished }
        guard buffer[end - 1] == 0xFF else { return .damaged("the frame does not end with FF", end: end) }
        let body = Array(buffer[(begin + 5)..<(begin + 5 + length)])
        let crc = UInt16(buffer[end - 3]) << 8 | UInt16(buffer[end - 2])
        guard crc == GenyFrame.checksum(body) else {
            return .damaged("the check sum (CRC) does not fit the frame", end: end)
        }
        return .whole(
            GenyFrame(command: UInt16(body[0]) | UInt16(body[1]) << 8, data: Array(body.dropFirst(2))), end: end)
    }

    /// Nothing is known to end a half frame.
    var ending: [UInt8] { [] }
    func text(_ word: GenyFrame) -> String {
        let data = word.data.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }
        return "command \(String(word.command, radix: 16, uppercase: true)) with \(data.joined(separator: " "))"
    }
}

/// Numbers with their low byte first.
enum LittleEndian {
    static func bytes(_ number: UInt32) -> [UInt8] {
        [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: number >> UInt32($0)) }
    }
    static func bytes(_ number: UInt16) -> [UInt8] { [UInt8(truncatingIfNeeded: number), UInt8(number >> 8)] }
    static func bytes(_ number: Float) -> [UInt8] { bytes(number.bitPattern) }
    static func unsigned32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
    static func float(_ bytes: ArraySlice<UInt8>) -> Float { Float(bitPattern: unsigned32(bytes)) }
}
