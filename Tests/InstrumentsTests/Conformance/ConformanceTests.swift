import BenchCore
import TestSupport
import Testing

@testable import Instruments

@Suite("Conformance")
struct ConformanceTests {
    @Test(
        "every driver over its wire simulator, and every simulator, keeps its contract",
        arguments: try ConformanceSubjects.all)
    func conforms(subject: ConformanceSubject) async throws {
        let report = await Conformance.run(subject)
        #expect(report.conforms, "\(report.table)")
        // A wire that was never disturbed has proved nothing.
        #expect(subject.language == nil || report.troubles > 0, "\(report.table)")
    }

    @Test("every meter type that ships keeps the contract of a meter", arguments: try ConformanceSubjects.shippedMeters)
    func meters(subject: ConformanceSubject) async {
        let own = Set((CommonChecks.all + MeterChecks.all).map(\.name))
        let report = await Conformance.run(subject, only: own)
        #expect(report.conforms, "\(report.table)")
        // Its registers are read one by one, and energy moves the right one.
        for name in ["reads-all-registers", "energy-has-its-register"] {
            #expect(report.checks.contains { $0.name == name && $0.outcome == .passed }, "\(report.table)")
        }
    }

    @Test("every contract has a suite, its names are its own, and every check says what it demands")
    func suites() {
        for contract in ConformanceContract.allCases {
            let checks = Conformance.checks(of: contract)
            #expect(Set(checks.map(\.name)).count == checks.count, "\(contract)")
            #expect(checks.allSatisfy { !$0.sentence.isEmpty && !$0.name.contains(" ") })
            // Something of every contract can be asked of a real instrument, and not everything.
            #expect(checks.contains { $0.real } && checks.contains { !$0.real }, "\(contract)")
        }
    }
}
