import BenchCore
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Instruments

@Suite("Serial port")
struct SerialPortTests {
    private func setting(_ speed: Int, _ format: String, _ flow: SerialFormat.Flow = .none) throws -> SerialLineSetting
    {
        try #require(SerialLineSetting(SerialFormat(baud: speed, format: format, flow: flow)))
    }

    private func opened(
        _ line: TestLine, _ control: any SerialControl = KernelSerialControl(), speed: Int = 9600,
        format: String = "8N1", rs485: Bool = false
    ) throws -> SerialPort {
        try SerialPort(
            device: line.path, setting: try setting(speed, format), rs485: rs485, instrument: "meter", control: control)
    }

    /// The fault of opening a line.
    private func refused(_ line: TestLine, _ control: FakeSerialControl, rs485: Bool = false) -> Fault? {
        do { _ = try opened(line, control, rs485: rs485) } catch { return error as? Fault }
        return nil
    }

    // 31 250 Bd is no constant of termios(3).
    @Test("any speed is set and read back, and all 256 byte values pass both ways", arguments: [300, 31_250, 115_200])
    func bytes(speed: Int) throws {
        let line = try TestLine()
        let port = try opened(line, speed: speed)
        let all = (0...255).map { UInt8($0) }
        line.say(all)
        var heard: [UInt8] = []
        while heard.count < 256 { heard += try port.receive(until: WireTime.now + 10, unless: nil).bytes }
        #expect(heard == all)
        try port.send(all, until: WireTime.now + 10)
        #expect(line.hear(256) == all)
        let control = KernelSerialControl()
        #expect(try control.setting(port.descriptor).speed == speed)
    }

    @Test("the driver is asked for exactly what the bench file says")
    func asked() throws {
        let line = try TestLine()
        let control = FakeSerialControl()
        let wanted = try setting(300, "7E1", .rtsCts)
        let port = try SerialPort(device: line.path, setting: wanted, instrument: "meter", control: control)
        #expect(control.state.withLock { $0.asked } == ["exclusive true", "set 300 7E1 RTS/CTS"])
        #expect(port.place == "\(line.path) (300 7E1 RTS/CTS)")
    }

    @Test(
        "formats of files are read: data bits, parity, stop bits",
        arguments: [
            ("8N1", true), ("7E1", true), ("5O2", true), ("8M1", true), ("6S1", true), ("9N1", false), ("8X1", false),
            ("8N3", false), ("8N", false),
        ])
    func formats(text: String, good: Bool) {
        #expect((SerialLineSetting(SerialFormat(baud: 9600, format: text)) != nil) == good)
    }

    @Test("a driver that quietly takes another setting is refused, and the words say both")
    func silently() throws {
        let line = try TestLine()
        for change: @Sendable (inout SerialLineSetting) -> Void in [
            { $0.speed = 38_400 }, { $0.parity = "E" }, { $0.dataBits = 7 }, { $0.stopBits = 2 }, { $0.rtsCts = true },
        ] {
            let control = FakeSerialControl { state in
                state.make = { wanted in
                    var other = wanted
                    change(&other)
                    return other
                }
            }
            let fault = try #require(refused(line, control))
            #expect(fault.code == .refused)
            #expect(fault.detail.contains("was asked for 9600 8N1 and its driver set"), "\(fault)")
        }
        // A divisor that misses by 0.2 % is as good as hit.
        let near = FakeSerialControl {
            $0.make = { SerialLineSetting(speed: $0.speed + 20, dataBits: 8, parity: "N", stopBits: 1, rtsCts: false) }
        }
        #expect(refused(line, near) == nil)
    }

    @Test("what the driver cannot do is said: settings, RS-485, a break")
    func cannot() throws {
        let line = try TestLine()
        let setting = try #require(refused(line, FakeSerialControl { $0.refuses = ["set": EINVAL] }))
        #expect(setting.code == .refused && setting.detail.contains("does not take 9600 8N1"))
        let direction = try #require(refused(line, FakeSerialControl { $0.refuses = ["rs485": ENOTTY] }, rs485: true))
        #expect(direction.code == .refused && direction.detail.contains("leave out «rs485: yes»"))
        let port = try opened(line, FakeSerialControl { $0.refuses = ["break": ENOTTY] })
        #expect(throws: PortTrouble.unsupported("\(line.path) sends no break: Inappropriate ioctl for device")) {
            try port.sendBreak(0.001)
        }
        let fault = try #require(
            faultOf { try SerialPort(device: "/dev/null", setting: try self.setting(9600, "8N1"), instrument: "meter") }
        )
        #expect(fault.detail.contains("/dev/null is no serial line"))
    }

    @Test("XON/XOFF is refused, because it would take bytes out of binary answers")
    func xon() throws {
        let line = try TestLine()
        let format = SerialFormat(baud: 9600, format: "8N1", flow: .xonXoff)
        let fault = try #require(
            faultOf { try SerialPort(device: line.path, format: format, instrument: "meter", tap: nil) })
        #expect(fault.code == .refused && fault.detail.contains("xon-xoff"))
    }

    @Test("RS-485 and a break reach the driver in their order")
    func direction() throws {
        let line = try TestLine()
        let control = FakeSerialControl()
        let port = try opened(line, control, rs485: true)
        try port.sendBreak(0.001)
        try port.setModemLines(raise: .dtr, lower: .rts)
        #expect(
            control.state.withLock { $0.asked } == [
                "exclusive true", "set 9600 8N1", "rs485 true", "break true", "break false", "lines 2 4",
            ])
    }

    @Test("a line that is open is refused to a second opener, who is told that it is this program")
    func lockedByUs() throws {
        let line = try TestLine()
        let first = try opened(line)
        let fault = try #require(faultOf { try self.opened(line) })
        #expect(fault.code == .refused)
        #expect(fault.detail == "\(line.path) is in use by this program itself")
        _ = first.place
    }

    @Test(
        "a line that another program holds is refused with that program's name and number",
        .enabled(if: Checkout.hasProgram("flock"), "skipped: no flock"))
    func lockedByOther() async throws {
        let line = try TestLine()
        let device = try #require(SerialLock.resolved(line.path))
        let holder = try Peer(
            try #require(Checkout.program("flock")), [device, "sh", "-c", "echo held; exec sleep 60"])
        try await holder.expect("held")
        let fault = try #require(faultOf { try self.opened(line) })
        #expect(fault.code == .refused)
        #expect(fault.detail.contains("«sleep»") && fault.detail.contains("(process "), "\(fault)")
    }

    @Test("no such device, with a word about plugging in")
    func missing() throws {
        let fault = try #require(
            faultOf {
                try SerialPort(device: "/dev/no-such-line", setting: try self.setting(9600, "8N1"), instrument: "meter")
            })
        #expect(fault.code == .connectionRefused && fault.detail.contains("plugged in"))
    }

    @Test("an adapter that is pulled while an answer is awaited is lost at once, not after the time-out")
    func unplugged() async throws {
        let line = try TestLine()
        let wire = SCPIConnection(
            wire: .serial(device: line.path, SerialFormat(baud: 9600, format: "8N1")),
            timeouts: WireTimeouts(connect: 10, response: 600, late: 0))
        async let code = faultCode { try await wire.query("*IDN?", for: "meter") }
        #expect(try await line.heard(6) == Array("*IDN?\n".utf8))
        line.unplug()
        // Would be a time-out, after ten minutes, if the end of the line were not seen.
        #expect(await code == .connectionLost)
        #expect(await faultCode { try await wire.query("*IDN?", for: "meter") } == .connectionRefused)
    }

    @Test("bytes that nobody asked for are thrown away before the next question")
    func stray() async throws {
        let line = try TestLine()
        let wire = SCPIConnection(
            wire: .serial(device: line.path, SerialFormat(baud: 9600, format: "8N1")),
            timeouts: WireTimeouts(connect: 60, response: 60, late: 0))
        async let first = wire.query("A?", for: "meter")
        _ = try await line.heard(3)
        line.say("1\n")
        #expect(try await first == [.word("1")])
        line.say("99\n")
        // The kernel passes it on in its own time.
        try await Task.sleep(for: .milliseconds(100))
        async let second = wire.query("B?", for: "meter")
        _ = try await line.heard(3)
        line.say("2\n")
        #expect(try await second == [.word("2")])
    }

    @Test("a character with wrong parity is a broken frame, never another digit")
    func parity() async throws {
        let line = try TestLine()
        // This driver leaves the marks as they are, so the test can play the kernel's part.
        let port = try opened(line, FakeSerialControl())
        line.say([0x31, 0xFF, 0x00, 0x35, 0x0A])
        var trouble: PortTrouble?
        do { _ = try port.receive(until: WireTime.now + 10, unless: nil) } catch { trouble = error }
        #expect(trouble == .broken("a character with wrong parity or framing"))
    }

    @Test("a driver that never finishes sending is a time-out, not a hang")
    func stuck() throws {
        let line = try TestLine()
        let port = try opened(line, FakeSerialControl { $0.unsent = 7 })
        #expect(throws: PortTrouble.late) { try port.send([1, 2, 3], until: WireTime.now + 0.05) }
    }

    @Test("a simulated instrument on a pseudo-terminal answers over a serial wire")
    func simulated() async throws {
        let folder = try TemporaryFolder()
        let format = SerialFormat(baud: 38_400, format: "8N1")
        let server = try LoopbackServer(TalkingInstrument(), path: folder.path + "/line", format: format)
        let wire = SCPIConnection(wire: server.address, timeouts: WireTimeouts(connect: 60, response: 60, late: 0))
        #expect(try await wire.query("*IDN?", for: "x").first == .word("MeterBench"))
        #expect(try await wire.query("BIG? 3000", for: "x") == [.block(TalkingInstrument.pattern(3000))])
    }

    @Test(
        "pyserial at the other end of the line reads and answers",
        .enabled(if: Checkout.hasPython("serial"), "skipped: no pyserial"))
    func pyserial() async throws {
        let peer = try Peer(
            try #require(Checkout.python),
            [Checkout.path("Tests/InstrumentsTests/Peers/serial_instrument.py"), "9600", "8N1"])
        let device = try #require(try await peer.line())
        let wire = SCPIConnection(
            wire: .serial(device: device, SerialFormat(baud: 9600, format: "8N1")),
            timeouts: WireTimeouts(connect: 60, response: 60, late: 0))
        #expect(try await wire.query("*IDN?", for: "x").first == .word("pyserial"))
        #expect(try await wire.query("BYTES?", for: "x") == [.block((0...255).map { UInt8($0) })])
        #expect(try await wire.query("SET?", for: "x") == [.word("9600"), .word("8N1"), .word("0")])
    }

    // A pseudo-terminal has no line: 7E1 and RTS/CTS are taken by it and by pyserial, but change no bit on the way.
    @Test(
        "7E1 with RTS/CTS on both ends of a pseudo-terminal talks text",
        .enabled(if: Checkout.hasPython("serial"), "skipped: no pyserial"))
    func sevenBits() async throws {
        let peer = try Peer(
            try #require(Checkout.python),
            [Checkout.path("Tests/InstrumentsTests/Peers/serial_instrument.py"), "300", "7E1", "rtscts"])
        let device = try #require(try await peer.line())
        let wire = SCPIConnection(
            wire: .serial(device: device, SerialFormat(baud: 300, format: "7E1", flow: .rtsCts)),
            timeouts: WireTimeouts(connect: 60, response: 60, late: 0))
        #expect(try await wire.query("SET?", for: "x") == [.word("300"), .word("7E1"), .word("1")])
    }

    @Test(
        "pyserial as a client reads our simulated instrument",
        .enabled(if: Checkout.hasPython("serial"), "skipped: no pyserial"))
    func pyserialClient() async throws {
        let folder = try TemporaryFolder()
        let format = SerialFormat(baud: 9600, format: "8N1")
        let server = try LoopbackServer(TalkingInstrument(), path: folder.path + "/line", format: format)
        let result = try await Peer.run(
            try #require(Checkout.python),
            [
                Checkout.path("Tests/InstrumentsTests/Peers/serial_client.py"), folder.path + "/line", "9600", "8N1",
                "*IDN?", "ECHO? 12",
            ])
        #expect(result.output == "MeterBench,Talking instrument,7,1\n12\n")
        _ = server.address
    }
}

/// The fault that a call throws; `nil` where it throws none.
func faultOf(_ body: () throws -> some Any) -> Fault? {
    do { _ = try body() } catch { return error as? Fault }
    return nil
}
