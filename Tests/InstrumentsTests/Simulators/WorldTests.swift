import BenchCore
import Testing

@testable import Instruments

#if canImport(Glibc)
    import Glibc
#endif

/// A quiet bench and world to be changed by a test.
struct WorldMaker {
    var bench: BenchDescription
    var world: WorldDescription
    var types: [String: MeterType]

    init(positions: Int, constant: Double) {
        let made = SyntheticBench.make(positions: positions, constant: constant, sharedBus: false, seed: 7)
        bench = made.bench
        types = made.types
        world = made.world
        world.source = SourceTruth(settle: 1.5, error: 0, noise: 0, distortion: 0.3)
        world.ambient = AmbientTruth(temperature: 23, humidity: 45, wander: 0)
        for i in bench.instruments.indices {
            bench.instruments[i].counter?.edgeJitter = 0
            bench.instruments[i].counter?.referenceResolution = 0
            for row in bench.instruments[i].accuracy.indices {
                bench.instruments[i].accuracy[row].certificateU = 0
                bench.instruments[i].accuracy[row].drift = 0
                bench.instruments[i].accuracy[row].temperatureCoefficient = 0
            }
        }
    }
}

@Suite("The simulated world")
struct WorldTests {
    private func energise(_ bench: BenchInstruments, _ load: LoadSetting) async throws {
        try await bench.contactor?.close()
        try await bench.source.prepare(load)
        try await bench.source.apply()
    }

    @Test("Registers hold the integrated energy with the meter's error, through rise and fall of the load")
    func conservation() async throws {
        let world = Quiet.world([
            Quiet.meter(1) {
                $0.gain = 0.25; $0.threshold = 0
            },
            Quiet.meter(2) {
                $0.gain = -0.5; $0.registerGain = 1.2; $0.threshold = 0
            },
        ])
        let time = SteppedTime()
        let bench = SimulatedBench.instruments(world, time: time)
        _ = try await bench.standard.range(for: Loads.balanced(5))
        try await bench.standard.startEnergy()
        try await energise(bench, Loads.balanced(5))
        try await time.sleep(seconds: 1000)
        try await bench.source.perform(.currentOff)
        try await time.sleep(seconds: 10)
        let reference = try await bench.standard.stopEnergy() / 3.6e6
        // 3 · 230 V · 5 A for 1000 s, less the rise (τ = 1.5 s / ln 10⁴): about 0.958 kWh.
        #expect(abs(reference - 3450.0 * 1000 / 3.6e6) < 3e-4)
        let energy = SyntheticBench.meterType(constant: 10_000).register(.activeEnergyImport)
        let register = try #require(energy)
        let first = try #require(try await bench.meters[1]?.read(register).number)
        let second = try #require(try await bench.meters[2]?.read(register).number)
        #expect(abs(first / reference - 1.0025) < 1e-9)
        #expect(abs(second / reference - 0.995 * 1.012) < 1e-9)
    }

    @Test("Standard and meter count the same while a load dies away, whatever their thresholds")
    func dyingAway() async throws {
        // The meter's own threshold (1.38 W here) cuts off less than 1.38 W · 2 s; the fall from 3450 W holds 560 W·s.
        let world = Quiet.world([Quiet.meter(1)])
        let time = SteppedTime()
        let bench = SimulatedBench.instruments(world, time: time)
        let load = Loads.balanced(5)
        _ = try await bench.standard.range(for: load)
        try await bench.standard.startEnergy()
        try await energise(bench, load)
        try await time.sleep(seconds: 100)
        try await bench.source.prepare(load.withoutCurrent)
        try await bench.source.apply()
        try await time.sleep(seconds: 10)
        let reference = try await bench.standard.stopEnergy()
        let definition = try #require(SyntheticBench.meterType(constant: 10_000).register(.activeEnergyImport))
        let shown = try #require(try await bench.meters[1]?.read(definition).number)
        #expect(abs(shown * 3.6e6 - reference) < 2.8, "\(shown * 3.6e6) \(reference)")
    }

    @Test("The number of pulses is the counted energy times the constant")
    func pulses() async throws {
        let world = Quiet.world([Quiet.meter(1) { $0.gain = 0.3 }])
        let time = SteppedTime()
        let bench = SimulatedBench.instruments(world, time: time)
        try await energise(bench, Loads.balanced(5))
        try await time.sleep(seconds: 5)
        try await bench.counter.arm(channels: [1])
        // 3450 W · 1.003 · 10 000 imp/kWh = 9.6121 pulses a second.
        try await time.sleep(seconds: 1000)
        var edges: [PulseEdge] = []
        while true {
            let block = try await bench.counter.edges(channel: 1, from: edges.count)
            #expect(!block.overrun)
            #expect(block.edges.count <= 1000)
            edges += block.edges
            if block.edges.isEmpty { break }
        }
        let expected = 3450 * 1.003 * 1000 * 10_000 / 3.6e6
        #expect(abs(Double(edges.count) - expected) <= 1)
        let interval = Double(edges[9000].tick - edges[1].tick) / 8999e9
        #expect(abs(interval * 3450 * 1.003 * 10_000 / 3.6e6 - 1) < 3e-6, "the counter's clock is within 2 ppm")
        #expect(zip(edges, edges.dropFirst()).allSatisfy { $0.tick < $1.tick })
    }

    @Test("Equal seeds and calls give equal answers to the last bit; another seed gives others")
    func determinism() async throws {
        func run(_ seed: UInt64) async throws -> [PulseEdge] {
            let made = SyntheticBench.make(positions: 3, constant: 10_000, sharedBus: true, seed: seed)
            let time = SteppedTime()
            let bench = SimulatedBench.instruments(
                bench: made.bench, world: made.world, types: made.types, time: time)
            try await energise(bench, Loads.balanced(5, lag: 60))
            try await time.sleep(seconds: 3)
            try await bench.counter.arm(channels: [1, 2, 3])
            try await time.sleep(seconds: 50)
            return try await bench.counter.edges(channel: 2, from: 0).edges
        }
        let first = try await run(1)
        #expect(first.count > 200)
        #expect(try await run(1) == first)
        #expect(try await run(2) != first)
    }

    @Test("Polling often or seldom changes no edge")
    func polling() async throws {
        func run(_ step: Double) async throws -> [PulseEdge] {
            let made = SyntheticBench.make(positions: 1, constant: 10_000, sharedBus: true, seed: 5)
            let time = SteppedTime()
            let bench = SimulatedBench.instruments(
                bench: made.bench, world: made.world, types: made.types, time: time)
            try await bench.counter.arm(channels: [1])
            try await energise(bench, Loads.balanced(6))
            while time.now.seconds < 40 {
                try await time.sleep(seconds: step)
                _ = try await bench.counter.edges(channel: 1, from: 0)
            }
            return try await bench.counter.edges(channel: 1, from: 0).edges
        }
        let seldom = try await run(40)
        #expect(seldom.count > 300)
        #expect(try await run(0.25) == seldom)
    }

    @Test("An ideal measurement finds the planted error", arguments: [0.0, 60, -36.87, 180, 240])
    func truth(lag: Double) async throws {
        let meters = [
            Quiet.meter(1) {
                $0.gain = 0.2; $0.phase = 0.03
            },
            Quiet.meter(2) {
                $0.offset = 0.9; $0.gain = -0.1
            },
            Quiet.meter(3) {
                $0.phaseGains = [0.3, -0.2, 0.05]; $0.phaseAngles = [0.1, 0, -0.05]
            },
            Quiet.meter(4) {
                $0.constant = 9_900; $0.registerGain = 0.4
            },
        ]
        // The source is neither exact nor quiet: that must cancel between meters and standard.
        let world = Quiet.world(meters) {
            $0.world.source = SourceTruth(settle: 1.5, error: 0.02, noise: 0.005, distortion: 0)
        }
        let time = SteppedTime()
        let bench = SimulatedBench.instruments(world, time: time)
        let truth = PlantedTruth(world)
        for load in [Loads.balanced(5, lag: lag), Loads.balanced(0.25, lag: lag), Loads.single(2, phase: 2)] {
            let constant = try await bench.standard.range(for: load)
            try await energise(bench, load)
            try await time.sleep(seconds: 10)
            try await bench.counter.arm(channels: [1, 2, 3, 4])
            try await time.sleep(seconds: 3600)
            for position in 1...4 {
                var all: [PulseEdge] = []
                while true {
                    let block = try await bench.counter.edges(channel: position, from: all.count)
                    if block.edges.isEmpty { break }
                    all += block.edges
                }
                let first = try #require(all.first)
                let last = try #require(all.last)
                let meter = Double(all.count - 1) / 10_000
                let reference = (last.referenceCount - first.referenceCount) / constant
                let planted = try #require(truth.errors(position: position, load: load)?.pulses)
                // Relative agreement of the ratio: 1e-6, that is 1e-4 percent.
                #expect(abs((meter / reference - 1) * 100 - planted) < 1e-4, "position \(position)")
            }
        }
    }

    @Test("The textbook cases of a planted error")
    func textbook() throws {
        let world = Quiet.world([
            Quiet.meter(1) { $0.phase = 0.05 },
            Quiet.meter(2) { $0.offset = 0.345 },
            Quiet.meter(3) { $0.constant = 10_100 },
            Quiet.meter(4) { $0.exportAsImport = true },
            Quiet.meter(5) { $0.swappedRegisters = true },
        ])
        let truth = PlantedTruth(world)
        func errors(_ position: Int, _ load: LoadSetting) throws -> PlantedTruth.Errors {
            try #require(truth.errors(position: position, load: load))
        }
        // cos(60° − δ)/cos 60° − 1 with δ = 0.05°: 0.1511 %, the familiar δ · tan φ.
        let phase = try #require(try errors(1, Loads.balanced(5, lag: 60)).pulses)
        #expect(abs(phase - (cos(59.95 * .pi / 180) / cos(60 * .pi / 180) - 1) * 100) < 1e-9)
        #expect(abs(phase - 0.05 * .pi / 180 * 3.0.squareRoot() * 100) < 1e-3)
        // 0.345 W at 1 % of 5 A: 1 % of 34.5 W; the other way round on export.
        #expect(abs(try #require(try errors(2, Loads.balanced(0.05)).pulses) - 1) < 1e-9)
        #expect(abs(try #require(try errors(2, Loads.balanced(0.05, lag: 180)).pulses) + 1) < 1e-9)
        #expect(abs(try #require(try errors(3, Loads.balanced(5)).pulses) - 1) < 1e-9)
        #expect(abs(try errors(3, Loads.balanced(5)).register) < 1e-9)
        #expect(try errors(4, Loads.balanced(5, lag: 180)).register == -100)
        #expect(try errors(5, Loads.balanced(5)).register == -100)
    }

    @Test("Below the threshold nothing is counted, but the creep; hours of it cost nothing")
    func noLoad() async throws {
        let world = Quiet.world([Quiet.meter(1), Quiet.meter(2) { $0.creep = 0.1 }])
        let time = SteppedTime()
        let bench = SimulatedBench.instruments(world, time: time)
        try await energise(bench, Loads.balanced(0, voltage: 264.5))
        try await bench.counter.arm(channels: [1, 2])
        try await time.sleep(seconds: 10 * 3600)
        #expect(try await bench.counter.edges(channel: 1, from: 0).edges.isEmpty)
        // 0.1 W · 10 h · 10 000 imp/kWh = 10 pulses.
        let crept = try await bench.counter.edges(channel: 2, from: 0).edges.count
        #expect((9...11).contains(crept))
        // Starting current: 0.1 % In, 3.45 W, above the threshold.
        try await energise(bench, Loads.balanced(0.005))
        try await bench.counter.arm(channels: [1])
        try await time.sleep(seconds: 600)
        // 3.45 W · 600 s · 10 000 imp/kWh = 5.75.
        #expect((5...6).contains(try await bench.counter.edges(channel: 1, from: 0).edges.count))
    }
}
