import BenchCore
import Glibc

/// Why a port could not do what was asked; the connection that owns the port makes a `Fault` of it.
enum PortTrouble: Error, Hashable {
    /// The deadline passed.
    case late
    /// A safe action waits.
    case urgent
    /// The other end is gone, with the reason.
    case lost(String)
    /// What came is against the rules of the transport.
    case broken(String)
    /// This kind of wire has no such thing.
    case unsupported(String)
}

/// Bytes of an answer.
struct PortBytes: Hashable {
    var bytes: [UInt8]
    /// Whether the transport marks the end of the answer with them.
    var end: Bool
}

/// A way to one instrument that carries bytes: a socket, a serial line, USBTMC, VXI-11, HiSLIP.
///
/// Calls block, so a port is used from one connection's own thread only; it closes with its last reference. Deadlines are
/// times of `WireTime`.
protocol BytePort: AnyObject {
    /// Where it leads, for messages.
    var place: String { get }
    /// Whether the transport marks the end of an answer (END, EOM), or only a line feed does.
    var marksEnd: Bool { get }
    /// Whether nothing unasked lies in it and the other end is there; otherwise the connection makes a new one.
    func isClean() -> Bool
    /// Sends a whole message.
    func send(_ bytes: [UInt8], until deadline: Double) throws(PortTrouble)
    /// Waits for some bytes of an answer.
    func receive(until deadline: Double, unless urgency: Urgency?) throws(PortTrouble) -> PortBytes
    /// As ``receive(until:unless:)``, but appends the bytes to an answer and says whether it ends with them: a long block is
    /// then copied once.
    func receive(
        into answer: inout [UInt8], until deadline: Double, unless urgency: Urgency?
    ) throws(PortTrouble) -> Bool
    /// Brings the port back after a broken exchange: true when the next answer belongs to the next query, false when only a new
    /// port can do that.
    func recover() -> Bool
    /// The status byte by the transport's own means (serial poll).
    func statusByte(until deadline: Double) throws(PortTrouble) -> UInt8
    /// Fires the transport's trigger.
    func trigger(until deadline: Double) throws(PortTrouble)
    /// Remote control on, or back to the front panel.
    func remote(_ on: Bool, until deadline: Double) throws(PortTrouble)
}

extension BytePort {
    func receive(
        into answer: inout [UInt8], until deadline: Double, unless urgency: Urgency?
    ) throws(PortTrouble) -> Bool {
        let more = try receive(until: deadline, unless: urgency)
        answer += more.bytes
        return more.end
    }
    func recover() -> Bool { false }
    func statusByte(until deadline: Double) throws(PortTrouble) -> UInt8 {
        throw .unsupported("no status byte outside of the answers")
    }
    func trigger(until deadline: Double) throws(PortTrouble) {
        throw .unsupported("no trigger outside of the commands")
    }
    func remote(_ on: Bool, until deadline: Double) throws(PortTrouble) {
        throw .unsupported("no remote control line")
    }
}

/// Opens the port that an address needs.
enum Ports {
    /// Kinds of wire that carry messages; Modbus has its own lines.
    static func open(
        _ address: WireAddress, timeouts: WireTimeouts, tap: WireTap?, instrument: String
    ) throws(Fault) -> any BytePort {
        switch address {
        case .tcp(let host, let port):
            return TCPPort(
                try TCPStream(host: host, port: port, within: timeouts.connect, instrument: instrument),
                place: "\(host):\(port)", tap: tap)
        case .serial(let device, let format):
            return try SerialPort(device: device, format: format, instrument: instrument, tap: tap)
        case .vxi11(let host, let device, let port):
            return try VXI11Port(
                host: host, device: device, port: port, timeouts: timeouts, instrument: instrument, tap: tap)
        case .hislip(let host, let port, let device):
            return try HiSLIPPort(
                host: host, port: port, device: device, timeouts: timeouts, instrument: instrument, tap: tap)
        case .usbtmc(let vendor, let product, let serial):
            return try USBTMCPort(
                vendor: vendor, product: product, serial: serial, timeouts: timeouts, tap: tap, instrument: instrument)
        case .modbusTCP, .modbusRTU, .usb, .alsa, .file:
            throw Fault(.notFound, instrument, "\(address.wireName) cannot carry messages")
        }
    }
}
