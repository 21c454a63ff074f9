import BenchCore
import Glibc

/// A protocol whose clients hold several connections at once, or wait for an answer while others are served.
///
/// Everything runs on the thread of one `LinkServer`: no method may block.
protocol LinkProtocol: AnyObject {
    /// A client has come.
    func connected(_ client: Int, at listener: Int, _ hands: LinkHands)
    /// Bytes from a client.
    func received(_ bytes: [UInt8], from client: Int, at listener: Int, _ hands: LinkHands)
    /// A client is gone.
    func closed(_ client: Int, _ hands: LinkHands)
    /// Does what is due; returns when something is due next, s of the machine's clock.
    func due(_ now: Double, _ hands: LinkHands) -> Double?
}

extension LinkProtocol {
    func connected(_ client: Int, at listener: Int, _ hands: LinkHands) {}
}

/// What a protocol can do with its clients; only on the server's thread.
final class LinkHands {
    fileprivate var clients: [Int: Int32] = [:]

    /// Sends everything; a client that does not read for a second is dropped.
    func send(_ bytes: [UInt8], to client: Int) {
        guard let descriptor = clients[client] else { return }
        var rest = bytes[...]
        while !rest.isEmpty {
            var writable = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            guard poll(&writable, 1, 1000) > 0 else { return drop(client) }
            let n = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if n < 0, errno == EINTR || errno == EAGAIN { continue }
            if n <= 0 { return drop(client) }
            rest = rest.dropFirst(n)
        }
    }

    /// Ends a connection: what was sent still arrives, and the client's loop sees the end.
    func drop(_ client: Int) {
        if let descriptor = clients[client] { shutdown(descriptor, Int32(SHUT_RDWR)) }
    }
}

/// Serves a `LinkProtocol` on listening sockets with a thread of its own until it is stopped.
final class LinkServer: RunningServer {
    private let thread: pthread_t
    private let stopWriter: Int32

    /// Takes over the listening sockets; their places in the list are what the protocol sees.
    init(listening: [Int32], spoken: sending any LinkProtocol) throws {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw Fault(.internalError, "simulator", SystemError.text(errno))
        }
        stopWriter = ends[1]
        let box = Unmanaged.passRetained(LinkLoop(stop: ends[0], listening: listening, spoken: spoken))
        var thread = pthread_t()
        let code = pthread_create(&thread, nil, serveLinks, box.toOpaque())
        guard code == 0 else {
            box.release()
            for descriptor in ends { Glibc.close(descriptor) }
            throw Fault(.internalError, "simulator", SystemError.text(code))
        }
        self.thread = thread
    }

    /// Ends the thread and closes everything; to be called once.
    func stop() {
        var byte: UInt8 = 0
        _ = write(stopWriter, &byte, 1)
        pthread_join(thread, nil)
        Glibc.close(stopWriter)
    }
}

/// A simulator's server that can be ended.
protocol RunningServer: Sendable {
    /// Ends it; to be called once.
    func stop()
}

extension WireServer: RunningServer {}

private func serveLinks(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let argument { Unmanaged<LinkLoop>.fromOpaque(argument).takeRetainedValue().run() }
    return nil
}

/// The loop of the thread; only that thread touches it once it runs.
private final class LinkLoop {
    private let stop: Int32, listening: [Int32], spoken: any LinkProtocol
    private let hands = LinkHands()
    private var listenerOf: [Int: Int] = [:]
    private var lastClient = 0

    init(stop: Int32, listening: [Int32], spoken: any LinkProtocol) {
        self.stop = stop
        self.listening = listening
        self.spoken = spoken
    }

    func run() {
        while true {
            let next = spoken.due(WireTime.now, hands)
            let wait = next.map { Int32(max(0, min(($0 - WireTime.now) * 1000, 1e6)).rounded(.up)) } ?? -1
            let clients = hands.clients.sorted { $0.key < $1.key }
            var watched = ([stop] + listening + clients.map(\.value)).map {
                pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
            }
            guard poll(&watched, nfds_t(watched.count), wait) >= 0 || errno == EINTR else { break }
            if watched[0].revents != 0 { break }
            for (i, descriptor) in listening.enumerated() where watched[1 + i].revents != 0 { accept(descriptor, i) }
            for (i, client) in clients.enumerated() where watched[1 + listening.count + i].revents != 0 {
                serve(client.key, client.value)
            }
        }
        for descriptor in Array(hands.clients.values) + listening + [stop] { Glibc.close(descriptor) }
    }

    private func accept(_ descriptor: Int32, _ listener: Int) {
        let made = Listener.accept(descriptor)
        guard made >= 0 else { return }
        _ = fcntl(made, F_SETFD, FD_CLOEXEC)
        var yes: Int32 = 1
        setsockopt(made, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
        lastClient += 1
        hands.clients[lastClient] = made
        listenerOf[lastClient] = listener
        spoken.connected(lastClient, at: listener, hands)
    }

    private func serve(_ client: Int, _ descriptor: Int32) {
        var chunk = [UInt8](repeating: 0, count: 65536)
        let n = recv(descriptor, &chunk, chunk.count, Int32(MSG_DONTWAIT))
        if n > 0 { return spoken.received(Array(chunk[..<n]), from: client, at: listenerOf[client] ?? 0, hands) }
        if n < 0, errno == EINTR || errno == EAGAIN { return }
        hands.clients[client] = nil
        listenerOf[client] = nil
        Glibc.close(descriptor)
        spoken.closed(client, hands)
    }
}
