import Glibc

/// A simulated instrument behind HiSLIP, synchronized mode only (IVI-6.1 HiSLIP, revision 2.0; it answers as version 1.0).
///
/// Locks are granted or refused at once. Service requests are not simulated.
final class HiSLIPServer: LinkProtocol {
    /// One client: two connections and an instrument's ear.
    private final class Session {
        let id: UInt16, synchronous: Int, device: MessageDevice
        var asynchronous: Int?
        /// The longest message the client takes, header included.
        var longest = 1 << 20
        /// The number of the last message, and of the one that asked for the answers on their way.
        var lastID = HiSLIPMessage.firstID &- 2
        /// An answer was sent to its end and the client has not yet said that it has it.
        var sentEnd = false
        var clearing = false

        init(id: UInt16, synchronous: Int, device: MessageDevice) {
            self.id = id
            self.synchronous = synchronous
            self.device = device
        }
    }
    private let spoken: any WireProtocol, device: String
    private let longest: Int
    private var readers: [Int: HiSLIPReader] = [:]
    private var sessions: [UInt16: Session] = [:]
    private var lastSession: UInt16 = 0
    /// The session that has the instrument for itself.
    private var lockedBy: UInt16?

    /// `longest`: the longest payload taken, bytes.
    init(spoken: any WireProtocol, device: String, longest: Int = 1 << 20) {
        self.spoken = spoken
        self.device = device
        self.longest = longest
    }

    func received(_ bytes: [UInt8], from client: Int, at listener: Int, _ hands: LinkHands) {
        readers[client, default: HiSLIPReader(longest: longest)].add(bytes)
        do throws(HiSLIPReader.Malformed) {
            while let message = try readers[client]?.next() { handle(message, client, hands) }
        } catch {
            // Poorly formed header: out of step for good (6.2).
            fatal(1, "poorly formed message", client, hands)
        }
    }

    func closed(_ client: Int, _ hands: LinkHands) {
        readers[client] = nil
        guard let session = session(of: client) else { return }
        // One channel without the other is of no use.
        hands.drop(client == session.synchronous ? session.asynchronous ?? client : session.synchronous)
        sessions[session.id] = nil
        if lockedBy == session.id { lockedBy = nil }
    }

    func due(_ now: Double, _ hands: LinkHands) -> Double? {
        for session in sessions.values {
            let room = max(1, session.longest - HiSLIPMessage.headerSize)
            while let (bytes, end) = session.device.read(room, now) {
                let kind: HiSLIPMessage.Kind = end ? .dataEnd : .data
                if end { session.sentEnd = true }
                send(HiSLIPMessage(kind, parameter: session.lastID, payload: bytes), session.synchronous, hands)
            }
        }
        return sessions.values.compactMap { $0.device.nextAnswer }.min()
    }

    private func session(of client: Int) -> Session? {
        sessions.values.first { $0.synchronous == client || $0.asynchronous == client }
    }

    private func send(_ message: HiSLIPMessage, _ client: Int, _ hands: LinkHands) {
        hands.send(message.bytes, to: client)
    }

    private func fatal(_ code: UInt8, _ text: String, _ client: Int, _ hands: LinkHands) {
        send(HiSLIPMessage(.fatalError, control: code, payload: Array(text.utf8)), client, hands)
        hands.drop(client)
    }

    private func handle(_ message: HiSLIPMessage, _ client: Int, _ hands: LinkHands) {
        switch message.kind {
        case .initialize: open(message, client, hands)
        case .asyncInitialize:
            guard let session = sessions[UInt16(truncatingIfNeeded: message.parameter)], session.asynchronous == nil
            else { return fatal(3, "no such session", client, hands) }
            session.asynchronous = client
            send(HiSLIPMessage(.asyncInitializeResponse, parameter: 0x7878), client, hands)
        default:
            guard let session = session(of: client) else { return fatal(3, "not initialized", client, hands) }
            guard session.asynchronous != nil else { return fatal(2, "one channel is missing", client, hands) }
            if client == session.synchronous {
                synchronous(message, session, hands)
            } else {
                asynchronous(message, session, client, hands)
            }
        }
    }

    private func open(_ message: HiSLIPMessage, _ client: Int, _ hands: LinkHands) {
        guard session(of: client) == nil else { return fatal(3, "already initialized", client, hands) }
        let name = String(decoding: message.payload, as: UTF8.self)
        guard name.isEmpty || name.lowercased() == device.lowercased() else {
            return fatal(0, "there is no \(name) here", client, hands)
        }
        lastSession &+= 1
        sessions[lastSession] = Session(id: lastSession, synchronous: client, device: MessageDevice(spoken))
        // Version 1.0; control 0 prefers synchronized mode (6.1).
        send(HiSLIPMessage(.initializeResponse, parameter: 0x0100_0000 | UInt32(lastSession)), client, hands)
    }

    private func synchronous(_ message: HiSLIPMessage, _ session: Session, _ hands: LinkHands) {
        if session.clearing, message.kind != .deviceClearComplete { return }
        switch message.kind {
        case .data, .dataEnd, .trigger:
            if let holder = lockedBy, holder != session.id {
                return send(
                    HiSLIPMessage(.error, control: 0, payload: Array("locked by another client".utf8)),
                    session.synchronous, hands)
            }
            if message.control & 1 == 1 { session.sentEnd = false }
            if session.sentEnd || session.device.nextAnswer != nil { interrupt(message.parameter, session, hands) }
            session.lastID = message.parameter
            if message.kind == .trigger {
                session.device.trigger()
            } else {
                session.device.write(message.payload, end: message.kind == .dataEnd)
            }
        case .deviceClearComplete:
            session.clearing = false
            session.device.clear()
            session.lastID = HiSLIPMessage.firstID &- 2
            session.sentEnd = false
            send(HiSLIPMessage(.deviceClearAcknowledge), session.synchronous, hands)
        case .error, .fatalError: break
        default: unrecognized(session.synchronous, hands)
        }
    }

    /// A new message while an answer is unread: the answer is given up, and both channels say so (3.1.1).
    private func interrupt(_ id: UInt32, _ session: Session, _ hands: LinkHands) {
        session.device.clear()
        session.sentEnd = false
        send(HiSLIPMessage(.interrupted, parameter: id), session.synchronous, hands)
        if let other = session.asynchronous { send(HiSLIPMessage(.asyncInterrupted, parameter: id), other, hands) }
    }

    private func asynchronous(_ message: HiSLIPMessage, _ session: Session, _ client: Int, _ hands: LinkHands) {
        switch message.kind {
        case .asyncMaximumSize:
            if let size = HiSLIPMessage.size(message.payload) {
                session.longest = Int(min(max(size, 32), 1 << 30))
            }
            let ours = HiSLIPMessage.size(longest)
            send(HiSLIPMessage(.asyncMaximumSizeResponse, payload: ours), client, hands)
        case .asyncDeviceClear:
            session.clearing = true
            session.device.clear()
            send(HiSLIPMessage(.asyncDeviceClearAcknowledge), client, hands)
        case .asyncStatusQuery:
            // An answer waits only for a client that is as far as we are (6.14.1).
            if message.control & 1 == 1 { session.sentEnd = false }
            var status = session.device.statusByte(WireTime.now)
            if session.sentEnd { status |= 0x10 }
            if message.parameter != session.lastID { status &= ~0x10 }
            send(HiSLIPMessage(.asyncStatusResponse, control: status), client, hands)
        case .asyncRemoteLocalControl:
            // 0, 2, 6: local; 1, 3, 4, 5: remote (table 19).
            session.device.setRemote(![0, 2, 6].contains(message.control))
            send(HiSLIPMessage(.asyncRemoteLocalResponse), client, hands)
        case .asyncLock:
            send(HiSLIPMessage(.asyncLockResponse, control: lock(message, session)), client, hands)
        case .asyncLockInfo:
            let holders: UInt32 = lockedBy == nil ? 0 : 1
            send(
                HiSLIPMessage(.asyncLockInfoResponse, control: UInt8(holders), parameter: holders), client, hands)
        case .error, .fatalError: break
        default: unrecognized(client, hands)
        }
    }

    /// 0: another has it; 1: done; 3: nothing to release (table 17).
    private func lock(_ message: HiSLIPMessage, _ session: Session) -> UInt8 {
        if message.control == 0 {
            guard lockedBy == session.id else { return 3 }
            lockedBy = nil
            return 1
        }
        guard lockedBy == nil || lockedBy == session.id else { return 0 }
        lockedBy = session.id
        return 1
    }

    private func unrecognized(_ client: Int, _ hands: LinkHands) {
        send(HiSLIPMessage(.error, control: 1, payload: Array("unrecognized message".utf8)), client, hands)
    }
}
