public import BenchCore

/// A number as measured and as printed: the text is rounded for paper, the value is not.
public struct Figure: Sendable, Hashable, Codable {
    /// The number, unrounded.
    public var value: Double
    /// As printed, with U+2212 as minus sign.
    public var text: String

    /// A number with its printed form.
    public init(value: Double, text: String) {
        self.value = value
        self.text = text
    }
}

/// How numbers are printed: U with two significant figures, the result to the place of U (ILAC-P14:09/2020, 6.3).
public enum Printed {
    /// The place of the second significant figure of an expanded uncertainty; three decimals where there is none.
    static func decimals(_ U: Double?) -> Int {
        guard let U, U > 0, U.isFinite else { return 3 }
        return UncertaintyText(error: 0, U: U).decimals
    }

    /// A signed error to the place of its uncertainty.
    public static func error(_ value: Double, U: Double?) -> Figure {
        Figure(value: value, text: signed(value, decimals(U)))
    }

    /// An expanded uncertainty with two significant figures.
    public static func uncertainty(_ U: Double) -> Figure {
        guard U > 0, U.isFinite else { return Figure(value: U, text: Decimal.shortest(U)) }
        return Figure(value: U, text: UncertaintyText(error: 0, U: U).U)
    }

    /// A number with a given number of decimals.
    public static func number(_ value: Double, _ decimals: Int) -> Figure {
        Figure(value: value, text: minus(Decimal.fixed(value, decimals)))
    }

    /// A number with a given number of significant figures, without exponent.
    public static func significant(_ value: Double, _ figures: Int) -> Figure {
        number(value, Decimal.decimals(of: value, significant: figures))
    }

    /// A signed number; zero has no sign.
    static func signed(_ value: Double, _ decimals: Int) -> String {
        let text = Decimal.signed(value, decimals)
        let zero = !text.contains { $0 >= "1" && $0 <= "9" }
        return zero ? Decimal.fixed(0, decimals) : minus(text)
    }

    /// The bounds of a percentage error: `±1.0` or `−1.5 … +0.5`.
    public static func limit(_ limit: PointLimit) -> String {
        func one(_ value: Double) -> String {
            let text = Decimal.shortest(abs(value))
            return text.contains(".") ? text : text + ".0"
        }
        if limit.lowerPercent == -limit.upperPercent { return "±" + one(limit.upperPercent) }
        let lower = (limit.lowerPercent < 0 ? "−" : "+") + one(limit.lowerPercent)
        return lower + " … " + (limit.upperPercent < 0 ? "−" : "+") + one(limit.upperPercent)
    }

    /// The true minus sign.
    static func minus(_ text: String) -> String { text.hasPrefix("-") ? "−" + text.dropFirst() : text }

    /// `2026-11-21T08:04:05.000000Z` as `21 November 2026`.
    public static func day(_ utc: String) -> String {
        let parts = utc.prefix(10).split(separator: "-").compactMap { Int($0) }
        guard parts.count == 3, (1...12).contains(parts[1]) else { return utc }
        let months = [
            "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
            "November", "December",
        ]
        return "\(parts[2]) \(months[parts[1] - 1]) \(parts[0])"
    }

    /// `2026-11-21T08:04:05.000000Z` as `08:04 UTC`.
    public static func time(_ utc: String) -> String { String(utc.dropFirst(11).prefix(5)) + " UTC" }

    /// Seconds as people say them: `2.5 s`, `12 min 30 s`, `1 h 05 min`.
    public static func duration(_ seconds: Double) -> String {
        if seconds < 120 { return Decimal.shortest((seconds * 10).rounded() / 10) + " s" }
        let whole = Int(min(seconds.rounded(), 1e9))
        if whole < 3600 { return whole % 60 == 0 ? "\(whole / 60) min" : "\(whole / 60) min \(whole % 60) s" }
        let minutes = (whole % 3600) / 60
        return minutes == 0 ? "\(whole / 3600) h" : "\(whole / 3600) h \(minutes) min"
    }
}
