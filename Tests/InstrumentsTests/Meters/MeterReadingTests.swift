import BenchCore
import FoundationEssentials
import TestSupport
import Testing

@testable import Instruments

@Suite("Reading one meter by hand")
struct MeterReadingTests {
    @Test(
        "the table shows nameplate, units, steps and that the map has no clock",
        .disabled(if: ModbusPeer.missing, "\(ModbusPeer.skipped)"))
    func table() async throws {
        let peer = try await ModbusPeer.start(rtu: true, ["7=sdm630"])
        let reading = try await MeterReading.take(
            type: try meterType("eastron-sdm630"), wire: peer.wire(7), timeouts: .patient)
        let lines = reading.table.split(separator: "\n").map(String.init)
        for words in [
            "class 1, direct, 3P4W, 3×230/400 V, 10(100) A, 50 Hz",
            "400 imp/kWh (import)",
            "none in the map", "energy-export     78.90  kWh   active-energy-export",
            "voltage-L1        230.1  V     voltage-L1",
        ] { #expect(lines.contains { $0.contains(words) }, "\(words) in\n\(reading.table)") }
        #expect(lines.contains { $0.hasPrefix("Serial number ") && $0.hasSuffix(" 20207224") })
        #expect(reading.fault == nil)
    }

    @Test("the JSON holds the same values, with units", .disabled(if: ModbusPeer.missing, "\(ModbusPeer.skipped)"))
    func json() async throws {
        let peer = try await ModbusPeer.start(rtu: false, ["1=sunspec213"])
        let reading = try await MeterReading.take(
            type: try meterType("sunspec-three-phase"), wire: peer.wire(1), timeouts: .patient)
        let again = try JSONDecoder().decode(MeterReading.self, from: Data(try reading.json().utf8))
        #expect(again.sunSpecModel == 213 && again.identity.serial == "SN-0042")
        let energy = try #require(again.registers.first { $0.role == .activeEnergyImport })
        #expect(energy.number == 12345670 && energy.unit == "Wh")
    }

    @Test(
        "a register that the meter refuses stands in the table with the reason",
        .disabled(if: ModbusPeer.missing, "\(ModbusPeer.skipped)"))
    func refused() async throws {
        let peer = try await ModbusPeer.start(rtu: false, ["1=sdm630"])
        var type = try meterType("eastron-sdm630")
        type.registers.append(
            RegisterDefinition(
                name: "nowhere", role: .other,
                place: .modbus(function: 4, address: 5000, encoding: .unsigned(bits: 16), order: .bigEndian), scale: 1,
                unit: "", resolution: nil))
        let reading = try await MeterReading.take(type: type, wire: peer.wire(1), timeouts: .patient)
        #expect(reading.fault?.code == .modbusException)
        #expect(reading.registers.first { $0.name == "power" }?.number == 3456.75)
        #expect(reading.table.contains("exception 2, illegal data address"))
    }

    @Test("silence ends the reading", .disabled(if: ModbusPeer.missing, "\(ModbusPeer.skipped)"))
    func silent() async throws {
        let peer = try await ModbusPeer.start(rtu: false, ["1=sdm630:silent"])
        let type = try meterType("eastron-sdm630")
        let code = await faultCode {
            try await MeterReading.take(
                type: type, wire: peer.wire(1), timeouts: WireTimeouts(connect: 10, response: 0.5, late: 0))
        }
        #expect(code == .timeout)
    }

    @Test("wires of the command line, there and back")
    func wires() throws {
        let tcp = try WireText.parse("tcp:192.0.2.7:502/1")
        #expect(tcp == .modbusTCP(host: "192.0.2.7", port: 502, unit: 1))
        let six = try WireText.parse("tcp:[2001:db8::7]:502/3")
        #expect(six == .modbusTCP(host: "2001:db8::7", port: 502, unit: 3))
        let rtu = try WireText.parse("rtu:/dev/ttyUSB0,19200 8E1/12")
        #expect(rtu == .modbusRTU(device: "/dev/ttyUSB0", baud: 19200, format: "8E1", unit: 12))
        for wire in [tcp, six, rtu] { #expect(try WireText.parse(WireText.text(wire)) == wire) }
    }

    @Test(
        "what is no wire is refused with what would be right",
        arguments: [
            "", "tcp", "tcp:host/1", "tcp:host:0/1", "tcp:host:502", "tcp:host:502/256", "rtu:/dev/ttyUSB0/1",
            "rtu:/dev/ttyUSB0,9600 7E1/1", "rtu:/dev/ttyUSB0,0 8N1/1", "rtu:,9600 8N1/1", "rtu:/dev/x,9600 8N1/0",
            "usb:0:1/2",
        ])
    func noWires(text: String) { #expect(throws: WireText.Refused.self) { try WireText.parse(text) } }
}
