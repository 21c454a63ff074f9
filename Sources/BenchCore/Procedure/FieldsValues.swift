/// The typed getters: one for each kind of value that files hold.
extension Fields {
    /// Free text, without blanks around it.
    public func text(_ key: String, _ need: Need = .required) -> String? {
        scalar(key, need).map { $0.split(whereSeparator: \.isNewline).joined(separator: " ").trimmed }
    }

    /// An identifier: letters, digits, `.`, `_`, `-`, at most 64, so that it can name files and be named by others.
    public func name(_ key: String, _ need: Need = .required) -> String? {
        value(key, need) { text throws(ValueTrouble) in
            let fine = text.utf8.allSatisfy { byte in
                byte < 128 && (Character(UnicodeScalar(byte)).isLetter || Character(UnicodeScalar(byte)).isNumber)
                    || "._-".utf8.contains(byte)
            }
            guard fine, text.utf8.count <= 64, !text.hasPrefix("."), !text.hasPrefix("-") else {
                throw ValueTrouble(
                    "«\(text)» is not a name; names have letters, digits, «.», «_», «-», begin with a letter or digit "
                        + "and have at most 64 characters")
            }
            return text
        }
    }

    /// A path of a file, without a zero byte.
    public func path(_ key: String, _ need: Need = .required) -> String? { text(key, need) }

    /// A whole number within a range.
    public func integer(_ key: String, _ need: Need = .required, in range: ClosedRange<Int>) -> Int? {
        value(key, need) { text throws(ValueTrouble) in
            do throws(ValueTrouble) {
                return try QuantityText.integer(text, in: range)
            } catch {
                throw ValueTrouble("«\(key)»: " + error.message)
            }
        }
    }

    /// A number without unit.
    public func number(_ key: String, _ need: Need = .required, _ sign: Sign = .any) -> Double? {
        value(key, need) { text throws(ValueTrouble) in
            try checked(try QuantityText.plain(text), text, key, sign)
        }
    }

    /// A quantity with its unit.
    public func quantity<D: Dimension>(
        _ key: String, _: D.Type, _ need: Need = .required, _ sign: Sign = .any
    ) -> Quantity<D>? {
        value(key, need) { text throws(ValueTrouble) in
            Quantity(try checked(try QuantityText.quantity(text, D.self).value, text, key, sign))
        }
    }

    /// A quantity as a number in the unit named: `percent("drift", …)` reads `0.04 %` as exactly 0.04.
    public func number(
        _ key: String, in unit: String, _ kind: DimensionKind, _ need: Need = .required, _ sign: Sign = .any
    ) -> Double? {
        value(key, need) { text throws(ValueTrouble) in
            try checked(try QuantityText.number(text, in: unit, kind), text, key, sign)
        }
    }

    /// A ratio as a number of percent.
    public func percent(_ key: String, _ need: Need = .required, _ sign: Sign = .any) -> Double? {
        number(key, in: "%", .ratio, need, sign)
    }

    /// A value that may be relative to the nameplate.
    public func setting<D: Dimension>(_ key: String, _: D.Type, _ need: Need = .required) -> Setting<D>? {
        value(key, need) { text throws(ValueTrouble) in try QuantityText.setting(text, D.self) }
    }

    /// A range of quantities in coherent units; an end written with `below` or `above` is not in it.
    public func range<D: Dimension>(
        _ key: String, _: D.Type, _ need: Need = .required, _ sign: Sign = .notNegative
    ) -> QuantityRange<D>? {
        value(key, need) { text throws(ValueTrouble) in
            let range = try QuantityText.range(text, D.self)
            _ = try checked(range.lower.value, text, key, sign)
            return range
        }
    }

    /// Orders of harmonics, `2 to 50`, none below `least`.
    public func orders(_ key: String, _ need: Need = .required, from least: Int) -> ClosedRange<Int>? {
        value(key, need) { text throws(ValueTrouble) in
            let ends = text.split(separator: " ").map(String.init)
            guard ends.count == 3, ends[1] == "to", let low = Int(ends[0]), let high = Int(ends[2]), least <= low,
                low <= high
            else { throw ValueTrouble("«\(text)» are no orders of harmonics; write e.g. «2 to 50»") }
            return low...high
        }
    }

    /// `yes` or `no`.
    public func yesNo(_ key: String, _ need: Need = .required) -> Bool? {
        value(key, need) { text throws(ValueTrouble) in
            switch text {
            case "yes": return true
            case "no": return false
            default: throw ValueTrouble("«\(text)» is neither «yes» nor «no»")
            }
        }
    }

    /// One of the words of an enumeration.
    public func choice<E: RawRepresentable & CaseIterable>(
        _ key: String, _ need: Need = .required, of _: E.Type = E.self
    ) -> E? where E.RawValue == String {
        value(key, need) { text throws(ValueTrouble) in try Fields.word(text, key, E.self) }
    }

    /// Words of an enumeration in a list, or one alone.
    public func choices<E: RawRepresentable & CaseIterable>(
        _ key: String, _ need: Need = .required, of _: E.Type = E.self
    ) -> [E]? where E.RawValue == String {
        values(key, need) { text throws(ValueTrouble) in try Fields.word(text, key, E.self) }
    }

    /// A day of the calendar as text, `2026-03-02`.
    public func day(_ key: String, _ need: Need = .required) -> String? { value(key, need, QuantityText.day) }

    /// Lines of text: a list, or one line alone.
    public func texts(_ key: String, _ need: Need = .required) -> [String]? {
        values(key, need) { text throws(ValueTrouble) in text.trimmed }
    }

    /// The enumeration's value for a word, or a sentence that lists the words.
    static func word<E: RawRepresentable & CaseIterable>(
        _ text: String, _ key: String, _: E.Type
    ) throws(ValueTrouble) -> E where E.RawValue == String {
        if let value = E(rawValue: text) { return value }
        let words = E.allCases.map(\.rawValue)
        let hint = Spelling.nearest(text, words).map { "did you mean «\($0)»? " } ?? ""
        throw ValueTrouble("«\(text)» is not a value of «\(key)»; \(hint)values are \(words.joined(separator: ", "))")
    }

    private func checked(
        _ value: Double, _ text: String, _ key: String, _ sign: Sign
    ) throws(ValueTrouble) -> Double {
        switch sign {
        case .positive where value <= 0: throw ValueTrouble("«\(key)» must be larger than zero; here is «\(text)»")
        case .notNegative where value < 0: throw ValueTrouble("«\(key)» cannot be negative; here is «\(text)»")
        default: return value
        }
    }
}

extension String {
    /// Without blanks at both ends.
    var trimmed: String {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest = rest.dropFirst() }
        while rest.last?.isWhitespace == true { rest = rest.dropLast() }
        return String(rest)
    }
}

/// Finds the word that somebody probably meant.
public enum Spelling {
    /// The known word nearest to `word`, where one is near: at most a third of its letters differ.
    public static func nearest(_ word: String, _ known: [String]) -> String? {
        let plain = simplified(word)
        let ranked = known.map { ($0, distance(plain, simplified($0))) }.min { $0.1 < $1.1 }
        guard let (best, far) = ranked, far <= max(1, plain.count / 3), plain.count > 1 else { return nil }
        return best
    }

    private static func simplified(_ word: String) -> [UInt8] {
        word.lowercased().utf8.filter { !"-_ ".utf8.contains($0) }.prefix(64).map { $0 }
    }

    /// The number of single-letter changes from one word to the other (Levenshtein).
    private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
        var row = Array(0...b.count)
        for i in a.indices {
            var previous = row[0]
            row[0] = i + 1
            for j in b.indices {
                let change = previous + (a[i] == b[j] ? 0 : 1)
                previous = row[j + 1]
                row[j + 1] = Swift.min(change, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[b.count]
    }
}
