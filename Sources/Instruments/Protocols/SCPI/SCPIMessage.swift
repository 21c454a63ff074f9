import BenchCore

/// One parameter of a command, written so that nothing in it can end the command or begin another.
public enum SCPIParameter: Sendable, Hashable {
    /// A number: shortest text that reads back the same; infinities and not-a-number as SCPI writes them.
    case number(Double)
    /// A whole number.
    case integer(Int)
    /// `ON` or `OFF`, written `1` or `0`.
    case flag(Bool)
    /// A word: a letter, then letters, digits and `_` (IEEE 488.2-1992, 7.7.1).
    case word(String)
    /// Quoted text; quotes inside are doubled (7.7.5). ASCII without control characters.
    case text(String)
    /// A block of bytes with its length before it (7.7.6).
    case block([UInt8])
    /// A list of channels, `(@1,3)` (SCPI-1999 Volume 1, 8.3.2).
    case channels([Int])
}

/// A command or query built from a header and parameters (IEEE 488.2-1992, 7; SCPI-1999 Volume 1, 6 and 7).
///
/// ```swift
/// let message = try SCPIMessage("SOUR:PHAS2:VOLT:MHAR:HARM3", [.number(11.5), .number(0)])
/// message.bytes        // SOUR:PHAS2:VOLT:MHAR:HARM3 11.5,0
/// ```
public struct SCPIMessage: Sendable, Hashable {
    /// Why something cannot be sent, as a sentence.
    public struct Refused: Error, Sendable, Hashable {
        /// The sentence.
        public let reason: String
    }

    /// The bytes, without what ends the message.
    public let bytes: [UInt8]

    /// A message by header and parameters; refuses a header or parameter that is none.
    public init(_ header: String, _ parameters: [SCPIParameter] = []) throws(Refused) {
        guard Self.isHeader(header) else { throw Refused(reason: "«\(header)» is no header of a command") }
        var bytes = Array(header.utf8)
        for (index, parameter) in parameters.enumerated() {
            bytes.append(index == 0 ? UInt8(ascii: " ") : UInt8(ascii: ","))
            bytes += try Self.written(parameter)
        }
        self.bytes = bytes
    }

    /// The message as text; `nil` where it holds a block of bytes that is no text.
    public var text: String? { String(validating: bytes, as: UTF8.self) }

    /// A block of bytes with its length: `#` , number of digits, length, bytes.
    public static func definite(_ bytes: [UInt8]) -> [UInt8] {
        let length = String(bytes.count)
        return Array("#\(length.utf8.count)\(length)".utf8) + bytes
    }

    /// A block without length, which the transport's end or a line feed closes; `nil` where a line feed stands inside and the
    /// transport does not mark the end itself.
    public static func indefinite(_ bytes: [UInt8], transportMarksEnd: Bool) -> [UInt8]? {
        guard transportMarksEnd || !bytes.contains(UInt8(ascii: "\n")) else { return nil }
        return Array("#0".utf8) + bytes + [UInt8(ascii: "\n")]
    }

    /// Whether a text is one line of commands as somebody writes it into a table: printable ASCII, quotes closed, no line end.
    public static func isLine(_ text: String) -> Bool {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= 32 && $0 < 127 }) else { return false }
        var open: UInt8?
        for byte in text.utf8 where byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
            if open == nil { open = byte } else if open == byte { open = nil }
        }
        return open == nil
    }

    /// `*CLS`, `SOUR:VOLT:LEV?`, `:INST:NSEL`: words of letters, digits and `_` with colons between.
    private static func isHeader(_ text: String) -> Bool {
        var rest = text[...]
        if rest.last == "?" { rest.removeLast() }
        let common = rest.first == "*"
        if common || rest.first == ":" { rest.removeFirst() }
        let words = rest.split(separator: ":", omittingEmptySubsequences: false)
        return !words.isEmpty && (!common || words.count == 1) && words.allSatisfy { isWord(String($0)) }
    }

    private static func isWord(_ text: String) -> Bool {
        guard let first = text.utf8.first, isLetter(first) else { return false }
        return text.utf8.allSatisfy { isLetter($0) || ($0 >= 48 && $0 <= 57) || $0 == UInt8(ascii: "_") }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (65...90).contains(byte) || (97...122).contains(byte) }

    private static func written(_ parameter: SCPIParameter) throws(Refused) -> [UInt8] {
        switch parameter {
        case .number(let value):
            if value.isNaN { return Array("9.91E37".utf8) }
            if value.isInfinite { return Array((value < 0 ? "-9.9E37" : "9.9E37").utf8) }
            return Array(SCPINumber.text(value).utf8)
        case .integer(let value): return Array(String(value).utf8)
        case .flag(let on): return [UInt8(ascii: on ? "1" : "0")]
        case .word(let word):
            guard isWord(word) else { throw Refused(reason: "«\(word)» is no word of a command") }
            return Array(word.utf8)
        case .text(let text):
            guard text.utf8.allSatisfy({ $0 >= 32 && $0 < 127 }) else {
                throw Refused(reason: "text in a command has printable ASCII characters only")
            }
            return Array(
                "\"\(text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\""))\"".utf8)
        case .block(let bytes): return definite(bytes)
        case .channels(let list): return Array("(@\(list.map(String.init).joined(separator: ",")))".utf8)
        }
    }
}
