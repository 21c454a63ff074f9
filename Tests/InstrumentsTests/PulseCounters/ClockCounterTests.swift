import BenchCore
import TestSupport
import Testing

@testable import Instruments

@Suite("Counters at the clock of a meter")
struct ClockCounterTests {
    @Test(
        "a clock of 4 Hz is counted as the counter's own second allows",
        arguments: ["keysight-53220", "pendulum-cnt90"])
    func count(name: String) async throws {
        let maker: SimulatedClockCounter.Maker = name == "keysight-53220" ? .keysight : .pendulum
        // A quartz of 32 768 Hz that is 20 ppm fast, divided to 4 Hz; the counter's second is 0.5 ppm too short.
        let clock = 4 * (1 + 20e-6)
        let server = try LoopbackServer(SimulatedClockCounter(maker, clocks: [2: clock], timeBase: 0.5e-6))
        let counter = try await typed(name, server.address, as: SCPIClockCounter.self)
        let reading = try await counter.frequency(channel: 2, gate: 10)
        #expect(reading.gate == 10)
        #expect(abs(reading.frequency / 4 - 1 - 19.5e-6) < 1e-9)
        #expect(counter.timeBaseError == (maker == .keysight ? 1e-6 : nil))
        #expect(try await counter.errors().isEmpty)
    }

    @Test("no signal: the Keysight says so with 9.91E37")
    func nothing() async throws {
        let server = try LoopbackServer(SimulatedClockCounter(.keysight, clocks: [:]))
        let counter = try await typed("keysight-53220", server.address, as: SCPIClockCounter.self)
        #expect(await faultCode { try await counter.frequency(channel: 1, gate: 1) } == .noPulses)
    }

    @Test("no signal: a Pendulum never answers, and is asked whether it is there")
    func silence() async throws {
        let text = String(
            decoding: try Disk.read(Checkout.path("Fixtures/Instruments/pendulum-cnt90.yaml")), as: UTF8.self
        ).replacing("slowest: 0.5 Hz", with: "slowest: 1000 Hz")
        let server = try LoopbackServer(SimulatedClockCounter(.pendulum, clocks: [:]))
        let counter = try await typed(text: text, server.address, as: SCPIClockCounter.self)
        #expect(await faultCode { try await counter.frequency(channel: 1, gate: 0.01) } == .noPulses)
    }

    @Test("a counter that is not there any more is a time-out, not a missing signal")
    func gone() async throws {
        let text = String(
            decoding: try Disk.read(Checkout.path("Fixtures/Instruments/pendulum-cnt90.yaml")), as: UTF8.self
        ).replacing("slowest: 0.5 Hz", with: "slowest: 1000 Hz")
        let server = try ScriptedServer { line, _ in
            line == "SYST:ERR?" ? Array("0,\"No error\"\n".utf8) : []
        }
        let counter = try await typed(
            text: text, .tcp(host: "127.0.0.1", port: server.port), response: 0.5, as: SCPIClockCounter.self)
        #expect(await faultCode { try await counter.frequency(channel: 1, gate: 0.01) } == .timeout)
    }

    @Test(
        "inputs and gates it does not have are refused; other answers than one frequency are bad",
        arguments: ["0", "-4", "INF", "4,4", "\"4\"", "4 Hz"])
    func refusals(answer: String) async throws {
        let server = try ScriptedServer { line, _ in
            if line == "SYST:ERR?" { return Array("0,\"No error\"\n".utf8) }
            return line == "READ?" ? Array((answer + "\n").utf8) : []
        }
        let counter = try await typed(
            "keysight-53220", .tcp(host: "127.0.0.1", port: server.port), as: SCPIClockCounter.self)
        #expect(await faultCode { try await counter.frequency(channel: 3, gate: 1) } == .refused)
        #expect(await faultCode { try await counter.frequency(channel: 1, gate: 2000) } == .refused)
        #expect(server.lines.isEmpty)
        #expect(await faultCode { try await counter.frequency(channel: 1, gate: 1) } == .badAnswer)
        // CONFigure switches automatic levels on, which need 50 Hz: the level is fixed behind it, never before.
        let lines = server.lines
        let configured = lines.firstIndex { $0.hasPrefix("CONF:FREQ") } ?? Int.max
        let fixed = lines.firstIndex(of: "INP1:LEV:AUTO OFF") ?? -1
        #expect(configured < fixed && lines.contains("SENS:FREQ:GATE:TIME 1") && lines.contains("SYST:TIM 7"))
    }

    @Test("the exchanges of the manual: 4 Hz over 1 s", arguments: ["keysight-53220", "pendulum-cnt90"])
    func transcript(name: String) async throws {
        let transcript = try TranscriptWire.fixture(name)
        let server = try LoopbackServer(transcript)
        let counter = try await typed(name, server.address, as: SCPIClockCounter.self)
        #expect(try await counter.frequency(channel: 1, gate: 1).frequency == 4.00001)
        #expect(await transcript.spoken() == nil)
    }
}
