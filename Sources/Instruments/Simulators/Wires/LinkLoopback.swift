import BenchCore
import Glibc

/// A simulated instrument behind VXI-11 or HiSLIP on free ports of this machine, for as long as the object lives.
final class LinkLoopback: Sendable {
    /// Where it listens: for VXI-11 with the port of its core channel, so that no port mapper is needed.
    let address: WireAddress
    /// The port of its own port mapper (VXI-11).
    let portMapper: Int
    private let server: LinkServer

    private init(_ address: WireAddress, _ portMapper: Int, _ server: LinkServer) {
        self.address = address
        self.portMapper = portMapper
        self.server = server
    }

    deinit { server.stop() }

    /// Serves a protocol behind VXI-11.
    static func vxi11(
        _ spoken: any WireProtocol, device: String = "inst0", longestWrite: Int = 4096
    ) throws -> LinkLoopback {
        let host = "127.0.0.1"
        let sockets = try Listener.several(host: host, ports: [0, 0, 0], id: "simulator")
        let ports = sockets.map(Listener.port)
        let server = VXI11Server(
            spoken: spoken, device: device, corePort: ports[0], abortPort: ports[1], longestWrite: longestWrite)
        return LinkLoopback(
            .vxi11(host: host, device: device, port: ports[0]), ports[2],
            try LinkServer(listening: sockets, spoken: server))
    }

    /// Serves a protocol behind HiSLIP.
    static func hislip(
        _ spoken: any WireProtocol, device: String = "hislip0", longest: Int = 1 << 20
    ) throws -> LinkLoopback {
        let socket = try Listener.open(host: "127.0.0.1", port: 0, id: "simulator")
        let server = HiSLIPServer(spoken: spoken, device: device, longest: longest)
        return LinkLoopback(
            .hislip(host: "127.0.0.1", port: Listener.port(socket), device: device), 0,
            try LinkServer(listening: [socket], spoken: server))
    }
}

extension Listener {
    /// Several sockets, or none: what was opened is closed when one cannot be had.
    static func several(host: String, ports: [Int], id: String) throws -> [Int32] {
        var sockets: [Int32] = []
        do { for port in ports { sockets.append(try open(host: host, port: port, id: id)) } } catch {
            for socket in sockets { Glibc.close(socket) }
            throw error
        }
        return sockets
    }

    /// The port a socket listens on.
    static func port(_ socket: Int32) -> Int {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &length) }
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
