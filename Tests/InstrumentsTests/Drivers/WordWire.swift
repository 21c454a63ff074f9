@testable import Instruments

/// An instrument of a test: gets every word that a framing cuts from what was sent, with its number from 1, and answers.
struct WordWire<Framing: WireFraming>: WireProtocol {
    let framing: Framing
    let answer: @Sendable (Framing.Word, Int) -> [WireReply]

    func session() -> any WireSession { Session(wire: self) }

    private struct Session: WireSession {
        let wire: WordWire
        var count = 0

        mutating func consume(_ buffer: inout [UInt8]) -> [WireReply] {
            var replies: [WireReply] = []
            while let found = wire.framing.take(&buffer) {
                guard case .word(let word) = found else { continue }
                count += 1
                replies += wire.answer(word, count)
            }
            return replies
        }
    }
}

extension WireReply {
    /// A line of a ZERA instrument.
    static func line(_ text: String, after delay: Double = 0) -> WireReply {
        WireReply(bytes: Array((text + "\r").utf8), delay: delay)
    }
}
