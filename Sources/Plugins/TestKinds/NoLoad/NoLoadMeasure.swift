public import BenchCore
internal import Synchronization

extension NoLoadKind: PointKind {
    /// Counts pulses without current for the time computed for each meter; a meter that has given too many is done at once.
    public func measure(_ session: any MeasuringSession) async throws {
        let load = session.point.load
        // All positions have the same load before; one whose meter is not asked for a direction is not among them.
        let preload = session.point.byPosition.values.compactMap(\.preload).first
        if let preload {
            _ = try await session.settle(preload, ranged: preload)
            try await session.time.sleep(seconds: NoLoadKind.preloadSeconds)
        }
        let settled = try await session.settle(load, ranged: load)
        let open = OpenPositions(session) { point in
            point.energyKind == .active
                ? [.activeEnergyImport, .activeEnergyExport] : [.reactiveEnergyImport, .reactiveEnergyExport]
        }
        if preload != nil { try await open.read(.begin) }
        _ = try await session.conditions(.before)
        try await session.arm()
        let ends = Ends()
        let counted = Mutex<[Int: NoLoadObservation]>([:])
        try await session.forEachPosition { position in
            defer { ends.note(session.time.now, position) }
            let question = try session.question(position)
            guard let seconds = question.duration else {
                throw PositionFault(Fault(.internalError, "position \(position)", "the plan states no time"))
            }
            let seen = try await count(position, session, seconds, question.maximumPulses)
            _ = try await session.afterGates()
            ends.took(atLeast: seen.seconds)
            if preload == nil { try await session.record(position, .noLoad(seen)) }
            counted.withLock { $0[position] = seen }
        }
        if preload != nil {
            try await open.read(.end)
            for position in open.positions {
                guard var seen = counted.withLock({ $0[position] }) else { continue }
                seen.registers = try open.pairs(position).map(\.pair)
                try await session.record(position, .noLoad(seen))
            }
        }
        await session.dwelt(from: settled.at, bound: ends.bound, ends: ends.all)
        _ = try await session.conditions(.after)
    }

    /// Looks sixteen times in all: often enough to end early, seldom enough for the wire.
    private func count(
        _ position: Int, _ session: any MeasuringSession, _ seconds: Double, _ most: Int?
    ) async throws -> NoLoadObservation {
        var feed = PulseFeed(
            session.instruments.counter, channel: try session.channel(position), time: session.time,
            name: "position \(position)")
        try await feed.poll()
        let begin = feed.counterNow
        let whole = Int64((seconds * 1e9).rounded(.up))
        let looks = 16
        for look in 1...looks {
            try await feed.wait(until: begin + whole * Int64(look) / Int64(looks), interval: .infinity)
            let elapsed = min(feed.counterNow - begin, whole)
            let pulses = feed.edges.count { $0.tick > begin && $0.tick <= begin + whole }
            await session.show(position, seen: Double(elapsed) / 1e9, wanted: seconds, error: nil)
            if look == looks || most.map({ pulses > $0 }) ?? false {
                return NoLoadObservation(seconds: Double(elapsed) / 1e9, pulses: pulses)
            }
        }
        return NoLoadObservation(seconds: 0, pulses: 0)
    }
}
