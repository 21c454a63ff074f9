internal import BenchCore

/// Subjects that a simulated world plays: a bench as its file has it, quiet and exact, so that an answer can be told from any other.
struct WorldSubjects: Sendable {
    let bench: BenchDescription, world: WorldDescription, types: [String: MeterType]

    init(bench: BenchDescription, world: WorldDescription, types: [String: MeterType]) {
        var bench = bench
        for index in bench.instruments.indices {
            bench.instruments[index].counter?.edgeJitter = 0
            bench.instruments[index].counter?.referenceResolution = 0
        }
        var world = world
        world.faults = []
        world.notPlayed = []
        world.ambient.wander = 0
        world.source.noise = 0
        for index in world.meters.indices {
            world.meters[index].noise = 0
            world.meters[index].jitter = 0
            world.meters[index].missingPulses = 0
            world.meters[index].doublePulses = 0
            world.meters[index].exportAsImport = false
            world.meters[index].swappedRegisters = false
        }
        self.bench = bench
        self.world = world
        self.types = types
    }

    /// What the suites need to know of this bench.
    func facts(_ expected: InstrumentDescription?) -> ConformanceFacts {
        var facts = ConformanceFacts()
        let range = bench.instrument(.referenceSource)?.source
        if let range {
            facts.capability = SourceCapability(
                phases: 3, voltage: range.voltage, current: range.current, frequency: range.frequency,
                independentPhases: true)
            facts.load = .conformance(voltage: range.voltage.middle(230), current: range.current.middle(5))
        }
        facts.settle = world.source.settle * 1.1
        facts.channels = 1...max(1, bench.instrument(.pulseCounter)?.counter?.channels ?? 1)
        if let first = bench.positions.first?.channel, first <= facts.channels.upperBound {
            facts.channels = first...facts.channels.upperBound
        }
        if let expected {
            facts.expected = InstrumentIdentity(
                manufacturer: expected.manufacturer, model: expected.model, serial: expected.serial, firmware: "",
                simulated: true)
        }
        return facts
    }

    /// A role's driver over the world's wire; `nil` where the world plays no such instrument.
    func wired(_ instrument: InstrumentDescription, entry: DriverEntry) -> ConformanceSubject? {
        guard let wire = ConformanceWire(instrument.wire) else { return nil }
        if let framed = framed(instrument, entry, wire) { return framed }
        let language: TroubleLanguage
        let spoken: @Sendable (World, ConformanceTime) -> any WireProtocol
        switch (instrument.role, wire) {
        case (.referenceSource, .tcp), (.referenceStandard, .tcp), (.pulseCounter, .tcp), (.referenceSource, .serial),
            (.referenceStandard, .serial), (.pulseCounter, .serial):
            language = .scpi
            let role: ScpiRole =
                instrument.role == .referenceSource
                ? .source : instrument.role == .referenceStandard ? .standard : .counter
            spoken = { SimulatedScpi(world: $0, time: $1, description: instrument, role: role) }
        case (.environment, .modbusTCP(let unit)), (.environment, .modbusRTU(let unit, _, _)),
            (.contactor, .modbusTCP(let unit)), (.contactor, .modbusRTU(let unit, _, _)):
            language = wire.isSerial ? .modbusRTU : .modbusTCP
            let place = FaultPlace.instrument(instrument.id)
            let climate = instrument.role == .environment
            spoken = { world, time in
                let context = UnitContext(world: world, time: time)
                let device: any SimulatedUnit =
                    climate
                    ? ClimateUnit(context: context, place: place) : ContactorUnit(context: context, place: place)
                return Self.modbus(context, wire, [UInt8(truncatingIfNeeded: unit): device])
            }
        default: return nil
        }
        return .wired(
            instrument.id, entry: entry, description: instrument, facts: facts(instrument), language: language,
            wire: wire
        ) { time in
            let world = world(instrument.role)
            return (spoken(world, time), hooks(world, time, instrument.role))
        }
    }

    /// A meter's driver over the world's wire.
    func wired(position: Int, wire: ConformanceWire) -> ConformanceSubject? {
        guard let meter = world.meters.first(where: { $0.position == position }), let type = types[meter.type] else {
            return nil
        }
        let unit: Int
        switch wire {
        case .modbusTCP(let number), .modbusRTU(let number, _, _): unit = number
        case .tcp, .serial: return nil
        }
        let name = "position \(position)"
        var facts = facts(nil)
        facts.registers = type.registers
        facts.load = .conformance(
            voltage: type.nameplate.nominalVoltage.value, current: type.nameplate.nominalCurrent.value)
        return .wired(
            name, .meter, facts: facts, language: wire.isSerial ? .modbusRTU : .modbusTCP, wire: wire,
            play: { time in
                let world = world(nil)
                let context = UnitContext(world: world, time: time)
                let device = MeterUnit(context: context, position: position, type: type)
                return (Self.modbus(context, wire, [UInt8(truncatingIfNeeded: unit): device]), hooks(world, time, nil))
            },
            driver: { address, wires, _ in
                let (line, unit) = try await wires.modbus(address, for: name)
                return ModbusMeter(id: name, line: line, unit: unit, type: type)
            })
    }

    /// The simulated bench's own instrument of a role, without a wire.
    func model(_ role: InstrumentRole) -> ConformanceSubject? {
        guard let description = bench.instrument(role) else { return nil }
        return ConformanceSubject(
            name: "model \(description.id)", contract: ConformanceContract(role), facts: facts(description)
        ) { _ in
            let time = ConformanceTime()
            let world = world(role)
            let all = SimulatedBench.instruments(world, time: time)
            let found: (any Instrument)?
            switch role {
            case .referenceSource: found = all.source
            case .referenceStandard: found = all.standard
            case .pulseCounter: found = all.counter
            case .environment: found = all.climate
            case .contactor: found = all.contactor
            default: found = nil
            }
            guard let found else { throw Fault(.notFound, description.id, "no model of a \(role.rawValue)") }
            return ConformanceRig(driver: found, hooks: hooks(world, time, role))
        }
    }

    /// The simulated bench's meter at a position, without a wire.
    func model(position: Int) -> ConformanceSubject? {
        guard let meter = world.meters.first(where: { $0.position == position }), let type = types[meter.type] else {
            return nil
        }
        var facts = facts(nil)
        facts.registers = type.registers
        facts.load = .conformance(
            voltage: type.nameplate.nominalVoltage.value, current: type.nameplate.nominalCurrent.value)
        return ConformanceSubject(name: "model position \(position)", contract: .meter, facts: facts) { _ in
            let time = ConformanceTime()
            let world = world(nil)
            guard let found = SimulatedBench.instruments(world, time: time).meters[position] else {
                throw Fault(.notFound, "position \(position)", "no model of a meter")
            }
            return ConformanceRig(driver: found, hooks: hooks(world, time, nil))
        }
    }

    /// The simulated digitizer.
    func digitizer() -> ConformanceSubject {
        ConformanceSubject(name: "model digitizer", contract: .digitizer, facts: facts(nil)) { _ in
            let time = ConformanceTime()
            let digitizer = SimulatedDigitizer(id: "digitizer", world: world(nil), time: time)
            var hooks = ConformanceHooks()
            hooks.pass = { time.pass($0) }
            hooks.loseSamples = { digitizer.lose(7) }
            return ConformanceRig(driver: digitizer, hooks: hooks)
        }
    }

    private static func modbus(
        _ context: UnitContext, _ wire: ConformanceWire, _ units: [UInt8: any SimulatedUnit]
    ) -> SimulatedModbus {
        // Characters take no time: it is not the line's speed that is under check.
        SimulatedModbus(context: context, framing: wire.isSerial ? .rtu(character: 0) : .tcp, units: units)
    }

    /// A world at rest; for all but the contactor itself the contactor is closed.
    func world(_ role: InstrumentRole?) -> World {
        let fresh = World(world, bench: bench, types: types)
        if role != .contactor {
            fresh.at(BenchInstant(nanoseconds: 0)) { state, _ in state.setContactor(closed: true) }
        }
        return fresh
    }

    func hooks(_ world: World, _ time: ConformanceTime, _ role: InstrumentRole?) -> ConformanceHooks {
        @Sendable func ask<T>(_ body: (inout WorldState) -> T) -> T { world.at(time.now) { state, _ in body(&state) } }
        let settle = world.description.source.settle
        var hooks = ConformanceHooks()
        hooks.pass = { time.pass($0) }
        hooks.output = {
            ask { state in
                OutputTruth(
                    voltage: state.on && state.applied?.phases.contains { $0.voltage > 0 } == true,
                    current: state.on && state.applied?.phases.contains { $0.current > 0 } == true)
            }
        }
        hooks.settled = { ask { $0.sourceState.settled } }
        hooks.trip = { ask { $0.begin(PlannedFault(.bench, .sourceFault("overload of L2"))) } }
        hooks.stickOutputs = { ask { $0.outputsStuck = true } }
        hooks.energise = { load in
            ask { state in
                state.prepared = load
                if load == nil { state.switchOff(voltage: true) } else { _ = state.apply() }
            }
            // Long enough that nothing of the step is left in the last digit.
            time.pass(load == nil ? 1 : 10 * settle)
        }
        hooks.restart = {
            ask { state in
                switch role {
                case .referenceStandard: state.energyStart = nil
                case .pulseCounter: _ = state.arm(Array(state.channels.keys))
                default: break
                }
            }
        }
        if role == .contactor {
            hooks.closed = { ask { $0.contactorClosed } }
            hooks.stick = { ask { $0.begin(PlannedFault(.bench, $0.contactorClosed ? .stuckClosed : .stuckOpen)) } }
        }
        return hooks
    }
}

extension ClosedRange<Double> {
    /// A value as near to `wanted` as the range has it.
    fileprivate func middle(_ wanted: Double) -> Double { Swift.min(Swift.max(wanted, lowerBound), upperBound) }
}
