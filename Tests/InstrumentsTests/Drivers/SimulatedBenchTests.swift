import BenchCore
import TestSupport
import Testing

@testable import Instruments

/// Our drivers against our simulators, through real sockets and a real pseudo-terminal.
@Suite("Drivers and simulated wires")
struct SimulatedBenchTests {
    /// The demonstration bench, moved to free ports and a line of its own.
    private func moved(_ folder: String) throws -> Simulation {
        var simulation = try Simulation.load(bench: Checkout.path("Fixtures/Benches/demo.yaml"))
        var ports: [Int: Int] = [:]
        func elsewhere(_ wire: WireAddress) throws -> WireAddress {
            func port(_ old: Int) throws -> Int {
                let new = try ports[old] ?? freePort()
                ports[old] = new
                return new
            }
            switch wire {
            case .tcp(let host, let old): return .tcp(host: host, port: try port(old))
            case .modbusTCP(let host, let old, let unit):
                return .modbusTCP(host: host, port: try port(old), unit: unit)
            case .modbusRTU(_, let baud, let format, let unit, _):
                return .modbusRTU(device: folder + "/bus", baud: baud, format: format, unit: unit)
            default: return wire
            }
        }
        for index in simulation.bench.instruments.indices {
            simulation.bench.instruments[index].wire = try elsewhere(simulation.bench.instruments[index].wire)
        }
        for index in simulation.bench.positions.indices {
            simulation.bench.positions[index].wire = try simulation.bench.positions[index].wire.map(elsewhere)
        }
        return simulation
    }

    @Test("identify, energise, measure, count edges, read meters, make safe")
    func wholeBench() async throws {
        let folder = try TemporaryFolder()
        let simulation = try moved(folder.path)
        let time = ScaledTime(scale: 100)
        let wires = try SimulatedWires.start(
            bench: simulation.bench, world: simulation.world, types: simulation.types, time: time)
        defer { wires.stop() }
        let type = try #require(simulation.types["demo-05s"])
        let patient = WireTimeouts(connect: 10, response: 20, late: 1)
        let wired = try await WiredBench.open(
            bench: simulation.bench,
            meters: Dictionary(uniqueKeysWithValues: simulation.bench.positions.map { ($0.number, type) }), time: time,
            scpi: patient, modbus: patient)
        let bench = wired.instruments

        for instrument: any Instrument in [bench.source, bench.standard, bench.counter] {
            let identity = try await instrument.identify()
            #expect(identity.simulated && identity.manufacturer == "MeterBench")
        }
        #expect(try await bench.climate?.identify().simulated == true)
        #expect(try await bench.contactor?.identify().simulated == true)
        for position in simulation.bench.positions {
            let identity = try await bench.meters[position.number]?.identify()
            #expect(identity?.serial == "DM-26-000\(position.number)" && identity?.simulated == true)
        }

        try await bench.contactor?.close()
        let load = LoadSetting(
            frequency: 50,
            phases: [0, -120, 120].map {
                PhaseLoad(voltage: 230, voltageAngle: $0, current: 5, currentLag: 0)
            })
        let constant = try await bench.standard.range(for: load)
        try await bench.source.prepare(load)
        try await bench.source.apply()
        while try await !bench.source.state().settled { try await time.sleep(seconds: 1) }
        let reading = try await bench.standard.read()
        // 3 · 230 V · 5 A; the source may be off by its error of 0.02 % and its noise.
        #expect(abs(reading.totalPower / 3450 - 1) < 0.005, "\(reading)")

        try await bench.counter.arm(channels: [1, 6])
        var edges: [PulseEdge] = []
        var next = 0
        while edges.count < 20 {
            let block = try await bench.counter.edges(channel: 1, from: next)
            edges += block.edges
            next = block.next
            #expect(!block.overrun)
        }
        // 10 000 imp/kWh against the constant of the standard: the meter's error is below 1 %.
        let counts = edges[19].referenceCount - edges[0].referenceCount
        #expect(abs(counts / (19 * constant / 10_000) - 1) < 0.01)

        do {
            var absurd = load
            absurd.phases[0].current = 900
            try await bench.source.prepare(absurd)
            Issue.record("900 A were taken")
        } catch let fault as Fault { #expect(fault.code == .refused) }

        try await bench.source.perform(.currentOff)
        try await bench.source.perform(.voltageOff)
        try await bench.contactor?.perform(.open)
        #expect(try await !bench.source.state().on)
        await wired.close()
    }
}
