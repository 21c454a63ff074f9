import BenchCore

/// Brings observations together: equal ones once, and those that differ in numbers only as ranges of these numbers.
///
/// Nothing is lost by it: the journal holds every single one.
enum ObservationMerger {
    /// From how many different texts of the same wording on only their ranges are printed.
    private static let many = 3

    static func merge(_ list: [(point: Int?, text: String)]) -> [MeterCertificate.Observation] {
        var order: [String] = []
        var groups: [String: [(point: Int?, text: String)]] = [:]
        for one in list {
            let wording = pieces(one.text).words.joined(separator: "#")
            if groups[wording] == nil { order.append(wording) }
            groups[wording, default: []].append(one)
        }
        return order.flatMap { wording -> [MeterCertificate.Observation] in
            let group = groups[wording] ?? []
            var texts: [String] = []
            for one in group where !texts.contains(one.text) { texts.append(one.text) }
            if texts.count >= many { return [observation(ranges(texts), group.map(\.point))] }
            return texts.map { text in observation(text, group.filter { $0.text == text }.map(\.point)) }
        }
    }

    private static func observation(_ text: String, _ points: [Int?]) -> MeterCertificate.Observation {
        let distinct = Set(points.compactMap { $0 }).sorted()
        let often = points.count > max(distinct.count, 1)
        return .init(points: distinct, text: often ? "\(text) (\(points.count) times)" : text)
    }

    /// Texts of the same wording as one, with `2 to 7` where their numbers differ.
    private static func ranges(_ texts: [String]) -> String {
        let split = texts.map { pieces($0) }
        guard let first = split.first else { return "" }
        var text = first.words[0]
        for i in first.numbers.indices {
            let numbers = split.map { $0.numbers[i] }
            let low = numbers.min { (Decimal.parse($0) ?? 0) < (Decimal.parse($1) ?? 0) } ?? ""
            let high = numbers.max { (Decimal.parse($0) ?? 0) < (Decimal.parse($1) ?? 0) } ?? ""
            text += (low == high ? low : "\(low) to \(high)") + first.words[i + 1]
        }
        return text
    }

    /// The words between the numbers of a text, and the numbers; digits that belong to a name (`L1`, `DM-26`) are words.
    private static func pieces(_ text: String) -> (words: [String], numbers: [String]) {
        var words = [""]
        var numbers: [String] = []
        var rest = text[...]
        var before: Character = " "
        while let c = rest.first {
            let name = before.isLetter || before.isNumber || "-_".contains(before)
            guard c.isASCII, c.isNumber, !name else {
                words[words.count - 1].append(c)
                before = c
                rest = rest.dropFirst()
                continue
            }
            var number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            while number.hasSuffix(".") { number = number.dropLast() }
            rest = rest.dropFirst(number.count)
            numbers.append(String(number))
            words.append("")
            before = number.last ?? c
        }
        return (words, numbers)
    }
}
