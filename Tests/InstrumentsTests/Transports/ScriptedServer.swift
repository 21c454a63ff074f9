import Glibc
import Synchronization
import TestSupport

@testable import Instruments

/// A TCP server of a test: answers each line as a closure says. Bytes it returns are sent; `nil` closes the connection.
final class ScriptedServer: Sendable {
    let port: Int
    private let listener: Int32
    private let heard = Heard()

    private final class Heard: Sendable {
        let lines = Mutex<[String]>([])
    }

    /// `answer` gets the line and the number of the connection, from 1; it may block its own thread to be late.
    init(_ answer: @escaping @Sendable (_ line: String, _ connection: Int) -> [UInt8]?) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { raw in
            raw.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) | listen(listener, 8) | getsockname(listener, $0, &length)
            }
        }
        guard status == 0 else { throw PeerError("no listening socket: error \(errno)") }
        self.listener = listener
        port = Int(UInt16(bigEndian: address.sin_port))
        onThread { [heard] in
            var number = 0
            while true {
                let fd = Listener.accept(listener)
                guard fd >= 0 else {
                    close(listener)
                    return
                }
                number += 1
                let connection = number
                onThread { Self.serve(fd, connection, answer) { line in heard.lines.withLock { $0.append(line) } } }
            }
        }
    }

    /// Stops listening. A server that is not stopped lives as long as the tests.
    func stop() {
        // The accepting thread closes it: a number given back too early could be another server's by then.
        shutdown(listener, Int32(SHUT_RDWR))
    }

    /// Every line received so far.
    var lines: [String] { heard.lines.withLock { $0 } }

    private static func serve(
        _ fd: Int32, _ connection: Int, _ answer: (String, Int) -> [UInt8]?, heard: (String) -> Void
    ) {
        defer { close(fd) }
        var buffer: [UInt8] = []
        var bytes = [UInt8](repeating: 0, count: 4096)
        while true {
            let n = read(fd, &bytes, bytes.count)
            guard n > 0 else { return }
            buffer += bytes[..<n]
            while let end = buffer.firstIndex(of: 10) {
                let line = String(decoding: buffer[..<end], as: UTF8.self)
                buffer.removeSubrange(...end)
                heard(line)
                guard let reply = answer(line, connection) else { return }
                if !reply.isEmpty { _ = send(fd, reply, reply.count, Int32(MSG_NOSIGNAL)) }
            }
        }
    }
}

/// A port nobody listens on: taken and given back.
func freePort() throws -> Int {
    let server = try ScriptedServer { _, _ in nil }
    server.stop()
    return server.port
}
