import Glibc

/// A simulated instrument as a message based transport sees it: program messages in, each with its end, answers out, each with
/// its end, a device clear that forgets both, and a status byte.
///
/// IEEE 488.2-1992, 6.1 (message exchange) and 11.2 (status byte: bit 4 says that an answer waits).
final class MessageDevice {
    private var session: any WireSession
    private var input: [UInt8] = []
    private var answers: [(due: Double, bytes: [UInt8])] = []
    /// What was asked of it beside messages, for tests: `clear`, `trigger`, `remote`, `local`.
    private(set) var remote = false

    init(_ spoken: any WireProtocol) { session = spoken.session() }

    /// Takes a piece of a program message; the end of a message is as good as its line feed (IEEE 488.2-1992, 7.5).
    func write(_ bytes: [UInt8], end: Bool) {
        input += bytes
        if end, let last = input.last, last != 0x0A { input.append(0x0A) }
        let now = WireTime.now
        for reply in session.consume(&input) where !reply.bytes.isEmpty {
            answers.append((max(now + reply.delay, answers.last?.due ?? 0), reply.bytes))
        }
    }

    /// Whether an answer can be read now.
    func hasAnswer(_ now: Double) -> Bool { answers.first.map { $0.due <= now } ?? false }

    /// When the next answer can be read; `nil` while none is on its way.
    var nextAnswer: Double? { answers.first?.due }

    /// The next piece of an answer, at most so many bytes. `end` where the whole answer has been read: an answer cut short by a
    /// planned fault has no line feed, and so no end.
    func read(_ most: Int, _ now: Double) -> (bytes: [UInt8], end: Bool)? {
        guard hasAnswer(now), most > 0 else { return nil }
        let answer = answers[0].bytes
        if answer.count > most {
            answers[0].bytes = Array(answer[most...])
            return (Array(answer[..<most]), false)
        }
        answers.removeFirst()
        return (answer, answer.last == 0x0A)
    }

    /// Forgets what was heard and what was about to be said; settings and the error queue stay (IEEE 488.2-1992, 5.8).
    func clear() {
        input = []
        answers = []
    }

    /// Starts what waits for a trigger (IEEE 488.2-1992, 6.1.4.2.5: as `*TRG`).
    func trigger() { write(Array("*TRG\n".utf8), end: true) }

    /// Remote or local.
    func setRemote(_ on: Bool) { remote = on }

    /// Bit 4: an answer waits; bit 6 is not used, service requests are not simulated.
    func statusByte(_ now: Double) -> UInt8 { hasAnswer(now) ? 0x10 : 0 }
}
