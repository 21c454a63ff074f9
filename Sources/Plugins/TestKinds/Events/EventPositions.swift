internal import BenchCore

/// The positions still in an event test, with what was read and counted at each.
final class EventPositions: Sendable {
    /// Before the first event or after the last.
    enum Side: Sendable { case begin, end }
    struct State: Sendable {
        /// Values in kWh by the register's name.
        var values: [Side: [String: Double]] = [:]
        var gates: [Side: PulseObservation] = [:]
        var during: PulseGate?
        var log: EventObservation.LogReading?
        var firings: [EventObservation.Firing] = []
        /// Answer after the event that is going on.
        var answered: Double?, requests = 0
        /// Register right before it.
        var earlier: Double?
    }
    private let session: any MeasuringSession, asked: EventQuestion
    private let states: PositionStates<State>

    /// Seconds between two requests to a meter that is silent.
    static let pause = 0.1

    init(_ session: any MeasuringSession, _ asked: EventQuestion) {
        self.session = session
        self.asked = asked
        states = PositionStates(session, State())
    }

    /// Positions that nothing has gone wrong at.
    var positions: [Int] { states.positions }

    /// The register that must move, then that of the other direction where the meter has one.
    private func registers(_ position: Int) throws -> [RegisterDefinition] {
        let type = try session.type(of: position), direction = try session.question(position).direction
        let roles = [RegisterError.role(direction), RegisterError.role(direction == .import ? .export : .import)]
        let found = roles.compactMap(type.register)
        guard let first = found.first, first.role == roles[0], RegisterError.resolution(first) != nil else {
            throw PositionFault(
                Fault(
                    .notFound, "position \(position)",
                    "the meter type has no register «\(roles[0].rawValue)» with a resolution"))
        }
        return found
    }

    /// Reads registers of all open positions, and the log before the first event.
    func read(_ side: Side) async throws {
        try await states.each { position in
            let driver = try self.states.driver(position)
            var values: [String: Double] = [:]
            for register in try self.registers(position) {
                values[register.name] = try await OpenPositions.value(register, driver, position)
            }
            let read = values
            self.states.change(position) { $0.values[side] = read }
            guard side == .begin else { return }
            let log = try await self.readLog(position, driver)
            self.states.change(position) { $0.log = log }
        }
    }

    /// The log as it stands now; `nil` where the type has none or it does not answer.
    private func readLog(_ position: Int, _ driver: any MeterDriver) async throws -> EventObservation.LogReading? {
        let type = try session.type(of: position)
        guard let log = type.events else { return nil }
        func number(_ name: String?, _ kind: DimensionKind?) async -> Double? {
            guard let register = type.registers.first(where: { $0.name == name }),
                let value = try? await driver.read(register), let number = value.number
            else { return nil }
            guard let kind else { return number }
            if let unit = UnitSymbol.named(value.unit, kind) { return number * unit.factor }
            // A residual voltage in volts.
            return UnitSymbol.named(value.unit, .voltage).map {
                number * $0.factor / type.nameplate.nominalVoltage.value
            }
        }
        guard let count = await number(log.count, nil) else { return nil }
        return EventObservation.LogReading(
            count: count, duration: await number(log.duration, .time),
            residual: await number(log.residual, .ratio).map { 100 * $0 })
    }

    /// Asks every meter until it answers, or for twice the time that it has.
    func answer(since end: BenchInstant) async throws {
        let time = session.time
        let limit = 2 * (asked.restart ?? 0)
        try await states.each { position in
            self.states.change(position) { ($0.answered, $0.requests) = (nil, 0) }
            guard self.asked.restart != nil else { return }
            let driver = try self.states.driver(position)
            guard let register = try self.registers(position).first else { return }
            while true {
                self.states.change(position) { $0.requests += 1 }
                if (try? await driver.read(register)) != nil {
                    let after = time.now - end
                    self.states.change(position) { $0.answered = max(0, after) }
                    return
                }
                guard time.now - end < limit else { return }
                try await time.sleep(seconds: Self.pause)
            }
        }
    }

    /// Reads the register that must move, right before an event.
    func readEarlier() async throws {
        try await states.each { position in
            guard let register = try self.registers(position).first else { return }
            let value = try await OpenPositions.value(register, try self.states.driver(position), position)
            self.states.change(position) { $0.earlier = value }
        }
    }

    /// Keeps what was seen of an event, with register and log after it.
    func note(_ seen: SeenDisturbance) async throws {
        try await states.each { position in
            let driver = try self.states.driver(position)
            var value: Double?
            if let register = try self.registers(position).first {
                value = try? await OpenPositions.value(register, driver, position)
            }
            let log = try await self.readLog(position, driver)
            let shown = value
            self.states.change(position) {
                $0.firings.append(
                    EventObservation.Firing(
                        seen: seen.events, changes: seen.changes, answered: $0.answered, requests: $0.requests,
                        earlier: $0.earlier, register: shown,
                        log: log))
            }
        }
    }

    /// Takes the planned gates at every open position.
    func takeGates(_ side: Side, _ settled: SettledLoad, _ conditions: CheckedConditions) async throws {
        let session = session
        try await states.each { position in
            let seen = try await GateMeasurement.observe(
                position, try session.question(position), session, settled, conditions)
            self.states.change(position) { $0.gates[side] = seen }
        }
    }

    /// Waits for an edge after the events and closes the gates that were open over them: all edges count, also those that no energy explains.
    func closeGates() async throws {
        let session = session
        try await states.each { position in
            guard let gates = self.states[position]?.gates[.begin], let last = gates.gates.last?.last else { return }
            var feed = PulseFeed(
                session.instruments.counter, channel: try session.channel(position), time: session.time,
                name: "position \(position)")
            try await feed.poll()
            let now = feed.counterNow
            let power = max(abs(gates.before.totalPower), 1e-9)
            let interval = 3.6e6 / (gates.meterConstant * power)
            var waited = 0.0
            while feed.edges.last.map({ $0.tick <= now }) ?? true {
                guard waited < 5 * interval + 1 else {
                    throw PositionFault(
                        Fault(.noPulses, "position \(position)", "no pulse came after the events"))
                }
                let step = max(0.3 * interval, 1e-3)
                try await session.time.sleep(seconds: step)
                waited += step
                try await feed.poll()
            }
            guard let from = feed.edges.firstIndex(of: last), let to = feed.edges.firstIndex(where: { $0.tick > now })
            else { return }
            let gate = PulseGate(pulses: to - from, first: last, last: feed.edges[to])
            self.states.change(position) { $0.during = gate }
        }
    }

    /// Everything observed at a position; `nil` where it was set aside.
    func observation(
        _ position: Int, energy: Double, power: StandardReading, _ during: CheckedConditions
    ) -> EventObservation? {
        guard !states.isAside(position), let state = states[position], let begin = state.values[.begin],
            let end = state.values[.end],
            let registers = try? registers(position)
        else { return nil }
        let pairs = registers.compactMap { register -> RegisterPair? in
            guard let from = begin[register.name], let to = end[register.name] else { return nil }
            return RegisterPair(
                name: register.name, begin: from, end: to, resolution: RegisterError.resolution(register) ?? 0)
        }
        guard let tested = pairs.first else { return nil }
        return EventObservation(
            firings: state.firings, tested: tested, still: Array(pairs.dropFirst()), referenceEnergy: energy,
            power: abs(power.totalPower), before: state.gates[.begin], after: state.gates[.end], during: state.during,
            log: state.log, temperature: during.climate?.temperature)
    }
}
