/// An uncertainty budget (JCGM 100:2008, 8): independent named inputs, and what they make of the result.
///
/// Inputs with the same name in two budgets are the same quantity, so the two results are correlated through them. What
/// belongs to one measurement alone (repeatability, edges) carries the test point in its name. The specification of a
/// standard does not tell its amplitude from its phase error, so one range counts as one quantity at every power
/// factor: the correlation between points of different power factor is an upper bound.
public struct Budget: Sendable, Hashable, Codable {
    /// The lines in the order they are printed.
    public var lines: [BudgetLine]

    /// A budget by its lines.
    public init(lines: [BudgetLine]) { self.lines = lines }

    /// Combined standard uncertainty, percent: root of the sum of squared contributions (JCGM 100:2008, 5.1.2).
    public var standardUncertainty: Double { Self.root(lines) }

    static func root(_ lines: some Sequence<BudgetLine>) -> Double {
        lines.reduce(0) { $0 + $1.contribution * $1.contribution }.squareRoot()
    }

    /// Effective degrees of freedom by Welch and Satterthwaite (JCGM 100:2008, G.4.1); `nil` is infinite.
    public var effectiveDegreesOfFreedom: Double? {
        let sum = lines.reduce(0) { sum, line in
            guard let v = line.degreesOfFreedom else { return sum }
            let square = line.contribution * line.contribution
            return sum + square * square / v
        }
        guard sum > 0 else { return nil }
        let square = standardUncertainty * standardUncertainty
        let v = square * square / sum
        return v.isFinite ? v : nil
    }

    /// Effective degrees of freedom cut to the next lower whole number, at least 1 (JCGM 100:2008, G.4.1 note 1); `nil`
    /// from a million on, where k is 2 to six digits.
    public var truncatedDegreesOfFreedom: Double? {
        // A whole number that came out a rounding error too low is still that number.
        effectiveDegreesOfFreedom.flatMap { $0 < 1e6 ? max(1, ($0 * (1 + 1e-12)).rounded(.down)) : nil }
    }

    /// Coverage factor for 95.45 % from the t distribution (JCGM 100:2008, G.3).
    public var coverageFactor: Double {
        StudentT.coverageFactor(degreesOfFreedom: truncatedDegreesOfFreedom) ?? 2
    }

    /// Expanded uncertainty U = k·u, percent, unrounded.
    public var expandedUncertainty: Double { coverageFactor * standardUncertainty }

    /// The rectangular input that makes up nearly all of the budget, if one does: the root of the sum of squares of all
    /// others is at most 0.3 of it (EA-4/02 M:2022, S9). k from the t distribution then covers more than 95.45 %.
    public var dominatingRectangle: BudgetLine? {
        guard let largest = lines.max(by: { $0.contribution < $1.contribution }) else { return nil }
        let rest = Self.root(lines.filter { $0.name != largest.name })
        return largest.distribution == "rectangular" && rest <= 0.3 * largest.contribution ? largest : nil
    }
}

extension Budget {
    /// Covariance of two results through the inputs they share, percent²: Σ cₐ·c_b·u² (JCGM 100:2008, F.1.2.3).
    public static func covariance(_ a: Budget, _ b: Budget) -> Double {
        let other = Dictionary(b.lines.map { ($0.name, $0.signedContribution) }, uniquingKeysWith: +)
        return a.lines.reduce(0) { $0 + $1.signedContribution * (other[$1.name] ?? 0) }
    }

    /// Correlation coefficient of two results, −1 … 1; 0 where one of them is exactly known.
    public static func correlation(_ a: Budget, _ b: Budget) -> Double {
        let product = a.standardUncertainty * b.standardUncertainty
        return product > 0 ? covariance(a, b) / product : 0
    }

    /// The budget of a weighted sum of results; what they share adds up with its sign, the rest in squares.
    public static func sum(_ parts: [(weight: Double, budget: Budget)]) -> Budget {
        var lines: [BudgetLine] = []
        var place: [String: Int] = [:]
        for (weight, budget) in parts {
            for line in budget.lines {
                if let i = place[line.name] {
                    // The same quantity: in units of the first line's standard uncertainty.
                    let unit = lines[i].standardUncertainty
                    if unit > 0 {
                        lines[i].sensitivity += weight * line.signedContribution / unit
                    } else {
                        lines[i].standardUncertainty = line.standardUncertainty
                        lines[i].sensitivity = weight * line.sensitivity
                    }
                } else {
                    place[line.name] = lines.count
                    var copy = line
                    copy.sensitivity *= weight
                    lines.append(copy)
                }
            }
        }
        return Budget(lines: lines)
    }

    /// The budget of the mean of several results.
    public static func mean(_ budgets: [Budget]) -> Budget {
        sum(budgets.map { (1 / Double(budgets.count), $0) })
    }

    /// The budget of the difference a − b, e.g. of single-phase and balanced load.
    public static func difference(_ a: Budget, _ b: Budget) -> Budget { sum([(1, a), (-1, b)]) }

    /// The same budget with everything that belongs to one measurement alone renamed, so that budgets of two meters
    /// share the standard and the thermometer only.
    public func of(meter: String) -> Budget {
        Budget(
            lines: lines.map { line in
                var copy = line
                if !line.name.hasPrefix("standard."), !line.name.hasPrefix("climate.") {
                    copy.name = "\(line.name) of \(meter)"
                }
                return copy
            })
    }
}

extension BudgetLine {
    /// Contribution with the sign of the sensitivity, percent: what correlated results add up.
    var signedContribution: Double { sensitivity * standardUncertainty }
}

/// The law of propagation for correlated inputs and several results (JCGM 100:2008, 5.2; JCGM 102:2011, 6.2.1.3).
public enum Propagation {
    /// Covariance matrix of the results: C·V·Cᵀ, where C holds a row of sensitivities per result and V the covariances
    /// of the inputs. Empty where the sizes do not fit.
    public static func covariance(sensitivities c: [[Double]], inputs v: [[Double]]) -> [[Double]] {
        guard c.allSatisfy({ $0.count == v.count }), v.allSatisfy({ $0.count == v.count }) else { return [] }
        return c.map { a in
            c.map { b in
                v.indices.reduce(0) { sum, i in
                    sum + a[i] * v.indices.reduce(0) { $0 + v[i][$1] * b[$1] }
                }
            }
        }
    }
}
