extension QuantityText {
    /// Reads a share of a nameplate value: `1 % In`, `115 % Un`, `0.1 In`, `Imax`.
    public static func relative(_ text: String, _ kind: DimensionKind) throws(ValueTrouble) -> RelativeQuantity {
        let example = kind.bases.first.map { "5 % \($0)" } ?? kind.example
        let words = text.split(separator: " ")
        guard let last = words.last else { throw ValueTrouble("\(kind.phrase) is missing; write e.g. «\(example)»") }
        guard let symbol = base(last) else {
            throw ValueTrouble(
                "«\(text)» is not relative to \(kind.bases.joined(separator: ", ")); write e.g. «\(example)»")
        }
        guard kind.bases.contains(symbol) else {
            let other = DimensionKind.allCases.first { $0.bases.contains(symbol) }?.phrase ?? ""
            throw ValueTrouble("«\(text)» is \(other); \(kind.phrase) is wanted, e.g. «\(example)»")
        }
        switch words.count {
        case 1: return RelativeQuantity(1, symbol)
        case 2: return RelativeQuantity(try scaled(String(words[0]), in: text, 0, "0.1 \(symbol)"), symbol)
        case 3:
            guard words[1] == "%" else {
                throw ValueTrouble("«\(text)»: a share of \(symbol) is written «\(words[0]) % \(symbol)»")
            }
            return RelativeQuantity(try scaled(String(words[0]), in: text, -2, "5 % \(symbol)"), symbol)
        default: throw ValueTrouble("«\(text)» is not \(kind.phrase); write e.g. «\(example)»")
        }
    }

    /// Reads a value that may be absolute (`230 V`) or relative (`115 % Un`).
    public static func setting<D: Dimension>(_ text: String, _: D.Type = D.self) throws(ValueTrouble) -> Setting<D> {
        if let last = text.split(separator: " ").last, base(last) != nil {
            return .relative(try relative(text, D.kind))
        }
        return .absolute(try quantity(text, D.self))
    }

    /// Reads a range of absolute values: `30 V to 300 V`, `1 mA to below 50 mA`, `above 1 mA to 50 mA`.
    public static func range<D: Dimension>(_ text: String, _: D.Type = D.self) throws(ValueTrouble) -> QuantityRange<D>
    {
        let ends = try ends(text, example: D.kind.rangeExample, single: false)
        let lower = try quantity(ends.lower, D.self)
        let upper = try quantity(ends.upper, D.self)
        let open = !ends.includesLower || !ends.includesUpper
        guard lower < upper || (lower == upper && !open) else {
            throw ValueTrouble("«\(text)» runs from \(ends.lower) down to \(ends.upper); write the smaller value first")
        }
        return QuantityRange(lower, upper, includesLower: ends.includesLower, includesUpper: ends.includesUpper)
    }

    /// Reads the current range of a limit row: `1 % In to below 5 % In`, `5 % In to Imax`; `5 % In` alone is that current.
    public static func currentRange(_ text: String) throws(ValueTrouble) -> (from: CurrentBound, to: CurrentBound) {
        let ends = try ends(text, example: "5 % In to Imax", single: true)
        let lower = try relative(ends.lower, .current)
        let upper = try relative(ends.upper, .current)
        for share in [lower, upper] where share.factor < 0 {
            throw ValueTrouble("«\(text)» holds a negative current; direction is not part of a current")
        }
        let open = !ends.includesLower || !ends.includesUpper
        if lower.base == upper.base, lower.factor > upper.factor || (lower.factor == upper.factor && open) {
            throw ValueTrouble("«\(text)» runs from \(ends.lower) down to \(ends.upper); write the smaller value first")
        }
        return (
            CurrentBound(at: lower, inclusive: ends.includesLower),
            CurrentBound(at: upper, inclusive: ends.includesUpper)
        )
    }

    /// Reads a value with its allowed deviation: `23 °C ± 2 °C`, `fn ± 0.3 %`, `50 Hz ± 0.15 Hz`; `+/-` stands for `±`.
    public static func tolerance<D: Dimension>(_ text: String, _: D.Type = D.self) throws(ValueTrouble) -> Tolerance<D>
    {
        let unit = D.kind.example.split(separator: " ").last ?? ""
        let parts = text.replacing("+/-", with: "±").split(separator: "±", omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            throw ValueTrouble("«\(text)» has no tolerance; write e.g. «\(D.kind.example) ± 2 \(unit)»")
        }
        let middle = try setting(trimmed(String(parts[0])), D.self)
        let half = trimmed(String(parts[1]))
        let deviation: Tolerance<D>.Deviation
        if half.hasSuffix("%"), D.kind != .humidity, D.kind != .ratio {
            deviation = .share(try quantity(half, Ratio.self).value)
        } else if half.hasSuffix(" K"), D.kind == .temperature {
            deviation = .absolute(try quantity(half, TemperatureDifference.self).value)
        } else {
            deviation = .absolute(try quantity(half, D.self).value)
        }
        switch deviation {
        case .absolute(let number), .share(let number):
            guard number >= 0 else { throw ValueTrouble("«\(text)»: the tolerance «\(half)» is negative") }
        }
        return Tolerance(middle, deviation)
    }

    /// Reads an upper limit of a quantity: `at most 2 %`, `at most 5 s`.
    public static func atMost<D: Dimension>(_ text: String, _: D.Type = D.self) throws(ValueTrouble) -> Quantity<D> {
        try quantity(try behindAtMost(text, "at most \(D.kind.example)"), D.self)
    }

    /// Reads the uncertainty asked for: `at most 1/5 of limit`, `at most 0.1 %`.
    public static func uncertainty(_ text: String) throws(ValueTrouble) -> UncertaintyDemand {
        let rest = try behindAtMost(text, "at most 1/5 of limit")
        let demand: UncertaintyDemand
        let value: Double
        if rest.hasSuffix("of limit") {
            value = try fraction(trimmed(String(rest.dropLast("of limit".count))))
            demand = .ofLimit(value)
        } else {
            value = try number(rest, in: "%", .ratio)
            demand = .percent(value)
        }
        guard value > 0 else { throw ValueTrouble("«\(text)»: an uncertainty is larger than zero") }
        return demand
    }

    /// Reads a share without unit: `1/5`, `0.2`, `20 %`.
    public static func fraction(_ text: String) throws(ValueTrouble) -> Double {
        if text.hasSuffix("%") { return try quantity(text, Ratio.self).value }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return try plain(text, example: "1/5") }
        let above = try plain(String(parts[0]), example: "1/5")
        let below = try plain(String(parts[1]), example: "1/5")
        guard below != 0 else { throw ValueTrouble("«\(text)» divides by zero; write e.g. «1/5»") }
        return above / below
    }

    // MARK: - parts

    private static func behindAtMost(_ text: String, _ example: String) throws(ValueTrouble) -> String {
        let words = trimmed(text)
        guard words.hasPrefix("at most ") else {
            throw ValueTrouble("«\(text)» sets no upper limit; write e.g. «\(example)»")
        }
        return String(words.dropFirst("at most ".count))
    }

    private struct Ends {
        var lower: String, upper: String
        var includesLower = true, includesUpper = true
    }

    private static func ends(_ text: String, example: String, single: Bool) throws(ValueTrouble) -> Ends {
        let words = text.split(separator: " ")
        let cuts = words.indices.filter { words[$0] == "to" }
        guard let cut = cuts.first else {
            guard single else { throw ValueTrouble("«\(text)» is not a range; write e.g. «\(example)»") }
            return Ends(lower: text, upper: text)
        }
        var lower = words[..<cut]
        var upper = words[(cut + 1)...]
        guard cuts.count == 1, !lower.isEmpty, !upper.isEmpty else {
            throw ValueTrouble("«\(text)» is not a range; write e.g. «\(example)»")
        }
        var ends = Ends(lower: "", upper: "")
        if lower.first == "above" {
            ends.includesLower = false
            lower = lower.dropFirst()
        }
        if upper.first == "below" {
            ends.includesUpper = false
            upper = upper.dropFirst()
        }
        ends.lower = lower.joined(separator: " ")
        ends.upper = upper.joined(separator: " ")
        return ends
    }
}
