import BenchCore
import Glibc
import TestSupport
import Testing

@testable import Instruments

@Suite("A simulated bench behind HiSLIP, VXI-11 and a serial line")
struct PlayedLinksTests {
    @Test("the drivers of a bench work over any of these wires")
    func drivers() async throws {
        let folder = try TemporaryFolder()
        let type = SyntheticBench.meterType(constant: 10_000)
        var (bench, world) = PlayedBench.describe(type, folder.path)
        let ports = FreePorts.take(2)
        bench.instruments[0].wire = .hislip(host: "127.0.0.1", port: ports[0], device: "hislip0")
        bench.instruments[1].wire = .vxi11(host: "127.0.0.1", device: "inst0", port: ports[1])
        bench.instruments[2].wire = .serial(
            device: folder.path + "/wires/counter", SerialFormat(baud: 115_200, format: "8N1"))
        world.faults = []
        let time = ScaledTime(scale: 20)
        let wires = try SimulatedWires.start(bench: bench, world: world, types: [type.id: type], time: time)
        defer { wires.stop() }
        #expect(wires.lines.contains("hislip 127.0.0.1:\(ports[0]) hislip0  source (SCPI)"))
        #expect(wires.lines.contains("vxi-11 127.0.0.1:\(ports[1]) inst0  standard (SCPI)"))
        let patient = WireTimeouts(connect: 10, response: 10, late: 1)
        let opened = try await WiredBench.open(
            bench: bench, meters: [:], time: time, scpi: patient, modbus: patient)
        let instruments = opened.instruments
        for instrument: any Instrument in [instruments.source, instruments.standard, instruments.counter] {
            #expect(try await instrument.identify().simulated)
        }
        try await (try #require(instruments.contactor)).close()
        let load = Loads.balanced(5)
        let constant = try await instruments.standard.range(for: load)
        #expect(constant == 50_000_000)
        try await instruments.source.prepare(load)
        try await instruments.source.apply()
        while try await !instruments.source.state().settled { try await time.sleep(seconds: 1) }
        try await instruments.counter.arm(channels: [1])
        try await instruments.standard.startEnergy()
        try await time.sleep(seconds: 20)
        // Three phases of 230 V and 5 A: 3450 W; the standard's planted error is below 0.1 %.
        #expect(abs(try await instruments.standard.read().totalPower - 3450) < 10)
        #expect(try await instruments.counter.edges(channel: 1, from: 0).edges.count > 50)
        #expect(try await instruments.standard.stopEnergy() > 3450 * 19)
        try await instruments.source.perform(.currentOff)
        try await instruments.source.perform(.voltageOff)
        #expect(try await !instruments.source.state().on)
        await opened.close()
    }
}
