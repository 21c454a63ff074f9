import BenchCore
import TestSupport
import Testing

@testable import Instruments

@Suite("Climate sensors, interlocks and lamps over Modbus")
struct ModbusSignalsTests {
    /// The driver that a bench file would get for a role.
    private func driver<T>(
        _ name: String, _ role: InstrumentRole, _ wire: WireAddress, types: [String: InstrumentType] = [:],
        as _: T.Type = T.self
    ) async throws -> T {
        let description = InstrumentDescription(
            id: "device", role: role, driver: name, wire: wire, manufacturer: "Maker", model: "Model", serial: "S1",
            traceability: nil, source: nil, accuracy: [], counter: nil, climate: nil)
        let entry = try DriverRegistry.entry(for: description, types: types)
        let context = DriverContext(
            description: description, wires: Wires(scpi: .scpi, modbus: .patient), time: ScaledTime(scale: 1))
        return try #require(try await entry.make(context) as? T)
    }

    private func type(_ lines: String) throws -> [String: InstrumentType] {
        let type = try InstrumentTypeFile.load(Array(lines.utf8), file: "device.yaml")
        return [type.name: type]
    }

    private func shipped(_ name: String) throws -> [String: InstrumentType] {
        let path = Checkout.path("Fixtures/Instruments/\(name).yaml")
        return [name: try InstrumentTypeFile.load(try Disk.read(path), file: path)]
    }

    /// Registers far apart, floats low word first in kelvin, with a mark and a serial number of its own.
    private static let other = """
        instrument-type: other
        family: modbus-sensor
        manufacturer: Maker
        models: [A, B]
        source: a manual
        temperature: { function: 3, address: 1002, type: float32, word-order: low word first, unit: °C, offset: -273.15 K, lowest: -30 °C, highest: 70 °C }
        humidity: { function: 3, address: 1020, type: int16, not-available: 0x8000, scale: 0.01, unit: "%", lowest: 0 %, highest: 100 % }
        serial-number: { function: 3, address: 0, type: text, words: 4 }
        """

    @Test("an XY-MD02: tenths, signed, in one request", .disabled(if: ModbusPeer.missing, "\(ModbusPeer.skipped)"))
    func sensor() async throws {
        let types = try shipped("xy-md02")
        #expect(types["xy-md02"]?.unconfirmed.count == 1)
        let peer = try await ModbusTable.serve(["1 ir 1 >hH -123 456"])
        let sensor = try await driver(
            "xy-md02", .environment, peer.wire(), types: types, as: (any EnvironmentSensor).self)
        #expect(try await sensor.read() == ClimateReading(temperature: -12.3, humidity: 45.6))
        let identity = try await sensor.identify()
        #expect(identity.manufacturer == "Maker" && identity.serial == "S1" && !identity.simulated)
        try await peer.set("1 ir 1 >hH 601 456")
        #expect(await faultCode { try await sensor.read() } == .badAnswer)
    }

    @Test(
        "a sensor with registers apart, an offset and a mark",
        .disabled(if: ModbusPeer.missing, "\(ModbusPeer.skipped)"))
    func apart() async throws {
        let peer = try await ModbusTable.serve(["1 hr 1002 >f~ 296.5", "1 hr 1020 >h 4567", "1 hr 0 s4 SN-42"])
        let sensor = try await driver(
            "other", .environment, peer.wire(), types: try type(Self.other), as: (any EnvironmentSensor).self)
        let reading = try await sensor.read()
        #expect(abs(reading.temperature - 23.35) < 1e-9 && reading.humidity == 45.67)
        #expect(try await sensor.identify().serial == "SN-42")
        try await peer.set("1 hr 1020 >h 0x8000")
        var fault: Fault?
        do { _ = try await sensor.read() } catch let error as Fault { fault = error }
        #expect(fault?.detail == "the sensor says that it has no humidity")
    }

    @Test("a sensor's file with mistakes names each with its place")
    func mistakes() {
        let file = """
            instrument-type: broken
            family: modbus-sensor
            manufacturer: Maker
            models: [A]
            source: a manual
            temperature: { function: 5, address: 1, type: int16, unit: °F, lowest: 60 °C, highest: -40 °C }
            humidity: { function: 4, address: 70000, type: text, words: 1, unit: "%", lowest: 0 %, highest: 100 % }
            """
        var text = ""
        do { _ = try InstrumentTypeFile.load(Array(file.utf8), file: "broken.yaml") } catch { text = "\(error)" }
        for words in [
            "broken.yaml:6:26: function 5 reads no registers", "«°F» is not the unit of temperature here; it is «°C»",
            "-40 °C is not above the lowest, 60 °C", "broken.yaml:7:35:", "text is no humidity",
        ] { #expect(text.contains(words), "\(words) in\n\(text)") }
    }

    @Test(
        "an interlock: every contact, in words; silence is never a closed loop",
        .disabled(if: ModbusPeer.missing, "\(ModbusPeer.skipped)"))
    func interlock() async throws {
        let peer = try await ModbusTable.serve(["1 di 0 bits 1 0", "1 co 7 bits 0"])
        let plain = try await driver("modbus-interlock", .interlock, peer.wire(), as: (any Interlock).self)
        #expect(try await plain.state() == InterlockState(closed: true, open: []))
        try await peer.set("1 di 0 bits 0")
        #expect(try await plain.state() == InterlockState(closed: false, open: ["the interlock loop"]))
        let doors = try type(
            """
            instrument-type: doors
            family: modbus-interlock
            manufacturer: Maker
            models: [A]
            source: a drawing
            contacts:
              - { name: door, function: 2, address: 0, closed: 1 }
              - { name: emergency stop, function: 2, address: 1, closed: 0 }
              - { name: key switch, function: 1, address: 7, closed: 1 }
            """)
        let loop = try await driver("doors", .interlock, peer.wire(), types: doors, as: (any Interlock).self)
        #expect(try await loop.state() == InterlockState(closed: false, open: ["door", "key switch"]))
        try await peer.set("1 di 0 bits 1 0")
        try await peer.set("1 co 7 bits 1")
        #expect(try await loop.state() == InterlockState(closed: true, open: []))
        let absent = try await driver(
            "modbus-interlock", .interlock, .modbusTCP(host: "127.0.0.1", port: 1, unit: 1),
            as: (any Interlock).self)
        #expect(await faultCode { try await absent.state() } == .connectionRefused)
    }

    @Test("no contacts, no answers: the loop counts as open")
    func emptyLoop() {
        #expect(!ModbusInterlockWire.state([], []).closed)
        #expect(!ModbusInterlockWire.state([], ModbusInterlockWire.loop).closed)
    }

    @Test("a lamp: coils as the signal wants them", .disabled(if: ModbusPeer.missing, "\(ModbusPeer.skipped)"))
    func lamp() async throws {
        let peer = try await ModbusTable.serve(["1 co 0 bits 1 0 0"])
        let lamp = try await driver("modbus-lamp", .lamp, peer.wire(), as: (any SignalLamp).self)
        for (signal, wanted) in [
            (LampSignal.energised, [0, 1, 0]), (.fault, [0, 0, 1]), (.ready, [1, 0, 0]), (.off, [0, 0, 0]),
        ] {
            try await lamp.show(signal)
            var lit: [Int] = []
            for coil in 0..<3 { lit.append(try await peer.value("1 co \(coil)")) }
            #expect(lit == wanted, "\(signal)")
        }
    }

    @Test("a lamp that shows nothing for «energised» is refused")
    func blindLamp() {
        let file = """
            instrument-type: blind
            family: modbus-lamp
            manufacturer: Maker
            models: [A]
            source: a drawing
            lights: [{ name: green, coil: 0, signals: [ready] }]
            """
        var text = ""
        do { _ = try InstrumentTypeFile.load(Array(file.utf8), file: "blind.yaml") } catch { text = "\(error)" }
        #expect(text.contains("blind.yaml:6:9: no light shows «energised»"), "\(text)")
    }

    @Test("what lights up comes before what goes out")
    func order() {
        #expect(
            ModbusLampWire.writes(.energised, ModbusLampWire.lights) == [
                .writeCoil(address: 1, on: true), .writeCoil(address: 0, on: false), .writeCoil(address: 2, on: false),
            ])
    }

    @Test("transcripts on a serial line, byte for byte", arguments: ["xy-md02", "modbus-interlock", "modbus-lamp"])
    func transcripts(_ name: String) async throws {
        let path = Checkout.path("Fixtures/Transcripts/\(name).txt")
        let transcript = try TranscriptWire(try Disk.read(path), file: path)
        let folder = try TemporaryFolder()
        let line = folder.path + "/line"
        let server = try LoopbackServer(
            transcript, path: line, format: SerialFormat(baud: 9600, format: "8N1"))
        func wire(_ unit: Int) -> WireAddress { .modbusRTU(device: line, baud: 9600, format: "8N1", unit: unit) }
        switch name {
        case "xy-md02":
            let sensor = try await driver(
                name, .environment, wire(1), types: try shipped(name), as: (any EnvironmentSensor).self)
            #expect(try await sensor.read() == ClimateReading(temperature: 30.5, humidity: 54.6))
            #expect(try await sensor.read() == ClimateReading(temperature: -10.1, humidity: 50))
        case "modbus-interlock":
            let loop = try await driver(name, .interlock, wire(5), as: (any Interlock).self)
            #expect(try await loop.state().closed)
            #expect(try await loop.state().open == ["the interlock loop"])
        default:
            let lamp = try await driver(name, .lamp, wire(6), as: (any SignalLamp).self)
            try await lamp.show(.energised)
        }
        #expect(await transcript.spoken() == nil)
        withExtendedLifetime(server) {}
    }

    @Test("simulated units answer the same drivers, and say that they are simulated")
    func simulated() async throws {
        var maker = WorldMaker(positions: 1, constant: 10_000)
        for i in maker.bench.instruments.indices { maker.bench.instruments[i].climate?.temperatureU = 0 }
        let world = World(maker.world, bench: maker.bench, types: maker.types)
        let context = UnitContext(world: world, time: SteppedTime())
        let loop = InterlockUnit(place: .instrument("interlock"))
        let light = LampUnit(place: .instrument("lamp"))
        let node = try StrictYAML.read(Array(Self.other.utf8), file: "other.yaml")
        let table = try #require(
            Fields.read(node, "a type", Complaints("other.yaml")) { f -> ModbusSensorTable? in
                _ = f.keys()
                return ModbusSensorTable.read(f)
            })
        let sensorUnit = SensorUnit(
            context: context, place: .instrument("climate"), table: table, serial: "T-77")
        let server = try LoopbackServer(
            SimulatedModbus(context: context, framing: .tcp, units: [1: loop, 2: light, 3: sensorUnit]))
        guard case .tcp(let host, let port) = server.address else { return }
        func wire(_ unit: Int) -> WireAddress { .modbusTCP(host: host, port: port, unit: unit) }
        let interlock = try await driver("modbus-interlock", .interlock, wire(1), as: (any Interlock).self)
        #expect(try await interlock.identify().simulated)
        #expect(try await interlock.state().closed)
        loop.closed = false
        #expect(try await interlock.state() == InterlockState(closed: false, open: ["the interlock loop"]))
        let lamp = try await driver("modbus-lamp", .lamp, wire(2), as: (any SignalLamp).self)
        #expect(try await lamp.identify().simulated)
        try await lamp.show(.energised)
        #expect(light.lit == [false, true, false])
        let sensor = try await driver(
            "other", .environment, wire(3), types: try type(Self.other), as: (any EnvironmentSensor).self)
        let reading = try await sensor.read()
        // 23 °C and 45 % in this world; a float in kelvin holds 15 µK.
        #expect(abs(reading.temperature - 23) < 1e-3 && reading.humidity == 45)
        #expect(try await sensor.identify().serial == "T-77")
    }
}
