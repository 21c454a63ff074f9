import BenchCore
import FoundationEssentials
import Instruments
import Plugins

/// A whole run of the shipped class 0.5S procedure in virtual time, on a bench of meters drawn from a seed.
struct SyntheticRun: Sendable {
    /// What is to be done, and the world in which it is done.
    let work: RunWork
    private let description: WorldDescription
    private let types: [String: MeterType]

    /// What a run left behind.
    struct Finished: Sendable {
        var outcome: RunOutcome
        var entries: [JournalEntry]
        var bytes: [UInt8]
        /// What is true of the meters.
        var truth: PlantedTruth

        /// The last results by point and position: what a certificate shows.
        var results: [PointResult] {
            var last: [String: PointResult] = [:]
            for case .result(let result) in entries.map(\.what) { last["\(result.position) \(result.point)"] = result }
            return last.sorted { $0.key < $1.key }.map(\.value)
        }
    }

    /// The shipped procedure with its limit table, read once.
    struct Shipped: Sendable {
        let procedure: Procedure
        let limits: LimitTable

        init(_ name: String = "iec62053-22") throws {
            procedure = try ProcedureFile.load("Procedures/\(name).yaml", kinds: BuiltIn.stepKinds)
            let file = procedure.limits
            limits = try LimitTableFile.load(
                procedure.sources.first { $0.path == file }?.bytes ?? [], file: file)
        }
    }

    init(
        _ shipped: Shipped, positions: Int, constant: Double, sharedBus: Bool = false, seed: UInt64,
        keep: (ScheduledPoint) -> Bool = { _ in true }, change: (inout SyntheticBench.Made) -> Void = { _ in }
    ) throws {
        var made = SyntheticBench.make(positions: positions, constant: constant, sharedBus: sharedBus, seed: seed)
        change(&made)
        let meters = made.meters.map { "  - { position: \($0.position), serial: \($0.serial), type: \($0.type) }" }
        let text = """
            order: F-1
            customer: [Figures]
            batch: F-1
            operator: make bench
            procedure: procedure.yaml
            bench: bench.yaml
            meter-types: Meters
            meters:
            \(meters.joined(separator: "\n"))

            """
        let order = try OrderFile.read(Array(text.utf8), file: "order.yaml")
        var plans = try OrderPlans.make(
            order: order, procedure: shipped.procedure, limits: shipped.limits, types: made.types, bench: made.bench,
            kinds: BuiltIn.stepKinds)
        plans.schedule.points.removeAll { !keep($0) }
        let kept = Set(plans.schedule.points.map(\.id))
        for name in plans.plans.keys { plans.plans[name]?.points.removeAll { !kept.contains($0.id) } }
        let started = RunStarted(
            run: "figures", order: order.value, bench: made.bench.id, files: [:], softwareVersion: "figures",
            softwareHash: Hash.none, simulated: true, timeScale: nil)
        work = RunWork(started: started, bench: made.bench, schedule: plans.schedule, plans: plans.plans)
        description = made.world
        types = made.types
    }

    /// Runs from the first load point to the ramp-down.
    func run() throws -> Finished {
        let time = VirtualTime()
        let journal = MemoryJournal(time: time)
        let world = World(description, bench: work.bench, types: types)
        let orchestrator = Orchestrator(
            work: work, instruments: SimulatedBench.instruments(world, time: time), kinds: BuiltIn.pointKinds,
            time: time, journal: journal)
        let outcome = try time.run { await orchestrator.run() }
        if let fault = outcome.fault { throw fault }
        return Finished(
            outcome: outcome, entries: journal.entries, bytes: journal.bytes, truth: PlantedTruth(world))
    }
}
