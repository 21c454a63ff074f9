import BenchCore

/// Bench efficiency of the whole sweep, where the time went, and what simpler policies would need.
struct EfficiencyFigures {
    struct Case: Sendable {
        var positions: Int, constant: Double, shared: Bool
    }
    struct Row: Sendable {
        var of: Case
        var efficiency: Efficiency
        var baselines: [Double]
    }

    static let policies = ["fixed 60 s dwell", "three separate measurements", "10 s fixed settling"]
    let rows: [Row]

    init(_ shipped: SyntheticRun.Shipped) throws {
        let cases = [false, true].flatMap { shared in
            [1, 6, 48].flatMap { positions in
                [1_000.0, 10_000, 100_000].map { Case(positions: positions, constant: $0, shared: shared) }
            }
        }
        rows = try Threads.map(cases.count) { index in
            let c = cases[index]
            return try Self.mean(
                (1...Self.draws(c)).map { seed in
                    let run = try SyntheticRun(
                        shipped, positions: c.positions, constant: c.constant, sharedBus: c.shared, seed: UInt64(seed))
                    let finished = try run.run()
                    return Row(
                        of: c, efficiency: finished.outcome.efficiency,
                        baselines: try Self.baselines(run.work, finished, c.constant))
                })
        }
    }

    /// How many runs a row is the mean of.
    ///
    /// The bound holds the *expected* wait for the first edge of free-running meters; where one slow meter decides, a single run is one
    /// draw of that wait (up to 1043 s at starting current and 1000 imp/kWh). The number was set before the means were looked at.
    private static func draws(_ c: Case) -> Int { c.positions == 1 ? 24 : c.positions == 6 ? 4 : 1 }

    private static func mean(_ rows: [Row]) -> Row {
        let n = Double(rows.count)
        var result = rows[0]
        result.efficiency.bound = rows.reduce(0) { $0 + $1.efficiency.bound } / n
        result.efficiency.actual = rows.reduce(0) { $0 + $1.efficiency.actual } / n
        for name in result.efficiency.losses.keys {
            result.efficiency.losses[name] = rows.reduce(0) { $0 + ($1.efficiency.losses[name] ?? .nan) } / n
        }
        for i in result.baselines.indices { result.baselines[i] = rows.reduce(0) { $0 + $1.baselines[i] } / n }
        return result
    }

    /// Seconds that other policies need by the same bounds, with no losses at all: settling, dwell and reading as in the bound
    /// of the run itself, and only what the policy does otherwise on top.
    private static func baselines(
        _ work: RunWork, _ run: SyntheticRun.Finished, _ constant: Double
    ) throws -> [Double] {
        let bound = run.outcome.efficiency.bound
        var fixed = bound
        var separate = bound
        for point in work.schedule.points where [.accuracy, .repeatability].contains(point.kind) {
            guard let question = point.byPosition.values.first else { continue }
            func dwell(_ point: TestPoint) -> Double {
                PulsePlanner.minimumDwell(
                    point, bench: work.bench, meterConstant: constant, positions: work.started.order.meters.count)
            }
            let least = dwell(question)
            fixed += max(60, least) - least
            if question.kind == .accuracy {
                var alone = question
                alone.repeats = 1
                separate += Double(question.repeats) * dwell(alone) - least
            }
        }
        // Ten seconds are what the procedure allows; the bound holds the settling that there was.
        let settled = settling(run)
        return [fixed, separate, bound + settled.reduce(0) { $0 + max(0, 10 - $1) }]
    }

    /// Seconds from the change of load to its being settled, of every load point.
    private static func settling(_ run: SyntheticRun.Finished) -> [Double] {
        var began: BenchInstant?
        var found: [Double] = []
        for entry in run.entries {
            guard case .loadPoint(let moved) = entry.what else { continue }
            switch moved.state {
            case .applied: began = entry.at
            case .settled:
                if let begin = began { found.append(entry.at - begin) }
                began = nil
            default: break
            }
        }
        return found
    }

    func show(_ sheet: inout Sheet) {
        sheet.section(
            "3 Bench efficiency η = lower bound ÷ time of the run; losses in seconds",
            "class 0.5S, 9600 baud; means of 24, 4 and 1 runs for 1, 6 and 48 positions; demanded: η ≥ 0.95 on own ports, ≥ 0.80 on a shared bus"
        )
        let head = ["positions, imp/kWh, lines", "bound s", "run s", "η"]
        sheet.row(head + EfficiencyAccount.names, first: 30, width: 13)
        for row in rows {
            let e = row.efficiency
            let c = row.of
            let name =
                "\(c.positions), \(Decimal.shortest(c.constant)), \(c.shared ? "shared bus" : "own ports")"
            sheet.row(
                [name, Decimal.fixed(e.bound, 1), Decimal.fixed(e.actual, 1), Decimal.fixed(e.eta, 4)]
                    + EfficiencyAccount.names.map { Decimal.fixed(e.losses[$0] ?? .nan, 1) }, first: 30, width: 13)
        }
        for shared in [false, true] {
            let some = rows.filter { $0.of.shared == shared }.map(\.efficiency.eta)
            let least = some.min() ?? 0
            let wanted = shared ? 0.80 : 0.95
            sheet.demand(
                "least η, \(shared ? "shared bus" : "own ports")", Decimal.fixed(least, 4),
                "≥ \(Decimal.fixed(wanted, 2))", met: least >= wanted)
        }
        let gaps = rows.map { row in
            let e = row.efficiency
            return abs(e.losses.values.reduce(0, +) - (e.actual - e.bound)) / e.actual
        }
        let gap = gaps.max() ?? 1
        sheet.demand(
            "losses − (run − bound), largest, share of the run", Decimal.fixed(100 * gap, 4) + " %", "≤ 1 %",
            met: gap <= 0.01)
        // By its definition idle is what is left over; so this is the figure that says how well the others account for the run.
        let idle = rows.map { abs($0.efficiency.losses["idle"] ?? .infinity) / $0.efficiency.actual }.max() ?? 1
        sheet.demand(
            "idle (what no other name accounts for), largest share", Decimal.fixed(100 * idle, 3) + " %", "≤ 1 %",
            met: idle <= 0.01)
    }

    func showBaselines(_ sheet: inout Sheet) {
        sheet.section(
            "4 Ratios to named baselines, in this same run",
            "schedules: bound of the policy without any loss ÷ the run as it was (above 1: this bench is faster)")
        for row in rows where row.of.positions == 6 && !row.of.shared {
            for (policy, seconds) in zip(Self.policies, row.baselines) {
                let ratio = seconds / row.efficiency.actual
                let name = "\(policy) ÷ run, 6 positions, \(Decimal.shortest(row.of.constant)) imp/kWh"
                // With 1 000 imp/kWh pulses are so rare that dwell is given by them, whatever the policy.
                if row.of.constant >= 10_000 {
                    sheet.demand(name, Decimal.fixed(ratio, 2), "≥ 1", met: ratio >= 1)
                } else {
                    sheet.plain(name, Decimal.fixed(ratio, 2))
                }
            }
        }
    }
}
