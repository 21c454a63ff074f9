public import BenchCore

extension WarmUpKind: PointKind {
    /// Holds the load for the time asked; the bench watches it meanwhile, and a load that leaves its window begins the warm-up anew.
    public func measure(_ session: any MeasuringSession) async throws {
        let load = session.point.load
        let settled = try await session.settle(load, ranged: load)
        let time = session.time
        let seconds = try session.positions.map { try session.question($0).duration ?? 0 }.max() ?? 0
        let end = settled.at + seconds
        while time.now < end {
            for position in session.positions {
                await session.show(position, seen: time.now - settled.at, wanted: seconds, error: nil)
            }
            try await time.sleep(until: min(end, time.now + max(60, seconds / 30)))
        }
        let held = time.now
        for position in session.positions { try await session.record(position, .held(seconds: held - settled.at)) }
        await session.dwelt(from: settled.at, bound: seconds, ends: [held])
    }
}
