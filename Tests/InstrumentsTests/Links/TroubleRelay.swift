import Glibc
import Synchronization
import TestSupport

@testable import Instruments

/// A relay between a client and a TCP server of this machine that spoils what the server says.
///
/// `spoil` gets the number of the connection (from 1), how many bytes the server has said on it before, and the next bytes;
/// it returns what the client gets, and whether the connection ends with it.
final class TroubleRelay: Sendable {
    typealias Spoil = @Sendable (_ connection: Int, _ before: Int, _ bytes: [UInt8]) -> (bytes: [UInt8], ends: Bool)
    let port: Int
    private let listener: Int32

    init(to target: Int, _ spoil: @escaping Spoil) throws {
        listener = try Listener.open(host: "127.0.0.1", port: 0, id: "relay")
        port = Listener.port(listener)
        onThread { [listener] in
            var number = 0
            while true {
                let client = Listener.accept(listener)
                guard client >= 0 else {
                    close(listener)
                    return
                }
                number += 1
                let connection = number
                onThread { Self.relay(client, target, connection, spoil) }
            }
        }
    }

    deinit { shutdown(listener, Int32(SHUT_RDWR)) }

    private static func relay(_ client: Int32, _ target: Int, _ connection: Int, _ spoil: Spoil) {
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer {
            close(client)
            close(server)
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(target).bigEndian)
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { return }
        var said = 0
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            var watched = [client, server].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            guard poll(&watched, 2, -1) > 0 else { return }
            if watched[0].revents != 0 {
                let n = read(client, &chunk, chunk.count)
                guard n > 0, send(server, chunk, n, Int32(MSG_NOSIGNAL)) == n else { return }
            }
            if watched[1].revents != 0 {
                let n = read(server, &chunk, chunk.count)
                guard n > 0 else { return }
                let passed = spoil(connection, said, Array(chunk[..<n]))
                said += n
                if !passed.bytes.isEmpty {
                    _ = send(client, passed.bytes, passed.bytes.count, Int32(MSG_NOSIGNAL))
                }
                if passed.ends { return }
            }
        }
    }
}
