import BenchCore

/// The error curves of a meter with the limits as lines.
enum CurveMaker {
    static func panels(
        _ rows: [MeterCertificate.AccuracyRow], _ plan: Plan, _ table: LimitTable?
    ) -> [MeterCertificate.CurvePanel] {
        let plate = plan.meter.nameplate
        var panels: [MeterCertificate.CurvePanel] = []
        for load in [LoadKind.balanced, .singlePhase] {
            var ways: [String] = []
            for row in rows where !ways.contains(row.head.way) { ways.append(row.head.way) }
            for way in ways {
                let here = rows.filter {
                    $0.head.load == load && $0.head.way == way && $0.error != nil && $0.ratio > 0
                }
                guard !here.isEmpty else { continue }
                panels.append(panel(here, load, way, plate, table))
            }
        }
        return panels
    }

    private static func panel(
        _ rows: [MeterCertificate.AccuracyRow], _ load: LoadKind, _ way: String, _ plate: Nameplate,
        _ table: LimitTable?
    ) -> MeterCertificate.CurvePanel {
        let symbol = rows.contains { $0.head.sine != nil } ? "sin φ " : "PF "
        var phases: [String] = []
        var factors: [String] = []
        for row in rows {
            let factor = row.head.factor(withSymbol: false)
            if !factors.contains(factor) { factors.append(factor) }
            if !phases.contains(row.head.phases) { phases.append(row.head.phases) }
        }
        var series: [MeterCertificate.CurveSeries] = []
        for (f, factor) in factors.enumerated() {
            for (p, phase) in phases.enumerated() {
                let points = rows.filter { $0.head.factor(withSymbol: false) == factor && $0.head.phases == phase }
                    .compactMap { row in
                        row.error.map {
                            MeterCertificate.CurvePoint(ratio: row.ratio, error: $0.value, U: row.U?.value)
                        }
                    }
                guard !points.isEmpty else { continue }
                let name = symbol + factor
                series.append(
                    .init(
                        name: load == .singlePhase ? "\(phase), \(name)" : name,
                        marker: load == .singlePhase ? p : f, dash: f,
                        points: points.sorted { $0.ratio < $1.ratio }))
            }
        }
        var limits: [(factors: [String], steps: [MeterCertificate.CurveStep])] = []
        for factor in factors {
            let steps = steps(
                rows.filter { $0.head.factor(withSymbol: false) == factor }, load, factor, plate, table)
            guard !steps.isEmpty else { continue }
            if let i = limits.firstIndex(where: { $0.steps == steps }) {
                limits[i].factors.append(factor)
            } else {
                limits.append(([factor], steps))
            }
        }
        let words = load == .balanced ? "Balanced load" : "Single-phase loads"
        return .init(
            title: "\(words), \(way)",
            base: plate.connection == .transformer ? "In" : "Ib", small: load == .singlePhase,
            maximum: plate.nominalCurrent.value > 0 ? plate.maximumCurrent.value / plate.nominalCurrent.value : 1,
            series: series,
            limits: limits.map { limit in
                return .init(
                    name: "limit, " + symbol + limit.factors.joined(separator: " and "), steps: limit.steps)
            })
    }

    /// The limits between the lowest and the highest current: from the rows of the table; without it half-way between points.
    private static func steps(
        _ rows: [MeterCertificate.AccuracyRow], _ load: LoadKind, _ factor: String, _ plate: Nameplate,
        _ table: LimitTable?
    ) -> [MeterCertificate.CurveStep] {
        let base = plate.nominalCurrent.value
        let fromTable = (table?.rows ?? []).compactMap { row -> MeterCertificate.CurveStep? in
            guard row.load == load, row.connection == nil || row.connection == plate.connection,
                (row.powerFactors.map(\.description) + row.sines.map(\.description)).contains(factor), base > 0,
                let from = plate.value(of: row.from.at.base),
                let to = plate.value(of: row.to.at.base)
            else { return nil }
            return .init(
                from: row.from.at.factor * from / base, to: row.to.at.factor * to / base, lower: row.lowerPercent,
                upper: row.upperPercent)
        }
        if !fromTable.isEmpty { return fromTable.sorted { $0.from < $1.from } }

        let known = rows.filter { $0.lower != nil && $0.upper != nil }.sorted { $0.ratio < $1.ratio }
        var steps: [MeterCertificate.CurveStep] = []
        for (i, row) in known.enumerated() {
            guard let lower = row.lower, let upper = row.upper else { continue }
            let from = i == 0 ? row.ratio : (known[i - 1].ratio * row.ratio).squareRoot()
            let to = i == known.count - 1 ? row.ratio : (known[i + 1].ratio * row.ratio).squareRoot()
            if let last = steps.last, last.lower == lower, last.upper == upper {
                steps[steps.count - 1].to = to
            } else {
                steps.append(.init(from: from, to: to, lower: lower, upper: upper))
            }
        }
        return steps
    }
}
