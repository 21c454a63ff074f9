import BenchCore
import Glibc

/// A connected TCP socket with deadlines; used from one transport's thread only, closed with its last reference.
final class TCPStream {
    /// The descriptor, for waiting.
    let descriptor: Int32

    /// Connects. `instrument` names the instrument in faults: `connectionRefused` or `timeout`.
    init(host: String, port: Int, within seconds: Double, instrument: String) throws(Fault) {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, String(port), &hints, &found)
        guard status == 0, let found else {
            throw Fault(
                .connectionRefused, instrument,
                "\(host) is no known host: \(String(cString: gai_strerror(status)))")
        }
        defer { freeaddrinfo(found) }
        var candidate: UnsafeMutablePointer<addrinfo>? = found
        var trouble: Int32 = ECONNREFUSED
        let deadline = WireTime.now + seconds
        while let address = candidate?.pointee {
            switch Self.open(address, until: deadline) {
            case .success(let socket):
                descriptor = socket
                scratch = .allocate(capacity: 65536)
                return
            case .failure(let error): trouble = error.number
            }
            candidate = address.ai_next
        }
        if trouble == ETIMEDOUT {
            throw Fault(.timeout, instrument, "\(host):\(port) did not accept a connection in \(seconds) s")
        }
        throw Fault(
            .connectionRefused, instrument,
            "\(host):\(port) refused the connection: \(String(cString: strerror(trouble)))")
    }

    deinit {
        close(descriptor)
        scratch.deallocate()
    }

    /// What arrives passes through here: made once, because a question takes microseconds.
    private let scratch: UnsafeMutableBufferPointer<UInt8>

    private struct Trouble: Error { let number: Int32 }

    private static func open(_ address: addrinfo, until deadline: Double) -> Result<Int32, Trouble> {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let fd = socket(address.ai_family, kind, 0)
        guard fd >= 0 else { return .failure(Trouble(number: errno)) }
        var one: Int32 = 1
        setsockopt(fd, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        keepAlive(fd)
        if connect(fd, address.ai_addr, address.ai_addrlen) == 0 { return .success(fd) }
        var problem = errno
        if problem == EINPROGRESS {
            switch WireTime.wait(for: fd, POLLOUT, until: deadline, unless: nil) {
            case .ready:
                var length = socklen_t(MemoryLayout<Int32>.size)
                problem = 0
                getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &length)
                if problem == 0 { return .success(fd) }
            case .late, .urgent: problem = ETIMEDOUT
            }
        }
        close(fd)
        return .failure(Trouble(number: problem))
    }

    /// Notices an instrument that was switched off, or a cable that was pulled, while nobody asks anything (tcp(7)).
    ///
    /// First question after 5 s of silence, then each second, lost after three without an answer; bytes that nobody
    /// acknowledges within 8 s end the connection too.
    private static func keepAlive(_ fd: Int32) {
        func set(_ level: Int32, _ name: Int32, _ value: Int32) {
            var value = value
            setsockopt(fd, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
        }
        set(SOL_SOCKET, SO_KEEPALIVE, 1)
        set(Int32(IPPROTO_TCP), TCP_KEEPIDLE, 5)
        set(Int32(IPPROTO_TCP), TCP_KEEPINTVL, 1)
        set(Int32(IPPROTO_TCP), TCP_KEEPCNT, 3)
        set(Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, 8000)
    }

    /// Sends all bytes; false when the other end is gone or does not take them in time.
    func send(_ bytes: [UInt8], until deadline: Double) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let n = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if n > 0 {
                sent += n
            } else if n < 0, errno == EAGAIN || errno == EINTR {
                guard WireTime.wait(for: descriptor, POLLOUT, until: deadline, unless: nil) == .ready else {
                    return false
                }
            } else {
                return false
            }
        }
        return true
    }

    /// What reading gave.
    enum Received { case bytes([UInt8]), nothing, closed }

    /// Takes what has arrived, without waiting.
    func receive() -> Received {
        while true {
            let n = recv(descriptor, scratch.baseAddress, scratch.count, Int32(MSG_DONTWAIT))
            if n > 0 { return .bytes(Array(scratch[..<n])) }
            if n == 0 { return .closed }
            if errno == EAGAIN { return .nothing }
            if errno != EINTR { return .closed }
        }
    }

    /// Whether the other end is there and nothing has arrived; takes nothing.
    var isQuiet: Bool {
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) < 0 && errno == EAGAIN
    }
}
