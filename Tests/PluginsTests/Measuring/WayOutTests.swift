import BenchCore
import Instruments
import Plugins
import Testing

/// Whatever happens, the safe chain runs and is journalled.
@Suite struct WayOutTests {
    /// Two load points, of about 40 s and 4 s of dwell at 10 000 imp/kWh.
    private static func bench(_ positions: Int = 3) throws -> TestBench {
        try TestBench.synthetic(positions) {
            $0.id.contains("accuracy import PF=1 I=1 % In") || $0.id.contains("accuracy import PF=1 I=In")
        }
    }

    /// The last lines of every journal: the chain in the order of the bench file, the account, the end.
    private func expectSafe(_ run: TestBench.Finished, complete: Bool, at: SourceLocation = #_sourceLocation) {
        let names = run.events.suffix(5).map(\.name)
        #expect(names == ["safe", "safe", "safe", "efficiency", "run-finished"], sourceLocation: at)
        #expect(run.outcome.safe.map(\.step.action) == [.currentOff, .voltageOff, .open], sourceLocation: at)
        #expect(run.outcome.complete == complete, sourceLocation: at)
        #expect(run.reading.voltages.allSatisfy { $0 < 1 }, sourceLocation: at)
        #expect(run.reading.currents.allSatisfy { $0 < 1e-3 }, sourceLocation: at)
    }

    private func states(_ run: TestBench.Finished) -> [LoadPointMoved.State] {
        run.events.compactMap { if case .loadPoint(let moved) = $0 { moved.state } else { nil } }
    }

    @Test("A run to its end: every load point passes through its states, and nothing is measured before settled")
    func success() throws {
        let run = try Self.bench().run()
        expectSafe(run, complete: true)
        #expect(run.outcome.fault == nil && run.outcome.stopped == nil)
        #expect(!run.sourceOn)
        let life: [LoadPointMoved.State] = [.stored, .applied, .settling, .settled]
        #expect(states(run) == life + life)
        #expect(run.outcome.safe.allSatisfy { $0.fault == nil && $0.took < $0.step.within })
        #expect(run.outcome.verdicts.values.allSatisfy { $0 == .pass })
        let settled = run.entries.filter {
            if case .loadPoint(let moved) = $0.what { moved.state == .settled } else { false }
        }
        // Five seconds is what the bench file allows the source; this one needs 1.5 s until 0.01 %.
        #expect((0.5..<5).contains(settled[0].at.seconds))
        for case .result(let result) in run.events {
            guard case .pulses(let seen) = result.measurement else {
                Issue.record("no pulses at \(result.point)")
                continue
            }
            #expect(seen.gates.count == 3)
        }
    }

    @Test("A source that trips while settling ends the run in the safe state")
    func faultInSettling() throws {
        var bench = try Self.bench()
        bench.world.faults = [PlannedFault(.instrument("source"), .sourceFault("overload"), at: 0.3)]
        let run = try bench.run()
        expectSafe(run, complete: false)
        #expect(run.outcome.fault?.code == .sourceFault)
        #expect(states(run).last == .faulted)
        #expect(!run.events.contains { $0.name == "result" })
    }

    @Test("A source that trips inside a gate invalidates the gate and ends the run in the safe state")
    func faultInGate() throws {
        var bench = try Self.bench()
        bench.world.faults = [PlannedFault(.instrument("source"), .sourceFault("overload"), at: 20)]
        let run = try bench.run()
        expectSafe(run, complete: false)
        #expect(run.outcome.fault?.code == .sourceFault)
        #expect(states(run).last == .faulted)
        #expect(!run.events.contains { $0.name == "result" })
        let fault = run.events.firstIndex { $0.name == "fault" }
        let safe = run.events.firstIndex { $0.name == "safe" }
        #expect((fault ?? .max) < (safe ?? 0), "journalled first, then the safe state")
    }

    @Test("A source that never answers again does not hang the chain: each step has its time, the contactor opens")
    func hangingSource() throws {
        let run = try Self.bench().run(instruments: { instruments, _ in
            instruments.source = HangingSource(inner: instruments.source, trip: Trip(after: 8))
        })
        expectSafe(run, complete: false)
        #expect(run.outcome.fault?.code == .timeout)
        #expect(run.outcome.safe.map { $0.fault?.code } == [.timeout, .timeout, nil])
        #expect(run.outcome.safe[0].took == 0.5 && run.outcome.safe[1].took == 1)
    }

    @Test("A standard that is lost ends the run in the safe state")
    func lostStandard() throws {
        let run = try Self.bench().run(instruments: { instruments, _ in
            instruments.standard = LostStandard(inner: instruments.standard, trip: Trip(after: 25))
        })
        expectSafe(run, complete: false)
        #expect(run.outcome.fault?.code == .connectionLost)
    }

    @Test("A cancelled run is a stop of all")
    func cancelled() throws {
        let run = try Self.bench().run(cancelledAfter: 20)
        expectSafe(run, complete: false)
        #expect(run.outcome.stopped?.verb == .all)
        #expect(run.seconds < 21)
    }

    @Test("Stop all: everything off at once, also when the source hangs")
    func stopAll() throws {
        let plain = try Self.bench().run(meanwhile: { orchestrator, time in
            try? await time.sleep(seconds: 20)
            orchestrator.stop(.all, cause: "operator")
        })
        expectSafe(plain, complete: false)
        #expect(plain.outcome.stopped == RunStopped(verb: .all, cause: "operator"))
        #expect(plain.seconds < 20.1)
        let hanging = try Self.bench().run(
            instruments: { instruments, _ in
                instruments.source = HangingSource(inner: instruments.source, trip: Trip(after: 5))
            },
            meanwhile: { orchestrator, time in
                try? await time.sleep(seconds: 20)
                orchestrator.stop(.all, cause: "operator")
            })
        expectSafe(hanging, complete: false)
        #expect(hanging.seconds < 20 + Double(2 + 0.5 + 1) + 0.1)
    }

    @Test("Stop measuring, keep voltage: currents off, voltages stay; stop all after it takes the rest")
    func keepVoltage() throws {
        let run = try Self.bench().run(meanwhile: { orchestrator, time in
            try? await time.sleep(seconds: 20)
            orchestrator.stop(.keepVoltage, cause: "operator")
        })
        #expect(run.outcome.stopped?.verb == .keepVoltage)
        #expect(run.outcome.safe.map(\.step.action) == [.currentOff])
        #expect(run.reading.currents.allSatisfy { $0 < 1e-3 })
        #expect(run.reading.voltages.allSatisfy { abs($0 - 230) < 1 })
        let both = try Self.bench().run(meanwhile: { orchestrator, time in
            try? await time.sleep(seconds: 20)
            orchestrator.stop(.keepVoltage, cause: "operator")
            orchestrator.stop(.all, cause: "operator again")
        })
        expectSafe(both, complete: false)
    }

    @Test("A disk that is full ends the run, and the chain runs although nothing can be written")
    func fullDisk() throws {
        let bench = try Self.bench()
        let time = VirtualTime()
        let journal = MemoryJournal(time: time)
        let instruments = SimulatedBench.instruments(
            bench: bench.work.bench, world: bench.world, types: bench.types, time: time)
        let orchestrator = Orchestrator(
            work: bench.work, instruments: instruments, kinds: BuiltIn.pointKinds, time: time,
            journal: FullDisk(journal, after: 12))
        let (outcome, on) = try time.run {
            let outcome = await orchestrator.run()
            return (outcome, try await instruments.source.state().on)
        }
        #expect(outcome.fault?.code == .diskFull)
        #expect(outcome.safe.count == 3 && outcome.safe.allSatisfy { $0.fault == nil })
        #expect(!on)
        #expect(journal.entries.count == 12)
    }

    @Test("An instrument that is not what the bench file says ends the run before anything is energised")
    func wrongInstrument() throws {
        var bench = try Self.bench()
        bench.work.bench.instruments[1].serial = "OTHER"
        let run = try bench.run(instruments: { [world = bench.world, types = bench.types] instruments, time in
            let honest = SyntheticBench.bench(positions: 3, sharedBus: false)
            instruments = SimulatedBench.instruments(bench: honest, world: world, types: types, time: time)
        })
        #expect(run.outcome.fault?.code == .wrongDevice)
        #expect(!run.events.contains { $0.name == "load-point" })
        #expect(run.outcome.safe.count == 3)
    }
}
