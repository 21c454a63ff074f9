internal import BenchCore

/// What an instrument said, in a form that can be compared.
struct ConformanceAnswer: Sendable, Hashable, CustomStringConvertible {
    var words: [String] = []
    var numbers: [Double] = []

    var description: String { (words + numbers.map(Decimal.shortest)).joined(separator: ", ") }

    /// Whether two answers say the same; numbers may differ by `tolerance`, relative.
    func agrees(with other: ConformanceAnswer, tolerance: Double) -> Bool {
        guard words == other.words, numbers.count == other.numbers.count else { return false }
        return zip(numbers, other.numbers).allSatisfy { a, b in
            a == b || abs(a - b) <= tolerance * max(abs(a), abs(b)) || max(abs(a), abs(b)) < 1e-12
        }
    }
}

/// One thing that is asked of an instrument, for all troubles of a wire.
struct ConformanceOperation: Sendable {
    var name: String
    /// What must have happened before it.
    var before: @Sendable (ConformanceRig) async throws -> Void = { _ in }
    /// Asks.
    var run: @Sendable (ConformanceRig) async throws -> ConformanceAnswer
    /// Whether it is a safe action: it may end in any fault, but never claim what is not so.
    var safe = false
    /// What must hold afterwards; `returned` says that it ended without a fault.
    var after: @Sendable (_ stage: ConformanceStage, _ rig: ConformanceRig, _ returned: Bool) async throws -> Void = {
        _, _, _ in
    }

    /// Everything that is asked of an instrument of a contract.
    static func all(_ subject: ConformanceSubject) -> [ConformanceOperation] {
        let facts = subject.facts
        let identify = ConformanceOperation(name: "identify") { rig in
            let identity = try await rig.driver.identify()
            return ConformanceAnswer(
                words: [identity.manufacturer, identity.model, identity.serial, identity.firmware])
        }
        switch subject.contract {
        case .source: return [identify] + source(facts)
        case .standard: return [identify] + standard(facts)
        case .counter: return [identify] + counter(facts)
        case .digitizer: return [identify]
        case .meter: return [identify] + meter(facts)
        case .radioReceiver: return [identify] + radio(facts)
        case .sensor:
            return [
                identify,
                ConformanceOperation(name: "read") { rig in
                    let reading = try await rig.take((any EnvironmentSensor).self).read()
                    return ConformanceAnswer(numbers: [reading.temperature, reading.humidity])
                },
            ]
        case .interlock:
            return [
                identify,
                ConformanceOperation(name: "state") { rig in
                    let state = try await rig.take((any Interlock).self).state()
                    return ConformanceAnswer(words: ["\(state.closed)"] + state.open)
                },
            ]
        case .contactor: return [identify] + contactor
        case .lamp:
            return [
                identify,
                ConformanceOperation(name: "show") { rig in
                    try await rig.take((any SignalLamp).self).show(.energised)
                    return ConformanceAnswer()
                } after: { stage, rig, returned in
                    guard returned, let shown = rig.hooks.signal else { return }
                    try stage.demand(shown() == .energised, "«energised» was confirmed, and the lamp does not show it")
                },
            ]
        case .errorCalculator: return [identify] + calculator(facts)
        case .clockCounter:
            return [
                identify,
                ConformanceOperation(name: "frequency") { rig in
                    rig.hooks.feed?(true)
                } run: { rig in
                    let counter = try rig.take((any ClockCounter).self)
                    let reading = try await counter.frequency(channel: facts.channels.lowerBound, gate: facts.gate)
                    return ConformanceAnswer(numbers: [reading.frequency, reading.gate])
                },
            ]
        }
    }

    private init(
        name: String, safe: Bool = false,
        before: @escaping @Sendable (ConformanceRig) async throws -> Void = { _ in },
        run: @escaping @Sendable (ConformanceRig) async throws -> ConformanceAnswer,
        after: @escaping @Sendable (ConformanceStage, ConformanceRig, Bool) async throws -> Void = { _, _, _ in }
    ) {
        self.name = name
        self.safe = safe
        self.before = before
        self.run = run
        self.after = after
    }

    private static func source(_ facts: ConformanceFacts) -> [ConformanceOperation] {
        let load = facts.load
        let live: @Sendable (ConformanceRig) async throws -> Void = { rig in
            let source = try rig.take((any ReferenceSource).self)
            try await source.prepare(load)
            try await source.apply()
            rig.hooks.pass?(facts.settle)
        }
        func off(_ action: SafeAction) -> ConformanceOperation {
            ConformanceOperation(name: action.rawValue, safe: true, before: live) { rig in
                try await rig.take((any ReferenceSource).self).perform(action)
                return ConformanceAnswer()
            } after: { stage, rig, returned in
                guard returned else { return }
                try await SourceChecks.demandOff(action, stage, rig)
            }
        }
        return [
            ConformanceOperation(name: "prepare") { rig in
                try await rig.take((any ReferenceSource).self).prepare(load)
                return ConformanceAnswer()
            } after: { stage, rig, _ in
                guard let output = rig.hooks.output?() else { return }
                try stage.demand(!output.voltage && !output.current, "«prepare» energised the outputs")
            },
            ConformanceOperation(name: "apply") { rig in
                try await rig.take((any ReferenceSource).self).prepare(load)
            } run: { rig in
                try await rig.take((any ReferenceSource).self).apply()
                return ConformanceAnswer()
            } after: { stage, rig, _ in
                rig.proxy?.rest()
                let source = try rig.take((any ReferenceSource).self)
                _ = await stage.outcome("voltage-off") { try await source.perform(.voltageOff) }
                try await stage.succeed("voltage-off after trouble") { try await source.perform(.voltageOff) }
                try await SourceChecks.demandOff(.voltageOff, stage, rig)
            },
            ConformanceOperation(name: "state", before: live) { rig in
                let state = try await rig.take((any ReferenceSource).self).state()
                return ConformanceAnswer(words: [
                    "on \(state.on)", "settled \(state.settled)", state.fault ?? "healthy",
                ])
            },
            off(.currentOff), off(.voltageOff),
        ]
    }

    private static func standard(_ facts: ConformanceFacts) -> [ConformanceOperation] {
        let load = facts.load
        let live: @Sendable (ConformanceRig) async throws -> Void = { rig in
            rig.hooks.energise?(load)
            _ = try await range(rig, facts)
        }
        let counting: @Sendable (ConformanceRig) async throws -> Void = { rig in
            try await live(rig)
            try await rig.take((any ReferenceStandard).self).startEnergy()
            rig.hooks.pass?(10)
        }
        let always = [
            ConformanceOperation(name: "range") { rig in
                let constant = try await range(rig, facts)
                return ConformanceAnswer(
                    words: constant == nil ? ["no constant"] : [], numbers: constant.map { [$0] } ?? [])
            },
            ConformanceOperation(name: "read", before: live) { rig in
                let r = try await rig.take((any ReferenceStandard).self).read()
                return ConformanceAnswer(
                    words: ["\(r.voltages.count) \(r.currents.count) \(r.powers.count)"],
                    numbers: r.voltages + r.currents + r.powers + [r.frequency] + r.voltageDistortion)
            },
        ]
        guard facts.measuresEnergy else { return always }
        return always + [
            ConformanceOperation(name: "start-energy", before: live) { rig in
                try await rig.take((any ReferenceStandard).self).startEnergy()
                return ConformanceAnswer()
            },
            ConformanceOperation(name: "energy", before: counting) { rig in
                ConformanceAnswer(numbers: [try await rig.take((any ReferenceStandard).self).energy()])
            },
            ConformanceOperation(name: "stop-energy", before: counting) { rig in
                ConformanceAnswer(numbers: [try await rig.take((any ReferenceStandard).self).stopEnergy()])
            },
        ]
    }

    /// Sets the ranges for the load in the middle; the constant, or `nil` where the standard says that it has none.
    private static func range(_ rig: ConformanceRig, _ facts: ConformanceFacts) async throws -> Double? {
        do {
            return try await rig.take((any ReferenceStandard).self).range(for: facts.load)
        } catch let fault as Fault where !facts.namesConstant && StandardChecks.isRanged(fault) { return nil }
    }

    private static func counter(_ facts: ConformanceFacts) -> [ConformanceOperation] {
        let channel = facts.channels.lowerBound
        return [
            ConformanceOperation(name: "arm") { rig in
                try await rig.take((any PulseCounter).self).arm(channels: [channel])
                return ConformanceAnswer()
            },
            ConformanceOperation(name: "edges") { rig in
                rig.hooks.energise?(facts.load)
                try await rig.take((any PulseCounter).self).arm(channels: [channel])
                rig.hooks.pass?(10)
            } run: { rig in
                let block = try await rig.take((any PulseCounter).self).edges(channel: channel, from: 0)
                var numbers: [Double] = []
                if let first = block.edges.first, let last = block.edges.last, block.edges.count > 1 {
                    let spaces = Double(block.edges.count - 1)
                    numbers = [
                        Double(last.tick - first.tick) / spaces, (last.referenceCount - first.referenceCount) / spaces,
                    ]
                }
                let whole = block.next == block.edges.count
                return ConformanceAnswer(
                    words: ["overrun \(block.overrun)", "numbered from 0 \(whole)"], numbers: numbers)
            },
            ConformanceOperation(name: "disarm") { rig in
                try await rig.take((any PulseCounter).self).disarm()
                return ConformanceAnswer()
            },
        ]
    }

    private static func meter(_ facts: ConformanceFacts) -> [ConformanceOperation] {
        // One register of each kind is enough for the wire; text, energy, and one more number.
        var chosen: [RegisterDefinition] = []
        for role in [RegisterRole.serialNumber, .activeEnergyImport, .voltageL1, .activePower] {
            if chosen.count < 3, let register = facts.registers.first(where: { $0.role == role }) {
                chosen.append(register)
            }
        }
        return chosen.map { register in
            ConformanceOperation(name: "read \(register.name)") { rig in
                rig.hooks.energise?(nil)
            } run: { rig in
                let value = try await rig.take((any MeterDriver).self).read(register)
                return ConformanceAnswer(
                    words: [
                        value.name, value.unit, value.text ?? "no text", value.number == nil ? "no number" : "number",
                    ],
                    numbers: value.number.map { [$0] } ?? [])
            }
        }
    }

    private static func radio(_ facts: ConformanceFacts) -> [ConformanceOperation] {
        guard let setting = facts.sweep else { return [] }
        return [
            ConformanceOperation(name: "sweep") { rig in
                rig.hooks.feed?(true)
            } run: { rig in
                let trace = try await rig.take((any RFReceiver).self).sweep(setting)
                return ConformanceAnswer(
                    words: ["\(trace.power.count) points"],
                    numbers: [trace.interval, trace.setting.center, trace.setting.bandwidth, trace.setting.duration])
            }
        ]
    }

    private static var contactor: [ConformanceOperation] {
        func move(_ name: String, closed: Bool) -> ConformanceOperation {
            ConformanceOperation(name: name, safe: !closed) { rig in
                let contactor = try rig.take((any SupplySwitch).self)
                if closed { try await contactor.perform(.open) } else { try await contactor.close() }
            } run: { rig in
                let contactor = try rig.take((any SupplySwitch).self)
                if closed { try await contactor.close() } else { try await contactor.perform(.open) }
                return ConformanceAnswer()
            } after: { stage, rig, returned in
                guard returned, let truth = rig.hooks.closed else { return }
                try stage.demand(truth() == closed, "«\(name)» was confirmed, and the contact is not there")
            }
        }
        return [move("close", closed: true), move("open", closed: false)]
    }

    private static func calculator(_ facts: ConformanceFacts) -> [ConformanceOperation] {
        let started: @Sendable (ConformanceRig) async throws -> Void = { rig in
            rig.hooks.energise?(facts.load)
            let calculator = try rig.take((any ErrorCalculator).self)
            try await calculator.abort()
            try await calculator.start(facts.calculation)
        }
        return [
            ConformanceOperation(name: "start") { rig in
                rig.hooks.energise?(facts.load)
                try await rig.take((any ErrorCalculator).self).abort()
            } run: { rig in
                try await rig.take((any ErrorCalculator).self).start(facts.calculation)
                return ConformanceAnswer()
            },
            ConformanceOperation(name: "state", before: started) { rig in
                let state = try await rig.take((any ErrorCalculator).self).state()
                return ConformanceAnswer(words: ["\(state.stage)"], numbers: state.error.map { [$0] } ?? [])
            },
            ConformanceOperation(name: "abort", before: started) { rig in
                try await rig.take((any ErrorCalculator).self).abort()
                return ConformanceAnswer()
            },
        ]
    }
}

extension ConformanceRig {
    /// The driver as a contract says.
    func take<T>(_: T.Type) throws -> T {
        guard let found = driver as? T else { throw CheckEnd.failed("the driver does not keep \(T.self)") }
        return found
    }
}
