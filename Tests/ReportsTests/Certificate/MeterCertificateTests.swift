import FoundationEssentials
import Testing

@testable import BenchCore
@testable import Reports

@Suite struct MeterCertificateTests {
    @Test("A good meter passes, with number, dates and every test point of the plan but the warm-up")
    func good() throws {
        let run = SampleRun()
        let document = try MeterCertificate(try run.source(), position: 1)
        #expect(document.number == "DEMO-0001-1-01")
        #expect(document.verdict == .pass)
        #expect(document.reasons.isEmpty)
        #expect(document.issued.hasPrefix("2026-11-21T"))
        #expect(document.heads.map(\.number) == Array(2...run.plan.points.count))
        #expect(document.item.answered?.firmware == "2.1.7")
        #expect(document.decision.guardFactor == 1)  // the order's rule, not the procedure's
    }

    @Test("A meter out of class at low current says where, by how much and against which limit")
    func outOfClass() throws {
        let document = try MeterCertificate(try SampleRun().source(), position: 3)
        #expect(document.verdict.word == "fail")
        let row = try #require(document.accuracy.first { $0.head.current == "1 % In" && $0.head.direction == .import })
        let error = try #require(row.error), U = try #require(row.U)
        #expect(
            document.reasons.first == "fails at 1 % In, PF 1, import: \(error.text) % (U = \(U.text) %) against ±1.0 %")
        #expect(document.reasons.contains { $0.hasPrefix("fails at 5 % In, PF 1, L1, import: ") })
    }

    @Test("A meter whose register is wrong passes by pulses and fails by register")
    func wrongRegister() throws {
        let document = try MeterCertificate(try SampleRun().source(), position: 5)
        #expect(document.accuracy.allSatisfy { $0.head.verdict == .pass })
        #expect(document.register.allSatisfy { $0.head.verdict.word == "fail" })
        #expect(document.verdict.word == "fail")
        #expect(document.reasons.allSatisfy { $0.hasPrefix("fails the register test, ") })
        #expect(document.reasons.first?.contains("disagree by +1.10 %") == true)
    }

    @Test("A silent meter is left undecided; its test points are named as left out, its faults as seen")
    func silent() throws {
        let run = SampleRun(silent: [4])
        let document = try MeterCertificate(try run.source(), position: 4)
        #expect(document.verdict.word == "inconclusive")
        #expect(document.accuracy.allSatisfy { $0.error == nil })
        let last = run.plan.points.count
        #expect(document.deviations.contains("Test points 2 to \(last) were not taken: no pulses on channel 4."))
        #expect(document.deviations.contains { $0.hasPrefix("The warm-up was not held") })
        let seen = try #require(document.observations.first { $0.text.contains("not taken") })
        #expect(seen.points == Array(1...last))
        #expect(document.observations.contains { $0.text.contains("at identification") })
        #expect(document.curves.isEmpty)
        #expect(ContentRules.check(document).isEmpty)
    }

    @Test("A repeat counts with its last attempt and is named only where it concerns the meter")
    func repeats() throws {
        let source = try SampleRun().source()
        let second = try MeterCertificate(source, position: 2)
        let first = try MeterCertificate(source, position: 1)
        #expect(second.accuracy.contains { $0.head.attempts == 2 })
        #expect(second.observations.contains { $0.text.contains("repeated as attempt 2 at the request of bench") })
        #expect(first.observations.isEmpty)
    }

    @Test("Conditions are the lowest and highest seen, with what the procedure allows")
    func conditions() throws {
        let run = SampleRun()
        let seen = run.events.compactMap { event -> Double? in
            if case .conditions(let checked) = event { return checked.climate?.temperature }
            return nil
        }
        let document = try MeterCertificate(try run.source(), position: 1)
        let temperature = try #require(document.conditions.first { $0.name == "Air temperature" })
        #expect(temperature.lowest.value == seen.min())
        #expect(temperature.highest.value == seen.max())
        #expect(temperature.allowed == "21.0 … 25.0")
    }

    @Test("The budget shown is that of the largest error against its limit, and adds up to its U")
    func budget() throws {
        let document = try MeterCertificate(try SampleRun().source(), position: 3)
        let budget = try #require(document.budget)
        let worst = try #require(document.worst)
        #expect(budget.number == worst.head.number)
        #expect(document.accuracy.allSatisfy { $0.share <= worst.share })
        #expect(abs(budget.U.value - budget.k.value * budget.u.value) < 1e-12)
    }

    @Test("A stopped and resumed run says so as a deviation")
    func interrupted() throws {
        let run = SampleRun()
        var events = run.events
        events.insert(.stopped(RunStopped(verb: .all, cause: "SIGINT")), at: 30)
        events.insert(
            .resumed(
                RunResumed(
                    by: "B. Night", complete: 4, tornHash: nil, tornBytes: nil, softwareVersion: "0.1.0",
                    softwareHash: Hash.none)), at: 31)
        let entries = events.enumerated().map {
            JournalEntry(
                seq: $0 + 1, at: BenchInstant(seconds: Double($0)), utc: "2026-11-21T08:00:00.000000Z",
                prev: Hash.none, what: $1)
        }
        let source = try CertificateSource(
            journal: entries, lastHash: Hash.none, bench: run.bench, plans: ["demo-05s": run.plan], limits: [:])
        let document = try MeterCertificate(source, position: 1)
        #expect(document.deviations.contains { $0.contains("(stop all): SIGINT") })
        #expect(document.deviations.contains { $0.contains("resumed by B. Night") })
    }

    @Test("Limits are drawn where the table steps, not half-way between test points")
    func limitLines() throws {
        let run = SampleRun()
        func bound(_ factor: Double, _ base: String, _ inclusive: Bool) -> CurrentBound {
            CurrentBound(at: RelativeQuantity(factor, base), inclusive: inclusive)
        }
        let rows = [
            LimitRow(
                load: .balanced, connection: .transformer, from: bound(0.01, "In", true), to: bound(0.05, "In", false),
                powerFactors: [.unity], lowerPercent: -1, upperPercent: 1, citation: SampleRun.citation, line: 1),
            LimitRow(
                load: .balanced, connection: .transformer, from: bound(0.05, "In", true), to: bound(1, "Imax", true),
                powerFactors: [.unity], lowerPercent: -0.5, upperPercent: 0.5, citation: SampleRun.citation, line: 2),
        ]
        let table = LimitTable(id: "iec62053-22", accuracyClasses: ["0.5S"], rows: rows, facts: [:])
        let source = try CertificateSource(
            journal: run.entries, lastHash: Hash.none, bench: run.bench, plans: ["demo-05s": run.plan],
            limits: [table.id: table])
        let document = try MeterCertificate(source, position: 1)
        let panel = try #require(document.curves.first)
        let steps = try #require(panel.limits.first { $0.name == "limit, PF 1" }).steps
        #expect(steps.map(\.from) == [0.01, 0.05])
        #expect(steps.map(\.to) == [0.05, 1.2])
        #expect(panel.series.map(\.name) == ["PF 1", "PF 0.5 ind", "PF 0.8 cap"])
    }

    @Test("The batch lists every meter with verdict, worst error and the hash of its certificate")
    func batch() throws {
        let source = try SampleRun().source()
        let issued = try CertificateWriter.documents(source)
        let batch = try #require(issued.files.first { $0.name.hasPrefix("batch-") && $0.name.hasSuffix(".json") })
        let document = try JSONDecoder().decode(BatchCertificate.self, from: Data(batch.bytes))
        #expect(document.meters.map(\.verdict.word) == ["pass", "pass", "fail", "pass", "fail", "pass"])
        #expect(document.counts.map(\.count) == [4, 2, 0, 0])
        for meter in document.meters {
            let file = try #require(issued.files.first { $0.name == meter.file })
            #expect(Hash.sha256Hex(file.bytes) == meter.sha256)
        }
    }
}
