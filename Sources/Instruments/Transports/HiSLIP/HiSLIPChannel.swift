import BenchCore
import Glibc

/// One of the two connections of a HiSLIP session; only used from its port's thread.
final class HiSLIPChannel {
    private let stream: TCPStream, tap: WireTap?, name: String
    private var reader = HiSLIPReader(longest: HiSLIPPort.longestPayload)
    /// The descriptor, for waiting on both channels at once.
    var descriptor: Int32 { stream.descriptor }
    /// What the channel broke with; after that it is of no use.
    private(set) var dead: PortTrouble?

    init(_ stream: TCPStream, name: String, tap: WireTap?) {
        self.stream = stream
        self.name = name
        self.tap = tap
    }

    /// Sends a message.
    func send(_ message: HiSLIPMessage, until deadline: Double) throws(PortTrouble) {
        if let dead { throw dead }
        let bytes = message.bytes
        guard stream.send(bytes, until: deadline) else {
            throw die(.lost("the \(name) channel broke while sending"))
        }
        if let tap {
            var shown = message
            shown.payload = WireSecrets.masked(message.payload)
            tap.sent(shown.bytes)
        }
    }

    /// The next message that is already here; `nil` for none.
    func arrived() throws(PortTrouble) -> HiSLIPMessage? {
        if let dead { throw dead }
        while true {
            do throws(HiSLIPReader.Malformed) {
                if let message = try reader.next() { return message }
            } catch {
                let (code, what): (UInt8, String) =
                    switch error {
                    case .header: (1, "the \(name) channel carries what is no HiSLIP message")
                    case .tooLong(let length): (0, "a message of \(length) bytes on the \(name) channel")
                    }
                // A poorly formed header is answered with FatalError, and the session is over (IVI-6.1, 6.2).
                try? send(
                    HiSLIPMessage(.fatalError, control: code, payload: Array(what.utf8)), until: WireTime.now + 0.1)
                throw die(.broken(what))
            }
            switch stream.receive() {
            case .nothing: return nil
            case .closed: throw die(.lost("the other end closed the \(name) channel"))
            case .bytes(let bytes):
                tap?.received(bytes)
                reader.add(bytes)
            }
        }
    }

    /// Waits for the next message.
    func next(until deadline: Double, unless urgency: Urgency?) throws(PortTrouble) -> HiSLIPMessage {
        while true {
            if let message = try arrived() { return message }
            switch WireTime.wait(for: descriptor, POLLIN, until: deadline, unless: urgency) {
            case .late: throw .late
            case .urgent: throw .urgent
            case .ready: break
            }
        }
    }

    /// Throws away what is already here.
    func discard() throws(PortTrouble) { while try arrived() != nil {} }

    /// Whether something lies in it, or it is broken.
    var isQuiet: Bool {
        guard dead == nil, reader.isEmpty else { return false }
        if case .nothing = stream.receive() { return true }
        return false
    }

    private func die(_ trouble: PortTrouble) -> PortTrouble {
        dead = trouble
        return trouble
    }
}
