import BenchCore
import TestSupport
import Testing

@testable import Instruments

/// The two LAN transports with messages, so that one test asks both.
enum LinkKind: String, CaseIterable, CustomTestStringConvertible {
    case vxi11 = "VXI-11"
    case hislip = "HiSLIP"

    var testDescription: String { rawValue }

    /// A talking instrument behind this transport.
    func serve() throws -> LinkLoopback {
        switch self {
        case .vxi11: return try .vxi11(TalkingInstrument(), longestWrite: 1024)
        case .hislip: return try .hislip(TalkingInstrument(), longest: 1024)
        }
    }

    /// Opens a port to it.
    func open(_ address: WireAddress, response: Double = 10) throws -> any LockingPort {
        let times = WireTimeouts(connect: 10, response: response, late: 0)
        let port = try Ports.open(address, timeouts: times, tap: nil, instrument: "x")
        guard let locking = port as? any LockingPort else { throw PeerError("\(port) is no \(rawValue)") }
        return locking
    }
}

/// A port that can be had for oneself alone.
protocol LockingPort: BytePort {
    func lock(until deadline: Double) throws(PortTrouble) -> Bool
    func unlock(until deadline: Double) throws(PortTrouble)
}
extension VXI11Port: LockingPort {}
extension HiSLIPPort: LockingPort {}

extension WireAddress {
    /// The same wire through another port.
    func through(_ port: Int) -> WireAddress {
        switch self {
        case .vxi11(let host, let device, _): return .vxi11(host: host, device: device, port: port)
        case .hislip(let host, _, let device): return .hislip(host: host, port: port, device: device)
        default: return self
        }
    }

    /// Its TCP port.
    var tcpPort: Int {
        switch self {
        case .vxi11(_, _, let port): return port ?? 0
        case .hislip(_, let port, _), .tcp(_, let port): return port
        default: return 0
        }
    }
}
