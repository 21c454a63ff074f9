import BenchCore
import FoundationEssentials
import Glibc
import TestSupport
import Testing

@testable import Instruments

@Suite("USB: cables and whole connections", .serialized, .enabled(if: Umockdev.isPreloaded, "runs in a second process"))
struct EmulatedUSBPlugTests {
    @Test(
        "an instrument pulled during a transfer is lost at once, and found again when it returns",
        arguments: ["unplug-in", "unplug-out", "unplug-control"])
    func pulled(fault: String) async throws {
        let device = try await EmulatedDevice("serial=A17")
        let port = try USBTMCPort(serial: "A17")
        try await device.arm(fault, value: 700)
        let begin = WireTime.now
        #expect(throws: PortTrouble.lost("it was unplugged")) {
            // The time-out is far: only the loss can end this.
            _ = try port.askBytes("BLOCK? 100000", within: 300)
            _ = try port.statusByte(until: WireTime.now + 60)
        }
        print("figure: \(fault): lost after \(Decimal.fixed((WireTime.now - begin) * 1000, 1)) ms")
        #expect(WireTime.now - begin < 60)
        #expect(!port.isClean())
        #expect(!port.recover())
        // The exchange fails a moment before the system's list knows: an order is obeyed after that.
        #expect(try await device.count("faults") == 1)
        #expect(throws: Fault.self) { try USBTMCPort(serial: "A17") }
        #expect(USBList.pluggedIn().isEmpty)
        try await device.plug()
        #expect(try USBTMCPort(serial: "A17").ask("*OPC?") == "1\n")
    }

    @Test("an instrument pulled while it waits for an answer, or while nobody talks with it, is noticed")
    func pulledWhileQuiet() async throws {
        let device = try await EmulatedDevice()
        let port = try USBTMCPort()
        #expect(try port.ask("*OPC?") == "1\n")
        #expect(port.isClean())
        try await device.unplug()
        #expect(!port.isClean())
        try await device.plug()
        let again = try USBTMCPort()
        try again.send(Array("MUTE?\n".utf8), until: WireTime.now + 60)
        async let pull: Void = {
            try await Task.sleep(for: .milliseconds(100))
            try await device.unplug()
        }()
        #expect(throws: PortTrouble.lost("it was unplugged")) {
            try again.receive(until: WireTime.now + 60, unless: nil)
        }
        try await pull
    }

    private let wire = WireAddress.usbtmc(vendor: 0x1209, product: 0x4D42, serial: nil)

    @Test("a SCPI connection over USBTMC: commands, values, time-out, and the next query works on the same port")
    func connection() async throws {
        let device = try await EmulatedDevice()
        let folder = try TemporaryFolder()
        let log = try WireLog(path: folder.path + "/wire.jsonl")
        let connection = SCPIConnection(wire: wire, timeouts: usbTimeouts, log: log)
        try await connection.command(["VOLT 230.5", "SYST:PASS:CEN \"open sesame\""], for: "source")
        #expect(try await connection.query("VOLT?", for: "source").first?.number == 230.5)
        let fault = await #expect(throws: Fault.self) { try await connection.query("MUTE?", for: "source") }
        #expect(fault?.code == .timeout)
        #expect(try await connection.query("NUM? 42", for: "source").first?.number == 42)
        #expect(await connection.generation == 1)
        try await device.order("stb 4", answer: "stb set")
        #expect(try await connection.statusByte(for: "source") == 4)
        log.close()
        let text = String(
            decoding: try #require(FileManager.default.contents(atPath: folder.path + "/wire.jsonl")), as: UTF8.self)
        #expect(text.contains("\"language\":\"usbtmc\""))
        #expect(text.contains("INITIATE_ABORT_BULK_IN"))
        #expect(text.contains("INITIATE_CLEAR"))
        #expect(text.contains("READ_STATUS_BYTE"))
        // Request 1 is the opening. The header of «VOLT 230.5» with its line feed: kind 1, tag 1, 11 bytes, end.
        #expect(
            text.contains(
                "\"d\":\">\",\"i\":\"source\",\"r\":2,\"x\":\"0101fe000b00000001000000564f4c54203233302e350a00\""))
        // «sesame» and what stands in its place.
        #expect(!text.contains("736573616d65"))
        #expect(text.contains("2a2a2a2a2a2a"))
    }

    @Test("switching off does not wait behind a query that hangs")
    func urgent() async throws {
        let device = try await EmulatedDevice()
        let connection = SCPIConnection(wire: wire, timeouts: WireTimeouts(connect: 1, response: 60, late: 0))
        async let hanging = connection.query("MUTE?", for: "source")
        try await Task.sleep(for: .milliseconds(100))
        try await connection.urgentCommand(["VOLT 0"], for: "source")
        do {
            let answer = try await hanging
            Issue.record("answered \(answer)")
        } catch let fault as Fault {
            #expect(fault.code == .cancelled)
        }
        #expect(try await connection.query("VOLT?", for: "source").first?.number == 0)
        _ = device
    }

    @Test("an instrument that was pulled is a fault, and the first query after its return works")
    func replugged() async throws {
        let device = try await EmulatedDevice()
        let connection = SCPIConnection(wire: wire, timeouts: usbTimeouts)
        #expect(try await connection.query("*OPC?", for: "source").first?.number == 1)
        try await device.arm("unplug-in", value: 3)
        let fault = await #expect(throws: Fault.self) { try await connection.query("*IDN?", for: "source") }
        #expect(fault?.code == .connectionLost)
        #expect(try await device.count("faults") == 1)
        let gone = await #expect(throws: Fault.self) { try await connection.query("*IDN?", for: "source") }
        #expect(gone?.code == .connectionRefused)
        try await device.plug()
        #expect(try await connection.query("NUM? 9", for: "source").first?.number == 9)
        #expect(await connection.generation == 2)
    }
}
