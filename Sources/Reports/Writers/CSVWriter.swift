import BenchCore

/// The results as a table for spreadsheets (RFC 4180): full stop, no grouping, unrounded figures.
enum CSVWriter {
    static func bytes(_ document: MeterCertificate) -> [UInt8] {
        var rows = [
            [
                "certificate", "serial", "number", "test point", "kind", "load", "phases", "direction", "power factor",
                "current", "error %", "U %", "k", "lower limit %", "upper limit %", "source", "verdict", "reason",
            ]
        ]
        let citations = Dictionary(
            document.sources.map { ($0.reference, $0.citation.text) }, uniquingKeysWith: { first, _ in first })
        let figures = figures(document)
        func number(_ value: Double?) -> String { value.map { Decimal.shortest($0) } ?? "" }
        for head in document.heads {
            let found = figures[head.id]
            rows.append([
                document.number, document.item.serial, "\(head.number)", head.id, head.kind.rawValue,
                head.load.rawValue, head.phases, head.direction.rawValue + (head.quadrant.map { " " + $0 } ?? ""),
                head.sine.map { "sin " + $0 } ?? head.powerFactor.description, head.current,
                number(found?.value?.value), number(found?.U?.value), number(found?.k?.value), number(found?.lower),
                number(found?.upper), head.source.flatMap { citations[$0] } ?? "", head.verdict.word,
                head.verdict.reason ?? "",
            ])
        }
        return Array(rows.map { $0.map(field).joined(separator: ",") + "\r\n" }.joined().utf8)
    }

    /// What a row has in the columns of figures, percent.
    private struct Figures {
        var value: Figure?, U: Figure?, k: Figure?, lower: Double?, upper: Double?
    }

    /// The figures of every point that has some, by its id.
    private static func figures(_ d: MeterCertificate) -> [String: Figures] {
        var found: [String: Figures] = [:]
        for row in d.accuracy {
            found[row.head.id] = Figures(value: row.error, U: row.U, k: row.k, lower: row.lower, upper: row.upper)
        }
        for row in d.register { found[row.head.id] = Figures(value: row.error, U: row.U, k: row.k) }
        for row in d.repeatability { found[row.head.id] = Figures(value: row.mean) }
        for row in d.variations {
            found[row.head.id] = Figures(value: row.variation, U: row.U, k: row.k, lower: row.lower, upper: row.upper)
        }
        for row in d.events {
            found[row.head.id] = Figures(value: row.after, U: row.U, k: row.k, lower: row.lower, upper: row.upper)
        }
        for row in d.directions {
            found[row.head.id] = Figures(value: row.deviation, U: row.U, k: row.k, lower: row.lower, upper: row.upper)
        }
        for row in d.radio { found[row.head.id] = Figures(value: row.duty, U: row.U, upper: row.limit?.value) }
        return found
    }

    /// Quoted where it must be. A text that a spreadsheet would run as a formula is quoted with an apostrophe before it.
    static func field(_ text: String) -> String {
        var text = text
        let formula = text.first.map { "=+-@\t".contains($0) } ?? false
        if formula, Decimal.parse(text) == nil { text = "'" + text }
        guard text.contains(where: { ",\"".contains($0) || $0.isNewline }) else { return text }
        return "\"" + text.map { $0 == "\"" ? "\"\"" : String($0) }.joined() + "\""
    }
}
