/// Lines of ZERA instruments: printable ASCII ended by CR.
///
/// Source: ZERA's own published software, ZeraGmbH/SourceMock `SerialPortProxy/Library/PhysicalPortProxy.cs` (CR, 9600 Bd, 8N2, «as
/// required in MT3101_RS232_EXT_GB.pdf») and ZeraGmbH/zera-classes `sourcemodule`; the manual itself was not at hand.
struct ZeraFraming: WireFraming {
    /// A line longer than this is none: the longest known, a measuring mode list, has 130 characters.
    private static let longest = 512

    /// The first whole line without its end; empty lines and line feeds are passed over.
    func take(_ buffer: inout [UInt8]) -> FramedWord<String>? {
        while let end = buffer.firstIndex(of: 0x0D) {
            let line = buffer[..<end].filter { $0 != 0x0A }
            buffer.removeSubrange(...end)
            if line.isEmpty { continue }
            guard line.allSatisfy({ (0x20...0x7E).contains($0) }) else {
                return .broken("a line with bytes that are no text")
            }
            return .word(String(decoding: line, as: UTF8.self))
        }
        guard buffer.count <= Self.longest else {
            buffer = []
            return .broken("more than \(Self.longest) bytes without a line end")
        }
        return nil
    }

    /// A line end alone: what ZERA's own software sends first «to clean up an unfinished command» (zera-classes
    /// `sourcescanneriozeraserial.cpp`).
    var ending: [UInt8] { [0x0D] }
    func text(_ word: String) -> String { "«\(word)»" }
}

/// Which of ZERA's two spellings of the source commands an instrument speaks.
enum ZeraDialect: Sendable, Hashable {
    /// A portable test system with source, MT786 and its kin: every source command begins with `S`.
    case mt786
    /// A signal generator of a stationary bench, FG301 and its kin: no prefix.
    case fg30x

    /// What stands before a source command and before its `OK`.
    var prefix: String { self == .mt786 ? "S" : "" }
}

extension FrameExchange where Word == String {
    /// A source command, confirmed by `OK` and its first two letters.
    static func zeraSource(_ dialect: ZeraDialect, _ command: String, within: Double? = nil) -> FrameExchange {
        let kind = dialect.prefix + command.prefix(2)
        let good = dialect.prefix + "OK" + command.prefix(2)
        return FrameExchange(
            kind: kind, bytes: Array((dialect.prefix + command + "\r").utf8), text: dialect.prefix + command,
            within: within
        ) { $0.hasPrefix(good) ? .last : .unasked }
    }

    /// A question to the source that is answered with its own letters and a value: `TS`, `SM`.
    static func zeraQuestion(_ dialect: ZeraDialect, _ letters: String, within: Double? = nil) -> FrameExchange {
        let lead = dialect.prefix + letters
        return FrameExchange(kind: lead, bytes: Array((lead + "\r").utf8), text: lead, within: within) {
            $0.hasPrefix(lead) ? .last : .unasked
        }
    }

    /// A command to the reference meter: lines, then its three letters with `ACK`, or with `NAK` where it is refused.
    static func zeraMeter(_ command: String, within: Double? = nil) -> FrameExchange {
        let letters = String(command.prefix(3))
        return FrameExchange(kind: letters, bytes: Array((command + "\r").utf8), text: command, within: within) {
            if $0 == letters + "ACK" { return .last }
            // Every answer of the reference meter ends with its own three letters: these are another's.
            if $0.utf8.count == 6, $0.hasSuffix("ACK") || $0.hasSuffix("NAK"), $0 != letters + "NAK" {
                return .ofAnother
            }
            if $0 == letters + "NAK" { return .refused($0) }
            return ZeraFaultWord(line: $0) == nil && !$0.hasPrefix("SOK") && !$0.hasPrefix("OK") ? .part : .unasked
        }
    }
}
