public import BenchCore

extension AccuracyKind: PointKind {
    /// Takes contiguous gates over one train of edges at every position; the point ends with its last meter.
    public func measure(_ session: any MeasuringSession) async throws { try await GateMeasurement.measure(session) }
}

/// Gates over the pulse outputs of all positions under one load.
enum GateMeasurement {
    static func measure(_ session: any MeasuringSession) async throws {
        let load = session.point.load
        let settled = try await session.settle(load, ranged: load)
        let before = try await session.conditions(.before)
        try await session.arm()
        let ends = Ends()
        try await session.forEachPosition { position in
            defer { ends.note(session.time.now, position) }
            try await gates(position, session, settled, before)
        }
        let bound = try bound(session, settled)
        await session.dwelt(from: settled.at, bound: bound, ends: ends.all)
        _ = try await session.conditions(.after)
    }

    private static func gates(
        _ position: Int, _ session: any MeasuringSession, _ settled: SettledLoad, _ before: CheckedConditions
    ) async throws {
        let constant = try session.constant(position)
        let plan: PulsePlan
        do {
            plan = try PulsePlanner.plan(
                try session.question(position), bench: session.bench, meterConstant: constant,
                referenceConstant: settled.referenceConstant)
        } catch let trouble as BudgetTrouble {
            throw PositionFault(Fault(.refused, "position \(position)", trouble.reason))
        }
        let power = abs(before.reading.totalPower)
        guard power > 0 else {
            throw Fault(.badAnswer, session.instruments.standard.id, "reads no power at «\(session.point.id)»")
        }
        let count = plan.gates * session.gateFactor
        let wanted = plan.pulses * count
        var feed = PulseFeed(
            session.instruments.counter, channel: try session.channel(position), time: session.time,
            name: "position \(position)")
        let train = try await feed.collect(intervals: wanted, interval: 3.6e6 / (constant * power)) { train in
            await session.show(
                position, seen: Double(min(train.intervals, wanted)), wanted: Double(wanted),
                error: error(train, constant, settled.referenceConstant))
        }
        let after = try await session.afterGates()
        try await session.record(
            position,
            .pulses(
                PulseObservation(
                    meterConstant: constant, referenceConstant: settled.referenceConstant,
                    gates: train.gates(of: plan.pulses, count: count), findings: train.findings,
                    before: before.reading, after: after.reading, temperature: after.climate?.temperature)))
    }

    /// Error over all edges so far, percent.
    private static func error(_ train: PulseTrain, _ constant: Double, _ referenceConstant: Double) -> Double? {
        guard let first = train.edges.first, let last = train.edges.last, train.intervals > 0 else { return nil }
        return PulseGate(pulses: train.intervals, first: first, last: last)
            .error(meterConstant: constant, referenceConstant: referenceConstant)
    }

    /// The least this point can take at its slowest meter, s.
    private static func bound(_ session: any MeasuringSession, _ settled: SettledLoad) throws -> Double {
        try session.positions.map { position in
            PulsePlanner.minimumDwell(
                try session.question(position), bench: session.bench, meterConstant: try? session.constant(position),
                referenceConstant: settled.referenceConstant, positions: session.positions.count)
        }.max() ?? 0
    }
}
