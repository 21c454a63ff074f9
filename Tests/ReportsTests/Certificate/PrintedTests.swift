import Testing

@testable import BenchCore
@testable import Reports

@Suite struct PrintedTests {
    @Test("U is printed with two significant figures and the error to the same place (ILAC-P14:09/2020, 6.3)")
    func twoFigures() {
        #expect(Printed.uncertainty(0.04321).text == "0.043")
        #expect(Printed.uncertainty(0.0996).text == "0.10")
        #expect(Printed.uncertainty(1.26).text == "1.3")
        #expect(Printed.error(1.38749, U: 0.04321).text == "+1.387")
        #expect(Printed.error(-0.5004, U: 0.1).text == "−0.50")
        #expect(Printed.error(-0.0001, U: 0.05).text == "0.000")
        #expect(Printed.error(0.25, U: 0.05).value == 0.25)
    }

    @Test("Limits are printed with their sign, also where they are not symmetric")
    func limits() {
        func limit(_ lower: Double, _ upper: Double) -> String {
            Printed.limit(PointLimit(lowerPercent: lower, upperPercent: upper, citation: SampleRun.citation))
        }
        #expect(limit(-1, 1) == "±1.0")
        #expect(limit(-0.6, 0.6) == "±0.6")
        #expect(limit(-2.5, 1.5) == "−2.5 … +1.5")
    }

    @Test("Days, times and durations are written as people read them")
    func dates() {
        #expect(Printed.day("2026-11-01T08:04:05.000000Z") == "1 November 2026")
        #expect(Printed.time("2026-11-01T08:04:05.000000Z") == "08:04 UTC")
        #expect(Printed.duration(3600) == "1 h")
        #expect(Printed.duration(5400) == "1 h 30 min")
        #expect(Printed.duration(750) == "12 min 30 s")
        #expect(Printed.duration(2.5) == "2.5 s")
    }

    // ILAC-G8:09/2019, table 1: w = U gives at most 2.5 %, w = 0.83 U at most 5 %, simple acceptance up to 50 %.
    @Test("The risk printed is that of ILAC-G8, table 1", arguments: [(1.0, "2.5 %"), (0.83, "5 %"), (1.5, "0.15 %")])
    func risk(_ factor: Double, _ text: String) {
        #expect(Statements.risk(factor) == text)
        #expect(Statements.decision(.simpleAcceptance).risk.contains("50 %"))
    }

    @Test("Numbers of test points are written as ranges")
    func ranges() {
        #expect(Findings.ranges([3, 1, 2, 7, 9, 10]) == "1 to 3, 7, 9, 10")
        #expect(Findings.ranges([]) == "")
    }
}
