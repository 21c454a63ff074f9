import BenchCore
import FoundationEssentials
import Instruments
import Plugins
import TestSupport
import Testing

/// Whole virtual runs of benches whose standard, source, air and meters are drawn from a seed, against the truth planted in
/// them. `make bench` does the same with two hundred runs and every point.
@Suite struct CoverageTests {
    /// One reported error: its distance from the truth, U and u, percent.
    struct Sample: Sendable {
        var miss: Double, U: Double, u: Double
    }

    static let seeds = 24

    /// The balanced accuracy points of energy import at two meters.
    static func samples(seed: UInt64) throws -> [Sample] {
        let made = SyntheticBench.make(positions: 2, constant: 10_000, sharedBus: false, seed: seed)
        let meters = made.meters.map { "  - { position: \($0.position), serial: \($0.serial), type: \($0.type) }" }
        let head = ["order: T-1", "customer: [A customer]", "batch: B-1", "operator: A. Tester"]
        let files = ["procedure: p.yaml", "bench: b.yaml", "meter-types: Meters", "meters:"]
        let text = (head + files + meters).joined(separator: "\n") + "\n"
        let procedure = try ProcedureFile.load(
            Checkout.path("Procedures/iec62053-22.yaml"), kinds: BuiltIn.stepKinds)
        let limits = try LimitTableFile.load(
            procedure.sources.first { $0.path == procedure.limits }?.bytes ?? [], file: procedure.limits)
        var plans = try OrderPlans.make(
            order: try OrderFile.read(Array(text.utf8), file: "order.yaml"), procedure: procedure, limits: limits,
            types: made.types, bench: made.bench, kinds: BuiltIn.stepKinds)
        plans.schedule.points.removeAll { point in
            guard let asked = point.byPosition[1] else { return true }
            return asked.kind != .accuracy || asked.direction != .import || asked.loadKind != .balanced
        }
        let kept = Set(plans.schedule.points.map(\.id))
        for name in plans.plans.keys { plans.plans[name]?.points.removeAll { !kept.contains($0.id) } }
        let started = RunStarted(
            run: "test", order: try OrderFile.read(Array(text.utf8), file: "order.yaml").value, bench: made.bench.id,
            files: [:], softwareVersion: "test", softwareHash: Hash.none, simulated: true, timeScale: nil)
        let time = VirtualTime()
        let journal = MemoryJournal(time: time)
        let world = World(made.world, bench: made.bench, types: made.types)
        let orchestrator = Orchestrator(
            work: RunWork(started: started, bench: made.bench, schedule: plans.schedule, plans: plans.plans),
            instruments: SimulatedBench.instruments(world, time: time), kinds: BuiltIn.pointKinds, time: time,
            journal: journal)
        let outcome = try time.run { await orchestrator.run() }
        #expect(outcome.complete, "\(outcome)")
        let loads = Dictionary(uniqueKeysWithValues: plans.schedule.points.map { ($0.id, $0.load) })
        // The last attempt at a point is the one that a certificate shows.
        var last: [String: Sample] = [:]
        for case .result(let result) in journal.entries.map(\.what) {
            let evaluation = result.evaluation
            let load = try #require(loads[result.point])
            let planted = PlantedTruth(world).errors(position: result.position, load: load)?.pulses
            last["\(result.position) \(result.point)"] = Sample(
                miss: try #require(evaluation.error) - (try #require(planted)), U: try #require(evaluation.U),
                u: try #require(evaluation.u))
        }
        #expect(last.count == 2 * kept.count)
        return Array(last.values)
    }

    @Test("What whole runs report lies within U of the truth planted, neither too seldom nor too surely")
    func honest() throws {
        let bySeed = try (1...Self.seeds).map { try Self.samples(seed: UInt64($0)) }
        let all = bySeed.flatMap(\.self)
        #expect(all.count == Self.seeds * 2 * 18)
        func share(_ factor: Double) -> Double {
            Double(all.count { abs($0.miss) <= factor * $0.U }) / Double(all.count)
        }
        // All points of a run share one standard, so there are as many independent errors as runs: with 24 of them a share of
        // 95 % has a standard error of up to 4 %, a root mean square of 1 one of up to 14 %. Bounds: three of each.
        #expect(share(1) >= 0.83, "\(share(1))")
        let rms = (all.reduce(0) { $0 + ($1.miss / $1.u) * ($1.miss / $1.u) } / Double(all.count)).squareRoot()
        #expect(rms > 0.58 && rms < 1.42, "\(rms)")
        // What it would notice: a U of half the size.
        #expect(share(0.5) < 0.83, "\(share(0.5))")
    }
}
