import BenchCore
import Synchronization
import TestSupport
import Testing

@testable import Instruments

@Suite("GENY YC99T")
struct GenyTests {
    private static let expected = InstrumentIdentity(
        manufacturer: "GENY", model: "YC99T-5C", serial: "7", firmware: "", simulated: false)

    private static func bench(_ server: LoopbackServer, response: Double = 10) -> GenyBench {
        GenyBench(
            FrameConnection(
                wire: server.address, framing: GenyFraming(),
                timeouts: WireTimeouts(connect: 10, response: response, late: 0), language: "geny", log: nil,
                greeting: [.genyOnline]
            ) { GenyBench.alarm($0) })
    }

    private static func source(_ bench: GenyBench) -> GenySource {
        GenySource(id: "source", bench: bench, model: .yc99t5C, expected: expected, range: nil)
    }

    private static func reply(_ command: GenyCommand, _ data: [UInt8], after delay: Double = 0) -> WireReply {
        WireReply(bytes: GenyFrame(command: command.rawValue, data: data).bytes, delay: delay)
    }

    /// A simulated bench around a quiet world, with the world to look at.
    private static func simulated(
        _ model: GenyModel = .yc99t5C, faults: [PlannedFault] = []
    ) throws -> (World, SteppedTime, LoopbackServer) {
        let world = Quiet.world(
            [Quiet.meter(1) { $0.gain = 0.5 }], constant: 10_000, faults: faults)
        let time = SteppedTime()
        // Behind an open contactor nothing of the source reaches standard and meters.
        world.at(time.now) { state, _ in state.setContactor(closed: true) }
        let context = FramedContext(world: world, time: time, place: .instrument("source"))
        let spoken = PacedWire(spoken: SimulatedGeny(context: context, model: model)) { time.pass(0.1) }
        return (world, time, try LoopbackServer(spoken))
    }

    @Test("A load, its samples and the end of it, in the frames of the library")
    func transcribed() async throws {
        let (wire, server) = try transcript("geny-yc99t.txt")
        let source = Self.source(Self.bench(server))
        try await source.prepare(Loads.balanced(5, voltage: 220))
        try await source.apply()
        #expect(try await source.state() == SourceState(on: true, settled: true, fault: nil))
        try await source.perform(.voltageOff)
        #expect(await wire.spoken() == nil)
    }

    @Test("Over the simulator: a load is given, measured, taken off by current and by voltage; errors are calculated")
    func whole() async throws {
        let (world, time, server) = try Self.simulated()
        let bench = Self.bench(server)
        let source = Self.source(bench)
        let standard = GenyStandard(id: "standard", bench: bench, model: .yc99t5C, expected: Self.expected)
        let calculator = GenyErrorCalculator(id: "errors", bench: bench, model: .yc99t5C, expected: Self.expected)
        #expect(try await source.identify().simulated)
        let calculation = ErrorCalculation(
            meterConstant: 10_000, referenceConstant: nil, pulses: 100, input: 1, continuous: false)
        #expect(await faultCode { try await calculator.start(calculation) } == .refused, "no load is applied")
        try await source.prepare(Loads.balanced(5, lag: 60))
        #expect(try await source.state().on == false)
        try await source.apply()
        try await time.sleep(until: BenchInstant(nanoseconds: 60_000_000_000))
        #expect(try await source.state() == SourceState(on: true, settled: true, fault: nil))
        let reading = try await standard.read()
        #expect(reading.voltages.allSatisfy { abs($0 - 230) < 0.1 })
        #expect(abs(reading.totalPower - 3 * 230 * 5 * 0.5) < 1)
        try await calculator.start(calculation)
        // The question stays without an answer, as a 5C keeps it; one second of life passes here.
        #expect(try await calculator.state() == ErrorState(stage: .running, error: nil, progress: nil))
        bench.state.withLock { $0.asked = nil }
        // One that has said nothing for 100 s of life is not there; the next question is put as soon as it is back.
        bench.state.withLock { $0.began -= 101 }
        #expect(await faultCode { try await calculator.state() } == .timeout)
        bench.state.withLock { $0.asked = nil }
        try await time.sleep(until: BenchInstant(nanoseconds: 120_000_000_000))
        let state = try await calculator.state()
        #expect(state.stage == .finished)
        // The meter's planted gain is 0.5 %.
        #expect(abs((state.error ?? 0) - 0.5) < 0.02, "\(state)")
        try await source.perform(.currentOff)
        try await time.sleep(until: BenchInstant(nanoseconds: 121_000_000_000))
        #expect(world.at(time.now) { state, _ in state.reading.currents.allSatisfy { $0 < 0.001 } })
        #expect(world.at(time.now) { state, _ in state.reading.voltages.allSatisfy { $0 > 229 } })
        try await source.perform(.voltageOff)
        try await time.sleep(until: BenchInstant(nanoseconds: 122_000_000_000))
        #expect(world.at(time.now) { state, _ in state.reading.voltages.allSatisfy { $0 < 1 } })
        #expect(try await source.state().on == false)
    }

    @Test(
        "A bench that will not keep the voltage alone is stopped as a whole; an alarm before the samples is in the state"
    )
    func fallback() async throws {
        let heard = Mutex<[UInt16]>([])
        let zeros = [UInt8](repeating: 0, count: 81)
        let server = try LoopbackServer(
            WordWire(framing: GenyFraming()) { frame, _ in
                heard.withLock { $0.append(frame.command) }
                switch GenyCommand(rawValue: frame.command) {
                // The second test is the one without current.
                case .test: return [Self.reply(.test, [heard.withLock { $0.filter { $0 == 0xD0 }.count } == 1 ? 0 : 3])]
                case .samples where heard.withLock({ !$0.contains(0xD3) }):
                    return [Self.reply(.alarm, [4]), Self.reply(.samples, zeros)]
                case .samples: return [Self.reply(.samples, zeros)]
                default: return [WireReply(bytes: GenyFrame(command: frame.command, data: [0]).bytes)]
                }
            })
        let source = Self.source(Self.bench(server))
        try await source.prepare(Loads.balanced(5))
        try await source.apply()
        try await source.perform(.currentOff)
        #expect(heard.withLock { $0.filter { $0 != 0xD2 }.suffix(2) } == [0xD0, 0xD3])
        #expect(try await source.state() == SourceState(on: false, settled: false, fault: nil))
        try await source.prepare(Loads.balanced(5))
        heard.withLock { $0 = [] }
        try await source.apply()
        let state = try await source.state()
        #expect(state.fault?.contains("command 8F with 04") == true)
        #expect(state.on && !state.settled)
    }

    @Test(
        "Outputs that stay on although the bench says that they are off are a fault",
        arguments: [SafeAction.currentOff, .voltageOff])
    func stuck(action: SafeAction) async throws {
        let (world, time, server) = try Self.simulated()
        let source = Self.source(Self.bench(server))
        try await source.prepare(Loads.balanced(5))
        try await source.apply()
        world.at(time.now) { state, _ in state.outputsStuck = true }
        do {
            try await source.perform(action)
            Issue.record("off")
        } catch let fault as Fault {
            #expect(fault.code == .sourceFault)
            // The source of the world comes to its 230 V and 5 A in its own time: how far it is, a busy machine says.
            let shown = try #require(
                fault.detail.firstMatch(of: /its samples show ([0-9.]+) V and ([0-9.]+) A/), "\(fault.detail)")
            #expect(try #require(Double(shown.output.1)) > 0 && #require(Double(shown.output.2)) > 0)
        }
    }

    @Test("Samples that show another load than was asked for are not settled")
    func shown() {
        guard case .success(let test) = GenyWire.test(Loads.single(5, phase: 2)) else {
            Issue.record("one phase is refused")
            return
        }
        let u = [230.0, 230, 230]
        #expect(GenyWire.Samples(voltages: u, currents: [0, 5, 0], powers: [0, 1150, 0]).show(test))
        #expect(!GenyWire.Samples(voltages: u, currents: [5, 5, 5], powers: [1150, 1150, 1150]).show(test))
        #expect(!GenyWire.Samples(voltages: [0, 230, 0], currents: [0, 5, 0], powers: [0, 1150, 0]).show(test))
        #expect(!GenyWire.Samples(voltages: u, currents: [0, 5, 0], powers: [0, -1150, 0]).show(test))
        #expect(!GenyWire.Samples(voltages: u, currents: [0, 5, 0], powers: [0, 575, 0]).show(test))
    }

    @Test("An alarm frame ends what waits and is in the state; a refusal tells the result")
    func alarm() async throws {
        let server = try LoopbackServer(
            WordWire(framing: GenyFraming()) { frame, _ in
                switch GenyCommand(rawValue: frame.command) {
                case .test: [Self.reply(.alarm, [4]), Self.reply(.test, [0], after: 600)]
                case .stop: [Self.reply(.stop, [9])]
                default: [GenyFrame(command: frame.command, data: [0])].map { WireReply(bytes: $0.bytes) }
                }
            })
        let source = Self.source(Self.bench(server))
        try await source.prepare(Loads.balanced(5))
        do {
            try await source.apply()
            Issue.record("applied")
        } catch let fault as Fault {
            #expect(fault.code == .sourceFault)
            #expect(fault.detail.contains("command 8F with 04"), "\(fault.detail)")
        }
        let other = try LoopbackServer(
            WordWire(framing: GenyFraming()) { frame, _ in
                [Self.reply(GenyCommand(rawValue: frame.command) ?? .alarm, [frame.command == 0xD3 ? 9 : 0])]
            })
        do {
            try await Self.source(Self.bench(other)).perform(.voltageOff)
            Issue.record("off")
        } catch let fault as Fault {
            #expect(fault.code == .refused)
            #expect(fault.detail.contains("result 9"), "\(fault.detail)")
        }
    }

    @Test(
        "Wrong check sums and half frames are faults by name, and the next question is answered",
        arguments: [
            (PlannedFault.Kind.brokenFrame, Fault.Code.brokenFrame), (.halfFrame, .timeout), (.silent, .timeout),
        ])
    func brokenFrames(kind: PlannedFault.Kind, code: Fault.Code) async throws {
        // Every fourth request is struck: after the samples asked for three times, the fourth time.
        let (_, _, server) = try Self.simulated(
            faults: [PlannedFault(.instrument("source"), kind, at: nil, every: 4)])
        let bench = Self.bench(server, response: 0.3)
        _ = try await bench.samples(for: "source")
        _ = try await bench.samples(for: "source")
        #expect(await faultCode { try await bench.samples(for: "source") } == code)
        _ = try await bench.samples(for: "source")
    }
}
