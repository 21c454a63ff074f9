import Testing

@testable import BenchCore

@Suite("Budgets of test points")
struct BudgetTests {
    static let half = PowerFactor("0.5 ind")!

    func lines(_ point: TestPoint, _ bench: BenchDescription = PlantedWorld.bench(), temperature: Double? = 25) throws
        -> [String: BudgetLine]
    {
        let lines = try BudgetBuilder(point, bench).standardLines(temperature: temperature)
        return Dictionary(uniqueKeysWithValues: lines.map { (String($0.name.split(separator: " ")[0]), $0) })
    }

    @Test("the standard's lines follow its specification, and weigh twice at PF 0.5")
    func standard() throws {
        let one = try lines(PlantedWorld.point())
        let two = try lines(PlantedWorld.point(powerFactor: Self.half))
        // Certificate 0.02 % (k = 2), drift 0.005 % and 0.0005 %/K over 2 K rectangular, thermometer 0.3 K (k = 2).
        let expected = [
            "standard.certificate": 0.01, "standard.drift": 0.005 / 3.0.squareRoot(),
            "standard.temperature": 0.0005 * 2 / 3.0.squareRoot(),
            "climate.temperature": 0.15 * 0.0005 / 3.0.squareRoot(),
        ]
        for (name, u) in expected {
            #expect(abs(try #require(one[name]).contribution - u) < 1e-9, "\(name)")
            #expect(abs(try #require(two[name]).contribution - 2 * u) < 1e-9, "\(name) at PF 0.5")
        }
    }

    @Test("the range that answers the load is taken, up to its bound and from it on")
    func ranges() throws {
        let below = try BudgetBuilder(PlantedWorld.point(current: 0.0499), PlantedWorld.bench())
        let at = try BudgetBuilder(PlantedWorld.point(current: 0.05), PlantedWorld.bench())
        #expect(below.range.certificateU == 0.04 && at.range.certificateU == 0.02)
        #expect(below.rangeName == "0.001 A to 0.05 A, 30 V to 300 V")
    }

    @Test("a load that no range or two ranges answer, or without power, has no budget, and says why")
    func refused() {
        #expect(throws: BudgetTrouble(reason: "no range of the reference standard answers 230 V, 121 A")) {
            try BudgetBuilder(PlantedWorld.point(current: 121), PlantedWorld.bench())
        }
        var bench = PlantedWorld.bench()
        bench.instruments[1].accuracy.append(bench.instruments[1].accuracy[1])
        #expect(throws: BudgetTrouble(reason: "more than one range of the reference standard answers 230 V, 5 A")) {
            try BudgetBuilder(PlantedWorld.point(), bench)
        }
        #expect(throws: BudgetTrouble(reason: "the load has no active power")) {
            try BudgetBuilder(PlantedWorld.point(powerFactor: PowerFactor("0 ind")!), PlantedWorld.bench())
        }
        #expect(throws: BudgetTrouble(reason: "the load has no active power")) {
            try BudgetBuilder(PlantedWorld.point(current: 0), PlantedWorld.bench())
        }
    }

    @Test("without a thermometer 5 K from 23 °C are assumed")
    func noThermometer() throws {
        let line = try #require(try lines(PlantedWorld.point(), temperature: nil)["standard.temperature"])
        #expect(abs(line.contribution - 0.0005 * 5 / 3.0.squareRoot()) < 1e-9)
    }

    @Test("edges count once over the whole time, and repeatability only with what goes beyond them")
    func jitterOnce() throws {
        // 1 ms of jitter over three gates of 1 s: 100·√2·1 ms/3 s = 0.0471 %.
        let bench = PlantedWorld.bench(jitter: 1e-3, resolution: 0, stability: 0)
        let builder = try BudgetBuilder(PlantedWorld.point(), bench)
        let expected = 100 * 1e-3 * 2.0.squareRoot() / 3
        func random(_ step: Double) throws -> (edges: Double, own: Double, dof: Double?) {
            let budget = try builder.pulses(
                errors: [-step, 0, step], meanGate: 1, meanReferenceCount: 1e6, observedEdgeJitter: nil,
                temperature: 23)
            let edges = try #require(budget.lines.first { $0.name.hasPrefix("counter.edges") })
            let own = try #require(budget.lines.first { $0.name.hasPrefix("repeatability") })
            return (edges.contribution, own.contribution, own.degreesOfFreedom)
        }
        // Steps d between three determinations: s = d, s/√3 of the mean.
        let small = try random(0.05)
        #expect(abs(small.edges - expected) < 1e-9 && small.own == 0 && small.dof == 2)
        let large = try random(0.3)
        #expect(abs(large.edges - expected) < 1e-9)
        #expect(abs((large.edges * large.edges + large.own * large.own).squareRoot() - 0.3 / 3.0.squareRoot()) < 1e-9)
    }

    @Test("expected scatter of contiguous gates is what simulated gates show")
    func scatter() {
        let counter = CounterSpecification(edgeJitter: 1e-3, referenceResolution: 2000, channels: 1)
        let expected = GateScatter(counter: counter, seconds: 1, counts: 1e6).expectedVariance(gates: 3)
        var random = SeededGenerator(seed: 6)
        var sum = 0.0
        let runs = 20_000
        for _ in 0..<runs {
            // An edge is off by its jitter (percent of a second) and by the resolution (2000 of 10⁶ counts).
            let edges = (0..<4).map { _ in
                random.normal(mean: 0, standardDeviation: 0.1) + random.uniform(in: -0.1...0.1)
            }
            let s = Statistics.standardDeviation(zip(edges, edges.dropFirst()).map { $1 - $0 }) ?? 0
            sum += s * s
        }
        #expect(abs(sum / Double(runs) / expected - 1) < 0.03)
    }

    @Test("points that share the standard are correlated, and their difference is better known than either")
    func correlated() throws {
        func budget(_ id: String, _ current: Double) throws -> Budget {
            try BudgetBuilder(PlantedWorld.point(current: current, id: id), PlantedWorld.bench()).pulses(
                errors: [0.1, 0.11, 0.12], meanGate: 20, meanReferenceCount: 1e6, observedEdgeJitter: nil,
                temperature: 23)
        }
        let (a, b) = (try budget("a", 5), try budget("b", 1))
        let r = Budget.correlation(a, b)
        #expect(r > 0.5 && r < 1)
        #expect(abs(Budget.correlation(a, a) - 1) < 1e-12)
        // Different ranges of the standard share the thermometer only.
        #expect(abs(Budget.correlation(a, try budget("c", 0.02))) < 1e-3)
        let difference = Budget.difference(a, b).standardUncertainty
        let mean = Budget.mean([a, b]).standardUncertainty
        // JCGM 100:2008, 5.2.2: u²(a ∓ b) = u²(a) + u²(b) ∓ 2·u(a, b).
        let (ua, ub) = (a.standardUncertainty, b.standardUncertainty)
        let covariance = Budget.covariance(a, b)
        #expect(abs(difference - (ua * ua + ub * ub - 2 * covariance).squareRoot()) < 1e-12)
        #expect(abs(mean - (ua * ua + ub * ub + 2 * covariance).squareRoot() / 2) < 1e-12)
        #expect(difference < ua && mean > ua / 2.0.squareRoot())
        // The same point of two meters: what belongs to the meters is not shared.
        let shared = Budget.covariance(a.of(meter: "1"), a.of(meter: "2"))
        #expect(shared > 0 && shared < Budget.covariance(a, a))
    }

    @Test("inputs named alike add up with their signs, also when their uncertainty is given in other units")
    func sums() {
        func budget(_ u: Double, _ c: Double) -> Budget {
            Budget(lines: [
                BudgetLine(
                    name: "x", distribution: "normal", standardUncertainty: u, unit: "", sensitivity: c,
                    degreesOfFreedom: nil)
            ])
        }
        #expect(abs(Budget.difference(budget(1, 3), budget(0.5, 6)).standardUncertainty) < 1e-15)
        #expect(abs(Budget.sum([(1, budget(0, 1)), (2, budget(1, 1))]).standardUncertainty - 2) < 1e-15)
    }

    @Test("k from Welch and Satterthwaite covers what Monte Carlo finds for the same lines")
    func monteCarlo() throws {
        let budget = try BudgetBuilder(PlantedWorld.point(), PlantedWorld.bench()).pulses(
            errors: (0..<10).map { Double($0) * 0.002 }, meanGate: 20, meanReferenceCount: 1e6, observedEdgeJitter: nil,
            temperature: 23)
        let drawn = try #require(MonteCarlo(budget: budget, trials: 50_000, seed: 3))
        #expect(abs(drawn.interval.upperBound / budget.expandedUncertainty - 1) < 0.03)
        #expect(abs(drawn.interval.lowerBound / budget.expandedUncertainty + 1) < 0.03)
    }

    @Test("register resolution at begin and end is triangular, d/√6")
    func register() throws {
        let budget = try BudgetBuilder(PlantedWorld.point(.register), PlantedWorld.bench()).register(
            resolution: 0.01, energy: 2, temperature: 23)
        let line = try #require(budget.lines.last)
        #expect(line.name.hasPrefix("register.begin-end"))
        #expect(abs(line.contribution - 100 * 0.01 / 6.0.squareRoot() / 2) < 1e-12)
    }
}
