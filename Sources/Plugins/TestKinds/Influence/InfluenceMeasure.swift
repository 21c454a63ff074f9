public import BenchCore
internal import Synchronization

extension InfluenceKind: PointKind {
    /// Takes gates at the reference load at all positions, then under the influence; a position that is set aside in the first is not asked again.
    public func measure(_ session: any MeasuringSession) async throws {
        guard let any = session.positions.first, let reference = try session.question(any).reference else {
            throw Fault(.internalError, session.point.id, "the plan states no reference load")
        }
        let seen = Mutex<[Int: PulseObservation]>([:])
        try await gates(session, reference, { _ in true }) { position, observation in
            seen.withLock { $0[position] = observation }
        }
        let first = seen.withLock { $0 }
        try await gates(session, session.point.load, { first[$0] != nil }) { position, observation in
            guard let reference = first[position] else { return }
            try await session.record(
                position, .variation(VariationObservation(reference: reference, influenced: observation)))
        }
    }

    /// Settles a load and takes the planned gates at some positions.
    private func gates(
        _ session: any MeasuringSession, _ load: LoadSetting, _ asked: @escaping @Sendable (Int) -> Bool,
        _ take: @escaping @Sendable (Int, PulseObservation) async throws -> Void
    ) async throws {
        let settled = try await session.settle(load, ranged: load)
        let before = try await session.conditions(.before)
        try await session.arm()
        let ends = Ends()
        try await session.forEachPosition { position in
            guard asked(position) else { return }
            defer { ends.note(session.time.now, position) }
            var question = try session.question(position)
            question.load = load
            try await take(position, try await GateMeasurement.observe(position, question, session, settled, before))
        }
        let bound = try session.positions.filter(asked).map { position -> Double in
            var question = try session.question(position)
            question.load = load
            return PulsePlanner.minimumDwell(
                question, bench: session.bench, meterConstant: try? session.constant(position),
                referenceConstant: settled.referenceConstant, positions: session.positions.count)
        }.max()
        await session.dwelt(from: settled.at, bound: bound ?? 0, ends: ends.all)
        _ = try await session.conditions(.after)
    }
}
