import BenchCore
import TestSupport
import Testing

@testable import Instruments

/// Answers by question; the error queue is empty; everything else is silent.
private func zera(_ answers: [String: String], response: Double = 10) throws -> (ScriptedServer, ZeraMT310s2) {
    let server = try ScriptedServer { line, _ in
        if line == "SYST:ERR?" { return Array("+0,No error\n".utf8) }
        if line.hasSuffix("|*OPC?") { return Array("+1\n".utf8) }
        return answers[line].map { Array(($0 + "\n").utf8) } ?? []
    }
    let wire = SCPIConnection(
        host: "127.0.0.1", port: server.port, timeouts: WireTimeouts(connect: 10, response: response, late: 0))
    return (server, ZeraMT310s2(id: "standard", wire: wire))
}

private let readings = [
    "MEASURE:RMS1?":
        "RMS1:IL1:[A]:1.05;RMS1:IL2:[A]:1.06;RMS1:IL3:[A]:1.07;RMS1:UL1:[V]:241.5;RMS1:UL2:[V]:241.6;RMS1:UL3:[V]:241.7;",
    "MEASURE:POW1?": "POW1:P1:[W]:230.1;POW1:P2:[W]:-230.2;POW1:P3:[W]:230.3;POW1:PS:[W]:230.2;",
    "MEASURE:RNG1:F?": "RNG1:F:[Hz]:50.5;", "SENSE:RNG1:OVERLOAD?": "0",
    "MEASURE:THD1?": "THD1:UL1:[%]:0.99;THD1:UL2:[%]:0.98;THD1:UL3:[%]:0.97;",
]

@Suite("ZERA MT310s2 and COM5003")
struct ZeraMT310s2Tests {
    @Test("the maker's own exchanges: ranges, constant, one reading")
    func transcript() async throws {
        let transcript = try TranscriptWire.fixture("zera-mt310s2")
        let server = try LoopbackServer(transcript)
        let zera = ZeraMT310s2(id: "standard", wire: SCPIConnection(wire: server.address))
        // 200 kHz at three times 250 V · 10 A: 200e3 · 3.6e6 / 7500 = 96e6 imp/kWh, as the session dump has it.
        #expect(try await zera.range(for: Loads.balanced(6)) == 96_000_000)
        let reading = try await zera.read()
        #expect(reading.voltages == [241.5, 241.5, 241.5] && reading.currents == [1.05, 1.05, 1.05])
        #expect(reading.powers == [2301, 2301, 2301] && reading.frequency == 50.5)
        #expect(reading.voltageDistortion == [0.9954955, 0.99627292, 0.99686539])
        #expect(await transcript.spoken() == nil)
    }

    @Test("over the world it measures, chooses ranges and integrates what is really there")
    func world() async throws {
        let time = SteppedTime()
        let world = Quiet.world([Quiet.meter(1)])
        let server = try LoopbackServer(SimulatedZera(world: world, time: time))
        let zera = ZeraMT310s2(id: "standard", wire: SCPIConnection(wire: server.address))
        #expect(try await zera.identify().model == "MT310s2")
        #expect(try await zera.range(for: Loads.balanced(2)) == 384_000_000)  // 250 V, 2.5 A
        world.energise(Loads.balanced(2, lag: 60), time.now)
        try await time.sleep(seconds: 20)
        let reading = try await zera.read()
        #expect(abs(reading.voltages[1] - 230) < 0.3 && abs(reading.currents[2] - 2) < 0.003)
        #expect(abs(reading.totalPower - 690) < 1 && reading.frequency == 50)
        try await zera.startEnergy()
        try await time.sleep(seconds: 100)
        let running = try await zera.energy()
        #expect(abs(running - 69_000) < 100)
        let total = try await zera.stopEnergy()
        #expect(abs(total - running) < 1e-3)
        try await time.sleep(seconds: 100)
        // The counter stands: asking it to go on counting is a fault, not an old value.
        #expect(await faultCode { try await zera.energy() } == .badAnswer)
        #expect(try await zera.errors().isEmpty)
    }

    @Test("exported energy carries its sign")
    func export() async throws {
        let time = SteppedTime()
        let world = Quiet.world([Quiet.meter(1)])
        let server = try LoopbackServer(SimulatedZera(world: world, time: time))
        let zera = ZeraMT310s2(id: "standard", wire: SCPIConnection(wire: server.address))
        _ = try await zera.range(for: Loads.balanced(2))
        world.energise(Loads.balanced(2, lag: 180), time.now)
        try await time.sleep(seconds: 20)
        try await zera.startEnergy()
        try await time.sleep(seconds: 10)
        #expect(abs(try await zera.stopEnergy() + 13_800) < 20)
    }

    @Test("a load above every range is refused with the largest one")
    func tooLarge() async throws {
        let (server, zera) = try zera([
            "SENSE:RNG1:UL1:RANGE:CATALOG?": "250V;8V;100mV", "SENSE:RNG1:IL1:RANGE:CATALOG?": "10A;C100A;--",
        ])
        do {
            _ = try await zera.range(for: Loads.balanced(12))
            Issue.record("taken")
        } catch let fault as Fault {
            // C100A is the range of a clamp that may not be connected.
            #expect(fault.code == .refused && fault.detail == "12 is above the largest range of IL1 in A, 10A")
        }
        #expect(!server.lines.contains { $0.contains("RANGE ") })
    }

    @Test("a range that does not take hold, an output of another quantity, and a missing output are refused")
    func ranges() async throws {
        var answers = [
            "SENSE:RNG1:UL1:RANGE:CATALOG?": "250V", "SENSE:RNG1:IL1:RANGE:CATALOG?": "10A;5A",
            "CONFIGURATION:POW1:M0OUT?": "fOUT1", "CONFIGURATION:POW1:MMODE?": "4LB",
        ]
        for n in 1...3 {
            answers["SENSE:RNG1:UL\(n):RANGE?"] = "250V"
            answers["SENSE:RNG1:IL\(n):RANGE?"] = "10A"
        }
        #expect(await faultCode { try await zera(answers).1.range(for: Loads.balanced(2)) } == .refused)
        let load = Loads.balanced(6)
        #expect(await faultCode { try await zera(answers).1.range(for: load) } == .refused)
        answers["CONFIGURATION:POW1:MMODE?"] = "4LW"
        answers["CONFIGURATION:POW1:M0CONSTANT?"] = "2500000"
        #expect(try await zera(answers).1.range(for: load) == 2_500_000)
        answers["CONFIGURATION:POW1:M0CONSTANT?"] = "0"
        #expect(await faultCode { try await zera(answers).1.range(for: load) } == .badAnswer)
    }

    @Test("phases without voltage have no frequency or distortion; anything else that is missing is a fault")
    func missing() async throws {
        var answers = readings
        answers["MEASURE:RMS1?"] =
            "RMS1:IL1:[A]:0;RMS1:IL2:[A]:0;RMS1:IL3:[A]:0;RMS1:UL1:[V]:0.01;RMS1:UL2:[V]:0;RMS1:UL3:[V]:0;"
        answers["MEASURE:RNG1:F?"] = "RNG1:F:[Hz]:nan;"
        answers["MEASURE:THD1?"] = "THD1:UL1:[%]:nan;THD1:UL2:[%]:nan;THD1:UL3:[%]:nan;"
        let dead = try await zera(answers).1.read()
        #expect(dead.frequency == 0 && dead.voltageDistortion == [0, 0, 0])
        answers["MEASURE:RMS1?"] = readings["MEASURE:RMS1?"]
        #expect(await faultCode { try await zera(answers).1.read() } == .badAnswer)
    }

    @Test(
        "a channel that is missing, twice there, in another unit, without end or without number is a bad answer",
        arguments: [
            "POW1:P1:[W]:1;POW1:P2:[W]:2;", "POW1:P1:[W]:1;POW1:P1:[W]:1;POW1:P2:[W]:2;POW1:P3:[W]:3;",
            "POW1:P1:[kW]:1;POW1:P2:[W]:2;POW1:P3:[W]:3;", "POW1:P1:[W]:1;POW1:P2:[W]:2;POW1:P3:[W]:3",
            "POW1:P1:[W]:;POW1:P2:[W]:2;POW1:P3:[W]:3;", "POW1:P1:[W]:nan;POW1:P2:[W]:2;POW1:P3:[W]:3;",
            "POW1:P1:[W]:1,2;POW1:P2:[W]:2;POW1:P3:[W]:3;", ";",
        ])
    func malformed(answer: String) async throws {
        var answers = readings
        answers["MEASURE:POW1?"] = answer
        #expect(await faultCode { try await zera(answers).1.read() } == .badAnswer)
    }

    @Test("an overload of any channel spoils the reading; silence is a time-out; half an answer too")
    func trouble() async throws {
        var answers = readings
        answers["SENSE:RNG1:OVERLOAD?"] = "1"
        #expect(await faultCode { try await zera(answers).1.read() } == .badAnswer)
        answers["MEASURE:POW1?"] = nil
        #expect(await faultCode { try await zera(answers, response: 0.2).1.read() } == .timeout)
    }

    @Test("names of ranges: volts, millivolts, amperes; clamps and dashes are none")
    func names() {
        #expect(ZeraMT310s2Wire.range("100mV", unit: "V") == .init(name: "100mV", end: 0.1))
        #expect(ZeraMT310s2Wire.range("1.0A", unit: "A") == .init(name: "1.0A", end: 1))
        for name in ["--", "C100A", "A", "250V", "-5A"] { #expect(ZeraMT310s2Wire.range(name, unit: "A") == nil) }
    }
}

extension TranscriptWire {
    /// A transcript of `Fixtures/Transcripts`.
    static func fixture(_ name: String) throws -> TranscriptWire {
        let path = Checkout.path("Fixtures/Transcripts/\(name).txt")
        return try TranscriptWire(try Disk.read(path), file: path)
    }
}

extension World {
    /// Closes the contactor and applies a load.
    func energise(_ load: LoadSetting, _ moment: BenchInstant) {
        at(moment) { state, _ in
            state.setContactor(closed: true)
            state.prepared = load
            _ = state.apply()
        }
    }
}
