import BenchCore
import Instruments
import Plugins

/// What each kind of test finds: a meter with one fault planted beside a good one, over a hundred seeds, each with another standard, source, air and
/// other small errors of both meters.
enum DetectionFigures {
    /// The word that asks for these figures alone.
    static let word = "detection"
    private static let seeds = 100

    /// One kind of test with the fault that it is there for.
    private struct Case: Sendable {
        var kind: TestKindName, procedure: String, fault: String
        /// The points that are taken; all of the kind unless something else is said.
        var keep: @Sendable (ScheduledPoint) -> Bool = { _ in true }
        /// What is wrong with the meter, and what is right with any.
        var plant: @Sendable (inout SimulatedMeter) -> Void
        var good: @Sendable (inout SimulatedMeter) -> Void = { _ in }
        /// What the bench has besides.
        var bench: @Sendable (inout SyntheticBench.Made) -> Void = { _ in }
        /// Whether only one meter can be tested at a time.
        var alone = false
    }

    private static let class05S = "iec62053-22"
    private static let cases: [Case] = [
        // Two pulses of 360 J in the 870 s of the test are one more than allowed.
        Case(kind: .noLoad, procedure: class05S, fault: "creeps by 1.5 W", plant: { $0.creep = 1.5 }),
        Case(
            kind: .starting, procedure: class05S, fault: "starts at 5 W, not at 3.45 W", plant: { $0.threshold = 5 }),
        Case(
            kind: .accuracy, procedure: class05S, fault: "0.8 % fast", keep: { $0.id.contains("I=In") },
            plant: { $0.gain = 0.8 }),
        Case(
            kind: .accuracy, procedure: class05S, fault: "0.5° of phase at PF 0.5",
            keep: { $0.id.contains("PF=0.5 ind I=In") }, plant: { $0.phase += 0.5 }),
        Case(
            kind: .accuracy, procedure: class05S, fault: "a dead phase",
            keep: { $0.id.contains("I=In") }, plant: { $0.phaseGains[1] = -100 }),
        // More scatter looks like missing pulses too, and is then inconclusive; it never passes.
        Case(kind: .repeatability, procedure: class05S, fault: "scatters by 1 % in a second", plant: { $0.noise = 1 }),
        Case(kind: .register, procedure: class05S, fault: "register 1.3 % fast", plant: { $0.registerGain = 1.3 }),
        Case(
            kind: .register, procedure: class05S, fault: "registers exchanged", plant: { $0.swappedRegisters = true }),
        Case(
            kind: .influence, procedure: "iec62053-22-influence", fault: "0.45 % by voltage",
            keep: { $0.id.contains("by voltage ") && $0.id.contains("Imax") },
            plant: { $0.influences = [.voltage: 0.45] }, bench: shaped),
        Case(
            kind: .influence, procedure: "iec62053-22-influence", fault: "1.2 % by the fifth harmonic",
            keep: { $0.id.contains("fifth") }, plant: { $0.influences = [.fifthHarmonic: 1.2] }, bench: shaped),
        Case(
            kind: .radioDutyCycle, procedure: "rf-duty-cycle-868", fault: "0.4 % of the hour on the air",
            plant: { $0.radio = RadioTruth(frequency: 868.95e6, every: 10, length: 0.04) },
            good: { $0.radio = RadioTruth(frequency: 868.95e6, every: 16, length: 0.008) }, bench: listening,
            alone: true),
    ]

    /// A source that gives harmonics and modulations.
    @Sendable private static func shaped(_ made: inout SyntheticBench.Made) {
        for i in made.bench.instruments.indices where made.bench.instruments[i].role == .referenceSource {
            made.bench.instruments[i].source?.harmonics = 0...50
            made.bench.instruments[i].source?.fluctuation = 0.1...40
        }
    }

    /// A receiver, and meters with a radio.
    @Sendable private static func listening(_ made: inout SyntheticBench.Made) {
        for name in made.types.keys { made.types[name]?.transmits = [868.95e6] }
        guard var receiver = made.bench.instrument(.pulseCounter) else { return }
        receiver.id = "receiver"
        receiver.role = .radioReceiver
        made.bench.instruments.append(receiver)
    }

    /// What became of one meter: whether a point failed, and whether one was not decided.
    private struct Seen: Sendable {
        var fails = false, open = false
    }

    static func show(_ sheet: inout Sheet) throws {
        sheet.section(
            "What each kind of test finds, over \(seeds) seeds",
            "one meter with a fault and one without, guard band U; missed: the faulty one does not fail; false alarm: the good one fails; undecided: "
                + "the good one is inconclusive")
        sheet.row(["kind: fault", "detected", "missed", "false alarms", "undecided"], first: 50, width: 14)
        for one in cases {
            let shipped = try SyntheticRun.Shipped(one.procedure)
            let seen = try Threads.map(seeds) { try pair(one, shipped, seed: UInt64($0) + 1) }
            let detected = seen.count { $0.faulty.fails }, alarms = seen.count { $0.good.fails }
            let name = "\(one.kind.rawValue): \(one.fault)"
            sheet.row(
                [name, "\(detected)", "\(seeds - detected)", "\(alarms)", "\(seen.count { $0.good.open })"], first: 50,
                width: 14)
            sheet.demand(
                "  \(one.kind.rawValue), detected and false alarms", "\(detected), \(alarms)", "\(seeds), at most 2",
                met: detected == seeds && alarms <= 2)
        }
    }

    private static func pair(_ one: Case, _ shipped: SyntheticRun.Shipped, seed: UInt64) throws -> (
        faulty: Seen, good: Seen
    ) {
        if one.alone {
            return (
                try run(one, shipped, seed, [true])[0], try run(one, shipped, seed, [false])[0]
            )
        }
        let both = try run(one, shipped, seed, [true, false])
        return (both[0], both[1])
    }

    /// Runs a bench with meters that have the fault or not.
    private static func run(_ one: Case, _ shipped: SyntheticRun.Shipped, _ seed: UInt64, _ faulty: [Bool]) throws
        -> [Seen]
    {
        let run = try SyntheticRun(
            shipped, positions: faulty.count, constant: 10_000, seed: seed,
            keep: { $0.kind == one.kind && one.keep($0) },
            change: { made in
                one.bench(&made)
                for i in faulty.indices {
                    one.good(&made.world.meters[i])
                    if faulty[i] { one.plant(&made.world.meters[i]) }
                }
            })
        guard !run.work.schedule.points.isEmpty else {
            throw Fault(.internalError, one.procedure, "no point of \(one.kind.rawValue) is left")
        }
        var seen = [Seen](repeating: Seen(), count: faulty.count)
        for result in try run.run().results where (1...faulty.count).contains(result.position) {
            switch result.evaluation.verdict {
            case .fail: seen[result.position - 1].fails = true
            case .pass: break
            case .inconclusive, .notTested: seen[result.position - 1].open = true
            }
        }
        return seen
    }
}
