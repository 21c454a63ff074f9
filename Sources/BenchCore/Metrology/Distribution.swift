#if canImport(Glibc)
    import Glibc
#endif

/// What is known of an input, as a probability distribution (JCGM 100:2008, 4.3; JCGM 101:2008, 6.4).
public enum Distribution: Sendable, Hashable, Codable {
    /// Mean and standard uncertainty; of a certificate, u = U/k.
    case normal(mean: Double, u: Double)
    /// Anything from centre − half width to centre + half width, equally likely; u = a/√3.
    case rectangular(center: Double, halfWidth: Double)
    /// The sum of two equal rectangles; u = a/√6.
    case triangular(center: Double, halfWidth: Double)
    /// Of a sine at an unknown moment, as of cycling temperature; u = a/√2.
    case arcsine(center: Double, halfWidth: Double)
    /// Mean of few readings: Student's t, shifted and scaled by s/√n.
    case studentT(mean: Double, scale: Double, degreesOfFreedom: Int)

    /// Standard uncertainty as the GUM takes it; of Student's t the scale s/√n.
    public var standardUncertainty: Double {
        switch self {
        case .normal(_, let u): return u
        case .rectangular(_, let a): return a / 3.0.squareRoot()
        case .triangular(_, let a): return a / 6.0.squareRoot()
        case .arcsine(_, let a): return a / 2.0.squareRoot()
        case .studentT(_, let scale, _): return scale
        }
    }

    /// The central value.
    public var center: Double {
        switch self {
        case .normal(let m, _), .studentT(let m, _, _): return m
        case .rectangular(let c, _), .triangular(let c, _), .arcsine(let c, _): return c
        }
    }

    /// One draw.
    public func sample(_ random: inout SeededGenerator) -> Double {
        switch self {
        case .normal(let mean, let u): return random.normal(mean: mean, standardDeviation: u)
        case .rectangular(let c, let a): return c + a * (2 * random.uniform() - 1)
        case .triangular(let c, let a): return c + a * (random.uniform() + random.uniform() - 1)
        case .arcsine(let c, let a): return c + a * sin(2 * Double.pi * random.uniform())
        case .studentT(let mean, let scale, let dof):
            // A normal number over the root of a mean of squared ones (JCGM 101:2008, 6.4.9.5).
            let z = random.normal()
            var squares = 0.0
            for _ in 0..<max(1, dof) {
                let x = random.normal()
                squares += x * x
            }
            return mean + scale * z / (squares / Double(max(1, dof))).squareRoot()
        }
    }
}
