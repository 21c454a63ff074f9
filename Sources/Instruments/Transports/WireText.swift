public import BenchCore

/// Wires as a command line names them.
public enum WireText {
    /// What a wire looks like, for messages.
    public static let forms = "tcp:HOST:PORT/UNIT or rtu:DEVICE,9600 8N1/UNIT"

    /// Why a text is no wire, as a sentence.
    public struct Refused: Error, Sendable, Hashable {
        /// The sentence.
        public let reason: String
    }

    /// Reads a Modbus wire: `tcp:192.0.2.7:502/1`, `rtu:/dev/ttyUSB0,9600 8N1/1`.
    public static func parse(_ text: String) throws(Refused) -> WireAddress {
        guard let colon = text.firstIndex(of: ":"), let slash = text.lastIndex(of: "/"), colon < slash else {
            throw Refused(reason: "«\(text)» is no wire; it looks like \(forms)")
        }
        let place = String(text[text.index(after: colon)..<slash])
        let end = text[text.index(after: slash)...]
        switch text[..<colon] {
        case "tcp":
            guard let unit = Int(end), (0...255).contains(unit) else {
                throw Refused(reason: "«\(end)» is no unit; 0 to 255 stands behind the last «/»")
            }
            guard let last = place.lastIndex(of: ":"), last > place.startIndex,
                let port = Int(place[place.index(after: last)...]), (1...65535).contains(port)
            else { throw Refused(reason: "«\(place)» is no HOST:PORT, e.g. 192.0.2.7:502") }
            var host = String(place[..<last])
            // [2001:db8::7]:502
            if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
            return .modbusTCP(host: host, port: port, unit: unit)
        case "rtu":
            guard let unit = Int(end), (1...247).contains(unit) else {
                throw Refused(reason: "«\(end)» is no unit; 1 to 247 stands behind the last «/»")
            }
            guard let comma = place.lastIndex(of: ","), comma > place.startIndex else {
                throw Refused(reason: "«\(place)» is no DEVICE,SETTINGS, e.g. /dev/ttyUSB0,9600 8N1")
            }
            let settings = place[place.index(after: comma)...].split(separator: " ")
            guard settings.count == 2, let baud = Int(settings[0]),
                SerialSettings(baud: baud, format: String(settings[1])) != nil
            else {
                throw Refused(
                    reason: "«\(place[place.index(after: comma)...])» is no setting of a Modbus RTU line, e.g. 9600 8N1"
                )
            }
            return .modbusRTU(device: String(place[..<comma]), baud: baud, format: String(settings[1]), unit: unit)
        default: throw Refused(reason: "«\(text)» is no wire; it looks like \(forms)")
        }
    }

    /// Writes a wire the way `parse` reads it.
    public static func text(_ wire: WireAddress) -> String {
        switch wire {
        case .tcp(let host, let port): return "tcp:\(host):\(port)"
        case .modbusTCP(let host, let port, let unit):
            return "tcp:\(host.contains(":") ? "[\(host)]" : host):\(port)/\(unit)"
        case .modbusRTU(let device, let baud, let format, let unit, _): return "rtu:\(device),\(baud) \(format)/\(unit)"
        case .serial, .usbtmc, .vxi11, .hislip, .usb, .alsa, .file: return wire.wireName
        }
    }
}
