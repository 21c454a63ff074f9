public import BenchCore

/// A bench on real wires: the instruments of a bench file, each behind its driver.
///
/// Wires are opened at their first request; instruments at one address share one connection and one thread.
public final class WiredBench: Sendable {
    /// What the orchestrator sees.
    public let instruments: BenchInstruments
    private let wires: Wires

    private init(instruments: BenchInstruments, wires: Wires) {
        self.instruments = instruments
        self.wires = wires
    }

    /// Builds the drivers of a bench. `meters` holds the type of the meter at each position that has one.
    ///
    /// Throws `Fault(.notFound)` for an unknown driver, a wire of the wrong kind, or a missing role; nothing is sent yet.
    public static func open(
        bench: BenchDescription, meters: [Int: MeterType], time: any Timekeeper, scpi: WireTimeouts = .scpi,
        modbus: WireTimeouts = .modbus
    ) async throws -> WiredBench {
        let wires = Wires(scpi: scpi, modbus: modbus)
        func described(_ role: InstrumentRole) throws(Fault) -> InstrumentDescription {
            guard let found = bench.instrument(role) else {
                throw Fault(.notFound, bench.id, "the bench has no \(role.rawValue)")
            }
            return found
        }
        for instrument in bench.instruments { _ = try DriverRegistry.entry(for: instrument) }
        let source = try described(.referenceSource)
        let standard = try described(.referenceStandard)
        let counter = try described(.pulseCounter)
        var climate: ModbusClimate?
        if let found = bench.instrument(.environment) {
            let (line, unit) = try await wires.modbus(found.wire, for: found.id)
            climate = ModbusClimate(id: found.id, line: line, unit: unit, expected: expected(found))
        }
        var contactor: ModbusContactor?
        if let found = bench.instrument(.contactor) {
            let (line, unit) = try await wires.modbus(found.wire, for: found.id)
            contactor = ModbusContactor(id: found.id, line: line, unit: unit, expected: expected(found), time: time)
        }
        var drivers: [Int: any MeterDriver] = [:]
        for position in bench.positions {
            guard let type = meters[position.number], let wire = position.wire else { continue }
            drivers[position.number] = try await meter(
                id: "position \(position.number)", type: type, wire: wire, wires: wires)
        }
        let instruments = BenchInstruments(
            source: SCPISource(id: source.id, wire: try await wires.scpi(source.wire, for: source.id)),
            standard: SCPIStandard(id: standard.id, wire: try await wires.scpi(standard.wire, for: standard.id)),
            counter: SCPICounter(id: counter.id, wire: try await wires.scpi(counter.wire, for: counter.id)),
            climate: climate, contactor: contactor, meters: drivers)
        return WiredBench(instruments: instruments, wires: wires)
    }

    /// One meter on one wire, without a bench, as `meterbench meter read` needs it.
    public static func meter(id: String, type: MeterType, wire: WireAddress, modbus: WireTimeouts = .modbus)
        async throws
        -> ModbusMeter
    { try await meter(id: id, type: type, wire: wire, wires: Wires(scpi: .scpi, modbus: modbus)) }

    private static func meter(id: String, type: MeterType, wire: WireAddress, wires: Wires) async throws -> ModbusMeter
    {
        let (line, unit) = try await wires.modbus(wire, for: id)
        return ModbusMeter(id: id, line: line, unit: unit, type: type)
    }

    private static func expected(_ instrument: InstrumentDescription) -> InstrumentIdentity {
        InstrumentIdentity(
            manufacturer: instrument.manufacturer, model: instrument.model, serial: instrument.serial, firmware: "",
            simulated: false)
    }

    /// Closes all wires; nothing is switched.
    public func close() async { await wires.close() }
}

/// The connections of a bench, one for each address.
private actor Wires {
    private let scpiTimeouts: WireTimeouts, modbusTimeouts: WireTimeouts
    private var scpi: [String: SCPIConnection] = [:]
    private var modbus: [String: ModbusLine] = [:]

    init(scpi: WireTimeouts, modbus: WireTimeouts) {
        scpiTimeouts = scpi
        modbusTimeouts = modbus
    }

    func scpi(_ wire: WireAddress, for instrument: String) throws(Fault) -> SCPIConnection {
        guard case .tcp(let host, let port) = wire else {
            throw Fault(.notFound, instrument, "its driver needs a wire \(DriverRegistry.Wire.tcp.rawValue)")
        }
        let name = "\(host):\(port)"
        if let known = scpi[name] { return known }
        let made = SCPIConnection(host: host, port: port, timeouts: scpiTimeouts)
        scpi[name] = made
        return made
    }

    func modbus(_ wire: WireAddress, for instrument: String) throws(Fault) -> (ModbusLine, unit: Int) {
        let address: ModbusAddress
        let unit: Int
        switch wire {
        case .tcp: throw Fault(.notFound, instrument, "its driver needs a wire \(DriverRegistry.Wire.modbus.rawValue)")
        case .modbusTCP(let host, let port, let number):
            address = .tcp(host: host, port: port)
            unit = number
            guard (0...255).contains(unit) else { throw Fault(.notFound, instrument, "unit \(unit) is not 0 to 255") }
        case .modbusRTU(let device, let baud, let format, let number):
            guard let settings = SerialSettings(baud: baud, format: format) else {
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
        let made = ModbusLine(address, timeouts: modbusTimeouts)
        modbus[address.description] = made
        return (made, unit)
    }

    func close() async {
        for connection in scpi.values { await connection.close() }
        for line in modbus.values { await line.close() }
    }
}
