public import BenchCore

extension RadioDutyCycleKind: PointKind {
    /// Sweeps again and again until the time is watched; every position is told what was heard.
    public func measure(_ session: any MeasuringSession) async throws {
        guard let any = session.positions.first, let watch = try session.question(any).radio else {
            throw Fault(.internalError, session.point.id, "the plan states no watch on the air")
        }
        guard let receiver = session.instruments.more.lazy.compactMap({ $0 as? any RFReceiver }).first else {
            throw Fault(.notFound, session.bench.id, "the bench has no receiver that could be opened")
        }
        let wanted = try session.positions.compactMap { try session.question($0).duration }.max() ?? watch.window
        let settled = try await session.settle(session.point.load, ranged: session.point.load)
        _ = try await session.conditions(.before)
        let begin = session.time.now
        var seen = RadioObservation(
            receive: watch.receive, least: Self.least, sweeps: [], senders: session.energised)
        while seen.watched < wanted * (1 - 1e-9) {
            let start = session.time.now
            let trace = try await session.time.within(
                life: watch.receive.duration + WatchTime.patience,
                else: Fault(.timeout, receiver.id, "no sweep within its time and \(WatchTime.patience) s")
            ) { try await receiver.sweep(watch.receive) }
            seen.receive = trace.setting
            let seconds = Double(trace.power.count) * trace.interval
            guard seconds > 0 else { throw Fault(.badAnswer, receiver.id, "an empty sweep") }
            // The sweep ended at the latest now; it never began before the one before was over.
            let after = seen.sweeps.last.map { $0.start + $0.seconds } ?? 0
            let at = max(after, min(start - begin, session.time.now - begin - seconds))
            seen.sweeps.append(
                RadioSweep(start: at, seconds: seconds, bursts: ZeroSpanBursts.find(trace, least: Self.least)))
            for position in session.positions {
                await session.show(position, seen: seen.watched, wanted: wanted, error: nil)
            }
        }
        await session.dwelt(from: settled.at, bound: wanted, ends: [session.time.now])
        _ = try await session.conditions(.after)
        for position in session.positions { try await session.record(position, .radio(seen)) }
    }
}

/// How long a receiver may take beyond its sweep.
private enum WatchTime {
    /// Seconds of life.
    static let patience = 30.0
}
