import BenchCore
import Testing

@testable import Instruments

@Suite("Faults of the simulated world")
struct WorldFaultsTests {
    private func bench(_ faults: [PlannedFault], time: SteppedTime) -> BenchInstruments {
        let world = Quiet.world([Quiet.meter(1)], faults: faults)
        return SimulatedBench.instruments(world, time: time)
    }
    private func energise(_ bench: BenchInstruments, _ load: LoadSetting = Loads.balanced(5)) async throws {
        try await bench.contactor?.close()
        try await bench.source.prepare(load)
        try await bench.source.apply()
    }
    private func code(_ body: () async throws -> Void) async -> Fault.Code? {
        do { try await body() } catch { return (error as? Fault)?.code }
        return nil
    }

    @Test("A source trips at its time: everything off, the fault word stays, and it refuses to go on again")
    func trip() async throws {
        let time = SteppedTime()
        let bench = bench([PlannedFault(.bench, .sourceFault("over-temperature"), at: 20)], time: time)
        try await time.sleep(seconds: 100)
        try await energise(bench)
        try await time.sleep(seconds: 19)
        #expect(try await bench.source.state() == SourceState(on: true, settled: true, fault: nil))
        try await time.sleep(seconds: 2)
        #expect(
            try await bench.source.state() == SourceState(on: false, settled: false, fault: "over-temperature"))
        #expect(abs(try await bench.standard.read().totalPower) < 1e-6)
        #expect(await code { try await bench.source.apply() } == .refused)
    }

    @Test("The air and the frequency leave their place when planned")
    func excursions() async throws {
        let time = SteppedTime()
        let bench = bench(
            [
                PlannedFault(.bench, .temperatureStep(5), at: 30), PlannedFault(.bench, .frequencyShift(0.5), at: 30),
                PlannedFault(.bench, .distortion(4), at: 30),
            ], time: time)
        try await energise(bench)
        try await time.sleep(seconds: 29)
        let before = try #require(try await bench.climate?.read().temperature)
        #expect(try await bench.standard.read().frequency == 50)
        try await time.sleep(seconds: 2)
        let after = try #require(try await bench.climate?.read().temperature)
        #expect(abs(after - before - 5) < 1e-9)
        #expect(try await bench.standard.read().frequency == 50.5)
        #expect(try await bench.standard.read().voltageDistortion == [4.3, 4.3, 4.3])
    }

    @Test("A stuck contactor says so, and power stays")
    func stuck() async throws {
        let time = SteppedTime()
        let bench = bench([PlannedFault(.bench, .stuckClosed, at: 5)], time: time)
        try await energise(bench)
        try await time.sleep(seconds: 6)
        #expect(await code { try await bench.contactor?.perform(.open) } == .interlock)
        #expect(try await bench.standard.read().totalPower > 3000)
        let open = self.bench([PlannedFault(.bench, .stuckOpen)], time: SteppedTime())
        #expect(await code { try await open.contactor?.close() } == .interlock)
    }

    @Test("A counter with a small memory loses edges and admits it")
    func memory() async throws {
        let time = SteppedTime()
        let bench = bench([PlannedFault(.bench, .memory(64))], time: time)
        try await energise(bench)
        try await bench.counter.arm(channels: [1])
        try await time.sleep(seconds: 60)
        let block = try await bench.counter.edges(channel: 1, from: 0)
        #expect(block.overrun)
        #expect(block.edges.count <= 64)
        // 9.583 pulses a second for a minute, less the rise.
        #expect((560...575).contains(block.next))
        #expect(try await bench.counter.edges(channel: 1, from: block.next).overrun == false)
    }

    @Test("Lost and doubled pulses come as often as planned")
    func pulses() async throws {
        func intervals(_ change: (inout SimulatedMeter) -> Void) async throws -> [Double] {
            let time = SteppedTime()
            let bench = SimulatedBench.instruments(Quiet.world([Quiet.meter(1, change)]), time: time)
            try await energise(bench)
            try await time.sleep(seconds: 5)
            try await bench.counter.arm(channels: [1])
            try await time.sleep(seconds: 2000)
            var edges: [PulseEdge] = []
            while true {
                let block = try await bench.counter.edges(channel: 1, from: edges.count)
                if block.edges.isEmpty { break }
                edges += block.edges
            }
            return zip(edges, edges.dropFirst()).map { Double($1.tick - $0.tick) * 1e-9 * 3450 * 10_000 / 3.6e6 }
        }
        let plain = try await intervals { _ in }
        #expect(plain.allSatisfy { abs($0 - 1) < 1e-4 })
        // 19 167 pulses; 1 % are 192, standard deviation 14.
        let missing = try await intervals { $0.missingPulses = 1 }
        #expect((120...260).contains(missing.count { $0 > 1.5 }))
        let double = try await intervals { $0.doublePulses = 1 }
        #expect((120...260).contains(double.count { $0 < 0.5 }))
    }

    @Test("Each wire fault of a model meter has its name, and takes its time")
    func models() async throws {
        let kinds: [(PlannedFault.Kind, Fault.Code)] = [
            (.silent, .timeout), (.exception(2), .modbusException), (.late(2), .lateAnswer),
            (.wrongUnit(3), .wrongUnit), (.brokenFrame, .brokenFrame), (.halfFrame, .brokenFrame),
        ]
        let power = try #require(SyntheticBench.meterType(constant: 10_000).register(.activePower))
        for (kind, expected) in kinds {
            let time = SteppedTime()
            let bench = bench([PlannedFault(.position(1), kind, every: 2)], time: time)
            let meter = try #require(bench.meters[1])
            #expect(await code { _ = try await meter.read(power) } == nil)
            // Question 8, answer 13, silences 7 characters of 10 bits at 9600 baud.
            #expect(abs(time.now.seconds - 280.0 / 9600) < 1e-9)
            #expect(await code { _ = try await meter.read(power) } == expected)
        }
    }

    @Test("Meters on one bus wait for each other; on ports of their own they do not")
    func bus() async throws {
        for shared in [true, false] {
            let made = SyntheticBench.make(positions: 4, constant: 10_000, sharedBus: shared, seed: 1)
            let time = FrozenTime()
            let bench = SimulatedBench.instruments(
                bench: made.bench, world: made.world, types: made.types, time: time)
            let power = try #require(made.types.values.first?.register(.activePower))
            for position in 1...4 { _ = try await bench.meters[position]?.read(power) }
            #expect(abs(time.last.seconds - (shared ? 4 : 1) * 280.0 / 9600) < 1e-8)
        }
    }
}
