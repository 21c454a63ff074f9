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

    /// The source of the guide on a wire, by its file.
    private func source(_ wire: WireAddress) async throws -> any CapableSource {
        let type = try InstrumentTypeFile.load(try GuidePage().file("example-ac3.yaml"), file: "example-ac3.yaml")
        let description = InstrumentDescription(
            id: "source", role: .referenceSource, driver: "example-ac3", wire: wire, manufacturer: "Example Sources",
            model: "AC3", serial: "0042", traceability: nil,
            source: SourceRange(voltage: 0...300, current: 0...20, frequency: 45...65, stability: 0.01, settle: 5),
            accuracy: [], counter: nil, climate: nil)
        let entry = try DriverRegistry.entry(for: description, types: [type.name: type])
        let context = DriverContext(
            description: description, wires: Wires(scpi: .patient, modbus: .patient), time: ScaledTime(scale: 100))
        return try #require(try await entry.make(context) as? any CapableSource)
    }

    @Test("the source's file loads, knows its limits, and says what is unconfirmed")
    func sourceFile() throws {
        let type = try InstrumentTypeFile.load(try GuidePage().file("example-ac3.yaml"), file: "example-ac3.yaml")
        #expect(type.name == "example-ac3" && type.models == ["AC3"])
        #expect(type.unconfirmed.count == 1 && type.unconfirmed[0].contains("no example shows them"))
    }

    @Test("the source speaks the guide's transcript byte for byte, through to its safe state")
    func transcript() async throws {
        let spoken = try TranscriptWire(try GuidePage().file("example-ac3.txt"), file: "example-ac3.txt")
        let server = try LoopbackServer(spoken)
        let source = try await source(server.address)
        #expect(source.capability.voltage == 10...300 && source.capability.frequency == 45...65)
        do {
            try await source.prepare(Loads.balanced(5, lag: 60))
            try await source.apply()
            let state = try await source.state()
            #expect(state == SourceState(on: true, settled: false, fault: "current overload"))
            try await source.perform(.currentOff)
            try await source.perform(.voltageOff)
        } catch { Issue.record("\(error); the transcript: \(spoken.complaint ?? "fine")") }
        #expect(await spoken.spoken() == nil)
    }

    @Test("a load beyond the source's page is refused before anything is sent")
    func beyond() async throws {
        let source = try await source(.tcp(host: "127.0.0.1", port: 1))
        #expect(await faultCode { try await source.prepare(Loads.balanced(25)) } == .refused)
    }
}
