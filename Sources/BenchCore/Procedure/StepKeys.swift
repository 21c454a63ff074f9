/// Complaints every kind of test makes in the same way: keys it does not understand, keys it needs.
public struct StepKeys: Sendable {
    /// Keys the kind needs, and keys it may have.
    public var needed: [String], allowed: [String]
    /// Axes its loads may have.
    public var axes: [MatrixAxis.Name]

    /// Keys and axes of a kind.
    public init(needed: [String], allowed: [String], axes: [MatrixAxis.Name]) {
        self.needed = needed
        self.allowed = allowed
        self.axes = axes
    }

    /// The complaints about a step's keys.
    public func complaints(_ step: Step) -> [Diagnostic] {
        var found: [Diagnostic] = []
        let known = needed + allowed.filter { !needed.contains($0) } + ["only"]
        for key in step.keys where !known.contains(key) {
            found.append(
                step.diagnostic(
                    "\(key):", "«\(key)» has no meaning in \(step.kind.withArticle) step; it has \(list(known))"))
        }
        for key in needed where !step.keys.contains(key) {
            found.append(step.diagnostic("", "«\(key)» is missing; \(step.kind.withArticle) step needs it"))
        }
        for axis in step.axes where !axes.contains(axis.name) {
            found.append(
                Diagnostic(
                    file: step.file, mark: axis.mark,
                    message: "«\(axis.name.rawValue)» cannot be set in \(step.kind.withArticle) step; "
                        + "it has \(list(axes.map(\.rawValue)))"))
        }
        return found
    }

    /// A complaint where a load of reactive energy has no sin φ: it has no default.
    private func needsSine(_ step: Step) -> [Diagnostic] {
        guard step.counts == .reactive, axes.contains(.sine), step.axis(.sine) == nil else { return [] }
        return [
            step.diagnostic(
                "",
                "no sin φ is set; a load of reactive energy needs «sin» under «apply» or «matrix», as «sin: 1 ind»")
        ]
    }

    /// A complaint where no current is set: it has no default.
    public func needsCurrent(_ step: Step) -> [Diagnostic] {
        let found = needsSine(step)
        guard let axis = step.axis(.current) else {
            return found + [
                step.diagnostic(
                    "", "no current is set; \(step.kind.withArticle) step needs «current» under «apply» or «matrix»")
            ]
        }
        return found
            + axis.values.filter { $0.content == .open }.map {
                Diagnostic(
                    file: step.file, mark: $0.mark,
                    message: "open current circuits have no error to measure; «open» is for no-load steps")
            }
    }

    /// Complaints where `measure` lacks one of these, or asks to end a point as soon as it is decided in a kind that cannot.
    ///
    /// - Parameter adaptive: the kind can; an uncertainty is then not needed.
    public func needsMeasure(_ step: Step, _ needed: [String], adaptive: Bool = false) -> [Diagnostic] {
        guard step.keys.contains("measure") else { return [] }
        var needed = needed
        if adaptive, step.risk != nil { needed.removeAll { $0 == "uncertainty" } }
        return until(step, adaptive)
            + needed.filter { ($0 == "repeats" ? step.repeats == nil : step.uncertainty == nil) }.map {
                let example = $0 == "repeats" ? "repeats: 3" : "uncertainty: at most 1/5 of limit"
                return step.diagnostic(
                    "measure", "«\($0)» is missing; \(step.kind.withArticle) step needs it, as «\(example)»")
            }
    }

    private func until(_ step: Step, _ adaptive: Bool) -> [Diagnostic] {
        switch (step.risk, step.mostRepeats) {
        case (_?, _) where !adaptive:
            return [
                step.diagnostic(
                    "measure.until",
                    "«until» has no meaning in \(step.kind.withArticle) step: all its determinations are taken")
            ]
        case (_?, nil):
            // Where «repeats» is missing altogether, that is complained of.
            return step.repeats == nil
                ? []
                : [
                    step.diagnostic(
                        "measure.repeats",
                        "a point that ends when it is decided needs a fewest and a most, as «repeats: 3 to 12»")
                ]
        case (nil, _?):
            return [
                step.diagnostic(
                    "measure.repeats",
                    adaptive
                        ? "nothing says when a point ends within this range; write e.g. «until: decided at 1 % risk»"
                        : "\(step.kind.withArticle) step takes a fixed number of determinations, as «repeats: 3»")
            ]
        case (_?, _?):
            guard let least = step.repeats, least < SequentialPlan.fewest else { return [] }
            return [
                step.diagnostic(
                    "measure.repeats",
                    "a decision needs the spread of at least \(SequentialPlan.fewest) determinations; here is \(least)")
            ]
        case (nil, nil): return []
        }
    }

    private func list(_ words: [String]) -> String { words.joined(separator: ", ") }
}

extension TestKindName {
    /// `an accuracy`, `a no-load`.
    var withArticle: String {
        ([.accuracy, .influence, .event, .radioDutyCycle].contains(self) ? "an " : "a ") + rawValue
    }
}
