public import BenchCore

extension StartingKind: PointKind {
    /// Waits at starting current for the first pulse, and for a second that shows that the meter keeps registering; each may take the
    /// time allowed. The point ends with its last meter.
    public func measure(_ session: any MeasuringSession) async throws {
        let load = session.point.load
        let settled = try await session.settle(load, ranged: load)
        let before = try await session.conditions(.before)
        try await session.arm()
        let power = abs(before.reading.power(session.energyKind, at: load))
        let ends = Ends()
        try await session.forEachPosition { position in
            defer { ends.note(session.time.now, position) }
            let question = try session.question(position)
            guard let allowed = question.duration else {
                throw PositionFault(Fault(.internalError, "position \(position)", "the plan states no time"))
            }
            let constant = try session.constant(position)
            let interval = power > 0 ? min(3.6e6 / (constant * power), allowed) : allowed
            let edges = try await watch(position, session, settled, allowed: allowed, interval: interval)
            _ = try await session.afterGates()
            try await session.record(position, .starting(StartingObservation(allowed: allowed, edges: edges)))
        }
        let bound = try session.positions.map { position in
            PulsePlanner.minimumDwell(
                try session.question(position), bench: session.bench, meterConstant: try? session.constant(position),
                positions: session.positions.count)
        }.max()
        await session.dwelt(from: settled.at, bound: bound ?? 0, ends: ends.all)
        _ = try await session.conditions(.after)
    }

    /// Seconds from the settled load to each edge, until there are enough or the time is up.
    private func watch(
        _ position: Int, _ session: any MeasuringSession, _ settled: SettledLoad, allowed: Double, interval: Double
    ) async throws -> [Double] {
        var feed = PulseFeed(
            session.instruments.counter, channel: try session.channel(position), time: session.time,
            name: "position \(position)")
        try await feed.poll()
        let zero = feed.counterNow
        let late = feed.polled - settled.at
        func seconds(_ tick: Int64) -> Double { Double(tick - zero) / 1e9 + late }
        while true {
            let edges = feed.edges.map { seconds($0.tick) }
            await session.show(
                position, seen: Double(edges.count), wanted: Double(Evaluator.startingPulses), error: nil)
            if edges.count >= Evaluator.startingPulses { return edges }
            let now = seconds(feed.counterNow)
            let deadline = (edges.first ?? 0) + allowed
            guard now < deadline else { return edges }
            // The next edge is due an interval after the last; before the first, nobody knows when.
            let due = edges.last.map { max($0 + 1.001 * interval, now + 0.01 * interval) } ?? now + 0.1 * interval
            let until = min(due, deadline) - now
            try await feed.wait(until: feed.counterNow + Int64((until * 1e9).rounded(.up)) + 1000, interval: interval)
        }
    }
}
