import BenchCore
import FoundationEssentials
import Synchronization
import TestSupport
import Testing

@testable import Instruments

private let healthy = "SSM00000000000000000000"
private let fused = "SM4200000200200000080000"

/// A transcript of the checkout, served.
func transcript(_ name: String) throws -> (TranscriptWire, LoopbackServer) {
    let path = Checkout.path("Fixtures/Transcripts/" + name)
    let wire = try TranscriptWire(try Disk.read(path), file: name)
    return (wire, try LoopbackServer(wire))
}

@Suite("ZERA MT786 and FG30x")
struct ZeraTests {
    private static let expected = InstrumentIdentity(
        manufacturer: "ZERA", model: "MT786", serial: "50021475", firmware: "", simulated: false)

    private static func connection(_ server: LoopbackServer, response: Double = 10) -> FrameConnection<ZeraFraming> {
        FrameConnection(
            wire: server.address, framing: ZeraFraming(),
            timeouts: WireTimeouts(connect: 10, response: response, late: 0), language: "zera", log: nil
        ) { ZeraFaultWord(line: $0)?.fault }
    }

    private static func source(
        _ server: LoopbackServer, _ dialect: ZeraDialect = .mt786, response: Double = 10
    ) -> ZeraSource {
        ZeraSource(
            id: "source", wire: connection(server, response: response), dialect: dialect, expected: expected, range: nil
        )
    }

    /// A MT786 that is well, but for what `other` answers.
    private static func server(_ other: @escaping @Sendable (String) -> [WireReply]?) throws -> LoopbackServer {
        try LoopbackServer(
            WordWire(framing: ZeraFraming()) { line, _ in
                if let replies = other(line) { return replies }
                return line == "SSM" ? [.line(healthy)] : [.line("SOK" + line.dropFirst().prefix(2))]
            })
    }

    @Test("A MT786 is told a load, and put off, in the words of the maker's software")
    func sourceTranscript() async throws {
        let (wire, server) = try transcript("zera-mt786-source.txt")
        let source = Self.source(server)
        let identity = try await source.identify()
        #expect(identity.model == "MT786")
        #expect(identity.firmware == "V1.23")
        #expect(identity.serial == "50021475")
        #expect(!identity.simulated)
        try await source.prepare(Loads.balanced(5, lag: 60))
        try await source.apply()
        #expect(try await source.state() == SourceState(on: true, settled: true, fault: nil))
        try await source.perform(.currentOff)
        try await source.perform(.voltageOff)
        #expect(await wire.spoken() == nil)
    }

    @Test("A FG301 has no prefix, phases left out stay off, and a healthy state word in between is no answer")
    func generatorTranscript() async throws {
        let (wire, server) = try transcript("zera-fg30x-source.txt")
        let source = Self.source(server, .fg30x)
        #expect(try await source.identify().model == "FG301")
        var load = Loads.balanced(0, voltage: 220)
        load.phases[0].current = 0.01
        load.phases[1].voltage = 0
        load.phases[2].voltage = 222
        load.phases[2].current = 0.03
        try await source.prepare(load)
        try await source.apply()
        try await source.perform(.voltageOff)
        #expect(await wire.spoken() == nil)
    }

    @Test("The reference meter in a MT786 chooses ranges, measures, integrates and calculates errors")
    func standardTranscript() async throws {
        let (wire, server) = try transcript("zera-mt786-standard.txt")
        let standard = ZeraStandard(id: "standard", wire: Self.connection(server), expected: Self.expected)
        #expect(try await standard.identify().model == "MT793")
        // 60 000 Hz at 3 · 250 V · 5 A = 3750 W (MT78x_MAN_EXT_GB.pdf 5.6, as SourceMock cites it): 57.6 million imp/kWh.
        #expect(try await standard.range(for: Loads.balanced(5)) == 57_600_000)
        let reading = try await standard.read()
        #expect(reading.voltages == [19.996199, 19.99548, 20.000074])
        #expect(reading.powers == [1.9988739, 1.9994249, 1.9999436])
        #expect(reading.frequency == 50.01)
        #expect(reading.voltageDistortion.isEmpty)
        try await standard.startEnergy()
        #expect(try await standard.energy() == 3.141592 * 3600)
        #expect(try await standard.stopEnergy() == 3.141592 * 3600)
        let calculator = ZeraErrorCalculator(id: "errors", wire: standard.wire, expected: Self.expected)
        try await calculator.start(
            ErrorCalculation(meterConstant: 1000, referenceConstant: nil, pulses: 10, input: 1, continuous: false))
        #expect(try await calculator.state() == ErrorState(stage: .running, error: nil, progress: 0.5))
        #expect(try await calculator.state() == ErrorState(stage: .finished, error: 1.23, progress: 1))
        try await calculator.abort()
        #expect(await wire.spoken() == nil)
    }

    @Test("Loads beyond the maker's limits, or finer than the format can say, are refused before anything is sent")
    func refusals() async throws {
        let heard = Mutex(0)
        let server = try Self.server { _ in
            heard.withLock { $0 += 1 }
            return nil
        }
        let source = Self.source(server)
        var tooFine = Loads.balanced(0.0125)
        for (load, words) in [
            (Loads.balanced(121), "121 A"), (Loads.balanced(1, voltage: 501), "501 V"), (tooFine, "steps of 0.001 A"),
        ] {
            do {
                try await source.prepare(load)
                Issue.record("\(load) was taken")
            } catch let fault as Fault {
                #expect(fault.code == .refused)
                #expect(fault.detail.contains(words), "\(fault.detail)")
            }
        }
        tooFine.frequency = 70
        #expect(await faultCode { try await source.prepare(tooFine) } == .refused)
        #expect(await faultCode { try await source.apply() } == .refused)
        #expect(heard.withLock { $0 } == 0)
    }

    @Test("A fault word in the middle of an exchange ends it at once, and stays in the state until the next load")
    func faultWord() async throws {
        let server = try LoopbackServer(
            WordWire(framing: ZeraFraming()) { line, _ in
                switch line {
                case "SM": [.line("SM0000000000000000000000")]
                // The answer would come much later than the test may last.
                case let line where line.hasPrefix("UIEEE"): [.line(fused), .line("OKUI", after: 600)]
                default: [.line("OK" + line.prefix(2))]
                }
            })
        let source = Self.source(server, .fg30x, response: 600)
        try await source.prepare(Loads.balanced(5))
        do {
            try await source.apply()
            Issue.record("applied")
        } catch let fault as Fault {
            #expect(fault.code == .sourceFault)
            #expect(fault.detail.contains("fuse"), "\(fault.detail)")
            #expect(fault.detail.contains("UIEEEPPPAAA"), "\(fault.detail)")
        }
    }

    @Test("A fault word that came by itself is in the next state, although the present state word is healthy again")
    func latched() async throws {
        let server = try LoopbackServer(
            WordWire(framing: ZeraFraming()) { line, count in
                switch line {
                // The last of the load brings a fault word right behind its confirmation.
                case let line where line.hasPrefix("UIEEE"): [.line("OKUI"), .line(fused)]
                case "SM": [.line("SM0000000000000000000000")]
                default: [.line("OK" + line.prefix(2))]
                }
            })
        let source = Self.source(server, .fg30x)
        try await source.prepare(Loads.balanced(5))
        try await source.apply()
        // The word is on its way; the first state may still be before it, never one of the later.
        var states: [SourceState] = []
        while states.last?.fault == nil, states.count < 1000 { states.append(try await source.state()) }
        #expect(states.last?.fault?.hasPrefix("fuse") == true)
        #expect(states.last?.settled == false)
        #expect(try await source.state().fault?.hasPrefix("fuse") == true)
    }

    @Test(
        "A safe action does not wait for a source that takes its time to switch on, and a late OK is not taken for it")
    func urgent() async throws {
        let heard = Mutex<[String]>([])
        let server = try LoopbackServer(
            WordWire(framing: ZeraFraming()) { line, _ in
                heard.withLock { $0.append(line) }
                switch line {
                case "SSM": return [.line(healthy)]
                case "SUIEEEPPPAAA": return []
                // The OK for switching on comes together with the first for switching off.
                case "SUIAAAAAAAAA" where heard.withLock({ $0.filter { $0 == line }.count }) == 1:
                    return [.line("SOKUI"), .line("SOKUI")]
                default: return [.line("SOK" + line.dropFirst().prefix(2))]
                }
            })
        let source = Self.source(server)
        try await source.prepare(Loads.balanced(5))
        let ended = Mutex<Fault.Code?>(nil)
        async let hanging: Void = {
            let code = await faultCode { try await source.apply() }
            ended.withLock { $0 = code ?? .internalError }
        }()
        for _ in 0..<12_000 where !heard.withLock({ $0.contains("SUIEEEPPPAAA") }) {
            try await Task.sleep(for: .milliseconds(5))
        }
        try #require(heard.withLock { $0.contains("SUIEEEPPPAAA") })
        try await source.perform(.voltageOff)
        await hanging
        #expect(ended.withLock { $0 } == .cancelled)
        // Asked twice: one of the two confirmations cannot be the late one for switching on.
        #expect(heard.withLock { $0.filter { $0 == "SUIAAAAAAAAA" }.count } == 2)
        #expect(try await source.state().on == false)
    }

    @Test("A source that will not keep the voltage alone is switched off as a whole")
    func fallback() async throws {
        let heard = Mutex<[String]>([])
        let server = try Self.server { line in
            heard.withLock { $0.append(line) }
            // The voltages alone: no answer.
            return line.hasPrefix("SUIEEEAAA") ? [] : nil
        }
        let source = Self.source(server, response: 0.3)
        try await source.prepare(Loads.balanced(5))
        try await source.apply()
        try await source.perform(.currentOff)
        #expect(heard.withLock { $0.last } == "SUIAAAAAAAAA")
        #expect(try await source.state() == SourceState(on: false, settled: false, fault: nil))
    }

    @Test("An integrator that was not started from here has no energy to give")
    func integrator() async throws {
        let server = try Self.server {
            $0 == "AEV" ? [.line("3.141592"), .line("AEVACK")] : [.line($0.prefix(3) + "ACK")]
        }
        let standard = ZeraStandard(id: "standard", wire: Self.connection(server), expected: Self.expected)
        #expect(await faultCode { try await standard.energy() } == .refused)
        try await standard.startEnergy()
        #expect(try await standard.energy() == 3.141592 * 3600)
    }

    @Test("Half an answer and silence are a time-out, garbage is a broken frame, and the next question is answered")
    func resynchronised() async throws {
        let turn = Mutex(0)
        let server = try LoopbackServer(
            WordWire(framing: ZeraFraming()) { line, _ in
                guard line == "SSM" else { return [.line("SOK" + line.dropFirst().prefix(2))] }
                switch turn.withLock({
                    $0 += 1
                    return $0
                }) {
                case 1: return [WireReply(bytes: Array("SSM0000".utf8))]
                case 2: return []
                case 3: return [WireReply(bytes: [0xFF, 0x00, 0x81, 0x0D])]
                default: return [.line(healthy)]
                }
            })
        let wire = Self.connection(server, response: 0.3)
        let ask = FrameExchange.zeraQuestion(.mt786, "SM")
        do {
            _ = try await wire.exchange(ask, for: "source")
            Issue.record("answered")
        } catch {
            #expect(error.code == .timeout)
            #expect(error.detail.contains("it broke off after 7 bytes"), "\(error.detail)")
        }
        #expect(await faultCode { try await wire.exchange(ask, for: "source") } == .timeout)
        #expect(await faultCode { try await wire.exchange(ask, for: "source") } == .brokenFrame)
        #expect(try await wire.exchange(ask, for: "source") == [healthy])
        #expect(try await wire.exchange(ask, for: "source") == [healthy])
    }

    @Test("An instrument that is gone is a lost connection, and made anew; one that refuses says so")
    func lostAndRefused() async throws {
        let server = try Self.server { $0.hasPrefix("AVR") ? [.line("AVRNAK")] : nil }
        let wire = Self.connection(server)
        #expect(try await wire.exchange(.zeraQuestion(.mt786, "SM"), for: "x") == [healthy])
        await wire.close()
        #expect(try await wire.exchange(.zeraQuestion(.mt786, "SM"), for: "x") == [healthy])
        #expect(await wire.generation == 2)
        #expect(await faultCode { try await wire.exchange(.zeraMeter("AVR210"), for: "x") } == .refused)
    }
}
