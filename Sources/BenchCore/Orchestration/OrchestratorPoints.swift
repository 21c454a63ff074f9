/// One load point after the other.
extension Orchestrator {
    /// Takes one load point for all its positions, and again where the bench itself finds that a measurement is of no use.
    func take(_ turn: RunHistory.Turn) async throws {
        let whole = turn.point
        guard let kind = kinds[whole.kind] else {
            throw Fault(.internalError, whole.id, "no test kind is called «\(whole.kind.rawValue)»")
        }
        var attempt = turn.attempt
        if let reason = turn.reason {
            try await again(whole.id, attempt, whole.positions, by: "resume", reason)
        }
        var point = whole
        point.byPosition = whole.byPosition.filter { excluded[$0.key] == nil }
        var repeats = Repeats(policy: policy)
        while true {
            let session = try BenchSession(
                point, attempt: attempt, gateFactor: repeats.gateFactor, work: work, instruments: instruments,
                time: time, control: control, sampling: sampling(point, attempt), journal: journal, display: display)
            display.change {
                $0.began(point, attempt: attempt)
                if attempt > turn.attempt { $0.state = .repeating }
            }
            if attempt == turn.attempt {
                for position in whole.positions {
                    if let fault = excluded[position] { try await session.record(position, .notTaken(fault), whole) }
                }
            }
            let outside = point.byPosition.isEmpty ? nil : try await attemptOnce(kind, session, repeats)
            if let outside, !repeats.mayRepeatConditions {
                for position in await session.open {
                    let fault = Fault(.conditionsOutside, "position \(position)", outside.text)
                    try await session.setAside(position, fault)
                }
            }
            let recorded = await session.recorded
            for result in recorded.values { history.add(result) }
            let next = repeats.next(outside: outside, open: await session.open, recorded: recorded)
            guard let next else { break }
            attempt += 1
            try await again(whole.id, attempt, next.positions, by: "bench", next.reason)
            point.byPosition = whole.byPosition.filter { next.positions.contains($0.key) }
            if outside != nil {
                let begin = time.now
                try await time.sleep(seconds: policy.conditionsPause)
                let pause = time.now - begin
                await control.account { $0.attemptEnded(took: pause, kept: false) }
            }
        }
        let done = PointComplete(point: whole.id, attempt: attempt)
        try await journal.append(.pointComplete(done))
        history.add(done)
    }

    private func again(
        _ point: String, _ attempt: Int, _ positions: [Int], by: String, _ reason: String
    ) async throws {
        try await journal.append(
            .repeated(PointRepeated(point: point, attempt: attempt, positions: positions, by: by, reason: reason)))
    }

    /// One attempt; returns what was outside where conditions ended it. Throws what ends the run.
    private func attemptOnce(
        _ kind: any PointKind, _ session: BenchSession, _ repeats: Repeats
    ) async throws -> ConditionsOutside? {
        let begin = time.now
        var outside: ConditionsOutside?
        do {
            try await measure(kind, session)
        } catch let found as ConditionsOutside {
            outside = found
        } catch let refused as LoadRefused {
            for position in await session.open { try await session.setAside(position, refused.fault) }
        } catch {
            let took = time.now - begin
            await control.account { $0.attemptEnded(took: took, kept: false) }
            if !(error is CancellationError) {
                try await control.faulted(session.asker, Fault.from(error, at: session.point.id))
            }
            throw error
        }
        let took = time.now - begin
        let keep = outside == nil && !repeats.measuredBefore
        let savings = SequentialSavings(
            await session.recorded.values.compactMap { result in
                session.point.byPosition[result.position].map { ($0, result) }
            })
        await control.account {
            if keep, savings.points > 0 { $0.saved(savings.planned - savings.taken) }
            $0.attemptEnded(took: took, kept: keep)
        }
        return outside
    }

    /// What samples beside an attempt; `nil` where the procedure asks for nothing.
    private func sampling(_ point: ScheduledPoint, _ attempt: Int) throws -> SamplingWatch? {
        guard work.schedule.capture != nil || work.schedule.observe != nil || point.kind == .event else { return nil }
        guard let digitizer = instruments.digitizer else {
            throw Fault(.notFound, work.bench.id, "the procedure needs a digitizer, and the bench has none")
        }
        return SamplingWatch(
            digitizer, capture: work.schedule.capture, observe: work.schedule.observe, corrections: work.corrections,
            point: point, attempt: attempt, folder: waveforms, time: time, journal: journal)
    }

    /// Measures, sampling beside it where the procedure asks for that; waveforms are closed and journalled whatever happens.
    private func measure(_ kind: any PointKind, _ session: BenchSession) async throws {
        guard let sampling = session.sampling else { return try await measureWatched(kind, session) }
        try await sampling.begin()
        do { try await measureWatched(kind, session) } catch {
            try await time.shielded { await sampling.end() }.get()
            throw error
        }
        try await time.shielded { await sampling.end() }.get()
    }

    /// Lets a kind measure while the load is watched; at the first load point, the meters say who they are meanwhile.
    private func measureWatched(_ kind: any PointKind, _ session: BenchSession) async throws {
        let control = control
        let meet = !metersMet
        enum Part { case measured, met, watched }
        try await withThrowingTaskGroup(of: Part.self) { group in
            group.addTask {
                try await kind.measure(session)
                return .measured
            }
            group.addTask {
                try await control.monitor(session.asker, every: Self.watchInterval) { await session.gated }
                return .watched
            }
            if let sampling = session.sampling {
                group.addTask {
                    try await sampling.run()
                    return .watched
                }
            }
            if meet {
                group.addTask {
                    try await self.meetMeters()
                    return .met
                }
            }
            let first = try await group.next()
            if meet {
                let begin = time.now
                _ = try await group.next()
                if first == .measured { await session.waitedForLines(from: begin, bound: 0) }
            }
            group.cancelAll()
        }
    }

    // MARK: Who is there

    /// Every instrument says who it is; one that is not what the bench file says ends the run before anything is energised.
    func meetInstruments() async throws {
        let all: [(any Instrument)?] =
            [
                instruments.source, instruments.standard, instruments.counter, instruments.climate,
                instruments.contactor, instruments.digitizer,
            ] + instruments.more
        for instrument in all.compactMap(\.self) {
            let identity = try await instrument.identify()
            try await journal.append(.instrument(InstrumentMet(id: instrument.id, identity: identity)))
            if let expected = work.bench.instruments.first(where: { $0.id == instrument.id }) {
                func compare(_ what: String, _ answered: String, _ expected: String) throws {
                    guard !expected.isEmpty, answered != expected else { return }
                    throw Fault(
                        .wrongDevice, instrument.id,
                        "answers with \(what) «\(answered)»; the bench file says «\(expected)»")
                }
                try compare("maker", identity.manufacturer, expected.manufacturer)
                try compare("model", identity.model, expected.model)
                try compare("serial number", identity.serial, expected.serial)
            }
            if identity.simulated, !work.started.simulated {
                throw Fault(.wrongDevice, instrument.id, "is a simulator; the run was begun as a real one")
            }
        }
    }

    /// Every meter says who it is, once it has voltage; a meter that is not the one ordered is left out of everything.
    private func meetMeters() async throws {
        while !(await control.hasSettled) { try await time.sleep(seconds: 0.5) }
        let drivers = instruments.meters
        let met = await withTaskGroup(of: MeterMet.self) { group in
            for meter in work.meters {
                let simulatedRun = work.started.simulated
                group.addTask {
                    var met = MeterMet(position: meter.position, serial: meter.serial, identity: nil, fault: nil)
                    do {
                        let identity = try await drivers[meter.position]?.identify()
                        met.identity = identity
                        met.fault = identity.flatMap { Self.objection($0, meter, simulatedRun) }
                    } catch {
                        met.fault = Fault.from(error, at: "position \(meter.position)")
                    }
                    return met
                }
            }
            var all: [MeterMet] = []
            for await met in group { all.append(met) }
            return all
        }
        try Task.checkCancellation()
        for meter in met.sorted(by: { $0.position < $1.position }) {
            if meter.identity != nil, let fault = meter.fault { excluded[meter.position] = fault }
            try await journal.append(.meter(meter))
        }
        metersMet = true
    }

    private static func objection(_ identity: InstrumentIdentity, _ meter: OrderedMeter, _ simulatedRun: Bool) -> Fault?
    {
        if !identity.serial.isEmpty, identity.serial != meter.serial {
            return Fault(
                .wrongDevice, "position \(meter.position)",
                "the meter says it is \(identity.serial); \(meter.serial) was ordered")
        }
        if identity.simulated, !simulatedRun {
            return Fault(
                .wrongDevice, "position \(meter.position)", "is a simulator; the run was begun as a real one")
        }
        return nil
    }
}

/// What was repeated at one load point so far, and what still may be.
struct Repeats {
    let policy: RepeatPolicy
    /// How many times the gates are taken at the next attempt.
    private(set) var gateFactor = 1
    /// Whether an attempt went through: what follows is a repetition.
    private(set) var measuredBefore = false
    private var conditions = 0
    private var trains: [Int: Int] = [:], noise: [Int: Int] = [:]

    init(policy: RepeatPolicy) { self.policy = policy }

    /// Whether conditions may spoil another attempt.
    var mayRepeatConditions: Bool { conditions < policy.conditions }

    /// Which positions are measured again, and why; `nil` where the point is done.
    mutating func next(
        outside: ConditionsOutside?, open: [Int], recorded: [Int: PointResult]
    ) -> (positions: [Int], reason: String)? {
        var positions: [Int] = []
        var reasons: [String] = []
        if let outside, mayRepeatConditions, !open.isEmpty {
            conditions += 1
            positions = open
            reasons = ["conditions: " + outside.text]
        }
        if outside == nil { measuredBefore = true }
        for position in recorded.keys.sorted() {
            guard let result = recorded[position], let reason = policy.reason(result) else { continue }
            let done = (reason.noise ? noise : trains)[position] ?? 0
            guard done < (reason.noise ? policy.noise : policy.badTrain) else { continue }
            if reason.noise {
                noise[position] = done + 1
                gateFactor = policy.noiseGateFactor
            } else {
                trains[position] = done + 1
            }
            positions.append(position)
            reasons.append("position \(position): \(reason.text)")
        }
        return positions.isEmpty ? nil : (positions.sorted(), reasons.joined(separator: "; "))
    }
}
