import BenchCore
import Glibc

/// The whole class 0.5S sweep on 48 positions: always the same journal, in seconds, in little memory.
enum SweepFigures {
    static let runs = 20, positions = 48

    static func show(_ shipped: SyntheticRun.Shipped, _ sheet: inout Sheet) throws {
        sheet.section("2 Whole class 0.5S sweep, \(positions) positions, 10 000 imp/kWh, \(runs) runs in virtual time")
        var hashes: Set<String> = []
        var seconds: [Double] = []
        var bytes = 0
        var bench = 0.0
        var lines = 0
        for _ in 0..<runs {
            let begin = ContinuousClock.now
            let run = try SyntheticRun(shipped, positions: positions, constant: 10_000, seed: 48).run()
            seconds.append((ContinuousClock.now - begin) / .seconds(1))
            hashes.insert(Hash.sha256Hex(run.bytes))
            bytes = run.bytes.count
            lines = run.entries.count
            bench = run.outcome.efficiency.actual
        }
        sheet.demand("different journals (SHA-256) in \(runs) runs", "\(hashes.count)", "1", met: hashes.count == 1)
        let median = seconds.sorted()[seconds.count / 2]
        sheet.demand("seconds per run, median", Decimal.fixed(median, 2) + " s", "< 60 s", met: median < 60)
        sheet.plain("seconds per run, worst", Decimal.fixed(seconds.max() ?? 0, 2) + " s")
        sheet.plain("bench time per run", Decimal.fixed(bench / 60, 1) + " min")
        sheet.plain("journal", "\(lines) lines, \(bytes / 1_000_000) MB")
        memory("peak memory after the \(runs) runs", &sheet)
    }

    /// The most memory that this program ever had resident (getrusage(2), ru_maxrss in KiB).
    static func memory(_ name: String, _ sheet: inout Sheet) {
        var usage = rusage()
        getrusage(RUSAGE_SELF.rawValue, &usage)
        let peak = Double(usage.ru_maxrss) * 1024 / 1e6
        sheet.demand(name, Decimal.fixed(peak, 0) + " MB", "< 300 MB", met: peak < 300)
    }
}
