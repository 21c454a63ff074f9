import BenchCore
import Glibc
import TestSupport
import Testing

@testable import Instruments

@Suite(
    "USB: trouble at the port, and back", .serialized, .enabled(if: Umockdev.isPreloaded, "runs in a second process"))
struct EmulatedUSBTroubleTests {
    /// After any trouble: the port comes back by its own means, and the next answer belongs to the next query.
    private func comesBack(_ port: USBTMCPort) throws {
        #expect(!port.isClean())
        #expect(port.recover())
        #expect(port.isClean())
        #expect(try port.ask("NUM? 4711") == "4711\n")
    }

    @Test("silence is a time-out; abort and clear run, and the next query works")
    func silence() async throws {
        let device = try await EmulatedDevice()
        let port = try USBTMCPort()
        for _ in 0..<3 {
            try await device.arm("silence")
            #expect(throws: PortTrouble.late) { try port.ask("*IDN?", within: 0.2) }
            try comesBack(port)
        }
        let counts = try await device.counts()
        // One clear at the opening.
        #expect(counts["aborts-in"] == 3 && counts["clears"] == 4 && counts["broken"] == 0)
    }

    @Test("an answer that comes after the time-out is never taken for the next one")
    func lateAnswer() async throws {
        let device = try await EmulatedDevice()
        let port = try USBTMCPort()
        #expect(throws: PortTrouble.late) { try port.ask("SLOW? 1000", within: 0.2) }
        try comesBack(port)
        usleep(1_000_000)
        #expect(try port.ask("NUM? 12") == "12\n")
        #expect(try port.ask("SLOW? 20") == "slow\n")
        _ = device
    }

    @Test("a device that needs several requests until the abort and the clear are done is waited for")
    func pending() async throws {
        let device = try await EmulatedDevice()
        let port = try USBTMCPort()
        try await device.arm("silence")
        try await device.arm("pending", value: 5)
        try await device.arm("pending-clear", value: 4)
        #expect(throws: PortTrouble.late) { try port.ask("*IDN?", within: 0.2) }
        try comesBack(port)
        #expect(try await device.count("armed") == 0)
    }

    @Test("a message that the device stops taking half-way is aborted with all that belongs to it")
    func abortOut() async throws {
        // A host controller that splits transfers, so that half of one can have passed.
        let device = try await EmulatedDevice("page=1")
        let port = try USBTMCPort()
        try await device.arm("silence-out", skip: 3)
        try await device.arm("pending", value: 3)
        let long = [UInt8](repeating: 0x20, count: 200_000)
        #expect(throws: PortTrouble.late) { try port.send(long, until: WireTime.now + 0.3) }
        try comesBack(port)
        let counts = try await device.counts()
        #expect(counts["aborts-out"] == 1 && counts["armed"] == 0 && counts["broken"] == 0)
    }

    @Test("a message that the device does not take at all is a time-out")
    func silenceOut() async throws {
        let device = try await EmulatedDevice()
        let port = try USBTMCPort()
        try await device.arm("silence-out")
        #expect(throws: PortTrouble.late) { try port.ask("*IDN?", sending: 0.2) }
        try comesBack(port)
        #expect(try await device.count("aborts-out") == 1)
    }

    @Test(
        "a halted endpoint is a fault; the halt is cleared",
        arguments: [("stall-in", "it refuses to answer"), ("stall-out", "it refuses the message")])
    func stall(fault: String, words: String) async throws {
        let device = try await EmulatedDevice()
        let port = try USBTMCPort()
        let before = try await device.count("halts")
        try await device.arm(fault)
        #expect(throws: PortTrouble.broken(words)) { try port.ask("*IDN?") }
        try comesBack(port)
        #expect(try await device.count("halts") > before)
    }

    @Test(
        "an answer against the rules is a fault with the reason, and the port comes back",
        arguments: [
            ("wrong-tag", 0, "it answers request"), ("wrong-inverse", 0, "do not fit"),
            ("wrong-kind", 0, "a message of kind 99"),
            ("too-long", 0, "where 16"), ("short-header", 5, "its header is cut: 5 bytes"),
            ("cut", 20, "is cut after 8"), ("error-in", 0, "the bus reports an error"),
            ("error-in", 1, "the bus reports an error"), ("error-in", 2, "more than a packet holds"),
            ("error-out", 0, "the bus reports an error"),
        ])
    func broken(fault: String, value: Int, words: String) async throws {
        let device = try await EmulatedDevice()
        let port = try USBTMCPort()
        try await device.arm(fault, value: value)
        do throws(PortTrouble) {
            let answer = try port.ask("*IDN?")
            Issue.record("\(fault) went unnoticed: \(answer)")
        } catch {
            guard case .broken(let reason) = error else {
                Issue.record("\(fault) gives \(error)")
                return
            }
            #expect(reason.contains(words))
        }
        try comesBack(port)
    }

    @Test(
        "a device that refuses the abort is cleared; one that refuses the clear as well needs a new port, which works")
    func refused() async throws {
        let device = try await EmulatedDevice()
        let port = try USBTMCPort()
        try await device.arm("silence")
        try await device.arm("abort-refused")
        #expect(throws: PortTrouble.late) { try port.ask("*IDN?", within: 0.2) }
        try comesBack(port)
        try await device.arm("silence")
        try await device.arm("abort-refused")
        try await device.arm("clear-refused")
        #expect(throws: PortTrouble.late) { try port.ask("*IDN?", within: 0.2) }
        #expect(!port.recover())
        #expect(!port.isClean())
    }

    @Test("a port made anew while an exchange is open begins clean")
    func madeAnew() async throws {
        let device = try await EmulatedDevice()
        do {
            let port = try USBTMCPort()
            #expect(throws: PortTrouble.late) { try port.ask("SLOW? 1000", within: 0.2) }
        }
        let port = try USBTMCPort()
        usleep(1_000_000)
        #expect(try port.ask("NUM? 5") == "5\n")
        _ = device
    }

    @Test("control requests that the device refuses or never answers are said to be so, and the port goes on")
    func control() async throws {
        let device = try await EmulatedDevice()
        let port = try USBTMCPort()
        try await device.arm("stall-control")
        #expect(throws: PortTrouble.unsupported("it refuses READ_STATUS_BYTE")) {
            try port.statusByte(until: WireTime.now + 1)
        }
        try await device.arm("silence-control")
        #expect(throws: PortTrouble.late) { try port.statusByte(until: WireTime.now + 0.2) }
        try await device.arm("interrupt-silent")
        #expect(throws: PortTrouble.late) { try port.statusByte(until: WireTime.now + 0.2) }
        #expect(try port.statusByte(until: WireTime.now + 1) == 0)
        #expect(try port.ask("*OPC?") == "1\n")
    }

    @Test("whoever waits for an answer gives way to a safe action")
    func urgent() async throws {
        let device = try await EmulatedDevice()
        let port = try USBTMCPort()
        let urgency = Urgency()
        try port.send(Array("MUTE?\n".utf8), until: WireTime.now + 60)
        let hurry = Task { await urgency.during { try? await Task.sleep(for: .seconds(60)) } }
        // The deadline is far: only the hurry can end this wait.
        #expect(throws: PortTrouble.urgent) { try port.receive(until: WireTime.now + 60, unless: urgency) }
        hurry.cancel()
        await hurry.value
        try comesBack(port)
        _ = device
    }

    @Test("an answer that fills its last packet is taken, also when the device forgets the empty one that ends it")
    func emptyPacket() async throws {
        let device = try await EmulatedDevice()
        let port = try USBTMCPort()
        // Header 12, «#3494», 494 bytes and a line feed are 512 with the header: one packet.
        #expect(try port.askBytes("BLOCK? 494").count == 500)
        try await device.arm("no-zlp")
        #expect(try port.askBytes("BLOCK? 494", within: 0.2).count == 500)
        #expect(port.isClean())
        #expect(try port.ask("*OPC?") == "1\n")
        let counts = try await device.counts()
        #expect(counts["armed"] == 0 && counts["broken"] == 0)
    }

    @Test(
        "a device that sends one header only, and lies in it, is read by the length of its block",
        arguments: ["1AB1:04CE", "1AB1:0588"])
    func oneHeader(id: String) async throws {
        let device = try await EmulatedDevice("id=\(id)", "rigol=1")
        let ids = id.split(separator: ":").map { UInt16($0, radix: 16)! }
        let port = try USBTMCPort(vendor: ids[0], product: ids[1])
        #expect(try port.ask("*IDN?") == "MeterBench,Emulated source,MB0001,1.0\n")
        for size in [10, 486, 494, 495, 5000, 300_000] {
            let head = "#\(String(size).count)\(size)"
            #expect(try port.askBytes("BLOCK? \(size)").count == head.utf8.count + size)
            #expect(try port.ask("NUM? 3") == "3\n")
        }
        let counts = try await device.counts()
        // DS1000Z hangs at INITIATE_CLEAR.
        #expect(counts["clears"] == (id == "1AB1:04CE" ? 0 : 1))
        #expect(counts["broken"] == 0)
    }

    @Test("a device that answers with a tag of its own is understood where that is known of it")
    func ownTag() async throws {
        let device = try await EmulatedDevice("id=1AB1:044D")
        let port = try USBTMCPort(vendor: 0x1AB1, product: 0x044D)
        try await device.arm("wrong-tag")
        #expect(try port.ask("*OPC?") == "1\n")
    }
}
