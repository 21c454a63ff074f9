import BenchCore
import Synchronization
import TestSupport
import Testing

@testable import Instruments

@Suite("Modbus line against pymodbus")
struct ModbusLineTests {
    private static let voltage = ModbusRequest.readInputRegisters(address: 0, count: 2)
    private static let power = ModbusRequest.readInputRegisters(address: 0x34, count: 2)
    /// Long enough for a busy machine to answer, short enough to wait for a silent unit.
    private static let times = WireTimeouts(connect: 10, response: 1.5, late: 4)

    @Test(
        "each trouble has its own name, on TCP and on RTU", .disabled(if: ModbusPeer.missing, "\(ModbusPeer.skipped)"),
        arguments: [false, true],
        [
            ("sdm630:exception=2", Fault.Code.modbusException, "exception 2, illegal data address"),
            ("sdm630:exception=4", .modbusException, "exception 4, device failure"),
            ("sdm630:exception=6", .modbusException, "exception 6, device busy"),
            ("none", .modbusException, "exception 2"), ("sdm630:silent", .timeout, "no answer"),
            ("sdm630:late=2.5", .lateAnswer, "the time-out is 1.5 s"), ("sdm630:unit=9", .wrongUnit, "unit 9"),
            ("sdm630:cut", .brokenFrame, ""),
        ])
    func named(rtu: Bool, trouble: (unit: String, code: Fault.Code, words: String)) async throws {
        let peer = try await ModbusPeer.start(rtu: rtu, ["1=sdm630", "2=\(trouble.unit)"])
        let line = ModbusLine(peer.address, timeouts: Self.times)
        do {
            _ = try await line.exchange(Self.voltage, unit: 2, for: "meter")
            Issue.record("\(trouble.unit) was read")
        } catch {
            #expect(error.code == trouble.code, "\(error)")
            #expect(error.detail.contains(trouble.words), "\(error)")
        }
        // 230.1 V: the line serves the next unit as if nothing had been.
        #expect(try await line.exchange(Self.voltage, unit: 1, for: "meter") == .words([0x4366, 0x199A]))
    }

    @Test("a broken check sum is a broken frame (RTU)", .disabled(if: ModbusPeer.missing, "\(ModbusPeer.skipped)"))
    func crc() async throws {
        let peer = try await ModbusPeer.start(rtu: true, ["1=sdm630", "2=sdm630:crc"])
        let line = ModbusLine(peer.address, timeouts: Self.times)
        let code = await faultCode { try await line.exchange(Self.voltage, unit: 2, for: "meter") }
        #expect(code == .brokenFrame)
        #expect(try await line.exchange(Self.voltage, unit: 1, for: "meter") == .words([0x4366, 0x199A]))
    }

    @Test(
        "a broken header and a closed connection are told apart (TCP)",
        .disabled(if: ModbusPeer.missing, "\(ModbusPeer.skipped)"))
    func header() async throws {
        let peer = try await ModbusPeer.start(rtu: false, ["1=sdm630", "2=sdm630:header", "3=sdm630:close"])
        let line = ModbusLine(peer.address, timeouts: Self.times)
        #expect(await faultCode { try await line.exchange(Self.voltage, unit: 2, for: "meter") } == .brokenFrame)
        #expect(await faultCode { try await line.exchange(Self.voltage, unit: 3, for: "meter") } == .connectionLost)
        #expect(try await line.exchange(Self.voltage, unit: 1, for: "meter") == .words([0x4366, 0x199A]))
    }

    // The answer to the first request comes when the second has been sent: on RTU both look alike.
    @Test(
        "an answer later than all patience is not taken for the next one",
        .disabled(if: ModbusPeer.missing, "\(ModbusPeer.skipped)"), arguments: [false, true])
    func stale(rtu: Bool) async throws {
        let peer = try await ModbusPeer.start(rtu: rtu, ["1=sdm630:once-late=2"])
        let line = ModbusLine(peer.address, timeouts: WireTimeouts(connect: 10, response: 1, late: 0))
        #expect(await faultCode { try await line.exchange(Self.voltage, unit: 1, for: "meter") } == .timeout)
        // The answer to the voltage must never stand for the power, whatever else happens.
        var answers: [ModbusAnswer] = []
        for _ in 0..<3 {
            if let answer = try? await line.exchange(Self.power, unit: 1, for: "meter") { answers.append(answer) }
        }
        #expect(!answers.isEmpty)
        // 3456.75 W is 0x45580C00 as a single.
        #expect(answers.allSatisfy { $0 == .words([0x4558, 0x0C00]) }, "\(answers)")
    }

    @Test(
        "a read is asked twice after silence, and the fault says so",
        .disabled(if: ModbusPeer.missing, "\(ModbusPeer.skipped)"))
    func retries() async throws {
        let peer = try await ModbusPeer.start(rtu: false, ["1=sdm630:silent", "2=sdm630:once-late=3"])
        let line = ModbusLine(peer.address, timeouts: WireTimeouts(connect: 10, response: 1, late: 0))
        let silent = ModbusUnit(line: line, unit: 1, id: "meter")
        do {
            _ = try await silent.words(function: 4, address: 0, count: 2)
            Issue.record("a silent unit was read")
        } catch {
            #expect(error.code == .timeout)
            #expect(error.detail.contains("asked twice"))
        }
        let slowOnce = ModbusUnit(line: line, unit: 2, id: "meter")
        #expect(try await slowOnce.words(function: 4, address: 0, count: 2) == [0x4366, 0x199A])
    }

    @Test(
        "units of one line are served in turn while many ask at once",
        .disabled(if: ModbusPeer.missing, "\(ModbusPeer.skipped)"), arguments: [false, true])
    func inTurn(rtu: Bool) async throws {
        let peer = try await ModbusPeer.start(rtu: rtu, ["1=sdm630", "2=em340", "3=sdm630"])
        let line = ModbusLine(peer.address, timeouts: .patient)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for round in 0..<30 {
                group.addTask {
                    let unit = 1 + round % 3
                    let expected: [UInt16] = unit == 2 ? [2301, 0] : [0x4366, 0x199A]
                    return try await line.exchange(Self.voltage, unit: unit, for: "meter") == .words(expected)
                }
            }
            for try await right in group { #expect(right) }
        }
    }

    @Test(
        "a connection that its other end has closed is made anew",
        .disabled(if: ModbusPeer.missing, "\(ModbusPeer.skipped)"))
    func reconnects() async throws {
        let peer = try await ModbusPeer.start(rtu: false, ["1=sdm630", "2=sdm630:close"])
        let line = ModbusLine(peer.address, timeouts: .patient)
        for _ in 0..<3 {
            #expect(await faultCode { try await line.exchange(Self.voltage, unit: 2, for: "meter") } == .connectionLost)
            #expect(try await line.exchange(Self.voltage, unit: 1, for: "meter") == .words([0x4366, 0x199A]))
        }
    }

    @Test("nobody listening, no such device: connection refused")
    func refused() async throws {
        let tcp = ModbusLine(.tcp(host: "127.0.0.1", port: try freePort()))
        #expect(await faultCode { try await tcp.exchange(Self.voltage, unit: 1, for: "meter") } == .connectionRefused)
        let settings = try #require(SerialSettings(baud: 9600, format: "8N1"))
        let rtu = ModbusLine(.rtu(device: "/dev/no-such-line", settings))
        #expect(await faultCode { try await rtu.exchange(Self.voltage, unit: 1, for: "meter") } == .connectionRefused)
    }

    @Test(
        "a safe action does not wait for a silent unit", .disabled(if: ModbusPeer.missing, "\(ModbusPeer.skipped)"),
        arguments: [false, true])
    func urgent(rtu: Bool) async throws {
        let peer = try await ModbusPeer.start(rtu: rtu, ["1=sdm630", "2=sdm630:silent"])
        let line = ModbusLine(peer.address, timeouts: WireTimeouts(connect: 10, response: 600, late: 600))
        // Opens the line, so that the silent request is on its way soon.
        _ = try await line.exchange(Self.voltage, unit: 1, for: "meter")
        let ended = Mutex<Fault.Code?>(nil)
        async let silent: Void = {
            let code = await faultCode { try await line.exchange(Self.voltage, unit: 2, for: "meter") }
            ended.withLock { $0 = code ?? .internalError }
        }()
        // The silent request may be sent before, between or after; each safe action gets through, and it gives way to one.
        while ended.withLock({ $0 }) == nil {
            let answer = try await line.urgentExchange(.writeCoil(address: 0, on: false), unit: 1, for: "contactor")
            #expect(answer == .done)
        }
        await silent
        #expect(ended.withLock { $0 } == .cancelled)
    }
}
