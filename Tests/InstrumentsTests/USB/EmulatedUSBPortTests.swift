import BenchCore
import Glibc
import TestSupport
import Testing

@testable import Instruments

/// Times of a bench, in seconds.
let usbTimeouts = WireTimeouts(connect: 1, response: 1, late: 0)

extension USBTMCPort {
    /// The device of the tests.
    convenience init(
        vendor: UInt16 = 0x1209, product: UInt16 = 0x4D42, serial: String? = nil, tap: WireTap? = nil
    ) throws(Fault) {
        try self.init(
            vendor: vendor, product: product, serial: serial, timeouts: usbTimeouts, tap: tap, instrument: "test")
    }

    /// Sends a query within `sending` seconds and reads its whole answer within `seconds` more. Whoever expects an answer leaves
    /// the times alone: they only end a test that has failed, so that a busy machine does not make one fail.
    func ask(_ text: String, within seconds: Double = 10, sending: Double = 10) throws(PortTrouble) -> String {
        String(decoding: try askBytes(text, within: seconds, sending: sending), as: UTF8.self)
    }

    func askBytes(
        _ text: String, within seconds: Double = 10, sending: Double = 10
    ) throws(PortTrouble) -> [UInt8] {
        try send(Array((text + "\n").utf8), until: WireTime.now + sending)
        let deadline = WireTime.now + seconds
        var bytes: [UInt8] = []
        while true {
            let more = try receive(until: deadline, unless: nil)
            bytes += more.bytes
            if more.end { return bytes }
        }
    }
}

@Suite("USB: an instrument at the port", .serialized, .enabled(if: Umockdev.isPreloaded, "runs in a second process"))
struct EmulatedUSBPortTests {
    @Test("what is plugged in is listed without a single request to it")
    func list() async throws {
        let device = try await EmulatedDevice("serial=A17", "maker=ACME", "model=Source 5")
        let found = try #require(USBList.pluggedIn().first)
        #expect(USBList.pluggedIn().count == 1)
        #expect(found.vendor == 0x1209 && found.product == 0x4D42)
        #expect(found.serial == "A17" && found.maker == "ACME" && found.model == "Source 5")
        #expect(found.isUSBTMC && found.isUSB488 && found.mayBeOpened)
        #expect(found.description == "1209:4D42 serial number A17, ACME Source 5")
        let counts = try await device.counts()
        #expect(counts["control"] == 0 && counts["claims"] == 0 && counts["reset"] == 0)
    }

    @Test("a query is answered, and again, with tags counting up over 255")
    func query() async throws {
        let device = try await EmulatedDevice()
        let port = try USBTMCPort()
        #expect(try port.ask("*IDN?") == "MeterBench,Emulated source,MB0001,1.0\n")
        for number in 0..<140 { #expect(try port.ask("NUM? \(number)") == "\(number)\n") }
        #expect(port.isClean())
        let counts = try await device.counts()
        #expect(counts["broken"] == 0 && counts["messages"] == 141)
    }

    @Test("the instrument is found by its serial number, and a wrong one is named")
    func serial() async throws {
        let device = try await EmulatedDevice("serial=A17")
        #expect(try USBTMCPort(serial: "A17").ask("*OPC?") == "1\n")
        let fault = #expect(throws: Fault.self) { try USBTMCPort(serial: "B18") }
        #expect(fault?.code == .connectionRefused)
        #expect(
            fault?.detail
                == "no USB device 1209:4D42 with serial number B18 is plugged in; there is one with serial number A17")
        let other = #expect(throws: Fault.self) { try USBTMCPort(product: 0x1111) }
        #expect(other?.detail == "no USB device 1209:1111 is plugged in")
        _ = device
    }

    @Test(
        "long answers come whole: over several transfers and packets",
        arguments: [1, 499, 500, 501, 16_000, 1_048_577, 2_500_000])
    func longAnswers(size: Int) async throws {
        let device = try await EmulatedDevice()
        let port = try USBTMCPort()
        let bytes = try port.askBytes("BLOCK? \(size)")
        let head = Array("#\(String(size).count)\(size)".utf8)
        #expect(bytes.count == head.count + size + 1)
        #expect(Array(bytes.prefix(head.count)) == head)
        // The device's pattern: the top byte of the index times Knuth's 2654435761.
        let wrong = (0..<size).first {
            bytes[head.count + $0] != UInt8(truncatingIfNeeded: (UInt32(truncatingIfNeeded: $0) &* 2_654_435_761) >> 24)
        }
        #expect(wrong == nil)
        #expect(try port.ask("*OPC?") == "1\n")
        #expect(try await device.count("broken") == 0)
    }

    @Test("long messages arrive whole: over several transfers", arguments: [1, 11, 1_048_576, 2_200_001])
    func longMessages(size: Int) async throws {
        let device = try await EmulatedDevice()
        let port = try USBTMCPort()
        // Ends with a zero, a line feed (11 bytes) and other bytes that must not be taken for an end.
        let payload = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
        let hash = payload.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
        let message = Array("SUM? #\(String(size).count)\(size)".utf8) + payload
        try port.send(message, until: WireTime.now + 60)
        let answer = try port.receive(until: WireTime.now + 60, unless: nil)
        #expect(String(decoding: answer.bytes, as: UTF8.self) == "\(size),\(size),\(hash)\n")
        #expect(try await device.count("broken") == 0)
    }

    @Test("a device that sends its answer in small pieces is asked until the end mark")
    func pieces() async throws {
        let device = try await EmulatedDevice()
        let port = try USBTMCPort()
        for _ in 0..<5 { try await device.arm("chop", value: 3) }
        #expect(try port.ask("*IDN?") == "MeterBench,Emulated source,MB0001,1.0\n")
        #expect(try await device.count("faults") == 5)
    }

    @Test("the term character ends a transfer where the device can do that, and is not asked for where it cannot")
    func termChar() async throws {
        do {
            let device = try await EmulatedDevice()
            let port = try USBTMCPort()
            port.termChar = UInt8(ascii: ",")
            #expect(port.capabilities.termChar)
            #expect(try port.ask("*IDN?") == "MeterBench,")
            _ = device
        }
        let device = try await EmulatedDevice("termchar=0")
        let port = try USBTMCPort()
        port.termChar = UInt8(ascii: ",")
        #expect(try port.ask("*IDN?") == "MeterBench,Emulated source,MB0001,1.0\n")
        #expect(try await device.count("broken") == 0)
    }

    @Test("a device of full speed, with packets of 64 bytes, and a host controller that splits transfers")
    func fullSpeed() async throws {
        let device = try await EmulatedDevice("packet=64", "page=1")
        let port = try USBTMCPort()
        #expect(try port.askBytes("BLOCK? 100000").count == 100_009)
        for size in 40...60 { #expect(try port.askBytes("BLOCK? \(size)").count == size + 5) }
        #expect(try await device.count("broken") == 0)
    }

    @Test("the status byte comes by the interrupt endpoint, or in the answer where there is none")
    func statusByte() async throws {
        do {
            let device = try await EmulatedDevice()
            let port = try USBTMCPort()
            try await device.order("stb 68", answer: "stb set")
            for _ in 0..<130 { #expect(try port.statusByte(until: WireTime.now + 1) == 68) }
            try await device.arm("interrupt-busy")
            #expect(try port.statusByte(until: WireTime.now + 1) == 68)
            #expect(try await device.count("stb") == 132)
        }
        do {
            let device = try await EmulatedDevice("interrupt=0")
            let port = try USBTMCPort()
            try await device.order("stb 16", answer: "stb set")
            #expect(try port.statusByte(until: WireTime.now + 1) == 16)
            #expect(try await device.count("interrupt") == 0)
        }
        let device = try await EmulatedDevice("usb488=0", "interrupt=0")
        let port = try USBTMCPort()
        #expect(throws: PortTrouble.unsupported("its interface has no status byte (no USB488)")) {
            try port.statusByte(until: WireTime.now + 1)
        }
        #expect(try await device.count("stb") == 0)
    }

    @Test("a request for service is heard, also while a query waits, and is not taken for a status byte")
    func serviceRequest() async throws {
        let device = try await EmulatedDevice()
        let port = try USBTMCPort()
        try await device.order("srq 80", answer: "srq sent")
        #expect(try port.ask("*OPC?") == "1\n")
        #expect(try port.statusByte(until: WireTime.now + 1) == 80)
        #expect(try port.serviceRequest(until: WireTime.now + 1) == 80)
        #expect(throws: PortTrouble.late) { try port.serviceRequest(until: WireTime.now + 0.05) }
    }

    @Test("trigger, remote, lock-out and local are sent as the class has them")
    func orders() async throws {
        let device = try await EmulatedDevice()
        let port = try USBTMCPort()
        let end = WireTime.now + 2
        try port.trigger(until: end)
        #expect(try port.ask("TRIG:COUN?") == "1\n")
        try port.remote(true, until: end)
        #expect(try port.ask("REM?") == "1\n")
        try port.lockOut(until: end)
        try port.remote(false, until: end)
        #expect(try port.ask("REM?") == "0\n")
        let counts = try await device.counts()
        #expect(counts["ren"] == 2 && counts["gtl"] == 1 && counts["llo"] == 1 && counts["triggers"] == 1)
    }

    @Test(
        "instruments that must not be sent REN and GTL are not",
        arguments: ["1AB1:0588", "1AB1:04B0", "1AB1:0515", "0957:0588", "0B21:0039", "F4EC:EE38"])
    func forbidden(id: String) async throws {
        let device = try await EmulatedDevice("id=\(id)")
        let ids = id.split(separator: ":").map { UInt16($0, radix: 16)! }
        let port = try USBTMCPort(vendor: ids[0], product: ids[1])
        for on in [true, false] {
            #expect(throws: PortTrouble.self) { try port.remote(on, until: WireTime.now + 1) }
        }
        #expect(throws: PortTrouble.self) { try port.lockOut(until: WireTime.now + 1) }
        #expect(try port.ask("*OPC?") == "1\n")
        let counts = try await device.counts()
        #expect(counts["ren"] == 0 && counts["gtl"] == 0 && counts["llo"] == 0)
        #expect(counts["reset"] == (id.hasPrefix("F4EC") ? 1 : 0))
    }

    @Test("a kernel driver is detached, and given back at the end")
    func kernelDriver() async throws {
        let device = try await EmulatedDevice("driver=usbtmc")
        #expect(try await device.count("bound") == 1)
        do {
            let port = try USBTMCPort()
            #expect(try port.ask("*OPC?") == "1\n")
            let counts = try await device.counts()
            #expect(counts["bound"] == 0 && counts["detached"] == 1)
        }
        let counts = try await device.counts()
        #expect(counts["bound"] == 1 && counts["attached"] == 1 && counts["releases"] == counts["claims"])
    }

    @Test("a second program cannot have the interface at the same time, and is told so")
    func busy() async throws {
        let device = try await EmulatedDevice()
        let port = try USBTMCPort()
        let fault = #expect(throws: Fault.self) { try USBTMCPort() }
        #expect(fault?.detail == "USB device 1209:4D42 cannot be claimed: another program has it")
        #expect(try port.ask("*OPC?") == "1\n")
        _ = device
    }
}
