internal import BenchCore
internal import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// The loop of a trouble proxy's thread. Everything lies under one mutex, and no call inside it waits.
final class TroubleLoop: Sendable {
    /// One driver's line and the simulator's end of it.
    private struct Link {
        var front: Int32
        var terminal: PseudoTerminal?
        var back: Int32
        /// Bytes of the driver are not answered yet.
        var asked = false
        /// The rest of the present answer is thrown away.
        var swallow = false
        /// The rest of the present answer goes out with what is put off.
        var delayed = false
        var held: [UInt8] = []
        /// When what of an answer is sent.
        var put: [(due: Double, bytes: [UInt8])] = []
    }
    private struct State {
        var links: [Link] = []
        var listener: Int32?
        var stopped = false
        var plan: [Int: WireTrouble] = [:]
        var always: (from: Int, trouble: WireTrouble)?
        var exchanges = 0, injected = 0

        /// The trouble of an exchange.
        func trouble(_ n: Int) -> WireTrouble? {
            if let trouble = plan[n] { return trouble }
            if let always, n >= always.from { return always.trouble }
            return nil
        }
    }
    private let state: Mutex<State>
    private let wakeReader: Int32, wakeWriter: Int32
    private let serial: String?, simulator: Int

    init(listener: Int32?, serial: String?, simulator: Int) throws {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw Fault(.internalError, "proxy", SystemError.text(errno))
        }
        wakeReader = ends[0]
        wakeWriter = ends[1]
        self.serial = serial
        self.simulator = simulator
        var first = State(listener: listener)
        if let serial { first.links.append(try Self.line(serial, simulator)) }
        state = Mutex(first)
    }

    deinit {
        Glibc.close(wakeReader)
        Glibc.close(wakeWriter)
    }

    var counts: (exchanges: Int, injected: Int) { state.withLock { ($0.exchanges, $0.injected) } }

    func plan(_ plan: [Int: WireTrouble], always: (Int, WireTrouble)?) {
        state.withLock { state in
            state.plan = plan
            state.always = always.map { (from: $0.0, trouble: $0.1) }
            state.exchanges = 0
        }
    }

    func say(_ bytes: [UInt8]) {
        state.withLock { state in for link in state.links { Self.send(bytes, link.front) } }
    }

    func cut() {
        state.withLock { state in
            for index in state.links.indices.reversed() { drop(&state, index, again: true) }
        }
        wake()
    }

    func vanish() {
        state.withLock { state in
            if let listener = state.listener { Self.end(listener) }
            state.listener = nil
            for index in state.links.indices.reversed() { drop(&state, index, again: false) }
        }
        wake()
    }

    func stop() {
        state.withLock { $0.stopped = true }
        wake()
    }

    private func wake() {
        var byte: UInt8 = 0
        _ = Glibc.send(wakeWriter, &byte, 1, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
    }

    func run() {
        while true {
            var watched = [pollfd(fd: wakeReader, events: Int16(POLLIN), revents: 0)]
            let wait = state.withLock { state -> Int32 in
                if state.stopped { return -2 }
                if let listener = state.listener {
                    watched.append(pollfd(fd: listener, events: Int16(POLLIN), revents: 0))
                }
                for link in state.links {
                    watched.append(pollfd(fd: link.front, events: Int16(POLLIN), revents: 0))
                    watched.append(pollfd(fd: link.back, events: Int16(POLLIN), revents: 0))
                }
                guard let due = state.links.flatMap({ $0.put.map(\.due) }).min() else { return -1 }
                return Int32((max(0, due - WireTime.now) * 1000).rounded(.up))
            }
            if wait == -2 { break }
            guard poll(&watched, nfds_t(watched.count), wait) >= 0 || errno == EINTR else { break }
            if watched[0].revents != 0 {
                var bytes = [UInt8](repeating: 0, count: 64)
                _ = recv(wakeReader, &bytes, bytes.count, Int32(MSG_DONTWAIT))
            }
            let ready = Set(watched.dropFirst().filter { $0.revents != 0 }.map(\.fd))
            state.withLock { serve(&$0, ready) }
        }
        state.withLock { state in
            if let listener = state.listener { Self.end(listener) }
            state.listener = nil
            for index in state.links.indices.reversed() { drop(&state, index, again: false) }
        }
    }

    private func serve(_ state: inout State, _ ready: Set<Int32>) {
        if let listener = state.listener, ready.contains(listener) { accept(&state, listener) }
        // From the end, because a link that is dropped leaves the list (a serial line that returns goes to its end).
        for index in state.links.indices.reversed() where ready.contains(state.links[index].back) {
            let back = state.links[index].back
            switch Self.read(back) {
            case .bytes(let bytes): answer(&state, index, bytes)
            case .nothing: break
            case .closed: drop(&state, index, again: true)
            }
        }
        for index in state.links.indices.reversed() where ready.contains(state.links[index].front) {
            switch Self.read(state.links[index].front) {
            case .bytes(let bytes): request(&state, index, bytes)
            case .nothing: break
            case .closed: drop(&state, index, again: true)
            }
        }
        let now = WireTime.now
        for index in state.links.indices {
            while let first = state.links[index].put.first, first.due <= now {
                state.links[index].put.removeFirst()
                Self.send(first.bytes, state.links[index].front)
            }
        }
    }

    private func accept(_ state: inout State, _ listener: Int32) {
        let front = Listener.accept(listener)
        guard front >= 0 else { return }
        _ = fcntl(front, F_SETFD, FD_CLOEXEC)
        Self.prompt(front)
        guard let back = try? Self.connect(simulator) else {
            Glibc.close(front)
            return
        }
        state.links.append(Link(front: front, back: back))
    }

    /// Bytes of the driver.
    private func request(_ state: inout State, _ index: Int, _ bytes: [UInt8]) {
        if !state.links[index].asked, case .closeAtRequest = state.trouble(state.exchanges + 1) {
            state.exchanges += 1
            state.injected += 1
            return drop(&state, index, again: true)
        }
        if !state.links[index].held.isEmpty {
            Self.send(state.links[index].held, state.links[index].front)
            state.links[index].held = []
        }
        state.links[index].asked = true
        state.links[index].swallow = false
        state.links[index].delayed = false
        Self.send(bytes, state.links[index].back)
    }

    /// Bytes of the simulator.
    private func answer(_ state: inout State, _ index: Int, _ bytes: [UInt8]) {
        let link = state.links[index]
        guard link.asked else {
            if link.swallow { return }
            if link.delayed, let last = link.put.indices.last {
                state.links[index].put[last].bytes += bytes
            } else {
                Self.send(bytes, link.front)
            }
            return
        }
        state.links[index].asked = false
        state.exchanges += 1
        guard let trouble = state.trouble(state.exchanges) else {
            // No answer overtakes another on one line.
            guard let last = link.put.last else { return Self.send(bytes, link.front) }
            return state.links[index].put.append((last.due, bytes))
        }
        state.injected += 1
        let half = Array(bytes.prefix(bytes.count / 2))
        switch trouble {
        case .silence: state.links[index].swallow = true
        case .delay(let seconds):
            state.links[index].put.append((WireTime.now + seconds, bytes))
            state.links[index].delayed = true
        case .held:
            state.links[index].held = bytes
            state.links[index].swallow = true
        case .pieces(let pause):
            Self.send(half, link.front)
            state.links[index].put.append((WireTime.now + pause, Array(bytes.dropFirst(half.count))))
            state.links[index].delayed = true
        case .half:
            Self.send(half, link.front)
            state.links[index].swallow = true
        case .halfThenClose:
            Self.send(half, link.front)
            drop(&state, index, again: true)
        case .closeBeforeAnswer: drop(&state, index, again: true)
        case .closeAtRequest: Self.send(bytes, link.front)
        case .before(let noise): Self.send(noise + bytes, link.front)
        case .instead(let noise):
            Self.send(noise, link.front)
            state.links[index].swallow = true
        case .after(let noise): Self.send(bytes + noise, link.front)
        case .duplicated: Self.send(bytes + bytes, link.front)
        case .rewritten(let change):
            guard let changed = change(bytes) else {
                state.injected -= 1
                return Self.send(bytes, link.front)
            }
            Self.send(changed, link.front)
            state.links[index].swallow = true
        }
    }

    /// Closes a link; a serial line comes back where it was when `again` is true.
    private func drop(_ state: inout State, _ index: Int, again: Bool) {
        let link = state.links.remove(at: index)
        // The new line is there before the old one is gone: a driver that is quick finds it.
        if again, let serial, let line = try? Self.line(serial, simulator) { state.links.append(line) }
        Self.end(link.back)
        Self.end(link.front)
        link.terminal?.close()
    }

    /// Closes a socket or a terminal, at once: while `poll` of the other thread still holds a socket, `close` alone leaves it open,
    /// and a listening one goes on taking connections (socket(7): only `shutdown` acts on the socket itself).
    private static func end(_ descriptor: Int32) {
        shutdown(descriptor, Int32(SHUT_RDWR))
        Glibc.close(descriptor)
    }

    private static func line(_ path: String, _ simulator: Int) throws -> Link {
        let back = try connect(simulator)
        do {
            let terminal = try PseudoTerminal(path: path, id: "proxy")
            _ = fcntl(terminal.master, F_SETFL, O_NONBLOCK)
            return Link(front: terminal.master, terminal: terminal, back: back)
        } catch {
            Glibc.close(back)
            throw error
        }
    }

    /// A connection to a simulator on this machine: accepted by the kernel at once.
    private static func connect(_ port: Int) throws -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else {
            let code = errno
            Glibc.close(descriptor)
            throw Fault(.connectionRefused, "proxy", SystemError.text(code))
        }
        prompt(descriptor)
        return descriptor
    }

    private static func prompt(_ descriptor: Int32) {
        var yes: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    }

    private enum Read { case bytes([UInt8]), nothing, closed }

    private static func read(_ descriptor: Int32) -> Read {
        var buffer = [UInt8](repeating: 0, count: 65536)
        var n = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        // A pseudo-terminal is no socket.
        if n < 0, errno == ENOTSOCK { n = Glibc.read(descriptor, &buffer, buffer.count) }
        if n > 0 { return .bytes(Array(buffer[..<n])) }
        return n < 0 && (errno == EAGAIN || errno == EINTR) ? .nothing : .closed
    }

    /// Sends what fits; what a test exchanges always does.
    private static func send(_ bytes: [UInt8], _ descriptor: Int32) {
        guard !bytes.isEmpty else { return }
        let n = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
        if n < 0, errno == ENOTSOCK { _ = Glibc.write(descriptor, bytes, bytes.count) }
    }
}
