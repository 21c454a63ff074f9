#if canImport(Glibc)
    import Glibc
#endif

/// Student's t distribution: where coverage factors come from when degrees of freedom are few (JCGM 100:2008, G.3).
public enum StudentT {
    /// The coverage probability of ±2 standard deviations of a normal distribution, printed as 95.45 %.
    public static let twoSigma = 0.954_499_736_103_641_6

    /// Probability that |t| exceeds `t` with `degreesOfFreedom` (positive, need not be whole).
    public static func twoSidedTail(_ t: Double, degreesOfFreedom v: Double) -> Double {
        // P(|T| > t) = I_x(v/2, 1/2) with x = v/(v + t²) (Abramowitz and Stegun 26.7.1 with 26.5.2).
        regularizedBeta(v / (v + t * t), v / 2, 0.5)
    }

    /// Probability that a value is at most `t`.
    public static func cumulative(_ t: Double, degreesOfFreedom v: Double) -> Double {
        let tail = twoSidedTail(t, degreesOfFreedom: v) / 2
        return t < 0 ? tail : 1 - tail
    }

    /// Coverage factor k = t_p(ν) for a two-sided coverage probability; `degreesOfFreedom` `nil` is infinite.
    ///
    /// Values agree with JCGM 100:2008 table G.2. `nil` unless 0 < p < 1 and ν > 0.
    public static func coverageFactor(_ probability: Double = twoSigma, degreesOfFreedom: Double?) -> Double? {
        guard probability > 0, probability < 1 else { return nil }
        guard let v = degreesOfFreedom, v.isFinite else {
            return probability == twoSigma ? 2 : NormalDistribution.coverageFactor(probability)
        }
        guard v > 0 else { return nil }
        if probability == twoSigma, v == v.rounded(), v <= Double(common.count) { return common[Int(v) - 1] }
        return solve(1 - probability, v)
    }

    /// k at 95.45 % for 1, 2, … 200 degrees of freedom: every evaluation asks for one of these.
    private static let common: [Double] = (1...200).map { solve(1 - twoSigma, Double($0)) }

    private static func solve(_ tail: Double, _ v: Double) -> Double {
        var high = 2.0
        while twoSidedTail(high, degreesOfFreedom: v) > tail, high < 1e100 { high *= 2 }
        return Root.find(from: 0, to: high) { tail - twoSidedTail($0, degreesOfFreedom: v) }
    }

    /// The regularized incomplete beta function I_x(a, b), 0 ≤ x ≤ 1, to about 1e-14.
    public static func regularizedBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
        guard x > 0 else { return 0 }
        guard x < 1 else { return 1 }
        let front = exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * log(x) + b * log1p(-x))
        // The continued fraction converges fast left of the mean; the other side by symmetry.
        if x < (a + 1) / (a + b + 2) { return front * betaFraction(x, a, b) / a }
        return 1 - front * betaFraction(1 - x, b, a) / b
    }

    private static func logGamma(_ x: Double) -> Double {
        var sign: Int32 = 0
        return lgamma_r(x, &sign)
    }

    /// The continued fraction of the incomplete beta function (Abramowitz and Stegun 26.5.8) by Lentz's method.
    private static func betaFraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
        let tiny = 1e-300
        func safe(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
        var c = 1.0
        var d = 1 / safe(1 - (a + b) * x / (a + 1))
        var result = d
        for m in 1...10_000 {
            let m = Double(m)
            let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
            d = 1 / safe(1 + even * d)
            c = safe(1 + even / c)
            result *= d * c
            let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
            d = 1 / safe(1 + odd * d)
            c = safe(1 + odd / c)
            let step = d * c
            result *= step
            if abs(step - 1) < 1e-16 { break }
        }
        return result
    }
}
