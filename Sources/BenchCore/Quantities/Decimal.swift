import CBench

/// Numbers as text, the same on every machine: a full stop, no grouping, no locale.
public enum Decimal {
    /// Reads a plain decimal number (`-12.5`, `1e-3`); anything else, infinities and NaN among them, is `nil`.
    ///
    /// Accepted: an optional sign, digits with an optional full stop and more digits, an optional exponent.
    /// Refused: `1,5`, `.5`, `5.`, `0x10`, `inf`, `nan`, `1e400` (not representable), empty text.
    public static func parse(_ text: some StringProtocol) -> Double? {
        var rest = text.utf8[...]
        if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { rest = rest.dropFirst() }
        func digits() -> Int {
            let run = rest.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
            rest = rest.dropFirst(run.count)
            return run.count
        }
        guard digits() > 0 else { return nil }
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            guard digits() > 0 else { return nil }
        }
        if let e = rest.first, e == UInt8(ascii: "e") || e == UInt8(ascii: "E") {
            rest = rest.dropFirst()
            if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { rest = rest.dropFirst() }
            guard digits() > 0 else { return nil }
        }
        guard rest.isEmpty, let value = Double(String(text)), value.isFinite else { return nil }
        return value
    }

    /// Writes `value` with exactly `digits` decimals; a zero never carries a minus sign.
    public static func fixed(_ value: Double, _ digits: Int) -> String {
        var buffer = [CChar](repeating: 0, count: 400)
        let length = Int(cbench_format_fixed(value, Int32(digits), &buffer, buffer.count))
        let text = String(
            decoding: buffer[..<min(length, buffer.count - 1)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if text.hasPrefix("-"), !text.contains(where: { $0 >= "1" && $0 <= "9" }) { return String(text.dropFirst()) }
        return text
    }

    /// Writes the shortest text that reads back as the same number; whole numbers carry no `.0`.
    public static func shortest(_ value: Double) -> String {
        let text = value.description
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    /// Writes a signed number, with `+` for what is not negative, as error columns show it.
    public static func signed(_ value: Double, _ digits: Int) -> String {
        let text = fixed(value, digits)
        return text.hasPrefix("-") ? text : "+" + text
    }

    /// How many decimals show `value` with `significant` figures (0.0123 with 2 gives 3); never negative.
    public static func decimals(of value: Double, significant: Int) -> Int {
        guard value != 0, value.isFinite else { return significant }
        var buffer = [CChar](repeating: 0, count: 64)
        let length = Int(cbench_format_exponent(abs(value), Int32(significant - 1), &buffer, buffer.count))
        let text = String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard let e = text.lastIndex(of: "e"), let exponent = Int(text[text.index(after: e)...]) else {
            return significant
        }
        return max(0, significant - 1 - exponent)
    }
}
