import BenchCore
import Glibc

/// A raw TCP socket as instruments have it: bytes, ended by a line feed or by their own length.
final class TCPPort: BytePort {
    private let stream: TCPStream
    private let tap: WireTap?
    let place: String

    init(_ stream: TCPStream, place: String, tap: WireTap?) {
        self.stream = stream
        self.place = place
        self.tap = tap
    }

    var marksEnd: Bool { false }

    func isClean() -> Bool {
        if stream.isQuiet { return true }
        if case .bytes(let bytes) = stream.receive() { tap?.received(bytes) }
        return false
    }

    func send(_ bytes: [UInt8], until deadline: Double) throws(PortTrouble) {
        tap?.sent(bytes)
        guard stream.send(bytes, until: deadline) else { throw .lost("broke while sending") }
    }

    func receive(until deadline: Double, unless urgency: Urgency?) throws(PortTrouble) -> PortBytes {
        while true {
            switch WireTime.wait(for: stream.descriptor, POLLIN, until: deadline, unless: urgency) {
            case .urgent: throw .urgent
            case .late: throw .late
            case .ready: break
            }
            switch stream.receive() {
            case .nothing: continue
            case .closed: throw .lost("closed the connection")
            case .bytes(let bytes):
                tap?.received(bytes)
                return PortBytes(bytes: bytes, end: false)
            }
        }
    }
}
