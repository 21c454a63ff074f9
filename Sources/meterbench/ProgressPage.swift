import BenchCore

/// What the live display shows of a run; a value, so that it can be drawn, tested and thrown away.
struct ProgressPage: Sendable {
    /// What is known of one position at the moment.
    struct Row: Sendable {
        var position: Int, serial: String
        /// Percentage error of the point being measured, and expanded uncertainty where it is known.
        var error: Double?, U: Double?
        /// Pulses seen and wanted at this point.
        var pulses: Int?, wanted: Int?
        /// Points passed, failed and left open so far.
        var passed = 0, failed = 0, open = 0
        /// The last thing worth saying of this position, e.g. a fault.
        var note = ""
    }

    var run = "", bench = "", simulated = false, scale: Double?
    var number = 0, total = 0, title = "", load = "", state = ""
    var rows: [Row] = []
    /// Bench seconds since the start, and expected until the end.
    var elapsed = 0.0, left = 0.0

    /// The page as lines no wider than `width`.
    func lines(width: Int) -> [String] {
        var result: [String] = []
        let time = scale.map { $0 == 1 ? "" : ", time ×" + Decimal.shortest($0) } ?? ", virtual time"
        result.append("\(run) on \(bench)\(simulated ? ", SIMULATED" : "")\(time)")
        let share = total > 0 ? Double(max(0, number - 1)) / Double(total) : 0
        result.append(
            "\(Self.bar(share, cells: 24))  point \(number) of \(total)   \(Self.clock(elapsed)) elapsed, "
                + "\(Self.clock(left)) left\(lifeLeft)")
        result.append("\(title)")
        result.append("\(load)   \(state)")
        result.append("")
        result.append(" pos  serial              error %      U %    pulses   pass  fail  open")
        for row in rows {
            let error = row.error.map { Decimal.signed($0, 3) } ?? "–"
            let U = row.U.map { Decimal.fixed($0, 3) } ?? "–"
            let pulses = row.wanted.map { "\(row.pulses ?? 0)/\($0)" } ?? row.pulses.map { "\($0)" } ?? "–"
            result.append(
                Self.right("\(row.position)", 4) + "  " + Self.left(row.serial, 18) + Self.right(error, 9)
                    + Self.right(U, 9) + Self.right(pulses, 10) + Self.right("\(row.passed)", 7)
                    + Self.right("\(row.failed)", 6) + Self.right("\(row.open)", 6)
                    + (row.note.isEmpty ? "" : "  " + row.note))
        }
        return result.map { Self.cut($0, width) }
    }

    /// One plain line for a finished point, where there is no terminal.
    func plainLine() -> String {
        let errors = rows.map { row in "\(row.position):" + (row.error.map { Decimal.signed($0, 3) } ?? "–") }
        return "\(number)/\(total)  \(title), \(load)  error %: \(errors.joined(separator: " "))  "
            + "left \(Self.clock(left))\(lifeLeft)"
    }

    /// Time left in seconds of life, where bench time runs faster.
    private var lifeLeft: String {
        guard let scale, scale != 1 else { return "" }
        return " (\(Self.clock(left / scale)) of yours)"
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
