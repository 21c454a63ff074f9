internal import BenchCore

#if canImport(Glibc)
    import Glibc
#endif

/// A simulator's end of one wire, served by a thread of its own until it is stopped.
final class WireServer: Sendable {
    private let thread: pthread_t
    private let stopWriter: Int32
    private let clean: @Sendable () -> Void

    /// Serves clients that connect to a listening socket, or the one line of a pseudo-terminal's master end.
    ///
    /// - Parameter clean: what is left to do after the thread has ended and its descriptors are closed.
    init(listening: Int32?, line: Int32?, spoken: any WireProtocol, clean: @escaping @Sendable () -> Void) throws {
        var ends: [Int32] = [-1, -1]
        // A socket pair can be close-on-exec from the start; a pipe cannot, for Swift does not see `pipe2`.
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw Fault(.internalError, "simulator", SystemError.text(errno))
        }
        stopWriter = ends[1]
        self.clean = clean
        let loop = ServerLoop(stop: ends[0], listening: listening, line: line, spoken: spoken)
        let box = Unmanaged.passRetained(loop)
        var thread = pthread_t()
        let code = pthread_create(&thread, nil, Self.main, box.toOpaque())
        guard code == 0 else {
            box.release()
            Glibc.close(ends[0])
            Glibc.close(ends[1])
            throw Fault(.internalError, "simulator", SystemError.text(code))
        }
        self.thread = thread
    }

    /// Ends the thread and closes everything; to be called once.
    func stop() {
        var byte: UInt8 = 0
        _ = Glibc.write(stopWriter, &byte, 1)
        pthread_join(thread, nil)
        Glibc.close(stopWriter)
        clean()
    }

    private static let main: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { raw in
        guard let raw else { return nil }
        let loop = Unmanaged<ServerLoop>.fromOpaque(raw).takeRetainedValue()
        loop.run()
        return nil
    }
}

/// What went wrong, in the system's words.
enum SystemError {
    static func text(_ code: Int32) -> String { strerror(code).map { String(cString: $0) } ?? "error \(code)" }
}

/// The loop of a server's thread; only that thread touches it once it runs.
private final class ServerLoop {
    private struct Client {
        var descriptor: Int32
        var buffer: [UInt8] = []
        var session: any WireSession
    }
    private let stop: Int32, listening: Int32?, spoken: any WireProtocol
    private var clients: [Client] = []
    private var stopped = false
    /// A request longer than this is no request.
    private static let longest = 8192

    init(stop: Int32, listening: Int32?, line: Int32?, spoken: any WireProtocol) {
        self.stop = stop
        self.listening = listening
        self.spoken = spoken
        if let line { clients.append(Client(descriptor: line, session: spoken.session())) }
    }

    func run() {
        while !stopped {
            var watched = [pollfd(fd: stop, events: Int16(POLLIN), revents: 0)]
            if let listening { watched.append(pollfd(fd: listening, events: Int16(POLLIN), revents: 0)) }
            watched += clients.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
            guard poll(&watched, nfds_t(watched.count), -1) >= 0 || errno == EINTR else { break }
            if watched[0].revents != 0 { break }
            for ready in watched.dropFirst() where ready.revents != 0 {
                if ready.fd == listening { accept() } else { serve(ready.fd) }
            }
        }
        for client in clients { Glibc.close(client.descriptor) }
        if let listening { Glibc.close(listening) }
        Glibc.close(stop)
    }

    private func accept() {
        guard let listening else { return }
        let descriptor = Listener.accept(listening)
        guard descriptor >= 0 else { return }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        var yes: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
        clients.append(Client(descriptor: descriptor, session: spoken.session()))
    }

    private func serve(_ descriptor: Int32) {
        guard let i = clients.firstIndex(where: { $0.descriptor == descriptor }) else { return }
        var chunk = [UInt8](repeating: 0, count: 4096)
        let n = read(descriptor, &chunk, chunk.count)
        guard n > 0 else {
            if n < 0, errno == EINTR || errno == EAGAIN { return }
            drop(i)
            return
        }
        var client = clients[i]
        client.buffer += chunk[..<n]
        let replies = client.session.consume(&client.buffer)
        if client.buffer.count > Self.longest { client.buffer.removeAll() }
        clients[i] = client
        for reply in replies {
            if reply.delay > 0 { pause(reply.delay) }
            if stopped { return }
            if !reply.bytes.isEmpty, !send(reply.bytes, descriptor) {
                drop(i)
                return
            }
        }
    }

    private func drop(_ i: Int) {
        // A pseudo-terminal stays open whatever its other end does: the server holds that end as well.
        Glibc.close(clients[i].descriptor)
        clients.remove(at: i)
    }

    /// Waits, but not longer than until the server is stopped.
    private func pause(_ seconds: Double) {
        var watched = pollfd(fd: stop, events: Int16(POLLIN), revents: 0)
        if poll(&watched, 1, Int32(min(seconds * 1000, 1e9).rounded(.up))) > 0 { stopped = true }
    }

    /// Sends everything, or gives up on a client that does not read for a second.
    private func send(_ bytes: [UInt8], _ descriptor: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            var writable = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            guard poll(&writable, 1, 1000) > 0 else { return false }
            let n = rest.withUnsafeBytes { raw -> Int in
                let sent = Glibc.send(descriptor, raw.baseAddress, raw.count, Int32(MSG_NOSIGNAL))
                // A pseudo-terminal is no socket.
                return sent < 0 && errno == ENOTSOCK ? write(descriptor, raw.baseAddress, raw.count) : sent
            }
            if n < 0, errno == EINTR || errno == EAGAIN { continue }
            if n <= 0 { return false }
            rest = rest.dropFirst(n)
        }
        return true
    }
}
