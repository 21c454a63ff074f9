import Testing

@testable import BenchCore
@testable import Reports

/// A sealed run whose second test point was measured adaptively.
@Suite struct AdaptiveEvidenceTests {
    static let plan: Plan = {
        var plan = EvidenceRun.plan
        plan.points[1].sequential = SequentialPlan.make(risk: 0.01, least: 2, most: 4)
        return plan
    }()

    /// Gates with these errors, percent, and the looks that a bench makes at them.
    static func measured(_ errors: [Double], _ plan: Plan = plan) throws -> PulseObservation {
        var edges = [PulseEdge(tick: 0, referenceCount: 0)]
        for (i, error) in errors.enumerated() {
            edges.append(
                PulseEdge(
                    tick: Int64(i + 1) * 10_435_000_000,
                    referenceCount: edges[i].referenceCount + 100_000 / (1 + error / 100)))
        }
        var seen = PulseObservation(
            meterConstant: 10000, referenceConstant: 1e7,
            gates: zip(edges, edges.dropFirst()).map { PulseGate(pulses: 100, first: $0, last: $1) },
            findings: EdgeFindings(missing: 0, double: 0, jitter: 0.0001), before: EvidenceRun.reading,
            after: EvidenceRun.reading, temperature: 23)
        let sequence = try #require(plan.points[1].sequential)
        seen.sequence = try SequentialDecision.record(
            plan.points[1], sequence, seen, bench: EvidenceRun.bench, rule: plan.decisionRule)
        return seen
    }

    static func result(_ position: Int, _ seen: PulseObservation, _ plan: Plan = plan) -> PointResult {
        PointResult(
            position: position, serial: "S-\(position)", point: plan.points[1].id, attempt: 1,
            measurement: .pulses(seen),
            evaluation: Evaluator.evaluate(
                point: plan.points[1], measurement: .pulses(seen), bench: EvidenceRun.bench, meter: plan.meter,
                rule: plan.decisionRule))
    }

    /// Verifies a run in which the first meter was found good at once and the second bad; `change` meddles with their results.
    static func verify(
        plan: Plan = plan, _ change: @escaping (inout PointResult) -> Void = { _ in }
    ) async throws -> VerificationReport {
        let results = [
            1: result(1, try measured([0.101, 0.1], plan), plan), 2: result(2, try measured([0.9, 0.901], plan), plan),
        ]
        var options = EvidenceRun.Options()
        options.plan = plan
        options.events = { events in
            events.map { event in
                switch event {
                case .result(let what) where what.point == plan.points[1].id:
                    guard var mine = results[what.position] else { return event }
                    change(&mine)
                    return .result(mine)
                case .runFinished:
                    var all: [Int: [String: PointResult]] = [:]
                    for case .result(let what) in events { all[what.position, default: [:]][what.point] = what }
                    for (position, mine) in results { all[position]?[mine.point] = mine }
                    return .runFinished(
                        RunFinished(complete: true, verdicts: all.mapValues { OverallVerdict.of(plan, $0) }))
                default: return event
                }
            }
        }
        return try await EvidenceRun(options).verify()
    }

    @Test("decisions that the gates bear out verify")
    func honest() async throws {
        let report = try await Self.verify()
        #expect(report.exitCode == 0, "\(report.text)")
    }

    @Test("gates taken on after a decision, with the verdict they would give, are found")
    func goneOn() async throws {
        let more = try Self.measured([0.9, 0.901, 0.1, 0.1])
        RunRulesTests.expect(
            try await Self.verify { result in
                guard result.position == 2, case .pulses(var seen) = result.measurement else { return }
                seen.gates = more.gates
                result.measurement = .pulses(seen)
            }, "from its measurement follows")
    }

    @Test("looks that were changed after the fact are found")
    func painted() async throws {
        RunRulesTests.expect(
            try await Self.verify { result in
                guard result.position == 2, case .pulses(var seen) = result.measurement else { return }
                seen.sequence?.looks[0].answer = .pass
                result.measurement = .pulses(seen)
            }, "«2 accuracy» at position 2")
        RunRulesTests.expect(
            try await Self.verify { result in
                guard result.position == 1, case .pulses(var seen) = result.measurement else { return }
                seen.sequence = nil
                result.measurement = .pulses(seen)
            }, "«2 accuracy» at position 1")
    }

    @Test("a point that ended before anything was decided is found, whatever its verdict says")
    func early() async throws {
        // Two determinations that scatter too much for a decision.
        let open = try Self.measured([0.1, 0.2])
        #expect(open.sequence?.end == nil)
        let passed = Self.result(1, try Self.measured([0.15, 0.151])).evaluation
        RunRulesTests.expect(
            try await Self.verify { result in
                guard result.position == 1 else { return }
                result.measurement = .pulses(open)
                result.evaluation = passed
            }, "from its measurement follows")
    }

    @Test("a plan whose looks do not keep the risk it states is found, though everything else follows from it")
    func loose() async throws {
        var plan = Self.plan
        for index in 0...1 { plan.points[1].sequential?.looks[index].t /= 2 }
        RunRulesTests.expect(try await Self.verify(plan: plan), "are not those that keep 1 % risk")
        plan = Self.plan
        plan.points[1].sequential = SequentialPlan.make(risk: 0.01, least: 2, most: 8)
        plan.points[1].sequential?.looks.removeLast()
        RunRulesTests.expect(try await Self.verify(plan: plan), "are not those that keep 1 % risk")
    }
}
