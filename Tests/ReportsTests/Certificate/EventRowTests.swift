import FoundationEssentials
import Testing

@testable import BenchCore
@testable import Reports

@Suite("Voltage events on a certificate")
struct EventRowTests {
    private let document: MeterCertificate

    init() throws { document = try MeterCertificate(try SampleRun(positions: 2, withDip: true).source(), position: 2) }

    @Test("A row tells what was asked, what was seen, both energies, and the errors before, over and after")
    func row() throws {
        let row = try #require(document.events.first)
        #expect(document.events.count == 1 && document.heads.contains { $0.kind == .event })
        #expect(row.event == "dip to 40 % of L1+L2+L3 for 200 ms at 0°" && row.times == 1)
        // 92.1 V of 230 V, 217 ms; 1.0287 kWh − 1 kWh; 1.033e5 W·s.
        #expect(row.extreme?.text == "40.0" && row.duration?.text == "217")
        #expect(row.registered?.text == "28.7" && row.reference?.text == "28.69")
        // 200 pulses at 10 000 imp/kWh against 20 017 at 1e6 imp/kWh.
        #expect(abs((row.during?.value ?? 0) - 100 * (0.02 / 0.020017 - 1)) < 1e-9)
        #expect(row.silent?.text == "1.3" && row.logged?.text == "1" && row.before != nil && row.after != nil)
        #expect(document.method.steps.contains { $0.hasPrefix("Voltage event: dips") })
    }

    @Test("It reads back from JSON, and CSV has its line with the error after the events")
    func data() throws {
        let bytes = try JSONWriter.bytes(document)
        #expect(try JSONDecoder().decode(MeterCertificate.self, from: Data(bytes)) == document)
        let lines = String(decoding: CSVWriter.bytes(document), as: UTF8.self).split(separator: "\r\n")
        let row = try #require(document.events.first)
        let line = try #require(lines.first { $0.contains(row.head.id) })
        #expect(line.split(separator: ",").contains(Substring(Decimal.shortest(row.after?.value ?? .nan))))
    }
}
