internal import BenchCore

#if canImport(Glibc)
    import Glibc
#endif

/// A simulated instrument on a free port of this machine, or on a pseudo-terminal, for as long as the object lives.
final class LoopbackServer: Sendable {
    /// Where it listens.
    let address: WireAddress
    private let server: WireServer

    /// Serves a protocol on a free TCP port.
    init(_ spoken: any WireProtocol) throws {
        let socket = try Listener.open(host: "127.0.0.1", port: 0, id: "simulator")
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &length) }
        }
        self.address = .tcp(host: "127.0.0.1", port: Int(UInt16(bigEndian: address.sin_port)))
        server = try WireServer(listening: socket, line: nil, spoken: spoken) {}
    }

    /// Serves a protocol on a pseudo-terminal that is reached under `path`.
    init(_ spoken: any WireProtocol, path: String, format: SerialFormat) throws {
        let terminal = try PseudoTerminal(path: path, id: "simulator")
        address = .serial(device: path, format)
        server = try WireServer(listening: nil, line: terminal.master, spoken: spoken) { terminal.close() }
    }

    deinit { server.stop() }
}
