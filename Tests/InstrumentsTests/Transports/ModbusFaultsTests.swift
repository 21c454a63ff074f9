import BenchCore
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Instruments

/// A line that goes wrong in every way a serial line can, with a peer that does exactly what the test says.
@Suite("Modbus RTU line that goes wrong")
struct ModbusFaultsTests {
    private static let read = ModbusRequest.readInputRegisters(address: 0, count: 2)
    /// Both words hold the number of the unit.
    private static let right = ModbusAnswer.words([1, 1])

    /// Unit 2 has the trouble, unit 1 has none.
    private func line(
        _ timeouts: WireTimeouts = .patient, log: WireLog? = nil, leaveAlone: ModbusLeaveAlone? = nil,
        _ trouble: @escaping @Sendable (Int, [UInt8], [UInt8]) -> [WireReply]
    ) throws -> (ScriptedLine, ModbusLine) {
        let peer = try ScriptedLine { number, request in
            let answer = ScriptedLine.answer(request)
            return request[0] == 2 ? trouble(number, request, answer) : [WireReply(bytes: answer)]
        }
        return (peer, ModbusLine(peer.address, timeouts: timeouts, log: log, leaveAlone: leaveAlone))
    }

    private func expect(
        _ code: Fault.Code, _ words: String, _ timeouts: WireTimeouts = .patient,
        sourceLocation: SourceLocation = #_sourceLocation,
        _ trouble: @escaping @Sendable (Int, [UInt8], [UInt8]) -> [WireReply]
    ) async throws {
        let (peer, line) = try line(timeouts, trouble)
        do {
            let answer = try await line.exchange(Self.read, unit: 2, for: "meter")
            Issue.record("\(answer) was read", sourceLocation: sourceLocation)
        } catch {
            #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
            #expect(error.detail.contains(words), "\(error)", sourceLocation: sourceLocation)
        }
        #expect(try await line.exchange(Self.read, unit: 1, for: "meter") == Self.right, sourceLocation: sourceLocation)
        withExtendedLifetime(peer) {}
    }

    @Test("silence, a late answer, an exception and a wrong unit have their names, and the next unit is served")
    func named() async throws {
        let short = WireTimeouts(connect: 10, response: 2, late: 0)
        try await expect(.timeout, "in 2.0 s", short) { _, _, _ in [] }
        try await expect(.lateAnswer, "the time-out is 0.2 s", WireTimeouts(connect: 10, response: 0.2, late: 20)) {
            number, _, answer in [WireReply(bytes: answer, delay: number == 1 ? 1 : 0)]
        }
        try await expect(.modbusException, "exception 4, device failure") { _, request, _ in
            [WireReply(bytes: ModbusRTU.frame(unit: 2, pdu: [request[1] | 0x80, 4]))]
        }
        try await expect(.wrongUnit, "unit 9") { _, request, _ in
            [WireReply(bytes: ScriptedLine.answer(request, unit: 9))]
        }
    }

    @Test("half a frame and a wrong check are broken frames, said differently")
    func broken() async throws {
        try await expect(.brokenFrame, "cut short: 4 of 9 bytes") { _, _, answer in
            [WireReply(bytes: Array(answer.prefix(4)))]
        }
        try await expect(.brokenFrame, "check sum") { _, _, answer in
            [WireReply(bytes: answer.dropLast() + [answer[8] ^ 0x55])]
        }
        try await expect(.brokenFrame, "no frame") { _, _, _ in [WireReply(bytes: [2, 77, 0, 0, 0, 0])] }
        try await expect(.brokenFrame, "2 bytes of data where 4 were asked") { _, _, _ in
            [WireReply(bytes: ModbusRTU.frame(unit: 2, pdu: [4, 2, 0, 2]))]
        }
    }

    @Test("a frame that comes in pieces is one frame")
    func pieces() async throws {
        let (peer, line) = try line { _, _, answer in
            answer.map { WireReply(bytes: [$0], delay: 0.002) }
        }
        #expect(try await line.exchange(Self.read, unit: 2, for: "meter") == .words([2, 2]))
        withExtendedLifetime(peer) {}
    }

    @Test("rubbish before and behind an answer is thrown away and written down")
    func rubbish() async throws {
        let folder = try TemporaryFolder()
        let log = try WireLog(path: folder.path + "/wire.jsonl")
        let (peer, line) = try line(log: log) { _, _, answer in [WireReply(bytes: [0, 0xFF] + answer + [0x13])] }
        for _ in 0..<2 { #expect(try await line.exchange(Self.read, unit: 2, for: "meter") == .words([2, 2])) }
        #expect(try await line.exchange(Self.read, unit: 1, for: "other") == Self.right)
        await line.close()
        withExtendedLifetime(peer) {}
        let written = String(decoding: try Disk.read(folder.path + "/wire.jsonl"), as: UTF8.self)
        // 02 04 00 00 00 02 and its check, as the tables of the standard give it.
        let sent = WireTap.hex(ModbusRTU.frame(unit: 2, pdu: Self.read.pdu))
        let lines = written.split(separator: "\n")
        #expect(lines.count { $0.contains("\"d\":\">\",\"i\":\"meter\"") && $0.contains(sent) } == 2)
        #expect(lines.count { $0.contains("discarded 2 bytes before the frame") } == 2)
        #expect(lines.count { $0.contains("discarded 1 bytes that nobody asked for") } == 2)
        #expect(lines.contains { $0.contains("\"i\":\"other\",\"r\":4") || $0.contains("\"i\":\"other\",\"r\":3") })
        #expect(written.contains("\"language\":\"modbus-rtu\"") && written.contains("opened"))
    }

    @Test("a line that hears its own requests is read all the same, and a write is confirmed by the unit alone")
    func echo() async throws {
        // Unit 1 answers behind the echo; unit 2 is dead, and only its echo comes.
        let peer = try ScriptedLine { _, request in
            var bytes = request
            if request[0] == 1 { bytes += [5, 6].contains(request[1]) ? request : ScriptedLine.answer(request) }
            return [WireReply(bytes: bytes)]
        }
        let line = ModbusLine(peer.address, timeouts: WireTimeouts(connect: 10, response: 3, late: 0))
        // The first request is a write: the line asks something harmless first.
        #expect(try await line.exchange(.writeCoil(address: 0, on: true), unit: 1, for: "lamp") == .done)
        #expect(peer.requests.map(\.function) == [1, 5])
        #expect(try await line.exchange(Self.read, unit: 1, for: "meter") == Self.right)
        #expect(try await line.exchange(.writeRegister(address: 0, value: 7), unit: 1, for: "lamp") == .done)
        let write = await faultCode { try await line.exchange(.writeCoil(address: 0, on: false), unit: 2, for: "lamp") }
        #expect(write == .timeout)
    }

    @Test("a dead unit on a fresh line that echoes confirms nothing, not even to a safe action")
    func echoOfTheDead() async throws {
        let peer = try ScriptedLine { _, request in [WireReply(bytes: request)] }
        let line = ModbusLine(peer.address, timeouts: WireTimeouts(connect: 10, response: 0.5, late: 0))
        let code = await faultCode {
            try await line.urgentExchange(.writeCoil(address: 0, on: false), unit: 1, for: "contactor")
        }
        #expect(code == .timeout)
        #expect(peer.requests.map(\.function) == [1, 5], "the write was sent all the same")
    }

    @Test("a line without echoes takes the copy as the confirmation it is")
    func noEcho() async throws {
        let peer = try ScriptedLine { _, request in
            [WireReply(bytes: request[1] == 5 ? request : ModbusRTU.frame(unit: request[0], pdu: [0x81, 1]))]
        }
        let line = ModbusLine(peer.address, timeouts: .patient)
        for _ in 0..<2 {
            #expect(try await line.exchange(.writeCoil(address: 0, on: true), unit: 1, for: "lamp") == .done)
        }
        // The harmless question comes once a line.
        #expect(peer.requests.map(\.function) == [1, 5, 5])
    }

    @Test("a policy says how often a read is repeated and after what; the fault and the wire log say what happened")
    func retries() async throws {
        let folder = try TemporaryFolder()
        let log = try WireLog(path: folder.path + "/wire.jsonl")
        // Silence, a broken frame, then silence for ever; unit 3 answers at its third request.
        let asked = Mutex(0)
        let peer = try ScriptedLine { number, request in
            let answer = ScriptedLine.answer(request)
            guard request[0] == 2 else {
                return asked.withLock {
                    $0 += 1; return $0
                } < 3 ? [] : [WireReply(bytes: answer)]
            }
            return number == 2 ? [WireReply(bytes: Array(answer.prefix(5)))] : []
        }
        let line = ModbusLine(peer.address, timeouts: WireTimeouts(connect: 10, response: 0.5, late: 0), log: log)
        let policy = ModbusRetries(attempts: 4, pause: 0.01)
        do {
            _ = try await line.exchange(Self.read, unit: 2, for: "meter", retries: policy)
            Issue.record("a dead unit was read")
        } catch {
            #expect(error.code == .timeout)
            #expect(error.detail.hasSuffix("(asked 4 times; before: timeout, brokenFrame, timeout)"), "\(error)")
        }
        let once = await faultCode { try await line.exchange(Self.read, unit: 2, for: "meter", retries: .never) }
        #expect(once == .timeout)
        // Only after silence: a broken frame is not repeated under a policy that does not name it.
        #expect(peer.requests.count == 5)
        let tally = try #require(await line.tally()[2])
        #expect(tally.requests == 5 && tally.repeats == 3 && tally.answers == 0)
        #expect(tally.faults == [.timeout: 4, .brokenFrame: 1])
        // What changes something is asked once, whatever the policy.
        let write = await faultCode {
            try await line.exchange(.writeRegisters(address: 0, [1]), unit: 2, for: "meter", retries: policy)
        }
        #expect(write == .timeout && peer.requests.count == 6)
        let written = String(decoding: try Disk.read(folder.path + "/wire.jsonl"), as: UTF8.self)
        for note in [
            "asked again (2) after timeout", "asked again (3) after brokenFrame", "asked again (4) after timeout",
        ] {
            #expect(written.contains(note), "\(note)")
        }
        #expect(try await line.exchange(Self.read, unit: 3, for: "meter", retries: policy) == .words([3, 3]))
    }

    @Test("a unit that is left alone costs no time, says so, and is asked by a safe action all the same")
    func leftAlone() async throws {
        let (peer, line) = try line(
            WireTimeouts(connect: 10, response: 0.3, late: 0), leaveAlone: ModbusLeaveAlone(silences: 2, seconds: 3600)
        ) { _, request, _ in request[1] == 5 ? [WireReply(bytes: request)] : [] }
        for _ in 0..<2 {
            #expect(await faultCode { try await line.exchange(Self.read, unit: 2, for: "meter") } == .timeout)
        }
        for _ in 0..<5 {
            do {
                _ = try await line.exchange(Self.read, unit: 2, for: "meter", retries: .reads)
                Issue.record("a dead unit was read")
            } catch {
                #expect(error.code == .timeout)
                #expect(error.detail.contains("left alone for another 3"), "\(error)")
                #expect(error.detail.contains("was not sent") && !error.detail.contains("asked twice"), "\(error)")
            }
        }
        #expect(peer.requests.filter { $0.unit == 2 }.count == 2)
        // Unit 1 teaches the line that there is no echo.
        #expect(try await line.exchange(Self.read, unit: 1, for: "meter") == Self.right)
        #expect(
            try await line.urgentExchange(.writeCoil(address: 0, on: false), unit: 2, for: "contactor") == .done)
        #expect(peer.requests.filter { $0.unit == 2 }.count == 3)
    }

    @Test("what cannot be asked is refused before anything is sent")
    func refused() async throws {
        let (peer, line) = try line { _, _, _ in [] }
        for request: ModbusRequest in [
            .readInputRegisters(address: 0, count: 126), .readHoldingRegisters(address: 65535, count: 2),
            .readCoils(address: 0, count: 0), .writeRegisters(address: 0, [UInt16](repeating: 0, count: 124)),
            .readHoldingRegisters(address: -1, count: 1),
        ] {
            #expect(await faultCode { try await line.exchange(request, unit: 1, for: "meter") } == .refused)
        }
        #expect(peer.requests.isEmpty)
    }

    @Test("a pseudo-terminal switches no direction, and the fault says what to do")
    func direction() async throws {
        let (peer, _) = try line { _, _, _ in [] }
        guard case .rtu(let device, var settings) = peer.address else { return }
        settings.rs485 = true
        let line = ModbusLine(.rtu(device: device, settings), timeouts: .patient)
        do {
            _ = try await line.exchange(Self.read, unit: 1, for: "meter")
            Issue.record("it was read")
        } catch {
            #expect(error.code == .connectionRefused && error.detail.contains("can switch no direction"), "\(error)")
        }
    }

    // libmodbus 3.1.6 takes 9600 Bd for both without a word: neither is in its list.
    @Test("any speed is really set, also one that libmodbus does not know", arguments: [31_250, 250_000])
    func speeds(_ baud: Int) async throws {
        let (peer, _) = try line { _, _, _ in [] }
        guard case .rtu(let device, _) = peer.address, let settings = SerialSettings(baud: baud, format: "8E1") else {
            return
        }
        let line = ModbusLine(.rtu(device: device, settings), timeouts: .patient)
        #expect(try await line.exchange(Self.read, unit: 1, for: "meter") == Self.right)
        let other = open(device, O_RDWR | O_NOCTTY | O_CLOEXEC)
        defer { close(other) }
        #expect(try KernelSerialControl().setting(other).speed == baud)
        // All bytes pass unchanged, FF among them: unit 255 is not asked, but its number stands in the words.
        #expect(
            try await line.exchange(.readHoldingRegisters(address: 0, count: 3), unit: 255, for: "meter")
                == .words([255, 255, 255]))
    }

    @Test("a serial line belongs to one line at a time, and is free again when it is closed")
    func locked() async throws {
        let (peer, first) = try line { _, _, _ in [] }
        let second = ModbusLine(peer.address, timeouts: .patient)
        #expect(try await first.exchange(Self.read, unit: 1, for: "meter") == Self.right)
        do {
            _ = try await second.exchange(Self.read, unit: 1, for: "meter")
            Issue.record("both have the line")
        } catch {
            #expect(error.code == .refused && error.detail.contains("in use"), "\(error)")
        }
        await first.close()
        #expect(try await second.exchange(Self.read, unit: 1, for: "meter") == Self.right)
    }
}
