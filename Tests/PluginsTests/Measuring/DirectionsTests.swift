import BenchCore
import Instruments
import Plugins
import Testing

/// Both directions: simulated meters that pass, and one for each reason to fail.
@Suite("Import and export registers")
struct DirectionsTests {
    /// Good meters everywhere; `change` spoils the one at position 2.
    private static func bench(
        keep: @escaping (ScheduledPoint) -> Bool, declared: Summation? = .vectorial,
        change: (inout SimulatedMeter) -> Void = { _ in }
    ) throws -> TestBench {
        try TestBench.fourQuadrants("bidirectional", keep: keep) { _, types, world in
            for name in types.keys { types[name]?.summation = declared }
            for i in world.meters.indices {
                var meter = SimulatedMeter(
                    position: world.meters[i].position, type: world.meters[i].type, serial: world.meters[i].serial)
                meter.gain = 0.1
                if meter.position == 2 { change(&meter) }
                world.meters[i] = meter
            }
        }
    }

    private static func opposite(_ point: ScheduledPoint) -> Bool { point.id.contains("exporting") }
    private static func sweep(_ point: ScheduledPoint) -> Bool {
        point.kind == .directions && !point.id.contains("exporting") && !point.id.contains("solar")
    }

    /// Runs, expects the meters at 1 and 3 to pass everywhere, and gives the verdicts of the one at 2 by point.
    private func verdicts(_ bench: TestBench) throws -> [String: Verdict] {
        let finished = try bench.run()
        #expect(finished.outcome.complete && finished.outcome.fault == nil, "\(finished.outcome)")
        #expect(!bench.work.schedule.points.isEmpty)
        for position in [1, 3] {
            for point in bench.work.schedule.points {
                let verdict = finished.results(position)[point.id]?.evaluation.verdict
                #expect(verdict == .pass, "\(position) \(point.id): \(String(describing: verdict))")
            }
        }
        return finished.results(2).mapValues(\.evaluation.verdict)
    }

    @Test(
        "The planted gain comes out as deviation within U, in every quadrant, with phases against each other and over a day"
    )
    func planted() throws {
        let bench = try Self.bench(keep: { $0.kind == .directions })
        // Six of the sweep, four with phases against each other, one day.
        #expect(bench.work.schedule.points.count == 11)
        let finished = try bench.run()
        for point in bench.work.schedule.points {
            let found = try #require(finished.results(1)[point.id]?.evaluation)
            guard case .directions(let seen) = finished.results(1)[point.id]?.measurement else {
                Issue.record("no registers")
                continue
            }
            // 0.1 % of what each register counts: of vectorial sums less than all that flowed.
            let most = max(seen.reference.total.imported, seen.reference.total.exported)
            let truth = 0.1 * most / seen.reference.throughput
            let error = try #require(found.error), U = try #require(found.U)
            // Resolution is in U: 0.1 Wh of 0.4 kWh are 0.025 %.
            #expect(abs(error - truth) <= 1.5 * U, "\(point.id): \(error) ± \(U), \(truth)")
            #expect(U < 0.1 && found.verdict == .pass, "\(point.id): \(found.verdict)")
        }
    }

    @Test(
        "A meter that adds its phases another way than its type declares fails for that reason, and only where phases differ",
        arguments: [Summation.vectorial, .arithmetic, .absolute])
    func otherSummation(_ declared: Summation) throws {
        let other: Summation = declared == .vectorial ? .arithmetic : .vectorial
        let bench = try Self.bench(
            keep: { $0.kind == .directions && $0.id.contains("PF=1") }, declared: declared,
            change: { $0.summation = other })
        for (id, verdict) in try verdicts(bench) {
            // Where all phases import, all ways to add them agree; absolute ones differ from the others on export.
            let differs = id.contains("exporting") || (declared == .absolute && id.contains("export"))
            #expect(verdict.word == (differs ? "fail" : "pass"), "\(id): \(verdict)")
            if differs {
                #expect(
                    verdict.reason?.contains("by \(declared.rawValue) summation") == true
                        && verdict.reason?.contains("the registers are those of") == true, "\(verdict)")
            }
        }
    }

    @Test("A meter that counts export as import, or exchanges its registers, fails by the register that is wrong")
    func exchanged() throws {
        for change in [{ $0.exportAsImport = true }, { $0.swappedRegisters = true }] as [(inout SimulatedMeter) -> Void]
        {
            let bench = try Self.bench(keep: { Self.sweep($0) && $0.id.contains("PF=1") }, change: change)
            let found = try verdicts(bench)
            let export = try #require(found.first { $0.key.contains("export") }?.value)
            #expect(export.word == "fail" && export.reason?.contains("advanced by") == true, "\(export)")
        }
    }

    @Test("A power register without sign fails on export by its sign, though the registers are right")
    func sign() throws {
        let bench = try Self.bench(keep: { Self.sweep($0) }, change: { $0.unsignedPower = true })
        for (id, verdict) in try verdicts(bench) {
            #expect(verdict.word == (id.contains("export") ? "fail" : "pass"), "\(id)")
            if id.contains("export") {
                #expect(verdict.reason?.contains("the meter shows active power of") == true, "\(verdict)")
            }
        }
    }

    @Test("Registers of reactive energy that move in another quadrant fail the point")
    func quadrant() throws {
        let bench = try Self.bench(
            keep: { Self.sweep($0) && !$0.id.contains("PF=1") }, change: { $0.swappedReactive = true })
        for (id, verdict) in try verdicts(bench) {
            #expect(verdict.word == "fail" && verdict.reason?.contains("reactive-") == true, "\(id): \(verdict)")
        }
    }

    @Test("A meter that does not tell of reverse flow fails wherever a phase exports")
    func reverseFlow() throws {
        let bench = try Self.bench(
            keep: { $0.kind == .directions && $0.id.contains("PF=1") }, change: { $0.blindToReverse = true })
        let found = try verdicts(bench)
        for (id, verdict) in found {
            #expect(verdict.word == (id.contains("export") ? "fail" : "pass"), "\(id): \(verdict)")
            if id.contains("export") {
                #expect(verdict.reason == "the meter shows no reverse flow while energy flows backwards")
            }
        }
    }

    @Test("A meter that creeps after export only is found by the no-load test that follows export")
    func creep() throws {
        let bench = try Self.bench(keep: { $0.kind == .noLoad }, change: { $0.creepAfterExport = 2 })
        #expect(bench.work.schedule.points.map(\.id) == ["2 no-load import U=115 % Un", "2 no-load export U=115 % Un"])
        let found = try verdicts(bench)
        #expect(found["2 no-load import U=115 % Un"] == .pass)
        #expect(found["2 no-load export U=115 % Un"]?.word == "fail")
    }

    @Test("Over a solar day both registers advance, and a net register of both would not")
    func solarDay() throws {
        let bench = try Self.bench(keep: { $0.id.contains("solar day") }, change: { $0.exportAsImport = true })
        let finished = try bench.run()
        let id = try #require(bench.work.schedule.points.first?.id)
        guard case .directions(let seen) = finished.results(1)[id]?.measurement else {
            Issue.record("no registers")
            return
        }
        let day = seen.reference.total
        // 0.35 of the peak by night and −1.0 at noon: more export than import (the staircase of 24 steps: 0.189 and 0.270 of the peak on the mean).
        #expect(day.imported > 0.1 * 3.6e6 && day.exported > day.imported)
        #expect(day.netted.imported == 0 && day.netted.exported > 0)
        #expect(finished.results(2)[id]?.evaluation.verdict.word == "fail")
        #expect(finished.results(3)[id]?.evaluation.verdict == .pass)
    }

    @Test("The plan says what bench and meter type lack: a standard that splits energy, a declared summation")
    func lacking() throws {
        let trouble = #expect(throws: Diagnostics.self) {
            try TestBench.fourQuadrants(
                "bidirectional",
                change: { bench, types, _ in
                    for i in bench.instruments.indices { bench.instruments[i].splitsEnergy = nil }
                    for name in types.keys { types[name]?.summation = nil }
                })
        }
        let messages = trouble?.all.map(\.message) ?? []
        #expect(messages.contains { $0.contains("nothing stands there as «splits-energy: yes»") })
        #expect(messages.contains { $0.contains("does not state its «summation»") })
    }

    @Test("A standard that reads another sign than was asked says nothing of the meter")
    func standard() throws {
        let bench = try Self.bench(keep: { Self.sweep($0) && $0.id.contains("import PF=1") })
        let point = try #require(bench.work.schedule.points.first?.byPosition[1])
        let plan = try #require(bench.work.plans.values.first)
        let phases = [DirectedEnergy](repeating: DirectedEnergy(imported: 0.2 * 3.6e6), count: 3)
        var seen = DirectionsObservation(
            registers: [
                DirectedRegister(
                    role: .activeEnergyImport,
                    pair: RegisterPair(name: "energy-import", begin: 1, end: 1.6, resolution: 0.0001))
            ],
            reference: SplitEnergy(total: DirectedEnergy(imported: 0.6 * 3.6e6), phases: phases),
            during: StandardReading(
                voltages: [230, 230, 230], currents: [5, 5, 5], powers: [1150, 1150, 1150], frequency: 50,
                voltageDistortion: []), temperature: 23)
        func verdict() -> Verdict {
            Evaluator.evaluate(
                point: point, measurement: .directions(seen), bench: bench.work.bench, meter: plan.meter,
                rule: .guardBandU
            ).verdict
        }
        #expect(verdict() == .pass)
        seen.during.powers[1] = -1150
        #expect(verdict().word == "inconclusive" && verdict().reason?.contains("-1150.0 W in L2") == true)
    }
}
