public import BenchCore

/// An instrument that speaks neither SCPI nor Modbus, on any port: questions out, answers in, one at a time, on a thread of its own.
///
/// The driver brings the framing and says which words answer which question. Words that answer nothing are events: they are kept
/// for `heard(since:)`, and one that is an alarm ends whatever waits, unless that is a safe action.
///
/// A stale answer is never taken for the next one: such languages number nothing, and behind a serial server even a new connection
/// brings the old answer. After a question that got none, the next one of its kind is asked twice and the second answer counts: by
/// then the first has come, or belongs to the first of the two.
///
/// Faults: `connectionRefused`, `connectionLost`, `timeout`, `brokenFrame`, `refused` with the instrument's own words, `sourceFault`
/// at an alarm, `cancelled` when a request gives way to a safe action.
public actor FrameConnection<Framing: WireFraming>: WireConnection {
    private let wire: WireAddress
    private let framing: Framing
    private let timeouts: WireTimeouts
    private let tap: WireTap?
    private let alarm: @Sendable (Framing.Word) -> String?
    private let greeting: [FrameExchange<Framing.Word>]
    private let thread = InstrumentThread()
    private let urgency = Urgency()
    private var port: (any BytePort)?
    private var buffer: [UInt8] = []
    /// Kinds of question that got no answer, and until when a late one must be reckoned with.
    private var owed: [String: Double] = [:]
    private var events: [Framing.Word] = []
    /// The number of the first event kept.
    private var firstEvent = 0
    /// How often the port was made: whoever must log in sees here that it has to do so again.
    public private(set) var generation = 0
    /// The answers to the last greeting.
    private(set) var greeted: [Framing.Word] = []
    /// An answer later than this, seconds after its time-out, is not expected. A ZERA source takes up to 15 s to switch on.
    private static var longestLateness: Double { 20 }
    private static var mostEvents: Int { 1000 }

    /// The actor's own thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// A connection that is made at the first request.
    ///
    /// - Parameter greeting: what is asked first whenever the port was made anew.
    /// - Parameter alarm: what an unasked word says of a dangerous state; `nil` for one that says nothing of the kind.
    init(
        wire: WireAddress, framing: Framing, timeouts: WireTimeouts, language: String, log: WireLog?,
        greeting: [FrameExchange<Framing.Word>] = [],
        alarm: @escaping @Sendable (Framing.Word) -> String? = { _ in nil }
    ) {
        self.wire = wire
        self.framing = framing
        self.timeouts = timeouts
        self.greeting = greeting
        self.alarm = alarm
        tap = log?.tap(place: wire.wireName, language: language)
    }

    /// Asks and returns the words of the answer; never repeats by itself after a fault.
    public func exchange(_ question: FrameExchange<Framing.Word>, for instrument: String) throws(Fault)
        -> [Framing.Word]
    { try asked(question, instrument, urgent: false) }

    /// The same as part of a safe action: whatever waits on this wire gives way at once, and no alarm stops it.
    public nonisolated func urgentExchange(
        _ question: FrameExchange<Framing.Word>, for instrument: String
    ) async throws -> [Framing.Word] {
        try await urgency.during { try await asked(question, instrument, urgent: true) }
    }

    /// Events from a number on, and the number to ask for next; takes what lies in the port, without waiting. Of more than a thousand
    /// only the last are kept.
    public func heard(since number: Int) -> (words: [Framing.Word], next: Int) {
        if port != nil { takeWaiting() }
        return (Array(events.dropFirst(max(0, number - firstEvent))), firstEvent + events.count)
    }

    /// Closes the connection; the next request makes it anew.
    func close() { drop() }

    private func drop() {
        if port != nil { tap?.note("closed") }
        port = nil
        buffer = []
    }

    private func hear(_ word: Framing.Word) {
        tap?.note("unasked: \(framing.text(word))")
        events.append(word)
        if events.count > Self.mostEvents {
            events.removeFirst()
            firstEvent += 1
        }
    }

    private func asked(_ question: FrameExchange<Framing.Word>, _ instrument: String, urgent: Bool) throws(Fault)
        -> [Framing.Word]
    {
        if let until = owed[question.kind], until > WireTime.now {
            _ = try askedOnce(question, instrument, urgent: urgent)
        }
        let answer = try askedOnce(question, instrument, urgent: urgent)
        owed[question.kind] = nil
        return answer
    }

    private func askedOnce(_ question: FrameExchange<Framing.Word>, _ instrument: String, urgent: Bool)
        throws(Fault) -> [Framing.Word]
    {
        if !urgent, urgency.raised { throw givenUp(question, instrument) }
        tap?.begin(instrument)
        let port = try connected(instrument, urgent: urgent)
        let within = min(question.within ?? timeouts.response, timeouts.longest)
        do throws(PortTrouble) {
            try port.send(question.bytes, until: WireTime.now + timeouts.response)
        } catch {
            drop()
            throw Fault(
                .connectionLost, instrument, "\(port.place) broke while sending «\(question.text)»\(Self.why(error))")
        }
        owed[question.kind] = WireTime.now + within + Self.longestLateness
        let deadline = WireTime.now + within
        var answer: [Framing.Word] = []
        var passed: [String] = []
        while true {
            while let found = framing.take(&buffer) {
                switch found {
                case .broken(let reason):
                    throw Fault(.brokenFrame, instrument, "the answer to «\(question.text)»: \(reason)")
                case .word(let word):
                    switch question.judge(word) {
                    case .part: answer.append(word)
                    case .last: return answer + [word]
                    case .ofAnother:
                        for late in answer + [word] { hear(late) }
                        answer = []
                    case .refused(let reason):
                        owed[question.kind] = nil
                        throw Fault(.refused, instrument, "«\(question.text)» is refused: \(reason)")
                    case .unasked:
                        hear(word)
                        passed.append(framing.text(word))
                        if !urgent, let alarm = alarm(word) {
                            throw Fault(.sourceFault, instrument, "\(alarm), while «\(question.text)» waited")
                        }
                    }
                }
            }
            do throws(PortTrouble) {
                buffer += try port.receive(until: deadline, unless: urgent ? nil : urgency).bytes
            } catch {
                throw trouble(error, port, question, instrument, within, passed)
            }
        }
    }

    private func trouble(
        _ trouble: PortTrouble, _ port: any BytePort, _ question: FrameExchange<Framing.Word>, _ instrument: String,
        _ within: Double, _ passed: [String]
    ) -> Fault {
        switch trouble {
        case .urgent: return givenUp(question, instrument)
        case .late:
            let came = passed.isEmpty ? "" : "; only \(passed.suffix(3).joined(separator: ", ")) came"
            let half = buffer.isEmpty ? "" : "; it broke off after \(buffer.count) bytes"
            buffer = []
            // A command of ours that was cut on its way would swallow the next one.
            if !framing.ending.isEmpty { try? port.send(framing.ending, until: WireTime.now + 0.5) }
            return Fault(
                .timeout, instrument, "no answer to «\(question.text)» in \(Decimal.shortest(within)) s\(came)\(half)")
        case .broken(let reason):
            buffer = []
            return Fault(.brokenFrame, instrument, "the answer to «\(question.text)»: \(reason)")
        case .lost, .unsupported:
            drop()
            return Fault(
                .connectionLost, instrument, "\(port.place) was lost after «\(question.text)»\(Self.why(trouble))")
        }
    }

    private static func why(_ trouble: PortTrouble) -> String {
        switch trouble {
        case .lost(let reason), .broken(let reason), .unsupported(let reason): return ": \(reason)"
        case .late: return ": it takes no bytes"
        case .urgent: return ""
        }
    }

    /// The port, open, with everything read that came unasked.
    private func connected(_ instrument: String, urgent: Bool) throws(Fault) -> any BytePort {
        if port != nil { takeWaiting() }
        if let port { return port }
        let fresh = try Ports.open(wire, timeouts: timeouts, tap: tap, instrument: instrument)
        port = fresh
        generation += 1
        greeted = []
        for question in greeting {
            do throws(Fault) {
                greeted += try askedOnce(question, instrument, urgent: urgent)
            } catch {
                drop()
                throw error
            }
        }
        guard let port else { throw Fault(.connectionLost, instrument, "\(fresh.place) was lost at once") }
        return port
    }

    /// Takes what lies in the port as events; a port that is gone is given up.
    private func takeWaiting() {
        guard let port else { return }
        while true {
            do throws(PortTrouble) {
                buffer += try port.receive(until: WireTime.now, unless: nil).bytes
            } catch {
                if case .late = error { break }
                if case .broken = error {
                    buffer = []
                    break
                }
                drop()
                return
            }
        }
        while let found = framing.take(&buffer) {
            if case .word(let word) = found { hear(word) }
        }
    }

    private func givenUp(_ question: FrameExchange<Framing.Word>, _ instrument: String) -> Fault {
        Fault(.cancelled, instrument, "«\(question.text)» gave way to a safe action")
    }
}
