/// Runs an order on a bench: load points in sequence, positions side by side, everything journalled, and the safe chain on every way out.
///
/// One code path for real, scaled and virtual time. It decides nothing about meters (that is `Evaluator`) and knows no test kind.
public actor Orchestrator {
    let work: RunWork
    let instruments: BenchInstruments
    let kinds: [TestKindName: any PointKind]
    let time: any Timekeeper
    let journal: any EventSink
    let policy: RepeatPolicy
    let control: LoadControl
    let display: ProgressBoard
    let watch: BenchWatch
    /// Folder for waveforms; `nil` keeps none.
    let waveforms: String?
    /// Notes how late the machine is; `nil` where nothing happens in real time.
    private let machine: TickLoop?
    private let stopSwitch = StopSwitch()

    var history = RunHistory()
    /// Positions where another meter hangs than was ordered.
    var excluded: [Int: Fault] = [:]
    /// Whether the meters have said who they are.
    var metersMet = false
    private var began: BenchInstant
    private var measuredUntil: BenchInstant

    /// How often the load is looked at while a kind measures, s.
    static let watchInterval = 10.0
    /// Seconds of life that a stop leaves to whatever runs, before the safe chain begins without it; and that the journal gets on the way out.
    static let patience = 2.0

    /// An orchestrator for one run.
    public init(
        work: RunWork, instruments: BenchInstruments, kinds: [any PointKind], time: any Timekeeper,
        journal: any EventSink, progress: (any ProgressSink)? = nil, criteria: SettleCriteria = SettleCriteria(),
        policy: RepeatPolicy = RepeatPolicy(), waveforms: String? = nil, machine: TickLoop? = nil
    ) {
        self.work = work
        self.instruments = WatchedInstruments.watch(instruments, time)
        self.kinds = Dictionary(kinds.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        self.time = time
        self.journal = journal
        self.policy = policy
        self.waveforms = waveforms
        self.machine = machine
        display = ProgressBoard(progress, time)
        control = LoadControl(
            self.instruments, time, journal, work.schedule.conditions, criteria,
            choosesEnergy: work.bench.instrument(.referenceStandard)?.reactive != nil)
        watch = BenchWatch(instruments.more, time)
        began = time.now
        measuredUntil = time.now
    }

    /// Stops the run, from any thread: *stop all*, or *stop measuring, keep voltage*. Stop all outranks the other until the run is over.
    public nonisolated func stop(_ verb: RunStopped.Verb, cause: String) { stopSwitch.stop(verb, cause) }

    /// Runs to the end, or goes on with an interrupted run. Never throws: whatever happens, the safe chain has run when it returns.
    ///
    /// A cancelled caller is a *stop all*.
    public func run(resuming resumption: Resumption? = nil) async -> RunOutcome {
        if let resumption {
            history = RunHistory(resumption.entries)
            if history.isFinished {
                let fault = Fault(.refused, work.started.run, "the run is finished: there is nothing to resume")
                return outcome(
                    fault: fault, stopped: nil, safe: [], efficiency: Efficiency(bound: 0, actual: 0, losses: [:]))
            }
        }
        began = time.now
        measuredUntil = began
        let trouble = await withTaskCancellationHandler {
            await untilStopped { try await self.perform(resumption) }
        } onCancel: {
            stop(.all, cause: "the program was asked to end")
        }
        return await time.shielded { await self.wayOut(trouble) }
    }

    /// Runs `body`; after a stop it has a moment to end, then it is left behind.
    private func untilStopped(_ body: @escaping @Sendable () async throws -> Void) async -> (any Error)? {
        let race = Race<Void>()
        let time = time
        do {
            try await withCheckedThrowingContinuation { continuation in
                let runner = time.start {
                    do { race.finish(.success(try await body())) } catch { race.finish(.failure(error)) }
                }
                race.begin(continuation, runner)
                stopSwitch.connect {
                    runner.cancel()
                    _ = time.start {
                        try? await time.sleep(seconds: time.bench(life: Self.patience))
                        race.finish(.failure(CancellationError()))
                    }
                }
            }
            return nil
        } catch { return error }
    }

    // MARK: The way out

    private func wayOut(_ trouble: (any Error)?) async -> RunOutcome {
        let until = trouble == nil ? measuredUntil : time.now
        var stopped = stopSwitch.request
        var fault: Fault?
        switch trouble {
        case nil: break
        case is CancellationError: stopped = stopped ?? RunStopped(verb: .all, cause: "the program was asked to end")
        case .some(let error): fault = Fault.from(error, at: work.bench.id)
        }
        display.change { $0.state = .safe }
        if let fault { await tell(.fault(FaultNoted(fault: fault, position: nil))) }
        if let stopped { await tell(.stopped(stopped)) }
        var safe: [SafeStepDone] = []
        var verb = fault == nil ? stopped?.verb ?? .all : .all
        while true {
            let done = await SafeChain(work.bench, verb, instruments, time).perform()
            for step in done { await tell(.safe(step)) }
            safe += done
            // The second stop verb may come while the first is being done.
            guard verb == .keepVoltage, let request = stopSwitch.request, request.verb == .all else { break }
            await tell(.stopped(request))
            stopped = request
            verb = .all
        }
        let healthy = fault == nil && safe.allSatisfy { $0.fault == nil }
        await signal(healthy ? .off : .fault)
        let efficiency = await control.account.efficiency(actual: until - began)
        if let machine {
            machine.stop()
            await tell(.lateness(MachineLateness(machine)))
        }
        await tell(.efficiency(efficiency))
        let result = outcome(fault: fault, stopped: stopped, safe: safe, efficiency: efficiency)
        await tell(.runFinished(RunFinished(complete: result.complete, verdicts: result.verdicts)))
        display.change { $0.state = .finished }
        return result
    }

    /// Writes to the journal on the way out: a disk that fails or hangs must not keep the bench from its safe state.
    private func tell(_ event: JournalEvent) async {
        let journal = journal
        try? await time.within(life: Self.patience, else: Fault(.storage, "journal", "does not answer")) {
            try await journal.append(event)
        }
    }

    private func outcome(
        fault: Fault?, stopped: RunStopped?, safe: [SafeStepDone], efficiency: Efficiency
    ) -> RunOutcome {
        var verdicts: [Int: Verdict] = [:]
        for meter in work.meters {
            verdicts[meter.position] =
                work.plans[meter.type].map { OverallVerdict.of($0, history.results[meter.position] ?? [:]) }
                ?? .notTested(reason: "there is no plan for type \(meter.type)")
        }
        return RunOutcome(
            complete: work.schedule.points.allSatisfy { history.complete[$0.id] != nil }, verdicts: verdicts,
            efficiency: efficiency, stopped: stopped, fault: fault, safe: safe)
    }

    // MARK: The run itself

    private func perform(_ resumption: Resumption?) async throws {
        if var line = resumption?.line {
            line.complete = history.complete.count
            try await journal.append(.resumed(line))
        } else {
            try await journal.append(.runStarted(work.started))
        }
        display.change {
            $0.total = work.schedule.points.count
            for meter in work.meters { $0.positions[meter.position] = PositionProgress() }
        }
        let turns = history.turns(work.schedule)
        guard !turns.isEmpty else { return }
        try await meetInstruments()
        try await watch.mustBeClosed()
        let guardian = watch.interlocks.isEmpty ? nil : time.start { await self.watchInterlocks() }
        defer { guardian?.cancel() }
        await signal(.energised)
        try await instruments.contactor?.close()
        for (index, turn) in turns.enumerated() {
            let rest = turns[(index + 1)...].reduce(work.schedule.rampDown) { $0 + $1.point.expectedDuration }
            display.began(turn.point.expectedDuration, rest: rest)
            try await take(turn)
            measuredUntil = time.now
        }
        try await instruments.counter.disarm()
        try await rampDown()
    }

    /// An interlock that opens is a *stop all*.
    private nonisolated func watchInterlocks() async {
        await watch.watch { stop(.all, cause: $0) }
    }

    /// Shows a signal on the lamp; a lamp that fails is journalled and stops nothing.
    private func signal(_ signal: LampSignal) async {
        for fault in await watch.show(signal) { await tell(.fault(FaultNoted(fault: fault, position: nil))) }
    }

    /// Takes the current away and waits as long as the procedure says, before the safe chain takes the voltage.
    private func rampDown() async throws {
        guard work.schedule.rampDown > 0, let load = await control.load else { return }
        display.change { $0.state = .rampDown }
        try await instruments.source.prepare(load.withoutCurrent)
        try await instruments.source.apply()
        try await time.sleep(seconds: work.schedule.rampDown)
    }
}
