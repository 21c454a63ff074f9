import BenchCore
import TestSupport
import Testing

@testable import Instruments

/// Real time enough for drivers that wait a moment.
private struct WallTime: Timekeeper {
    var now: BenchInstant { BenchInstant(seconds: WireTime.now) }
    var scale: Double? { 1 }
    func utc(_ moment: BenchInstant) -> String { "" }
    func sleep(until moment: BenchInstant) async throws {
        try await Task.sleep(nanoseconds: UInt64(max(0, moment - now) * 1e9))
    }
    var executor: (any TaskExecutor)? { nil }
}

@Suite("Wired bench")
struct WiredBenchTests {
    private func demo() throws -> BenchDescription {
        let path = Checkout.path("Fixtures/Benches/demo.yaml")
        return try BenchFile.load(try Disk.read(path), file: path)
    }

    @Test("the demonstration bench opens: every driver is known, nothing is sent")
    func opens() async throws {
        let bench = try demo()
        let type = try meterType("demo-05s")
        let wired = try await WiredBench.open(
            bench: bench, meters: Dictionary(uniqueKeysWithValues: bench.positions.map { ($0.number, type) }),
            time: WallTime())
        #expect(wired.instruments.meters.count == 6)
        #expect(wired.instruments.climate != nil && wired.instruments.contactor != nil)
        await wired.close()
    }

    @Test("an unknown driver is named together with the known ones")
    func unknown() async throws {
        var bench = try demo()
        bench.instruments[1].driver = "acme-9000"
        do {
            _ = try await WiredBench.open(bench: bench, meters: [:], time: WallTime())
            Issue.record("opened")
        } catch let fault as Fault {
            #expect(fault.code == .notFound && fault.instrument == "standard")
            #expect(fault.detail.contains("acme-9000") && fault.detail.contains("scpi-standard"))
        }
    }

    @Test("a driver on a wire of the wrong kind, and a line with two settings, are refused")
    func wrongWires() async throws {
        var bench = try demo()
        bench.instruments[0].wire = .modbusTCP(host: "127.0.0.1", port: 1, unit: 1)
        let wrongKind = bench
        #expect(
            await faultCode { try await WiredBench.open(bench: wrongKind, meters: [:], time: WallTime()) } == .notFound)
        bench = try demo()
        bench.positions[4].wire = .modbusRTU(device: "Runs/wires/bus-a", baud: 19200, format: "8N1", unit: 5)
        let twoSettings = bench
        let type = try meterType("demo-05s")
        #expect(
            await faultCode {
                try await WiredBench.open(bench: twoSettings, meters: [4: type, 5: type], time: WallTime())
            } == .notFound)
    }

    @Test(
        "a mixed bench: an SDM630 and a SunSpec meter share one RTU line",
        .disabled(if: ModbusPeer.missing, "\(ModbusPeer.skipped)"))
    func mixed() async throws {
        let peer = try await ModbusPeer.start(rtu: true, ["4=sdm630", "5=sunspec203"])
        var bench = try demo()
        bench.positions[3].wire = peer.wire(4)
        bench.positions[4].wire = peer.wire(5)
        let sdm = try meterType("eastron-sdm630")
        let sunSpec = try meterType("sunspec-three-phase")
        let wired = try await WiredBench.open(
            bench: bench, meters: [4: sdm, 5: sunSpec], time: WallTime(), modbus: .patient)
        let register = try #require(sdm.register(.activeEnergyImport))
        let point = try #require(sunSpec.register(.activeEnergyImport))
        async let one = wired.instruments.meters[4]?.read(register)
        async let other = wired.instruments.meters[5]?.read(point)
        #expect(try await one?.number == 1234.56)
        #expect(try await other?.number == 12345670)
        #expect(try await wired.instruments.meters[5]?.identify().manufacturer == "Example Meters")
        await wired.close()
    }
}

@Suite("Generic Modbus drivers")
struct GenericModbusTests {
    private static let nobody = InstrumentIdentity(
        manufacturer: "", model: "", serial: "", firmware: "", simulated: false)

    @Test("a contactor is what its feedback says", .disabled(if: ModbusPeer.missing, "\(ModbusPeer.skipped)"))
    func contactor() async throws {
        let peer = try await ModbusPeer.start(rtu: false, ["1=contactor", "2=stuck-contactor"])
        let line = ModbusLine(peer.address, timeouts: .patient)
        let good = ModbusContactor(id: "contactor", line: line, unit: 1, expected: Self.nobody, time: WallTime())
        try await good.close()
        #expect(try await good.unit.discreteInput(0, urgent: false))
        try await good.perform(.open)
        #expect(try await !good.unit.discreteInput(0, urgent: false))
        #expect(try await good.identify().simulated)
        let stuck = ModbusContactor(id: "contactor", line: line, unit: 2, expected: Self.nobody, time: WallTime())
        #expect(await faultCode { try await stuck.perform(.open) } == .interlock)
        #expect(try await !stuck.identify().simulated)
        #expect(await faultCode { try await good.perform(.currentOff) } == .refused)
    }

    @Test("a climate sensor is read over RTU", .disabled(if: ModbusPeer.missing, "\(ModbusPeer.skipped)"))
    func climate() async throws {
        let peer = try await ModbusPeer.start(rtu: true, ["1=climate"])
        let sensor = ModbusClimate(
            id: "climate", line: ModbusLine(peer.address, timeouts: .patient), unit: 1, expected: Self.nobody)
        #expect(try await sensor.read() == ClimateReading(temperature: 23.15, humidity: 45.12))
        #expect(try await !sensor.identify().simulated)
    }
}
