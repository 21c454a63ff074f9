import FoundationEssentials
import Testing

@testable import BenchCore

@Suite("Decision rules and conformity")
struct DecisionTests {
    @Test(
        "a rule is read as orders write it and written the same way",
        arguments: [
            ("simple acceptance", 0.0), ("guard band U", 1), ("guard band 0.83 U", 0.83), ("guard band 3 U", 3),
        ])
    func text(text: String, factor: Double) throws {
        let rule = try #require(DecisionRule(text: text))
        #expect(rule.guardFactor == factor)
        #expect(rule.text == text)
    }

    @Test(
        "what is no rule is refused",
        arguments: [
            "", "guard band", "guard band 0 U", "guard band -1 U", "guard band 1e400 U", "guard band 0,83 U",
            "Simple acceptance", "guard band U U", "guard band 0.83", "simple",
        ])
    func refused(text: String) { #expect(DecisionRule(text: text) == nil) }

    @Test(
        "probability of conformity by JCGM 106, 7.4",
        arguments: [
            (0.8, 0.1, 0.97725), (1.0, 0.1, 0.5), (0.9, 0.1, 0.841345), (1.05, 0.1, 0.308538), (-0.95, 0.05, 0.841345),
        ])
    func conformity(error: Double, u: Double, expected: Double) {
        // Φ((1 − e)/u) − Φ((−1 − e)/u), recomputed with scipy.
        #expect(abs(Conformance.probability(error: error, u: u, lower: -1, upper: 1) - expected) < 5e-7)
    }

    @Test("conformity without uncertainty is yes or no")
    func certain() {
        #expect(Conformance.probability(error: 1, u: 0, lower: -1, upper: 1) == 1)
        #expect(Conformance.probability(error: 1.001, u: 0, lower: -1, upper: 1) == 0)
    }

    @Test(
        "global risks by JCGM 106, 9.5",
        arguments: [
            [0.5, 0.125, 1.0, 1.0, 0.00800608, 0.0148509], [0.5, 0.125, 1.0, 0.75, 0.000194615, 0.100304],
            [0.5, 0.1, 1.0, 1.0, 0.00677572, 0.0111357], [0.4, 0.1, 1.0, 0.9, 0.000561741, 0.0171914],
        ])
    func risks(row: [Double]) {
        let risks = Conformance.globalRisks(
            populationU: row[0], measurementU: row[1], tolerance: row[2], acceptance: row[3])
        #expect(abs(risks.consumer / row[4] - 1) < 5e-6)
        #expect(abs(risks.producer / row[5] - 1) < 5e-6)
    }

    @Test(
        "risk at the acceptance limit by ILAC-G8, table 1",
        arguments: [(3.0, 9.86588e-10), (1.5, 0.0013499), (1, 0.0227501), (0.83, 0.0484572), (0, 0.5), (-1, 0.97725)])
    func ilac(r: Double, risk: Double) {
        #expect(abs(Conformance.riskAtAcceptanceLimit(guardFactor: r) / risk - 1) < 1e-5)
    }

    @Test("what is known after measuring lies between prior and measurement (JCGM 106, 6.3)")
    func posterior() {
        let equal = Conformance.posterior(priorMean: 0, priorU: 1, measured: 1, u: 1)
        #expect(abs(equal.mean - 0.5) < 1e-15 && abs(equal.u - 0.5.squareRoot()) < 1e-15)
        #expect(Conformance.testUncertaintyRatio(lower: -1, upper: 1, U: 0.25) == 4)
    }

    @Test("a meter is as bad as its worst test point, and the warm-up takes no part")
    func combine() {
        let fail = Verdict.fail(reason: "a")
        let open = Verdict.inconclusive(reason: "b")
        #expect(Verdict.combine([.pass, .notJudged, .pass]) == .pass)
        #expect(Verdict.combine([.pass, open, fail]).word == "fail")
        #expect(Verdict.combine([.pass, open]).word == "inconclusive")
        #expect(Verdict.combine([.pass, .notTested(reason: "time-out")]).word == "inconclusive")
        #expect(Verdict.combine([.notJudged]).word == "not tested")
        #expect(Verdict.combine([Verdict]()).word == "not tested")
        #expect(Verdict.combine([fail, fail]).reason == "2 test points failed; the first: a")
    }

    @Test(
        "errors and U are printed to two digits of U",
        arguments: [
            (0.123456, 0.02616, "+0.123", "0.026"), (-0.0004, 0.0123, "+0.000", "0.012"),
            (-1.2345, 0.0996, "-1.23", "0.10"), (0.5, 1.04, "+0.5", "1.0"), (12.3, 23.4, "+12", "23"),
        ])
    func rounding(error: Double, U: Double, printed: String, printedU: String) {
        let text = UncertaintyText(error: error, U: U)
        #expect(text.error == printed && text.U == printedU)
    }

    @Test("one digit of U is rounded up where rounding would take more than 5 % away (EA-4/02, 6.3)")
    func roundingUp() {
        #expect(UncertaintyText(error: 0, U: 0.0149, significant: 1).U == "0.02")
        #expect(UncertaintyText(error: 0, U: 0.0102, significant: 1).U == "0.01")
        #expect(UncertaintyText(error: 0, U: 0.0942, significant: 1).U == "0.09")
        #expect(UncertaintyText(error: 0, U: 0.149, significant: 1).U == "0.2")
    }

    @Test("two digits never lose more than 5 %, whatever U is")
    func neverBoast() throws {
        var random = SeededGenerator(seed: 8)
        for _ in 0..<2000 {
            let U = random.uniform(in: 0.001...9)
            let printed = try #require(Decimal.parse(UncertaintyText(error: 0, U: U).U))
            #expect(printed >= 0.95 * U && printed <= 1.05 * U)
        }
    }

    @Test(
        "risks and probabilities of the shared file agree",
        .enabled(if: SharedStandards.uncertainty != nil, "skipped: no ../shared/standards"))
    func shared() throws {
        var seen = 0
        for entry in try #require(SharedStandards.uncertainty)["test_cases"].list {
            let (inputs, expected) = (entry["inputs"], entry["expected"])
            if let p = expected["conformance_probability"].number, let e = inputs["measured_error_percent"].number,
                let u = inputs["u_percent"].number, let limit = inputs["limit_percent"].number
            {
                #expect(abs(Conformance.probability(error: e, u: u, lower: -limit, upper: limit) - p) < 5e-7)
                seen += 1
            }
            if let risk = expected["global_consumer_risk_PFA"].number,
                let producer = expected["global_producer_risk_PFR"].number, let u0 = inputs["u0"].number,
                let um = inputs["um"].number, let width = inputs["tolerance_half_width"].number,
                let accepted = inputs["acceptance_half_width"].number
            {
                let found = Conformance.globalRisks(
                    populationU: u0, measurementU: um, tolerance: width, acceptance: accepted)
                #expect(abs(found.consumer / risk - 1) < 5e-6 && abs(found.producer / producer - 1) < 5e-6)
                seen += 1
            }
        }
        #expect(seen == 9)
    }
}
