internal import BenchCore
internal import CBench

#if canImport(Glibc)
    import Glibc
#endif

/// A listening TCP socket on this machine.
enum Listener {
    /// Whether a host name of a bench file is this machine.
    static func isLoopback(_ host: String) -> Bool { host == "localhost" || host.hasPrefix("127.") }

    /// The next connection, or −1. No program that is started at this moment inherits it: it would keep the connection alive.
    static func accept(_ listening: Int32) -> Int32 { cbench_accept(listening) }

    /// Listens; throws a fault that names the wire when the port is taken.
    static func open(host: String, port: Int, id: String) throws -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        guard (0...65_535).contains(port),
            inet_pton(AF_INET, host == "localhost" ? "127.0.0.1" : host, &address.sin_addr) == 1
        else { throw Fault(.refused, id, "\(host):\(port) is no address of this machine") }
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Fault(.internalError, id, SystemError.text(errno)) }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard bound == 0, listen(descriptor, 16) == 0 else {
            let code = errno
            Glibc.close(descriptor)
            let hint = code == EADDRINUSE ? " (is another simulator running?)" : ""
            throw Fault(.refused, id, "cannot listen on \(host):\(port): \(SystemError.text(code))\(hint)")
        }
        return descriptor
    }
}
