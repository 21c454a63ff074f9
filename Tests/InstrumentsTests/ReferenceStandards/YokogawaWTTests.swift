import BenchCore
import TestSupport
import Testing

@testable import Instruments

@Suite("Yokogawa WT by table")
struct YokogawaWTTests {
    private func analyzer(
        _ name: String = "yokogawa-wt3000", load: LoadSetting? = nil
    ) async throws -> (SCPIAnalyzer, World, SteppedTime, LoopbackServer) {
        let time = SteppedTime()
        let world = Quiet.world([Quiet.meter(1)])
        let server = try LoopbackServer(SimulatedWT(world: world, time: time))
        if let load {
            world.energise(load, time.now)
            try await time.sleep(seconds: 20)
        }
        return (try await typed(name, server.address, as: SCPIAnalyzer.self), world, time, server)
    }

    @Test("it measures what is applied", arguments: ["yokogawa-wt3000", "yokogawa-wt1800", "yokogawa-wt5000"])
    func read(name: String) async throws {
        let (analyzer, _, _, server) = try await analyzer(name, load: Loads.balanced(5, lag: 60))
        #expect(try await analyzer.identify().manufacturer == "YOKOGAWA")
        let reading = try await analyzer.read()
        #expect(abs(reading.voltages[2] - 230) < 0.3 && abs(reading.currents[0] - 5) < 0.01)
        #expect(abs(reading.totalPower - 1725) < 3 && reading.frequency == 50)
        // Single precision: 0.3 % comes back within 2⁻²⁴ of itself.
        #expect(reading.voltageDistortion.allSatisfy { abs($0 - 0.3) < 1e-6 })
        #expect(try await analyzer.errors().isEmpty)
        withExtendedLifetime(server) {}
    }

    @Test("without voltage there is no frequency and no distortion, and nothing is made up")
    func dead() async throws {
        let (analyzer, _, _, server) = try await analyzer()
        let reading = try await analyzer.read()
        #expect(reading.voltages == [0, 0, 0] && reading.frequency == 0 && reading.voltageDistortion == [0, 0, 0])
        withExtendedLifetime(server) {}
    }

    @Test("ranges are set, and no constant is named where there is no pulse output")
    func ranges() async throws {
        let (analyzer, _, _, server) = try await analyzer(load: Loads.balanced(5))
        do {
            _ = try await analyzer.range(for: Loads.balanced(0.4))
            Issue.record("a constant was named")
        } catch let fault as Fault {
            #expect(fault.code == .refused && fault.detail.hasPrefix("its ranges are set, but it has no pulse output"))
        }
        // 5 A flow in the range of 500 mA now: the reading is an overload, not a number.
        do {
            _ = try await analyzer.read()
            Issue.record("an overload was taken for a value")
        } catch let fault as Fault {
            #expect(fault.code == .badAnswer && fault.detail == "the current of phase 1 is above its range (overload)")
        }
        #expect(await faultCode { try await analyzer.range(for: Loads.balanced(31)) } == .refused)
        withExtendedLifetime(server) {}
    }

    @Test("a laboratory that has put a converter at an output states its constant in the type")
    func constant() async throws {
        let time = SteppedTime()
        let world = Quiet.world([Quiet.meter(1)])
        let server = try LoopbackServer(SimulatedWT(world: world, time: time))
        let path = Checkout.path("Fixtures/Instruments/yokogawa-wt3000.yaml")
        let text = String(decoding: try Disk.read(path), as: UTF8.self) + "pulse-constant: 36000000 imp/kWh\n"
        let analyzer = try await typed(text: text, server.address, as: SCPIAnalyzer.self)
        #expect(try await analyzer.range(for: Loads.balanced(5)) == 36_000_000)
    }

    @Test("its integrator: watt-hours of three elements as watt-seconds, with sign; only while it runs")
    func energy() async throws {
        let (analyzer, _, time, server) = try await analyzer(load: Loads.balanced(5, lag: 180))
        #expect(await faultCode { try await analyzer.energy() } == .badAnswer)
        try await analyzer.startEnergy()
        try await time.sleep(seconds: 60)
        #expect(abs(try await analyzer.energy() + 207_000) < 200)
        // A second start begins at zero again, also while it runs.
        try await analyzer.startEnergy()
        try await time.sleep(seconds: 10)
        #expect(abs(try await analyzer.stopEnergy() + 34_500) < 40)
        #expect(await faultCode { try await analyzer.stopEnergy() } == .badAnswer)
        withExtendedLifetime(server) {}
    }

    /// A WT3000 whose list answers with these bytes.
    private func answering(_ bytes: [UInt8]) async throws -> (SCPIAnalyzer, ScriptedServer) {
        let server = try ScriptedServer { line, _ in
            if line.hasPrefix(":STATus:ERRor?") { return Array("0,\"NO ERROR\"\n".utf8) }
            if line == ":STATus:EESR?" { return Array("1\n".utf8) }
            return line == ":NUMeric:NORMal:VALue?" ? bytes : []
        }
        return (
            try await typed(
                "yokogawa-wt3000", .tcp(host: "127.0.0.1", port: server.port), as: SCPIAnalyzer.self), server
        )
    }

    @Test("the marks of the manual in a float block: 7E951BEE is no data, 7E94F56A an overload (6-97)")
    func marks() async throws {
        func block(_ patterns: [UInt32]) -> [UInt8] {
            let bytes = patterns.flatMap { p in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: p >> UInt32($0)) } }
            return Array("#4\(bytes.count < 100 ? "00" : "0")\(bytes.count)".utf8) + bytes + [10]
        }
        let value = Float(230).bitPattern
        var patterns = [UInt32](repeating: value, count: 16)
        #expect(try await answering(block(patterns)).0.read().voltages == [230, 230, 230])
        patterns[1] = 0x7E95_1BEE
        do {
            _ = try await answering(block(patterns)).0.read()
            Issue.record("no data was taken for a value")
        } catch let fault as Fault { #expect(fault.detail == "gives no value for the voltage of phase 2, V") }
        patterns[1] = 0x7E94_F56A
        do {
            _ = try await answering(block(patterns)).0.read()
            Issue.record("an overload was taken for a value")
        } catch let fault as Fault { #expect(fault.detail == "the voltage of phase 2 is above its range (overload)") }
        patterns[1] = value
        patterns[11] = 0x7E95_1BEE
        do {
            _ = try await answering(block(patterns)).0.read()
            Issue.record("a missing distortion was taken for a value")
        } catch let fault as Fault { #expect(fault.detail.contains("gives no distortion of U2")) }
        #expect(await faultCode { try await answering(block(Array(patterns.dropLast()))).0.read() } == .badAnswer)
    }

    @Test(
        "text in place of a block, half a number, too many numbers are bad answers",
        arguments: ["1,2,3", "NAN", "#14abcd"])
    func malformed(answer: String) async throws {
        #expect(await faultCode { try await answering(Array((answer + "\n").utf8)).0.read() } == .badAnswer)
    }

    @Test("the manual's exchanges: list, formats and numbers")
    func transcript() async throws {
        let transcript = try TranscriptWire.fixture("yokogawa-wt3000")
        let server = try LoopbackServer(transcript)
        let analyzer = try await typed("yokogawa-wt3000", server.address, as: SCPIAnalyzer.self)
        let reading = try await analyzer.read()
        #expect(reading.voltages == [104.75, 105, 0] && reading.frequency == 50)
        #expect(await transcript.spoken() == nil)
    }

    @Test("numbers of the standard and of Yokogawa's blocks go there and back")
    func blocks() {
        let values = [1.5, -0.25, 0, 104.75]
        for order in [SCPINumberBlock.ByteOrder.normal, .swapped] {
            #expect(SCPINumberBlock.single(SCPINumberBlock.bytes(single: values, order), order) == values)
        }
        // Elapsed time of one hour in the manual (6-97): 0x45610000 is 3600.
        #expect(SCPINumberBlock.single([0x45, 0x61, 0, 0], .normal) == [3600])
        #expect(SCPINumberBlock.double([0x40, 0xAC, 0x20, 0, 0, 0, 0, 0], .normal) == [3600])
        #expect(SCPINumberBlock.single([1, 2, 3], .normal) == nil)
    }
}
