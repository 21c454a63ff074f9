import Testing

@testable import BenchCore

@Suite("Student's t and the normal distribution")
struct StudentTTests {
    /// JCGM 100:2008, table G.2: ν, then k at 68.27, 90, 95, 95.45, 99 and 99.73 %.
    static let g2: [[Double]] = [
        [1, 1.84, 6.31, 12.71, 13.97, 63.66, 235.80], [2, 1.32, 2.92, 4.30, 4.53, 9.92, 19.21],
        [3, 1.20, 2.35, 3.18, 3.31, 5.84, 9.22], [4, 1.14, 2.13, 2.78, 2.87, 4.60, 6.62],
        [5, 1.11, 2.02, 2.57, 2.65, 4.03, 5.51], [6, 1.09, 1.94, 2.45, 2.52, 3.71, 4.90],
        [8, 1.07, 1.86, 2.31, 2.37, 3.36, 4.28], [10, 1.05, 1.81, 2.23, 2.28, 3.17, 3.96],
        [20, 1.03, 1.72, 2.09, 2.13, 2.85, 3.42], [50, 1.01, 1.68, 2.01, 2.05, 2.68, 3.16],
        [100, 1.005, 1.660, 1.984, 2.025, 2.626, 3.077],
    ]
    static let probabilities = [0.682_689_492_137_086, 0.90, 0.95, StudentT.twoSigma, 0.99, 0.997_300_203_936_740]

    @Test("coverage factors agree with JCGM 100:2008, table G.2", arguments: g2)
    func tableG2(row: [Double]) throws {
        for (p, k) in zip(Self.probabilities, row.dropFirst()) {
            let found = try #require(StudentT.coverageFactor(p, degreesOfFreedom: row[0]))
            // Two decimals as printed; 235.80 of the GUM is 235.784 to three decimals.
            #expect(abs(found - k) < max(0.0051, 1e-4 * k), "ν = \(row[0]), p = \(p): \(found) against \(k)")
        }
    }

    @Test("coverage factors for infinite degrees of freedom are those of the normal distribution")
    func infinite() throws {
        #expect(StudentT.coverageFactor(degreesOfFreedom: nil) == 2)
        // Normal quantiles, JCGM 100:2008 table G.1 to more digits: 1.959963985, 2.575829304, 1.644853627.
        for (p, k) in [(0.95, 1.959_963_984_540), (0.99, 2.575_829_303_549), (0.90, 1.644_853_626_951)] {
            let t = try #require(StudentT.coverageFactor(p, degreesOfFreedom: nil))
            #expect(abs(t - k) < 1e-11)
        }
    }

    @Test(
        "closed forms for one and two degrees of freedom are met to 1e-12", arguments: [0.5, 0.9, 0.95, 0.99, 0.9999])
    func closedForms(p: Double) throws {
        let one = try #require(StudentT.coverageFactor(p, degreesOfFreedom: 1))
        let two = try #require(StudentT.coverageFactor(p, degreesOfFreedom: 2))
        // ν = 1 is the Cauchy distribution, P = 2/π·atan t; for ν = 2, P = t/√(2 + t²).
        #expect(abs(StudentT.cumulative(one, degreesOfFreedom: 1) - (1 + p) / 2) < 1e-12)
        #expect(abs(two - p * (2 / (1 - p * p)).squareRoot()) < 1e-11 * two)
    }

    @Test("coverage and cumulative are inverse to each other for degrees of freedom that are not whole")
    func inverse() throws {
        var random = SeededGenerator(seed: 5, label: "t")
        for _ in 0..<200 {
            let v = random.uniform(in: 0.5...300)
            let p = random.uniform(in: 0.01...0.9999)
            let k = try #require(StudentT.coverageFactor(p, degreesOfFreedom: v))
            #expect(abs(StudentT.twoSidedTail(k, degreesOfFreedom: v) - (1 - p)) < 1e-12)
        }
    }

    @Test("what is no probability and no degrees of freedom has no factor")
    func nonsense() {
        #expect(StudentT.coverageFactor(1, degreesOfFreedom: 3) == nil)
        #expect(StudentT.coverageFactor(0, degreesOfFreedom: 3) == nil)
        #expect(StudentT.coverageFactor(.nan, degreesOfFreedom: 3) == nil)
        #expect(StudentT.coverageFactor(0.95, degreesOfFreedom: 0) == nil)
        #expect(NormalDistribution.quantile(1) == nil)
    }

    @Test(
        "the normal quantile is the inverse of the cumulative, in the tails too",
        arguments: [1e-300, 1e-20, 1e-6, 0.3, 0.5])
    func normal(p: Double) throws {
        let x = try #require(NormalDistribution.quantile(p))
        #expect(abs(NormalDistribution.cumulative(x) / p - 1) < 1e-10)
    }

    @Test(
        "every cell of the shared table of t agrees in all its digits",
        .enabled(if: SharedStandards.uncertainty != nil, "skipped: no ../shared/standards"))
    func sharedTable() throws {
        let rows = try #require(SharedStandards.uncertainty)["tables"].entry("student-t")["rows"].list
        #expect(rows.count == 28)
        let keys = ["k_p_0.6827", "k_p_0.9", "k_p_0.95", "k_p_0.9545", "k_p_0.99", "k_p_0.9973"]
        for row in rows {
            for (key, p) in zip(keys, [0.6827, 0.9, 0.95, 0.9545, 0.99, 0.9973]) {
                let expected = try #require(row[key].number)
                let k = try #require(StudentT.coverageFactor(p, degreesOfFreedom: row["dof"].number))
                #expect(abs(k - expected) <= 0.000501, "\(key) for \(row["dof"]): \(k)")
            }
        }
    }
}
