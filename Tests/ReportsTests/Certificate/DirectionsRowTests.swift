import Testing

@testable import BenchCore
@testable import Reports

@Suite("Registers of both directions on certificates")
struct DirectionsRowTests {
    @Test("The row says what flowed, what the registers had to show and showed, and stands in PDF and CSV")
    func row() throws {
        let document = try MeterCertificate(try SampleRun(bothWays: true).source(), position: 1)
        let row = try #require(document.directions.first)
        #expect(document.directions.count == 1 && row.flow == "L1 exports")
        #expect(row.expectedImport?.text == "0.40000" && row.registeredImport?.text == "0.4000")
        #expect(row.expectedExport?.text == "0.00000" && row.registeredExport == nil)
        #expect(document.heads.contains { $0.id == row.head.id } && row.limit == "±0.5")
        #expect(try !MeterPages.pdf(document).isEmpty)
        let csv = String(decoding: CSVWriter.bytes(document), as: UTF8.self)
        let line = try #require(csv.split(separator: "\r\n").first { $0.contains(row.head.id) })
        #expect(line.contains(Decimal.shortest(try #require(row.deviation).value)))
    }
}
