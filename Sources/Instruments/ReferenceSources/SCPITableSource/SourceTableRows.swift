import BenchCore

/// Reads the lists of lines of a source's table.
struct SourceTableRows {
    let phases: Int
    /// Whether the table names ranges.
    let voltageRanges: Bool, currentRanges: Bool
    /// Whether the source gives currents.
    let current: Bool
    var notes: Unconfirmed

    /// Values that lines of a load may hold.
    static let ofLoad = Set(SourceTemplate.Value.allCases.filter { !$0.ofShape })
    /// Values that every line may hold.
    static let ofSource = Set(SourceTemplate.Value.allCases.filter(\.ofSource))

    /// The lines under a key: each a text, or a block with `send`; `known` are the values that may stand in them.
    mutating func read(
        _ f: Fields, _ key: String, _ need: Fields.Need, known: Set<SourceTemplate.Value> = ofSource
    ) -> [SourceTable.Row]? {
        let load = known.contains(.frequency)
        let shape = known.contains(.quantity)
        guard let items = f.list(key, need) else { return nil }
        var rows: [SourceTable.Row] = []
        for (index, item) in items.enumerated() {
            var row: SourceTable.Row?
            if case .scalar = item {
                row = f.scalar(item, "a line of «\(key)»").flatMap { text in
                    f.value(text, item.mark) { text throws(ValueTrouble) in try SourceTemplate(text) }
                }.map { SourceTable.Row(send: $0) }
                if let row { notes.takeBare(row.send.text) }
            } else {
                row = Fields.read(item, "a line of «\(key)»", path: "\(f.join(key))[\(index)]", f.complaints) {
                    block($0, shape: shape, event: known.contains(.duration))
                }
            }
            guard let row else { continue }
            check(row.send, f.complaints, item.mark, known)
            if !load, row.when != nil {
                f.complaints.add(item.mark, "«when» asks for the load; lines of «\(key)» are sent without one")
            }
            rows.append(row)
        }
        if key == "load" {
            let told = Set(rows.flatMap(\.send.values))
            for value in current ? [SourceTemplate.Value.voltage, .current] : [.voltage] where !told.contains(value) {
                f.complain(key, "no line tells the source its {\(value.rawValue)}")
            }
        }
        return rows.count == items.count ? rows : nil
    }

    private mutating func block(_ f: Fields, shape: Bool, event: Bool) -> SourceTable.Row? {
        let send = f.value("send") { text throws(ValueTrouble) in try SourceTemplate(text) }
        let when = f.choice("when", .optional, of: SourceTable.Condition.self)
        let each = f.yesNo("each-phase", .optional) ?? false
        let chosen = f.values("phases", .optional) { text throws(ValueTrouble) in
            try QuantityText.integer(text, in: 1...phases)
        }
        let only = shape ? f.choice("only", .optional, of: LoadShape.Output.Quantity.self) : nil
        let ramp = event ? f.yesNo("ramp", .optional) : nil
        let pause = f.quantity("pause", TimeSpan.self, .optional, .positive)
        guard let send else {
            for key in ["page", "unconfirmed"] { _ = f.has(key) }
            return nil
        }
        notes.takeCommand(f, send.text)
        return SourceTable.Row(
            send: send, when: when, phases: chosen, eachPhase: each, only: only, ramp: ramp, pause: pause?.value ?? 0)
    }

    /// Complains about values that cannot be told at this place.
    func check(
        _ template: SourceTemplate, _ complaints: Complaints, _ mark: Mark, _ known: Set<SourceTemplate.Value>
    ) {
        for value in template.values {
            if !known.contains(value) {
                let names = known.map { "{\($0.rawValue)}" }.sorted().joined(separator: ", ")
                complaints.add(
                    mark,
                    "«{\(value.rawValue)}» belongs to a \(value.ofShape ? "shape" : "load"); known here are \(names)")
            }
            if value == .voltageRange, !voltageRanges {
                complaints.add(mark, "«{voltage-range}» needs the list «voltage-ranges»")
            }
            if !current, [.current, .currentLag, .currentAngle, .currentLimit].contains(value) {
                complaints.add(mark, "«{\(value.rawValue)}»: «capability» says «current: none»")
            }
            if value == .currentRange, !currentRanges {
                complaints.add(mark, "«{current-range}» needs the list «current-ranges»")
            }
        }
    }
}

/// Reads the questions of a source's table.
enum SourceTableState {
    struct Questions {
        var isOn: SourceTable.Question, currentOn: SourceTable.Question?, settled: SourceTable.Question?
        var faults: [SourceTable.FaultQuestion]
    }

    static func read(_ f: Fields, current: Bool, _ rows: inout SourceTableRows) -> Questions? {
        let isOn = question(f, "on", .required, &rows)
        let currentOn = question(f, "current-on", current ? .required : .optional, &rows)
        let settled = question(f, "settled", .optional, &rows)
        let faults = f.blocks("faults", "a question for faults", .optional) { fault($0, &rows) }
        guard let isOn, currentOn != nil || !current else { return nil }
        return Questions(isOn: isOn, currentOn: currentOn, settled: settled, faults: faults)
    }

    private static func question(
        _ f: Fields, _ key: String, _ need: Fields.Need, _ rows: inout SourceTableRows
    ) -> SourceTable.Question? {
        f.block(key, "a question", need) { q in
            let ask = ask(q, &rows)
            let value = q.integer("value", .optional, in: 1...100) ?? 1
            let yes = q.texts("yes")
            let no = q.texts("no")
            if let yes, let no, let both = yes.first(where: no.contains) {
                q.complain("no", "«\(both)» cannot mean yes and no")
            }
            guard let ask, let yes, let no else { return nil }
            return SourceTable.Question(ask: ask, value: value, yes: yes, no: no)
        }
    }

    private static func fault(_ f: Fields, _ rows: inout SourceTableRows) -> SourceTable.FaultQuestion? {
        let ask = ask(f, &rows)
        let value = f.integer("value", .optional, in: 1...100) ?? 1
        let fine = f.texts("fine", .optional)
        let bits = f.block("bits", "the bits of a fault word", .optional) { b -> [Int: String]? in
            var bits: [Int: String] = [:]
            for key in b.keys() {
                guard let bit = Int(key), (0...31).contains(bit) else {
                    b.complaints.add(b.keyMark(key), "«\(key)» is no bit; bits are 0 to 31")
                    continue
                }
                bits[bit] = b.text(key)
            }
            return bits
        }
        if (fine == nil) == (bits == nil), !(f.has("bits") && bits == nil) {
            f.complaints.add(
                f.mark,
                "a question for faults has either «bits» (names of the bits that are faults) or «fine» (answers that are none)"
            )
        }
        guard let ask else { return nil }
        return SourceTable.FaultQuestion(ask: ask, value: value, bits: bits ?? [:], fine: fine ?? [])
    }

    private static func ask(_ f: Fields, _ rows: inout SourceTableRows) -> SourceTemplate? {
        let ask = f.value("ask") { text throws(ValueTrouble) -> SourceTemplate in
            guard text.hasSuffix("?") || text.contains("? ") else {
                throw ValueTrouble("«\(text)» is no query: a query has a «?»")
            }
            return try SourceTemplate(text)
        }
        guard let ask else {
            for key in ["page", "unconfirmed"] { _ = f.has(key) }
            return nil
        }
        rows.check(ask, f.complaints, f.mark("ask"), SourceTableRows.ofSource)
        rows.notes.takeCommand(f, ask.text)
        return ask
    }
}
