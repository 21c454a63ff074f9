public import BenchCore

extension EventKind: PointKind {
    /// Reads registers without current, takes gates, fires the events one after the other and asks meter and log after each, takes gates again, and
    /// reads registers without current. The standard's energy runs from before the current until after it.
    public func measure(_ session: any MeasuringSession) async throws {
        guard let any = session.positions.first, let asked = try session.question(any).event else {
            throw Fault(.internalError, session.point.id, "the plan states no event")
        }
        let load = session.point.load, loaded = load.phases.contains { $0.current > 0 }
        let meters = EventPositions(session, asked)
        _ = try await session.settle(load.withoutCurrent, ranged: load)
        try await meters.read(.begin)
        guard !meters.positions.isEmpty else { return }
        try await session.instruments.standard.startEnergy()
        let settled = try await session.settle(load, ranged: load)
        let conditions = try await session.conditions(.before)
        if loaded {
            // Edges from the current's rise would look like missing ones.
            try await session.arm()
            try await meters.takeGates(.begin, settled, conditions)
        }
        // Detection has followed the voltage for some cycles before anything happens to it.
        try await session.time.sleep(seconds: Self.calm)
        for number in 0..<asked.times {
            try await meters.readEarlier()
            let begin = session.time.now
            let end = try await session.fire(lasting: asked.duration)
            try await meters.answer(since: end)
            try await meters.note(try await session.aftermath(Self.detection(asked.residual)))
            for position in meters.positions {
                await session.show(
                    position, seen: Double(number + 1), wanted: Double(asked.times), error: nil)
            }
            try await session.time.sleep(until: begin + asked.interval)
        }
        if loaded {
            try await meters.closeGates()
            try await session.arm()
            let again = try await session.settle(load, ranged: nil)
            try await meters.takeGates(.end, again, conditions)
        }
        await session.dwelt(from: settled.at, bound: session.time.now - settled.at, ends: [session.time.now])
        let during = try await session.conditions(.after)
        _ = try await session.settle(load.withoutCurrent, ranged: nil)
        let energy = abs(try await session.instruments.standard.stopEnergy())
        try await meters.read(.end)
        for position in meters.positions {
            guard let observation = meters.observation(position, energy: energy, power: settled.reading, during) else {
                continue
            }
            try await session.record(position, .event(observation))
        }
    }
}
