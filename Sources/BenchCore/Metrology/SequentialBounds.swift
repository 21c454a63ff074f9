#if canImport(Glibc)
    import Glibc
#endif

/// Boundaries of a group sequential test: how far from a limit a result must be at each look, so that all looks together keep one risk.
///
/// The method is the α-spending of Lan and DeMets (Biometrika 70 (1983) 659): the share of the risk that may be used up at each look is
/// fixed beforehand, and the boundary follows by the recursive integration of Armitage, McPherson and Rowe (J. R. Statist. Soc. A
/// 132 (1969) 235) for a standard normal statistic whose correlation between looks i < j is √(Iᵢ/Iⱼ), I being the information
/// (Jennison and Turnbull, Group Sequential Methods, 2000, chapters 3, 7 and 19).
public enum SequentialBounds {
    /// Risk used up when a share `t` (0 … 1) of all is taken: α·ln(1 + (e − 1)·t), which Lan and DeMets give for boundaries like those of
    /// Pocock (Biometrika 64 (1977) 191): as good as equal at all looks, so that what is clear early ends early.
    public static func spent(_ risk: Double, at t: Double) -> Double {
        risk * log(1 + (exp(1) - 1) * min(max(t, 0), 1))
    }

    /// One-sided boundaries c₁, c₂, … of a standard normal statistic that is looked at with increasing information.
    ///
    /// - Parameters:
    ///   - information: increasing, in any unit: only ratios count.
    ///   - spent: risk used up to and with each look, increasing, each between 0 and 0.5.
    /// - Returns: boundaries, exact to about 1e-5; `nil` where the lists do not fit or do not increase.
    public static func boundaries(information: [Double], spent: [Double]) -> [Double]? {
        guard let first = information.first, let risk = spent.first, information.count == spent.count, first > 0,
            risk > 0, let all = spent.last, all < 0.5,
            zip(information, information.dropFirst()).allSatisfy({ $0 < $1 }),
            zip(spent, spent.dropFirst()).allSatisfy({ $0 < $1 }), let begin = NormalDistribution.quantile(1 - risk)
        else { return nil }
        var found = [begin]
        // Density of the statistic of those that go on, on a grid from far below to the boundary.
        var grid = Grid(to: begin)
        var density = grid.points.map { NormalDistribution.density($0) }
        for j in information.indices.dropFirst() {
            let r = (information[j - 1] / information[j]).squareRoot()
            let width = (1 - r * r).squareRoot()
            let wanted = spent[j] - spent[j - 1]
            let weighted = zip(grid.weights, density).map { $0 * $1 }
            let points = grid.points
            let boundary = Root.find(from: -Grid.far, to: 40) { c in
                var crossed = 0.0
                for i in points.indices {
                    crossed += weighted[i] * NormalDistribution.cumulative((r * points[i] - c) / width)
                }
                return wanted - crossed
            }
            found.append(boundary)
            grid = Grid(to: boundary)
            density = grid.points.map { y in
                var sum = 0.0
                for i in points.indices {
                    sum += weighted[i] * NormalDistribution.density((y - r * points[i]) / width)
                }
                return sum / width
            }
        }
        return found
    }

    /// Points and weights of Simpson's rule.
    private struct Grid {
        static let far = 9.0, steps = 240
        let points: [Double], weights: [Double]

        init(to end: Double) {
            let h = (end + Self.far) / Double(Self.steps)
            points = (0...Self.steps).map { -Self.far + Double($0) * h }
            weights = (0...Self.steps).map { i in
                i == 0 || i == Self.steps ? h / 3 : i.isMultiple(of: 2) ? 2 * h / 3 : 4 * h / 3
            }
        }
    }
}
