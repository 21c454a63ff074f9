/// Where a Modbus line leads: all units behind one address share one line.
public enum ModbusAddress: Sendable, Hashable, CustomStringConvertible {
    /// A TCP server or gateway.
    case tcp(host: String, port: Int)
    /// A serial device with its settings.
    case rtu(device: String, SerialSettings)

    /// What people read in messages.
    public var description: String {
        switch self {
        case .tcp(let host, let port): return "\(host):\(port)"
        case .rtu(let device, _): return device
        }
    }

    /// What travels there, as the wire log names it.
    var language: String {
        switch self {
        case .tcp: return "modbus-tcp"
        case .rtu: return "modbus-rtu"
        }
    }
}
