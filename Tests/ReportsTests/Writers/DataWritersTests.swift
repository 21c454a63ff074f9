import FoundationEssentials
import TestSupport
import Testing

@testable import BenchCore
@testable import Reports

@Suite struct DataWritersTests {
    @Test("The JSON file reads back as the same document")
    func json() throws {
        let document = try MeterCertificate(try SampleRun().source(), position: 3)
        let bytes = try JSONWriter.bytes(document)
        #expect(try JSONDecoder().decode(MeterCertificate.self, from: Data(bytes)) == document)
    }

    @Test("The CSV has a line for every test point, with unrounded figures")
    func csv() throws {
        let document = try MeterCertificate(try SampleRun().source(), position: 3)
        let lines = String(decoding: CSVWriter.bytes(document), as: UTF8.self).split(separator: "\r\n")
        #expect(lines.count == document.heads.count + 1)
        let row = try #require(document.accuracy.first)
        let error = try #require(row.error)
        let line = try #require(lines.first { $0.contains(row.head.id) })
        #expect(line.split(separator: ",").contains(Substring(Decimal.shortest(error.value))))
    }

    // RFC 4180, 2.5 to 2.7: fields with commas, quotes or line breaks are quoted, quotes doubled.
    @Test("Fields are quoted as RFC 4180 says, and a formula is never run by a spreadsheet")
    func fields() {
        #expect(CSVWriter.field("plain") == "plain")
        #expect(CSVWriter.field("a,b") == "\"a,b\"")
        #expect(CSVWriter.field("say \"no\"") == "\"say \"\"no\"\"\"")
        #expect(CSVWriter.field("=1+1") == "'=1+1")
        #expect(CSVWriter.field("-0.25") == "-0.25")
    }

    @Test("Reports written again into a run folder are the same bytes")
    func again() throws {
        let folder = try TemporaryFolder()
        let run = SampleRun(positions: 2)
        let first = try CertificateWriter.write(try run.source(), into: folder.path + "/reports")
        let read = try first.files.map { try Disk.read(folder.path + "/reports/" + $0.name) }
        #expect(read == first.files.map(\.bytes))
        let second = try CertificateWriter.write(try run.source(), into: folder.path + "/reports")
        #expect(second == first)
    }
}
