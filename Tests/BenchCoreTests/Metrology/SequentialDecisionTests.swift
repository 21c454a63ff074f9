import FoundationEssentials
import Testing

@testable import BenchCore

@Suite("Decisions of adaptive points")
struct SequentialDecisionTests {
    static let bench = PlantedWorld.bench()
    static let meter = PlantedWorld.meter()

    static func point(
        _ risk: Double = 0.01, least: Int = 3, most: Int = 12, endsAtU: Double? = nil
    ) throws -> TestPoint {
        var point = PlantedWorld.point(repeats: least)
        let plan: SequentialPlan = try #require(
            SequentialPlan.make(risk: risk, least: least, most: most, endsAtU: endsAtU))
        point.sequential = plan
        return point
    }

    /// Contiguous gates of two seconds with these errors, percent.
    static func seen(_ errors: [Double]) -> PulseObservation {
        var edges = [PulseEdge(tick: 0, referenceCount: 0)]
        for (i, error) in errors.enumerated() {
            // 19 pulses of a meter of 10000 imp/kWh; the standard gives 10⁹ imp/kWh.
            let count = edges[i].referenceCount + 19.0 / 10000 / (1 + error / 100) * 1e9
            edges.append(PulseEdge(tick: Int64(i + 1) * 2_000_000_000, referenceCount: count))
        }
        let point = PlantedWorld.point()
        return PulseObservation(
            meterConstant: 10000, referenceConstant: 1e9,
            gates: zip(edges, edges.dropFirst()).map { PulseGate(pulses: 19, first: $0, last: $1) },
            findings: EdgeFindings(missing: 0, double: 0, jitter: 0), before: PlantedWorld.reading(point),
            after: PlantedWorld.reading(point), temperature: 23)
    }

    static func record(_ point: TestPoint, _ seen: PulseObservation, _ rule: DecisionRule) throws -> SequentialRecord {
        let plan = try #require(point.sequential)
        return try SequentialDecision.record(point, plan, seen, bench: bench, rule: rule)
    }

    /// What a bench records of a meter whose single determinations have these errors.
    static func measured(
        _ point: TestPoint, _ errors: [Double], _ rule: DecisionRule = .guardBandU
    ) throws -> PulseObservation {
        for look in try #require(point.sequential).looks {
            var seen = seen(Array(errors.prefix(look.determinations)))
            let record = try record(point, seen, rule)
            seen.sequence = record
            if record.end != nil { return seen }
        }
        Issue.record("the plan has no end")
        return seen(errors)
    }

    static func judge(
        _ point: TestPoint, _ seen: PulseObservation, _ rule: DecisionRule = .guardBandU
    ) -> Evaluation {
        Evaluator.evaluate(point: point, measurement: .pulses(seen), bench: bench, meter: meter, rule: rule)
    }

    /// Errors about a mean with a spread, always the same.
    static func errors(_ mean: Double, spread: Double, _ count: Int = 12) -> [Double] {
        (0..<count).map { mean + spread * [0, 1, -1][$0 % 3] }
    }

    @Test(
        "a clear meter is decided at the first look, one near its limit later or never, and the verdict says so",
        arguments: [
            (0.1, 0.01, 3, "pass"), (-0.8, 0.01, 3, "fail"), (0.3, 0.08, 6, "pass"), (0.7, 0.08, 6, "fail"),
            (0.41, 0.08, 12, "pass"), (0.49, 0.01, 12, "inconclusive"), (0.51, 0.08, 12, "inconclusive"),
        ])
    func ends(error: Double, spread: Double, taken: Int, word: String) throws {
        let point = try Self.point()
        let seen = try Self.measured(point, Self.errors(error, spread: spread))
        #expect(seen.gates.count == taken)
        let result = Self.judge(point, seen)
        #expect(result.verdict.word == word, "\(result.verdict)")
        let said = "after \(taken) of 12 determinations"
        switch result.verdict {
        case .pass: #expect(result.findings == ["decided \(said) at 1 % risk"])
        case .fail(let reason): #expect(reason.hasSuffix("(guard band U); decided \(said) at 1 % risk"), "\(reason)")
        default:
            #expect(seen.sequence?.end == .exhausted)
            #expect(
                result.verdict.reason?.contains("too close to ±0.5 %") == true
                    && result.verdict.reason?.contains(said) == true)
        }
    }

    @Test(
        "the reach is that of t for the scatter and of the normal distribution for the bench, and never below the guard band"
    )
    func reach() throws {
        let point = try Self.point()
        let errors = Self.errors(0.1, spread: 0.03, 3)
        let look = try #require(Self.record(point, Self.seen(errors), .simpleAcceptance).looks.first)
        let plan = try #require(point.sequential?.looks.first)
        // s of 0.1, 0.13, 0.07 is 0.03; the bench: certificate 0.01, drift 0.005/√3, source 0.005, edges 50 µs·√2 of 6 s, a count of
        // 10⁹ imp/kWh that does not show.
        let bench = (0.01 * 0.01 + 0.005 * 0.005 / 3 + 0.005 * 0.005 + 100 * 100 * 2 * 50e-6 * 50e-6 / 36).squareRoot()
        let (a, b) = (plan.t * 0.03 / 3.0.squareRoot(), plan.z * bench)
        #expect(abs(look.reach / (a * a + b * b).squareRoot() - 1) < 1e-4)
        // t at 0.357 % with two degrees of freedom is 11.8, at 3 determinations: by far the larger part.
        #expect(plan.t > 11 && plan.t < 12.5)
        let wide = DecisionRule(guardFactor: 30)
        let guarded = try #require(Self.record(point, Self.seen(errors), wide).looks.first)
        #expect(guarded.reach == wide.guardBand(guarded.U) && guarded.reach > look.reach)
    }

    @Test("an open point ends where the uncertainty asked for is reached, a decided one before")
    func uncertainty() throws {
        let point = try Self.point(endsAtU: 0.1)
        let open = try Self.measured(point, Self.errors(0.49, spread: 0.01))
        #expect(open.gates.count == 3 && open.sequence?.end == .uncertainty)
        let verdict = Self.judge(point, open).verdict
        #expect(verdict.word == "inconclusive")
        #expect(
            verdict.reason?.hasSuffix("after 3 of 12 determinations, where the uncertainty asked for is reached")
                == true)
        let clear = try Self.measured(point, Self.errors(0, spread: 0.06))
        #expect(clear.sequence?.end == .decided)
        #expect(try #require(clear.sequence?.looks.last?.U) > 0.1)
        // What it did not need is not held against it.
        #expect(Self.judge(point, clear).findings.allSatisfy { !$0.contains("asked for") })
    }

    @Test("an unclean train ends the point at its next look and decides nothing")
    func unclean() throws {
        let point = try Self.point()
        var seen = Self.seen(Self.errors(0, spread: 0.01, 3))
        seen.findings.missing = 1
        seen.sequence = try Self.record(point, seen, .guardBandU)
        #expect(seen.sequence?.end == .unclean)
        #expect(
            Self.judge(point, seen).verdict == .inconclusive(reason: "the pulse train is not clean: 1 pulses missing"))
        #expect(RepeatPolicy().reason(Self.result(point, seen))?.noise == false)
    }

    static func result(_ point: TestPoint, _ seen: PulseObservation) -> PointResult {
        PointResult(
            position: 1, serial: "S", point: point.id, attempt: 1, measurement: .pulses(seen),
            evaluation: judge(point, seen))
    }

    @Test("an open point is not tried again for its noise: a second try would be a second risk")
    func noRetry() throws {
        let point = try Self.point()
        let seen = try Self.measured(point, Self.errors(0.5, spread: 0.1))
        let result = Self.result(point, seen)
        #expect(result.evaluation.verdict.word == "inconclusive")
        #expect(RepeatPolicy().reason(result) == nil)
        var fixed = result
        guard case .pulses(var bare) = fixed.measurement else { return }
        bare.sequence = nil
        fixed.measurement = .pulses(bare)
        #expect(RepeatPolicy().reason(fixed)?.noise == true)
    }

    // MARK: Evidence that was meddled with

    @Test("gates beyond a decision, gates left out before one, and looks that the gates do not bear out decide nothing")
    func meddled() throws {
        let point = try Self.point()
        // Six determinations decide against the meter; the next six are kinder.
        let errors = Self.errors(0.7, spread: 0.08, 6) + Self.errors(0, spread: 0.01, 6)
        let honest = try Self.measured(point, errors)
        #expect(honest.gates.count == 6 && Self.judge(point, honest).verdict.word == "fail")

        var more = Self.seen(errors)
        more.sequence = honest.sequence
        #expect(
            Self.judge(point, more).verdict.reason == "12 determinations, where the point ended after 6 (decided)")

        var fewer = Self.seen(Array(errors.prefix(3)))
        fewer.sequence = try Self.record(point, fewer, .guardBandU)
        #expect(
            Self.judge(point, fewer).verdict.reason
                == "ended undecided after 3 of 12 determinations, where the plan goes on")
        fewer.sequence = SequentialRecord(looks: fewer.sequence?.looks ?? [], end: .exhausted)
        #expect(Self.judge(point, fewer).verdict.word == "inconclusive")

        var between = Self.seen(Array(errors.prefix(5)))
        between.sequence = try Self.record(point, between, .guardBandU)
        #expect(Self.judge(point, between).verdict.word == "inconclusive")

        var painted = honest
        painted.sequence?.looks[1].answer = .pass
        #expect(Self.judge(point, painted).verdict.reason == "the looks in the evidence are not those of its gates")
        painted.sequence = nil
        #expect(Self.judge(point, painted).verdict.reason == "the looks in the evidence are not those of its gates")
    }

    @Test("an observation with its looks is read back from the journal to the last digit, and older ones have none")
    func coding() throws {
        let point = try Self.point(endsAtU: 0.1)
        let seen = try Self.measured(point, Self.errors(0.123456789, spread: 0.0123))
        #expect(try JSONDecoder().decode(PulseObservation.self, from: JSONEncoder().encode(seen)) == seen)
        #expect(try JSONDecoder().decode(TestPoint.self, from: JSONEncoder().encode(point)) == point)
        let plain = PlantedWorld.point()
        let text = String(decoding: try JSONEncoder().encode(plain), as: UTF8.self)
        #expect(!text.contains("sequential"))
        #expect(try JSONDecoder().decode(TestPoint.self, from: JSONEncoder().encode(plain)).sequential == nil)
    }

    @Test("savings count the slowest position of every load point")
    func savings() throws {
        let point = try Self.point()
        func result(_ error: Double, _ spread: Double) throws -> PointResult {
            Self.result(point, try Self.measured(point, Self.errors(error, spread: spread)))
        }
        let savings = SequentialSavings([(point, try result(0.1, 0.01)), (point, try result(0.3, 0.08))])
        #expect(savings.points == 1 && savings.results == 2)
        #expect(savings.determinations == 9 && savings.mostDeterminations == 24)
        #expect(abs(savings.taken - 12) < 1e-9 && abs(savings.planned - 24) < 1e-9)
        let none = SequentialSavings([(PlantedWorld.point(), try result(0.1, 0.01))])
        #expect(none.points == 0 && none.planned == 0)
    }

    // MARK: Monte Carlo

    struct World: Sendable, CustomTestStringConvertible {
        var name: String
        /// Spread of single determinations, percent, and jitter of an edge as a share of a gate, percent.
        var noise: Double, edges = 0.0
        /// Share of the risk that is used at least.
        var used = 0.25
        var testDescription: String { name }
    }

    /// Meters exactly at a limit: whatever is decided of them is a false acceptance just outside and a false rejection just inside.
    @Test(
        "meters right at a limit are wrongly accepted, and wrongly rejected, no more often than the risk says",
        arguments: [
            World(name: "scatter below the bench's own uncertainty", noise: 0.005),
            World(name: "scatter like the bench's own uncertainty", noise: 0.02),
            World(name: "scatter four times the bench's own uncertainty", noise: 0.08),
            World(name: "jitter of edges alone", noise: 0, edges: 0.05, used: 0),
        ])
    func risks(world: World) throws {
        let (trials, risk) = (1200, 0.05)
        let point = try Self.point(risk)
        let builder = try BudgetBuilder(point, Self.bench)
        var random = SeededGenerator(seed: 20_261_122, label: world.name)
        var accepted = 0
        var rejected = 0
        for trial in 0..<trials {
            let limit = trial.isMultiple(of: 2) ? 0.5 : -0.5
            let bias =
                random.normal(mean: 0, standardDeviation: builder.range.certificateU / 2)
                + random.uniform(in: -builder.range.drift...builder.range.drift)
                + random.normal(mean: 0, standardDeviation: builder.stability)
            let stamps = (0...12).map { _ in random.normal(mean: 0, standardDeviation: world.edges) }
            let errors = (0..<12).map { i in
                limit + bias + random.normal(mean: 0, standardDeviation: world.noise) + stamps[i + 1] - stamps[i]
            }
            let record = try Self.record(point, Self.seen(errors), .simpleAcceptance)
            #expect(record.end != nil)
            switch record.looks.last?.answer {
            case .pass: accepted += 1
            case .fail: rejected += 1
            default: break
            }
        }
        // Three standard deviations of chance above the risk: 0.069.
        let most = risk + 3 * (risk * (1 - risk) / Double(trials)).squareRoot()
        let (a, r) = (Double(accepted) / Double(trials), Double(rejected) / Double(trials))
        #expect(a <= most && r <= most, "accepted \(a), rejected \(r)")
        // The bounds are used, not merely held; where edges alone scatter, determinations that share them scatter more than their mean.
        #expect(a >= world.used * risk && r >= world.used * risk, "accepted \(a), rejected \(r)")
    }
}
