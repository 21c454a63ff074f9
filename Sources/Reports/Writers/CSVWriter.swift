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
        let accuracy = Dictionary(
            document.accuracy.map { ($0.head.id, $0) }, uniquingKeysWith: { first, _ in first })
        let register = Dictionary(
            document.register.map { ($0.head.id, $0) }, uniquingKeysWith: { first, _ in first })
        let repeated = Dictionary(
            document.repeatability.map { ($0.head.id, $0) }, uniquingKeysWith: { first, _ in first })
        let varied = Dictionary(
            document.variations.map { ($0.head.id, $0) }, uniquingKeysWith: { first, _ in first })
        let disturbed = Dictionary(
            document.events.map { ($0.head.id, $0) }, uniquingKeysWith: { first, _ in first })
        let directed = Dictionary(
            document.directions.map { ($0.head.id, $0) }, uniquingKeysWith: { first, _ in first })
        func number(_ value: Double?) -> String { value.map { Decimal.shortest($0) } ?? "" }
        for head in document.heads {
            let row = accuracy[head.id]
            let other = register[head.id]
            let third = varied[head.id]
            let fourth = disturbed[head.id]
            let fifth = directed[head.id]
            rows.append([
                document.number, document.item.serial, "\(head.number)", head.id, head.kind.rawValue,
                head.load.rawValue, head.phases,
                head.direction.rawValue + (head.quadrant.map { " " + $0 } ?? ""),
                head.sine.map { "sin " + $0 } ?? head.powerFactor.description, head.current,
                number(
                    (row?.error ?? other?.error ?? third?.variation ?? fourth?.after ?? fifth?.deviation
                        ?? repeated[head.id]?.mean)?.value),
                number((row?.U ?? other?.U ?? third?.U ?? fourth?.U ?? fifth?.U)?.value),
                number((row?.k ?? other?.k ?? third?.k ?? fourth?.k ?? fifth?.k)?.value),
                number(row?.lower ?? third?.lower ?? fourth?.lower ?? fifth?.lower),
                number(row?.upper ?? third?.upper ?? fourth?.upper ?? fifth?.upper),
                head.source.flatMap { citations[$0] } ?? "", head.verdict.word,
                head.verdict.reason ?? "",
            ])
        }
        return Array(rows.map { $0.map(field).joined(separator: ",") + "\r\n" }.joined().utf8)
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
