import Synchronization

@testable import Instruments

/// An instrument of a test that says what it is told to say.
///
/// `*IDN?`; `ECHO? x` answers x; `BIG? n` a block of n bytes; `LENGTH? …` the length of the line; `SLOW? s,x` answers x after s
/// seconds; `DEAF?` never; `*TRG` counts for `TRG?`; `SYST:ERR?`.
struct TalkingInstrument: WireProtocol {
    func session() -> any WireSession { Session() }

    static func pattern(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) } }

    private struct Session: WireSession {
        var triggers = 0

        mutating func consume(_ buffer: inout [UInt8]) -> [WireReply] {
            var replies: [WireReply] = []
            while let end = buffer.firstIndex(of: 10) {
                let line = String(decoding: buffer[..<end], as: UTF8.self)
                buffer.removeSubrange(...end)
                if let reply = answer(line) { replies.append(reply) }
            }
            return replies
        }

        private mutating func answer(_ line: String) -> WireReply? {
            let words = line.split(separator: " ", maxSplits: 1)
            let rest = words.count > 1 ? String(words[1]) : ""
            func text(_ text: String, after delay: Double = 0) -> WireReply {
                WireReply(bytes: Array((text + "\n").utf8), delay: delay)
            }
            switch words.first {
            case "*IDN?": return text("MeterBench,Talking instrument,7,1")
            case "ECHO?": return text(rest)
            case "LENGTH?": return text(String(line.utf8.count))
            case "BIG?":
                let count = Int(rest) ?? 0
                let digits = String(count)
                return WireReply(
                    bytes: Array("#\(digits.count)\(digits)".utf8) + TalkingInstrument.pattern(count) + [10])
            case "SLOW?":
                let parts = rest.split(separator: ",")
                return text(String(parts[1]), after: Double(parts[0]) ?? 0)
            case "*TRG":
                triggers += 1
                return nil
            case "TRG?": return text(String(triggers))
            case "SYST:ERR?": return text("0,\"No error\"")
            default: return nil
            }
        }
    }
}
