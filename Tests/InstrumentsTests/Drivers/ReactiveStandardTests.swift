import BenchCore
import TestSupport
import Testing

@testable import Instruments

/// The standard's reactive side over real sockets.
@Suite("Reactive energy by the standard's driver")
struct ReactiveStandardTests {
    @Test(
        "The standard reads reactive power, counts reactive energy when told to, and its pulses agree with the meter's reactive output"
    )
    func wire() async throws {
        var simulation = try Simulation.load(bench: Checkout.path("Fixtures/Benches/four-quadrant.yaml"))
        for index in simulation.bench.instruments.indices {
            if case .tcp(let host, _) = simulation.bench.instruments[index].wire {
                simulation.bench.instruments[index].wire = .tcp(host: host, port: try freePort())
            } else if case .modbusTCP(let host, _, let unit) = simulation.bench.instruments[index].wire {
                // Climate and contactor share a port.
                let shared = simulation.bench.instruments[..<index].lazy.compactMap { other -> Int? in
                    if case .modbusTCP(_, let port, _) = other.wire { return port }
                    return nil
                }.first
                simulation.bench.instruments[index].wire = .modbusTCP(
                    host: host, port: try shared ?? freePort(), unit: unit)
            }
        }
        for index in simulation.bench.positions.indices {
            simulation.bench.positions[index].wire = .modbusTCP(host: "127.0.0.1", port: try freePort(), unit: 1)
        }
        let time = ScaledTime(scale: 100)
        let wires = try SimulatedWires.start(
            bench: simulation.bench, world: simulation.world, types: simulation.types, time: time)
        defer { wires.stop() }
        let type = try #require(simulation.types["demo-four-quadrant"])
        let patient = WireTimeouts(connect: 10, response: 20, late: 1)
        let wired = try await WiredBench.open(
            bench: simulation.bench, meters: [1: type, 2: type, 3: type], time: time, scpi: patient, modbus: patient)
        let bench = wired.instruments
        try await bench.contactor?.close()
        // Quadrant III at sin φ = 0.5.
        let load = LoadSetting(
            frequency: 50,
            phases: [0, -120, 120].map {
                PhaseLoad(voltage: 230, voltageAngle: $0, current: 5, currentLag: 210)
            })
        try await bench.standard.count(.reactive)
        let constant = try await bench.standard.range(for: load)
        try await bench.source.prepare(load)
        try await bench.source.apply()
        while try await !bench.source.state().settled { try await time.sleep(seconds: 1) }
        let reading = try await bench.standard.read()
        let reactive = try #require(reading.reactivePowers)
        // 230 V · 5 A · sin 210° per phase.
        #expect(reactive.count == 3 && reactive.allSatisfy { abs($0 / -575 - 1) < 0.005 }, "\(reactive)")
        #expect(abs(reading.power(.reactive, at: load) / load.reactivePower - 1) < 0.005)

        try await bench.counter.arm(channels: [4])
        var edges: [PulseEdge] = []
        var next = 0
        while edges.count < 20 {
            let block = try await bench.counter.edges(channel: 4, from: next)
            edges += block.edges
            next = block.next
        }
        let counts = edges[19].referenceCount - edges[0].referenceCount
        #expect(abs(counts / (19 * constant / 10_000) - 1) < 0.02)

        let register = try #require(type.register(.reactiveEnergyThird))
        let power = try #require(type.register(.reactivePower))
        let meter = try #require(bench.meters[1])
        #expect(try await meter.read(register).unit == "varh")
        #expect(abs((try await meter.read(power).number ?? 0) / -1725 - 1) < 0.02)

        try await bench.standard.startEnergy()
        try await time.sleep(seconds: 60)
        #expect(try await bench.standard.stopEnergy() < 0)

        // L1 and L2 import 1150 W each, L3 exports as much: the sum is one of the three.
        var opposite = load
        for (i, lag) in [0.0, 0, 180].enumerated() { opposite.phases[i].currentLag = lag }
        try await bench.standard.count(.active)
        _ = try await bench.standard.range(for: opposite)
        try await bench.source.prepare(opposite)
        try await bench.source.apply()
        try await time.sleep(seconds: 10)
        try await bench.standard.startEnergy()
        try await time.sleep(seconds: 60)
        let split = try await bench.standard.splitEnergy()
        #expect(split.phases.count == 3 && split.phases[0].imported > 60 * 1140, "\(split)")
        #expect(split.phases[0].exported == 0 && split.phases[2].imported == 0)
        #expect(abs(split.phases[2].exported / split.phases[0].imported - 1) < 0.01)
        #expect(abs(split.total.imported * 3 / split.throughput - 1) < 0.01 && split.total.exported == 0)
        _ = try await bench.standard.stopEnergy()
    }

    @Test("A standard whose bench file says nothing of reactive energy refuses to count it, with the reason")
    func refused() async throws {
        let timeouts = WireTimeouts(connect: 1, response: 1, late: 0)
        let standard = SCPIStandard(
            id: "standard", wire: SCPIConnection(wire: .tcp(host: "127.0.0.1", port: 1), timeouts: timeouts))
        let fault = await #expect(throws: Fault.self) { try await standard.count(.reactive) }
        #expect(fault?.code == .refused && fault?.detail.contains("does not say that it measures reactive") == true)
        let split = await #expect(throws: Fault.self) { _ = try await standard.splitEnergy() }
        #expect(
            split?.code == .refused && split?.detail.contains("keeps import and export of the phases apart") == true)
    }
}
