import BenchCore
import TestSupport
import Testing

@testable import Instruments

@Suite("ZES ZIMMER LMG600")
struct LMG600Tests {
    private struct Bench {
        var world: World, time: SteppedTime, device: SimulatedLMG600, servers: [LoopbackServer], analyzer: LMG600
    }

    private func bench(response: Double = 10) throws -> Bench {
        let time = SteppedTime()
        let world = Quiet.world([Quiet.meter(1)])
        let device = SimulatedLMG600(world: world, time: time)
        let servers = [try LoopbackServer(device), try LoopbackServer(device.back)]
        let timeouts = WireTimeouts(connect: 10, response: response, late: 0)
        let wires = servers.map { SCPIConnection(wire: $0.address, timeouts: timeouts, dialect: LMG600.dialect) }
        return Bench(
            world: world, time: time, device: device, servers: servers,
            analyzer: LMG600(id: "standard", wire: wires[0], back: wires[1]))
    }

    @Test("it measures what is applied; without voltage it makes nothing up")
    func read() async throws {
        let bench = try bench()
        #expect(try await bench.analyzer.identify().model == "LMG670")
        let dead = try await bench.analyzer.read()
        #expect(dead.voltages == [0, 0, 0] && dead.frequency == 0 && dead.voltageDistortion == [0, 0, 0])
        bench.world.energise(Loads.balanced(5, lag: 60), bench.time.now)
        try await bench.time.sleep(seconds: 20)
        let reading = try await bench.analyzer.read()
        #expect(abs(reading.voltages[0] - 230) < 0.3 && abs(reading.totalPower - 1725) < 3)
        #expect(reading.frequency == 50 && abs(reading.voltageDistortion[1] - 0.3) < 1e-6)
        #expect(try await bench.analyzer.errors().isEmpty)
    }

    @Test("it has no pulse output, and its integrator is not used: both are refused in words")
    func refusals() async throws {
        let bench = try bench()
        let analyzer = bench.analyzer
        #expect(await faultCode { try await analyzer.range(for: Loads.balanced(5)) } == .refused)
        #expect(await faultCode { try await analyzer.startEnergy() } == .refused)
        #expect(await faultCode { try await analyzer.energy() } == .refused)
        #expect(await faultCode { try await analyzer.stopEnergy() } == .refused)
    }

    @Test("after a time-out it is called back by «break», and the next reading is right; the time-out is told")
    func callBack() async throws {
        let bench = try bench(response: 0.3)
        bench.device.hang()
        #expect(await faultCode { try await bench.analyzer.read() } == .timeout)
        #expect(bench.device.breaks == 1)
        #expect(try await bench.analyzer.read().voltages == [0, 0, 0])
    }

    @Test("the real log of an LMG670: 9.91E37 is «not available», never a number")
    func log() throws {
        // cuveland/lmgtools, example/lmg670.log, first line: utrms, itrms, …, pf of channel 1 with nothing connected to its current.
        let values: [SCPIValue] = [.word("2.316219E+02;0.000000E+00;9.910000E+37;4.998982E+01")]
        let numbers = try LMG600Wire.numbers(values, 4, "…", "standard")
        #expect(numbers[0] == 231.6219 && numbers[1] == 0 && numbers[2].isNaN && numbers[3] == 49.98982)
        #expect(throws: Fault.self) { try LMG600Wire.numbers(values, 5, "…", "standard") }
        #expect(throws: Fault.self) { try LMG600Wire.numbers([.word("1;;2")], 3, "…", "standard") }
        #expect(throws: Fault.self) { try LMG600Wire.numbers([.word("1"), .word("2")], 2, "…", "standard") }
    }

    @Test("the exchanges of lmgtools: language, values, errors")
    func transcript() async throws {
        let transcript = try TranscriptWire.fixture("zes-lmg600")
        let server = try LoopbackServer(transcript)
        let wire = SCPIConnection(wire: server.address, dialect: LMG600.dialect)
        let analyzer = LMG600(id: "standard", wire: wire, back: wire)
        let reading = try await analyzer.read()
        #expect(reading.voltages == [231.6219, 0, 0] && reading.frequency == 49.98982)
        #expect(try await analyzer.errors() == ["-113 «Undefined header»"])
        #expect(await transcript.spoken() == nil)
    }
}
