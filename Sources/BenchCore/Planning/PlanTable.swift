/// A plan as a table for people: every test point with its load, limit, clause, time, energy and uncertainty.
public struct PlanTable: Sendable {
    /// The plan.
    public let plan: Plan
    /// The procedure's identity, and the bench's identifier.
    public let hash: String, bench: String

    /// A table of a plan.
    public init(_ plan: Plan, hash: String, bench: String) {
        self.plan = plan
        self.hash = hash
        self.bench = bench
    }

    /// Reads procedure, bench and meter type, plans, and gives the lines of the table.
    ///
    /// Throws `Diagnostics` with the complaints of all files and passes, `Fault` for a file that cannot be read.
    public static func lines(procedure path: String, bench: String, meter: String, kinds: [any StepKind]) throws
        -> [String]
    {
        let (benchBytes, meterBytes) = (try Disk.read(bench), try Disk.read(meter))
        var complaints: [Diagnostic] = []
        func collect<T>(_ read: () throws -> T) throws -> T? {
            do { return try read() } catch let trouble as Diagnostics {
                complaints += trouble.all
                return nil
            }
        }
        let procedure = try collect { try ProcedureFile.load(path, kinds: kinds) }
        let limits = try procedure.flatMap { procedure in try collect { try procedure.limitTable() } }
        let description = try collect { try BenchFile.load(benchBytes, file: bench) }
        let type = try collect { try MeterTypeFile.load(meterBytes, file: meter) }
        guard complaints.isEmpty, let procedure, let limits, let description, let type else {
            throw Diagnostics(all: complaints)
        }
        let plan = try Planner.plan(
            procedure: procedure, limits: limits, meterType: type, bench: description, kinds: kinds)
        return PlanTable(plan, hash: procedure.hash, bench: description.id).lines
    }

    /// All lines: head, table, what is left out, totals, hazards.
    public var lines: [String] { head + [""] + table + [""] + leftOut + totals }

    // MARK: - parts

    private var energy: EnergyKind { plan.energy ?? .active }

    private var head: [String] {
        let plate = plan.meter.nameplate
        let base = plate.connection == .direct ? "Ib" : "In"
        return [
            "\(plan.title)",
            "procedure \(plan.procedure), edition \(plan.edition), SHA-256 \(hash)",
            "basis     \(plan.basis)",
            "limits    \(plan.limits)",
            "bench     \(bench)",
            "meter     \(plan.meter.id): \(plate.manufacturer) \(plate.model), class \(plate.accuracyClass(of: energy) ?? "–"), \(plate.wiring.rawValue), "
                + "\(plate.connection.rawValue), Un \(text(plate.nominalVoltage.value, .voltage)), "
                + "\(base) \(text(plate.nominalCurrent.value, .current)), Imax \(text(plate.maximumCurrent.value, .current))",
        ]
    }

    private var table: [String] {
        let header = [
            "no.", "kind", "direction", "PF", "current", "", "phase", "limit %", "clause", "confirmed", "time",
            "energy",
            "U %", "U/limit",
        ]
        let rows = plan.points.map(row)
        let right: Set<Int> = [0, 5, 7, 10, 11, 12, 13]
        var widths = header.map(\.count)
        for row in rows { for (i, cell) in row.enumerated() { widths[i] = max(widths[i], cell.count) } }
        // A clause that is cut is still found by its beginning; the limit table has it in full.
        widths[8] = min(widths[8], 31)
        return ([header] + rows).map { row in
            row.enumerated().map { i, cell in
                let shown = cell.count > widths[i] ? String(cell.prefix(widths[i] - 1)) + "…" : cell
                let space = String(repeating: " ", count: widths[i] - shown.count)
                return right.contains(i) ? space + shown : shown + space
            }.joined(separator: " ").trimmedRight
        }
    }

    private func row(_ point: TestPoint) -> [String] {
        let source = point.rule ?? point.limit?.citation
        return [
            "\(point.number)", point.influence?.short(at: point) ?? point.event?.short ?? point.kind.rawValue,
            point.kind == .noLoad && point.preload == nil
                ? "" : point.direction.rawValue + (point.quadrant.map { " " + $0 } ?? ""),
            point.currentText == "open" ? "" : point.factorText, point.currentText,
            point.currentText == "open" ? "" : amperes(point), phases(point), limit(point),
            source?.text ?? "", source?.verified.rawValue ?? "", PlanTable.time(point.expectedDuration),
            PlanTable.energy(point.expectedEnergy, point.energyKind),
            point.reachableU.map { Decimal.fixed($0, 3) } ?? "", share(point),
        ]
    }

    /// The loaded phase, or those that export while the others import: `−L1`.
    private func phases(_ point: TestPoint) -> String {
        if let exporting = point.exporting { return exporting.map { "−L\($0)" }.joined(separator: " ") }
        return point.profile == nil ? point.phase.map { "L\($0)" } ?? "" : "day"
    }

    private func amperes(_ point: TestPoint) -> String {
        let value = point.load.phases.indices.map { point.load.effective($0).current }.max() ?? 0
        return text(value, .current)
    }

    private func limit(_ point: TestPoint) -> String {
        guard let limit = point.limit else { return point.maximumPulses.map { "\($0) imp" } ?? "" }
        if limit.lowerPercent == -limit.upperPercent { return "±" + Decimal.shortest(limit.upperPercent) }
        return Decimal.shortest(limit.lowerPercent) + "/" + Decimal.shortest(limit.upperPercent)
    }

    private func share(_ point: TestPoint) -> String {
        guard let U = point.reachableU, let limit = point.limit?.magnitude, limit > 0 else { return "" }
        return Decimal.fixed(100 * U / limit, 0) + " %"
    }

    private var leftOut: [String] {
        guard !plan.leftOut.isEmpty else { return [] }
        let byReason = Dictionary(grouping: plan.leftOut, by: \.reason)
        return byReason.keys.sorted().flatMap { reason in
            ["left out, because \(reason):"] + (byReason[reason] ?? []).map { "  " + $0.id }
        } + [""]
    }

    /// Best case of the points that end when they are decided; the table shows the worst.
    private var adaptive: [String] {
        let points = plan.points.filter { $0.sequential != nil }
        guard !points.isEmpty else { return [] }
        let best = plan.points.reduce(plan.rampDown) { $0 + ($1.sequential?.leastDuration ?? $1.expectedDuration) }
        var ways: [String] = []
        for case let sequence? in points.map(\.sequential) {
            let way = "\(sequence.least) to \(sequence.most) determinations, decided at \(sequence.riskText)"
            if !ways.contains(way) { ways.append(way) }
        }
        return [
            "adaptive: \(points.count) test points take \(ways.joined(separator: "; ")); times above are the worst case, "
                + "the best of all is \(PlanTable.time(best)) (\(Decimal.fixed(best, 0)) s)"
        ]
    }

    private var totals: [String] {
        let seconds = plan.points.reduce(plan.rampDown) { $0 + $1.expectedDuration }
        let energy = plan.points.reduce(0) { $0 + $1.expectedEnergy }
        let voltage =
            plan.points.map { point in
                (point.load.phases.map(\.voltage).max() ?? 0) * max(1, (point.event?.residual ?? 0) / 100)
            }.max() ?? 0
        let current = plan.points.flatMap(\.load.phases).map(\.current).max() ?? 0
        let worst = plan.points.compactMap { point in
            point.reachableU.flatMap { U in point.limit.map { U / $0.magnitude } }
        }.max()
        let rule = plan.decisionRule.guardFactor
        return [
            "\(plan.points.count) test points, \(adaptive.isEmpty ? "" : "at most ")\(PlanTable.time(seconds)) (\(Decimal.fixed(seconds, 0)) s), "
                + PlanTable.energy(energy, self.energy)
                + (worst.map { ", U at most \(Decimal.fixed(100 * $0, 0)) % of the limit" } ?? ""),
            "decision rule: "
                + (rule == 0
                    ? "simple acceptance"
                    : rule == 1 ? "guard band w = U" : "guard band w = \(Decimal.shortest(rule)) U"),
        ] + adaptive + [
            "hazards: up to \(text(voltage, .voltage)) between phase and neutral and \(text(current, .current)) per phase"
        ]
    }

    private func text(_ value: Double, _ kind: DimensionKind) -> String {
        QuantityText.text(Decimal.parse(Decimal.fixed(value, 9)) ?? value, kind)
    }

    /// `1:04:30`, `2:05`, `8 s`.
    static func time(_ seconds: Double) -> String {
        let whole = Int(seconds.rounded(.up))
        func two(_ n: Int) -> String { n < 10 ? "0\(n)" : "\(n)" }
        if whole >= 3600 { return "\(whole / 3600):\(two(whole / 60 % 60)):\(two(whole % 60))" }
        return whole >= 60 ? "\(whole / 60):\(two(whole % 60))" : "\(whole) s"
    }

    /// Energy (W·s) in Wh or kWh with three figures.
    static func energy(_ wattSeconds: Double, _ kind: EnergyKind = .active) -> String {
        let unit = kind == .active ? "Wh" : "varh"
        let wattHours = wattSeconds / 3600
        if wattHours == 0 { return "" }
        if wattHours >= 1000 {
            return Decimal.fixed(wattHours / 1000, max(0, 2 - Decimal.wholeDigits(wattHours / 1000))) + " k" + unit
        }
        return Decimal.fixed(wattHours, min(3, max(0, 3 - Decimal.wholeDigits(wattHours)))) + " " + unit
    }
}

extension Decimal {
    /// How many digits stand before the decimal point; 0 below one.
    static func wholeDigits(_ value: Double) -> Int {
        var (count, rest) = (0, abs(value))
        while rest >= 1, count < 310 { (count, rest) = (count + 1, rest / 10) }
        return count
    }
}

extension String {
    fileprivate var trimmedRight: String {
        var rest = self[...]
        while rest.last == " " { rest = rest.dropLast() }
        return String(rest)
    }
}
