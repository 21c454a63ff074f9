import Testing

@testable import BenchCore

@Suite("Boundaries of group sequential tests")
struct SequentialBoundsTests {
    /// Lan and DeMets's spending function for boundaries like those of O'Brien and Fleming, two-sided as they wrote it:
    /// 2 − 2·Φ(Φ⁻¹(1 − α/2)/√t).
    static func obrienFleming(_ risk: Double, _ t: Double) throws -> Double {
        let z = try #require(NormalDistribution.quantile(1 - risk / 2))
        return 2 * NormalDistribution.cumulative(-z / t.squareRoot())
    }

    static func bounds(_ times: [Double], _ spent: [Double]) throws -> [Double] {
        try #require(SequentialBounds.boundaries(information: times, spent: spent))
    }

    @Test("four looks, one-sided 5 %, O'Brien-Fleming spending: the table of SeqBounds.jl")
    func seqBounds() throws {
        // github.com/PharmCat/SeqBounds.jl, README: bounds([0.25, 0.5, 0.75, 1.0], 0.05), column Z.
        let times = [0.25, 0.5, 0.75, 1]
        let found = try Self.bounds(times, times.map { try Self.obrienFleming(0.05, $0) })
        for (a, b) in zip(found, [3.74955, 2.53993, 2.01604, 1.72014]) { #expect(abs(a - b) < 1e-4, "\(found)") }
    }

    @Test("five looks, two-sided 5 %: the tables of Reboussin, DeMets, Kim and Lan")
    func reboussin() throws {
        // Reboussin, DeMets, Kim, Lan, Controlled Clinical Trials 21 (2000) 190: boundaries for five equally spaced looks; each
        // side spends 2.5 %, and crossing both sides is too rare to show.
        let times = [0.2, 0.4, 0.6, 0.8, 1]
        let pocock = try Self.bounds(times, times.map { SequentialBounds.spent(0.025, at: $0) })
        for (a, b) in zip(pocock, [2.4380, 2.4268, 2.4101, 2.3966, 2.3859]) { #expect(abs(a - b) < 2e-4, "\(pocock)") }
        let obrien = try Self.bounds(times, times.map { try Self.obrienFleming(0.025, $0) })
        for (a, b) in zip(obrien, [4.8769, 3.3569, 2.6803, 2.2898, 2.0310]) { #expect(abs(a - b) < 2e-4, "\(obrien)") }
    }

    @Test("two looks, two-sided 5 %: the constants of Pocock and of O'Brien and Fleming")
    func constants() throws {
        // Jennison and Turnbull (2000), tables 2.1 and 2.3: 2.178 at both looks; 1.977·√2, then 1.977.
        for (first, last) in [(2.178, 2.178), (1.977 * 2.0.squareRoot(), 1.977)] {
            let found = try Self.bounds([1, 2], [NormalDistribution.cumulative(-first), 0.025])
            #expect(abs(found[1] - last) < 1e-3, "\(found)")
        }
    }

    @Test("one look is the normal quantile; lists that do not fit have no boundaries")
    func edges() throws {
        #expect(abs(try Self.bounds([7], [0.01])[0] - 2.326348) < 1e-6)
        #expect(SequentialBounds.boundaries(information: [1, 1], spent: [0.01, 0.02]) == nil)
        #expect(SequentialBounds.boundaries(information: [1, 2], spent: [0.02, 0.01]) == nil)
        #expect(SequentialBounds.boundaries(information: [1, 2], spent: [0.01]) == nil)
        #expect(SequentialBounds.boundaries(information: [], spent: []) == nil)
        #expect(SequentialBounds.boundaries(information: [1], spent: [0.6]) == nil)
    }

    @Test(
        "scipy's multivariate normal finds the risk spent, and no more than it where looks are more alike",
        .enabled(if: Scipy.present, "skipped: no scipy in .venv (Scripts/install-test-peers)"))
    func scipy() throws {
        let plan = try #require(SequentialPlan.make(risk: 0.01, least: 3, most: 24))
        #expect(plan.looks.map(\.determinations) == [3, 6, 12, 24])
        let bounds = plan.looks.map { "\($0.z)" }.joined(separator: ", ")
        // Correlations: as planned; determinations that scatter independently; a bench that adds twice their scatter.
        let program = """
            import numpy as np
            from scipy.stats import multivariate_normal as m
            c = [\(bounds)]
            n = np.array([3, 6, 12, 24])
            k = len(n)
            planned = [[0.5 ** abs(i - j) for j in range(k)] for i in range(k)]
            white = [[np.sqrt(min(a, b) / max(a, b)) for a in n] for b in n]
            def mixed(B):
                V = lambda x: B + 1 / x
                return [[V(max(a, b)) / np.sqrt(V(a) * V(b)) for a in n] for b in n]
            edges = [[1.0 if i == j else 0.5 for j in range(k)] for i in range(k)]
            for R in [planned, white, mixed(0.1), mixed(2.0), edges]:
                print(repr(float(1 - m.cdf(c, mean=np.zeros(k), cov=R, abseps=1e-6, releps=1e-6, maxpts=400000))))
            """
        let risks = try #require(Scipy.run(program)).split(separator: "\n").compactMap { Double($0) }
        #expect(risks.count == 5)
        #expect(abs((risks.first ?? 0) - 0.01) < 5e-5, "\(risks)")
        for risk in risks.dropFirst() { #expect(risk <= 0.01 + 1e-5 && risk > 0.001, "\(risks)") }
    }
}

@Suite("Plans of adaptive points")
struct SequentialPlanTests {
    @Test(
        "looks double from the minimum to the most, without one shortly before the last",
        arguments: [
            (3, 12, [3, 6, 12]), (3, 10, [3, 6, 10]), (3, 8, [3, 8]), (3, 6, [3, 6]), (3, 9, [3, 6, 9]),
            (3, 4, [3, 4]),
            (2, 100, [2, 4, 8, 16, 32, 64, 100]), (5, 100, [5, 10, 20, 40, 100]),
        ])
    func looks(least: Int, most: Int, counts: [Int]) throws {
        let plan = try #require(SequentialPlan.make(risk: 0.01, least: least, most: most))
        #expect(plan.looks.map(\.determinations) == counts)
        #expect(plan.least == least && plan.most == most && plan.riskText == "1 % risk")
        // Each look alone risks less than all together, and all together no more than the sum.
        #expect(plan.looks.allSatisfy { $0.risk > 0 && $0.risk < 0.01 })
        #expect(plan.looks.reduce(0) { $0 + $1.risk } >= 0.01 * (1 - 1e-9))
        for look in plan.looks {
            #expect(abs(NormalDistribution.cumulative(-look.z) / look.risk - 1) < 1e-9)
            let tail = StudentT.twoSidedTail(look.t, degreesOfFreedom: Double(look.determinations - 1))
            #expect(abs(tail / (2 * look.risk) - 1) < 1e-9)
        }
    }

    @Test("what cannot be planned is not")
    func none() {
        #expect(SequentialPlan.make(risk: 0.01, least: 1, most: 12) == nil)
        #expect(SequentialPlan.make(risk: 0.01, least: 3, most: 3) == nil)
        #expect(SequentialPlan.make(risk: 0, least: 3, most: 12) == nil)
        #expect(SequentialPlan.make(risk: 0.5, least: 3, most: 12) == nil)
        #expect(SequentialPlan.make(risk: .nan, least: 3, most: 12) == nil)
    }

    @Test("gates are those of the fixed plan with all determinations, and the shortest dwell follows from those taken")
    func planner() throws {
        var point = PlantedWorld.point(repeats: 12, targetU: 0.1)
        let bench = PlantedWorld.bench()
        func plan() throws -> PulsePlan { try PulsePlanner.plan(point, bench: bench, meterConstant: 10000) }
        func dwell(_ taken: Int?) -> Double {
            PulsePlanner.minimumDwell(
                point, bench: bench, meterConstant: 10000, positions: 1, determinations: taken)
        }
        let fixed = try plan()
        let whole = dwell(nil)
        point.repeats = 3
        point.sequential = SequentialPlan.make(risk: 0.01, least: 3, most: 12)
        #expect(try plan() == fixed)
        #expect(dwell(nil) == whole)
        #expect(abs(whole - dwell(3) - 9 * fixed.gateSeconds) < 1e-9)
    }
}
