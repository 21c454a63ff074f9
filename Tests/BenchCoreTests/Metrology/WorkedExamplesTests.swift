import Testing

@testable import BenchCore

@Suite("Worked examples of the guides")
struct WorkedExamplesTests {
    func line(
        _ name: String, _ u: Double, _ c: Double = 1, dof: Double? = nil, _ distribution: String = "normal"
    ) -> BudgetLine {
        BudgetLine(
            name: name, distribution: distribution, standardUncertainty: u, unit: "", sensitivity: c,
            degreesOfFreedom: dof)
    }

    @Test("GUM H.1: the end gauge has u = 32 nm, 16 degrees of freedom and U99 = 93 nm")
    func gumH1() throws {
        // JCGM 100:2008, H.1, table H.1. l = ls + d − ls(δα·θ + αs·δθ).
        let ls = 50_000_623.0
        let budget = Budget(lines: [
            line("ls", 25, dof: 18), line("d0", 5.8, dof: 24), line("d1", 3.9, dof: 5), line("d2", 6.7, dof: 8),
            line("alpha", 2e-6 / 3.0.squareRoot(), 0), line("theta", 0.2, 0),
            line("dalpha", 1e-6 / 3.0.squareRoot(), ls * 0.1, dof: 50),
            line("dtheta", 0.05 / 3.0.squareRoot(), -ls * 1.15e-5, dof: 2),
        ])
        #expect(abs(budget.standardUncertainty - 31.6639) < 0.001)
        #expect(abs(budget.lines[6].contribution - 2.88679) < 0.0001)
        #expect(abs(budget.lines[7].contribution - 16.599) < 0.001)
        let dof = try #require(budget.effectiveDegreesOfFreedom)
        #expect(abs(dof - 16.752) < 0.01)
        #expect(budget.truncatedDegreesOfFreedom == 16)
        let k = try #require(StudentT.coverageFactor(0.99, degreesOfFreedom: 16))
        #expect(abs(k - 2.92) < 0.005)
        #expect(abs(k * budget.standardUncertainty - 92.48) < 0.05)
    }

    @Test("GUM H.2: resistance, reactance and impedance are correlated through common readings")
    func gumH2() {
        // JCGM 100:2008, H.2, tables H.2 to H.4: five simultaneous readings.
        let V = [5.007, 4.994, 5.005, 4.990, 4.999]
        let I = [19.663, 19.639, 19.640, 19.685, 19.678].map { $0 / 1000 }
        let phi = [1.0456, 1.0438, 1.0468, 1.0428, 1.0433]
        let inputs = [V, I, phi]
        let means = inputs.map(Statistics.mean)
        let n = 5.0
        let covariance: [[Double]] = inputs.indices.map { i in
            inputs.indices.map { j in
                let products: [Double] = zip(inputs[i], inputs[j]).map { ($0.0 - means[i]) * ($0.1 - means[j]) }
                return products.reduce(0, +) / (n * (n - 1))
            }
        }
        func r(_ m: [[Double]], _ i: Int, _ j: Int) -> Double { m[i][j] / (m[i][i] * m[j][j]).squareRoot() }
        #expect(abs(r(covariance, 0, 1) + 0.36) < 0.01)
        #expect(abs(r(covariance, 0, 2) - 0.86) < 0.01)
        #expect(abs(r(covariance, 1, 2) + 0.65) < 0.01)
        let (v, i, p) = (means[0], means[1], means[2])
        let Z = v / i
        let R = Z * Phasor.cosine(p)
        let X = Z * Phasor.sine(p)
        #expect(abs(R - 127.732) < 0.001 && abs(X - 219.847) < 0.001 && abs(Z - 254.260) < 0.001)
        let results = Propagation.covariance(
            sensitivities: [[R / v, -R / i, -X], [X / v, -X / i, R], [Z / v, -Z / i, 0]], inputs: covariance)
        #expect(abs(results[0][0].squareRoot() - 0.071) < 0.0005)
        #expect(abs(results[1][1].squareRoot() - 0.296) < 0.0005)
        #expect(abs(results[2][2].squareRoot() - 0.236) < 0.0005)
        #expect(abs(r(results, 0, 1) + 0.588) < 0.001)
        #expect(abs(r(results, 0, 2) + 0.485) < 0.001)
        #expect(abs(r(results, 1, 2) - 0.993) < 0.001)
    }

    @Test("GUM H.3: a calibration line predicts 30 °C with correlated intercept and slope")
    func gumH3() throws {
        // JCGM 100:2008, H.3, table H.6.
        let read: [Double] = [21.521, 22.012, 22.512, 23.003, 23.507, 23.999, 24.513, 25.002, 25.503, 26.010, 26.511]
        let t = read.map { $0 - 20 }
        let b = [-0.171, -0.169, -0.166, -0.159, -0.164, -0.165, -0.156, -0.157, -0.159, -0.161, -0.160]
        let n = Double(t.count)
        let (sx, sy) = (t.reduce(0, +), b.reduce(0, +))
        let sxx: Double = t.reduce(0.0) { $0 + $1 * $1 }
        let sxy: Double = zip(t, b).map { $0.0 * $0.1 }.reduce(0.0, +)
        let d = n * sxx - sx * sx
        let slope = (n * sxy - sx * sy) / d
        let intercept = (sy - slope * sx) / n
        let residuals: [Double] = zip(t, b).map { $0.1 - intercept - slope * $0.0 }
        let s2: Double = residuals.reduce(0.0) { $0 + $1 * $1 } / (n - 2)
        #expect(abs(intercept + 0.1712) < 5e-5 && abs(slope - 0.00218) < 5e-6)
        #expect(abs(s2.squareRoot() - 0.0035) < 5e-5)
        let parameters = [[s2 * sxx / d, -s2 * sx / d], [-s2 * sx / d, s2 * n / d]]
        #expect(abs(parameters[0][0].squareRoot() - 0.0029) < 5e-5)
        #expect(abs(parameters[1][1].squareRoot() - 0.00067) < 5e-6)
        let product: Double = parameters[0][0] * parameters[1][1]
        let correlation: Double = parameters[0][1] / product.squareRoot()
        #expect(abs(correlation + 0.930) < 0.001)
        let predicted = Propagation.covariance(sensitivities: [[1, 10]], inputs: parameters)
        #expect(abs(intercept + 10 * slope + 0.1494) < 5e-5)
        #expect(abs(predicted[0][0].squareRoot() - 0.0041) < 5e-5)
    }

    @Test("GUM H.5: the mean of ten days of a Zener standard has u = 18 µV and 9 degrees of freedom")
    func gumH5() {
        // JCGM 100:2008, H.5.2: s of daily means 57 µV, J = 10; pooled within s = 85 µV, K = 5. F = K·sa²/sb².
        let budget = Budget(lines: [line("days", 57 / 10.0.squareRoot(), dof: 9, "type A")])
        #expect(abs(budget.standardUncertainty - 18.02) < 0.01)
        #expect(budget.truncatedDegreesOfFreedom == 9)
        let F: Double = 5.0 * 57.0 * 57.0 / (85.0 * 85.0)
        #expect(abs(F - 2.248) < 0.001)
    }

    @Test("EA-4/02 S2 and S3: the sums of squares and U with k = 2")
    func ea23() {
        // EA-4/02 M, S2 (10 kg weight, mg) and S3 (10 kΩ resistor, mΩ).
        let s2 = Budget(lines: [22.5, 8.95, 14.4, 5.77, 5.77].enumerated().map { line("\($0)", $1) })
        #expect(abs(s2.standardUncertainty - 29.3) < 0.05)
        #expect(UncertaintyText(error: 0, U: s2.expandedUncertainty).U == "59")
        let s3 = Budget(lines: [2.5, 5.8, 1.6, 3.2, 4.1, 0.7].enumerated().map { line("\($0)", $1) })
        #expect(abs(s3.standardUncertainty - 8.37) < 0.01)
        #expect(UncertaintyText(error: 0, U: s3.expandedUncertainty).U == "17")
    }

    @Test("EA-4/02 S9: a rectangle that dominates has k = 1.65 and U = 0.05 V")
    func ea9() throws {
        let root = 3.0.squareRoot()
        let budget = Budget(lines: [
            line("resolution", 0.05 / root, 1, "rectangular"), line("calibrator", 0.001),
            line("other", 0.011 / root, 1, "rectangular"),
        ])
        #expect(abs(budget.standardUncertainty - 0.0296) < 0.0001)
        #expect(budget.dominatingRectangle?.name == "resolution")
        #expect(abs(Coverage.rectangular() - 1.645) < 0.001)
        #expect(
            UncertaintyText(error: 0.1, U: Coverage.rectangular() * budget.standardUncertainty, significant: 1).U
                == "0.05")
    }

    @Test("EA-4/02 S10: two rectangles make a trapezoid with k = 1.83 and U = 0.06 mm")
    func ea10() throws {
        // Half widths 50 µm and 25 µm; two kelvin on 150 mm of steel add 2 µm·√3.
        let beta = (50.0 - 25) / (50 + 25)
        let k = try #require(Coverage.trapezoidal(beta: beta))
        #expect(abs(k - 1.834) < 0.001)
        let root = 3.0.squareRoot()
        let u = Budget(lines: [
            line("mechanical", 0.050 / root), line("resolution", 0.025 / root),
            line("temperature", 150 * 1.15e-5 * 2 / root),
        ]).standardUncertainty
        #expect(abs(u - 0.033) < 0.0007)
        let text = UncertaintyText(error: 0.1, U: k * u, significant: 1)
        #expect(text.U == "0.06" && text.error == "+0.10")
    }

    @Test("a trapezoid between rectangle and triangle, and no factor beyond its range")
    func trapezoids() throws {
        let p = 0.95
        let rectangle = try #require(Coverage.trapezoidal(beta: 0, p))
        // β = 0 is the triangle: k = √6·(1 − √(1 − p)).
        #expect(abs(rectangle - 6.0.squareRoot() * (1 - (1 - p).squareRoot())) < 1e-12)
        #expect(Coverage.trapezoidal(beta: 0.95, p) == nil)
        #expect(Coverage.trapezoidal(beta: -0.1, p) == nil)
    }

    @Test("the budget of a 0.05 % bench: u = 0.013082 %, 715 degrees of freedom, U = 0.026164 %")
    func benchBudget() throws {
        let r = 3.0.squareRoot()
        let budget = Budget(lines: [
            line("standard.certificate", 0.02 / 2), line("standard.drift", 0.01 / r, 1, "rectangular"),
            line("standard.temperature", 0.005 / r, 1, "rectangular"), line("pulses", 0.005 / r, 1, "rectangular"),
            line("source", 0.005 / r, 1, "rectangular"), line("repeatability", 0.008 / 5.0.squareRoot(), dof: 4),
        ])
        #expect(abs(budget.standardUncertainty - 0.013082) < 1e-6)
        let dof = try #require(budget.effectiveDegreesOfFreedom)
        #expect(abs(dof - 715) < 0.5)
        #expect(abs(2 * budget.standardUncertainty - 0.026164) < 1e-6)
        // From the t distribution at 714 degrees of freedom, k is 2.003.
        #expect(abs(budget.coverageFactor - 2.003) < 0.001)
    }

    @Test("JCGM 101, 9.2: sums of four inputs have the published intervals")
    func jcgm101() throws {
        // 9.2.2 four normal: ±3.92; 9.2.3 four rectangular: ±3.88; 9.2.4 one rectangle with u = 10: ±17.0, u = 10.15.
        func run(_ inputs: [Distribution]) throws -> MonteCarlo {
            try #require(
                MonteCarlo(trials: 200_000, seed: 9) { random in inputs.reduce(0) { $0 + $1.sample(&random) } })
        }
        let unit = Distribution.rectangular(center: 0, halfWidth: 3.0.squareRoot())
        let normal = try run(Array(repeating: .normal(mean: 0, u: 1), count: 4))
        #expect(abs(normal.standardUncertainty - 2) < 0.02)
        #expect(abs(normal.interval.upperBound - 3.92) < 0.03 && abs(normal.interval.lowerBound + 3.92) < 0.03)
        let rectangles = try run(Array(repeating: unit, count: 4))
        #expect(abs(rectangles.interval.upperBound - 3.88) < 0.03)
        let one = try run([unit, unit, unit, .rectangular(center: 0, halfWidth: 10 * 3.0.squareRoot())])
        #expect(abs(one.standardUncertainty - 10.15) < 0.05)
        #expect(abs(one.interval.upperBound - 17.0) < 0.1 && abs(one.interval.lowerBound + 17.0) < 0.1)
    }

    @Test("adaptive Monte Carlo stops when two digits of u are steady, and repeats itself exactly")
    func adaptive() throws {
        let inputs = Array(repeating: Distribution.normal(mean: 0, u: 1), count: 4)
        func run() -> MonteCarlo? {
            MonteCarlo.adaptive(seed: 4) { random in inputs.reduce(0) { $0 + $1.sample(&random) } }
        }
        let a = try #require(run())
        #expect(abs(a.standardUncertainty - 2) < 0.05)
        #expect(a.trials > 20_000 && a.trials.isMultiple(of: 10_000))
        #expect(a == run())
    }

    @Test("drawn numbers have the standard uncertainty that the divisors say")
    func divisors() throws {
        // JCGM 100:2008, 4.3.7 and 4.3.9; EA-4/02 M for the arcsine: a/√3, a/√6, a/√2.
        for input in [
            Distribution.rectangular(center: 1, halfWidth: 2), .triangular(center: 1, halfWidth: 2),
            .arcsine(center: 1, halfWidth: 2), .normal(mean: 1, u: 2),
        ] {
            let drawn = try #require(MonteCarlo(trials: 50_000, seed: 1) { input.sample(&$0) })
            #expect(abs(drawn.standardUncertainty / input.standardUncertainty - 1) < 0.02)
            #expect(abs(drawn.mean - input.center) < 0.05)
        }
        // Student's t with 10 degrees of freedom has standard deviation √(10/8).
        let t = Distribution.studentT(mean: 0, scale: 1, degreesOfFreedom: 10)
        let drawn = try #require(MonteCarlo(trials: 50_000, seed: 1) { t.sample(&$0) })
        #expect(abs(drawn.standardUncertainty - 1.25.squareRoot()) < 0.02)
    }
}

extension Phasor {
    static func cosine(_ radians: Double) -> Double {
        power(Phasor(rms: 1, angle: radians * 180 / .pi), Phasor(rms: 1, angle: 0)).active
    }
    static func sine(_ radians: Double) -> Double {
        power(Phasor(rms: 1, angle: radians * 180 / .pi), Phasor(rms: 1, angle: 0)).reactive
    }
}
