import BenchCore
import TestSupport
import Testing

@testable import Instruments

/// One maker's meter as the test plays it: registers by the numbers of the manual less what the manual says to subtract.
struct PlayedMap: Sendable, CustomTestStringConvertible {
    let type: String
    /// Lines for `Peers/modbus_table.py`; what the meter shows for a plausible load that is fed back.
    let held: [String]
    let identity: InstrumentIdentity
    let expected: [String: Double]
    /// The marks for «not available» of the maker, by register, and the registers that are then no number.
    let marked: [String], missing: [String]

    var testDescription: String { type }

    static let all = [schneiderPanel, schneiderRail, abbSteel, abbSilver, abbTransformer, socomec, janitza]

    private static func id(_ maker: String, _ model: String, _ serial: String, _ firmware: String = "")
        -> InstrumentIdentity
    {
        InstrumentIdentity(manufacturer: maker, model: model, serial: serial, firmware: firmware, simulated: false)
    }

    // PM51xx, PM53xx Register List: registers less 1.
    private static let schneiderPanel = PlayedMap(
        type: "schneider-pm5300",
        held: [
            "1 hr \(50 - 1) s20 PM5320", "1 hr \(70 - 1) s20 Schneider Electric", "1 hr \(130 - 1) >I 3141592653",
            "1 hr \(1637 - 1) >H 10203", "1 hr \(3204 - 1) >qq 12345678901 987654",
            "1 hr \(3000 - 1) >fff 5.01 4.99 5.02", "1 hr \(3028 - 1) >fff 230.1 231.2 229.9",
            "1 hr \(3054 - 1) >ffff -1.15 -1.16 -1.14 -3.45", "1 hr \(3110 - 1) >f 49.98", "1 hr \(3192 - 1) >f -0.998",
        ],
        identity: id("Schneider Electric", "PM5320", "3141592653", "10203"),
        expected: [
            "energy-import": 12_345_678_901, "energy-export": 987_654, "current-L1": 5.01, "current-L3": 5.02,
            "voltage-L2": 231.2, "power-L2": -1.16, "power": -3.45, "frequency": 49.98, "power-factor": -0.998,
        ],
        // Sheet «Data Types», column «N/A Value».
        marked: [
            "1 hr 129 >I 0xFFFFFFFF", "1 hr 3203 >qq 0x8000000000000000 0x8000000000000000", "1 hr 3027 >f 0xFFC00000",
            "1 hr 3191 >f 0xFFC00000",
        ], missing: ["serial", "energy-import", "energy-export", "voltage-L1", "power-factor"])

    // DOCA0005EN-04, Modbus register list: registers less 1.
    private static let schneiderRail = PlayedMap(
        type: "schneider-iem3155",
        held: [
            "1 hr \(50 - 1) s20 iEM3155", "1 hr \(70 - 1) s20 Schneider Electric", "1 hr \(130 - 1) >I 22222222",
            "1 hr \(3204 - 1) >QQ 99999999999 12345", "1 hr \(3000 - 1) >fff 10.5 0.25 63",
            "1 hr \(3028 - 1) >fff 230.1 231.2 229.9", "1 hr \(3054 - 1) >ffff 1.5 -0.5 2.25 3.25",
            "1 hr \(3110 - 1) >f 50.01",
        ],
        identity: id("Schneider Electric", "iEM3155", "22222222"),
        expected: [
            "energy-import": 99_999_999_999, "energy-export": 12_345, "current-L1": 10.5, "current-L2": 0.25,
            "voltage-L3": 229.9, "power-L2": -0.5, "power": 3.25, "frequency": 50.01,
        ],
        marked: ["1 hr 3059 >f nan"], missing: ["power"])

    // B23/B24 User Manual, 9.3: hexadecimal numbers as on the wire.
    private static func abb(_ model: String, export: Bool) -> PlayedMap {
        PlayedMap(
            type: "abb-" + model.lowercased().replacingBlank,
            held: [
                "1 hr \(0x8900) >I 87654321", "1 hr \(0x8908) s8 1.20.0", "1 hr \(0x8960) s6 \(model)",
                "1 hr \(0x5000) >QQq 12345678 7001 12338677", "1 hr \(0x5B00) >IIIIII 2301 2312 2299 4005 3995 3985",
                "1 hr \(0x5B0C) >IIII 501 499 502 3", "1 hr \(0x5B14) >iiii -345678 -115250 -115328 -115100",
                "1 hr \(0x5B2C) >H 4998", "1 hr \(0x5B3A) >hhhh -998 -997 -999 -998",
            ],
            identity: id("ABB", model, "87654321", "1.20.0"),
            expected: [
                "energy-import": 123_456.78, "voltage-L1": 230.1, "voltage-L3": 229.9, "current-L1": 5.01,
                "current-L3": 5.02, "power": -3456.78, "power-L1": -1152.5, "frequency": 49.98, "power-factor": -0.998,
            ].merging(export ? ["energy-export": 70.01] : [:]) { first, _ in first },
            // 9.2: invalid values.
            marked: [
                "1 hr \(0x8900) >I 0xFFFFFFFF", "1 hr \(0x5000) >QQ 0xFFFFFFFFFFFFFFFF 0xFFFFFFFFFFFFFFFF",
                "1 hr \(0x5B02) >I 0xFFFFFFFF", "1 hr \(0x5B14) >i 0x7FFFFFFF", "1 hr \(0x5B3A) >h 0x7FFF",
                "1 hr \(0x5B2C) >H 0xFFFF",
            ],
            missing: ["serial", "energy-import", "voltage-L2", "power", "power-factor", "frequency"]
                + (export ? ["energy-export"] : []))
    }
    private static let abbSteel = abb("B23 112-100", export: false)
    private static let abbSilver = abb("B23 312-100", export: true)
    private static let abbTransformer = abb("B24 112-100", export: false)

    // MODBUS tables of Countis_E34_E44: decimal addresses as on the wire; power in steps of 10 W.
    private static let socomec = PlayedMap(
        type: "socomec-countis-e44",
        held: [
            "1 hr 50042 s8 SOCOMEC", "1 hr 50058 s8 Countis E44", "1 hr 50770 >I 123456", "1 hr 50946 >I 12345678",
            "1 hr 50520 >IIIIIII 23010 23120 22990 4998 1001 999 1002", "1 hr 50536 >i -69",
            "1 hr 50542 >iiii -998 -23 -24 -22",
        ],
        identity: id("SOCOMEC", "Countis E44", ""),
        expected: [
            "energy-import": 123_456, "energy-import-fine": 123_456.78, "voltage-L1": 230.1, "voltage-L3": 229.9,
            "frequency": 49.98, "current-L1": 1.001, "current-L3": 1.002, "power": -690, "power-factor": -0.998,
            "power-L1": -230, "power-L3": -220,
        ],
        marked: [
            "1 hr 50770 >I 0xFFFFFFFF", "1 hr 50524 >I 0xFFFFFFFF", "1 hr 50536 >i 0x7FFFFFFF",
        ], missing: ["energy-import", "voltage-L3", "power"])

    // UMG 96RM-E Modbus address list, frequently required readings: addresses as on the wire.
    private static let janitza = PlayedMap(
        type: "janitza-umg-96rm-e",
        held: [
            "1 hr 750 >H 302", "1 hr 754 >I 70012345", "1 hr 19000 >fff 230.1 231.2 229.9",
            "1 hr 19012 >fff 5.01 4.99 5.02", "1 hr 19020 >ffff -1152.5 -1153.25 -1151 -3456.75", "1 hr 19050 >f 49.98",
            "1 hr 19060 >f 12000000", "1 hr 19068 >f 12345678", "1 hr 19076 >f 345678",
        ],
        identity: id("Janitza", "UMG 96RM-E", "70012345", "302"),
        expected: [
            "energy-import": 12_345_678, "energy-export": 345_678, "voltage-L2": 231.2, "current-L2": 4.99,
            "power": -3456.75, "power-L3": -1151, "frequency": 49.98,
        ],
        marked: ["1 hr 19050 >f nan"], missing: ["frequency"])
}

extension String {
    fileprivate var replacingBlank: String { String(map { $0 == " " ? "-" : $0 }) }
}

@Suite("Meter types of the makers, played by pymodbus with values that Python's struct encoded")
struct MakersMapsTests {
    @Test(
        "every register reads as the meter's display shows it",
        .disabled(if: ModbusPeer.missing, "\(ModbusPeer.skipped)"),
        arguments: PlayedMap.all)
    func values(_ map: PlayedMap) async throws {
        let peer = try await ModbusTable.serve(map.held)
        let type = try meterType(map.type)
        let meter = try await WiredBench.meter(id: "meter", type: type, wire: peer.wire(), modbus: .patient)
        #expect(try await meter.identify() == map.identity)
        for (name, value) in map.expected {
            let register = try #require(type.registers.first { $0.name == name }, "\(name)")
            let read = try await meter.read(register)
            #expect(read.number == value, "\(name)")
            #expect(read.unit == register.unit)
        }
        // No register is refused: every address of the type is one that the lines above hold.
        let reading = try await MeterReading.take(type: type, wire: peer.wire(), timeouts: .patient)
        #expect(reading.registers.filter { $0.fault != nil }.map(\.name).isEmpty)
        #expect(reading.table.contains(map.identity.serial.isEmpty ? "not in the map" : map.identity.serial))
    }

    @Test(
        "the maker's marks for «not available» are no number",
        .disabled(if: ModbusPeer.missing, "\(ModbusPeer.skipped)"), arguments: PlayedMap.all)
    func marks(_ map: PlayedMap) async throws {
        let peer = try await ModbusTable.serve(map.held + map.marked)
        let type = try meterType(map.type)
        let meter = try await WiredBench.meter(id: "meter", type: type, wire: peer.wire(), modbus: .patient)
        for register in type.registers {
            let read = try await meter.read(register)
            #expect((read.number == nil && read.text == nil) == map.missing.contains(register.name), "\(register.name)")
        }
    }

    @Test("our own simulated meter answers every map, and the driver reads it back", arguments: PlayedMap.all)
    func simulated(_ map: PlayedMap) async throws {
        let type = try meterType(map.type)
        let played = try PlayedBench(type: type) { world in
            for i in world.meters.indices { world.meters[i].serial = "1234567\(i)" }
        }
        let began = played.time.now
        let bench = try await played.open()
        let meter = try #require(bench.meters[1])
        try await (try #require(bench.contactor)).close()
        try await bench.source.prepare(Loads.balanced(1))
        try await bench.source.apply()
        try await played.time.sleep(seconds: 30)
        if type.register(.serialNumber) != nil { #expect(try await meter.identify().serial == "12345670") }
        func read(_ role: RegisterRole) async throws -> Double {
            let register = try #require(type.register(role), "\(role)")
            let value = try await meter.read(register)
            return try #require(value.number, "\(role)")
        }
        #expect(abs(try await read(.voltageL1) - 230) < 1)
        #expect(abs(try await read(.currentL3) - 1) < 0.02)
        #expect(abs(try await read(.frequency) - 50) < 0.01)
        // 690 W; a W is 0.001 of what a meter in kW shows; the coarsest step is 10 W.
        let power = try #require(type.register(.activePower))
        #expect(abs(try await read(.activePower) * (power.unit == "kW" ? 1000 : 1) - 690) < 10)
        // The registers begin at 12.5 kWh; 690 W add what they can in the time that has gone by.
        let energy = try #require(type.register(.activeEnergyImport))
        let imported = try await read(.activeEnergyImport) / (energy.unit == "Wh" ? 1000 : 1)
        #expect(imported >= (energy.resolution == 1 && energy.unit == "kWh" ? 12 : 12.5))
        #expect(imported <= 12.51 + 0.69 * (played.time.now - began) / 3600)
        // What the world does not know («other») is marked as the maker marks it, not as a number.
        for register in type.registers where register.role == .other {
            #expect(try await meter.read(register).number == nil, "\(register.name)")
        }
    }

    @Test("what cannot be told by pulses is said, not guessed")
    func constants() throws {
        for map in PlayedMap.all {
            let type = try meterType(map.type)
            #expect(type.constants.isEmpty == (map.type != "abb-b23-112-100"), "\(map.type)")
        }
        // The plate of the meter: 1000 imp/kWh.
        #expect(try meterType("abb-b23-112-100").constant(.import)?.pulsesPerKilowattHour == 1000)
        #expect(try meterType("abb-b23-112-100").constant(.export) == nil)
    }
}
