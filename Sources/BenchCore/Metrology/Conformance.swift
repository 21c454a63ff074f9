/// Probabilities of conformity and risks of wrong decisions (JCGM 106:2012), for normal distributions.
public enum Conformance {
    /// Probability that a meter whose error was measured as `error` with standard uncertainty `u` lies within the
    /// limits, nothing else being known of it (JCGM 106:2012, 7.4): Φ((upper − e)/u) − Φ((lower − e)/u).
    public static func probability(error: Double, u: Double, lower: Double, upper: Double) -> Double {
        guard u > 0 else { return error >= lower && error <= upper ? 1 : 0 }
        return NormalDistribution.cumulative((upper - error) / u) - NormalDistribution.cumulative((lower - error) / u)
    }

    /// What is known after measuring a thing from a population with known mean and spread (JCGM 106:2012, 6.3).
    public static func posterior(
        priorMean: Double, priorU: Double, measured: Double, u: Double
    ) -> (mean: Double, u: Double) {
        let a = 1 / (priorU * priorU)
        let b = 1 / (u * u)
        return ((a * priorMean + b * measured) / (a + b), 1 / (a + b).squareRoot())
    }

    /// Largest risk that a single accepted meter lies outside its limit, at a guard band r·U with k = 2: Φ(−2r)
    /// (ILAC-G8:09/2019, table 1).
    public static func riskAtAcceptanceLimit(guardFactor r: Double) -> Double { NormalDistribution.cumulative(-2 * r) }

    /// Test uncertainty ratio: width of the tolerance over 2·U.
    public static func testUncertaintyRatio(lower: Double, upper: Double, U: Double) -> Double {
        (upper - lower) / (2 * U)
    }

    /// Global risks for a population N(0, u₀²) measured with uᵐ, tolerance ±`tolerance`, accepted within ±`acceptance`
    /// (JCGM 106:2012, 9.5): the share wrongly accepted, and the share wrongly rejected.
    public static func globalRisks(
        populationU: Double, measurementU: Double, tolerance: Double, acceptance: Double
    ) -> (consumer: Double, producer: Double) {
        func accepted(_ x: Double) -> Double {
            probability(error: x, u: measurementU, lower: -acceptance, upper: acceptance)
        }
        func density(_ x: Double) -> Double { NormalDistribution.density(x / populationU) / populationU }
        // Symmetric about zero: integrate one side and double it.
        let far = tolerance + 10 * (populationU + measurementU)
        let consumer = 2 * simpson(from: tolerance, to: far) { density($0) * accepted($0) }
        let producer = 2 * simpson(from: 0, to: tolerance) { density($0) * (1 - accepted($0)) }
        return (consumer, producer)
    }

    /// Simpson's rule in 20 000 steps: far below 1e-9 for the smooth functions here.
    private static func simpson(from a: Double, to b: Double, _ f: (Double) -> Double) -> Double {
        let n = 20_000
        let h = (b - a) / Double(n)
        var sum = f(a) + f(b)
        for i in 1..<n { sum += (i.isMultiple(of: 2) ? 2 : 4) * f(a + Double(i) * h) }
        return sum * h / 3
    }
}
