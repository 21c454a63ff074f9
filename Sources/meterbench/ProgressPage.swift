import BenchCore

/// What the live display shows of a run; a value, so that it can be drawn, tested and thrown away.
struct ProgressPage: Sendable {
    /// What stays the same during the run.
    var run: String, bench: String, simulated: Bool, scale: Double?
    /// Serial numbers by position, and what each test point applies by its id.
    var serials: [Int: String], loads: [String: String]
    /// Where the run is.
    var progress = RunProgress()

    /// The page as lines no wider than `width`.
    func lines(width: Int) -> [String] {
        var result: [String] = []
        let time = scale.map { $0 == 1 ? "" : ", time ×" + Decimal.shortest($0) } ?? ", virtual time"
        result.append("\(run) on bench \(bench)\(simulated ? ", SIMULATED" : "")\(time)")
        let share = progress.total > 0 ? Double(max(0, progress.number - 1)) / Double(progress.total) : 0
        result.append(
            "\(Self.bar(share, cells: 24))  point \(progress.number) of \(progress.total)   "
                + "\(Self.clock(progress.at.seconds)) elapsed, \(Self.clock(progress.secondsLeft)) left\(lifeLeft)")
        let attempt = progress.attempt > 1 ? ", attempt \(progress.attempt)" : ""
        result.append("\(progress.title)\(attempt)")
        result.append("\(loads[progress.point] ?? progress.point)   \(progress.state.rawValue)")
        result.append("")
        result.append(" pos  serial number       error %       \(counted)   so far")
        for (position, row) in progress.positions.sorted(by: { $0.key < $1.key }) {
            let error = row.error.map { Decimal.signed($0, 3) } ?? "–"
            let counts =
                row.wanted > 0
                ? "\(Decimal.fixed(row.seen, 0))/\(Decimal.fixed(row.wanted, 0))" : row.done ? "done" : "–"
            result.append(
                Self.right("\(position)", 4) + "  " + Self.left(serials[position] ?? "", 18) + Self.right(error, 9)
                    + Self.right(counts, 14) + "   " + row.verdict.word
                    + (row.verdict.reason.map { ": " + $0 } ?? ""))
        }
        return result.map { Self.cut($0, width) }
    }

    /// One plain line for the present point, where there is no terminal.
    func plainLine() -> String {
        let errors = progress.positions.sorted { $0.key < $1.key }.map { position, row in
            "\(position):" + (row.error.map { Decimal.signed($0, 3) } ?? row.verdict.word)
        }
        return "\(progress.number)/\(progress.total)  \(progress.title); \(loads[progress.point] ?? progress.point); "
            + "error %: \(errors.joined(separator: " ")); left \(Self.clock(progress.secondsLeft))\(lifeLeft)"
    }

    /// What the third column counts.
    private var counted: String {
        switch progress.kind {
        case .warmUp, .noLoad: return "      s"
        default: return " pulses"
        }
    }

    /// Time left in seconds of life, where bench time runs faster.
    private var lifeLeft: String {
        guard let scale, scale != 1 else { return "" }
        return " (\(Self.clock(progress.secondsLeft / scale)) of yours)"
    }

    /// `1:02:03`, `2:03`.
    static func clock(_ seconds: Double) -> String {
        let s = Int(max(0, min(seconds, 1e9)).rounded(.up))
        func two(_ n: Int) -> String { n < 10 ? "0\(n)" : "\(n)" }
        return s >= 3600 ? "\(s / 3600):\(two(s / 60 % 60)):\(two(s % 60))" : "\(s / 60):\(two(s % 60))"
    }

    static func bar(_ share: Double, cells: Int) -> String {
        let full = Int((max(0, min(1, share)) * Double(cells)).rounded(.down))
        return String(repeating: "█", count: full) + String(repeating: "░", count: cells - full)
    }

    static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    static func left(_ text: String, _ width: Int) -> String {
        cut(text, width) + String(repeating: " ", count: max(0, width - text.count))
    }

    static func cut(_ text: String, _ width: Int) -> String {
        text.count <= width ? text : String(text.prefix(max(0, width - 1))) + "…"
    }
}
