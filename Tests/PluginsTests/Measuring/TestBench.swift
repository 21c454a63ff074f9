import BenchCore
import FoundationEssentials
import Instruments
import Plugins
import TestSupport

/// A whole bench in virtual time: the shipped procedure, planned, on model instruments.
struct TestBench: Sendable {
    var work: RunWork
    var world: WorldDescription
    var types: [String: MeterType]
    var policy = RepeatPolicy()

    /// What a run left behind.
    struct Finished: Sendable {
        var outcome: RunOutcome
        var entries: [JournalEntry]
        var bytes: [UInt8]
        var seconds: Double
        /// Whether the source was on, and what it gave, when all was over.
        var sourceOn: Bool, reading: StandardReading

        var events: [JournalEvent] { entries.map(\.what) }
        /// The last result of a position by point.
        func results(_ position: Int) -> [String: PointResult] {
            var found: [String: PointResult] = [:]
            for case .result(let result) in events where result.position == position { found[result.point] = result }
            return found
        }
    }

    private static func bytes(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: Checkout.path(path))))
    }

    private init(
        _ order: Loaded<Order>, _ bench: BenchDescription, _ types: [String: MeterType], _ world: WorldDescription,
        procedure name: String = "iec62053-22", own: String? = nil,
        _ measure: String?, keep: (ScheduledPoint) -> Bool
    ) throws {
        let path = Checkout.path("Procedures/\(name).yaml")
        let procedure = try ProcedureFile.load(path, kinds: BuiltIn.stepKinds) { file in
            if let own, file == path { return Array(own.utf8) }
            let bytes = try Disk.read(file)
            guard let measure, file == path else { return bytes }
            let text = String(decoding: bytes, as: UTF8.self)
            return Array(
                text.replacing(
                    "measure: { repeats: 3, uncertainty: at most 1/5 of limit }", with: "measure: " + measure
                )
                .utf8)
        }
        let limits = try LimitTableFile.load(
            procedure.sources.first { $0.path == procedure.limits }?.bytes ?? [], file: procedure.limits)
        var plans = try OrderPlans.make(
            order: order, procedure: procedure, limits: limits, types: types, bench: bench, kinds: BuiltIn.stepKinds)
        plans.schedule.points.removeAll { !keep($0) }
        let kept = Set(plans.schedule.points.map(\.id))
        for name in plans.plans.keys { plans.plans[name]?.points.removeAll { !kept.contains($0.id) } }
        let started = RunStarted(
            run: "test", order: order.value, bench: bench.id, files: [:], softwareVersion: "test", softwareHash: "",
            simulated: true, timeScale: nil)
        work = RunWork(started: started, bench: bench, schedule: plans.schedule, plans: plans.plans)
        self.world = world
        self.types = types
    }

    /// The demonstration bench with its six meters; `keep` chooses points of the procedure, `change` alters bench, meters and world before planning.
    static func demo(
        procedure: String = "iec62053-22", measure: String? = nil,
        keep: (ScheduledPoint) -> Bool = { _ in true },
        change: (inout BenchDescription, inout [String: MeterType], inout WorldDescription) -> Void = { _, _, _ in }
    ) throws -> TestBench {
        var bench = try BenchFile.load(bytes("Fixtures/Benches/demo.yaml"), file: "demo.yaml")
        let type = try MeterTypeFile.load(bytes("Fixtures/Meters/demo-05s.yaml"), file: "demo-05s.yaml")
        var types = [type.id: type]
        let order = try OrderFile.read(bytes("Fixtures/Orders/demo.yaml"), file: "order.yaml")
        var world = try WorldFile.load(
            bytes("Fixtures/Benches/demo-world.yaml"), file: "demo-world.yaml", bench: bench, types: types)
        change(&bench, &types, &world)
        return try TestBench(order, bench, types, world, procedure: procedure, measure, keep: keep)
    }

    /// The demonstration bench with a digitizer: two meters with a log of voltage events, at positions 3 and 4. `own` is the text of another procedure,
    /// beside the shipped ones.
    static func sampled(
        procedure: String = "voltage-events", own: String? = nil, keep: (ScheduledPoint) -> Bool = { _ in true },
        change: (inout BenchDescription, inout [String: MeterType], inout WorldDescription) -> Void = { _, _, _ in }
    ) throws -> TestBench {
        var bench = try BenchFile.load(bytes("Fixtures/Benches/sampled.yaml"), file: "sampled.yaml")
        var types: [String: MeterType] = [:]
        for name in ["demo-05s", "demo-05s-events"] {
            types[name] = try MeterTypeFile.load(bytes("Fixtures/Meters/\(name).yaml"), file: name)
        }
        let order = try OrderFile.read(bytes("Fixtures/Orders/events.yaml"), file: "order.yaml")
        var world = try WorldFile.load(
            bytes("Fixtures/Benches/sampled-world.yaml"), file: "sampled-world.yaml", bench: bench, types: types)
        change(&bench, &types, &world)
        return try TestBench(order, bench, types, world, procedure: procedure, own: own, nil, keep: keep)
    }

    /// The demonstration bench for reactive energy and both directions with its three meters.
    static func fourQuadrants(
        _ procedure: String = "iec62053-23", keep: (ScheduledPoint) -> Bool = { _ in true },
        change: (inout BenchDescription, inout [String: MeterType], inout WorldDescription) -> Void = { _, _, _ in }
    ) throws -> TestBench {
        var bench = try BenchFile.load(bytes("Fixtures/Benches/four-quadrant.yaml"), file: "four-quadrant.yaml")
        let type = try MeterTypeFile.load(
            bytes("Fixtures/Meters/demo-four-quadrant.yaml"), file: "demo-four-quadrant.yaml")
        var types = [type.id: type]
        let order = try OrderFile.read(bytes("Fixtures/Orders/four-quadrant.yaml"), file: "order.yaml")
        var world = try WorldFile.load(
            bytes("Fixtures/Benches/four-quadrant-world.yaml"), file: "four-quadrant-world.yaml", bench: bench,
            types: types)
        change(&bench, &types, &world)
        return try TestBench(order, bench, types, world, procedure: procedure, nil, keep: keep)
    }

    /// A bench of any size with good meters.
    static func synthetic(
        _ positions: Int, constant: Double = 10_000, sharedBus: Bool = false, seed: UInt64 = 7,
        measure: String? = nil,
        keep: (ScheduledPoint) -> Bool = { _ in true }
    ) throws -> TestBench {
        let made = SyntheticBench.make(positions: positions, constant: constant, sharedBus: sharedBus, seed: seed)
        let lines = made.meters.map { "  - { position: \($0.position), serial: \($0.serial), type: \($0.type) }" }
        let text = """
            order: T-1
            customer: [A customer]
            batch: B-1
            operator: A. Tester
            procedure: p.yaml
            bench: b.yaml
            meter-types: Meters
            meters:
            \(lines.joined(separator: "\n"))

            """
        let order = try OrderFile.read(Array(text.utf8), file: "order.yaml")
        return try TestBench(order, made.bench, made.types, made.world, measure, keep: keep)
    }

    /// Runs in virtual time. `instruments` may put others in their place, `meanwhile` runs beside it.
    func run(
        resuming resumption: Resumption? = nil, progress: (any ProgressSink)? = nil, cancelledAfter: Double? = nil,
        waveforms: String? = nil, digitizer: (World, VirtualTime) -> (any Digitizer)? = { _, _ in nil },
        instruments change: @escaping @Sendable (inout BenchInstruments, VirtualTime) -> Void = { _, _ in },
        meanwhile: @escaping @Sendable (Orchestrator, VirtualTime) async -> Void = { _, _ in }
    ) throws -> Finished {
        let time = VirtualTime()
        let journal = MemoryJournal(time: time)
        let world = World(world, bench: work.bench, types: types)
        let own = SimulatedBench.instruments(world, time: time)
        var instruments = own
        instruments.digitizer = digitizer(world, time)
        change(&instruments, time)
        let orchestrator = Orchestrator(
            work: work, instruments: instruments, kinds: BuiltIn.pointKinds, time: time, journal: journal,
            progress: progress, policy: policy, waveforms: waveforms)
        return try time.run {
            let run = time.start { await orchestrator.run(resuming: resumption) }
            let beside = time.start { await meanwhile(orchestrator, time) }
            if let cancelledAfter {
                try await time.sleep(seconds: cancelledAfter)
                run.cancel()
            }
            let outcome = await run.value
            let end = time.now.seconds
            beside.cancel()
            // A source needs a moment to be really off.
            try await time.sleep(seconds: 1)
            return Finished(
                outcome: outcome, entries: journal.entries, bytes: journal.bytes, seconds: end,
                sourceOn: try await own.source.state().on, reading: try await own.standard.read())
        }
    }
}
