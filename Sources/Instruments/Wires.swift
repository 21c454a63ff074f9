import BenchCore

/// The connections of a bench, one for each address.
actor Wires {
    private let scpiTimeouts: WireTimeouts, modbusTimeouts: WireTimeouts
    /// The wire log of the run; `nil` where none is kept.
    nonisolated let log: WireLog?
    private var scpi: [String: SCPIConnection] = [:]
    private var modbus: [String: ModbusLine] = [:]
    private var others: [String: any WireConnection] = [:]

    init(scpi: WireTimeouts, modbus: WireTimeouts, log: WireLog? = nil) {
        scpiTimeouts = scpi
        modbusTimeouts = modbus
        self.log = log
    }

    /// The SCPI connection at an address; the first user's dialect holds. `response`: seconds for an answer, where the
    /// instrument needs longer than usual.
    func scpi(
        _ wire: WireAddress, dialect: SCPIDialect = .standard, response: Double? = nil
    ) -> SCPIConnection {
        if let known = scpi[wire.wireName] { return known }
        var timeouts = scpiTimeouts
        if let response { timeouts.response = min(response, timeouts.longest) }
        let made = SCPIConnection(wire: wire, timeouts: timeouts, dialect: dialect, log: log)
        scpi[wire.wireName] = made
        return made
    }

    /// A connection of any other kind at an address, made at its first use.
    func connection<T: WireConnection>(_ wire: WireAddress, _ make: @Sendable (WireTimeouts, WireLog?) -> T) -> T {
        if let known = others[wire.wireName] as? T { return known }
        let made = make(scpiTimeouts, log)
        others[wire.wireName] = made
        return made
    }

    /// The Modbus line at an address, and the unit on it.
    func modbus(_ wire: WireAddress, for instrument: String) throws(Fault) -> (ModbusLine, unit: Int) {
        let address: ModbusAddress
        let unit: Int
        switch wire {
        case .tcp, .serial, .usbtmc, .vxi11, .hislip, .usb, .alsa, .file:
            throw Fault(.notFound, instrument, "its driver needs a wire { modbus-tcp: … } or { modbus-rtu: … }")
        case .modbusTCP(let host, let port, let number):
            address = .tcp(host: host, port: port)
            unit = number
            guard (0...255).contains(unit) else { throw Fault(.notFound, instrument, "unit \(unit) is not 0 to 255") }
        case .modbusRTU(let device, let baud, let format, let number, let rs485):
            guard let settings = SerialSettings(baud: baud, format: format, rs485: rs485 ?? false) else {
                throw Fault(
                    .notFound, instrument,
                    "«\(baud) \(format)» is no setting of a Modbus RTU line; 9600 8N1 or 19200 8E1 would be (8 data bits always)"
                )
            }
            address = .rtu(device: device, settings)
            unit = number
            guard (1...247).contains(unit) else { throw Fault(.notFound, instrument, "unit \(unit) is not 1 to 247") }
        }
        if let known = modbus[address.description] {
            guard known.address == address else {
                throw Fault(.notFound, instrument, "\(address) is already used with other settings")
            }
            return (known, unit)
        }
        let made = ModbusLine(address, timeouts: modbusTimeouts, log: log)
        modbus[address.description] = made
        return (made, unit)
    }

    /// The SCPI connection that a driver has at an address.
    func knownSCPI(_ wire: WireAddress) -> SCPIConnection? { scpi[wire.wireName] }

    /// Closes connections that are neither SCPI nor Modbus: a serial port has one user at a time.
    func releaseOthers() async {
        for other in others.values { await other.close() }
    }

    func close() async {
        for connection in scpi.values { await connection.close() }
        for line in modbus.values { await line.close() }
        for other in others.values { await other.close() }
        log?.close()
    }
}

/// A connection that can be closed.
protocol WireConnection: Actor {
    /// Closes it; the next request makes it anew.
    func close() async
}
