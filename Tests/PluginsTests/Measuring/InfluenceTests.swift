import BenchCore
import Instruments
import Plugins
import Testing

/// Planted influences are found: meters at position 1 are moved too much by everything, at position 2 by half of what is allowed.
@Suite("Influence quantities")
struct InfluenceTests {
    /// Planted sizes for limits of class 0.5S (IEC 62053-22:2003, table 6), percent at the size of the standard's test.
    private static let planted: [Influence: Double] = [
        .voltage: 0.45, .frequency: 0.5, .phaseSequence: 0.3, .voltageUnbalance: 2.5, .fifthHarmonic: -1.2, .burst: 3.2,
    ]

    private static func bench(
        _ procedure: String = "iec62053-22-influence", keep: @escaping (ScheduledPoint) -> Bool = { _ in true },
        change: (inout BenchDescription, inout [String: MeterType], inout WorldDescription) -> Void = { _, _, _ in }
    ) throws -> TestBench {
        try TestBench.demo(procedure: procedure, keep: { $0.kind == .influence && keep($0) }) { bench, types, world in
            for i in world.meters.indices {
                // Nothing but what is planted here.
                var meter = SimulatedMeter(
                    position: world.meters[i].position, type: world.meters[i].type, serial: world.meters[i].serial)
                meter.gain = 0.1
                if meter.position == 1 { meter.influences = planted }
                if meter.position == 2 { meter.influences = planted.mapValues { $0 / 8 } }
                world.meters[i] = meter
            }
            change(&bench, &types, &world)
        }
    }

    @Test("Every influence of class 0.5S is found at the meter that has it, at no other, and its size within U")
    func everyInfluence() throws {
        let bench = try Self.bench()
        let finished = try bench.run()
        #expect(finished.outcome.complete && finished.outcome.fault == nil, "\(finished.outcome)")
        // 8 of voltage, 8 of frequency, one reversed, six interrupted, fifth harmonic, burst.
        #expect(bench.work.schedule.points.count == 25)
        let truth = PlantedTruth(World(bench.world, bench: bench.work.bench, types: bench.types))
        var within = 0, judged = 0
        for position in 1...6 {
            let results = finished.results(position)
            for point in bench.work.schedule.points {
                let question = try #require(point.byPosition[position])
                let found = try #require(results[point.id]?.evaluation, "\(point.id)")
                // A third below the limit or above twice it, so that no U can blur it.
                let wanted = position == 1 ? "fail" : "pass"
                #expect(found.verdict.word == wanted, "position \(position) \(point.id): \(found.verdict)")
                let reference = try #require(question.reference)
                let before = try #require(truth.errors(position: position, load: reference)?.pulses)
                let after = try #require(truth.errors(position: position, load: point.load)?.pulses)
                let error = try #require(found.error), U = try #require(found.U)
                judged += 1
                if abs(error - (after - before)) <= U { within += 1 }
                #expect(abs(error - (after - before)) <= 2 * U, "\(point.id): \(error) ± \(U)")
                #expect(found.errors.count == 2 && found.findings.contains { $0.contains("at reference conditions") })
            }
        }
        #expect(Double(within) >= 0.9 * Double(judged))
    }

    @Test("What both errors share cancels for sines, and nothing does for distorted loads")
    func budgets() throws {
        let bench = try Self.bench(keep: { $0.id.contains("I=In") || $0.id.contains("fifth") })
        let finished = try bench.run()
        for (id, result) in finished.results(3) {
            let names = result.evaluation.budget.map(\.name)
            let standard = names.filter { $0.hasPrefix("standard.") }
            if id.contains("fifth-harmonic") {
                #expect(standard.contains { $0.hasSuffix("under the influence") })
                #expect(standard.contains { $0.hasSuffix("at reference conditions") })
            } else {
                // Only what the temperature did in between may be left.
                #expect(!standard.contains { $0.hasPrefix("standard.certificate") || $0.hasPrefix("standard.drift") })
            }
        }
    }

    @Test("Half-wave and phase-fired currents reach a directly connected meter of class 1")
    func directMeter() throws {
        let bench = try Self.bench(
            "iec62053-21-influence",
            change: { _, types, world in
                for name in types.keys {
                    types[name]?.nameplate.accuracyClass = "1"
                    types[name]?.nameplate.connection = .direct
                }
                for i in world.meters.indices {
                    // Limits are 3 % for both (IEC 62053-21:2003, table 8).
                    world.meters[i].influences =
                        world.meters[i].position == 1 ? [.halfWave: -4.5, .phaseFired: 4.5] : [:]
                }
            })
        let finished = try bench.run()
        for id in bench.work.schedule.points.map(\.id) where id.contains("half-wave") || id.contains("phase-fired") {
            #expect(finished.results(1)[id]?.evaluation.verdict.word == "fail", "\(id)")
            #expect(finished.results(2)[id]?.evaluation.verdict == .pass, "\(id)")
        }
        let ids = bench.work.schedule.points.map(\.id).joined()
        #expect(ids.contains("half-wave") && ids.contains("phase-fired") && !ids.contains("In"))
    }

    @Test("A bench whose source gives sines is told so by the plan; nothing else is complained of")
    func sinesOnly() throws {
        let trouble = #expect(throws: Diagnostics.self) {
            try Self.bench(change: { bench, _, _ in
                for i in bench.instruments.indices {
                    bench.instruments[i].source?.harmonics = nil
                    bench.instruments[i].source?.fluctuation = nil
                }
            })
        }
        let messages = trouble?.all.map(\.message) ?? []
        #expect(messages.count == 2)
        #expect(messages.contains { $0.contains("this bench's source: L1's voltage: harmonics are asked for") })
        #expect(messages.contains { $0.contains("this bench's source: L1's current: the source cannot modulate") })
    }

    @Test("A source that only says it can shape its output spoils the point; the meter is not judged")
    func lyingSource() throws {
        let bench = try Self.bench(keep: { $0.id.contains("fifth-harmonic") })
        let finished = try bench.run(instruments: { instruments, _ in
            instruments.source = SinesOnly(inner: instruments.source)
        })
        for position in 1...6 {
            #expect(!["pass", "fail"].contains(finished.results(position).values.first?.evaluation.verdict.word ?? ""))
        }
        #expect(
            finished.events.contains { event in
                guard case .loadPoint(let moved) = event else { return false }
                return moved.state == .refused && moved.reason?.contains("gives sines only") == true
            })
    }
}

/// A source without shapes.
private struct SinesOnly: ReferenceSource {
    let inner: any ReferenceSource
    var id: String { inner.id }
    func identify() async throws -> InstrumentIdentity { try await inner.identify() }
    func prepare(_ load: LoadSetting) async throws { try await inner.prepare(load) }
    func apply() async throws { try await inner.apply() }
    func state() async throws -> SourceState { try await inner.state() }
    func perform(_ action: SafeAction) async throws { try await inner.perform(action) }
}
