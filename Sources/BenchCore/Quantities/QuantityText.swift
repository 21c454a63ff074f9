/// Why a text is not the value that was wanted: one sentence that says what would be right.
public struct ValueTrouble: Error, Sendable, Hashable, CustomStringConvertible {
    /// The sentence, without a final stop.
    public var message: String
    /// A trouble in one sentence.
    public init(_ message: String) { self.message = message }
    /// What people read in messages and tables.
    public var description: String { message }
}

/// Values as people write them in files (`230 V`, `1 % In`, `23 °C ± 2 °C`), read and printed the same on every machine.
public enum QuantityText {
    /// Reads a quantity such as `230 V`; number and unit stand apart by a space.
    ///
    /// Refused with a sentence: no unit, a unit of another dimension, an unknown unit, a decimal comma, `NaN`, `1e400`.
    public static func quantity<D: Dimension>(_ text: String, _: D.Type = D.self) throws(ValueTrouble) -> Quantity<D> {
        let (number, unit) = try split(text, D.kind)
        return Quantity(try scaled(number, in: text, unit.exponent, D.kind.example) * unit.multiplier)
    }

    /// Reads a quantity as a number in the unit named, without the rounding of a detour: `0.04 %` in `%` is 0.04.
    public static func number(
        _ text: String, in symbol: String, _ kind: DimensionKind
    ) throws(ValueTrouble) -> Double {
        let (number, unit) = try split(text, kind)
        guard let target = UnitSymbol.named(symbol, kind) else {
            throw ValueTrouble("«\(symbol)» is not a unit of \(kind.phrase)")
        }
        return try scaled(number, in: text, unit.exponent - target.exponent, kind.example)
            * (unit.multiplier / target.multiplier)
    }

    /// Reads a number that has no unit by its nature, such as a count or a share.
    public static func plain(_ text: String, example: String = "1") throws(ValueTrouble) -> Double {
        try scaled(trimmed(text), in: text, 0, example)
    }

    /// Reads a whole number, decimal or (as addresses are written) hexadecimal with `0x`.
    public static func integer(_ text: String, in range: ClosedRange<Int>? = nil) throws(ValueTrouble) -> Int {
        let word = trimmed(text)
        let digits = word.hasPrefix("0x") ? word.dropFirst(2) : word[...]
        let plain = digits.hasPrefix("-") && digits.startIndex == word.startIndex ? digits.dropFirst() : digits
        guard !plain.isEmpty, plain.utf8.allSatisfy({ hexadecimal($0) }),
            let value = Int(digits, radix: word.hasPrefix("0x") ? 16 : 10)
        else {
            if let range {
                throw ValueTrouble("«\(text)» is not a whole number \(range.lowerBound) … \(range.upperBound)")
            }
            throw ValueTrouble("«\(text)» is not a whole number")
        }
        if let range, !range.contains(value) {
            throw ValueTrouble("\(word) is outside \(range.lowerBound) … \(range.upperBound)")
        }
        return value
    }

    /// Reads a count of mains periods: `10 cycles`, `1 cycle`, `0.5 cycles`.
    public static func cycles(_ text: String) throws(ValueTrouble) -> Cycles {
        let words = text.split(separator: " ")
        guard words.count == 2, words[1] == "cycles" || words[1] == "cycle" else {
            throw ValueTrouble("«\(text)» is not a number of cycles; write e.g. «10 cycles»")
        }
        let count = try scaled(String(words[0]), in: text, 0, "10 cycles")
        guard count >= 0 else { throw ValueTrouble("«\(text)» is negative; write e.g. «10 cycles»") }
        return Cycles(count)
    }

    /// Prints a quantity with the unit that keeps the number between 1 and 1000 where there is one: `50 mA`, `230 V`.
    public static func text<D: Dimension>(_ quantity: Quantity<D>) -> String { text(quantity.value, D.kind) }

    /// Prints a number in the coherent unit of a dimension with the unit that suits it.
    public static func text(_ value: Double, _ kind: DimensionKind) -> String {
        let units = UnitSymbol.of(kind).sorted { $0.factor > $1.factor }
        guard let first = UnitSymbol.of(kind).first else { return Decimal.shortest(value) }
        // Time is printed in seconds, minutes and hours only where that is a round number.
        let fitting = units.first {
            let number = value / $0.factor
            return abs(number) >= 1 && (kind != .time || $0.factor <= 1 || number == number.rounded())
        }
        let unit = value == 0 ? first : fitting ?? units.last ?? first
        return text(value, in: unit)
    }

    /// Prints a number in the coherent unit of a dimension in the unit given.
    public static func text(_ value: Double, in unit: UnitSymbol) -> String {
        let number = value / unit.multiplier
        let shifted = shift(number.description, -unit.exponent).flatMap { Decimal.parse($0) } ?? value / unit.factor
        return Decimal.shortest(shifted) + " " + unit.symbol
    }

    // MARK: - parts

    /// Number and unit of a text, with the sentence that helps where there are none.
    static func split(_ text: String, _ kind: DimensionKind) throws(ValueTrouble) -> (String, UnitSymbol) {
        let words = text.split(separator: " ")
        guard let first = words.first else {
            throw ValueTrouble("\(kind.phrase) is missing; write e.g. «\(kind.example)»")
        }
        if let base = base(words.last ?? "") {
            throw ValueTrouble(
                "«\(text)» is relative to \(base); here a value of its own is wanted, e.g. «\(kind.example)»")
        }
        guard words.count <= 2 else {
            throw ValueTrouble("«\(text)» is not \(kind.phrase); write e.g. «\(kind.example)»")
        }
        guard words.count == 2 else { throw noUnit(String(first), kind) }
        if let unit = UnitSymbol.named(words[1], kind) { return (String(first), unit) }
        if let other = UnitSymbol.named(words[1]).first {
            throw ValueTrouble("«\(text)» is \(other.kind.phrase); \(kind.phrase) is wanted, e.g. «\(kind.example)»")
        }
        let known = UnitSymbol.of(kind).map(\.symbol).joined(separator: ", ")
        let nearest = UnitSymbol.of(kind).first { $0.symbol.lowercased() == words[1].lowercased() }
        let hint =
            nearest.map { "; did you mean «\(first) \($0.symbol)»?" } ?? "; \(kind.phrase) is written in \(known)"
        throw ValueTrouble("«\(words[1])» is not a unit" + hint)
    }

    private static func noUnit(_ word: String, _ kind: DimensionKind) -> ValueTrouble {
        let number = word.prefix { $0.isASCII && ($0.isNumber || "+-.".contains($0)) }
        let rest = word.dropFirst(number.count)
        if infinite(word) { return ValueTrouble("«\(word)» is too large a number") }
        if rest.isEmpty || Decimal.parse(word) != nil {
            let unit = kind.example.split(separator: " ").last ?? ""
            return ValueTrouble("«\(word)» has no unit; write e.g. «\(word) \(unit)»")
        }
        if !number.isEmpty, UnitSymbol.named(rest, kind) != nil {
            return ValueTrouble("«\(word)» needs a space between number and unit: «\(number) \(rest)»")
        }
        return ValueTrouble("«\(word)» is not \(kind.phrase); write e.g. «\(kind.example)»")
    }

    /// A number with its decimal point moved by `exponent`, rounded once.
    static func scaled(
        _ number: String, in text: String, _ exponent: Int, _ example: String
    ) throws(ValueTrouble) -> Double {
        if Decimal.parse(number) != nil, let moved = shift(number, exponent), let value = Decimal.parse(moved) {
            let zero = number.prefix { $0 != "e" && $0 != "E" }.allSatisfy { "+-.0".contains($0) }
            if value != 0 || zero { return value == 0 ? 0 : value }
            throw ValueTrouble("«\(text)» is too small a number")
        }
        if number.contains(","), Decimal.parse(number.replacing(",", with: ".")) != nil {
            throw ValueTrouble(
                "«\(text)» has a decimal comma; numbers have a full stop: «\(text.replacing(",", with: "."))»")
        }
        if infinite(number) { throw ValueTrouble("«\(text)» is too large a number") }
        throw ValueTrouble("«\(number)» is not a number; write e.g. «\(example)»")
    }

    /// Whether a word is written as a number but is larger than any that can be held.
    private static func infinite(_ word: String) -> Bool {
        word.first.map { $0.isASCII && ($0.isNumber || "+-".contains($0)) } == true
            && word.utf8.contains { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
            && Double(word).map { !$0.isFinite } == true
    }

    /// The same number times ten to the power given, as text; `nil` where the exponent is beyond counting.
    private static func shift(_ number: String, _ exponent: Int) -> String? {
        let parts = number.split(whereSeparator: { $0 == "e" || $0 == "E" })
        guard let mantissa = parts.first else { return nil }
        guard parts.count == 2 else { return "\(mantissa)e\(exponent)" }
        guard let own = Int(parts[1]), abs(own) < 100_000 else { return nil }
        return "\(mantissa)e\(own + exponent)"
    }

    private static func hexadecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            return true
        default: return false
        }
    }

    static func trimmed(_ text: String) -> String {
        text.split(separator: " ").joined(separator: " ")
    }

    /// The symbol of a nameplate value, where the word is one.
    static func base(_ word: some StringProtocol) -> String? {
        DimensionKind.allCases.lazy.flatMap(\.bases).first { $0 == word }
    }
}

/// A number of mains periods; how long that is follows from the frequency.
public struct Cycles: Sendable, Hashable, Codable {
    /// The number, 0 or more; halves are possible.
    public var count: Double
    /// A number of periods.
    public init(_ count: Double) { self.count = count }
    /// How long they last.
    public func duration(at frequency: Quantity<Frequency>) -> Quantity<TimeSpan> { Quantity(count / frequency.value) }
}
