/// One attempt at one load point on a bench: what the kinds of test see of the orchestrator.
actor BenchSession: MeasuringSession {
    nonisolated let point: ScheduledPoint
    nonisolated let attempt: Int
    nonisolated let bench: BenchDescription
    nonisolated let time: any Timekeeper
    nonisolated let instruments: BenchInstruments
    nonisolated let gateFactor: Int
    private nonisolated let work: RunWork
    private nonisolated let control: LoadControl
    /// What samples beside the attempt.
    nonisolated let sampling: SamplingWatch?
    private nonisolated let journal: any EventSink
    private nonisolated let display: ProgressBoard

    /// What was recorded in this attempt, by position.
    private(set) var recorded: [Int: PointResult] = [:]
    /// Whether gates are open or were: from then on, conditions are watched.
    private(set) var gated = false

    init(
        _ point: ScheduledPoint, attempt: Int, gateFactor: Int, work: RunWork, instruments: BenchInstruments,
        time: any Timekeeper, control: LoadControl, sampling: SamplingWatch?, journal: any EventSink,
        display: ProgressBoard
    ) {
        self.point = point
        self.attempt = attempt
        self.gateFactor = gateFactor
        self.work = work
        bench = work.bench
        self.instruments = instruments
        self.time = time
        self.control = control
        self.sampling = sampling
        self.journal = journal
        self.display = display
    }

    nonisolated var asker: LoadControl.Asker {
        LoadControl.Asker(
            point: point.id, attempt: attempt, settleLimit: point.settleLimit, energy: point.energyKind)
    }

    nonisolated var energised: Int { work.meters.count }
    nonisolated var decisionRule: DecisionRule { work.schedule.decisionRule }

    nonisolated func type(of position: Int) throws -> MeterType { try work.plan(position).meter }

    func settle(_ load: LoadSetting, ranged: LoadSetting?) async throws -> SettledLoad {
        display.change { $0.state = .settling }
        let settled = try await control.settle(load, ranged: ranged, asker)
        display.change { $0.state = .measuring }
        return settled
    }

    func conditions(_ moment: GateMoment) async throws -> CheckedConditions {
        gated = moment == .before
        let found = try await control.look(asker, moment.rawValue, always: true, climatic: true)
        try await sampled(moment, found)
        return found
    }

    func afterGates() async throws -> CheckedConditions {
        let found = try await control.look(asker, GateMoment.after.rawValue, always: false, climatic: true)
        try await sampled(.after, found)
        return found
    }

    /// Tells the sampling of the gates, and asks it whether all was as it should be.
    private func sampled(_ moment: GateMoment, _ found: CheckedConditions) async throws {
        guard let sampling else { return }
        switch moment {
        case .before: try await sampling.gatesOpen(point.load)
        case .after:
            let complaints = try await sampling.complaints(found.reading)
            guard complaints.isEmpty else { throw ConditionsOutside(complaints: complaints) }
        }
    }

    func fire(lasting seconds: Double) async throws -> BenchInstant {
        guard let sampling else {
            throw Fault(.notFound, bench.id, "an event is proved by a digitizer, and the bench has none")
        }
        try await sampling.fires()
        return try await control.fire(asker, lasting: seconds)
    }

    func aftermath(_ detection: Double) async throws -> SeenDisturbance {
        let over = time.now
        let settled = try await control.calm(asker)
        let seen = try await sampling?.sawBefore(max(time.now, over + detection))
        return SeenDisturbance(settled: settled, events: seen?.events ?? [], changes: seen?.changes ?? [])
    }

    func record(_ position: Int, _ measurement: Measurement) async throws {
        try await record(position, measurement, point)
    }

    /// Records also for a position that this attempt does not ask, with the question of the whole point.
    func record(_ position: Int, _ measurement: Measurement, _ whole: ScheduledPoint) async throws {
        guard let question = whole.byPosition[position] else {
            throw Fault(.internalError, "position \(position)", "is not asked at «\(whole.id)»")
        }
        let plan = try work.plan(position)
        let meter = try work.meter(position)
        let evaluation = Evaluator.evaluate(
            point: question, measurement: measurement, bench: bench, meter: plan.meter,
            rule: work.schedule.decisionRule)
        let result = PointResult(
            position: position, serial: meter.serial, point: point.id, attempt: attempt, measurement: measurement,
            evaluation: evaluation)
        recorded[position] = result
        try await journal.append(.result(result))
        display.change { $0.done(position, evaluation) }
    }

    func setAside(_ position: Int, _ fault: Fault) async throws {
        try await journal.append(.fault(FaultNoted(fault: fault, position: position)))
        try await record(position, .notTaken(fault))
    }

    func show(_ position: Int, seen: Double, wanted: Double, error: Double?) async {
        display.change {
            $0.positions[position]?.seen = seen
            $0.positions[position]?.wanted = wanted
            $0.positions[position]?.error = error
        }
    }

    func dwelt(from begin: BenchInstant, bound: Double, ends: [BenchInstant]) async {
        await control.account { $0.dwelt(from: begin, bound: bound, ends: ends) }
    }

    func waitedForLines(from begin: BenchInstant, bound: Double) async {
        let took = time.now - begin
        await control.account { $0.waitedForLines(took: took, bound: bound) }
    }

    /// Positions of this attempt that have no result yet.
    var open: [Int] { positions.filter { recorded[$0] == nil } }
}
