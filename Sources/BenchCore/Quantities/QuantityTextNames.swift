extension QuantityText {
    /// Reads the constant of a pulse output as pulses per kilowatt-hour: `10000 imp/kWh`, `0.1 Wh/imp`, `100 imp/MWh`.
    ///
    /// - Parameter kind: `.energy` for an active constant, `.reactiveEnergy` or `.apparentEnergy` for the others (then
    ///   per kvarh, kVAh); a constant of another energy is refused.
    public static func meterConstant(_ text: String, _ kind: DimensionKind = .energy) throws(ValueTrouble) -> Double {
        let unit = UnitSymbol.of(kind).first?.symbol ?? "kWh"
        let example = "10000 imp/\(unit)"
        let words = text.split(separator: " ")
        guard words.count == 2 else {
            if words.count == 1, Decimal.parse(words[0]) != nil {
                throw ValueTrouble("«\(text)» has no unit; a constant is written e.g. «\(text) imp/\(unit)»")
            }
            throw ValueTrouble("«\(text)» is not a meter constant; write e.g. «\(example)»")
        }
        let parts = words[1].split(separator: "/", omittingEmptySubsequences: false)
        let turned = parts.last == "imp"
        guard parts.count == 2, turned || parts[0] == "imp" else {
            throw ValueTrouble("«\(words[1])» is not a unit of a meter constant; write e.g. «\(example)»")
        }
        let energy = turned ? parts[0] : parts[1]
        guard let found = UnitSymbol.named(energy, kind) else {
            if let other = UnitSymbol.named(energy).first,
                [.energy, .reactiveEnergy, .apparentEnergy].contains(other.kind)
            {
                throw ValueTrouble(
                    "«\(text)» counts \(other.kind.rawValue); the constant for \(name(kind)) is wanted, e.g. «\(example)»"
                )
            }
            throw ValueTrouble("«\(energy)» is not a unit of energy; write e.g. «\(example)»")
        }
        // In kWh: the unit is 10^exponent · multiplier W·s, a kilowatt-hour 10³ · 3600.
        let factor = found.multiplier / 3600
        let number = try scaled(String(words[0]), in: text, turned ? found.exponent - 3 : 3 - found.exponent, example)
        let value = turned ? 1 / (number * factor) : number / factor
        guard number > 0, value.isFinite, value > 0 else {
            throw ValueTrouble("«\(text)»: a meter constant is larger than zero, e.g. «\(example)»")
        }
        return value
    }

    private static func name(_ kind: DimensionKind) -> String { kind == .energy ? "active energy" : kind.rawValue }

    /// Reads a decision rule: `simple acceptance`, `guard band U`, `guard band 0.83 U` (ILAC-G8:09/2019, 4.2).
    public static func decisionRule(_ text: String) throws(ValueTrouble) -> DecisionRule {
        let words = text.split(separator: " ")
        let known = "«simple acceptance», «guard band U» or «guard band 0.83 U»"
        switch words.map(String.init) {
        case ["simple", "acceptance"]: return .simpleAcceptance
        case ["guard", "band", "U"]: return .guardBandU
        case let list where list.count == 4 && list[0] == "guard" && list[1] == "band" && list[3] == "U":
            let factor = try scaled(list[2], in: text, 0, "guard band 0.83 U")
            guard factor >= 0, factor <= 3 else { throw ValueTrouble("«\(text)»: the guard band is 0 U … 3 U") }
            return DecisionRule(guardFactor: factor)
        default: throw ValueTrouble("«\(text)» is not a decision rule; write \(known)")
        }
    }

    /// Reads sin φ with its side: `1 ind`, `0.5 cap`.
    public static func sineFactor(_ text: String) throws(ValueTrouble) -> SineFactor {
        if let factor = SineFactor(text) { return factor }
        throw ValueTrouble(
            "«\(text)» is no sin φ: it is above 0 and at most 1, and has a side; write e.g. «1 ind», «0.5 ind» or «0.5 cap»"
        )
    }

    /// Reads a power factor: `1`, `0.5 ind`, `0.8 cap`.
    public static func powerFactor(_ text: String) throws(ValueTrouble) -> PowerFactor {
        if let factor = PowerFactor(trimmed(text)) { return factor }
        let first = text.split(separator: " ").first.map(String.init) ?? ""
        guard let number = Decimal.parse(first) else {
            throw ValueTrouble("«\(text)» is not a power factor; write e.g. «1», «0.5 ind», «0.8 cap»")
        }
        if number == 1 { throw ValueTrouble("«\(text)»: power factor 1 has no side; write «1»") }
        guard number >= 0, number < 1 else {
            throw ValueTrouble("«\(text)»: a power factor is 0 … 1; write e.g. «1», «0.5 ind», «0.8 cap»")
        }
        throw ValueTrouble("«\(text)»: power factor \(first) needs a side; write «\(first) ind» or «\(first) cap»")
    }

    /// Reads a day of the Gregorian calendar, `2026-03-02`, and gives it back as written.
    public static func day(_ text: String) throws(ValueTrouble) -> String {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard text.utf8.count == 10, parts.map(\.utf8.count) == [4, 2, 2],
            text.utf8.allSatisfy({ $0 == UInt8(ascii: "-") || ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9")) }),
            let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2])
        else { throw ValueTrouble("«\(text)» is not a day; write year-month-day, e.g. «2026-03-02»") }
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard (1...12).contains(month), (1...days[month - 1]).contains(day) else {
            throw ValueTrouble("«\(text)» is not a day of the calendar; write year-month-day, e.g. «2026-03-02»")
        }
        return text
    }
}
