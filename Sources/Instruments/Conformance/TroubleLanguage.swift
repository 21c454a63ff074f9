internal import BenchCore

/// What the language of a wire is made of, as far as trouble goes.
struct TroubleLanguage: Sendable {
    var name: String
    /// Bytes that are no message, without an end.
    var noise: [UInt8]
    /// Whole messages that an instrument might send without being asked.
    var unasked: [[UInt8]]
    /// Whether messages carry a check sum, so that a flipped bit can be found out.
    var checked: Bool
    /// An answer with one value less, one value more, or a mark for «no number» in place of one; `nil` where it has no values.
    var fewer: @Sendable ([UInt8]) -> [UInt8]?
    var more: @Sendable ([UInt8]) -> [UInt8]?
    var noNumber: @Sendable ([UInt8]) -> [UInt8]?
    /// An answer with other data of the same length in it; `nil` where the language has no registers.
    var registers: (@Sendable (_ answer: [UInt8], _ words: [UInt16]) -> [UInt8]?)?

    /// Lines of text with values between commas, as SCPI and most instruments write them.
    static func text(
        _ name: String, end: String = "\n", unasked: [String] = ["ALARM TEMPERATURE"],
        noNumbers mark: String = "9.91E37"
    ) -> TroubleLanguage {
        let tail = Array(end.utf8)
        return TroubleLanguage(
            name: name, noise: Array("~\u{7F}!?".utf8), unasked: unasked.map { Array($0.utf8) + tail }, checked: false,
            fewer: { bytes in
                guard let cut = plain(bytes, tail).lastIndex(of: UInt8(ascii: ",")) else { return nil }
                return Array(bytes[..<cut]) + tail
            },
            more: { bytes in
                let body = plain(bytes, tail)
                return body.isEmpty ? nil : Array(body) + Array(",1".utf8) + tail
            },
            noNumber: { bytes in
                let body = plain(bytes, tail)
                var parts = body.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map(Array.init)
                guard !body.isEmpty,
                    let index = parts.lastIndex(where: { SCPINumber.parse(String(decoding: $0, as: UTF8.self)) != nil })
                else { return nil }
                parts[index] = Array(mark.utf8)
                return Array(parts.joined(separator: [UInt8(ascii: ",")])) + tail
            })
    }

    /// SCPI (IEEE 488.2 answers).
    static let scpi = text("SCPI")

    /// A line without its end; empty where it holds a block or text in quotes, whose commas are no separators.
    private static func plain(_ bytes: [UInt8], _ tail: [UInt8]) -> ArraySlice<UInt8> {
        guard bytes.count > tail.count, bytes.suffix(tail.count).elementsEqual(tail),
            !bytes.contains(where: { $0 == UInt8(ascii: "#") || $0 == UInt8(ascii: "\"") || $0 >= 128 })
        else { return [] }
        return bytes.dropLast(tail.count)
    }

    /// Modbus over TCP: no check sum of its own.
    static let modbusTCP = TroubleLanguage(
        name: "Modbus TCP", noise: [0x7E, 0x7E, 0x7E], unasked: [[0xFF, 0xFE, 0, 0, 0, 5, 1, 4, 2, 0x12, 0x34]],
        checked: false, fewer: { resized(tcp: $0, by: -2) }, more: { resized(tcp: $0, by: 2) }, noNumber: { _ in nil },
        registers: { answer, words in
            answer.count == 9 + 2 * words.count && answer[7] <= 4 ? Array(answer[..<9]) + data(words) : nil
        })

    /// Modbus RTU: CRC-16 behind every frame.
    static let modbusRTU = TroubleLanguage(
        name: "Modbus RTU", noise: [0x7E, 0x7E, 0x7E], unasked: [framed([247, 4, 2, 0x12, 0x34])], checked: true,
        fewer: { resized(rtu: $0, by: -2) }, more: { resized(rtu: $0, by: 2) }, noNumber: { _ in nil },
        registers: { answer, words in
            answer.count == 5 + 2 * words.count && answer[1] <= 4 ? framed(Array(answer[..<3]) + data(words)) : nil
        })

    private static func data(_ words: [UInt16]) -> [UInt8] {
        words.flatMap { [UInt8($0 >> 8), UInt8(truncatingIfNeeded: $0)] }
    }

    /// A body with its check.
    static func framed(_ body: [UInt8]) -> [UInt8] {
        let check = ModbusRTU.crc(body)
        return body + [UInt8(truncatingIfNeeded: check), UInt8(check >> 8)]
    }

    /// Data of a read answer (function 1 to 4: unit, function, count, data) longer or shorter; both counts fit.
    private static func resized(_ body: [UInt8], by change: Int) -> [UInt8]? {
        guard body.count >= 4, (1...4).contains(body[1]), Int(body[2]) + change >= 0 else { return nil }
        var changed = body
        changed[2] = UInt8(Int(body[2]) + change)
        if change < 0 {
            changed.removeLast(min(-change, changed.count - 3))
        } else {
            changed += [UInt8](repeating: 0, count: change)
        }
        return changed
    }

    private static func resized(tcp bytes: [UInt8], by change: Int) -> [UInt8]? {
        guard bytes.count > 8, let body = resized(Array(bytes[6...]), by: change) else { return nil }
        return Array(bytes[..<4]) + [UInt8(body.count >> 8), UInt8(body.count & 0xFF)] + body
    }

    private static func resized(rtu bytes: [UInt8], by change: Int) -> [UInt8]? {
        guard bytes.count > 5, let body = resized(Array(bytes.dropLast(2)), by: change) else { return nil }
        return framed(body)
    }
}
