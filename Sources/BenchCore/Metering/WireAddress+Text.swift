extension WireAddress {
    /// What instruments on one physical wire have in common: all units of a Modbus line, all users of a socket.
    public var wireName: String {
        switch self {
        case .tcp(let host, let port), .modbusTCP(let host, let port, _): return "\(host):\(port)"
        case .modbusRTU(let device, _, _, _, _), .serial(let device, _): return device
        case .usbtmc(let vendor, let product, let serial):
            return "usb \(Self.hex(vendor)):\(Self.hex(product))" + (serial.map { " \($0)" } ?? "")
        case .vxi11(let host, let device, let port):
            return "vxi-11 \(host)\(port.map { ":\($0)" } ?? "") \(device)"
        case .hislip(let host, let port, let device): return "hislip \(host):\(port) \(device)"
        case .usb(let vendor, let product, let serial, let interface):
            return "usb \(Self.hex(vendor)):\(Self.hex(product))" + (serial.map { " \($0)" } ?? "")
                + (interface == 0 ? "" : " interface \(interface)")
        case .alsa(let device): return "alsa \(device)"
        case .file(let path): return "file \(path)"
        }
    }

    /// Four digits, as `lsusb` prints them.
    public static func hex(_ number: UInt16) -> String {
        let digits = String(number, radix: 16, uppercase: true)
        return String(repeating: "0", count: 4 - digits.count) + digits
    }
}
