/// How a wire is reached.
public enum WireAddress: Sendable, Hashable, Codable {
    /// Bytes over a TCP socket.
    case tcp(host: String, port: Int)
    /// A Modbus TCP server or gateway, and the unit behind it.
    case modbusTCP(host: String, port: Int, unit: Int)
    /// A serial line with `baud parity stop` as `9600 8N1`; several meters share a line by unit id. `rs485`: the program
    /// switches the direction of a half-duplex line.
    case modbusRTU(device: String, baud: Int, format: String, unit: Int, rs485: Bool? = nil)
    /// Bytes over a serial line.
    case serial(device: String, SerialFormat)
    /// An instrument of the USB Test & Measurement Class; the serial number tells equal ones apart.
    case usbtmc(vendor: UInt16, product: UInt16, serial: String?)
    /// VXI-11 (ONC RPC over TCP); `device` is a name at that host: `inst0`, `gpib0,5`; `port` is that of the core channel
    /// where the host has no port mapper to ask.
    case vxi11(host: String, device: String, port: Int? = nil)
    /// HiSLIP (IVI-6.1); `device` is the sub-address: `hislip0`.
    case hislip(host: String, port: Int, device: String)
    /// A USB device that streams samples over a bulk endpoint of an interface; the serial number tells equal ones apart.
    case usb(vendor: UInt16, product: UInt16, serial: String?, interface: Int)
    /// A sound card as ALSA names it: `hw:CARD=Device`, `hw:1,0`.
    case alsa(device: String)
    /// A recording that is played as if it were being sampled.
    case file(path: String)
}

/// How a serial line is set: `38400 8N1`, with or without handshake.
public struct SerialFormat: Sendable, Hashable, Codable {
    /// Who may send when.
    public enum Flow: String, Sendable, Hashable, Codable, CaseIterable {
        case none
        case rtsCts = "rts-cts"
        case xonXoff = "xon-xoff"
    }
    /// Bits per second.
    public var baud: Int
    /// Data bits (5 … 8), parity (`N`, `E`, `O`, `M`, `S`), stop bits (1, 2): `8N1`, `7E1`.
    public var format: String
    /// Handshake.
    public var flow: Flow
    /// Whether the program switches the direction of a half-duplex line.
    public var rs485: Bool

    /// A format by its parts.
    public init(baud: Int, format: String, flow: Flow = .none, rs485: Bool = false) {
        self.baud = baud
        self.format = format
        self.flow = flow
        self.rs485 = rs485
    }

    /// What stands in messages: `38400 8N1`.
    public var text: String {
        "\(baud) \(format)" + (flow == .none ? "" : " \(flow.rawValue)") + (rs485 ? " rs485" : "")
    }
}
