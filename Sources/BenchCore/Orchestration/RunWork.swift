/// What a run is to do, all of it data: the order's first journal line, the bench, the schedule, the plan of each meter type.
public struct RunWork: Sendable {
    /// The first line of the journal, with order and files; the caller knows those.
    public var started: RunStarted
    /// The bench.
    public var bench: BenchDescription
    /// Load points in sequence.
    public var schedule: Schedule
    /// Plans by meter type.
    public var plans: [String: Plan]
    /// Corrections of the digitizer's channels; `nil` where the bench names none.
    public var corrections: CorrectionSet?

    /// The work by its parts.
    public init(
        started: RunStarted, bench: BenchDescription, schedule: Schedule, plans: [String: Plan],
        corrections: CorrectionSet? = nil
    ) {
        self.started = started
        self.bench = bench
        self.schedule = schedule
        self.plans = plans
        self.corrections = corrections
    }

    /// The order's meters by position, in order.
    var meters: [OrderedMeter] { started.order.meters.sorted { $0.position < $1.position } }

    func meter(_ position: Int) throws -> OrderedMeter {
        guard let meter = started.order.meters.first(where: { $0.position == position }) else {
            throw Fault(.internalError, "position \(position)", "no meter of the order hangs there")
        }
        return meter
    }

    func plan(_ position: Int) throws -> Plan {
        let type = try meter(position).type
        guard let plan = plans[type] else {
            throw Fault(.internalError, "position \(position)", "no plan for «\(type)»")
        }
        return plan
    }
}

/// What resuming an interrupted run starts from.
public struct Resumption: Sendable {
    /// The whole lines of its journal.
    public var entries: [JournalEntry]
    /// The line to be written: who resumes it, what was set aside, which program goes on; `complete` is filled in.
    public var line: RunResumed

    /// A resumption by its parts.
    public init(entries: [JournalEntry], line: RunResumed) {
        self.entries = entries
        self.line = line
    }
}

/// How a run ended.
public struct RunOutcome: Sendable {
    /// Whether every test point is complete.
    public var complete: Bool
    /// Verdict by position.
    public var verdicts: [Int: Verdict]
    /// Bound, time and losses of this leg.
    public var efficiency: Efficiency
    /// Who or what stopped it.
    public var stopped: RunStopped?
    /// The fault that ended it.
    public var fault: Fault?
    /// The steps of the safe chain as they were performed: a fault among them means that something may still be on.
    public var safe: [SafeStepDone]
}

/// What a bench does of its own accord when a measurement is of no use.
public struct RepeatPolicy: Sendable, Hashable {
    /// Further attempts for a pulse train with missing or doubled edges, and for a verdict that noise leaves open.
    public var badTrain = 1, noise = 1
    /// Further attempts when conditions were outside, and the pause before each, s.
    public var conditions = 3, conditionsPause = 60.0
    /// How many times the gates are taken when noise is the reason.
    public var noiseGateFactor = 2
    /// From this share of the variance on, scatter of the repeats counts as the reason.
    public var noiseShare = 0.25

    /// The policy of this program.
    public init() {}

    /// Why a result should be measured again; `nil` where it stands.
    func reason(_ result: PointResult) -> (noise: Bool, text: String)? {
        if case .notTaken(let fault) = result.measurement {
            guard fault.code == .pulseGap || fault.code == .pulseOverrun else { return nil }
            return (false, fault.detail)
        }
        if case .pulses(let seen) = result.measurement, seen.findings.missing + seen.findings.double > 0 {
            return (false, "\(seen.findings.missing) pulses missing, \(seen.findings.double) edges doubled")
        }
        // A point that ends when it is decided had as many determinations as its plan gives it: another try would be another risk.
        if case .pulses(let seen) = result.measurement, seen.sequence != nil { return nil }
        guard case .inconclusive(let why) = result.evaluation.verdict, let u = result.evaluation.u, u > 0 else {
            return nil
        }
        let scatter = result.evaluation.budget.filter { $0.distribution == "type A" }
            .reduce(0) { $0 + $1.contribution * $1.contribution }
        return scatter > noiseShare * u * u ? (true, "inconclusive for noise: \(why)") : nil
    }
}
