import BenchCore
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Instruments

@Suite("Sources by table, over simulators of their makers")
struct TableSourceTests {
    @Test(
        "Fluke 6105A: a load of three phases with lag is what stands at the terminals, and settled after its time only")
    func fluke() async throws {
        let instrument = FlukeModel.instrument()
        let server = try LoopbackServer(instrument)
        let time = SteppedTime()
        let source = try await SourceFixture.source("fluke-6105a", at: server.address, time: time)
        #expect(try await source.identify().model == "6105A")
        try await source.prepare(Loads.balanced(5, lag: 60))
        #expect(instrument.model { !$0.output }, "preparing energises nothing")
        try await source.apply()
        instrument.model { model in
            #expect(model.output && model.frequency == 50)
            for phase in 1...3 {
                #expect(model.voltage(phase) == 230 && model.current(phase) == 5)
                #expect(model.phases[phase - 1][0].harmonics[1]?.angle == [0, -120, 120][phase - 1])
                // The current lags its own voltage: a negative angle.
                #expect(model.phases[phase - 1][1].harmonics[1]?.angle == -60)
                #expect(model.phases[phase - 1][0].high == 360 && model.phases[phase - 1][1].high == 5)
            }
        }
        #expect(try await source.state() == SourceState(on: true, settled: false, fault: nil))
        try await time.sleep(seconds: 15)
        #expect(try await source.state() == SourceState(on: true, settled: true, fault: nil))
        // The next load goes in while the outputs are on, at `apply` and not before.
        try await source.prepare(Loads.balanced(1))
        #expect(instrument.model { $0.current(1) } == 5)
        try await source.apply()
        #expect(instrument.model { $0.current(1) } == 1)
        #expect(try await source.state().settled == false)
    }

    @Test("currents off leaves the voltages; voltage off leaves nothing; both from any state")
    func safe() async throws {
        let instrument = FlukeModel.instrument()
        let server = try LoopbackServer(instrument)
        let source = try await SourceFixture.source("fluke-6105a", at: server.address)
        // Nothing was ever applied.
        try await source.perform(.currentOff)
        try await source.perform(.voltageOff)
        try await source.prepare(Loads.balanced(5))
        try await source.apply()
        try await source.perform(.currentOff)
        #expect(
            instrument.model { model in
                model.output && model.voltage(2) == 230 && (1...3).allSatisfy { model.current($0) == 0 }
            })
        // What was prepared before a safe action is never applied after it.
        #expect(await faultCode { try await source.apply() } == .refused)
        try await source.perform(.voltageOff)
        #expect(instrument.model { !$0.output })
        try await source.perform(.voltageOff)
        // Prepared, not applied.
        try await source.prepare(Loads.balanced(5))
        try await source.perform(.voltageOff)
        #expect(instrument.model { !$0.output })
        #expect(await faultCode { try await source.perform(.open) } == .refused)
    }

    @Test("what source or bench exclude is refused before a byte is sent")
    func refusals() async throws {
        let server = try ScriptedServer { _, _ in [] }
        let range = SourceRange(voltage: 30...250, current: 0.001...10, frequency: 45...65, stability: 0.01, settle: 5)
        let source = try await SourceFixture.source(
            "fluke-6105a", at: .tcp(host: "127.0.0.1", port: server.port), range: range)
        #expect(source.capability.voltage == 30...250)
        #expect(source.capability.current == 0.05...10)
        for load in [
            Loads.balanced(5, voltage: 251), Loads.balanced(11), Loads.balanced(0.01),
            LoadSetting(frequency: 66, phases: Loads.balanced(1).phases),
        ] {
            #expect(await faultCode { try await source.prepare(load) } == .refused)
        }
        #expect(server.lines.isEmpty)
        let far = SourceRange(voltage: 2000...3000, current: 1...2, frequency: 50...60, stability: 0, settle: 1)
        #expect(
            await faultCode {
                try await SourceFixture.source("fluke-6105a", at: .tcp(host: "127.0.0.1", port: 9), range: far)
            } == .notFound)
    }

    @Test("sources of voltage refuse currents, and single-phase ones other phases")
    func voltageOnly() async throws {
        for name in ["chroma-61500", "chroma-61600", "keysight-6834b", "pacific-upc", "ametek-lx"] {
            let source = try await SourceFixture.source(name, at: .tcp(host: "127.0.0.1", port: 9))
            #expect(source.capability.current == nil)
            #expect(await faultCode { try await source.prepare(SourceFixture.single(230, current: 1)) } == .refused)
            if name.hasPrefix("chroma") {
                #expect(await faultCode { try await source.prepare(SourceFixture.voltages) } == .refused)
            }
        }
    }

    @Test("what the instrument refuses is refused in its own words, with nothing energised")
    func instrumentRefuses() async throws {
        let instrument = FlukeModel.instrument()
        instrument.model { $0.fitted = [1] }
        let server = try LoopbackServer(instrument)
        let source = try await SourceFixture.source("fluke-6105a", at: server.address)
        do {
            try await source.prepare(Loads.balanced(5))
            Issue.record("taken")
        } catch let fault as Fault {
            #expect(fault.code == .refused)
            #expect(fault.detail.contains("-241 «Hardware missing»"), "\(fault.detail)")
        }
        #expect(await faultCode { try await source.apply() } == .refused)
        #expect(instrument.model { !$0.output })
    }

    @Test(
        "another instrument at the address gets no commands", arguments: ["fluke-6105a", "chroma-61500", "pacific-upc"])
    func wrongDevice(name: String) async throws {
        let instrument = VoltageSourceModel.keysight()
        let server = try LoopbackServer(instrument)
        let source = try await SourceFixture.source(name, at: server.address)
        // It does not know the Fluke's queries either; what matters is that nothing is set.
        let code = await faultCode { try await source.prepare(SourceFixture.single(230)) }
        #expect(code == .wrongDevice)
        #expect(instrument.model { $0.voltages } == [0, 0, 0])
    }

    @Test("a source found switched on is switched off before anything is set")
    func foundOn() async throws {
        let instrument = VoltageSourceModel.pacific()
        instrument.model {
            $0.output = true
            $0.voltages = [100, 100, 100]
        }
        let server = try LoopbackServer(instrument)
        let source = try await SourceFixture.source("pacific-upc", at: server.address)
        try await source.prepare(SourceFixture.voltages)
        #expect(instrument.model { !$0.output && $0.voltages == [230, 230, 230] })
    }

    @Test("a source that does not confirm is a source fault")
    func notConfirmed() async throws {
        // Answers everything, and is always on.
        let server = try ScriptedServer { line, _ in
            line == "SYST:ERR?" ? Array("0\n".utf8) : line.hasSuffix("?") ? Array("1\n".utf8) : []
        }
        let source = try await SourceFixture.source("fluke-6105a", at: .tcp(host: "127.0.0.1", port: server.port))
        #expect(await faultCode { try await source.perform(.currentOff) } == .sourceFault)
        #expect(await faultCode { try await source.perform(.voltageOff) } == .sourceFault)
        #expect(server.lines.contains("OUTP:STAT OFF"))
        // An answer that is neither yes nor no is none.
        let odd = try ScriptedServer { line, _ in
            line == "SYST:ERR?" ? Array("0\n".utf8) : line.hasSuffix("?") ? Array("MAYBE\n".utf8) : []
        }
        let other = try await SourceFixture.source("fluke-6105a", at: .tcp(host: "127.0.0.1", port: odd.port))
        #expect(await faultCode { try await other.state() } == .badAnswer)
    }

    @Test("a safe action does not wait for a hanging load, and the load does not go on after it")
    func urgent() async throws {
        // Deaf to the queue of the load's commands only.
        let instrument = FlukeModel.instrument()
        let hang = Mutex(false)
        let server = try ScriptedServer { line, _ in
            if hang.withLock({ $0 }), line == "SYST:ERR?" {
                hang.withLock { $0 = false }
                return []
            }
            return instrument.perform(line).map { Array(($0 + "\n").utf8) } ?? []
        }
        let source = try await SourceFixture.source(
            "fluke-6105a", at: .tcp(host: "127.0.0.1", port: server.port), response: 600)
        try await source.prepare(Loads.balanced(5))
        try await source.apply()
        try await source.prepare(Loads.balanced(6))
        hang.withLock { $0 = true }
        async let applied = faultCode { try await source.apply() }
        while hang.withLock({ $0 }) { usleep(1000) }
        try await source.perform(.voltageOff)
        #expect(await applied == .cancelled)
        #expect(instrument.model { !$0.output })
    }

    @Test("Chroma 61500: *RST is left its seven seconds; range, limit and level fit each other; faults have names")
    func chroma() async throws {
        let instrument = ChromaModel.instrument()
        let server = try LoopbackServer(instrument)
        let time = SteppedTime()
        let range = SourceRange(voltage: 30...264, current: 0.001...10, frequency: 45...65, stability: 0.01, settle: 5)
        let source = try await SourceFixture.source("chroma-61500", at: server.address, time: time, range: range)
        let before = time.now
        try await source.prepare(SourceFixture.single(230))
        #expect(time.now - before >= 7)
        try await source.apply()
        #expect(instrument.model { $0.live } == 230)
        #expect(instrument.model { $0.limit } == 264, "the bench's own limit stands in the source")
        try await source.perform(.currentOff)
        #expect(instrument.model { $0.live } == 230, "there is no current to switch")
        instrument.model { $0.questionable = 0b10 }
        #expect(try await source.state().fault == "over-current")
        #expect(try await source.state().settled == false)
        try await source.perform(.voltageOff)
        #expect(instrument.model { !$0.output })
    }

    @Test("Chroma 61600: remote before the first load, the front panel back after voltage off")
    func chroma61600() async throws {
        let instrument = ChromaModel.instrument(series: "61600")
        let server = try LoopbackServer(instrument)
        let source = try await SourceFixture.source("chroma-61600", at: server.address)
        for _ in 0..<2 {
            try await source.prepare(SourceFixture.single(115))
            try await source.apply()
            #expect(try await source.state().on)
            try await source.perform(.voltageOff)
        }
        #expect(instrument.model { !$0.output })
    }

    @Test("Keysight 6834B: each phase is selected and gets its own angle; an error queue that says +0 is empty")
    func keysight() async throws {
        let instrument = VoltageSourceModel.keysight()
        let server = try LoopbackServer(instrument)
        let source = try await SourceFixture.source("keysight-6834b", at: server.address)
        var load = SourceFixture.voltages
        load.phases[1].voltage = 115
        try await source.prepare(load)
        try await source.apply()
        #expect(instrument.model { $0.live } == [230, 115, 230])
        #expect(instrument.model { $0.angles } == [0, -120, 120])
        #expect(try await source.errors().isEmpty)
        instrument.model { $0.questionable = 16 }
        #expect(try await source.state().fault == "over-temperature")
    }

    @Test("AMETEK Lx: the same language, with the fault bits of its manual")
    func ametek() async throws {
        let instrument = VoltageSourceModel.keysight(identity: "CALIFORNIA INSTRUMENTS,4500LX,7890,1.04")
        let server = try LoopbackServer(instrument)
        let source = try await SourceFixture.source("ametek-lx", at: server.address)
        try await source.prepare(SourceFixture.voltages)
        try await source.apply()
        #expect(instrument.model { $0.live } == [230, 230, 230])
        #expect(instrument.model { $0.angles } == [0, -120, 120])
        // Table 4-4: bit 9 is remote inhibit, bit 11 the loss of an input phase.
        instrument.model { $0.questionable = 512 + 2048 }
        #expect(try await source.state().fault == "remote inhibit, input phase lost")
        try await source.perform(.voltageOff)
        #expect(instrument.model { !$0.output })
    }

    @Test("Pacific: angles of phases 2 and 3 within a turn, lagging")
    func pacific() async throws {
        let instrument = VoltageSourceModel.pacific()
        let server = try LoopbackServer(instrument)
        let source = try await SourceFixture.source("pacific-upc", at: server.address)
        try await source.prepare(SourceFixture.voltages)
        try await source.apply()
        #expect(instrument.model { $0.live } == [230, 230, 230])
        #expect(instrument.model { $0.angles } == [0, 120, 240])
    }
}
