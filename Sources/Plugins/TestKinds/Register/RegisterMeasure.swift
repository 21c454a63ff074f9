public import BenchCore
internal import Synchronization

extension RegisterKind: PointKind {
    /// Reads the registers with the current off, gives every meter the same energy, measured by the standard from before the current came on
    /// until after it went off, and reads again. Pulses are counted over the same time; registers of the other direction are read too.
    public func measure(_ session: any MeasuringSession) async throws {
        let point = session.point
        let withoutCurrent = point.load.withoutCurrent
        let open = OpenPositions(session)
        _ = try await session.settle(withoutCurrent, ranged: point.load)
        try await open.read(.begin)
        guard !open.positions.isEmpty else { return }
        _ = try await session.conditions(.before)
        try await session.arm()
        try await session.instruments.standard.startEnergy()
        let settled = try await session.settle(point.load, ranged: nil)
        try await open.startCounting()
        try await giveEnergy(session, open, settled)
        let bound = try session.positions.map {
            PulsePlanner.minimumDwell(
                try session.question($0), bench: session.bench, meterConstant: try? session.constant($0),
                positions: session.positions.count)
        }.max()
        await session.dwelt(from: settled.at, bound: bound ?? 0, ends: [session.time.now])
        let during = try await session.conditions(.after)
        _ = try await session.settle(withoutCurrent, ranged: nil)
        let energy = abs(try await session.instruments.standard.stopEnergy())
        try await open.poll()
        try await open.read(.end)
        for position in open.positions {
            guard let observation = try open.observation(position, energy: energy, during: during) else { continue }
            try await session.record(position, .register(observation))
        }
    }

    /// Waits until the standard has measured the energy of the meter that needs most.
    private func giveEnergy(_ session: any MeasuringSession, _ open: OpenPositions, _ settled: SettledLoad) async throws
    {
        let target = try open.positions.map { try session.question($0).energy ?? 0 }.max() ?? 0
        let power = abs(settled.reading.power(session.energyKind, at: session.point.load))
        guard power > 0 else {
            throw Fault(.badAnswer, session.instruments.standard.id, "reads no power at «\(session.point.id)»")
        }
        let fastest = open.positions.compactMap { try? session.constant($0) }.max() ?? 1
        let longest = min(max(10, target / power / 20), PulseFeed.safeIntervals * 3.6e6 / (fastest * power))
        while true {
            let energy = abs(try await session.instruments.standard.energy())
            for position in open.positions {
                await session.show(position, seen: energy / 3.6e6, wanted: target / 3.6e6, error: nil)
            }
            guard energy < target else { return }
            try await session.time.sleep(seconds: min(max((target - energy) / power, 1e-3), longest))
            try await open.poll()
        }
    }
}

/// The positions still in a register test, with what was read and counted at each.
final class OpenPositions: Sendable {
    /// Before or after the energy.
    enum Side: Sendable { case begin, end }
    struct State: Sendable {
        /// Values in kWh by the register's name.
        var values: [Side: [String: Double]] = [:]
        var feed: PulseFeed?
    }
    private let session: any MeasuringSession
    private let states: PositionStates<State>
    /// The registers that a question is about; the first must be there.
    private let roles: @Sendable (TestPoint) -> [RegisterRole]

    init(
        _ session: any MeasuringSession,
        roles: @escaping @Sendable (TestPoint) -> [RegisterRole] = { RegisterError.roles($0) }
    ) {
        self.roles = roles
        self.session = session
        states = PositionStates(session, State())
    }

    /// Positions that nothing has gone wrong at.
    var positions: [Int] { states.positions }

    // MARK: Registers

    /// The energy registers a position's meter is asked for: the one that must move first.
    private func registers(_ position: Int) throws -> [RegisterDefinition] {
        let type = try session.type(of: position)
        let roles = roles(try session.question(position))
        let found = roles.compactMap(type.register)
        guard found.first?.role == roles[0] else {
            throw PositionFault(
                Fault(.notFound, "position \(position)", "the meter type has no register «\(roles[0].rawValue)»"))
        }
        return found
    }

    /// Reads the registers of all open positions at once; meters on one line wait for each other in their driver.
    func read(_ side: Side) async throws {
        let session = session
        let from = session.time.now
        let ends = Ends()
        try await states.each { position in
            let driver = try self.states.driver(position)
            var values: [String: Double] = [:]
            for register in try self.registers(position) {
                values[register.name] = try await Self.value(register, driver, position)
            }
            let read = values
            self.states.change(position) { $0.values[side] = read }
            ends.note(session.time.now, position)
        }
        await session.waitedForLines(from: from, bound: bound(from, ends.byPosition))
    }

    /// What reading takes where every meter has a line of its own: the time of the slowest line, shared among its meters.
    private func bound(_ from: BenchInstant, _ ends: [Int: BenchInstant]) -> Double {
        var lines: [String: (end: BenchInstant, count: Int)] = [:]
        for (position, end) in ends {
            let wire = session.bench.positions.first { $0.number == position }?.wire
            var name = "position \(position)"
            if case .modbusRTU(let device, _, _, _, _) = wire { name = device }
            let line = lines[name] ?? (end, 0)
            lines[name] = (max(line.end, end), line.count + 1)
        }
        return lines.values.map { ($0.end - from) / Double($0.count) }.max() ?? 0
    }

    /// One register in kWh; a second try where the first fails.
    static func value(
        _ register: RegisterDefinition, _ driver: any MeterDriver, _ position: Int
    ) async throws -> Double {
        func trouble(_ fault: Fault) -> PositionFault {
            PositionFault(Fault(fault.code, "position \(position)", "register «\(register.name)»: \(fault.detail)"))
        }
        var answer: RegisterValue?
        do { answer = try await driver.read(register) } catch is Fault {
            do { answer = try await driver.read(register) } catch let fault as Fault { throw trouble(fault) }
        }
        guard let answer, let number = answer.number, let factor = RegisterError.kiloHours[answer.unit] else {
            throw trouble(Fault(.badAnswer, "", "no energy: \(answer?.text ?? "not available") \(answer?.unit ?? "")"))
        }
        return number * factor
    }

    /// What registers show that are no energies, in coherent units, by position; those that a type does not have are left out.
    func shown(_ roles: [RegisterRole]) async throws -> [Int: [RegisterRole: Double]] {
        let session = session
        let found = Mutex<[Int: [RegisterRole: Double]]>([:])
        try await states.each { position in
            guard let driver = session.instruments.meters[position] else { return }
            let type = try session.type(of: position)
            for register in roles.compactMap(type.register) {
                do {
                    let answer = try await driver.read(register)
                    let factor = UnitSymbol.named(answer.unit).first?.factor ?? 1
                    if let number = answer.number {
                        found.withLock { $0[position, default: [:]][register.role] = number * factor }
                    }
                } catch let fault as Fault {
                    throw PositionFault(
                        Fault(fault.code, "position \(position)", "register «\(register.name)»: \(fault.detail)"))
                }
            }
        }
        return found.withLock { $0 }
    }

    /// The registers of a position before and after, with what they count.
    func pairs(_ position: Int) throws -> [DirectedRegister] {
        guard let state = states[position], let begin = state.values[.begin],
            let end = state.values[.end]
        else { return [] }
        return try registers(position).compactMap { register in
            guard let from = begin[register.name], let to = end[register.name] else { return nil }
            return DirectedRegister(
                role: register.role,
                pair: RegisterPair(
                    name: register.name, begin: from, end: to, resolution: RegisterError.resolution(register) ?? 0))
        }
    }

    // MARK: Pulses

    /// Prepares a feed for every open position whose meter has an output.
    func startCounting() async throws {
        for position in positions where (try? session.constant(position)) != nil {
            let feed = PulseFeed(
                session.instruments.counter, channel: try session.channel(position), time: session.time,
                name: "position \(position)", keepsEdges: false)
            states.change(position) { $0.feed = feed }
        }
        try await poll()
    }

    /// Fetches the edges that have come in.
    func poll() async throws {
        try await states.each { position in
            guard var feed = self.states[position]?.feed else { return }
            try await feed.poll()
            let polled = feed
            self.states.change(position) { $0.feed = polled }
        }
    }

    // MARK: Result

    /// Everything observed at a position; `nil` where it was set aside.
    func observation(
        _ position: Int, energy: Double, during: CheckedConditions
    ) throws -> RegisterObservation? {
        guard !states.isAside(position), let state = states[position], let begin = state.values[.begin],
            let end = state.values[.end]
        else { return nil }
        let pairs = try registers(position).compactMap { register -> RegisterPair? in
            guard let from = begin[register.name], let to = end[register.name] else { return nil }
            let resolution = RegisterError.resolution(register) ?? 0
            return RegisterPair(name: register.name, begin: from, end: to, resolution: resolution)
        }
        guard let tested = pairs.first else { return nil }
        return RegisterObservation(
            tested: tested, still: Array(pairs.dropFirst()), referenceEnergy: energy,
            meterConstant: state.feed == nil ? nil : try? session.constant(position),
            pulses: state.feed?.count, during: during.reading, temperature: during.climate?.temperature)
    }
}
