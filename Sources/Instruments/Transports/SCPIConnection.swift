public import BenchCore
import Glibc

/// A SCPI instrument on any wire that carries text: commands out, answers in, one at a time, on a thread of its own.
///
/// A stale answer is never taken for the next query's: after a time-out, an unreadable answer or unasked bytes, the
/// port is brought back by its own means (device clear) or made anew. Faults: `connectionRefused`, `timeout`, `connectionLost`,
/// `badAnswer`, `refused` with the instrument's own words, `cancelled` when a request gives way to a safe action.
public actor SCPIConnection {
    private let wire: WireAddress, timeouts: WireTimeouts, dialect: SCPIDialect
    private let tap: WireTap?
    private let thread = InstrumentThread()
    private let urgency = Urgency()
    private var port: (any BytePort)?
    private var buffer: [UInt8] = []
    /// What was started and must survive, and the connection it was started on.
    private var started: [String: Int] = [:]
    /// Queries whose answers may still come. Only a serial line knows such: any other port clears them away, or is made anew.
    private var abandoned: Set<String> = []
    /// What the instrument answered when it was asked who it is.
    private var known: [SCPIValue]?
    /// How often the port was made: state that lived in the instrument's end of a connection is gone when it counts up.
    public private(set) var generation = 0

    /// The actor's own thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// A connection that is made at the first request.
    public init(host: String, port: Int, timeouts: WireTimeouts = .scpi) {
        self.init(wire: .tcp(host: host, port: port), timeouts: timeouts)
    }

    /// A connection over any wire that carries text, made at the first request.
    init(wire: WireAddress, timeouts: WireTimeouts = .scpi, dialect: SCPIDialect = .standard, log: WireLog? = nil) {
        self.wire = wire
        self.timeouts = timeouts
        self.dialect = dialect
        tap = log?.tap(place: wire.wireName, language: wire.language)
    }

    /// Sends a query and returns the values of its answer.
    ///
    /// - Parameter what: what the answer rests on, as «the energy integration»: throws `Fault(.connectionLost)` where the
    ///   connection was made anew since that was started.
    public func query(
        _ text: String, for instrument: String, relyingOn what: String? = nil
    ) throws(Fault) -> [SCPIValue] {
        try exchange(text, instrument, urgent: false, relyingOn: what)
    }

    /// A query whose answer may take so many seconds: a gate, a sweep.
    func query(_ text: String, for instrument: String, within seconds: Double) throws(Fault) -> [SCPIValue] {
        try exchange(text, instrument, urgent: false, within: min(max(seconds, timeouts.response), timeouts.longest))
    }

    /// Sends commands, then asks the error queue whether they were taken; throws `Fault(.refused)` with its entries.
    ///
    /// - Parameters:
    ///   - started: what the commands start that must survive: an integration, armed channels, a prepared load. An instrument
    ///     that was switched off and on meanwhile has lost it, and answers all the same.
    ///   - what: what the commands rest on, as in `query`.
    public func command(
        _ lines: [String], for instrument: String, starting started: String? = nil, relyingOn what: String? = nil
    ) throws(Fault) {
        try commanded(lines, instrument, urgent: false, starting: started, relyingOn: what)
    }

    /// Sends commands without asking what became of them; for sources that are deaf for a while behind a command.
    func tell(_ lines: [String], for instrument: String) throws(Fault) {
        for message in messages(lines) { try send(message, instrument, urgent: false) }
    }

    /// Sends commands that make the bench safe: whatever waits on this wire gives way at once.
    public nonisolated func urgentCommand(_ lines: [String], for instrument: String) async throws {
        try await urgency.during { try await commanded(lines, instrument, urgent: true) }
    }

    /// A query as part of a safe action.
    public nonisolated func urgentQuery(_ text: String, for instrument: String) async throws -> [SCPIValue] {
        try await urgency.during { try await exchange(text, instrument, urgent: true) }
    }

    /// Reads the error queue until it is empty, so that old entries are not blamed on new commands; returns them.
    public func clearErrors(for instrument: String) throws(Fault) -> [SCPIErrorEntry] {
        try errors(instrument, urgent: false)
    }

    /// The status byte, by the wire's own means (serial poll) or by `*STB?` where it has none.
    public func statusByte(for instrument: String) throws(Fault) -> UInt8 {
        let port = try connected(instrument)
        do throws(PortTrouble) {
            return try port.statusByte(until: WireTime.now + timeouts.response)
        } catch {
            guard case .unsupported = error else { throw fault(error, "the status byte", instrument) }
        }
        let answer = try exchange("*STB?", instrument, urgent: false)
        guard let number = answer.first?.integer, let byte = UInt8(exactly: number), answer.count == 1 else {
            throw Fault(.badAnswer, instrument, "answers \(answer) to «*STB?»")
        }
        return byte
    }

    /// Makes the port, or makes it anew where something unasked lies in it, and returns its generation: whoever has told the
    /// instrument something that may live in its end of a connection tells it again when the number has changed.
    func ready(for instrument: String) throws(Fault) -> Int {
        _ = try connected(instrument)
        return generation
    }

    /// Closes the connection; the next request makes it anew.
    public func close() { drop() }

    private func drop() {
        if port != nil { tap?.note("closed") }
        port = nil
        buffer = []
    }

    /// Brings the port back after an exchange that did not end as it should, or gives it up.
    private func recover() {
        buffer = []
        guard let port, port.recover() else { return drop() }
        tap?.note("recovered")
    }

    private func commanded(
        _ lines: [String], _ instrument: String, urgent: Bool, starting: String? = nil, relyingOn: String? = nil
    ) throws(Fault) {
        for message in messages(lines) { try send(message, instrument, urgent: urgent, relyingOn: relyingOn) }
        // The connection it was sent on: a new one for the question below does not make it good.
        let sent = generation
        if let starting { started["\(instrument)/\(starting)"] = sent }
        var entries = try errors(instrument, urgent: urgent)
        if generation != sent {
            // Nobody knows whether it arrived. A safe action is asked again; everything else is whoever asked's to repeat.
            guard urgent, entries.isEmpty else {
                throw Fault(
                    .connectionLost, instrument,
                    "\(wire.wireName) was lost behind «\(lines.joined(separator: "; "))»: whether it arrived is not known"
                )
            }
            for message in messages(lines) { try send(message, instrument, urgent: true) }
            let again = generation
            entries = try errors(instrument, urgent: true)
            guard generation == again else {
                throw Fault(.connectionLost, instrument, "\(wire.wireName) was lost twice behind a safe action")
            }
        }
        guard entries.isEmpty else {
            throw Fault(
                .refused, instrument,
                "answers \(entries.map(\.description).joined(separator: ", ")) to «\(lines.joined(separator: "; "))»")
        }
    }

    /// On a byte stream commands travel together; where the transport marks the end each is a message of its own.
    private func messages(_ lines: [String]) -> [String] {
        let ended = (dialect.joined ? [Self.joined(lines)] : lines).map { $0 + dialect.terminator }
        switch wire {
        case .usbtmc, .vxi11, .hislip: return ended
        default: return [ended.joined()]
        }
    }

    /// Commands as one message: each begins at the root again (IEEE 488.2-1992, 7.4.3; SCPI-1999 Volume 1, 6.2.4).
    private static func joined(_ lines: [String]) -> String {
        lines.enumerated().map { index, line in
            index == 0 || line.hasPrefix("*") || line.hasPrefix(":") ? line : ":" + line
        }.joined(separator: ";")
    }

    private func errors(_ instrument: String, urgent: Bool) throws(Fault) -> [SCPIErrorEntry] {
        guard let query = dialect.errorQuery else { return [] }
        var entries: [SCPIErrorEntry] = []
        // A queue that never empties is no queue.
        for _ in 0..<100 {
            let answer = try exchange(query, instrument, urgent: urgent)
            guard let entry = SCPIErrorEntry(answer) else {
                recover()
                throw Fault(.badAnswer, instrument, "answers \(answer) to «\(query)»")
            }
            if entry.code == 0 { return entries }
            entries.append(entry)
        }
        throw Fault(.badAnswer, instrument, "the error queue does not empty; it ends with \(entries.suffix(3))")
    }

    /// A port with nothing unasked in it.
    private func connected(_ instrument: String) throws(Fault) -> any BytePort {
        if let port {
            if buffer.isEmpty, port.isClean() { return port }
            drop()
        }
        tap?.begin(instrument)
        let fresh = try Ports.open(wire, timeouts: timeouts, tap: tap, instrument: instrument)
        tap?.note("opened")
        generation += 1
        port = fresh
        return fresh
    }

    @discardableResult
    private func send(
        _ text: String, _ instrument: String, urgent: Bool, relyingOn what: String? = nil
    ) throws(Fault) -> any BytePort {
        if !urgent, urgency.raised { throw fault(.urgent, text, instrument) }
        let port = try connected(instrument)
        if let what, let began = started["\(instrument)/\(what)"], began != generation {
            throw Fault(
                .connectionLost, instrument,
                "\(wire.wireName) was lost since \(what) began, and what the instrument did meanwhile is not known: start it again"
            )
        }
        tap?.begin(instrument)
        do throws(PortTrouble) {
            try port.send(Array(text.utf8), until: WireTime.now + timeouts.response)
        } catch {
            // What of it arrived is unknown: the port aborts it, or is made anew.
            if case .lost = error { drop() } else { recover() }
            throw fault(error, text, instrument)
        }
        return port
    }

    private func exchange(
        _ text: String, _ instrument: String, urgent: Bool, relyingOn what: String? = nil, within seconds: Double? = nil
    ) throws(Fault) -> [SCPIValue] {
        let response = seconds ?? timeouts.response
        if !abandoned.isEmpty { try resynchronise(instrument, urgent: urgent) }
        let port = try send(text + dialect.terminator, instrument, urgent: urgent, relyingOn: what)
        let deadline = WireTime.now + response
        while true {
            let ended: Bool
            do throws(PortTrouble) {
                ended = try receive(from: port, until: deadline, urgent: urgent)
            } catch {
                if case .lost = error { drop() } else { recover() }
                abandon(text)
                throw fault(error, text, instrument, within: response)
            }
            // Some instruments leave the line feed out where the transport marks the end.
            if ended, buffer.last != UInt8(ascii: "\n") { buffer.append(UInt8(ascii: "\n")) }
            do throws(SCPIAnswer.Malformed) {
                guard let (values, used) = try SCPIAnswer.parse(buffer) else {
                    guard !ended else { throw SCPIAnswer.Malformed(reason: "it ends too early") }
                    continue
                }
                buffer.removeFirst(used)
                if text == Self.who { known = values }
                return values
            } catch {
                recover()
                abandon(text)
                throw Fault(.badAnswer, instrument, "unreadable answer to «\(text)»: \(error.reason)")
            }
        }
    }

    /// Appends what comes to the buffer; returns whether the transport marks the answer's end.
    private func receive(
        from port: any BytePort, until deadline: Double, urgent: Bool
    ) throws(PortTrouble) -> Bool {
        let before = buffer.count
        let ended = try port.receive(into: &buffer, until: deadline, unless: urgent ? nil : urgency)
        if dialect.answersEndWithReturn {
            for i in before..<buffer.count where buffer[i] == 13 { buffer[i] = 10 }
        }
        return ended
    }

    private static let who = "*IDN?"

    private func abandon(_ text: String) {
        if case .serial = wire { abandoned.insert(text) }
    }

    /// On a line that cannot be made anew, finds out where the answers stand: asks who is there and throws everything away up to that
    /// answer, or all that comes within the response time where it cannot be told from an older one.
    private func resynchronise(_ instrument: String, urgent: Bool) throws(Fault) {
        let port = try send(Self.who + dialect.terminator, instrument, urgent: urgent)
        let marker = abandoned.contains(Self.who) ? nil : known
        abandoned.insert(Self.who)
        let begin = WireTime.now
        // A safe action does not listen longer than it must once somebody answers.
        let enough = begin + (urgent ? min(1, timeouts.response) : timeouts.response)
        var heard = false
        buffer = []
        while true {
            let deadline = heard ? enough : begin + timeouts.response
            guard WireTime.now < deadline else { break }
            do throws(PortTrouble) {
                _ = try receive(from: port, until: deadline, urgent: urgent)
            } catch {
                switch error {
                case .late where heard: continue
                case .broken: continue
                case .lost: drop()
                default: recover()
                }
                throw fault(error, Self.who, instrument)
            }
            while let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                heard = true
                let line = Array(buffer[...end])
                buffer.removeFirst(line.count)
                if let marker, let (values, _) = try? SCPIAnswer.parse(line), values == marker { return synchronised() }
            }
        }
        guard heard else {
            recover()
            throw fault(.late, Self.who, instrument)
        }
        synchronised()
    }

    private func synchronised() {
        buffer = []
        abandoned = []
        tap?.note("answers are in step again")
    }

    /// A port's trouble as the instrument's fault.
    private func fault(
        _ trouble: PortTrouble, _ text: String, _ instrument: String, within seconds: Double? = nil
    ) -> Fault {
        let shown = text.split(whereSeparator: \.isNewline).joined(separator: "; ")
        switch trouble {
        case .late: return Fault(.timeout, instrument, "no answer to «\(shown)» in \(seconds ?? timeouts.response) s")
        case .urgent: return Fault(.cancelled, instrument, "«\(shown)» gave way to a safe action")
        case .lost(let reason):
            return Fault(.connectionLost, instrument, "\(wire.wireName) at «\(shown)»: \(reason)")
        case .broken(let reason):
            return Fault(.brokenFrame, instrument, "\(wire.wireName) at «\(shown)»: \(reason)")
        case .unsupported(let what): return Fault(.refused, instrument, "\(wire.wireName): \(what)")
        }
    }
}

extension WireAddress {
    /// What travels on the wire, for its log.
    var language: String {
        switch self {
        case .tcp, .serial: return "scpi"
        case .usbtmc: return "usbtmc"
        case .vxi11: return "vxi-11"
        case .hislip: return "hislip"
        case .modbusTCP: return "modbus-tcp"
        case .modbusRTU: return "modbus-rtu"
        case .usb, .alsa, .file: return "samples"
        }
    }
}
