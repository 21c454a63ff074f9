import BenchCore
import Instruments
import Testing

/// Doors that open at a moment of bench time, or that cannot be read at all.
private struct Door: Interlock {
    let id = "doors", time: VirtualTime, opensAt: Double, dead: Bool
    func identify() async throws -> InstrumentIdentity {
        InstrumentIdentity(manufacturer: "T", model: "Doors", serial: "1", firmware: "", simulated: true)
    }
    func state() async throws -> InterlockState {
        if dead { throw Fault(.timeout, id, "silence") }
        let closed = time.now.seconds < opensAt
        return InterlockState(closed: closed, open: closed ? [] : ["door 2"])
    }
}

/// A lamp that remembers, and may fail.
private struct Lamp: SignalLamp {
    let id = "lamp", shown: Noted<[LampSignal]>, broken: Bool
    func identify() async throws -> InstrumentIdentity {
        InstrumentIdentity(manufacturer: "T", model: "Lamp", serial: "2", firmware: "", simulated: true)
    }
    func show(_ signal: LampSignal) async throws {
        shown.withLock { $0.append(signal) }
        if broken { throw Fault(.timeout, id, "silence") }
    }
}

/// Interlock and lamp around a run.
@Suite struct BenchWatchTests {
    private func run(
        opensAt: Double = .infinity, dead: Bool = false, broken: Bool = false
    ) throws -> (TestBench.Finished, [LampSignal]) {
        let shown = Noted<[LampSignal]>([])
        let bench = try TestBench.synthetic(1) { $0.id.contains("accuracy import PF=1 I=1 % In") }
        let run = try bench.run(instruments: { instruments, time in
            instruments.more = [
                Door(time: time, opensAt: opensAt, dead: dead), Lamp(shown: shown, broken: broken),
            ]
        })
        return (run, shown.withLock { $0 })
    }

    @Test("a closed loop lets the run go on; the lamp shows that the bench is live, and goes out")
    func closed() throws {
        let (run, shown) = try run()
        #expect(run.outcome.complete && run.outcome.fault == nil)
        #expect(shown == [.energised, .off])
    }

    @Test(
        "an open loop, or one that cannot be read, refuses the run before anything is energised",
        arguments: [true, false])
    func openAtTheStart(dead: Bool) throws {
        let (run, shown) = try run(opensAt: 0, dead: dead)
        #expect(run.outcome.fault?.code == .interlock)
        #expect(!run.events.contains { $0.name == "load-point" })
        #expect(!run.sourceOn)
        #expect(shown == [.fault])
    }

    @Test("a loop that opens during a gate is a stop of everything within a second, with its cause")
    func opensLater() throws {
        let (run, _) = try run(opensAt: 20)
        #expect(run.outcome.stopped?.verb == .all)
        #expect(run.outcome.stopped?.cause == "interlock «doors» is open: door 2")
        #expect(!run.outcome.complete && !run.sourceOn)
        let safe = run.entries.first { $0.what.name == "safe" }
        #expect((20...21).contains(safe?.at.seconds ?? 0))
    }

    @Test("a lamp that fails is journalled and stops nothing")
    func brokenLamp() throws {
        let (run, _) = try run(broken: true)
        #expect(run.outcome.complete)
        #expect(
            run.events.count { if case .fault(let noted) = $0 { noted.fault.instrument == "lamp" } else { false } } == 2
        )
    }
}
