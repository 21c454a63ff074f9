import Testing

@testable import BenchCore
@testable import Reports

@Suite("Certificates of reactive energy")
struct ReactiveCertificateTests {
    private func document() throws -> MeterCertificate {
        try MeterCertificate(try SampleRun(reactive: true).source(), position: 1)
    }

    @Test("The certificate names the definition, the class for reactive energy, and at each point sin φ and quadrant")
    func content() throws {
        let found = try document()
        #expect(found.reactive == "fundamental reactive power Q1 = U1·I1·sin φ1")
        #expect(found.item.description == "Electricity meter for reactive energy, class 2")
        #expect(found.item.accuracyClass == "2" && found.conformity.contains("class 2 of"))
        #expect(found.item.constants == ["5000 imp/kvarh (import and export)"])
        let words = found.accuracy.map(\.head.words)
        #expect(words.contains("5 % In, sin φ 1 ind, quadrants I/II"))
        #expect(words.contains("5 % In, sin φ 0.5 ind, quadrant I"))
        #expect(words.contains("5 % In, sin φ 0.5 cap, quadrant II"))
        #expect(found.curves.contains { $0.title == "Balanced load, quadrant III" })
        #expect(found.curves.allSatisfy { $0.series.allSatisfy { $0.name.contains("sin φ") } })
        #expect(try SampleRun().document(1).reactive == nil)
    }

    @Test("PDF and CSV say the same; the register test is in kvarh")
    func written() throws {
        let found = try document()
        #expect(try !MeterPages.pdf(found).isEmpty)
        let csv = String(decoding: CSVWriter.bytes(found), as: UTF8.self)
        #expect(csv.contains(",import I,sin 0.5 ind,5 % In,") && csv.contains(",export II,sin 0.5 cap,5 % In,"))
        #expect(ContentRules.check(found).isEmpty, "\(ContentRules.check(found))")
    }
}

extension SampleRun {
    fileprivate func document(_ position: Int) throws -> MeterCertificate {
        try MeterCertificate(try source(), position: position)
    }
}
