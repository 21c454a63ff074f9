import BenchCore
import TestSupport
import Testing

@testable import Instruments

@Suite("Error calculator of a ZERA MT310s2")
struct ZeraMT310s2CalculatorTests {
    private func bench(gain: Double) throws -> (World, SteppedTime, LoopbackServer, SCPIConnection) {
        let time = SteppedTime()
        let world = Quiet.world([Quiet.meter(1) { $0.gain = gain }])
        let server = try LoopbackServer(SimulatedZera(world: world, time: time))
        return (world, time, server, SCPIConnection(wire: server.address))
    }

    @Test("it finds the error that was planted in the meter")
    func error() async throws {
        let (world, time, server, wire) = try bench(gain: 0.4)
        _ = try await ZeraMT310s2(id: "standard", wire: wire).range(for: Loads.balanced(5))
        world.energise(Loads.balanced(5), time.now)
        try await time.sleep(seconds: 20)
        let calculator = ZeraMT310s2Calculator(id: "calculator", wire: wire)
        #expect(try await calculator.state() == ErrorState(stage: .idle, error: nil, progress: 0))
        try await calculator.start(
            ErrorCalculation(meterConstant: 10_000, referenceConstant: nil, pulses: 20, input: 1, continuous: false))
        #expect(try await calculator.state().stage == .waiting)
        // 3450 W and 10 000 imp/kWh: a pulse every 0.104 s.
        try await time.sleep(seconds: 1)
        let half = try await calculator.state()
        #expect(half.stage == .running && half.error == nil && (0.3...0.6).contains(half.progress ?? 0))
        try await time.sleep(seconds: 2)
        let done = try await calculator.state()
        #expect(done.stage == .finished && done.progress == 1)
        #expect(abs((done.error ?? 99) - 0.4) < 0.01)
        withExtendedLifetime(server) {}
    }

    @Test("ended by hand it is aborted and has no error")
    func abort() async throws {
        let (_, _, server, wire) = try bench(gain: 0)
        let calculator = ZeraMT310s2Calculator(id: "calculator", wire: wire)
        try await calculator.start(
            ErrorCalculation(meterConstant: 10_000, referenceConstant: nil, pulses: 5, input: 2, continuous: true))
        try await calculator.abort()
        #expect(try await calculator.state() == ErrorState(stage: .aborted, error: nil, progress: 0))
        withExtendedLifetime(server) {}
    }

    @Test("what it cannot do is refused before anything is sent")
    func refusals() async throws {
        let server = try ScriptedServer { _, _ in [] }
        let calculator = ZeraMT310s2Calculator(
            id: "calculator", wire: SCPIConnection(host: "127.0.0.1", port: server.port))
        for calculation in [
            ErrorCalculation(meterConstant: 1e4, referenceConstant: 1e6, pulses: 5, input: 1, continuous: false),
            ErrorCalculation(meterConstant: 0, referenceConstant: nil, pulses: 5, input: 1, continuous: false),
            ErrorCalculation(meterConstant: 1e4, referenceConstant: nil, pulses: 0, input: 1, continuous: false),
            ErrorCalculation(meterConstant: 1e4, referenceConstant: nil, pulses: 5, input: 3, continuous: false),
        ] {
            #expect(await faultCode { try await calculator.start(calculation) } == .refused)
        }
        #expect(server.lines.isEmpty)
    }

    @Test("a target that does not follow from the constants is a fault, before the start")
    func wrongTarget() async throws {
        let server = try ScriptedServer { line, _ in
            if line == "SYST:ERR?" { return Array("+0,No error\n".utf8) }
            if line.hasSuffix("|*OPC?") { return Array("+1\n".utf8) }
            if line.hasSuffix("TARGET?") { return Array("48000\n".utf8) }
            return line.hasSuffix("REFCONSTANT?") ? Array("96000000\n".utf8) : []
        }
        let calculator = ZeraMT310s2Calculator(
            id: "calculator", wire: SCPIConnection(host: "127.0.0.1", port: server.port))
        let calculation = ErrorCalculation(
            meterConstant: 10_000, referenceConstant: nil, pulses: 10, input: 1, continuous: false)
        // 10 · 96e6 / 10 000 = 96 000.
        #expect(await faultCode { try await calculator.start(calculation) } == .badAnswer)
        #expect(!server.lines.contains { $0.contains("START 1") })
    }

    @Test("a result that is not a number is no error of 0 %; an unknown word is a bad answer")
    func results() async throws {
        func state(_ result: String) async throws -> ErrorState {
            let server = try ScriptedServer { line, _ in
                if line.hasSuffix("STATUS?") { return Array("4\n".utf8) }
                return Array((line.hasSuffix("RESULT?") ? result : "100").utf8) + [10]
            }
            return try await ZeraMT310s2Calculator(
                id: "c", wire: SCPIConnection(host: "127.0.0.1", port: server.port)
            ).state()
        }
        // sec1module: the result is qQNaN() where nothing was counted.
        #expect(try await state("nan").error == nil)
        #expect(try await state("-0.125").error == -0.125)
        #expect(await faultCode { try await state("--.--") } == .badAnswer)
    }
}
