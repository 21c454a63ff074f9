import BenchCore
import Instruments
import Testing

/// One bad position never spoils the others.
@Suite struct PositionTests {
    private static func bench(_ kinds: Set<TestKindName> = [.accuracy, .register]) throws -> TestBench {
        try TestBench.synthetic(3, constant: 1000) {
            kinds.contains($0.kind)
                && ($0.kind != .accuracy || $0.id.contains("import PF=1 I=In")
                    || $0.id.contains("import PF=1 I=1 % In"))
        }
    }

    private func expectOthersPass(_ run: TestBench.Finished, _ others: [Int], at: SourceLocation = #_sourceLocation) {
        #expect(run.outcome.fault == nil && run.outcome.complete, sourceLocation: at)
        for position in others {
            #expect(run.outcome.verdicts[position] == .pass, sourceLocation: at)
        }
    }

    private func fault(_ result: PointResult?) -> Fault? {
        if case .notTaken(let fault) = result?.measurement { fault } else { nil }
    }

    @Test("A meter without pulses is not taken at points that need them; the others go on")
    func noPulses() throws {
        var bench = try Self.bench([.accuracy])
        // Above any load of the procedure: it never registers.
        bench.world.meters[1].threshold = 1e6
        let run = try bench.run()
        expectOthersPass(run, [1, 3])
        #expect(run.results(2).values.allSatisfy { fault($0)?.code == .noPulses })
        #expect(run.outcome.verdicts[2]?.word == "inconclusive")
        #expect(run.events.contains { if case .fault(let f) = $0 { f.position == 2 } else { false } })
    }

    @Test("A meter that does not answer on its line loses the register test and nothing else")
    func silentMeter() throws {
        var bench = try Self.bench()
        bench.world.faults = [PlannedFault(.position(2), .silent)]
        let run = try bench.run()
        expectOthersPass(run, [1, 3])
        let results = run.results(2).values
        #expect(results.filter { $0.point.contains("register") }.allSatisfy { fault($0)?.code == .timeout })
        #expect(results.filter { $0.point.contains("accuracy") }.allSatisfy { $0.evaluation.verdict == .pass })
        #expect(run.outcome.verdicts[2]?.word == "inconclusive")
    }

    @Test("A meter that is not the one ordered is left out of everything after it said so")
    func wrongMeter() throws {
        var bench = try Self.bench()
        bench.world.meters[2].serial = "ANOTHER"
        let run = try bench.run()
        expectOthersPass(run, [1, 2])
        #expect(run.events.contains { if case .meter(let m) = $0 { m.fault?.code == .wrongDevice } else { false } })
        let last = run.results(3).values.filter { $0.point.contains("register") }
        #expect(!last.isEmpty && last.allSatisfy { fault($0)?.code == .wrongDevice })
        #expect(run.outcome.verdicts[3] != .pass)
    }

    @Test("A train with missing pulses is measured once more, for that meter only, and stays without a verdict")
    func missingPulses() throws {
        var bench = try Self.bench([.accuracy])
        bench.world.meters[0].missingPulses = 10
        let run = try bench.run()
        expectOthersPass(run, [2, 3])
        let repeats = run.events.compactMap { if case .repeated(let r) = $0 { r } else { nil } }
        #expect(!repeats.isEmpty)
        #expect(repeats.allSatisfy { $0.by == "bench" && $0.positions == [1] && $0.attempt == 2 })
        #expect(run.outcome.efficiency.losses["repeats"] ?? 0 > 0)
    }

    @Test("Conditions that stay outside: retried a limited number of times, then not taken and without a verdict")
    func hot() throws {
        var bench = try Self.bench([.accuracy])
        bench.world.faults = [PlannedFault(.instrument("climate"), .temperatureStep(6), at: 10)]
        let run = try bench.run()
        #expect(run.outcome.complete && run.outcome.fault == nil)
        #expect(run.outcome.verdicts.values.allSatisfy { $0 != .pass })
        let first = run.events.compactMap { event -> PointRepeated? in
            if case .repeated(let r) = event, r.point.contains("I=1 % In") { r } else { nil }
        }
        #expect(first.map(\.attempt) == [2, 3, 4])
        #expect(run.results(1).values.allSatisfy { fault($0)?.code == .conditionsOutside })
        #expect(
            run.events.contains {
                if case .conditions(let c) = $0 { c.complaints.first?.contains("temperature") == true } else { false }
            })
    }

    @Test("Distorted voltages spoil a gate that is open, and the journal says so")
    func distortion() throws {
        var bench = try Self.bench([.accuracy])
        bench.world.faults = [PlannedFault(.instrument("source"), .distortion(5), at: 15)]
        let run = try bench.run()
        let said = run.events.compactMap { if case .repeated(let r) = $0 { r.reason } else { nil } }
        #expect(!said.isEmpty && said.allSatisfy { $0.contains("distortion") })
        let checks = run.events.compactMap { if case .conditions(let c) = $0 { c } else { nil } }
        #expect(checks.first { !$0.complaints.isEmpty }?.moment == "during")
        #expect(!run.events.contains { if case .result(let r) = $0 { r.evaluation.error != nil } else { false } })
    }

    @Test("A load that the source refuses is not taken at any position, and the next load point follows")
    func refused() throws {
        var bench = try Self.bench([.accuracy])
        for phase in 0..<3 { bench.work.schedule.points[0].load.phases[phase].voltage = 900 }
        let run = try bench.run()
        #expect(run.outcome.complete && run.outcome.fault == nil)
        let id = bench.work.schedule.points[0].id
        for position in 1...3 { #expect(fault(run.results(position)[id])?.code == .refused) }
        #expect(run.events.contains { if case .loadPoint(let l) = $0 { l.state == .refused } else { false } })
        #expect(run.results(1).values.contains { $0.evaluation.verdict == .pass })
    }

    @Test("Creep: a meter that gives pulses without current fails early, and the point ends with the others")
    func creep() throws {
        var bench = try Self.bench([.noLoad])
        bench.world.meters[1].creep = 40
        let run = try bench.run()
        expectOthersPass(run, [1, 3])
        #expect(run.outcome.verdicts[2]?.word == "fail")
        guard case .noLoad(let seen) = run.results(2).values.first?.measurement,
            case .noLoad(let whole) = run.results(1).values.first?.measurement
        else {
            Issue.record("no no-load observation")
            return
        }
        #expect(seen.seconds < whole.seconds && seen.pulses > 1)
    }

    @Test(
        "A register that counts wrong fails the register test alone; a register of the other direction must stand still"
    )
    func register() throws {
        var bench = try Self.bench([.register])
        bench.world.meters[0].registerGain = 1.2
        bench.world.meters[1].exportAsImport = true
        let run = try bench.run()
        expectOthersPass(run, [3])
        #expect(run.outcome.verdicts[1]?.word == "fail" && run.outcome.verdicts[2]?.word == "fail")
        guard case .register(let seen) = run.results(3).values.first?.measurement else {
            Issue.record("no register observation")
            return
        }
        #expect(seen.still.count == 1 && seen.pulses ?? 0 > 0)
        let moved = seen.tested.end - seen.tested.begin
        #expect(abs(moved * 3.6e6 / seen.referenceEnergy - 1) < 0.005)
    }
}
