public import BenchCore
import Glibc

/// One Modbus line, TCP or RTU: all units on it are served in turn, on a thread of its own.
///
/// Faults by name: `connectionRefused`, `connectionLost`, `timeout` (silence), `lateAnswer` (it came, after the time-out),
/// `wrongUnit`, `brokenFrame`, `modbusException` with the code's name, `cancelled` when a request gives way to a safe action,
/// `refused` for a request that cannot be sent.
///
/// A late answer is never taken for the next one. On TCP the transaction number tells, and a connection with a request
/// left open is closed. An RTU frame carries no number: after a time-out the line is listened to for the `late` time; if
/// nothing came even then, the next answer of that unit counts only when no second one follows it within the time that
/// lies between the two requests, because a stale answer would be followed by the real one just so much later.
///
/// An actor that lives on the line's executor (as `ModbusMeter` does) asks without changing threads.
public actor ModbusLine {
    nonisolated let address: ModbusAddress
    private let timeouts: WireTimeouts, leaveAlone: ModbusLeaveAlone?
    private let tap: WireTap?
    private let thread = InstrumentThread()
    private let urgency = Urgency()
    private var turns = ModbusTurns<CheckedContinuation<Void, Never>>()
    /// Whether somebody has the line, or has just been given it.
    private var taken = false
    private var context: ModbusContext?
    private var transaction: UInt16 = 0
    /// Units that never answered a request, and when it was sent (RTU).
    private var owed: [Int: Double] = [:]
    /// Requests in a row that a unit did not answer, and until when it is left alone.
    private var silent: [Int: (count: Int, until: Double)] = [:]
    private var tallies: [Int: ModbusTally] = [:]
    /// An answer later than this, seconds after its request, is not expected from any unit.
    private static let longestLateness = 10.0

    /// The actor's own thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// A line that is opened at the first request; a silent unit is asked every time.
    public init(_ address: ModbusAddress, timeouts: WireTimeouts = .modbus) {
        self.init(address, timeouts: timeouts, log: nil)
    }

    /// A line that is opened at the first request.
    init(
        _ address: ModbusAddress, timeouts: WireTimeouts = .modbus, log: WireLog?, leaveAlone: ModbusLeaveAlone? = nil
    ) {
        self.address = address
        self.timeouts = timeouts
        self.leaveAlone = leaveAlone
        tap = log?.tap(place: address.description, language: address.language)
    }

    /// Sends one request and returns its answer; repeated only as `retries` says, and never where it changes something.
    public func exchange(
        _ request: ModbusRequest, unit: Int, for instrument: String, retries: ModbusRetries = .never
    ) async throws(Fault) -> ModbusAnswer {
        var before: [Fault.Code] = []
        while true {
            do throws(Fault) {
                return try await attempt(request, unit, instrument, urgent: false, earlier: before)
            } catch {
                var fault = error
                if !before.isEmpty {
                    let names = before.map(\.rawValue).joined(separator: ", ")
                    let times = before.count == 1 ? "twice; the first time" : "\(before.count + 1) times; before"
                    fault.detail += " (asked \(times): \(names))"
                }
                guard before.count + 1 < retries.attempts, retries.after.contains(error.code), !request.changes,
                    !isLeftAlone(unit), !Task.isCancelled
                else { throw fault }
                before.append(error.code)
            }
            if retries.pause > 0 { try? await Task.sleep(for: .seconds(retries.pause)) }
        }
    }

    /// The same as part of a safe action: it is served next, and what is being waited for on this line gives way at once.
    public nonisolated func urgentExchange(
        _ request: ModbusRequest, unit: Int, for instrument: String
    ) async throws -> ModbusAnswer {
        try await urgency.during { try await attempt(request, unit, instrument, urgent: true, earlier: []) }
    }

    /// Closes the line; the next request opens it anew.
    public func close() { context = nil }

    /// What the line has done for each unit so far.
    public func tally() -> [Int: ModbusTally] { tallies }

    /// How many jobs have come to the line's thread while it was busy.
    nonisolated var jobsWaiting: Int { thread.waiting }

    // MARK: Turns

    private func attempt(
        _ request: ModbusRequest, _ unit: Int, _ instrument: String, urgent: Bool, earlier: [Fault.Code]
    ) async throws(Fault) -> ModbusAnswer {
        if let objection = request.objection { throw Fault(.refused, instrument, objection) }
        // Where others wait as well, the unit whose turn it is goes first.
        if taken || thread.hasWaiting {
            await withCheckedContinuation { continuation in
                turns.put(continuation, unit: unit, urgent: urgent)
                // The turn is given by a job of its own, behind those that have come: they all stand in their lanes by then.
                if !taken {
                    taken = true
                    Task { passOn() }
                }
            }
        } else {
            taken = true
        }
        defer { passOn() }
        do throws(Fault) {
            let answer = try exchanged(request, unit, instrument, urgent: urgent, earlier: earlier)
            heard(unit)
            return answer
        } catch {
            if error.code == .modbusException { heard(unit) }
            tallies[unit, default: ModbusTally()].faults[error.code, default: 0] += 1
            throw error
        }
    }

    /// Gives the line to whoever is next.
    private func passOn() {
        let next = turns.next()
        taken = next != nil
        next?.resume()
    }

    private func heard(_ unit: Int) {
        tallies[unit, default: ModbusTally()].answers += 1
        if !silent.isEmpty { silent[unit] = nil }
    }

    private func isLeftAlone(_ unit: Int) -> Bool { silent[unit].map { $0.until > WireTime.now } ?? false }

    // MARK: One exchange

    private func exchanged(
        _ request: ModbusRequest, _ unit: Int, _ instrument: String, urgent: Bool, earlier: [Fault.Code]
    ) throws(Fault) -> ModbusAnswer {
        if !urgent, urgency.raised { throw givenUp(request, instrument) }
        if !urgent, let (count, until) = silent[unit], until > WireTime.now {
            throw Fault(
                .timeout, instrument,
                "unit \(unit) gave no answer \(count) times in a row; it is left alone for another "
                    + "\(Decimal.fixed(until - WireTime.now, 1)) s, and \(request.text) was not sent")
        }
        let line = try opened(instrument)
        tap?.begin(instrument)
        if let last = earlier.last { tap?.note("asked again (\(earlier.count + 1)) after \(last.rawValue)") }
        if !line.isTCP, line.echoes == nil { try learnEchoes(line, request, unit, instrument, urgent: urgent) }
        let sent = try sent(line, request, unit, instrument)
        tallies[unit, default: ModbusTally()].requests += 1
        if !earlier.isEmpty { tallies[unit, default: ModbusTally()].repeats += 1 }
        let pdu = try answer(line, request, sent, instrument, urgent: urgent)
        if !owed.isEmpty { try checkNotStale(line, request, sent, instrument, urgent: urgent) }
        do throws(ModbusFrame.Trouble) {
            return try ModbusFrame.answer(pdu, to: request)
        } catch {
            switch error {
            case .exception(let code):
                throw Fault(
                    .modbusException, instrument,
                    "unit \(unit) refuses \(request.text): exception \(code), \(ModbusFrame.exceptionName(code))")
            case .broken(let reason):
                restart(line)
                throw Fault(.brokenFrame, instrument, "unit \(unit), \(request.text): \(reason)")
            }
        }
    }

    /// A request on its way.
    private struct Sent {
        var frame: [UInt8], unit: Int
        /// When its last byte had passed.
        var at: Double
    }

    private func sent(
        _ line: ModbusContext, _ request: ModbusRequest, _ unit: Int, _ instrument: String
    ) throws(Fault) -> Sent {
        let frame: [UInt8]
        if line.isTCP {
            transaction = transaction == .max ? 1 : transaction + 1
            frame = ModbusTCP.frame(transaction: transaction, unit: UInt8(truncatingIfNeeded: unit), pdu: request.pdu)
        } else {
            frame = ModbusRTU.frame(unit: UInt8(truncatingIfNeeded: unit), pdu: request.pdu)
        }
        do throws(ModbusContext.NotSent) {
            try line.send(frame)
        } catch {
            switch error {
            case .lost(let reason):
                context = nil
                throw Fault(.connectionLost, instrument, "\(address): \(reason)")
            case .noisy(let count):
                throw Fault(
                    .brokenFrame, instrument,
                    "\(address) is never quiet: \(count) bytes came that nobody asked for, so nothing was sent")
            }
        }
        return Sent(frame: frame, unit: unit, at: line.sentUntil)
    }

    /// The line, open, with nothing unread in it.
    private func opened(_ instrument: String) throws(Fault) -> ModbusContext {
        if let context {
            if context.isClean() { return context }
            self.context = nil
        }
        tap?.begin(instrument)
        let fresh = try ModbusContext(address, within: timeouts.connect, tap: tap, instrument: instrument)
        context = fresh
        return fresh
    }

    /// Brings the line back to where the next answer belongs to the next request.
    private func restart(_ line: ModbusContext) {
        if line.isTCP { context = nil } else { line.unsettle() }
    }

    /// Before the first write that is confirmed by its own copy: a read tells whether this line has echoes.
    ///
    /// On a line with echoes a dead unit would seem to confirm everything. Where the read has no answer, the write is sent all the same, but
    /// a single copy is no confirmation.
    private func learnEchoes(
        _ line: ModbusContext, _ request: ModbusRequest, _ unit: Int, _ instrument: String, urgent: Bool
    ) throws(Fault) {
        let question: ModbusRequest
        switch request {
        case .writeCoil(let address, _): question = .readCoils(address: address, count: 1)
        case .writeRegister(let address, _), .maskWriteRegister(let address, _, _):
            question = .readHoldingRegisters(address: address, count: 1)
        default: return
        }
        tap?.note("a read first: does this line hear its own requests?")
        let sent = try sent(line, question, unit, instrument)
        do throws(Fault) {
            _ = try answer(line, question, sent, instrument, urgent: urgent)
        } catch {
            if [.cancelled, .connectionLost].contains(error.code) { throw error }
            tap?.note("no answer to the read: \(error.code.rawValue)")
        }
    }

    /// Function and data of the answer to this request, whatever else arrives before it.
    private func answer(
        _ line: ModbusContext, _ request: ModbusRequest, _ sent: Sent, _ instrument: String, urgent: Bool
    ) throws(Fault) -> [UInt8] {
        let deadline = sent.at + timeouts.response
        let unit = sent.unit
        var stale = ""
        while true {
            switch line.frame(after: sent.frame, until: deadline, unless: urgent ? nil : urgency) {
            case .urgent:
                abandon(line, sent)
                throw givenUp(request, instrument)
            case .late:
                guard stale.isEmpty else {
                    restart(line)
                    throw Fault(
                        .lateAnswer, instrument, "\(stale), and none to \(request.text) in \(timeouts.response) s")
                }
                throw unanswered(line, request, sent, instrument, urgent: urgent)
            case .lost(let reason):
                context = nil
                throw Fault(.connectionLost, instrument, "\(address) after \(request.text): \(reason)")
            case .broken(let reason):
                restart(line)
                throw Fault(.brokenFrame, instrument, "unit \(unit), \(request.text): \(reason)")
            case .frame(let number, let sender, let pdu):
                if line.isTCP, number != transaction {
                    // Numbers before this one belong to earlier requests; others were never sent.
                    guard number != 0, number < transaction else {
                        restart(line)
                        throw Fault(.brokenFrame, instrument, "transaction \(number) was never sent")
                    }
                    stale = "an answer to transaction \(number) came while waiting for \(transaction)"
                } else if sender == unit {
                    if !line.isTCP, owed[unit] != nil, pdu.first.map({ $0 & 0x7F }) != request.function {
                        owed[unit] = nil
                        stale = "an answer to an earlier request came"
                        continue
                    }
                    return pdu
                } else if !line.isTCP, owed.removeValue(forKey: sender) != nil {
                    stale = "an answer of unit \(sender) to an earlier request came"
                } else {
                    restart(line)
                    throw Fault(.wrongUnit, instrument, "unit \(sender) answers in place of unit \(unit)")
                }
            }
        }
    }

    /// Tells silence from a late answer, and makes sure that the late one is not taken for another.
    private func unanswered(
        _ line: ModbusContext, _ request: ModbusRequest, _ sent: Sent, _ instrument: String, urgent: Bool
    ) -> Fault {
        let unit = sent.unit
        let silence = Fault(
            .timeout, instrument, "unit \(unit) gives no answer to \(request.text) in \(timeouts.response) s")
        let arrived =
            urgent ? .late : line.frame(after: sent.frame, until: WireTime.now + timeouts.late, unless: urgency)
        switch arrived {
        case .late, .urgent:
            tap?.note("no answer")
            abandon(line, sent)
            if let leaveAlone {
                let count = (silent[unit]?.count ?? 0) + 1
                let until = count >= leaveAlone.silences ? WireTime.now + leaveAlone.seconds : 0
                silent[unit] = (count, until)
            }
            return silence
        case .frame(let number, unit, _) where !line.isTCP || number == transaction:
            let after = WireTime.now - sent.at
            restart(line)
            return Fault(
                .lateAnswer, instrument,
                "unit \(unit) answered \(request.text) after \(Decimal.fixed(after, 2)) s; the time-out is \(timeouts.response) s"
            )
        case .lost(let reason):
            context = nil
            return Fault(.connectionLost, instrument, "\(address) after \(request.text): \(reason)")
        case .frame, .broken:
            abandon(line, sent)
            restart(line)
            return silence
        }
    }

    /// Leaves a request unanswered.
    private func abandon(_ line: ModbusContext, _ sent: Sent) {
        if line.isTCP { context = nil } else { owed[sent.unit] = sent.at }
    }

    /// Makes sure that the answer just read is not a stale one of the same unit (RTU).
    private func checkNotStale(
        _ line: ModbusContext, _ request: ModbusRequest, _ sent: Sent, _ instrument: String, urgent: Bool
    ) throws(Fault) {
        guard let since = owed.removeValue(forKey: sent.unit) else { return }
        let between = sent.at - since
        guard between < Self.longestLateness else { return }
        let end = WireTime.now + between + 0.1
        switch line.frame(after: sent.frame, until: end, unless: urgent ? nil : urgency) {
        case .late: return
        case .lost: context = nil
        case .urgent:
            owed[sent.unit] = sent.at
            throw givenUp(request, instrument)
        case .frame, .broken:
            line.unsettle()
            throw Fault(
                .lateAnswer, instrument,
                "unit \(sent.unit) answered twice, once to a request \(Decimal.fixed(between, 1)) s before; both are discarded"
            )
        }
    }

    private func givenUp(_ request: ModbusRequest, _ instrument: String) -> Fault {
        Fault(.cancelled, instrument, "\(request.text) gave way to a safe action")
    }
}
