public import BenchCore

extension AccuracyKind: PointKind {
    /// Takes contiguous gates over one train of edges at every position; the point ends with its last meter.
    public func measure(_ session: any MeasuringSession) async throws { try await GateMeasurement.measure(session) }
}

/// Gates over the pulse outputs of all positions under one load.
///
/// Each position ends by itself: after the planned gates, or, where the point is measured adaptively, at the first look that ends it.
enum GateMeasurement {
    static func measure(_ session: any MeasuringSession) async throws {
        let load = session.point.load
        let settled = try await session.settle(load, ranged: load)
        let before = try await session.conditions(.before)
        try await session.arm()
        let ends = Ends()
        try await session.forEachPosition { position in
            defer { ends.note(session.time.now, position) }
            var taken: Int?
            do { taken = try await gates(position, session, settled, before) } catch {
                ends.took(atLeast: try bound(position, session, settled, nil))
                throw error
            }
            ends.took(atLeast: try bound(position, session, settled, taken))
        }
        await session.dwelt(from: settled.at, bound: ends.bound, ends: ends.all)
        _ = try await session.conditions(.after)
    }

    /// Takes and records the gates of a position; returns how many were needed where that was open.
    private static func gates(
        _ position: Int, _ session: any MeasuringSession, _ settled: SettledLoad, _ before: CheckedConditions
    ) async throws -> Int? {
        let seen = try await observe(position, try session.question(position), session, settled, before)
        try await session.record(position, .pulses(seen))
        return seen.sequence == nil ? nil : seen.gates.count
    }

    /// The gates that a question asks for at a position, under the load that has settled.
    static func observe(
        _ position: Int, _ question: TestPoint, _ session: any MeasuringSession, _ settled: SettledLoad,
        _ before: CheckedConditions
    ) async throws -> PulseObservation {
        let constant = try session.constant(position)
        let plan: PulsePlan
        do {
            plan = try PulsePlanner.plan(
                question, bench: session.bench, meterConstant: constant, referenceConstant: settled.referenceConstant)
        } catch {
            throw PositionFault(Fault(.refused, "position \(position)", error.reason))
        }
        let power = abs(before.reading.power(question.energyKind, at: question.load))
        guard power > 0 else {
            throw Fault(.badAnswer, session.instruments.standard.id, "reads no power at «\(session.point.id)»")
        }
        var train = Train(
            session: session, position: position, constant: constant, settled: settled,
            interval: 3.6e6 / (constant * power), before: before,
            feed: PulseFeed(
                session.instruments.counter, channel: try session.channel(position), time: session.time,
                name: "position \(position)"))
        var seen: PulseObservation
        if let sequence = question.sequential {
            seen = try await train.untilDecided(question, sequence, plan)
        } else {
            seen = try await train.take(
                plan.gates * session.gateFactor, of: plan, atMost: plan.gates * session.gateFactor)
        }
        let after = try await session.afterGates()
        seen.after = after.reading
        // Looks are made with the air as it was before the gates, so that a verifier makes the same.
        if seen.sequence == nil { seen.temperature = after.climate?.temperature }
        return seen
    }

    /// The least a position can take for the gates it needed, s.
    private static func bound(
        _ position: Int, _ session: any MeasuringSession, _ settled: SettledLoad, _ taken: Int?
    ) throws -> Double {
        PulsePlanner.minimumDwell(
            try session.question(position), bench: session.bench, meterConstant: try? session.constant(position),
            referenceConstant: settled.referenceConstant, positions: session.positions.count, determinations: taken)
    }

    /// The edges of one position as they come in.
    private struct Train {
        let session: any MeasuringSession
        let position: Int
        let constant: Double
        let settled: SettledLoad
        let interval: Double
        let before: CheckedConditions
        var feed: PulseFeed

        /// Waits for so many gates.
        mutating func take(_ gates: Int, of plan: PulsePlan, atMost most: Int) async throws -> PulseObservation {
            let (session, position, constant, settled) = (session, position, constant, settled)
            let shown = Double(plan.pulses * most)
            let train = try await feed.collect(intervals: plan.pulses * gates, interval: interval) { train in
                await session.show(
                    position, seen: min(Double(train.intervals), shown), wanted: shown,
                    error: GateMeasurement.error(train, constant, settled.referenceConstant))
            }
            return PulseObservation(
                meterConstant: constant, referenceConstant: settled.referenceConstant,
                gates: train.gates(of: plan.pulses, count: gates), findings: train.findings, before: before.reading,
                after: before.reading, temperature: before.climate?.temperature)
        }

        /// Waits from look to look until one ends the point.
        mutating func untilDecided(
            _ question: TestPoint, _ sequence: SequentialPlan, _ plan: PulsePlan
        ) async throws -> PulseObservation {
            var gates = sequence.least
            while true {
                var seen = try await take(gates, of: plan, atMost: sequence.most)
                do {
                    seen.sequence = try SequentialDecision.record(
                        question, sequence, seen, bench: session.bench, rule: session.decisionRule)
                } catch { throw PositionFault(Fault(.refused, "position \(position)", error.reason)) }
                guard seen.sequence?.end == nil,
                    let next = sequence.looks.first(where: { $0.determinations > gates })
                else { return seen }
                gates = next.determinations
            }
        }
    }

    /// Error over all edges so far, percent.
    fileprivate static func error(_ train: PulseTrain, _ constant: Double, _ referenceConstant: Double) -> Double? {
        guard let first = train.edges.first, let last = train.edges.last, train.intervals > 0 else { return nil }
        return PulseGate(pulses: train.intervals, first: first, last: last)
            .error(meterConstant: constant, referenceConstant: referenceConstant)
    }
}
