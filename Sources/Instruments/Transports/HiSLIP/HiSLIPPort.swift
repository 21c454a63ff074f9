import BenchCore
import Glibc

/// An instrument behind HiSLIP in synchronized mode: two connections to one port, messages with their ends, numbers that tell
/// a stale answer from the right one, and a device clear that works while the instrument hangs.
///
/// IVI-6.1 HiSLIP, revision 2.0 (2020-04-23); version 1.0 is asked for, which every server speaks. Only used from one
/// connection's thread.
final class HiSLIPPort: BytePort {
    /// The longest payload we take, bytes, as announced to the instrument.
    static let longestPayload = 1 << 22
    let place: String
    let marksEnd = true
    private let session: HiSLIPSession
    private let timeouts: WireTimeouts, tap: WireTap?
    /// The number of the next message, and of the last one sent (before the first: IVI-6.1, 6.14).
    private var nextID = HiSLIPMessage.firstID, lastID = HiSLIPMessage.firstID &- 2
    /// Whether the end of an answer was read since the last message was sent (IVI-6.1, 3.1.1: RMT-delivered).
    private var delivered = false

    /// Opens a session. Faults: `connectionRefused`, `timeout`, `connectionLost`, `badAnswer`.
    init(
        host: String, port: Int, device: String, timeouts: WireTimeouts, instrument: String, tap: WireTap?
    ) throws(Fault) {
        place = "\(host):\(port)/\(device)"
        self.timeouts = timeouts
        self.tap = tap
        session = try HiSLIPSession(
            host: host, port: port, device: device, within: timeouts.connect, instrument: instrument, tap: tap)
    }

    func isClean() -> Bool {
        do throws(PortTrouble) {
            try noteAsynchronous()
            return session.synchronous.isQuiet
        } catch { return false }
    }

    func send(_ bytes: [UInt8], until deadline: Double) throws(PortTrouble) {
        try noteAsynchronous()
        let room = max(1, session.longestMessage - HiSLIPMessage.headerSize)
        var at = 0
        repeat {
            let piece = Array(bytes[at..<min(at + room, bytes.count)])
            at += piece.count
            try numbered(at == bytes.count ? .dataEnd : .data, piece, until: deadline)
        } while at < bytes.count
    }

    /// Sends a message that has a number.
    private func numbered(
        _ kind: HiSLIPMessage.Kind, _ payload: [UInt8] = [], until deadline: Double
    ) throws(PortTrouble) {
        let message = HiSLIPMessage(kind, control: delivered ? 1 : 0, parameter: nextID, payload: payload)
        try session.synchronous.send(message, until: deadline)
        delivered = false
        lastID = nextID
        nextID &+= 2
    }

    /// The next piece of the answer to the last message. Pieces with another number are answers that nobody waits for any more:
    /// they are thrown away (IVI-6.1, 3.1.1).
    func receive(until deadline: Double, unless urgency: Urgency?) throws(PortTrouble) -> PortBytes {
        while true {
            let message = try session.synchronous.next(until: deadline, unless: urgency)
            switch message.kind {
            case .data, .dataEnd:
                // 0xFFFFFFFF stands for «any» (IVI-6.1, 3.1.1).
                guard message.parameter == lastID || message.parameter == UInt32.max else {
                    tap?.note(
                        "thrown away: \(message.payload.count) bytes of an answer to message \(message.parameter)")
                    continue
                }
                let end = message.kind == .dataEnd
                if end { delivered = true }
                return PortBytes(bytes: message.payload, end: end)
            case .interrupted:
                tap?.note("interrupted: the instrument gave up an answer that was not read")
                try awaitAsyncInterrupted(until: deadline)
            default: try unexpected(message)
            }
        }
    }

    /// `Interrupted` and `AsyncInterrupted` come as a pair; nothing may be sent between them (IVI-6.1, 3.1.1).
    private func awaitAsyncInterrupted(until deadline: Double) throws(PortTrouble) {
        while true {
            let message = try session.asynchronous.next(until: deadline, unless: nil)
            if message.kind == .asyncInterrupted { return }
            try asynchronousNote(message)
        }
    }

    /// What can stand in a channel at any time.
    private func unexpected(_ message: HiSLIPMessage) throws(PortTrouble) {
        let text = String(decoding: message.payload.prefix(200), as: UTF8.self)
        switch message.kind {
        case .error:
            throw .broken("it reports «\(HiSLIPMessage.words(.error, message.control))» \(text)")
        case .fatalError:
            throw .lost("it ended the session: «\(HiSLIPMessage.words(.fatalError, message.control))» \(text)")
        default: throw .broken("a message of kind \(message.type) that nobody asked for")
        }
    }

    /// Notes what came on the asynchronous channel: service requests.
    private func noteAsynchronous() throws(PortTrouble) {
        while let message = try session.asynchronous.arrived() { try asynchronousNote(message) }
    }

    private func asynchronousNote(_ message: HiSLIPMessage) throws(PortTrouble) {
        switch message.kind {
        case .asyncServiceRequest: tap?.note("service request, status byte \(message.control)")
        case .asyncInterrupted: tap?.note("interrupted")
        default: try unexpected(message)
        }
    }

    /// Asks on the asynchronous channel; service requests may come in between.
    private func ask(
        _ question: HiSLIPMessage, _ wanted: HiSLIPMessage.Kind, until deadline: Double
    ) throws(PortTrouble) -> HiSLIPMessage {
        try session.asynchronous.send(question, until: deadline)
        while true {
            let message = try session.asynchronous.next(until: deadline, unless: nil)
            if message.kind == wanted { return message }
            try asynchronousNote(message)
        }
    }

    /// Device clear (IVI-6.1, 6.12): the instrument forgets what it was told and was about to say; numbers begin anew.
    func recover() -> Bool {
        let deadline = WireTime.now + min(max(timeouts.response, 0.2), 1)
        do throws(PortTrouble) {
            tap?.note("device clear")
            let acknowledged = try ask(
                HiSLIPMessage(.asyncDeviceClear), .asyncDeviceClearAcknowledge, until: deadline)
            try session.synchronous.discard()
            // Bit 0 would be overlapped mode: it is never taken.
            let features = acknowledged.control & ~1
            try session.synchronous.send(HiSLIPMessage(.deviceClearComplete, control: features), until: deadline)
            while try session.synchronous.next(until: deadline, unless: nil).kind != .deviceClearAcknowledge {}
            nextID = HiSLIPMessage.firstID
            lastID = nextID &- 2
            delivered = false
            return true
        } catch {
            tap?.note("the device clear failed")
            return false
        }
    }

    func statusByte(until deadline: Double) throws(PortTrouble) -> UInt8 {
        let question = HiSLIPMessage(.asyncStatusQuery, control: delivered ? 1 : 0, parameter: lastID)
        return try ask(question, .asyncStatusResponse, until: deadline).control
    }

    func trigger(until deadline: Double) throws(PortTrouble) { try numbered(.trigger, until: deadline) }

    /// 3: remote enabled, and remote; 2: remote disabled, and local (IVI-6.1, table 19).
    func remote(_ on: Bool, until deadline: Double) throws(PortTrouble) {
        let question = HiSLIPMessage(.asyncRemoteLocalControl, control: on ? 3 : 2, parameter: lastID)
        _ = try ask(question, .asyncRemoteLocalResponse, until: deadline)
    }

    /// Takes the instrument for this session alone; false when another one has it (IVI-6.1, 6.5).
    func lock(until deadline: Double) throws(PortTrouble) -> Bool {
        let patience = max(0, deadline - WireTime.now - 0.2)
        let question = HiSLIPMessage(.asyncLock, control: 1, parameter: UInt32(patience * 1000))
        let answer = try ask(question, .asyncLockResponse, until: deadline)
        if answer.control == 3 { throw .broken("it calls the lock an error") }
        return answer.control == 1
    }

    /// Gives the instrument free.
    func unlock(until deadline: Double) throws(PortTrouble) {
        let question = HiSLIPMessage(.asyncLock, control: 0, parameter: lastID)
        let answer = try ask(question, .asyncLockResponse, until: deadline)
        guard answer.control == 1 || answer.control == 2 else { throw .broken("it held no lock of ours") }
    }
}
