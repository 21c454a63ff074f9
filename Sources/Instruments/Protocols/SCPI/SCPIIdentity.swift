import BenchCore

/// The answer to `*IDN?`: maker, model, serial number, firmware (IEEE 488.2-1992, 10.14), as real instruments give it.
enum SCPIIdentity {
    /// Reads the answer.
    ///
    /// Standard are four fields. Accepted as well: three (no firmware), more than four (several firmware versions, joined by
    /// blanks), all fields inside one pair of quotes, and maker and model in one field: Chroma prints
    /// `Chroma ATE 61500,123456,1.00,1.01,1.02` (61501 user's manual, 8-7).
    static func read(_ values: [SCPIValue], _ instrument: String) throws(Fault) -> InstrumentIdentity {
        let reading = SCPIReading(values, to: "*IDN?", of: instrument)
        var fields: [String] = []
        for index in values.indices { fields.append(try reading.text(index)) }
        if fields.count == 1 {
            fields = fields[0].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        fields = fields.map(trimmed)
        if let (maker, model) = joined(fields.first ?? ""), fields.count != 4 {
            fields.replaceSubrange(0..<1, with: [maker, model])
        }
        guard fields.count >= 3, !fields[0].isEmpty, !fields[1].isEmpty else {
            throw reading.bad("maker, model, serial number, firmware")
        }
        let marked = fields[1].hasSuffix(simulatorMark)
        return InstrumentIdentity(
            manufacturer: fields[0], model: marked ? String(fields[1].dropLast(simulatorMark.count)) : fields[1],
            serial: fields[2], firmware: fields[3...].filter { !$0.isEmpty }.joined(separator: " "),
            simulated: marked || (fields[0] == "MeterBench" && fields[1].hasPrefix("Simulated")))
    }

    /// What a simulator of ours that plays somebody's instrument has behind the model.
    static let simulatorMark = " (simulated)"

    /// Maker and model, where a field ends with a word that has digits.
    private static func joined(_ field: String) -> (String, String)? {
        let words = field.split(separator: " ")
        guard words.count > 1, let last = words.last, last.contains(where: \.isNumber) else { return nil }
        return (words.dropLast().joined(separator: " "), String(last))
    }

    private static func trimmed(_ field: String) -> String {
        var rest = field[...]
        let edge: (Character) -> Bool = { $0.isWhitespace || $0 == "\"" || $0 == "'" }
        while let first = rest.first, edge(first) { rest.removeFirst() }
        while let last = rest.last, edge(last) { rest.removeLast() }
        return String(rest)
    }
}
