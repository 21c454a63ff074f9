#if canImport(Glibc)
    import Glibc
#endif

/// Propagation of distributions by drawing (JCGM 101:2008), to check what a budget says.
public struct MonteCarlo: Sendable, Hashable {
    /// Number of draws.
    public let trials: Int
    /// Mean and standard deviation of the results.
    public let mean: Double, standardUncertainty: Double
    /// The probabilistically symmetric coverage interval.
    public let interval: ClosedRange<Double>
    /// The shortest coverage interval.
    public let shortest: ClosedRange<Double>

    /// Draws `trials` results of a model; the same seed gives the same numbers.
    ///
    /// At least 10⁴/(1 − p) trials are wanted, so 200 000 at 95 % (JCGM 101:2008, 7.2). `nil` with fewer than 100
    /// trials or a probability that is none.
    public init?(
        trials: Int, seed: UInt64, probability: Double = 0.95, model: (inout SeededGenerator) -> Double
    ) {
        var random = SeededGenerator(seed: seed, label: "Monte Carlo")
        self.init(trials: trials, probability: probability, &random, model)
    }

    private init?(
        trials: Int, probability: Double, _ random: inout SeededGenerator, _ model: (inout SeededGenerator) -> Double
    ) {
        guard trials >= 100, probability > 0, probability < 1 else { return nil }
        var values: [Double] = []
        values.reserveCapacity(trials)
        for _ in 0..<trials { values.append(model(&random)) }
        self.init(values: values, probability: probability)
    }

    /// Mean, spread and intervals of results that were drawn elsewhere; `nil` for fewer than 100 or a probability that is none.
    init?(drawn values: [Double], probability: Double = 0.95) {
        guard values.count >= 100, probability > 0, probability < 1 else { return nil }
        self.init(values: values, probability: probability)
    }

    /// Mean, spread and intervals of results that were drawn.
    private init(values: [Double], probability: Double) {
        let values = values.sorted()
        trials = values.count
        mean = Statistics.mean(values)
        standardUncertainty = Statistics.standardDeviation(values) ?? 0
        // JCGM 101:2008, 7.7.2 and 7.7.4: q of the M values lie inside, r of them below.
        let q = Int((probability * Double(trials)).rounded())
        let r = (trials - q) / 2
        interval = values[r]...values[min(r + q, trials - 1)]
        var best = 0
        for i in 0..<(trials - q) where values[i + q] - values[i] < values[best + q] - values[best] { best = i }
        shortest = values[best]...values[min(best + q, trials - 1)]
    }

    /// Draws batches of 10 000 until mean, standard uncertainty and both ends of the interval are steady to half a unit
    /// of the last of `digits` significant digits of u (JCGM 101:2008, 7.9); `nil` when 1000 batches do not suffice.
    public static func adaptive(
        digits: Int = 2, seed: UInt64, probability: Double = 0.95, model: (inout SeededGenerator) -> Double
    ) -> MonteCarlo? {
        var random = SeededGenerator(seed: seed, label: "Monte Carlo")
        var batches: [MonteCarlo] = []
        var values: [Double] = []
        while batches.count < 1000 {
            var batch: [Double] = []
            for _ in 0..<10_000 { batch.append(model(&random)) }
            values += batch
            batches.append(MonteCarlo(values: batch, probability: probability))
            guard batches.count > 1 else { continue }
            let u = Statistics.standardDeviation(values) ?? 0
            guard u > 0 else { return MonteCarlo(values: values, probability: probability) }
            let exponent = floor(log10(u)) - Double(digits - 1)
            let delta = 0.5 * pow(10, exponent)
            let h = Double(batches.count)
            func steady(_ part: (MonteCarlo) -> Double) -> Bool {
                2 * (Statistics.standardDeviation(batches.map(part)) ?? 0) / h.squareRoot() < delta
            }
            if steady(\.mean), steady(\.standardUncertainty), steady(\.interval.lowerBound),
                steady(\.interval.upperBound)
            {
                return MonteCarlo(values: values, probability: probability)
            }
        }
        return nil
    }

    /// Draws what a budget says of the error: each line by its own distribution, type A as Student's t.
    public init?(budget: Budget, trials: Int, seed: UInt64, probability: Double = StudentT.twoSigma) {
        let lines = budget.lines.map { ($0.sensitivity, $0.drawn) }
        self.init(trials: trials, seed: seed, probability: probability) { random in
            lines.reduce(0) { $0 + $1.0 * $1.1.sample(&random) }
        }
    }
}

extension BudgetLine {
    /// The line's input as a distribution about zero.
    var drawn: Distribution {
        let u = standardUncertainty
        switch distribution {
        case "rectangular": return .rectangular(center: 0, halfWidth: u * 3.0.squareRoot())
        case "triangular": return .triangular(center: 0, halfWidth: u * 6.0.squareRoot())
        case "arcsine": return .arcsine(center: 0, halfWidth: u * 2.0.squareRoot())
        case "type A":
            return .studentT(mean: 0, scale: u, degreesOfFreedom: Int((degreesOfFreedom ?? 1e4).rounded(.down)))
        default: return .normal(mean: 0, u: u)
        }
    }
}
