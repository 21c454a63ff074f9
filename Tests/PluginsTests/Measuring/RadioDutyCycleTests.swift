import BenchCore
import Instruments
import Plugins
import Testing

/// A meter on the bench that transmits, a receiver that hears it, and the rule of the band.
@Suite("Duty cycle on the air")
struct RadioDutyCycleTests {
    private static let centre = 868.95e6

    /// The demonstration bench with a receiver and so many meters that transmit alike; the limit of 868.7 to 869.2 MHz is 0.1 % of any hour
    /// (EN 300 220-2 V3.2.1, Annex B).
    private static func bench(
        every: Double, length: Double, meters: Int = 1, frequency: Double = centre, hears: Bool = true
    ) throws -> TestBench {
        try TestBench.demo(
            procedure: "rf-duty-cycle-868",
            change: { bench, types, world in
                for name in types.keys { types[name]?.transmits = [centre] }
                for i in world.meters.indices where i < meters {
                    world.meters[i].radio = RadioTruth(frequency: frequency, every: every, length: length)
                }
                guard hears, var receiver = bench.instrument(.pulseCounter) else { return }
                receiver.id = "receiver"
                receiver.role = .radioReceiver
                bench.instruments.append(receiver)
            })
    }

    /// The bench with one meter in its order.
    private static func alone(every: Double, length: Double) throws -> TestBench {
        var bench = try bench(every: every, length: length)
        bench.work.started.order.meters.removeAll { $0.position != 1 }
        for i in bench.work.schedule.points.indices {
            bench.work.schedule.points[i].byPosition = bench.work.schedule.points[i].byPosition.filter { $0.key == 1 }
        }
        return bench
    }

    private static func evaluation(_ bench: TestBench) throws -> (Evaluation, RadioObservation) {
        let finished = try bench.run()
        #expect(finished.outcome.complete && finished.outcome.fault == nil, "\(finished.outcome)")
        let result = try #require(finished.results(1).values.first)
        guard case .radio(let seen) = result.measurement else { throw Fault(.badAnswer, "test", "another kind") }
        return (result.evaluation, seen)
    }

    @Test(
        "The duty cycle of a lone meter is found within U, and judged by the band's limit of 0.1 %",
        arguments: [
            // Every 16 s for 8 ms: 0.05 %; every 10 s for 40 ms: 0.4 %.
            (16.0, 0.008, "pass"), (10.0, 0.04, "fail"),
        ])
    func lone(every: Double, length: Double, wanted: String) throws {
        let (found, seen) = try Self.evaluation(try Self.alone(every: every, length: length))
        #expect(found.verdict.word == wanted, "\(found)")
        let truth = 100 * length / every, duty = try #require(found.error), U = try #require(found.U)
        #expect(abs(duty - truth) <= U + truth / 3600 * every && U < 0.25 * max(truth, 0.1), "\(duty) ± \(U), \(truth)")
        #expect(seen.senders == 1 && seen.watched >= 3600 && seen.sweeps.count == 3600)
        #expect(abs(Double(seen.bursts) - 3600 / every) <= 2, "\(seen.bursts)")
    }

    @Test("What several meters send together lets all pass or none be judged: nobody knows whose it is")
    func several() throws {
        let (calm, heard) = try Self.evaluation(try Self.bench(every: 100, length: 0.008, meters: 3))
        #expect(calm.verdict == .pass && heard.senders == 6, "\(calm)")
        let (busy, _) = try Self.evaluation(try Self.bench(every: 16, length: 0.01, meters: 3))
        #expect(busy.verdict.word == "inconclusive" && busy.verdict.reason?.contains("nobody knows whose") == true)
    }

    @Test("A meter that is never heard is not judged: the receiver may be deaf to it")
    func silent() throws {
        let (found, seen) = try Self.evaluation(try Self.bench(every: 16, length: 0.01, frequency: 433.92e6))
        #expect(seen.bursts == 0 && found.verdict.word == "inconclusive", "\(found)")
        #expect(found.verdict.reason?.contains("nothing was heard") == true)
    }

    @Test("A bench without a receiver is told so; meters without a radio are not asked")
    func needs() throws {
        let trouble = #expect(throws: Diagnostics.self) { try Self.bench(every: 16, length: 0.01, hears: false) }
        #expect(
            trouble?.all.count == 1 && trouble?.all.first?.message.contains("has no receiver") == true, "\(trouble!)")
        let none = #expect(throws: Diagnostics.self) { try TestBench.demo(procedure: "rf-duty-cycle-868") }
        #expect(none?.all.first?.message.contains("no test point is left") == true, "\(none!)")
    }
}
