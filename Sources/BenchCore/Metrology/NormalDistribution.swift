#if canImport(Glibc)
    import Glibc
#endif

/// The normal distribution with mean 0 and standard deviation 1.
public enum NormalDistribution {
    /// Probability that a value is at most `x`.
    public static func cumulative(_ x: Double) -> Double { 0.5 * erfc(-x / 2.0.squareRoot()) }

    /// Density at `x`.
    public static func density(_ x: Double) -> Double { exp(-x * x / 2) / (2 * Double.pi).squareRoot() }

    /// The value that is not exceeded with probability `p`; `nil` outside 0 < p < 1.
    public static func quantile(_ p: Double) -> Double? {
        guard p > 0, p < 1 else { return nil }
        // The cumulative is exact to the last digits in its small tail: search there and mirror.
        if p > 0.5 { return quantile(1 - p).map { -$0 } }
        return Root.find(from: -40, to: 0) { cumulative($0) - p }
    }

    /// Coverage factor k for a two-sided coverage probability: 2 for 95.45 %, 1.96 for 95 %.
    public static func coverageFactor(_ probability: Double) -> Double? {
        quantile((1 - probability) / 2).map { -$0 }
    }
}

/// Where an increasing function crosses zero.
enum Root {
    /// Halves the interval until its ends are neighbours (or the function is zero): always ends, never overshoots.
    static func find(from low: Double, to high: Double, _ f: (Double) -> Double) -> Double {
        var low = low
        var high = high
        while true {
            let middle = low + (high - low) / 2
            guard middle > low, middle < high else { return middle }
            let value = f(middle)
            if value == 0 { return middle }
            if value < 0 { low = middle } else { high = middle }
        }
    }
}
