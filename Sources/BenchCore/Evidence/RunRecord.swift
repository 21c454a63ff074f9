/// An event with its line and its time.
public struct Stamped<Event: Sendable & Hashable>: Sendable, Hashable {
    /// Line of the journal.
    public var line: Int
    /// Bench time and UTC.
    public var at: BenchInstant, utc: String
    /// What happened.
    public var what: Event

    init(_ entry: JournalEntry, _ what: Event) {
        line = entry.seq
        at = entry.at
        utc = entry.utc
        self.what = what
    }
}

/// A run as its journal and plans tell it: what `show`, certificates and verification read.
public struct RunRecord: Sendable {
    /// The run's first event.
    public var started: RunStarted
    /// UTC of the first and of the last line.
    public var firstUTC: String, lastUTC: String
    /// The bench.
    public var bench: BenchDescription
    /// The plans by meter type.
    public var plans: [String: Plan]
    /// Instruments as they answered, in order; after a resume they answer again.
    public var instruments: [Stamped<InstrumentMet>] = []
    /// Meters as they answered last, by position.
    public var meters: [Int: MeterMet] = [:]
    /// Load points as they moved.
    public var loadPoints: [Stamped<LoadPointMoved>] = []
    /// Conditions around the gates.
    public var conditions: [Stamped<ConditionsChecked>] = []
    /// What digitizers sampled beside the measurements.
    public var sampling: [Stamped<SamplingDone>] = []
    /// How late the machine was, leg by leg of a run that was resumed; empty for a virtual run.
    public var lateness: [Stamped<MachineLateness>] = []
    /// Every result, every attempt.
    public var allResults: [Stamped<PointResult>] = []
    /// The last attempt by position and test point: what counts.
    public var results: [Int: [String: PointResult]] = [:]
    /// Test points complete, with their attempt.
    public var complete: [Stamped<PointComplete>] = []
    /// Repetitions, with person and reason.
    public var repeated: [Stamped<PointRepeated>] = []
    /// Faults.
    public var faults: [Stamped<FaultNoted>] = []
    /// Steps of the safe chain as performed.
    public var safe: [Stamped<SafeStepDone>] = []
    /// Stops.
    public var stopped: [Stamped<RunStopped>] = []
    /// Resumptions.
    public var resumed: [Stamped<RunResumed>] = []
    /// Bench efficiency of the last leg.
    public var efficiency: Efficiency?
    /// How it ended; `nil` while it runs, or after it was interrupted.
    public var finished: RunFinished?
    /// Number of lines, and SHA-256 of the last.
    public var lines: Int, lastHash: String

    /// Reads a run folder; throws `Fault(.storage)` where the journal is not whole or a plan cannot be read.
    ///
    /// A torn last line (of a run that goes on, or was killed) is passed over: it was never acknowledged.
    public static func load(_ folder: RunFolder) throws -> RunRecord {
        let content = try JournalReader.read(folder.journal)
        return try RunRecord(
            entries: content.entries, lastHash: content.lastHash, bench: try folder.bench(),
            plans: try folder.plans(), name: folder.journal)
    }

    /// A record from journal entries already checked; `name` is the journal's in messages.
    public init(
        entries: [JournalEntry], lastHash: String, bench: BenchDescription, plans: [String: Plan], name: String
    ) throws {
        guard let first = entries.first, let last = entries.last, case .runStarted(let started) = first.what else {
            throw Fault(.storage, name, "line 1 is not the start of a run")
        }
        self.started = started
        self.bench = bench
        self.plans = plans
        self.lastHash = lastHash
        firstUTC = first.utc
        lastUTC = last.utc
        lines = entries.count
        for entry in entries.dropFirst() {
            switch entry.what {
            case .runStarted: throw Fault(.storage, name, "line \(entry.seq) starts the run a second time")
            case .instrument(let what): instruments.append(Stamped(entry, what))
            case .meter(let what): meters[what.position] = what
            case .loadPoint(let what): loadPoints.append(Stamped(entry, what))
            case .conditions(let what): conditions.append(Stamped(entry, what))
            case .lateness(let what): lateness.append(Stamped(entry, what))
            case .sampling(let what): sampling.append(Stamped(entry, what))
            case .result(let what): add(Stamped(entry, what))
            case .pointComplete(let what): complete.append(Stamped(entry, what))
            case .repeated(let what): repeated.append(Stamped(entry, what))
            case .fault(let what): faults.append(Stamped(entry, what))
            case .safe(let what): safe.append(Stamped(entry, what))
            case .stopped(let what): stopped.append(Stamped(entry, what))
            case .resumed(let what):
                resumed.append(Stamped(entry, what))
                finished = nil
            case .efficiency(let what): efficiency = what
            case .runFinished(let what): finished = what
            }
        }
    }

    private mutating func add(_ result: Stamped<PointResult>) {
        allResults.append(result)
        let what = result.what
        if let before = results[what.position]?[what.point], before.attempt > what.attempt { return }
        results[what.position, default: [:]][what.point] = what
    }

    /// The meters of the order, by position.
    public var orderedMeters: [OrderedMeter] { started.order.meters.sorted { $0.position < $1.position } }

    /// The plan for a meter's type.
    public func plan(_ meter: OrderedMeter) -> Plan? { plans[meter.type] }

    /// The decision rule that holds for a meter: the order's, else the procedure's.
    public func decisionRule(_ plan: Plan) -> DecisionRule { started.order.decisionRule ?? plan.decisionRule }

    /// A meter's test points in order, each with the result that counts.
    public func table(_ meter: OrderedMeter) -> [(point: TestPoint, result: PointResult?)] {
        (plan(meter)?.points ?? []).map { ($0, results[meter.position]?[$0.id]) }
    }

    /// The verdict on a meter as a whole, from its results.
    public func verdict(_ meter: OrderedMeter) -> Verdict {
        guard let plan = plan(meter) else { return .notTested(reason: "there is no plan for type \(meter.type)") }
        return OverallVerdict.of(plan, results[meter.position] ?? [:])
    }

    /// Test points complete in their last attempt.
    public var completePoints: Set<String> { Set(complete.map(\.what.point)) }
}
