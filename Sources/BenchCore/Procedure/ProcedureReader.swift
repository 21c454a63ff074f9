/// Reads the blocks of a procedure that are not steps.
enum ProcedureReader {
    static func parameters(_ fields: Fields) -> [ProcedureParameter]? {
        let names = fields.keys()
        let symbols = DimensionKind.allCases.flatMap(\.bases)
        let read = names.map { name -> ProcedureParameter? in
            guard let dimension = DimensionKind.allCases.first(where: { $0.bases.contains(name) }) else {
                fields.complaints.add(
                    fields.keyMark(name),
                    "«\(name)» is not a symbol of the field; symbols are \(symbols.joined(separator: ", "))")
                return nil
            }
            return fields.block(name, "a parameter") { parameter(name, dimension, $0) }
        }
        return read.contains { $0 == nil } ? nil : read.compactMap { $0 }
    }

    private static func parameter(_ name: String, _ dimension: DimensionKind, _ fields: Fields) -> ProcedureParameter? {
        let quantity = fields.choice("quantity", of: DimensionKind.self)
        if let quantity, quantity != dimension {
            fields.complain("quantity", "\(name) is \(dimension.phrase), not \(quantity.phrase)")
        }
        let from = fields.value("from", .optional) { text throws(ValueTrouble) in
            if text == limitFact, dimension == .current { return ProcedureParameter.Source.limits("starting-current") }
            return .nameplate(try nameplateEntry(text, name, dimension))
        }
        let fixed = fields.value("default", .optional) { text throws(ValueTrouble) in
            let value = try coherent(text, dimension)
            guard value > 0 else { throw ValueTrouble("\(name) is larger than zero; here is «\(text)»") }
            return value
        }
        switch (fields.has("from"), fields.has("default")) {
        case (false, false):
            fields.complaints.add(
                fields.mark, "\(name) has no source; write «from: nameplate.…» or «default: \(dimension.example)»")
        case (true, true): fields.complain("default", "\(name) has two sources; keep «from» or «default»")
        default: break
        }
        if let from { return ProcedureParameter(name: name, dimension: dimension, source: from) }
        return fixed.map { ProcedureParameter(name: name, dimension: dimension, source: .fixed($0)) }
    }

    /// The source of a current that the limit table states.
    private static let limitFact = "limits.starting-current"

    private static func nameplateEntry(
        _ text: String, _ name: String, _ dimension: DimensionKind
    ) throws(ValueTrouble) -> String {
        let fitting = ProcedureParameter.nameplateEntries.filter { $0.dimension == dimension }
        let known = fitting.map { "«nameplate.\($0.key)»" }.joined(separator: ", ")
        guard text.hasPrefix("nameplate.") else {
            throw ValueTrouble("«\(text)» is not a source of \(dimension.phrase); sources are \(known)")
        }
        let key = String(text.dropFirst("nameplate.".count))
        guard let entry = ProcedureParameter.nameplateEntries.first(where: { $0.key == key }) else {
            throw ValueTrouble("a nameplate has no «\(key)»; \(name) may come from \(known)")
        }
        guard entry.dimension == dimension else {
            throw ValueTrouble(
                "«\(text)» is \(entry.dimension.phrase); \(name) is \(dimension.phrase) and comes from \(known)")
        }
        return key
    }

    private static func coherent(_ text: String, _ dimension: DimensionKind) throws(ValueTrouble) -> Double {
        switch dimension {
        case .voltage: return try QuantityText.quantity(text, Voltage.self).value
        case .current: return try QuantityText.quantity(text, Current.self).value
        default: return try QuantityText.quantity(text, Frequency.self).value
        }
    }

    static func conditions(_ fields: Fields) -> ProcedureConditions? {
        ProcedureConditions(
            temperature: fields.value("temperature", .optional) { text throws(ValueTrouble) in
                try QuantityText.tolerance(text, Temperature.self)
            },
            frequency: fields.value("frequency", .optional) { text throws(ValueTrouble) in
                try QuantityText.tolerance(text, Frequency.self)
            },
            voltageDistortion: fields.value("voltage-distortion", .optional) { text throws(ValueTrouble) in
                let share = try QuantityText.atMost(text, Ratio.self).value
                guard share >= 0 else { throw ValueTrouble("«\(text)»: a distortion is not negative") }
                return share * 100
            })
    }

    /// The seconds of a ramp-down: currents and voltages to zero, within at most a minute.
    static func rampDown(_ node: Node, _ complaints: Complaints) -> Double? {
        Fields.read(node, "a last action", complaints) { fields in
            fields.block("ramp-down", "a ramp-down") { ramp -> Double? in
                for (key, unit) in [("current", "A"), ("voltage", "V")] {
                    let kind: DimensionKind = key == "current" ? .current : .voltage
                    if let value = ramp.number(key, in: unit, kind), value != 0 {
                        ramp.complain(key, "a run ends with everything off: «\(key): 0 \(unit)»")
                    }
                }
                let over = ramp.quantity("over", TimeSpan.self, .required, .notNegative)?.value
                if let over, over > 60 {
                    ramp.complain("over", "a ramp-down takes at most 60 s, so that the bench is soon safe")
                }
                return over
            }
        }
    }
}
