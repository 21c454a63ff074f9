import FoundationEssentials
import Testing

@testable import BenchCore
@testable import Reports

/// Every rule must refuse the document from which its item was taken away: a rule that refuses nothing is none.
@Suite struct ContentRulesTests {
    private typealias Change = @Sendable (inout MeterCertificate) -> Void
    private typealias BatchChange = @Sendable (inout BatchCertificate) -> Void

    private static func without(_ list: inout [String], _ words: String) { list.removeAll { $0.contains(words) } }

    private static let changes: [String: Change] = [
        "title": { $0.title = " " },
        "laboratory": { $0.laboratory.address = [] },
        "place": { $0.place = [""] },
        "number": { $0.number = "" },
        "customer": { $0.customer = ["Example Utility plc"] },
        "method": { $0.method.edition = "" },
        "item": { $0.item.serial = "" },
        "serial number answered": { $0.item.answered?.serial = "DM-26-9999" },
        "dates performed": { $0.begun = "2026-12-24T00:00:00.000000Z" },
        "date issued": { $0.issued = "" },
        "only the item tested": { without(&$0.statements, "relate only") },
        "reproduction": { without(&$0.statements, "in full") },
        "deviations": {
            $0.accuracy[0].head.verdict = .notTested(reason: "left out")
            $0.deviations = []
        },
        "authorised by": { $0.authorisedBy = "" },
        "external results": { without(&$0.statements, "external provider") },
        "data of the customer": { without(&$0.statements, "supplied by the customer") },
        "results with uncertainty": { $0.accuracy[3].U = nil },
        "two significant figures": { $0.accuracy[3].U?.text = "0.04" },
        "coverage": { $0.uncertainty = "U is stated." },
        "conditions": { $0.conditions.removeAll { $0.name == "Air temperature" } },
        "traceability": { document in
            for i in document.standards.indices where document.standards[i].reference {
                document.standards[i].traceability = nil
            }
        },
        "standards valid": { $0.standards[1].traceability?.validUntil = "2026-11-20" },
        "adjustment": { without(&$0.statements, "adjusted") },
        "no interval": { $0.statements.append("The next verification is due in 2034.") },
        "evidence": { $0.method.files[0].sha256 = "abc" },
        "conformity": { $0.conformity = "" },
        "which results": {
            $0.accuracy = []
            $0.noLoad = []
            $0.starting = []
            $0.repeatability = []
            $0.register = []
        },
        "which specification": { $0.accuracy[0].head.source = nil },
        "sources named": { $0.sources.removeLast() },
        "weak sources do not decide": { $0.accuracy[0].head.weakSource = true },
        "decision rule": { $0.decision.guardBand = "" },
        "risk": { $0.decision.risk = "small" },
        "verdict follows from the points": { $0.register[0].head.verdict = .fail(reason: "display") },
        "reasons": {
            $0.verdict = .fail(reason: "")
            $0.register[0].head.verdict = .fail(reason: "display")
        },
        "marked as simulated": { $0.simulated = false },
    ]

    @Test("A complete certificate is not refused", arguments: 1...6)
    func complete(_ position: Int) throws {
        let document = try MeterCertificate(try SampleRun().source(), position: position)
        #expect(ContentRules.check(document) == [])
    }

    @Test("Every rule has a document that it refuses", arguments: ContentRules.meter.map(\.name))
    func refuses(_ rule: String) throws {
        var document = try MeterCertificate(try SampleRun().source(), position: 1)
        let change = try #require(Self.changes[rule], "no document that this rule refuses")
        change(&document)
        let refusal = try #require(ContentRules.check(document).first { $0.rule == rule })
        #expect(!refusal.reason.isEmpty)
        #expect(!refusal.clause.isEmpty)
    }

    @Test("Names of rules are unique, and no change is left over")
    func unique() {
        #expect(Set(ContentRules.meter.map(\.name)) == Set(Self.changes.keys))
        #expect(ContentRules.meter.count == Self.changes.count)
        #expect(Set(ContentRules.batch.map(\.name)) == Set(Self.batchChanges.keys))
    }

    private static let batchChanges: [String: BatchChange] = [
        "title": { $0.title = "" },
        "laboratory": { $0.laboratory.name = "" },
        "place": { $0.place = [] },
        "number": { $0.number = "" },
        "customer": { $0.customer = [] },
        "method": { $0.methods = [] },
        "lot": { $0.meters[1].serial = $0.meters[0].serial },
        "dates": { $0.issued = "" },
        "sampling": { $0.sampling = "" },
        "only the items tested": { without(&$0.statements, "relate only") },
        "authorised by": { $0.authorisedBy = "" },
        "traceability": { $0.traceability = "" },
        "decision rule": { $0.decision.risk = "" },
        "counts": { $0.counts[0].count += 1 },
        "meter certificates bound": { $0.meters[2].sha256 = "" },
        "marked as simulated": { $0.number = "K-1" },
    ]

    @Test("Every rule for batches has a document that it refuses", arguments: ContentRules.batch.map(\.name))
    func refusesBatch(_ rule: String) throws {
        let source = try SampleRun(positions: 3).source()
        let issued = try (1...3).map { position in
            BatchCertificate.Issued(
                certificate: try MeterCertificate(source, position: position), file: "\(position).pdf",
                sha256: Hash.sha256Hex("\(position)"), refusals: [])
        }
        var document = try BatchCertificate(source, meters: issued)
        #expect(ContentRules.check(document) == [])
        let change = try #require(Self.batchChanges[rule], "no document that this rule refuses")
        change(&document)
        #expect(ContentRules.check(document).contains { $0.rule == rule })
    }

    @Test("An expired standard refuses the certificates; the batch says which and why")
    func expired() throws {
        let issued = try CertificateWriter.documents(try SampleRun(positions: 2, validUntil: "2026-11-20").source())
        #expect(
            issued.refused.map(\.document) == ["certificate of meter DM-26-0001", "certificate of meter DM-26-0002"])
        #expect(issued.refused.allSatisfy { $0.refusals.map(\.rule) == ["standards valid"] })
        let batch = try #require(issued.files.first { $0.name.hasSuffix(".json") })
        let document = try JSONDecoder().decode(BatchCertificate.self, from: Data(batch.bytes))
        #expect(document.meters.allSatisfy { $0.refused.first?.contains("Simulated Standard SIM-R-1") == true })
    }

    @Test("A run that is not simulated has no demonstration number and may name its accreditation")
    func real() throws {
        let run = SampleRun(simulated: false, positions: 1, accreditation: "D-K-00000-01-00")
        let document = try MeterCertificate(try run.source(), position: 1)
        #expect(document.number == "K-2026-118-1-01")
        #expect(document.laboratory.accreditation == "D-K-00000-01-00")
        #expect(!document.statements.contains { $0.contains("SIMULATED") })
        #expect(ContentRules.check(document) == [])
        let shown = try MeterCertificate(
            try SampleRun(positions: 1, accreditation: "D-K-00000-01-00").source(), position: 1)
        #expect(shown.laboratory.accreditation == nil)
    }
}
