internal import BenchCore

/// What a source must do: a source left on can kill.
enum SourceChecks {
    static let all: [ConformanceCheck] = [
        ConformanceCheck(
            name: "takes-what-it-claims", sentence: "every load inside its claimed limits is taken, edges included",
            needs: .changes
        ) { stage in
            try await stage.with((any ReferenceSource).self) { source, rig in
                let capability = try claimed(source, stage)
                for (name, load) in inside(capability, stage.facts.load, lags: stage.facts.lags) {
                    try await stage.succeed(name) { try await source.prepare(load) }
                    try await demandDead(stage, rig, source, "«prepare» of \(name)")
                }
            }
        },
        ConformanceCheck(
            name: "refuses-the-rest",
            sentence:
                "every load outside its claimed limits, just beyond the edges included, is refused and energises nothing"
        ) { stage in
            try await stage.with((any ReferenceSource).self) { source, rig in
                try await demandOffAtFirst(source, stage)
                let capability = try claimed(source, stage)
                for (name, load) in outside(capability, stage.facts.load) {
                    try await stage.demandFault(.refused, from: name) { try await source.prepare(load) }
                    try await demandDead(stage, rig, source, "«prepare» of \(name)")
                }
            }
        },
        ConformanceCheck(
            name: "refused-load-is-not-applied", sentence: "after a refused load there is nothing to apply",
            needs: .changes
        ) { stage in
            try await stage.with((any ReferenceSource).self) { source, rig in
                let capability = try claimed(source, stage)
                guard let (name, load) = outside(capability, stage.facts.load).first else { return }
                try await stage.demandFault(.refused, from: name) { try await source.prepare(load) }
                if case .success = await stage.outcome("apply", { try await source.apply() }) {
                    throw CheckEnd.failed("«apply» succeeded after \(name) was refused")
                }
                try await demandDead(stage, rig, source, "«apply» after a refused load")
            }
        },
        ConformanceCheck(name: "cannot-open", sentence: "a source refuses «open», which is a contactor's") { stage in
            try await stage.with((any ReferenceSource).self) { source, _ in
                try await stage.demandFault(.refused, from: "perform open") { try await source.perform(.open) }
            }
        },
        ConformanceCheck(
            name: "off-is-not-settled", sentence: "a source that is off does not claim to have settled"
        ) { stage in
            try await stage.with((any ReferenceSource).self) { source, rig in
                try await demandOffAtFirst(source, stage)
                let state = try await stage.succeed("state") { try await source.state() }
                try stage.demand(!state.settled, "off, and settled")
            }
        },
        ConformanceCheck(
            name: "settled-is-honest",
            sentence: "settled is claimed once the outputs have settled, not before, and is not kept when switched off",
            needs: [.changes, .hooks]
        ) { stage in
            try await stage.with((any ReferenceSource).self) { source, rig in
                let pass = try stage.hook(rig.hooks.pass, "let time pass")
                let truth = try stage.hook(rig.hooks.settled, "say whether the outputs have settled")
                let load = stage.facts.load
                try await stage.succeed("prepare") { try await source.prepare(load) }
                let prepared = try await stage.succeed("state") { try await source.state() }
                try stage.demand(!prepared.settled && !prepared.on, "prepared only, and \(prepared)")
                try await stage.succeed("apply") { try await source.apply() }
                var waited = 0.0
                var claimed = false
                while waited <= stage.facts.settle, !claimed {
                    let state = try await stage.succeed("state") { try await source.state() }
                    try stage.demand(state.on, "applied, and not on")
                    try stage.demand(
                        !state.settled || truth(),
                        "settled is claimed \(Decimal.fixed(waited, 2)) s after «apply»; the outputs are not")
                    claimed = state.settled
                    pass(stage.facts.settle / 20)
                    waited += stage.facts.settle / 20
                }
                try stage.demand(
                    claimed, "settled is not claimed \(Decimal.fixed(stage.facts.settle, 2)) s after «apply»")
                // A second load begins a second time of settling.
                var other = load
                for index in other.phases.indices { other.phases[index].voltage *= 0.9 }
                let next = other
                try await stage.succeed("prepare") { try await source.prepare(next) }
                try await stage.succeed("apply") { try await source.apply() }
                let again = try await stage.succeed("state") { try await source.state() }
                try stage.demand(
                    !again.settled || truth(), "settled is still claimed right after the next load was applied")
                try await stage.succeed("voltage-off") { try await source.perform(.voltageOff) }
                let off = try await stage.succeed("state") { try await source.state() }
                try stage.demand(!off.settled && !off.on, "switched off, and \(off)")
            }
        },
        ConformanceCheck(
            name: "trip-is-told", sentence: "a source that trips says so in words and does not claim to have settled",
            needs: [.changes, .hooks]
        ) { stage in
            try await stage.with((any ReferenceSource).self) { source, rig in
                let trip = try stage.hook(rig.hooks.trip, "trip")
                try await live(source, rig, stage)
                trip()
                rig.hooks.pass?(stage.facts.settle)
                let state = try await stage.succeed("state") { try await source.state() }
                try stage.demand(state.fault?.isEmpty == false, "tripped, and no fault is told: \(state)")
                try stage.demand(!state.settled, "tripped, and settled")
            }
        },
        ConformanceCheck(
            name: "safe-from-any-state",
            sentence:
                "switching off reaches safe when fresh, prepared, applied, settled, tripped, after a refusal, after a time-out, and twice",
            needs: .changes
        ) { stage in
            for action in [SafeAction.currentOff, .voltageOff] {
                for (name, reach) in states(stage) {
                    try await stage.with((any ReferenceSource).self) { source, rig in
                        guard try await reach(source, rig) else { return }
                        for time in ["", " again"] {
                            try await stage.succeed("\(action.rawValue)\(time) when \(name)") {
                                try await source.perform(action)
                            }
                            rig.hooks.pass?(1)
                            try await demandOff(action, stage, rig, "when \(name)")
                        }
                    }
                }
            }
        },
        ConformanceCheck(
            name: "off-is-confirmed", sentence: "outputs that do not switch off are a fault, never a success",
            needs: [.changes, .hooks]
        ) { stage in
            let currents = stage.facts.load.phases.contains { $0.current > 0 }
            for action in [SafeAction.currentOff, .voltageOff] where currents || action == .voltageOff {
                try await stage.with((any ReferenceSource).self) { source, rig in
                    let stick = try stage.hook(rig.hooks.stickOutputs, "keep its outputs on")
                    try await live(source, rig, stage)
                    stick()
                    try await stage.demandFault(.sourceFault, .refused, from: "\(action.rawValue) of stuck outputs") {
                        try await source.perform(action)
                    }
                }
            }
        },
        ConformanceCheck(
            name: "safe-comes-first", sentence: "switching off does not wait for another exchange that hangs",
            needs: [.changes, .trouble]
        ) { stage in
            let patient = WireTimeouts(connect: 2, response: 12, late: 0.1, longest: 12)
            for action in [SafeAction.currentOff, .voltageOff] {
                try await stage.with((any ReferenceSource).self, timeouts: patient) { source, rig in
                    guard let proxy = rig.proxy else { return }
                    try await live(source, rig, stage)
                    proxy.plan(.silence)
                    async let hanging = stage.outcome("state") { try await source.state() }
                    let begin = WireTime.now
                    while proxy.exchanges < 1, WireTime.now < begin + 5 {
                        try await ContinuousClock().sleep(for: .milliseconds(2))
                    }
                    let done = await stage.outcome("\(action.rawValue) during another exchange", within: 8) {
                        try await source.perform(action)
                    }
                    if case .failure(let error) = done {
                        throw CheckEnd.failed("\(action.rawValue) while «state» hangs: \(error)")
                    }
                    try await demandOff(action, stage, rig, "while «state» hung")
                    _ = await hanging
                }
            }
        },
    ]

    /// The limits that the driver claims, or the bench file states for it.
    static func claimed(_ source: any ReferenceSource, _ stage: ConformanceStage) throws -> SourceCapability {
        if let capable = source as? any CapableSource { return capable.capability }
        return try stage.hook(stage.facts.capability, "say what it can give, nor does the bench file")
    }

    /// Loads at and inside the edges.
    static func inside(
        _ capability: SourceCapability, _ load: LoadSetting, lags: [Double] = ConformanceFacts().lags
    ) -> [(String, LoadSetting)] {
        var list = [("the load in the middle", load), ("the load without current", load.withoutCurrent)]
        func add(_ name: String, _ change: (inout PhaseLoad) -> Void) {
            var changed = load
            for index in changed.phases.indices where index < capability.phases { change(&changed.phases[index]) }
            list.append((name, changed))
        }
        for voltage in [capability.voltage.lowerBound, capability.voltage.upperBound] {
            add("\(Decimal.shortest(voltage)) V without current") {
                $0.voltage = voltage
                $0.current = 0
            }
        }
        if let current = capability.current {
            for edge in [current.lowerBound, current.upperBound] where edge > 0 {
                add("\(Decimal.shortest(edge)) A") { $0.current = edge }
            }
            for lag in lags { add("a lag of \(Decimal.shortest(lag))°") { $0.currentLag = lag } }
        }
        for edge in [capability.frequency.lowerBound, capability.frequency.upperBound] {
            var changed = load
            changed.frequency = edge
            list.append(("\(Decimal.shortest(edge)) Hz", changed))
        }
        if capability.phases == 3, capability.independentPhases {
            var changed = load
            changed.phases[1].voltage = 0
            changed.phases[1].current = 0
            list.append(("L2 left out", changed))
        }
        return list
    }

    /// Loads just outside the edges, and what is no load at all.
    static func outside(_ capability: SourceCapability, _ load: LoadSetting) -> [(String, LoadSetting)] {
        var list: [(String, LoadSetting)] = []
        func add(_ name: String, _ change: (inout PhaseLoad) -> Void) {
            var changed = load
            for index in changed.phases.indices where index < capability.phases { change(&changed.phases[index]) }
            list.append((name, changed))
        }
        func beyond(_ range: ClosedRange<Double>) -> [Double] {
            [range.upperBound * 1.000001, range.upperBound * 10]
                + (range.lowerBound > 0 ? [range.lowerBound * 0.999999] : [])
        }
        for voltage in beyond(capability.voltage) { add("\(voltage) V") { $0.voltage = voltage } }
        for current in capability.current.map(beyond) ?? [1] {
            add("\(current) A") {
                $0.current = current
                $0.voltage = max($0.voltage, capability.voltage.lowerBound)
            }
        }
        for frequency in beyond(capability.frequency) + [0, -capability.frequency.upperBound, .nan, .infinity] {
            var changed = load
            changed.frequency = frequency
            list.append(("\(frequency) Hz", changed))
        }
        add("not a number of volts") { $0.voltage = .nan }
        add("infinitely many volts") { $0.voltage = .infinity }
        add("a negative voltage") { $0.voltage = -$0.voltage }
        add("an angle that is not a number") { $0.voltageAngle = .nan }
        if capability.current != nil {
            add("not a number of amperes") { $0.current = .nan }
            add("a negative current") { $0.current = -1 }
            add("a lag that is not a number") {
                $0.current = max($0.current, load.phases[0].current)
                $0.currentLag = .nan
            }
        }
        list.append(("two phases", LoadSetting(frequency: load.frequency, phases: Array(load.phases.prefix(2)))))
        list.append(("no phases", LoadSetting(frequency: load.frequency, phases: [])))
        if capability.phases < 3 {
            var changed = load
            changed.phases[2] = PhaseLoad(
                voltage: load.phases[0].voltage, voltageAngle: 120, current: 0, currentLag: 0)
            list.append(("L3, which it has not", changed))
        }
        if !capability.independentPhases, capability.phases == 3 {
            var changed = load
            changed.phases[1].voltage *= 0.95
            list.append(("unequal voltages", changed))
        }
        return list
    }

    /// Applies the load in the middle and waits until it has settled.
    static func live(_ source: any ReferenceSource, _ rig: ConformanceRig, _ stage: ConformanceStage) async throws {
        let load = stage.facts.load
        try await stage.succeed("prepare") { try await source.prepare(load) }
        try await stage.succeed("apply") { try await source.apply() }
        rig.hooks.pass?(stage.facts.settle)
    }

    private typealias Reach = @Sendable (any ReferenceSource, ConformanceRig) async throws -> Bool

    /// States to switch off from; false where the simulator cannot get there.
    private static func states(_ stage: ConformanceStage) -> [(String, Reach)] {
        let load = stage.facts.load
        return [
            ("fresh", { _, _ in true }),
            (
                "prepared",
                { source, _ in
                    try await stage.succeed("prepare") { try await source.prepare(load) }
                    return true
                }
            ),
            (
                "applied",
                { source, _ in
                    try await stage.succeed("prepare") { try await source.prepare(load) }
                    try await stage.succeed("apply") { try await source.apply() }
                    return true
                }
            ),
            (
                "settled",
                { source, rig in
                    try await live(source, rig, stage)
                    return true
                }
            ),
            (
                "tripped",
                { source, rig in
                    guard let trip = rig.hooks.trip else { return false }
                    try await live(source, rig, stage)
                    trip()
                    return true
                }
            ),
            (
                "refused",
                { source, rig in
                    try await live(source, rig, stage)
                    guard let capability = try? claimed(source, stage),
                        let (_, bad) = outside(capability, load).first
                    else { return false }
                    _ = await stage.outcome("prepare") { try await source.prepare(bad) }
                    return true
                }
            ),
            (
                "out of a time-out",
                { source, rig in
                    guard let proxy = rig.proxy else { return false }
                    try await live(source, rig, stage)
                    proxy.plan(.held)
                    _ = await stage.outcome("state") { try await source.state() }
                    proxy.rest()
                    return true
                }
            ),
            (
                "cut off",
                { source, rig in
                    guard let proxy = rig.proxy else { return false }
                    try await live(source, rig, stage)
                    proxy.plan(.closeBeforeAnswer)
                    _ = await stage.outcome("state") { try await source.state() }
                    proxy.rest()
                    return true
                }
            ),
        ]
    }

    /// Demands that a safe action has done its work, by the simulator's own terminals and by what the source says.
    static func demandOff(
        _ action: SafeAction, _ stage: ConformanceStage, _ rig: ConformanceRig, _ when: String = ""
    ) async throws {
        let source = try rig.take((any ReferenceSource).self)
        let where_ = when.isEmpty ? "" : " \(when)"
        if let output = rig.hooks.output?() {
            try stage.demand(!output.current, "«\(action.rawValue)»\(where_) was confirmed, and there is still current")
            try stage.demand(
                action == .currentOff || !output.voltage,
                "«\(action.rawValue)»\(where_) was confirmed, and there is still voltage")
        }
        guard action == .voltageOff else { return }
        let state = try await stage.succeed("state") { try await source.state() }
        try stage.demand(!state.on, "«\(action.rawValue)»\(where_) was confirmed, and the source says that it is on")
        try stage.demand(
            !state.settled, "«\(action.rawValue)»\(where_) was confirmed, and the source claims to have settled")
    }

    /// Demands that nothing is energised.
    static func demandDead(
        _ stage: ConformanceStage, _ rig: ConformanceRig, _ source: any ReferenceSource, _ after: String
    ) async throws {
        if let output = rig.hooks.output?() {
            try stage.demand(!output.voltage && !output.current, "the outputs are live after \(after)")
        }
        let state = try await stage.succeed("state") { try await source.state() }
        try stage.demand(!state.on, "the source says that it is on after \(after)")
    }

    /// A real source must be off before anything is asked of it.
    private static func demandOffAtFirst(_ source: any ReferenceSource, _ stage: ConformanceStage) async throws {
        let state = try await stage.succeed("state") { try await source.state() }
        guard !state.on else {
            throw CheckEnd.notApplicable("the source is on; switch it off and run the suite again")
        }
    }
}
