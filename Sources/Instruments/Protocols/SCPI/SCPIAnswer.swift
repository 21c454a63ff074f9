/// One value of an answer, as it stands between the commas.
public enum SCPIValue: Sendable, Hashable {
    /// Characters without quotes: a number, a word, or a name with blanks.
    case word(String)
    /// Quoted text, without its quotes.
    case text(String)
    /// A block of bytes.
    case block([UInt8])

    /// The number, infinities and not-a-number included; `nil` for anything else.
    public var number: Double? {
        if case .word(let word) = self { return SCPINumber.parse(word) }
        return nil
    }
    /// A whole number with all its digits (a clock in nanoseconds has more than a `Double` keeps).
    public var integer: Int64? {
        if case .word(let word) = self { return Int64(word) }
        return nil
    }
}

/// A complete answer of an instrument: values up to the line feed.
///
/// IEEE 488.2-1992, 8.7: strings double their quotes; a definite block is `#`, one digit, that many digits of length, bytes;
/// an indefinite block is `#0`, bytes, line feed, and can only stand last.
public enum SCPIAnswer {
    /// What makes an answer unreadable, in words.
    public struct Malformed: Error, Sendable, Hashable {
        /// The sentence.
        public let reason: String
    }

    /// The longest answer that is read, bytes: a block of 1000 edges takes 16 kB.
    public static let longest = 1 << 22

    /// Reads one answer from the front of `bytes`; `nil` while it is not complete. `used` counts its bytes with the line feed.
    public static func parse(_ bytes: [UInt8]) throws(Malformed) -> (values: [SCPIValue], used: Int)? {
        guard bytes.count <= longest else { throw Malformed(reason: "longer than \(longest) bytes") }
        var values: [SCPIValue] = []
        var at = 0
        while true {
            while at < bytes.count, bytes[at] == space || bytes[at] == tab { at += 1 }
            guard at < bytes.count else { return nil }
            switch bytes[at] {
            case quote, apostrophe:
                guard let (text, next) = string(bytes, at) else { return nil }
                values.append(.text(text))
                at = next
            case hash where at + 1 >= bytes.count: return nil
            case hash where isDigit(bytes[at + 1]):
                guard let (block, next, last) = try block(bytes, at) else { return nil }
                values.append(.block(block))
                if last { return (values, next) }
                at = next
            default:
                guard let end = wordEnd(bytes, at) else { return nil }
                var word = bytes[at..<end]
                while let last = word.last, last == space || last == tab || last == carriage { word.removeLast() }
                if word.isEmpty, bytes[end] == feed, values.isEmpty { return ([], end + 1) }
                // Blanks inside stand in the names of `*IDN?` (arbitrary ASCII, IEEE 488.2-1992, 8.7.11).
                guard word.allSatisfy({ $0 >= space && $0 < 127 && $0 != quote }) else {
                    throw Malformed(reason: "«\(String(decoding: word.prefix(40), as: UTF8.self))» is no value")
                }
                values.append(.word(String(decoding: word, as: UTF8.self)))
                at = end
            }
            while at < bytes.count, bytes[at] == space || bytes[at] == carriage { at += 1 }
            guard at < bytes.count else { return nil }
            if bytes[at] == feed { return (values, at + 1) }
            guard bytes[at] == comma else {
                throw Malformed(
                    reason: "value \(values.count) is followed by byte \(bytes[at]), not by a comma or the end")
            }
            at += 1
        }
    }

    /// Where an unquoted value from `start` ends; commas inside parentheses belong to it: `(@1,3)` (IEEE 488.2-1992, 8.7.12).
    private static func wordEnd(_ bytes: [UInt8], _ start: Int) -> Int? {
        let list = bytes[start] == UInt8(ascii: "(")
        guard let end = bytes[start...].firstIndex(where: { ($0 == comma && !list) || $0 == feed }) else { return nil }
        guard list, let close = bytes[start..<end].firstIndex(of: UInt8(ascii: ")")) else {
            return list ? bytes[start...end].firstIndex(of: comma) ?? end : end
        }
        return bytes[close...end].firstIndex(of: comma) ?? end
    }

    /// Quoted text from `start`; doubled quotes stand for one. `nil` while it is not closed.
    private static func string(_ bytes: [UInt8], _ start: Int) -> (String, Int)? {
        let mark = bytes[start]
        var text: [UInt8] = []
        var at = start + 1
        while at < bytes.count {
            if bytes[at] != mark {
                text.append(bytes[at])
                at += 1
            } else if at + 1 < bytes.count, bytes[at + 1] == mark {
                text.append(mark)
                at += 2
            } else {
                return (String(decoding: text, as: UTF8.self), at + 1)
            }
        }
        return nil
    }

    /// A block from `start`; `last` says that it ended the answer.
    private static func block(_ bytes: [UInt8], _ start: Int) throws(Malformed) -> ([UInt8], Int, last: Bool)? {
        let digits = Int(bytes[start + 1] - zero)
        if digits == 0 {
            guard let end = bytes[(start + 2)...].firstIndex(of: feed) else { return nil }
            return (Array(bytes[(start + 2)..<end]), end + 1, true)
        }
        guard start + 2 + digits <= bytes.count else { return nil }
        var length = 0
        for digit in bytes[(start + 2)..<(start + 2 + digits)] {
            guard isDigit(digit) else { throw Malformed(reason: "a block's length is not a number") }
            length = length * 10 + Int(digit - zero)
        }
        guard length <= longest else { throw Malformed(reason: "a block of \(length) bytes") }
        let from = start + 2 + digits
        guard from + length <= bytes.count else { return nil }
        return (Array(bytes[from..<(from + length)]), from + length, false)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= zero && byte <= zero + 9 }
    private static let comma = UInt8(ascii: ","), feed = UInt8(ascii: "\n"), carriage = UInt8(ascii: "\r")
    private static let space = UInt8(ascii: " "), tab = UInt8(ascii: "\t"), hash = UInt8(ascii: "#")
    private static let quote = UInt8(ascii: "\""), apostrophe = UInt8(ascii: "'"), zero = UInt8(ascii: "0")
}
