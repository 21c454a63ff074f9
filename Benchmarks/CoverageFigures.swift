import BenchCore
import Instruments

#if canImport(Glibc)
    import Glibc
#endif

/// How often the planted error lies within the uncertainty reported, over runs whose standard, source, counter, air and
/// meters are all drawn from a seed.
struct CoverageFigures {
    static let runs = 200, positions = 3
    /// One constant after the other, so that short and long gates are both there.
    static let constants = [1_000.0, 10_000, 100_000]

    /// One reported error beside the truth.
    struct Sample: Sendable {
        var seed: Int, kind: TestKindName, powerFactor: String, load: LoadKind, current: String, constant: Double
        /// Reported minus planted, reported U and u, percent.
        var miss: Double, U: Double, u: Double

        var within: Bool { abs(miss) <= U }
        var withinTwo: Bool { abs(miss) <= 2 * u }
    }

    let samples: [Sample]
    /// Findings in words by their first words, and how many points had no error to compare.
    let findings: [String: Int]
    let without: Int

    init(_ shipped: SyntheticRun.Shipped) throws {
        typealias Part = (samples: [Sample], findings: [String], without: Int)
        let parts = try Threads.map(Self.runs) { seed -> Part in
            let constant = Self.constants[seed % Self.constants.count]
            let run = try SyntheticRun(
                shipped, positions: Self.positions, constant: constant, seed: UInt64(seed) + 1
            ) { [.accuracy, .repeatability, .register].contains($0.kind) }
            let finished = try run.run()
            let points = Dictionary(uniqueKeysWithValues: run.work.schedule.points.map { ($0.id, $0) })
            var part: Part = ([], [], 0)
            for result in finished.results {
                guard let point = points[result.point]?.byPosition[result.position] else { continue }
                part.findings += result.evaluation.findings.map { Self.kind(of: $0) }
                guard let error = result.evaluation.error, let U = result.evaluation.U, let u = result.evaluation.u,
                    let truth = finished.truth.errors(position: result.position, load: point.load),
                    let planted = point.kind == .register ? truth.register : truth.pulses
                else {
                    part.without += 1
                    continue
                }
                part.samples.append(
                    Sample(
                        seed: seed, kind: point.kind, powerFactor: point.powerFactor.description, load: point.loadKind,
                        current: point.currentText, constant: constant, miss: error - planted, U: U, u: u))
            }
            return part
        }
        samples = parts.flatMap(\.samples)
        without = parts.reduce(0) { $0 + $1.without }
        findings = Dictionary(parts.flatMap(\.findings).map { ($0, 1) }, uniquingKeysWith: +)
    }

    func show(_ sheet: inout Sheet) {
        let points = samples.filter { $0.kind == .accuracy }
        sheet.section(
            "1 Planted truth: \(Self.runs) seeded runs × \(Self.positions) positions, class 0.5S procedure",
            "|reported error − planted error| ≤ U; U = k·u with k for 95.45 % from the t distribution, as certificates show it"
        )
        let share = Self.share(points)
        sheet.demand(
            "accuracy points (\(points.count)) within the reported U", Self.percent(share), "94 … 99 %",
            met: share >= 0.94 && share <= 0.99)
        sheet.plain("the same with 2·u instead of the reported k·u", Self.percent(Self.share(points, \.withinTwo)))
        // Points of a run share the standard: runs, not points, are independent.
        let bySeed = Dictionary(grouping: points, by: \.seed).values.map { Self.share($0) }
        let error = (Statistics.standardDeviation(bySeed) ?? 0) / Double(bySeed.count).squareRoot()
        sheet.plain("standard error of that share (runs are independent, points not)", Self.percent(error))
        sheet.demand(
            "points without an error to compare", "\(without)", "0", met: without == 0)
        print("")
        sheet.row(["accuracy points by", "points", "within U", "within 2·u", "rms miss/u", "median k", "median U %"])
        func table(_ name: String, _ key: (Sample) -> String) {
            var order: [String] = []
            for sample in points where !order.contains(key(sample)) { order.append(key(sample)) }
            for value in order.sorted(by: { Self.rank($0) < Self.rank($1) }) {
                line("\(name) \(value)", points.filter { key($0) == value })
            }
        }
        func line(_ name: String, _ some: [Sample]) {
            let z = some.map { $0.miss / $0.u }
            let rms = (z.reduce(0) { $0 + $1 * $1 } / Double(max(1, z.count))).squareRoot()
            sheet.row([
                name, "\(some.count)", Self.percent(Self.share(some)), Self.percent(Self.share(some, \.withinTwo)),
                Decimal.fixed(rms, 2), Decimal.fixed(Self.median(some.map { $0.U / $0.u }), 2),
                Decimal.fixed(Self.median(some.map(\.U)), 4),
            ])
        }
        table("PF", \.powerFactor)
        table("I =", \.current)
        table("imp/kWh", { Decimal.shortest($0.constant) })
        table("load", { $0.load == .balanced ? "balanced" : "single-phase" })
        for kind in [TestKindName.repeatability, .register] {
            line("(\(kind.rawValue) points)", samples.filter { $0.kind == kind })
        }
        print("")
        for kind in [TestKindName.repeatability, .register] {
            let share = Self.share(samples.filter { $0.kind == kind })
            // Few points, and all of one load: no finer band than the standard error of the runs allows.
            sheet.demand(
                "\(kind.rawValue) points within the reported U", Self.percent(share), "91 … 100 %", met: share >= 0.91)
        }
        for (words, count) in findings.sorted(by: { $0.key < $1.key }) {
            sheet.plain("finding «\(words)»", "\(count)")
        }
    }

    /// A finding without its numbers.
    private static func kind(of finding: String) -> String {
        finding.hasPrefix("U = ") ? "U is larger than asked for" : String(finding.prefix(24)) + "…"
    }
    /// Numbers by size, the rest by name.
    private static func rank(_ text: String) -> String {
        let number = text.prefix { $0.isNumber || $0 == "." }
        return String(repeating: "0", count: max(0, 8 - number.count)) + text
    }
    private static func share(_ some: [Sample], _ within: (Sample) -> Bool = \.within) -> Double {
        Double(some.count(where: within)) / Double(max(1, some.count))
    }
    private static func percent(_ share: Double) -> String { Decimal.fixed(100 * share, 2) + " %" }
    private static func median(_ values: [Double]) -> Double {
        values.isEmpty ? .nan : values.sorted()[values.count / 2]
    }
}
