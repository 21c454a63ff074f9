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
        _ name: String, end: String = "\n", separator: UInt8 = UInt8(ascii: ","),
        unasked: [String] = ["ALARM TEMPERATURE"], noNumbers mark: String = "9.91E37"
    ) -> TroubleLanguage {
        let tail = Array(end.utf8)
        return TroubleLanguage(
            name: name, noise: Array("~\u{7F}!?".utf8), unasked: unasked.map { Array($0.utf8) + tail }, checked: false,
            fewer: { bytes in
                guard let cut = plain(bytes, tail).lastIndex(of: separator) else { return nil }
                return Array(bytes[..<cut]) + tail
            },
            more: { bytes in
                let body = plain(bytes, tail)
                return body.isEmpty ? nil : Array(body) + [separator, UInt8(ascii: "1")] + tail
            },
            noNumber: { bytes in
                let body = plain(bytes, tail)
                var parts = body.split(separator: separator, omittingEmptySubsequences: false).map(Array.init)
                guard !body.isEmpty,
                    let index = parts.lastIndex(where: { SCPINumber.parse(String(decoding: $0, as: UTF8.self)) != nil })
                else { return nil }
                parts[index] = Array(mark.utf8)
                return Array(parts.joined(separator: [separator])) + tail
            })
    }

    /// SCPI (IEEE 488.2 answers).
    static let scpi = text("SCPI")

    /// SCPI whose values come in blocks of numbers of 4 bytes, most significant byte first (IEEE 488.2-1992, 8.7.9).
    static let scpiBlocks: TroubleLanguage = {
        var language = scpi
        language.name = "SCPI with blocks"
        language.fewer = { answer in
            numbers(answer) { $0.isEmpty ? nil : Array($0.dropLast(4)) } ?? scpi.fewer(answer)
        }
        language.more = { answer in numbers(answer) { $0 + [0x3F, 0x80, 0, 0] } ?? scpi.more(answer) }
        // 9.91E37 in single precision (SCPI-1999 Volume 1, 7.2.1.5: not a number).
        language.noNumber = { answer in
            numbers(answer) { $0.isEmpty ? nil : [0x7E, 0x95, 0x1B, 0xEE] + $0.dropFirst(4) } ?? scpi.noNumber(answer)
        }
        return language
    }()

    /// The block of an answer with other numbers in it; `nil` where it is no whole block of them.
    private static func numbers(_ answer: [UInt8], _ change: ([UInt8]) -> [UInt8]?) -> [UInt8]? {
        guard answer.count > 2, answer[0] == UInt8(ascii: "#"), answer.last == 10,
            let digits = Character(Unicode.Scalar(answer[1])).wholeNumberValue, digits > 0, answer.count > 2 + digits,
            let length = Int(String(decoding: answer[2..<(2 + digits)], as: UTF8.self)), length % 4 == 0,
            answer.count == 2 + digits + length + 1,
            let body = change(Array(answer[(2 + digits)..<(2 + digits + length)]))
        else { return nil }
        let count = String(body.count)
        let zeros = String(repeating: "0", count: max(0, digits - count.count))
        return Array("#\(max(digits, count.count))\(zeros)\(count)".utf8) + body + [10]
    }

    /// The lines of a ZERA MT310s2: `RMS1:UL1:[V]:230.1;RMS1:UL2:[V]:230.2;` (zera-classes, scpi-doc, measurement-system).
    static let zeraValues: TroubleLanguage = {
        let plain = text("ZERA SCPI", noNumbers: "nan")
        var language = plain
        language.fewer = { answer in values(answer) { $0.count < 2 ? nil : Array($0.dropLast()) } ?? plain.fewer(answer)
        }
        language.more = { answer in values(answer) { $0 + $0.prefix(1) } ?? plain.more(answer) }
        language.noNumber = { answer in
            values(answer) { items in
                var changed = items
                guard let last = changed.popLast(), let cut = last.lastIndex(of: ":") else { return nil }
                return changed + [last[...cut] + "nan"]
            } ?? plain.noNumber(answer)
        }
        return language
    }()

    /// A line of values with others in it, each ended by a semicolon; `nil` for another line.
    private static func values(_ answer: [UInt8], _ change: ([String]) -> [String]?) -> [UInt8]? {
        let line = String(decoding: answer, as: UTF8.self)
        guard line.hasSuffix(";\n"), line.contains(":["),
            let changed = change(line.dropLast().split(separator: ";").map(String.init))
        else { return nil }
        return Array((changed.map { $0 + ";" }.joined() + "\n").utf8)
    }

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
