public import BenchCore

extension DirectionsKind: PointKind {
    /// The registers that are read around the load.
    private static let roles: [RegisterRole] = [
        .activeEnergyImport, .activeEnergyExport, .reactiveEnergyImport, .reactiveEnergyExport, .reactiveEnergyFirst,
        .reactiveEnergySecond, .reactiveEnergyThird, .reactiveEnergyFourth,
    ]

    /// Reads all energy registers with the current off, lets the load or the profile flow while the standard keeps the directions of each phase
    /// apart, asks each meter for its powers meanwhile, and reads again.
    public func measure(_ session: any MeasuringSession) async throws {
        guard let first = session.positions.first else { return }
        let question = try session.question(first)
        let load = session.point.load, withoutCurrent = load.withoutCurrent
        let open = OpenPositions(session) { _ in Self.roles }
        _ = try await session.settle(withoutCurrent, ranged: load)
        try await open.read(.begin)
        guard !open.positions.isEmpty else { return }
        _ = try await session.conditions(.before)
        let standard = session.instruments.standard
        try await standard.startEnergy()
        let from = session.time.now
        var shown: [Int: [RegisterRole: Double]] = [:]
        if let profile = question.profile {
            try await follow(profile, question.duration ?? 0, session, open)
        } else {
            _ = try await session.settle(load, ranged: nil)
            shown = try await open.shown([.activePower, .reactivePower, .reverseFlow])
            try await giveEnergy(session, open)
        }
        let bound = try session.positions.map {
            PulsePlanner.minimumDwell(
                try session.question($0), bench: session.bench, meterConstant: nil, positions: session.positions.count)
        }.max()
        await session.dwelt(from: from, bound: bound ?? 0, ends: [session.time.now])
        let during = try await session.conditions(.after)
        _ = try await session.settle(withoutCurrent, ranged: nil)
        let reference = try await standard.splitEnergy()
        _ = try await standard.stopEnergy()
        try await open.read(.end)
        for position in open.positions {
            let values = shown[position] ?? [:]
            let observation = DirectionsObservation(
                registers: try open.pairs(position), reference: reference, during: during.reading,
                temperature: during.climate?.temperature, power: values[.activePower],
                reactivePower: values[.reactivePower], reverseFlag: values[.reverseFlow])
            try await session.record(position, .directions(observation))
        }
    }

    /// Applies one load after the other, each for its part of the time from when it has settled.
    private func follow(
        _ profile: [LoadSetting], _ seconds: Double, _ session: any MeasuringSession, _ open: OpenPositions
    ) async throws {
        for (index, load) in profile.enumerated() {
            _ = try await session.settle(load, ranged: nil)
            try await session.time.sleep(seconds: seconds / Double(profile.count))
            for position in open.positions {
                await session.show(position, seen: Double(index + 1), wanted: Double(profile.count), error: nil)
            }
        }
    }

    /// Waits until enough has flowed in all phases together.
    private func giveEnergy(_ session: any MeasuringSession, _ open: OpenPositions) async throws {
        let target = try open.positions.map { try session.question($0).energy ?? 0 }.max() ?? 0
        let power = session.point.byPosition.values.first?.oneWay.power ?? 0
        guard power > 0 else { throw Fault(.internalError, session.point.id, "the load has no active power") }
        while true {
            let flowed = try await session.instruments.standard.splitEnergy().throughput
            for position in open.positions {
                await session.show(position, seen: flowed / 3.6e6, wanted: target / 3.6e6, error: nil)
            }
            guard flowed < target else { return }
            try await session.time.sleep(
                seconds: min(max((target - flowed) / power, 0.01), max(10, target / power / 20)))
        }
    }
}
