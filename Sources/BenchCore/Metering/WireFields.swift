/// Wires as files write them: `{ tcp: host:port }`, `{ modbus-tcp: host:port, unit: 1 }`,
/// `{ modbus-rtu: /dev/ttyUSB0, settings: 9600 8N1, unit: 4 }`, `{ serial: /dev/serial/by-id/…, settings: 38400 8N1, flow: rts-cts }`,
/// `{ usbtmc: 1AB1:04B0, serial-number: DS2A123 }`, `{ vxi-11: host, device: inst0 }`, `{ hislip: host:4880, device: hislip0 }`;
/// for digitizers also `{ usb: 1209:4D42, interface: 0 }`, `{ alsa: "hw:1,0" }`, `{ file: Waveforms/dip.cfg }`.
extension Fields {
    /// The wire under a key.
    func wire(_ key: String, _ need: Need = .required) -> WireAddress? {
        block(key, "a wire", need) { $0.wireAddress() }
    }

    private func wireAddress() -> WireAddress? {
        let kinds = WireFields.kinds.filter { has($0) }
        if kinds.count > 1 {
            complain(
                kinds[1], "a wire leads to one thing; here are \(kinds.map { "«\($0)»" }.joined(separator: " and "))")
        }
        switch kinds.first {
        case "tcp":
            return value("tcp", .required, WireFields.endpoint).map { .tcp(host: $0.host, port: $0.port) }
        case "modbus-tcp":
            let end = value("modbus-tcp", .required, WireFields.endpoint)
            // Unit 255 addresses the device itself where no gateway is between (MODBUS Messaging on TCP/IP V1.0b, 4.4.2.1).
            let unit = value("unit") { text throws(ValueTrouble) in
                try WireFields.unit(text, extra: 255)
            }
            guard let end, let unit else { return nil }
            return .modbusTCP(host: end.host, port: end.port, unit: unit)
        case "modbus-rtu":
            let device = text("modbus-rtu")
            let line = value("settings", .required, WireFields.settings)
            let rs485 = yesNo("rs485", .optional)
            let unit = value("unit") { text throws(ValueTrouble) in try WireFields.unit(text, extra: nil) }
            guard let device, let line, let unit else { return nil }
            return .modbusRTU(device: device, baud: line.baud, format: line.format, unit: unit, rs485: rs485)
        case "serial":
            let device = text("serial")
            let line = value("settings", .required, WireFields.serialSettings)
            let flow = choice("flow", .optional, of: SerialFormat.Flow.self) ?? .none
            let rs485 = yesNo("rs485", .optional) ?? false
            guard let device, let line else { return nil }
            return .serial(
                device: device, SerialFormat(baud: line.baud, format: line.format, flow: flow, rs485: rs485))
        case "usbtmc":
            let id = value("usbtmc", .required, WireFields.usbID)
            let serial = text("serial-number", .optional)
            return id.map { .usbtmc(vendor: $0.vendor, product: $0.product, serial: serial) }
        case "vxi-11":
            // A port is that of the core channel, and then no port mapper is asked: 0 stands for none.
            let end = value("vxi-11", .required) { text throws(ValueTrouble) in
                try WireFields.endpoint(text, standard: 0)
            }
            let device = text("device", .optional) ?? "inst0"
            return end.map { .vxi11(host: $0.host, device: device, port: $0.port == 0 ? nil : $0.port) }
        case "hislip":
            let end = value("hislip", .required) { text throws(ValueTrouble) in
                try WireFields.endpoint(text, standard: 4880)
            }
            let device = text("device", .optional) ?? "hislip0"
            return end.map { .hislip(host: $0.host, port: $0.port, device: device) }
        case "usb":
            let id = value("usb", .required, WireFields.usbID)
            let serial = text("serial-number", .optional)
            let interface = integer("interface", .optional, in: 0...255)
            return id.map { .usb(vendor: $0.vendor, product: $0.product, serial: serial, interface: interface ?? 0) }
        case "alsa": return text("alsa").map { .alsa(device: $0) }
        case "file": return path("file").map { .file(path: $0) }
        default:
            for key in ["unit", "settings", "flow", "rs485", "serial-number", "device", "interface"] { _ = has(key) }
            complaints.add(
                mark,
                "the wire leads nowhere; write e.g. «{ tcp: 192.0.2.7:5025 }», «{ modbus-tcp: 192.0.2.7:502, unit: 1 }», "
                    + "«{ modbus-rtu: /dev/ttyUSB0, settings: 9600 8N1, unit: 1 }», «{ serial: /dev/ttyUSB0, settings: 9600 8N1 }», "
                    + "«{ usbtmc: 1AB1:04B0 }», «{ vxi-11: 192.0.2.7 }» or «{ hislip: 192.0.2.7 }»")
            return nil
        }
    }
}

/// The parts of a wire's address.
public enum WireFields {
    /// The keys that say what kind of wire it is.
    static let kinds = [
        "tcp", "modbus-tcp", "modbus-rtu", "serial", "usbtmc", "vxi-11", "hislip", "usb", "alsa", "file",
    ]

    /// Reads `host`, or `host:port` where the port has a standard value.
    public static func endpoint(_ text: String, standard port: Int) throws(ValueTrouble) -> (host: String, port: Int) {
        text.contains(":") && !text.hasSuffix("]") ? try endpoint(text) : (try host(text), port)
    }

    /// Reads the name or address of a host.
    public static func host(_ text: String) throws(ValueTrouble) -> String {
        let (host, _) = try endpoint(text + ":1")
        return host
    }

    /// Reads vendor and product of a USB device as `lsusb` prints them: `1AB1:04B0`.
    public static func usbID(_ text: String) throws(ValueTrouble) -> (vendor: UInt16, product: UInt16) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.count == 4 }), let vendor = UInt16(parts[0], radix: 16),
            let product = UInt16(parts[1], radix: 16)
        else {
            throw ValueTrouble(
                "«\(text)» is not vendor and product of a USB device; write e.g. «1AB1:04B0», as lsusb does")
        }
        return (vendor, product)
    }

    /// Reads the settings of a serial line that carries any bytes: `38400 8N1`, `300 7E1`, `10400 8N1`.
    public static func serialSettings(_ text: String) throws(ValueTrouble) -> (baud: Int, format: String) {
        let words = text.split(separator: " ")
        guard words.count == 2 else {
            throw ValueTrouble("«\(text)» is not speed and format of a serial line; write e.g. «9600 8N1»")
        }
        let baud = try QuantityText.integer(String(words[0]), in: 50...4_000_000)
        let format = Array(words[1])
        guard format.count == 3, "5678".contains(format[0]), "NEOMS".contains(format[1]), "12".contains(format[2])
        else {
            throw ValueTrouble(
                "«\(words[1])» is not a format of a serial line: data bits 5 … 8, parity N, E, O, M or S, stop bits 1 or 2; "
                    + "write e.g. «8N1» or «7E1»")
        }
        return (baud, String(words[1]))
    }

    /// Speeds that serial adapters know, Bd.
    public static let speeds = [1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230_400]

    /// Reads `host:port`; an IPv6 address stands in brackets.
    public static func endpoint(_ text: String) throws(ValueTrouble) -> (host: String, port: Int) {
        let example = "write e.g. «192.0.2.7:502»"
        guard let colon = text.lastIndex(of: ":") else { throw ValueTrouble("«\(text)» names no port; \(example)") }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
        } else if host.contains(":") {
            throw ValueTrouble("«\(text)»: an IPv6 address stands in brackets, e.g. «[2001:db8::7]:502»")
        }
        guard !host.isEmpty, !host.contains(where: { $0.isWhitespace || $0 == "/" }) else {
            throw ValueTrouble("«\(text)» names no host; \(example)")
        }
        let digits = String(text[text.index(after: colon)...])
        do throws(ValueTrouble) {
            return (host, try QuantityText.integer(digits, in: 1...65535))
        } catch {
            throw ValueTrouble("the port of «\(text)»: " + error.message)
        }
    }

    /// Reads a Modbus unit id: 1 … 247 (MODBUS over Serial Line V1.02, 2.2: 0 is broadcast, 248 … 255 are reserved).
    public static func unit(_ text: String, extra: Int?) throws(ValueTrouble) -> Int {
        let number = try QuantityText.integer(text)
        if (1...247).contains(number) || number == extra { return number }
        let also = extra.map { " or \($0)" } ?? ""
        let why = number == 0 ? "0 is broadcast" : "248 … 255 are reserved"
        throw ValueTrouble("unit id \(number) is not that of a device: ids are 1 … 247\(also); \(why)")
    }

    /// Reads the settings of a serial line, `9600 8N1`.
    public static func settings(_ text: String) throws(ValueTrouble) -> (baud: Int, format: String) {
        let words = text.split(separator: " ")
        guard words.count == 2 else {
            throw ValueTrouble("«\(text)» is not speed and format of a serial line; write e.g. «9600 8N1»")
        }
        guard let baud = Int(words[0]), speeds.contains(baud) else {
            let known = speeds.map(String.init).joined(separator: ", ")
            throw ValueTrouble("«\(words[0])» is not a speed of a serial line; speeds are \(known)")
        }
        let format = Array(words[1])
        guard format.count == 3 else { throw ValueTrouble("«\(words[1])» is not a format; write e.g. «8N1»") }
        guard format[0] == "8" else {
            throw ValueTrouble("«\(words[1])» has \(format[0]) data bits; Modbus RTU has 8, e.g. «8N1»")
        }
        guard "NEO".contains(format[1]) else {
            throw ValueTrouble("«\(format[1])» is not a parity; parities are N (none), E (even), O (odd), e.g. «8E1»")
        }
        guard format[2] == "1" || format[2] == "2" else {
            throw ValueTrouble("«\(format[2])» is not a number of stop bits; write 1 or 2, e.g. «8N1»")
        }
        return (baud, String(words[1]))
    }
}
