/// An attempt that conditions ended: nothing of it that was still open counts.
struct ConditionsOutside: Error {
    var complaints: [String]
    var text: String { complaints.joined(separator: "; ") }
}

/// A load that source or standard refuse: known before anything is energised.
struct LoadRefused: Error {
    var fault: Fault
}

/// What is applied to all positions, and whether it has settled: the one place that drives the source.
actor LoadControl {
    /// The attempt that asks, for the journal.
    struct Asker: Sendable {
        var point: String, attempt: Int, settleLimit: Double
        /// What the standard is to count.
        var energy = EnergyKind.active
    }
    private let instruments: BenchInstruments
    private let time: any Timekeeper
    private let journal: any EventSink
    private let conditions: Conditions
    private let criteria: SettleCriteria

    private var applied: LoadSetting?
    private var settled: SettledLoad?
    private var referenceConstant = 0.0
    private var rangedFor: LoadSetting?
    /// What the standard counts; `nil` where it may count either and was not told yet.
    private var counting: EnergyKind?
    /// Counts changes of the load: a reading that began before a change says nothing about what came after it.
    private var changes = 0
    private var lastClimate: (reading: ClimateReading, at: BenchInstant)?
    private(set) var account = EfficiencyAccount()

    init(
        _ instruments: BenchInstruments, _ time: any Timekeeper, _ journal: any EventSink, _ conditions: Conditions,
        _ criteria: SettleCriteria, choosesEnergy: Bool = false
    ) {
        self.instruments = instruments
        self.time = time
        self.journal = journal
        self.conditions = conditions
        self.criteria = criteria
        counting = choosesEnergy ? nil : .active
    }

    /// Whether anything has been energised and settled so far.
    var hasSettled: Bool { settled != nil }
    /// What is applied now.
    var load: LoadSetting? { applied }

    func account(_ change: @Sendable (inout EfficiencyAccount) -> Void) { change(&account) }

    private func move(
        _ asker: Asker, _ state: LoadPointMoved.State, _ load: LoadSetting, reading: StandardReading? = nil,
        reason: String? = nil
    ) async throws {
        try await journal.append(
            .loadPoint(
                LoadPointMoved(
                    point: asker.point, attempt: asker.attempt, state: state, load: load, reading: reading,
                    reason: reason)))
    }

    // MARK: Settling

    func settle(_ load: LoadSetting, ranged: LoadSetting?, _ asker: Asker) async throws -> SettledLoad {
        let begin = time.now
        if let settled, settled.load == load, asker.energy == counting, ranged == nil || ranged == rangedFor {
            let reading = try await healthyReading()
            if criteria.complaints(reading, load).isEmpty {
                let now = SettledLoad(
                    load: load, reading: reading, referenceConstant: referenceConstant, at: time.now)
                self.settled = now
                try await move(asker, .settled, load, reading: reading)
                account.settled(took: time.now - begin, bound: 0)
                return now
            }
        }
        do {
            try await instruments.source.prepare(load)
            if asker.energy != counting {
                try await instruments.standard.count(asker.energy)
                counting = asker.energy
                rangedFor = nil
            }
            if let ranged, ranged != rangedFor {
                referenceConstant = try await instruments.standard.range(for: ranged)
                rangedFor = ranged
            }
        } catch let fault as Fault where fault.code == .refused {
            rangedFor = nil
            try await move(asker, .refused, load, reason: fault.description)
            throw LoadRefused(fault: fault)
        }
        try await move(asker, .stored, load)
        changes += 1
        settled = nil
        applied = load
        try await instruments.source.apply()
        let from = time.now
        try await move(asker, .applied, load)
        try await move(asker, .settling, load)
        let (reading, entered) = try await proof(load, from, asker.settleLimit)
        let now = SettledLoad(load: load, reading: reading, referenceConstant: referenceConstant, at: time.now)
        settled = now
        try await move(asker, .settled, load, reading: reading)
        account.settled(took: time.now - begin, bound: entered - from + criteria.hold)
        return now
    }

    /// Journals that the attempt ended in a fault.
    func faulted(_ asker: Asker, _ fault: Fault) async throws {
        settled = nil
        guard let applied else { return }
        try await move(asker, .faulted, applied, reason: fault.description)
    }

    /// Reads until the load has stayed in its window and stood still for the time asked; returns the last reading and when it came in.
    private func proof(
        _ load: LoadSetting, _ from: BenchInstant, _ limit: Double
    ) async throws -> (reading: StandardReading, entered: BenchInstant) {
        // The bench file's and the procedure's figure, but never less than the proof itself needs.
        let deadline = from + max(limit, 2 * criteria.hold + 1)
        var inside: BenchInstant?
        var before: StandardReading?
        var readings = 0
        while true {
            let reading = try await instruments.standard.read()
            readings += 1
            let at = time.now
            let complaints = criteria.complaints(reading, load)
            let still = before.map { criteria.still($0, reading, load) } ?? true
            if !complaints.isEmpty {
                inside = nil
            } else if !still || inside == nil {
                inside = at
            }
            before = reading
            if let inside, at - inside >= criteria.hold {
                try await checkSource()
                return (reading, inside)
            }
            // Slow wires, or a bench that runs faster than life, take few readings in that time: too few prove nothing.
            guard at < deadline || readings < criteria.fewestReadings else {
                try await checkSource()
                let why = complaints.isEmpty ? "the reading does not stand still" : complaints.joined(separator: "; ")
                throw Fault(
                    .notSettled, instruments.source.id,
                    "not settled within \(Decimal.shortest(((at - from) * 10).rounded() / 10)) s: \(why)")
            }
            if inside == nil { try await checkSource() }
            try await time.sleep(seconds: criteria.interval)
        }
    }

    /// Fires the event of the load applied; returns when it is over. Nothing is watched until `calm` has proved the load again.
    func fire(_ asker: Asker, lasting seconds: Double) async throws -> BenchInstant {
        guard settled != nil, let applied else {
            throw Fault(.internalError, asker.point, "an event is fired at a load that has settled")
        }
        guard let source = instruments.source as? any TriggeredSource else {
            throw LoadRefused(fault: Fault(.refused, instruments.source.id, "it cannot fire an event"))
        }
        changes += 1
        settled = nil
        do { try await source.trigger() } catch let fault as Fault where fault.code == .refused {
            try await move(asker, .refused, applied, reason: fault.description)
            throw LoadRefused(fault: fault)
        }
        try await move(asker, .fired, applied)
        // It begins at an angle of the voltage: up to a cycle later.
        try await time.sleep(seconds: seconds + 1 / max(applied.frequency, 1))
        return time.now
    }

    /// Proves that the load has settled again after an event.
    func calm(_ asker: Asker) async throws -> SettledLoad {
        guard let applied else { throw Fault(.internalError, asker.point, "nothing is applied") }
        changes += 1
        let (reading, _) = try await proof(applied, time.now, asker.settleLimit)
        let now = SettledLoad(load: applied, reading: reading, referenceConstant: referenceConstant, at: time.now)
        settled = now
        try await move(asker, .settled, applied, reading: reading)
        return now
    }

    private func checkSource() async throws {
        let state = try await instruments.source.state()
        if let fault = state.fault { throw Fault(.sourceFault, instruments.source.id, fault) }
        guard state.on else { throw Fault(.sourceFault, instruments.source.id, "the outputs went off by themselves") }
    }

    // MARK: Watching

    /// A reading of the standard while the source says that it is well.
    private func healthyReading() async throws -> StandardReading {
        try await checkSource()
        return try await instruments.standard.read()
    }

    /// The climate, at most five seconds old; `nil` without a sensor.
    private func climate() async throws -> ClimateReading? {
        guard let sensor = instruments.climate else { return nil }
        if let lastClimate, time.now - lastClimate.at < 5 { return lastClimate.reading }
        let reading = try await sensor.read()
        lastClimate = (reading, time.now)
        return reading
    }

    /// Compares load and conditions with what they should be; outside is journalled and thrown, a moment named is journalled in any case.
    func look(_ asker: Asker, _ moment: String, always: Bool, climatic: Bool) async throws -> CheckedConditions {
        let change = changes
        let reading = try await healthyReading()
        let air = climatic ? try await climate() : nil
        // A load that changed while the reading was under way: the reading tells of neither.
        let stands = change == changes
        var complaints = climatic && stands ? conditions.complaints(reading, air, at: settled?.load) : []
        if stands, let settled { complaints += criteria.complaints(reading, settled.load) }
        if always || !complaints.isEmpty {
            try await journal.append(
                .conditions(
                    ConditionsChecked(
                        point: asker.point, attempt: asker.attempt, moment: moment, climate: air, reading: reading,
                        complaints: complaints)))
        }
        guard complaints.isEmpty else {
            settled = nil
            throw ConditionsOutside(complaints: complaints)
        }
        return CheckedConditions(reading: reading, climate: air)
    }

    /// Looks again and again while a kind measures, whenever the load has settled; throws what it finds, never returns otherwise.
    func monitor(_ asker: Asker, every seconds: Double, climatic: @Sendable () async -> Bool) async throws {
        while true {
            try await time.sleep(seconds: seconds)
            guard settled != nil else { continue }
            _ = try await look(asker, "during", always: false, climatic: await climatic())
        }
    }
}
