import Plugins
import Testing

@testable import BenchCore
@testable import Instruments

/// Voltage events: the stimulus is proved, and each meter fails for exactly what is planted in it.
@Suite("Voltage events")
struct EventTests {
    /// A procedure of one step.
    private static func step(_ keys: String, _ title: String = "dips") -> String {
        """
        procedure: events
        edition: 1
        title: Events of a test
        basis: none
        meter: { energy: active, accuracy-class: 0.5S, connection: transformer }
        parameters:
          Un: { quantity: voltage, from: nameplate.nominal-voltage }
          In: { quantity: current, from: nameplate.nominal-current }
          Imax: { quantity: current, from: nameplate.maximum-current }
          fn: { quantity: frequency, from: nameplate.nominal-frequency }
        limits: Limits/iec62053-22.yaml
        conditions: { temperature: 23 °C ± 2 °C, frequency: fn ± 0.3 %, voltage-distortion: at most 2 % }
        steps:
          - event: \(title)
        \(keys.split(separator: "\n").map { "    " + $0 }.joined(separator: "\n"))
        finally:
          - ramp-down: { current: 0 A, voltage: 0 V, over: 2 s }

        """
    }
    private static let accept =
        "accept: error >= limit.lower and error <= limit.upper and during >= limit.lower and during <= limit.upper and balanced and answers and logged"
    private static let dip = """
        apply: { residual: 40 %, duration: 20 cycles, current: In }
        times: 2
        every: 3 s
        within: 2 s
        settle: 10 s
        measure: { repeats: 2 }
        \(accept)
        """
    private static let outage = """
        apply: { residual: 0 %, duration: 1 s, current: In }
        within: 2 s
        settle: 10 s
        measure: { repeats: 2 }
        accept: error >= limit.lower and error <= limit.upper and balanced and answers and logged
        """

    /// A bench whose meter at position 4 is like the one at 3 but for what is planted.
    private static func bench(
        _ keys: String, planted: (inout SimulatedMeter) -> Void = { _ in },
        change: (inout BenchDescription, inout [String: MeterType], inout WorldDescription) -> Void = { _, _, _ in }
    ) throws -> TestBench {
        try TestBench.sampled(
            own: step(keys),
            change: { bench, types, world in
                for i in world.meters.indices {
                    var meter = SimulatedMeter(
                        position: world.meters[i].position, type: world.meters[i].type, serial: world.meters[i].serial)
                    meter.gain = 0.05
                    meter.noise = 0.002
                    if meter.position == 4 { planted(&meter) }
                    world.meters[i] = meter
                }
                change(&bench, &types, &world)
            })
    }

    private static func run(
        _ bench: TestBench, _ change: @escaping @Sendable (inout BenchInstruments, VirtualTime) -> Void = { _, _ in }
    ) throws -> TestBench.Finished {
        try bench.run(digitizer: { SimulatedDigitizer(id: "digitizer", world: $0, time: $1) }, instruments: change)
    }

    private static func result(_ run: TestBench.Finished, _ position: Int) throws -> PointResult {
        try #require(run.results(position).values.first { $0.point.contains("event") })
    }
    private static func seen(_ result: PointResult) throws -> EventObservation {
        guard case .event(let seen) = result.measurement else {
            Issue.record("\(result)")
            throw Fault(.internalError, "test", "no observation")
        }
        return seen
    }

    @Test("A meter that counts nothing in a dip fails for the energy of the dips, within U; the other passes")
    func losesEnergy() throws {
        let run = try Self.run(try Self.bench(Self.dip) { $0.events.deaf = true })
        #expect(run.outcome.complete && run.outcome.fault == nil, "\(run.outcome)")
        let good = try Self.result(run, 3), bad = try Self.result(run, 4)
        #expect(good.evaluation.verdict == .pass, "\(good.evaluation)")
        #expect(bad.evaluation.verdict.word == "fail", "\(bad.evaluation)")
        #expect(bad.evaluation.verdict.reason?.contains("energy was lost") == true, "\(bad.evaluation.verdict)")
        // What a class A instrument sees: two dips to 40 % of twenty cycles.
        let seen = try Self.seen(good)
        #expect(seen.firings.count == 2)
        for firing in seen.firings {
            let event = try #require(firing.seen.first)
            #expect(firing.seen.count == 1 && event.kind == .dip && event.complete && event.channels == [0, 1, 2])
            #expect(abs(event.extreme / 230 - 0.4) < 0.002 && abs(event.duration - 0.4) <= 0.02)
            // On whichever phase it was found first: 0° of L1, −120° of L2, 120° of L3.
            let shift = [0.0, -120, 120][event.firstChannel]
            #expect(abs(((event.startAngle ?? 90) - shift).remainder(dividingBy: 360)) < 10)
            // The meter's own log: one more each time, 400 ms and 40 %.
            #expect(firing.log?.duration == 0.4 && abs((firing.log?.residual ?? 0) - 40) < 0.11)
        }
        #expect(seen.log?.count == 0 && seen.firings.map { $0.log?.count } == [1, 2])
        // Two dips of 0.4 s at 40 % of 3 · 230 V · 5 A: 0.3067 Wh that were there and not counted; the pulses show it finely.
        let lost = 2 * 0.4 * 0.4 * 3 * 230 * 5 / 3600
        func balance(_ result: PointResult) throws -> Double {
            let seen = try Self.seen(result), gates = try #require(seen.before), gate = try #require(seen.during)
            let reference = gate.referenceCount / gates.referenceConstant * 1000
            return Double(gate.pulses) / 10 - reference * (1 + (result.evaluation.errors.first ?? 0) / 100)
        }
        let (missing, none) = (try balance(bad), try balance(good))
        #expect(abs(missing + lost) < 0.003, "\(missing) Wh instead of \(-lost) Wh")
        #expect(abs(none) < 0.003)
    }

    @Test("A meter that counts pulses when the voltage returns fails for energy that was never there")
    func inventsEnergy() throws {
        let run = try Self.run(try Self.bench(Self.dip) { $0.events.returnPulses = 3 })
        #expect(try Self.result(run, 3).evaluation.verdict == .pass)
        let verdict = try Self.result(run, 4).evaluation.verdict
        #expect(verdict.word == "fail" && verdict.reason?.contains("energy was invented") == true, "\(verdict)")
    }

    @Test("A log that misses dips, and one with a wrong residual voltage, fail for that")
    func wrongLogs() throws {
        for (planted, words) in [
            ({ (m: inout SimulatedMeter) in m.events.logs = false }, "its log counts 0 events"),
            (
                { (m: inout SimulatedMeter) in m.events.residualError = 4 },
                "its log says 44.0 % residual voltage of event 1"
            ),
        ] {
            let run = try Self.run(try Self.bench(Self.dip, planted: planted))
            #expect(try Self.result(run, 3).evaluation.verdict == .pass)
            let verdict = try Self.result(run, 4).evaluation.verdict
            #expect(verdict.word == "fail" && verdict.reason?.contains(words) == true, "\(verdict)")
        }
    }

    @Test("A meter whose error stays changed after a dip fails for the error after it")
    func staysWrong() throws {
        let run = try Self.run(try Self.bench(Self.dip) { $0.events.errorAfter = 0.9 })
        #expect(try Self.result(run, 3).evaluation.verdict == .pass)
        let found = try Self.result(run, 4).evaluation
        #expect(found.verdict.word == "fail" && found.verdict.reason?.contains("after the events") == true, "\(found)")
        // Gain of 0.05 % and then 0.9 % more.
        let error = try #require(found.error), U = try #require(found.U), first = try #require(found.errors.first)
        #expect(abs(error - (1.0005 * 1.009 * 100 - 100)) <= U && abs(first - 0.05) <= U)
    }

    @Test(
        "An interruption beyond its hold-up lets a meter restart: in time and with its register it passes, late or with a unit less it fails"
    )
    func restarts() throws {
        for (planted, words) in [
            ({ (m: inout SimulatedMeter) in m.events.restart = 3 }, "answered"),
            ({ (m: inout SimulatedMeter) in m.events.registerLoss = 0.001 }, "ran backwards"),
        ] {
            let run = try Self.run(try Self.bench(Self.outage, planted: planted))
            let good = try Self.result(run, 3)
            #expect(good.evaluation.verdict == .pass, "\(good.evaluation)")
            // Up again 1 s after the voltage; a request that finds nobody takes a second.
            let firing = try #require(try Self.seen(good).firings.first)
            #expect(firing.requests > 1 && (1...2).contains(firing.answered ?? 0), "\(firing)")
            #expect(Set(firing.seen.map(\.kind)) == [.dip, .interruption])
            let verdict = try Self.result(run, 4).evaluation.verdict
            #expect(verdict.word == "fail" && verdict.reason?.contains(words) == true, "\(verdict)")
        }
    }

    @Test("Without current, a register may change by the critical change at most")
    func noCurrent() throws {
        let keys = """
            apply: { residual: 0 %, duration: 1 cycle, current: open }
            times: 2
            every: 3 s
            settle: 10 s
            accept: abs(change) <= critical-change
            """
        // 3 · 230 V · 6 A · 1e-6 kWh = 4.14 Wh: 20 pulses of 0.1 Wh at each return are 4 Wh, 25 are 5 Wh.
        for (pulses, word) in [(0, "pass"), (25, "fail")] {
            let run = try Self.run(try Self.bench(keys) { $0.events.returnPulses = pulses })
            let found = try Self.result(run, 4)
            #expect(found.evaluation.verdict.word == word, "\(found.evaluation)")
            let pair = try Self.seen(found).tested
            #expect(abs(1000 * (pair.end - pair.begin) - 0.2 * Double(pulses)) < 0.11)
        }
    }

    @Test("A swell, half a cycle on one phase at 180°, and two phases at once are seen as asked")
    func stimuli() throws {
        for (apply, kind, channels) in [
            ("residual: 120 %, duration: 10 cycles", VoltageEvent.Kind.swell, [0, 1, 2]),
            ("residual: 0 %, duration: 0.5 cycles, phases: L1, angle: 180 °", .dip, [0]),
            ("residual: 70 %, duration: 250 ms, phases: L2+L3, angle: 90 °", .dip, [1, 2]),
        ] {
            let run = try Self.run(
                try Self.bench(
                    "apply: { \(apply), current: open }\nsettle: 10 s\naccept: abs(change) <= critical-change"))
            let found = try Self.result(run, 3)
            #expect(found.evaluation.verdict == .pass, "\(apply): \(found.evaluation.verdict)")
            let event = try #require(try Self.seen(found).firings.first?.seen.first)
            #expect(event.kind == kind && event.channels == channels)
        }
    }

    @Test(
        "A rapid voltage change is seen as two, in size and time; a log that calls it a dip fails, and one whose source goes elsewhere decides nothing"
    )
    func rapidChange() throws {
        let keys = """
            apply: { residual: 93 %, duration: 3 s, phases: L1+L2, current: open }
            within: 2 s
            settle: 10 s
            accept: abs(change) <= critical-change and answers and logged
            """
        let bench = try Self.bench(keys) { $0.events.logsChanges = true }
        let run = try Self.run(bench)
        let good = try Self.result(run, 3), bad = try Self.result(run, 4)
        #expect(good.evaluation.verdict == .pass, "\(good.evaluation.verdict)")
        let firing = try #require(try Self.seen(good).firings.first)
        #expect(firing.seen.isEmpty && firing.changes.count == 2)
        for change in firing.changes {
            // 7 % of 230 V, and it stays.
            #expect(abs(change.largestChange / 230 - 0.07) < 0.002 && abs(change.steadyChange / 230 - 0.07) < 0.002)
            #expect(change.channels == [0, 1])
        }
        #expect(abs(firing.changes[1].start - firing.changes[0].start - 3) <= 0.02)
        let reason = bad.evaluation.verdict.reason ?? ""
        #expect(
            bad.evaluation.verdict.word == "fail" && reason.contains("counts 1 events after event 1 instead of none"),
            "\(reason)")
        let cases: [(OtherEvents.Change, String)] = [
            ({ $0.residual = 92 }, "the voltage changed by 8.0 %"),
            ({ $0.duration = 2 }, "came back after 2.00 s where 3.00 s"),
            ({ $0.residual = 98 }, "saw 0 rapid voltage changes where 2"),
            ({ $0.residual = 80 }, "saw a dip that was not asked for"),
        ]
        for (change, words) in cases {
            let run = try Self.run(bench) { instruments, _ in
                if let source = instruments.source as? any ShapingSource {
                    instruments.source = OtherEvents(inner: source, change: change)
                }
            }
            let verdict = try Self.result(run, 4).evaluation.verdict
            #expect(verdict.word == "inconclusive" && verdict.reason?.contains(words) == true, "\(verdict)")
        }
    }

    @Test("An event that is not applied as asked says nothing of the meter")
    func notApplied() throws {
        let cases: [(OtherEvents.Change, String)] = [
            ({ $0.residual = 60 }, "went to 60"), ({ $0.duration = 0.8 }, "lasted 817 ms where 417 ms"),
            ({ $0.startAngle = 90 }, "later than asked"), ({ $0.residual = 95 }, "the digitizer saw no dip"),
        ]
        for (change, words) in cases {
            let run = try Self.run(try Self.bench(Self.dip) { $0.events.deaf = true }) { instruments, _ in
                if let source = instruments.source as? any ShapingSource {
                    instruments.source = OtherEvents(inner: source, change: change)
                }
            }
            for position in [3, 4] {
                let verdict = try Self.result(run, position).evaluation.verdict
                #expect(verdict.word == "inconclusive" && verdict.reason?.contains(words) == true, "\(verdict)")
            }
        }
    }

    @Test(
        "The shipped procedure: a good meter passes every point, one that counts nothing in dips fails where current flowed through dips"
    )
    func shipped() throws {
        let bench = try TestBench.sampled(keep: { $0.kind == .event })
        // 2 + 1 without current; half a cycle 4, one cycle 2, to 40 % 2, to 70 % 3, to 80 % 2, interruption 1, swells 2, changes 2.
        #expect(bench.work.schedule.points.count == 21)
        let run = try Self.run(bench)
        #expect(run.outcome.complete && run.outcome.fault == nil, "\(run.outcome)")
        let good = run.results(3), bad = run.results(4)
        for point in bench.work.schedule.points {
            #expect(
                good[point.id]?.evaluation.verdict == .pass,
                "\(point.id): \(String(describing: good[point.id]?.evaluation))")
            guard let event = point.byPosition[4]?.event, let found = bad[point.id]?.evaluation else {
                Issue.record("\(point.id)")
                continue
            }
            let loaded = point.load.phases.contains { $0.current > 0 }
            // What passes while it is deaf: a cycle's energy is 23 mWh, less than the register shows, and 0.1 % of the time over which errors are taken.
            let long = event.duration >= 0.2 && event.residual < 90 && (event.residual > 0 || event.phases.count < 3)
            #expect(found.verdict.word == (loaded && long ? "fail" : "pass"), "\(point.id): \(found)")
        }
    }

    @Test("A source without events, and a swell beyond its range, are told by the plan")
    func plans() throws {
        let none = #expect(throws: Diagnostics.self) {
            try Self.bench(
                Self.dip,
                change: { bench, _, _ in
                    for i in bench.instruments.indices { bench.instruments[i].source?.events = nil }
                })
        }
        #expect(none?.all.map(\.message) == ["this bench's source: L1's voltage: the source has no dips or swells"])
        let high = #expect(throws: Diagnostics.self) {
            try Self.bench(
                "apply: { residual: 140 %, duration: 10 ms, current: open }\nsettle: 10 s\naccept: abs(change) <= critical-change"
            )
        }
        #expect(high?.all.map(\.message) == ["this bench's source: 322 V is above 300 V"])
        let short = #expect(throws: Diagnostics.self) {
            try Self.bench(
                "apply: { residual: 85 %, duration: 0.5 cycles, current: open }\nsettle: 10 s\naccept: abs(change) <= critical-change"
            )
        }
        #expect(short?.all.first?.message.contains("is too short for class A detection to see") == true)
        let hasty = #expect(throws: Diagnostics.self) {
            try Self.bench(
                "apply: { residual: 40 %, duration: 2 s, current: open }\ntimes: 2\nevery: 3 s\nsettle: 10 s\naccept: abs(change) <= critical-change"
            )
        }
        #expect(hasty?.all.map(\.message) == ["events of 2 s can come every 4.0 s at most; here is 3 s"])
        let blind = #expect(throws: Diagnostics.self) {
            try Self.bench(
                Self.dip,
                change: { bench, types, _ in
                    for i in bench.instruments.indices { bench.instruments[i].sampling?.channels.removeFirst(2) }
                    types["demo-05s-events"]?.registers.removeAll { $0.role == .activeEnergyImport }
                })
        }
        #expect(blind?.all.map(\.message) == ["digitizer «digitizer» has 1 channels of voltage; this meter needs 3"])
        let noRegister = #expect(throws: Diagnostics.self) {
            try Self.bench(
                Self.dip,
                change: { _, types, _ in
                    types["demo-05s-events"]?.registers.removeAll { $0.role == .activeEnergyImport }
                })
        }
        #expect(
            noRegister?.all.first?.message.contains("has no register of active energy for import with a resolution")
                == true)
    }
}

/// A source that fires other events than it is asked for.
private struct OtherEvents: ShapingSource {
    let inner: any ShapingSource
    typealias Change = @Sendable (inout LoadShape.Event) -> Void
    let change: Change
    var id: String { inner.id }
    var capability: SourceCapability { inner.capability }
    func identify() async throws -> InstrumentIdentity { try await inner.identify() }
    func prepare(_ load: LoadSetting) async throws { try await inner.prepare(load) }
    func prepare(_ load: LoadSetting, shape: LoadShape) async throws {
        var other = shape
        for i in other.parts.indices {
            guard var event = other.parts[i].event else { continue }
            change(&event)
            other.parts[i].event = event
        }
        try await inner.prepare(load, shape: other)
    }
    func trigger() async throws { try await inner.trigger() }
    func apply() async throws { try await inner.apply() }
    func state() async throws -> SourceState { try await inner.state() }
    func perform(_ action: SafeAction) async throws { try await inner.perform(action) }
}
