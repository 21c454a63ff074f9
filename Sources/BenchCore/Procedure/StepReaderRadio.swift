/// Reads what a step says of a watch on the air.
extension StepReader {
    /// `rules: FILE`, `use: metering`, `receive: { centre: 868.95 MHz, bandwidth: 300 kHz, sweep: 10 s, level: 0 dBm }`, `representative: yes`.
    func radio(_ fields: Fields) -> StepRadio? {
        let name = fields.path("rules", .optional)
        let use = fields.text("use", .optional)
        let representative = fields.yesNo("representative", .optional)
        let span = fields.block("receive", "the setting of a receiver", .optional) { receive($0) }
        guard let name, let rules = rules(name, fields), let span else { return nil }
        if let use, !rules.bands.contains(where: { $0.use == use }) {
            let known = Set(rules.bands.map(\.use)).sorted().map { "«\($0)»" }.joined(separator: ", ")
            fields.complain("use", "\(rules.id) has no rows for «\(use)»; there are \(known)")
        }
        return StepRadio(
            rules: rules, use: use ?? "non-specific", receive: span, representative: representative ?? false)
    }

    private func rules(_ name: String, _ fields: Fields) -> RadioRules? {
        // A part that is checked on its own reads no other files.
        guard let bytes = loader.include(name, fields.mark("rules"), complaints), loader.parameters != nil else {
            return nil
        }
        do {
            return try RadioRuleFile.load(bytes, file: Procedure.path(name, in: loader.folder))
        } catch let trouble as Diagnostics {
            loader.collect(trouble.all)
        } catch {
            complaints.add(fields.mark("rules"), "\(name) cannot be read")
        }
        return nil
    }

    private func receive(_ block: Fields) -> ZeroSpan? {
        func frequency(_ key: String, _ range: ClosedRange<Double>, _ example: String) -> Double? {
            block.value(key) { text throws(ValueTrouble) in
                let value = try QuantityText.quantity(text, Frequency.self).value
                guard range.contains(value) else {
                    throw ValueTrouble("«\(text)» is no \(key) of a receiver; write e.g. «\(example)»")
                }
                return value
            }
        }
        let centre = frequency("centre", 1e6...1e11, "868.95 MHz")
        let bandwidth = frequency("bandwidth", 100...1e9, "300 kHz")
        let sweep = block.value("sweep") { text throws(ValueTrouble) in
            let value = try QuantityText.quantity(text, TimeSpan.self).value
            guard value >= 1e-3, value <= 3600 else {
                throw ValueTrouble("«\(text)»: a sweep takes 1 ms to 1 h; write e.g. «10 s»")
            }
            return value
        }
        let level = block.value("level", .optional) { text throws(ValueTrouble) in
            let words = text.split(separator: " ")
            guard words.count == 2, words[1] == "dBm", let value = Decimal.parse(words[0]), abs(value) <= 100 else {
                throw ValueTrouble("«\(text)» is no reference level; write e.g. «0 dBm»")
            }
            return value
        }
        guard let centre, let bandwidth, let sweep else { return nil }
        return ZeroSpan(center: centre, bandwidth: bandwidth, duration: sweep, referenceLevel: level ?? 0)
    }
}
