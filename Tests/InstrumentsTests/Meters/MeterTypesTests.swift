import BenchCore
import TestSupport
import Testing

@testable import Instruments

@Suite("Shipped meter types, played by pymodbus")
struct MeterTypesTests {
    /// The values that `Peers/modbus_meter.py` holds for every map, as the meter's display would show them.
    private func check(_ meter: ModbusMeter, _ type: MeterType, _ expected: [String: Double]) async throws {
        for (name, value) in expected {
            let register = try #require(type.registers.first { $0.name == name }, "\(name)")
            let read = try await meter.read(register)
            #expect(read.number == value, "\(name)")
            #expect(read.unit == register.unit)
        }
    }

    @Test(
        "an SDM630 over TCP and over RTU", .disabled(if: ModbusPeer.missing, "\(ModbusPeer.skipped)"),
        arguments: [false, true])
    func sdm630(rtu: Bool) async throws {
        let peer = try await ModbusPeer.start(rtu: rtu, ["1=sdm630"])
        let type = try meterType("eastron-sdm630")
        let meter = try await peer.meter(1, "eastron-sdm630")
        let identity = try await meter.identify()
        #expect(identity.manufacturer == "Eastron")
        #expect(identity.serial == "20207224")  // 0x01345678
        #expect(!identity.simulated)
        try await check(
            meter, type,
            [
                "voltage-L1": 230.1, "voltage-L2": 231.2, "voltage-L3": 229.9, "current-L1": 5.01,
                "current-L2": 4.99, "current-L3": 5.02, "power-L1": 1152.5, "power": 3456.75,
                "power-factor": 0.998, "frequency": 49.98, "energy-import": 1234.56, "energy-export": 78.9,
            ])
    }

    @Test(
        "an EM340 over TCP and over RTU: low word first, negative for export",
        .disabled(if: ModbusPeer.missing, "\(ModbusPeer.skipped)"), arguments: [false, true])
    func em340(rtu: Bool) async throws {
        let peer = try await ModbusPeer.start(rtu: rtu, ["3=em340"])
        let type = try meterType("carlo-gavazzi-em340")
        let meter = try await peer.meter(3, "carlo-gavazzi-em340")
        #expect(try await meter.identify().serial == "KX1234567890A")
        try await check(
            meter, type,
            [
                "voltage-L1": 230.1, "voltage-L3": 229.9, "current-L1": 5.01, "current-L3": -5.02, "power": -3456.7,
                "power-factor": -0.998, "frequency": 49.9, "energy-import": 1234567.8, "energy-export": 7000.1,
                "model-code": 340,
            ])
    }

    @Test(
        "SunSpec by discovery: integers with scale factors at 40000 and at 50000, floats at 0",
        .disabled(if: ModbusPeer.missing, "\(ModbusPeer.skipped)"),
        arguments: [
            ("sunspec203", 203, 12345670.0, 7890.0), ("sunspec-at-50000", 201, 12345670, 7890),
            ("sunspec213", 213, 12345670, 7890.5),
        ])
    func sunSpec(map: String, model: Int, imported: Double, exported: Double) async throws {
        let peer = try await ModbusPeer.start(rtu: false, ["1=\(map)"])
        let type = try meterType("sunspec-three-phase")
        let meter = try await peer.meter(1, "sunspec-three-phase")
        let identity = try await meter.identify()
        #expect(
            identity
                == InstrumentIdentity(
                    manufacturer: "Example Meters", model: "EM-3000", serial: "SN-0042", firmware: "2.10",
                    simulated: false))
        #expect(try await meter.sunSpecModel() == model)
        try await check(
            meter, type,
            [
                "energy-import": imported, "energy-export": exported, "voltage-L1": 230.1, "voltage-L2": 231.2,
                "current-L1": 5.01, "current-L2": 4.99, "frequency": 49.98,
                "power": model == 213 ? -3456.75 : -3450, "power-factor": -0.998,
            ])
    }

    @Test(
        "what a SunSpec meter does not implement is no number",
        .disabled(if: ModbusPeer.missing, "\(ModbusPeer.skipped)"), arguments: ["sunspec203", "sunspec213"])
    func notImplemented(map: String) async throws {
        let peer = try await ModbusPeer.start(rtu: false, ["1=\(map)"])
        let meter = try await peer.meter(1, "sunspec-three-phase")
        let register = RegisterDefinition(
            name: "va", role: .other, place: .sunspec(point: "VAphB"), scale: 1, unit: "VA", resolution: nil)
        let value = try await meter.read(register)
        #expect(value.number == nil && value.text == nil)
    }

    @Test(
        "a broken chain is a fault with a name", .disabled(if: ModbusPeer.missing, "\(ModbusPeer.skipped)"),
        arguments: [
            ("sunspec-no-meter", Fault.Code.notFound, "no meter model"), ("sunspec-no-end", .badAnswer, "breaks off"),
            ("sunspec-endless", .badAnswer, "does not end"), ("sunspec-overrun", .badAnswer, "address space"),
            ("sunspec-no-scale", .badAnswer, "scale factor"), ("none", .notFound, "SunS"),
            ("sunspec203:exception=6", .modbusException, "device busy"),
        ])
    func brokenChains(map: String, code: Fault.Code, words: String) async throws {
        let peer = try await ModbusPeer.start(rtu: false, ["1=\(map)"])
        let meter = try await peer.meter(1, "sunspec-three-phase")
        let register = try #require(try meterType("sunspec-three-phase").register(.activeEnergyImport))
        do {
            _ = try await meter.read(register)
            Issue.record("\(map) was read")
        } catch let fault as Fault {
            #expect(fault.code == code)
            #expect(fault.detail.contains(words), "\(fault.detail)")
        }
    }

    // A chain whose next address lies beyond 65535 cannot be asked for at all.
    @Test("a chain that leaves the address space is a fault")
    func overrun() async {
        var fault: Fault?
        do {
            _ = try await SunSpecDiscovery.models(of: "meter") { address, count in
                switch address {
                case 40000: return SunSpecMap.marker
                case 40002: return [1, 66]
                default: return [203, 30000]
                }
            }
        } catch { fault = error as? Fault }
        #expect(fault?.code == .badAnswer)
        #expect(fault?.detail.contains("address space") == true)
    }

    @Test(
        "all shipped types load and say where their map was published",
        arguments: ["demo-05s", "eastron-sdm630", "carlo-gavazzi-em340", "sunspec-three-phase"])
    func shipped(name: String) throws {
        let type = try meterType(name)
        #expect(type.id == name)
        #expect(!type.source.isEmpty)
        #expect(type.register(.activeEnergyImport) != nil && type.register(.serialNumber) != nil)
        for register in type.registers {
            guard case .sunspec(let point) = register.place else { continue }
            for number in [203, 213] {
                let model = SunSpecMap.Model(number: SunSpecMap.isCommon(point) ? 1 : number, address: 0, length: 105)
                #expect(SunSpecMap.point(point, in: model) != nil, "\(point) in \(number)")
            }
        }
    }
}
