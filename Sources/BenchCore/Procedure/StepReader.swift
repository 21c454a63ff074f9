/// Reads one step of a procedure.
struct StepReader {
    let loader: ProcedureLoader
    let complaints: Complaints
    let number: Int
    private var marks: [String: Mark] = [:]

    init(loader: ProcedureLoader, complaints: Complaints, number: Int) {
        self.loader = loader
        self.complaints = complaints
        self.number = number
    }

    mutating func step(_ node: Node) -> Step? {
        guard case .map(let entries, let mark) = node else {
            complaints.add(
                node.mark, "a step is a block of keys that begins with its kind, as «accuracy: balanced load»")
            return nil
        }
        guard let kind = kind(entries, mark) else { return nil }
        for entry in entries {
            marks[entry.key] = entry.value.mark
            marks[entry.key + ":"] = entry.keyMark
        }
        let before = complaints.all.count
        var copy = self
        let step = Fields.read(node, "\(kind.withArticle) step", complaints) { fields in
            copy.read(fields, kind, entries.map(\.key), mark)
        }
        return complaints.all.count == before ? step : nil
    }

    /// The kind of a step: the one key that is a kind.
    private func kind(_ entries: [Node.Entry], _ mark: Mark) -> TestKindName? {
        let known = loader.kinds.map(\.name)
        let found = entries.filter { entry in known.contains { $0.rawValue == entry.key } }
        if found.count > 1 {
            complaints.add(
                found[1].keyMark, "a step has one kind; this one is «\(found[0].key)» and «\(found[1].key)»")
            return nil
        }
        if let key = found.first?.key { return TestKindName(rawValue: key) }
        let words = known.map(\.rawValue)
        guard let stranger = entries.first(where: { !Step.allKeys.contains($0.key) }) else {
            complaints.add(mark, "this step has no kind; kinds are \(words.joined(separator: ", "))")
            return nil
        }
        let hint = Spelling.nearest(stranger.key, words).map { "did you mean «\($0)»? " } ?? ""
        complaints.add(
            stranger.keyMark,
            "«\(stranger.key)» is not a kind of step; \(hint)kinds are \(words.joined(separator: ", "))")
        return nil
    }

    private mutating func read(_ fields: Fields, _ kind: TestKindName, _ keys: [String], _ mark: Mark) -> Step? {
        let title = fields.text(kind.rawValue)
        var axes: [MatrixAxis] = []
        var exceptions: [MatrixException] = []
        let matrix = MatrixReader(loader: loader, complaints: complaints)
        if let apply = fields.node("apply", .optional) { axes += matrix.apply(apply) }
        if let sweep = fields.node("matrix", .optional) {
            let swept = matrix.axes(sweep)
            for axis in swept where axes.contains(where: { $0.name == axis.name }) {
                complaints.add(axis.mark, "«\(axis.name.rawValue)» is set by «apply» already; keep one of the two")
            }
            axes += swept.filter { axis in !axes.contains { $0.name == axis.name } }
            if let except = fields.list("except", .optional) { exceptions = matrix.exceptions(except, swept) }
        } else if fields.has("except") {
            complaints.add(fields.keyMark("except"), "«except» takes points out of a «matrix»; this step has none")
        }
        for axis in axes { marks["axis." + axis.name.rawValue] = axis.mark }
        // The longest list of values is 1000, so the product cannot run over.
        let count = axes.reduce(1) { min($0, 1_000_000) * $1.values.count }
        if count > 10_000 {
            complaints.add(mark, "this sweep has \(count) points; the longest that is read has 10000")
            _ = fields.keys()
            return nil
        }
        checkFactors(axes, kind)
        let combinations = MatrixPoint.all(axes, without: exceptions)
        if combinations.isEmpty, fields.has("except") {
            complaints.add(
                fields.mark("except"), "«except» takes every point out of this matrix; nothing is left to test")
        }
        let measure = fields.block("measure", "the way to measure", .optional) { block -> Measure? in
            marks["measure.repeats"] = block.mark("repeats")
            marks["measure.uncertainty"] = block.mark("uncertainty")
            marks["measure.until"] = block.mark("until")
            let repeats = block.value("repeats", .optional, Self.repeats)
            return Measure(
                repeats: repeats?.least, mostRepeats: repeats?.most, risk: block.value("until", .optional, Self.risk),
                uncertainty: block.value("uncertainty", .optional, QuantityText.uncertainty))
        }
        var step = Step(
            number: number, kind: kind, title: title ?? kind.rawValue, axes: axes, combinations: combinations,
            settle: time("settle", fields, 0.1...3600), repeats: measure?.repeats,
            mostRepeats: measure?.mostRepeats, risk: measure?.risk, uncertainty: measure?.uncertainty,
            time: computed("for", fields) ?? computed("within", fields), energy: energy(fields),
            accept: accept(fields, kind), only: only(fields),
            influence: fields.choice("by", .optional, of: Influence.self),
            times: fields.integer("times", .optional, in: 1...100), every: time("every", fields, 1...3600),
            radio: radio(fields),
            keys: keys.filter { $0 != kind.rawValue },
            file: complaints.file, mark: mark,
            marks: marks)
        step.counts = loader.energy ?? .active
        step.profile = fields.value("profile", .optional, Self.profile)
        return step
    }

    /// Loads of reactive energy are stated by sin φ, those of active energy by the power factor; a warm-up is what it is.
    private func checkFactors(_ axes: [MatrixAxis], _ kind: TestKindName) {
        for axis in axes where kind != .warmUp {
            switch (axis.name, loader.energy) {
            case (.sine, .active?):
                complaints.add(
                    axis.mark, "«sin» is for reactive energy; this procedure is about active energy: «power-factor»")
            case (.powerFactor, .reactive?):
                complaints.add(
                    axis.mark,
                    "the limits of reactive energy are stated by sin φ; write «sin», e.g. «sin: [1 ind, 0.5 ind, 0.5 cap]»"
                )
            default: break
            }
        }
        if let both = axes.first(where: { $0.name == .sine }), axes.contains(where: { $0.name == .powerFactor }) {
            complaints.add(both.mark, "«sin» and «power-factor» are two words for one angle; keep one")
        }
    }

    private func only(_ fields: Fields) -> StepMeters {
        fields.block("only", "the meters that a step is for", .optional) { block in
            if block.keys().isEmpty { complaints.add(block.mark, "«only» names no property of a meter") }
            return StepMeters(
                accuracyClasses: block.values("accuracy-class", .optional, AccuracyClassText.read),
                connection: block.choice("connection", .optional, of: Connection.self),
                wirings: block.has("wiring") ? block.choices("wiring", of: Wiring.self) : nil,
                bidirectional: block.yesNo("bidirectional", .optional))
        } ?? StepMeters()
    }

    private struct Measure {
        var repeats: Int?, mostRepeats: Int?
        var risk: Double?
        var uncertainty: UncertaintyDemand?
    }

    /// `3`, or `3 to 12` for a number that is found while measuring.
    private static func repeats(_ text: String) throws(ValueTrouble) -> (least: Int, most: Int?) {
        let range = 1...100
        func count(_ text: String) throws(ValueTrouble) -> Int {
            do throws(ValueTrouble) { return try QuantityText.integer(text, in: range) } catch {
                throw ValueTrouble("«repeats»: " + error.message)
            }
        }
        let words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard words.count == 3, words[1] == "to" else { return (try count(text), nil) }
        let (least, most) = (try count(words[0]), try count(words[2]))
        guard most > least else {
            throw ValueTrouble("«\(text)»: the most is more than the least; write e.g. «3 to 12»")
        }
        return (least, most)
    }

    /// `decided at 1 % risk`.
    private static func risk(_ text: String) throws(ValueTrouble) -> Double {
        let (before, after) = ("decided at ", " risk")
        guard text.hasPrefix(before), text.hasSuffix(after), text.count > before.count + after.count else {
            throw ValueTrouble("«\(text)» does not say when a point ends; write e.g. «decided at 1 % risk»")
        }
        let share = String(text.dropFirst(before.count).dropLast(after.count))
        let risk = try QuantityText.quantity(share, Ratio.self).value
        guard SequentialPlan.risks.contains(risk) else {
            throw ValueTrouble("«\(text)»: a risk is 0.01 % to 20 %")
        }
        return risk
    }

    /// `solar day in 24 steps`.
    private static func profile(_ text: String) throws(ValueTrouble) -> Int {
        let words = text.split(separator: " ").map(String.init)
        guard words.count == 5, words[0...2] == ["solar", "day", "in"], words[4] == "steps" else {
            throw ValueTrouble("«\(text)» is not a profile; write e.g. «solar day in 24 steps»")
        }
        return try QuantityText.integer(words[3], in: 8...96)
    }

    /// A time in seconds, `10 s` or `at most 10 s`.
    private func time(_ key: String, _ fields: Fields, _ range: ClosedRange<Double>) -> Double? {
        fields.value(key, .optional) { text throws(ValueTrouble) in
            let plain = text.hasPrefix("at most ") ? String(text.dropFirst("at most ".count)) : text
            return try Self.seconds(plain, key, range)
        }
    }

    private static func seconds(
        _ text: String, _ key: String, _ range: ClosedRange<Double>
    ) throws(ValueTrouble) -> Double {
        let value = try QuantityText.quantity(text, TimeSpan.self).value
        guard range.contains(value) else {
            let low = QuantityText.text(range.lowerBound, .time)
            throw ValueTrouble("«\(key)» is \(low) to \(QuantityText.text(range.upperBound, .time)); here is «\(text)»")
        }
        return value
    }

    private func computed(_ key: String, _ fields: Fields) -> Step.Time? {
        fields.value(key, .optional) { text throws(ValueTrouble) in
            if text == "computed" { return .computed }
            do throws(ValueTrouble) {
                return .seconds(try Self.seconds(text, key, 1...604_800))
            } catch {
                throw ValueTrouble(error.message + "; or «computed», by the standard's formula")
            }
        }
    }

    private func energy(_ fields: Fields) -> Double? {
        fields.value("energy", .optional) { text throws(ValueTrouble) -> Double? in
            if text == "computed" { return nil }
            let value = try QuantityText.quantity(text, ActiveEnergy.self).value
            guard value > 0 else {
                throw ValueTrouble("«energy» is larger than zero, or «computed»; here is «\(text)»")
            }
            return value
        } ?? nil
    }

    private func accept(_ fields: Fields, _ kind: TestKindName) -> Expression? {
        guard let text = fields.scalar("accept", .optional) else { return nil }
        // A list of parameters that could not be read is complained of where it stands.
        var names = kind.acceptanceNames
        for parameter in loader.parameters ?? [] { names[parameter.name] = .quantity(parameter.dimension) }
        do {
            return try Expression.parse(
                text, names: names, file: complaints.file, mark: fields.mark("accept"), want: .boolean)
        } catch let trouble as Diagnostics {
            for complaint in trouble.all { complaints.add(complaint.mark, complaint.message) }
        } catch {
            complaints.add(fields.mark("accept"), "cannot be read")
        }
        return nil
    }
}
