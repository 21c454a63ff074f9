import BenchCore
import Instruments
import Testing

@Suite struct AdaptiveTests {
    static let adaptive = "{ repeats: 3 to 12, until: decided at 1 % risk }"

    private static func pulses(_ result: PointResult) -> PulseObservation? {
        if case .pulses(let seen) = result.measurement { seen } else { nil }
    }

    @Test("The demonstration batch comes to the same verdicts, in less than half the time of all determinations")
    func demo() throws {
        func accuracy(_ point: ScheduledPoint) -> Bool { point.kind == .accuracy }
        let run = try TestBench.demo(measure: Self.adaptive, keep: accuracy).run()
        let fixed = try TestBench.demo(
            measure: "{ repeats: 12, uncertainty: at most 1/5 of limit }", keep: accuracy
        ).run()
        #expect(run.outcome.fault == nil && run.outcome.complete && fixed.outcome.complete)
        #expect(run.outcome.verdicts.mapValues(\.word) == fixed.outcome.verdicts.mapValues(\.word))
        #expect(run.outcome.verdicts[3]?.word == "fail")
        #expect(run.seconds < fixed.seconds / 2, "\(run.seconds) of \(fixed.seconds)")
        var counts: [Int: Int] = [:]
        for case .result(let result) in run.events {
            guard let seen = Self.pulses(result) else { continue }
            counts[seen.gates.count, default: 0] += 1
            #expect([3, 6, 12].contains(seen.gates.count))
            #expect(seen.sequence?.end != nil && seen.sequence?.looks.last?.determinations == seen.gates.count)
        }
        #expect((counts[3] ?? 0) > 0)
        // What the account says was saved is what the fixed plan took longer, but for the waits for first edges.
        let saved = try #require(run.outcome.efficiency.saved)
        #expect(abs(saved / (fixed.seconds - run.seconds) - 1) < 0.1, "\(saved) of \(fixed.seconds - run.seconds)")
        #expect(fixed.outcome.efficiency.saved == nil)
        let e = run.outcome.efficiency
        #expect(abs(e.losses.values.reduce(0, +) - (e.actual - e.bound)) <= 0.01 * e.actual && e.eta <= 1.02, "\(e)")
        // Nothing is measured again for its noise: that would be another risk.
        #expect(!run.events.contains { if case .repeated = $0 { true } else { false } })
    }

    @Test("Each position ends by itself: a meter that scatters goes on while the others are done")
    func byItself() throws {
        var bench = try TestBench.synthetic(3, measure: Self.adaptive) {
            $0.kind == .accuracy && $0.id.contains("import PF=1 I=In") && !$0.id.contains("L")
        }
        bench.world.meters[1].noise = 0.4
        let run = try bench.run()
        let taken = try (1...3).map { position -> Int in
            let result = try #require(run.results(position).values.first)
            return try #require(Self.pulses(result)).gates.count
        }
        #expect(taken[0] == 3 && taken[2] == 3 && taken[1] > 3, "\(taken)")
        // The plan of the point has no fewer determinations than the standard's minimum and a fixed end.
        let point = try #require(bench.work.schedule.points.first?.byPosition[1])
        #expect(point.repeats == 3 && point.sequential?.looks.map(\.determinations) == [3, 6, 12])
        let least = try #require(point.sequential?.leastDuration)
        #expect(least < point.expectedDuration && least > 0)
    }

    @Test("Doubled and lost pulses end an adaptive point at its next look, and it is taken once more")
    func unclean() throws {
        var bench = try TestBench.synthetic(1, measure: Self.adaptive) {
            $0.kind == .accuracy && $0.id.contains("import PF=1 I=In") && !$0.id.contains("L")
        }
        bench.world.meters[0].missingPulses = 8
        let run = try bench.run()
        let results = run.events.compactMap { if case .result(let r) = $0 { r } else { nil } }
        #expect(results.count == 2)
        #expect(results.allSatisfy { Self.pulses($0)?.sequence?.end == .unclean })
        #expect(run.outcome.verdicts[1]?.word == "inconclusive")
    }

    @Test(
        "Cut after every line, also within an adaptive point, and resumed: the same verdicts, each point decided by one attempt"
    )
    func resume() throws {
        var bench = try TestBench.synthetic(2, measure: Self.adaptive) {
            $0.kind == .accuracy && ($0.id.contains("import PF=1 I=In") || $0.id.contains("import PF=1 I=1 % In"))
                && !$0.id.contains("L")
        }
        bench.world.meters[1].offset = 3
        bench.world.meters[0].noise = 0.1
        let line = RunResumed(
            by: "A. Tester", complete: 0, tornHash: nil, tornBytes: nil, softwareVersion: "test", softwareHash: "")
        let whole = try bench.run()
        #expect(whole.outcome.verdicts.mapValues(\.word) == [1: "pass", 2: "fail"])
        for cut in 1..<whole.entries.count {
            let kept = Array(whole.entries[..<cut])
            let resumed = try bench.run(resuming: Resumption(entries: kept, line: line))
            #expect(resumed.outcome.complete && resumed.outcome.fault == nil, "cut at \(cut)")
            #expect(resumed.outcome.verdicts.mapValues(\.word) == [1: "pass", 2: "fail"], "cut at \(cut)")
            for entry in kept + resumed.entries {
                guard case .result(let result) = entry.what, let seen = Self.pulses(result) else { continue }
                // Gates of different attempts are never put together.
                #expect(seen.sequence?.looks.last?.determinations == seen.gates.count, "cut at \(cut)")
            }
        }
    }

    @Test("The plan tells best and worst case, and the run's journal every look")
    func told() throws {
        let bench = try TestBench.synthetic(1, measure: Self.adaptive) {
            $0.id.contains("accuracy import PF=1 I=In")
        }
        let plan = try #require(bench.work.plans.values.first)
        let lines = PlanTable(plan, hash: "", bench: "b").lines
        #expect(
            lines.contains { $0.hasPrefix("adaptive: 1 test points take 3 to 12 determinations, decided at 1 % risk") },
            "\(lines)")
        #expect(lines.contains { $0.hasPrefix("1 test points, at most ") }, "\(lines)")
        let text = String(decoding: try bench.run().bytes, as: UTF8.self)
        #expect(text.contains("\"sequence\"") && text.contains("\"decided\""))
    }
}
