internal import BenchCore
import Synchronization

/// A conversation taken down from a manual or from a real instrument, played back: every byte sent must be the one that stands
/// there, and what follows is answered.
///
/// `# comment`; `> text` sent by the program; `< text` answered; `>> 7e 03` and `<< 7e 03` the same in hexadecimal.
/// Escapes in text: `\r`, `\n`, `\t`, `\\`, `\x1b`. A line is exactly its bytes: line ends are written out.
final class TranscriptWire: WireProtocol {
    /// One step.
    enum Step: Sendable, Hashable {
        case sent([UInt8], line: Int)
        case answered([UInt8])
    }
    let steps: [Step]
    fileprivate let state = Mutex((at: 0, trouble: String?.none))

    /// Reads a transcript; throws `Diagnostics` for a line that is none.
    init(_ bytes: [UInt8], file: String) throws {
        var steps: [Step] = []
        for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            let text = String(decoding: line, as: UTF8.self)
            if text.isEmpty || text.hasPrefix("#") { continue }
            let mark = Mark(line: index + 1, column: 1)
            let kinds: [(String, (String) -> [UInt8]?, Bool)] = [
                (">> ", Self.hex, true), ("<< ", Self.hex, false), ("> ", Self.escaped, true),
                ("< ", Self.escaped, false),
            ]
            guard let kind = kinds.first(where: { text.hasPrefix($0.0) }),
                let content = kind.1(String(text.dropFirst(kind.0.count)))
            else {
                throw Diagnostics(
                    file, mark,
                    "«\(text)» is no line of a transcript: «> sent», «< answered», «>> 7e 03», «<< 7e 03», «# …»")
            }
            steps.append(kind.2 ? .sent(content, line: index + 1) : .answered(content))
        }
        self.steps = steps
    }

    /// What went wrong, or what was never sent; `nil` when the whole transcript was spoken.
    var complaint: String? {
        state.withLock { state in
            if let trouble = state.trouble { return trouble }
            guard state.at < steps.count else { return nil }
            guard case .sent(let bytes, let line) = steps[state.at] else { return "an answer was never fetched" }
            return "line \(line): «\(Self.shown(bytes))» was never sent"
        }
    }

    func session() -> any WireSession { Session(transcript: self) }

    private struct Session: WireSession {
        let transcript: TranscriptWire
        mutating func consume(_ buffer: inout [UInt8]) -> [WireReply] { transcript.take(&buffer) }
    }

    fileprivate func take(_ buffer: inout [UInt8]) -> [WireReply] {
        state.withLock { state in
            var replies: [WireReply] = []
            while state.trouble == nil, !buffer.isEmpty {
                guard state.at < steps.count else {
                    state.trouble = "«\(Self.shown(buffer))» was sent after the end"
                    break
                }
                guard case .sent(let wanted, let line) = steps[state.at] else { break }
                let count = min(wanted.count, buffer.count)
                guard buffer.prefix(count).elementsEqual(wanted.prefix(count)) else {
                    state.trouble =
                        "line \(line): «\(Self.shown(wanted))» was expected, «\(Self.shown(buffer))» was sent"
                    break
                }
                if buffer.count < wanted.count { break }
                buffer.removeFirst(count)
                state.at += 1
                while state.at < steps.count, case .answered(let bytes) = steps[state.at] {
                    replies.append(WireReply(bytes: bytes))
                    state.at += 1
                }
            }
            return replies
        }
    }

    private static func hex(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        for word in text.split(separator: " ") {
            guard word.count == 2, let byte = UInt8(word, radix: 16) else { return nil }
            bytes.append(byte)
        }
        return bytes.isEmpty ? nil : bytes
    }

    static func escaped(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "r"): bytes.append(13)
            case UInt8(ascii: "n"): bytes.append(10)
            case UInt8(ascii: "t"): bytes.append(9)
            case UInt8(ascii: "\\"): bytes.append(92)
            case UInt8(ascii: "x"):
                guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
                else { return nil }
                rest = rest.dropFirst(2)
                bytes.append(value)
            default: return nil
            }
        }
        return bytes.isEmpty ? nil : bytes
    }

    private static func shown(_ bytes: [UInt8]) -> String { WireBytes.shown(bytes) }
}
