public import BenchCore
import Glibc

/// A SCPI instrument on a TCP socket: commands out, answers in, one at a time, on a thread of its own.
///
/// A stale answer is never taken for the next query's: after a time-out, an unreadable answer or unasked bytes, the
/// connection is closed and made anew. Faults: `connectionRefused`, `timeout`, `connectionLost`, `badAnswer`, `refused` with
/// the instrument's own words, `cancelled` when a request gives way to a safe action.
public actor SCPIConnection {
    private let host: String, port: Int, timeouts: WireTimeouts
    private let thread = InstrumentThread()
    private let urgency = Urgency()
    private var stream: TCPStream?
    private var buffer: [UInt8] = []

    /// The actor's own thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// A connection that is made at the first request.
    public init(host: String, port: Int, timeouts: WireTimeouts = .scpi) {
        self.host = host
        self.port = port
        self.timeouts = timeouts
    }

    /// Sends a query and returns the values of its answer.
    public func query(_ text: String, for instrument: String) throws(Fault) -> [SCPIValue] {
        try exchange(text, instrument, urgent: false)
    }

    /// Sends commands, then asks the error queue whether they were taken; throws `Fault(.refused)` with its entries.
    public func command(_ lines: [String], for instrument: String) throws(Fault) {
        try commanded(lines, instrument, urgent: false)
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

    /// Closes the connection; the next request makes it anew.
    public func close() { drop() }

    private func drop() {
        stream = nil
        buffer = []
    }

    private func commanded(_ lines: [String], _ instrument: String, urgent: Bool) throws(Fault) {
        try send(lines.map { $0 + "\n" }.joined(), instrument, urgent: urgent)
        let entries = try errors(instrument, urgent: urgent)
        guard entries.isEmpty else {
            throw Fault(
                .refused, instrument,
                "answers \(entries.map(\.description).joined(separator: ", ")) to «\(lines.joined(separator: "; "))»")
        }
    }

    private func errors(_ instrument: String, urgent: Bool) throws(Fault) -> [SCPIErrorEntry] {
        var entries: [SCPIErrorEntry] = []
        // A queue that never empties is no queue.
        for _ in 0..<100 {
            let answer = try exchange("SYST:ERR?", instrument, urgent: urgent)
            guard let entry = SCPIErrorEntry(answer) else {
                drop()
                throw Fault(.badAnswer, instrument, "answers \(answer) to «SYST:ERR?»")
            }
            if entry.code == 0 { return entries }
            entries.append(entry)
        }
        throw Fault(.badAnswer, instrument, "the error queue does not empty; it ends with \(entries.suffix(3))")
    }

    /// A connection with nothing unasked in it.
    private func connected(_ instrument: String) throws(Fault) -> TCPStream {
        if let stream {
            if buffer.isEmpty, case .nothing = stream.receive() { return stream }
            drop()
        }
        let fresh = try TCPStream(host: host, port: port, within: timeouts.connect, instrument: instrument)
        stream = fresh
        return fresh
    }

    @discardableResult
    private func send(_ text: String, _ instrument: String, urgent: Bool) throws(Fault) -> TCPStream {
        if !urgent, urgency.raised { throw givenUp(text, instrument) }
        let stream = try connected(instrument)
        guard stream.send(Array(text.utf8), until: WireTime.now + timeouts.response) else {
            drop()
            throw Fault(.connectionLost, instrument, "the connection to \(host):\(port) broke while sending")
        }
        return stream
    }

    private func exchange(_ text: String, _ instrument: String, urgent: Bool) throws(Fault) -> [SCPIValue] {
        let stream = try send(text + "\n", instrument, urgent: urgent)
        let deadline = WireTime.now + timeouts.response
        while true {
            switch WireTime.wait(for: stream.descriptor, POLLIN, until: deadline, unless: urgent ? nil : urgency) {
            case .urgent:
                drop()
                throw givenUp(text, instrument)
            case .late:
                drop()
                throw Fault(.timeout, instrument, "no answer to «\(text)» in \(timeouts.response) s")
            case .ready: break
            }
            switch stream.receive() {
            case .nothing: continue
            case .closed:
                drop()
                throw Fault(.connectionLost, instrument, "\(host):\(port) closed the connection after «\(text)»")
            case .bytes(let bytes): buffer += bytes
            }
            do throws(SCPIAnswer.Malformed) {
                guard let (values, used) = try SCPIAnswer.parse(buffer) else { continue }
                buffer.removeFirst(used)
                return values
            } catch {
                drop()
                throw Fault(.badAnswer, instrument, "unreadable answer to «\(text)»: \(error.reason)")
            }
        }
    }

    private func givenUp(_ text: String, _ instrument: String) -> Fault {
        Fault(
            .cancelled, instrument, "«\(text.split(separator: "\n").joined(separator: "; "))» gave way to a safe action"
        )
    }
}
