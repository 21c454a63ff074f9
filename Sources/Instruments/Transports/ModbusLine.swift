public import BenchCore
import Glibc

/// One Modbus line, TCP or RTU: all units on it are served in turn, on a thread of its own.
///
/// Faults by name: `connectionRefused`, `connectionLost`, `timeout` (silence), `lateAnswer` (it came, after the time-out),
/// `wrongUnit`, `brokenFrame`, `modbusException` with the code's name, `cancelled` when a request gives way to a safe action.
///
/// A late answer is never taken for the next one. On TCP the transaction number tells, and a connection with a request
/// left open is closed. An RTU frame carries no number: after a time-out the line is listened to for the `late` time; if
/// nothing came even then, the next answer of that unit counts only when no second one follows it within the time that
/// lies between the two requests, because a stale answer would be followed by the real one just so much later.
public actor ModbusLine {
    nonisolated let address: ModbusAddress
    private let timeouts: WireTimeouts
    private let thread = InstrumentThread()
    private let urgency = Urgency()
    private var context: ModbusContext?
    private var transaction: UInt16 = 0
    /// When the last byte passed (RTU).
    private var lastActivity = 0.0
    /// Units that never answered a request, and when it was sent (RTU).
    private var owed: [Int: Double] = [:]
    /// An answer later than this, seconds after its request, is not expected from any unit.
    private static let longestLateness = 10.0

    /// The actor's own thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// A line that is opened at the first request.
    public init(_ address: ModbusAddress, timeouts: WireTimeouts = .modbus) {
        self.address = address
        self.timeouts = timeouts
    }

    /// Sends one request and returns its answer; never repeats by itself.
    public func exchange(_ request: ModbusRequest, unit: Int, for instrument: String) throws(Fault) -> ModbusAnswer {
        try exchanged(request, unit, instrument, urgent: false)
    }

    /// The same as part of a safe action: whatever waits on this line gives way at once.
    public nonisolated func urgentExchange(
        _ request: ModbusRequest, unit: Int, for instrument: String
    ) async throws -> ModbusAnswer {
        try await urgency.during { try await exchanged(request, unit, instrument, urgent: true) }
    }

    /// Closes the line; the next request opens it anew.
    public func close() { context = nil }

    private func exchanged(
        _ request: ModbusRequest, _ unit: Int, _ instrument: String, urgent: Bool
    ) throws(Fault) -> ModbusAnswer {
        if !urgent, urgency.raised { throw givenUp(request, instrument) }
        let line = try opened(instrument)
        transaction = transaction == .max ? 1 : transaction + 1
        if case .rtu(_, let settings) = address {
            WireTime.pause(lastActivity + settings.frameGap - WireTime.now)
        }
        let sent = WireTime.now
        guard line.send(request, unit: unit, transaction: transaction) else {
            context = nil
            throw Fault(.connectionLost, instrument, "\(address) broke while sending")
        }
        defer { lastActivity = WireTime.now }
        let pdu = try answer(line, request, unit, instrument, sent: sent, urgent: urgent)
        if !line.isTCP { try checkNotStale(line, request, unit, instrument, sent: sent, urgent: urgent) }
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

    /// The line, open, with nothing unread in it.
    private func opened(_ instrument: String) throws(Fault) -> ModbusContext {
        if let context {
            switch context.leftover() {
            case .nothing: return context
            case .bytes where !context.isTCP:
                context.quieten(0.02)
                return context
            case .bytes, .closed: self.context = nil
            }
        }
        let fresh = try ModbusContext(address, within: timeouts.connect, instrument: instrument)
        if !fresh.isTCP { fresh.quieten(0.005) }
        context = fresh
        return fresh
    }

    /// Brings the line back to where the next answer belongs to the next request.
    private func restart(_ line: ModbusContext) {
        if line.isTCP { context = nil } else { line.quieten(0.05) }
    }

    /// Function and data of the answer to this request, whatever else arrives before it.
    private func answer(
        _ line: ModbusContext, _ request: ModbusRequest, _ unit: Int, _ instrument: String, sent: Double, urgent: Bool
    ) throws(Fault) -> [UInt8] {
        let deadline = sent + timeouts.response
        var stale = ""
        while true {
            switch WireTime.wait(for: line.descriptor, POLLIN, until: deadline, unless: urgent ? nil : urgency) {
            case .ready: break
            case .urgent:
                abandon(line, unit, sent: sent)
                throw givenUp(request, instrument)
            case .late:
                guard stale.isEmpty else {
                    restart(line)
                    throw Fault(
                        .lateAnswer, instrument, "\(stale), and none to \(request.text) in \(timeouts.response) s")
                }
                throw unanswered(line, request, unit, instrument, sent: sent, urgent: urgent)
            }
            switch line.receive() {
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
        _ line: ModbusContext, _ request: ModbusRequest, _ unit: Int, _ instrument: String, sent: Double, urgent: Bool
    ) -> Fault {
        let end = WireTime.now + (urgent ? 0 : timeouts.late)
        let silence = Fault(
            .timeout, instrument, "unit \(unit) gives no answer to \(request.text) in \(timeouts.response) s")
        guard !urgent, case .ready = WireTime.wait(for: line.descriptor, POLLIN, until: end, unless: urgency) else {
            abandon(line, unit, sent: sent)
            return silence
        }
        let after = WireTime.now - sent
        switch line.receive() {
        case .frame(let number, unit, _) where !line.isTCP || number == transaction:
            restart(line)
            return Fault(
                .lateAnswer, instrument,
                "unit \(unit) answered \(request.text) after \(Decimal.fixed(after, 2)) s; the time-out is \(timeouts.response) s"
            )
        case .lost(let reason):
            context = nil
            return Fault(.connectionLost, instrument, "\(address) after \(request.text): \(reason)")
        case .frame, .broken:
            abandon(line, unit, sent: sent)
            restart(line)
            return silence
        }
    }

    /// Leaves a request unanswered.
    private func abandon(_ line: ModbusContext, _ unit: Int, sent: Double) {
        if line.isTCP { context = nil } else { owed[unit] = sent }
    }

    /// Makes sure that the answer just read is not a stale one of the same unit (RTU).
    private func checkNotStale(
        _ line: ModbusContext, _ request: ModbusRequest, _ unit: Int, _ instrument: String, sent: Double, urgent: Bool
    ) throws(Fault) {
        guard let since = owed.removeValue(forKey: unit) else { return }
        let between = sent - since
        guard between < Self.longestLateness else { return }
        let end = WireTime.now + between + 0.1
        switch WireTime.wait(for: line.descriptor, POLLIN, until: end, unless: urgent ? nil : urgency) {
        case .late: return
        case .urgent:
            owed[unit] = sent
            throw givenUp(request, instrument)
        case .ready:
            line.quieten(0.05)
            throw Fault(
                .lateAnswer, instrument,
                "unit \(unit) answered twice, once to a request \(Decimal.fixed(between, 1)) s before; both are discarded"
            )
        }
    }

    private func givenUp(_ request: ModbusRequest, _ instrument: String) -> Fault {
        Fault(.cancelled, instrument, "\(request.text) gave way to a safe action")
    }
}
