import BenchCore

/// Numbers as SCPI instruments write them, and back.
///
/// IEEE 488.2-1992, 8.7 (NR1, NR2, NR3, hexadecimal, octal, binary); SCPI-1999 Volume 1, 7.2.1 (infinity, not a number).
public enum SCPINumber {
    /// Reads a number in any form that instruments answer; `nil` for anything else.
    ///
    /// `5`, `+5.0`, `5.`, `.5`, `5E+3`, `#H1F`, `#Q17`, `#B101`; `INF`, `NINF` and ±9.9E37 are infinities; `NAN` and
    /// 9.91E37 are not-a-number.
    public static func parse(_ text: some StringProtocol) -> Double? {
        let word = String(text).uppercased()
        switch word {
        case "INF", "INFINITY", "+INF": return .infinity
        case "NINF", "-INF", "NINFINITY": return -.infinity
        case "NAN": return .nan
        default: break
        }
        for (prefix, radix) in [("#H", 16), ("#Q", 8), ("#B", 2)] where word.hasPrefix(prefix) {
            let digits = word.dropFirst(2)
            guard let first = digits.first, first != "+", first != "-" else { return nil }
            return UInt64(digits, radix: radix).map { Double($0) }
        }
        guard let value = decimal(word) else { return nil }
        if value == 9.91e37 { return .nan }
        if abs(value) == 9.9e37 { return value < 0 ? -.infinity : .infinity }
        return value
    }

    /// Instruments may leave out a digit on either side of the full stop; `Decimal` is stricter.
    private static func decimal(_ word: String) -> Double? {
        var rest = Substring(word)
        var sign = ""
        if let first = rest.first, first == "+" || first == "-" {
            sign = String(rest.removeFirst())
        }
        let mantissa = rest.prefix { $0 != "E" }
        let exponent = rest.dropFirst(mantissa.count)
        var parts = mantissa.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 2, !mantissa.isEmpty, mantissa != "." else { return nil }
        if parts[0].isEmpty { parts[0] = "0" }
        if parts.count == 2, parts[1].isEmpty { parts[1] = "0" }
        return Decimal.parse(sign + parts.joined(separator: ".") + exponent)
    }

    /// Writes a number as a command needs it: full stop, shortest text that reads back the same.
    public static func text(_ value: Double) -> String { Decimal.shortest(value) }
}
