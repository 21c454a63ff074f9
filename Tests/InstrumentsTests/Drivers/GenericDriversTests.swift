import BenchCore
import Synchronization
import TestSupport
import Testing

@testable import Instruments

/// Answers by line; everything else is silent, `SYST:ERR?` is always empty.
private func instrument(_ answers: [String: String]) throws -> (ScriptedServer, SCPIConnection) {
    let server = try ScriptedServer { line, _ in
        if line == "SYST:ERR?" { return Array("0,\"No error\"\n".utf8) }
        return answers[line].map { Array(($0 + "\n").utf8) } ?? []
    }
    return (
        server,
        SCPIConnection(
            host: "127.0.0.1", port: server.port, timeouts: WireTimeouts(connect: 10, response: 10, late: 0))
    )
}

private let load = LoadSetting(
    frequency: 50,
    phases: [(0.0, 0.0), (-120, 60), (120, -36.87)].map {
        PhaseLoad(voltage: 230, voltageAngle: $0.0, current: 0.05, currentLag: $0.1)
    })

@Suite("Generic SCPI drivers")
struct GenericDriversTests {
    @Test("a source is told frequency, voltages and currents, and asked whether it can")
    func prepare() async throws {
        let (server, wire) = try instrument(["SOUR:CHEC?": "OK"])
        try await SCPISource(id: "source", wire: wire).prepare(load)
        #expect(
            server.lines == [
                "SOUR:FREQ 50", "SOUR:PHAS1:VOLT 230,0", "SOUR:PHAS1:CURR 0.05,0", "SOUR:PHAS2:VOLT 230,-120",
                "SOUR:PHAS2:CURR 0.05,60", "SOUR:PHAS3:VOLT 230,120", "SOUR:PHAS3:CURR 0.05,-36.87", "SYST:ERR?",
                "SOUR:CHEC?",
            ])
    }

    @Test("a source that cannot says why")
    func refusal() async throws {
        let (_, wire) = try instrument(["SOUR:CHEC?": "REFUSED,\"L1: 900 A is above 120 A\""])
        do {
            try await SCPISource(id: "source", wire: wire).prepare(load)
            Issue.record("taken")
        } catch let fault as Fault {
            #expect(fault == Fault(.refused, "source", "L1: 900 A is above 120 A"))
        }
    }

    @Test("identity: only MeterBench's «Simulated …» is a simulator")
    func identity() async throws {
        let (_, simulated) = try instrument(["*IDN?": "MeterBench,Simulated Source,SIM-S-1,1.0"])
        #expect(try await SCPISource(id: "s", wire: simulated).identify().simulated)
        let (_, real) = try instrument(["*IDN?": "\"Maker, Ltd\",Simulated Annealer,7,2.1"])
        let identity = try await SCPISource(id: "s", wire: real).identify()
        #expect(!identity.simulated && identity.manufacturer == "Maker, Ltd")
    }

    @Test("states of a source; a voltage that stays on is a fault")
    func states() async throws {
        let (_, healthy) = try instrument(["OUTP:STAT?": "1,0,\"\""])
        #expect(
            try await SCPISource(id: "s", wire: healthy).state() == SourceState(on: true, settled: false, fault: nil))
        #expect(
            await faultCode { try await SCPISource(id: "s", wire: healthy).perform(.voltageOff) } == .sourceFault)
        let (server, off) = try instrument(["OUTP:STAT?": "0,0,\"overload L2\""])
        #expect(try await SCPISource(id: "s", wire: off).state().fault == "overload L2")
        try await SCPISource(id: "s", wire: off).perform(.voltageOff)
        try await SCPISource(id: "s", wire: off).perform(.currentOff)
        #expect(server.lines.contains("OUTP:VOLT OFF") && server.lines.contains("OUTP:CURR OFF"))
        #expect(await faultCode { try await SCPISource(id: "s", wire: off).perform(.open) } == .refused)
    }

    @Test("a standard gives its constant and thirteen values")
    func standard() async throws {
        let (server, wire) = try instrument([
            "CONF:CONS?": "4E+5",
            "MEAS:ALL?": "230.1,230.2,230.3,.05,0.051,+5.2E-2,11.5,11.6,-11.7,50.01,0.3,0.31,0.32",
            "ENER?": "-3600.5", "ENER:STOP?": "7200",
        ])
        let standard = SCPIStandard(id: "standard", wire: wire)
        #expect(try await standard.range(for: load) == 400_000)
        #expect(server.lines.contains("CONF:RANG 230,0.05"))
        let reading = try await standard.read()
        #expect(reading.voltages == [230.1, 230.2, 230.3] && reading.currents == [0.05, 0.051, 0.052])
        #expect(reading.powers == [11.5, 11.6, -11.7] && reading.frequency == 50.01)
        #expect(reading.voltageDistortion == [0.3, 0.31, 0.32])
        try await standard.startEnergy()
        #expect(try await standard.energy() == -3600.5)
        #expect(try await standard.stopEnergy() == 7200)
    }

    @Test(
        "a standard that overflows, or gives too few values, answers badly",
        arguments: ["9.91E37", "1,2,3", "\"hot\"", "-5", "5 6"])
    func badStandard(answer: String) async throws {
        let (_, wire) = try instrument(["MEAS:ALL?": answer, "CONF:CONS?": answer])
        let standard = SCPIStandard(id: "standard", wire: wire)
        #expect(await faultCode { try await standard.read() } == .badAnswer)
        #expect(await faultCode { try await standard.range(for: load) } == .badAnswer)
    }

    @Test("edges come out of their block with all digits of their clock")
    func edges() async throws {
        // 2^53 + 1 ns does not fit a Double: the clock must stay an integer all the way.
        let tick: Int64 = 9_007_199_254_740_993
        var block: [UInt8] = []
        for (clock, count) in [(tick - 1, 10.25), (tick, 1e6)] {
            for shift in stride(from: 56, through: 0, by: -8) {
                block.append(UInt8(truncatingIfNeeded: clock >> Int64(shift)))
            }
            let bits = count.bitPattern
            for shift in stride(from: 56, through: 0, by: -8) {
                block.append(UInt8(truncatingIfNeeded: bits >> UInt64(shift)))
            }
        }
        let answer = Array("\(tick + 1),7,0,#232".utf8) + block + [10]
        let server = try ScriptedServer { line, _ in line == "PULS:DATA? 3,5" ? answer : Array("0,\"No error\"\n".utf8)
        }
        let wire = SCPIConnection(
            host: "127.0.0.1", port: server.port, timeouts: WireTimeouts(connect: 10, response: 10, late: 0))
        let edges = try await SCPICounter(id: "counter", wire: wire).edges(channel: 3, from: 5)
        #expect(
            edges
                == EdgeBlock(
                    edges: [
                        PulseEdge(tick: tick - 1, referenceCount: 10.25), PulseEdge(tick: tick, referenceCount: 1e6),
                    ], next: 7, overrun: false, now: tick + 1))
    }

    @Test(
        "blocks that cannot be are bad answers",
        arguments: ["1,1,0,#0", "5,2,0,#216aaaaaaaaaaaaaaaa", "5,1,0,#15aaaaa", "5,1,2,#0"])
    func badEdges(answer: String) async throws {
        let (_, wire) = try instrument(["PULS:DATA? 1,0": answer])
        #expect(await faultCode { try await SCPICounter(id: "c", wire: wire).edges(channel: 1, from: 0) } == .badAnswer)
    }

    @Test("a counter is armed with a list of channels")
    func arm() async throws {
        let (server, wire) = try instrument([:])
        try await SCPICounter(id: "c", wire: wire).arm(channels: [1, 2, 6])
        try await SCPICounter(id: "c", wire: wire).disarm()
        #expect(server.lines == ["PULS:ARM (@1,2,6)", "SYST:ERR?", "PULS:DIS", "SYST:ERR?"])
    }

    @Test("climate: signed temperature; what no sensor measures is a bad answer")
    func climate() throws {
        #expect(
            try ModbusClimateWire.reading([2315, 4512], "t") == ClimateReading(temperature: 23.15, humidity: 45.12))
        #expect(try ModbusClimateWire.reading([0xFE0C, 0], "t").temperature == -5)
        #expect(throws: Fault.self) { try ModbusClimateWire.reading([0x7FFF, 0], "t") }
        #expect(throws: Fault.self) { try ModbusClimateWire.reading([2000, 10001], "t") }
    }
}
