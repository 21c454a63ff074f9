import BenchCore
import Glibc
import Instruments
import Plugins

/// Points that end when they are decided against fixed numbers of determinations: risks kept, and bench time saved at equal risk.
///
/// Both are sized beforehand for the same demand, as nobody knows a meter before it is measured: at most 1 % of meters outside a limit
/// are accepted and at most 1 % inside rejected, and of meters at 80 % of the limit whose determinations scatter by a tenth of it (what the
/// repeatability test of the procedure allows) 99 % are decided. The lot they are then compared on has errors with a standard deviation of
/// a third of the limit at every point, and scatter from a hundredth to a tenth of it, evenly on a logarithmic scale.
struct AdaptiveFigures {
    static let word = "adaptive"
    static let meters = 10_000, risk = 0.01, decided = 0.99, least = 3

    /// A point of the sweep as it is simulated: gates by the planner, uncertainties as the bench has them.
    struct Sim: Sendable {
        let point: TestPoint
        let bench: BenchDescription
        let rule: DecisionRule
        let constant: Double, gate: Double, pulses: Int
        let range: StandardRange, apparent: Double, stability: Double, jitter: Double

        init(_ question: TestPoint, _ work: RunWork, _ sequence: SequentialPlan, constant: Double) throws {
            var point = question
            point.sequential = sequence
            point.repeats = sequence.least
            let plan = try PulsePlanner.plan(point, bench: work.bench, meterConstant: constant)
            let builder = try BudgetBuilder(point, work.bench)
            self.point = point
            bench = work.bench
            rule = work.schedule.decisionRule
            self.constant = constant
            (gate, pulses) = (plan.gateSeconds, plan.pulses)
            (range, apparent) = (builder.range, builder.apparentOverActive)
            stability = work.bench.instrument(.referenceSource)?.source?.stability ?? 0
            jitter = work.bench.instrument(.pulseCounter)?.counter?.edgeJitter ?? 0
        }

        var limit: Double { point.limit?.magnitude ?? 0 }

        /// Measures a meter with this error and scatter of single determinations, percent, on a bench drawn anew.
        func measure(error: Double, scatter: Double, _ random: inout SeededGenerator) throws -> SequentialRecord {
            guard let plan = point.sequential else { throw Fault(.internalError, point.id, "is not adaptive") }
            let bias =
                apparent
                * (random.normal(mean: 0, standardDeviation: range.certificateU / 2)
                    + random.uniform(in: -range.drift...range.drift))
                + random.normal(mean: 0, standardDeviation: stability)
            var edge = random.normal(mean: 0, standardDeviation: jitter)
            var edges = [PulseEdge(tick: 0, referenceCount: 0)]
            for i in 0..<plan.most {
                let next = random.normal(mean: 0, standardDeviation: jitter)
                let own = error + bias + random.normal(mean: 0, standardDeviation: scatter) + 100 * (edge - next) / gate
                edge = next
                let count = edges[i].referenceCount + Double(pulses) / constant / (1 + own / 100) * 1e9
                edges.append(PulseEdge(tick: Int64(Double(i + 1) * gate * 1e9), referenceCount: count))
            }
            let reading = StandardReading(
                voltages: [], currents: [], powers: [], frequency: 50, voltageDistortion: [])
            let seen = PulseObservation(
                meterConstant: constant, referenceConstant: 1e9,
                gates: zip(edges, edges.dropFirst()).map { PulseGate(pulses: pulses, first: $0, last: $1) },
                findings: EdgeFindings(missing: 0, double: 0, jitter: 0), before: reading, after: reading,
                temperature: 23)
            return try SequentialDecision.record(point, plan, seen, bench: bench, rule: rule)
        }
    }

    /// A plan of one look: a fixed number of determinations at the same risk.
    static func fixed(_ count: Int) throws -> SequentialPlan {
        guard let z = NormalDistribution.quantile(1 - risk),
            let t = StudentT.coverageFactor(1 - 2 * risk, degreesOfFreedom: Double(count - 1))
        else { throw Fault(.internalError, "figures", "no quantile") }
        return SequentialPlan(
            risk: risk, looks: [.init(determinations: count, risk: risk, t: t, z: z)], endsAtU: nil, leastDuration: 0)
    }

    static func adaptive(_ most: Int) throws -> SequentialPlan {
        guard let plan = SequentialPlan.make(risk: risk, least: least, most: most) else {
            throw Fault(.internalError, "figures", "no plan of \(most) determinations")
        }
        return plan
    }

    static func show(_ sheet: inout Sheet) throws {
        sheet.section(
            "Adaptive measuring: class 0.5S sweep, decided at 1 % risk, against a fixed number of determinations",
            "both decide 99 % of meters at 80 % of the limit that scatter by a tenth of it; guard band U")
        let work = try SyntheticRun(
            SyntheticRun.Shipped(measure: "{ repeats: 3 to 12, until: decided at 1 % risk }"), positions: 1,
            constant: 10_000, seed: 1, keep: { $0.kind == .accuracy }
        ).work
        let questions = work.schedule.points.compactMap { $0.byPosition[1] }
        guard let balanced = questions.first(where: { $0.currentText == "In" && $0.phase == nil }) else {
            throw Fault(.internalError, "figures", "the procedure has no point at In")
        }
        let n = try smallest(3...30) { try power(Sim(balanced, work, fixed($0), constant: 10_000)) }
        let most = try smallest(6...30) { try power(Sim(balanced, work, adaptive($0), constant: 10_000)) }
        sheet.plain("fixed determinations that meet the demand", "\(n)")
        sheet.plain(
            "adaptive: looks after",
            try adaptive(most).looks.map { "\($0.determinations)" }.joined(separator: ", "))
        try risks(questions, work, most, &sheet)
        try lot(questions, work, n, most, &sheet)
        try sweep(n, most, &sheet)
    }

    /// The smallest number of determinations that decides enough meters: more of them decide more.
    private static func smallest(_ counts: ClosedRange<Int>, _ power: (Int) throws -> Double) throws -> Int {
        var (low, high) = (counts.lowerBound, counts.upperBound)
        guard try power(high) >= decided else {
            throw Fault(.internalError, "figures", "no number of determinations meets the demand")
        }
        while low < high {
            let middle = (low + high) / 2
            if try power(middle) >= decided { high = middle } else { low = middle + 1 }
        }
        return high
    }

    /// Share of meters that pass at 80 % of the limit with a scatter of a tenth of it.
    private static func power(_ sim: Sim) throws -> Double {
        let parts = try Threads.map(10) { part -> Int in
            var random = SeededGenerator(seed: UInt64(part), label: "power")
            var passed = 0
            for _ in 0..<meters / 10 {
                let record = try sim.measure(error: 0.8 * sim.limit, scatter: sim.limit / 10, &random)
                if record.looks.last?.answer == .pass { passed += 1 }
            }
            return passed
        }
        return Double(parts.reduce(0, +)) / Double(meters)
    }

    /// Meters right at a limit: accepted is wrong just outside, rejected just inside.
    private static func risks(
        _ questions: [TestPoint], _ work: RunWork, _ most: Int, _ sheet: inout Sheet
    ) throws {
        let chosen = [
            ("1", "In"), ("1", "1 % In"), ("0.5 ind", "10 % In"), ("0.8 cap", "Imax"),
        ].compactMap { factor, current in
            questions.first {
                $0.powerFactor.description == factor && $0.currentText == current && $0.phase == nil
                    && $0.direction == .import
            }
        }
        let shares = [0.005, 0.02, 0.05, 0.15, 0.4]
        struct Cell { var name: String, accepted: Int, rejected: Int }
        let plan = try adaptive(most)
        let cells = try Threads.map(chosen.count * shares.count) { index -> Cell in
            let sim = try Sim(chosen[index / shares.count], work, plan, constant: 10_000)
            let share = shares[index % shares.count]
            var random = SeededGenerator(seed: UInt64(index), label: "risks")
            var cell = Cell(
                name: "\(sim.point.powerFactor), \(sim.point.currentText), scatter \(Decimal.shortest(share)) of limit",
                accepted: 0, rejected: 0)
            for meter in 0..<meters {
                let sign = meter.isMultiple(of: 2) ? 1.0 : -1
                switch try sim.measure(error: sign * sim.limit, scatter: share * sim.limit, &random).looks.last?.answer
                {
                case .pass: cell.accepted += 1
                case .fail: cell.rejected += 1
                default: break
                }
            }
            return cell
        }
        func percent(_ count: Int, of all: Int = meters) -> String {
            Decimal.fixed(100 * Double(count) / Double(all), 2) + " %"
        }
        // Chance adds three standard deviations to a rate of 1 % over 10 000 meters.
        let chance = 3 * (risk * (1 - risk) / Double(meters)).squareRoot()
        let all = meters * cells.count
        for (name, count) in [
            ("accepted", \Cell.accepted), ("rejected", \Cell.rejected),
        ] as [(String, KeyPath<Cell, Int>)] {
            let total = cells.reduce(0) { $0 + $1[keyPath: count] }
            sheet.demand(
                "\(cells.count) × \(meters) meters right at a limit, wrongly \(name)", percent(total, of: all), "≤ 1 %",
                met: Double(total) / Double(all) <= risk)
            if let worst = cells.max(by: { $0[keyPath: count] < $1[keyPath: count] }) {
                sheet.demand(
                    "  most often: \(worst.name)", percent(worst[keyPath: count]), "≤ 1 % + 3 σ (1.3 %)",
                    met: Double(worst[keyPath: count]) / Double(meters) <= risk + chance)
            }
        }
    }

    /// What a lot of meters takes, one after the other and six side by side, with the overhead of settling that the bench really has.
    private static func lot(
        _ questions: [TestPoint], _ work: RunWork, _ n: Int, _ most: Int, _ sheet: inout Sheet
    ) throws {
        struct Tally {
            var accepted = 0, rejected = 0, outside = 0, open = 0, covered = 0, results = 0
            var alone = 0.0, together = 0.0
        }
        func tally(_ plan: SequentialPlan) throws -> Tally {
            let sims = try questions.filter { $0.direction == .import }.map {
                try Sim($0, work, plan, constant: 10_000)
            }
            let batch = 6
            let parts = try Threads.map(16) { part -> Tally in
                var random = SeededGenerator(seed: UInt64(part), label: "lot")
                var tally = Tally()
                for _ in 0..<meters / 16 / batch {
                    var slowest = [Double](repeating: 0, count: sims.count)
                    for _ in 0..<batch {
                        let scatter = exp(random.uniform(in: log(0.01)...log(0.1)))
                        for (i, sim) in sims.enumerated() {
                            let error = random.normal(mean: 0, standardDeviation: sim.limit / 3)
                            guard
                                let look = try sim.measure(error: error, scatter: scatter * sim.limit, &random).looks
                                    .last
                            else { continue }
                            let outside = abs(error) > sim.limit
                            tally.results += 1
                            if outside { tally.outside += 1 }
                            if outside, look.answer == .pass { tally.accepted += 1 }
                            if !outside, look.answer == .fail { tally.rejected += 1 }
                            if look.answer == .open { tally.open += 1 }
                            if abs(look.error - error) <= look.U { tally.covered += 1 }
                            let seconds = Double(look.determinations) * sim.gate
                            tally.alone += seconds
                            slowest[i] = max(slowest[i], seconds)
                        }
                    }
                    tally.together += slowest.reduce(0, +) * Double(batch)
                }
                return tally
            }
            return parts.reduce(Tally()) { a, b in
                Tally(
                    accepted: a.accepted + b.accepted, rejected: a.rejected + b.rejected,
                    outside: a.outside + b.outside,
                    open: a.open + b.open, covered: a.covered + b.covered, results: a.results + b.results,
                    alone: a.alone + b.alone, together: a.together + b.together)
            }
        }
        let (once, looked) = (try tally(fixed(n)), try tally(adaptive(most)))
        func percent(_ a: Int, _ b: Int) -> String { Decimal.fixed(100 * Double(a) / Double(max(1, b)), 3) + " %" }
        sheet.row(["a lot of \(meters) meters, all import points", "fixed", "adaptive"], first: 58, width: 14)
        for (name, value) in [
            ("outside their limit, accepted (of those outside)", { percent($0.accepted, $0.outside) }),
            ("inside, rejected (of those inside)", { percent($0.rejected, $0.results - $0.outside) }),
            ("without a decision", { percent($0.open, $0.results) }),
            ("planted error within U", { percent($0.covered, $0.results) }),
            ("s of gates per meter and point", { Decimal.fixed($0.alone / Double($0.results), 2) }),
            ("the same, six meters side by side", { Decimal.fixed($0.together / Double($0.results), 2) }),
        ] as [(String, (Tally) -> String)] {
            sheet.row([name, value(once), value(looked)], first: 58, width: 14)
        }
        let wrong = [
            Double(looked.accepted) / Double(max(1, looked.outside)),
            Double(looked.rejected) / Double(max(1, looked.results - looked.outside)),
        ]
        sheet.demand(
            "wrong decisions about the lot, the larger of the two rates",
            Decimal.fixed(100 * (wrong.max() ?? 1), 2) + " %",
            "≤ 1 %", met: wrong.allSatisfy { $0 <= risk })
        let share = Double(looked.open - once.open) / Double(looked.results)
        sheet.demand(
            "without a decision, adaptive − fixed", Decimal.fixed(100 * share, 2) + " %", "≤ 1 %", met: share <= 0.01)
        sheet.demand(
            "gates of the lot, fixed ÷ adaptive, one meter at a time", Decimal.fixed(once.alone / looked.alone, 2),
            "≥ 2",
            met: once.alone / looked.alone >= 2)
        sheet.plain("  six side by side", Decimal.fixed(once.together / looked.together, 2))
    }

    /// The sweep through the orchestrator, settling and waiting included.
    private static func sweep(_ n: Int, _ most: Int, _ sheet: inout Sheet) throws {
        let adaptive = try SyntheticRun.Shipped(measure: "{ repeats: \(least) to \(most), until: decided at 1 % risk }")
        let fixed = try SyntheticRun.Shipped(measure: "{ repeats: \(n), uncertainty: at most 1/5 of limit }")
        for positions in [1, 6, 48] {
            func run(_ shipped: SyntheticRun.Shipped) throws -> SyntheticRun.Finished {
                try SyntheticRun(
                    shipped, positions: positions, constant: 10_000, seed: 11, keep: { $0.kind == .accuracy }
                ).run()
            }
            let (looked, once) = (try run(adaptive), try run(fixed))
            func seconds(_ run: SyntheticRun.Finished) -> Double { run.outcome.efficiency.actual }
            let ratio = seconds(once) / seconds(looked)
            sheet.demand(
                "bench time of the sweep, \(positions) good meters: \(Decimal.fixed(seconds(once), 0)) s ÷ "
                    + "\(Decimal.fixed(seconds(looked), 0)) s", Decimal.fixed(ratio, 2), "≥ 2", met: ratio >= 2)
            let verdicts = { (run: SyntheticRun.Finished) in run.outcome.verdicts.mapValues(\.word) }
            sheet.demand(
                "  verdicts on meters that differ", "\(verdicts(once).count { verdicts(looked)[$0.key] != $0.value })",
                "0", met: verdicts(once) == verdicts(looked))
            sheet.plain(
                "  saved, as the run's own account says", Decimal.fixed(looked.outcome.efficiency.saved ?? 0, 0) + " s")
        }
    }
}

extension SyntheticRun.Shipped {
    /// The shipped procedure with another way to measure accuracy.
    init(measure: String) throws {
        let path = "Procedures/iec62053-22-class-0.5S.yaml"
        procedure = try ProcedureFile.load(path, kinds: BuiltIn.stepKinds) { file in
            let bytes = try Disk.read(file)
            guard file == path else { return bytes }
            let text = String(decoding: bytes, as: UTF8.self)
            return Array(
                text.replacing(
                    "measure: { repeats: 3, uncertainty: at most 1/5 of limit }", with: "measure: " + measure
                )
                .utf8)
        }
        let file = procedure.limits
        limits = try LimitTableFile.load(procedure.sources.first { $0.path == file }?.bytes ?? [], file: file)
    }
}
