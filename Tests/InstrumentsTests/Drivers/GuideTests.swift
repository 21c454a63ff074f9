import BenchCore
import TestSupport
import Testing

@testable import Instruments

@Suite("The guide from a manual to a driver does what it says")
struct GuideTests {
    @Test("the meter's file loads under its name and cites its manual")
    func meterFile() throws {
        let type = try MeterTypeFile.load(try GuidePage().file("example-em3.yaml"), file: "example-em3.yaml")
        #expect(type.id == "example-em3" && type.source.contains("page 12"))
        #expect(type.constant(.export)?.pulsesPerKilowattHour == 1000)
    }

    @Test(
        "the meter, played by pymodbus, reads as the guide shows it",
        .disabled(if: ModbusPeer.missing, "\(ModbusPeer.skipped)"))
    func meter() async throws {
        let guide = try GuidePage()
        let type = try MeterTypeFile.load(try guide.file("example-em3.yaml"), file: "example-em3.yaml")
        let peer = try await ModbusTable.serve(try guide.lines("File `example-em3.table`:"))
        let reading = try await MeterReading.take(type: type, wire: peer.wire(), timeouts: .patient)
        let table = reading.table.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let shown = try guide.lines("Reading `example-em3`:")
        // The guide leaves out what names this machine (firmware, type, wire, source); everything it shows is what is printed.
        #expect(shown.count >= 11)
        for line in shown { #expect(table.contains(line), "«\(line)» in\n\(reading.table)") }
        #expect(reading.fault == nil)
    }
}
