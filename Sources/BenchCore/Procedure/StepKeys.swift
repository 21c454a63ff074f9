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
        let known = needed + allowed.filter { !needed.contains($0) }
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

    /// A complaint where no current is set: it has no default.
    public func needsCurrent(_ step: Step) -> [Diagnostic] {
        guard let axis = step.axis(.current) else {
            return [
                step.diagnostic(
                    "", "no current is set; \(step.kind.withArticle) step needs «current» under «apply» or «matrix»")
            ]
        }
        return axis.values.filter { $0.content == .open }.map {
            Diagnostic(
                file: step.file, mark: $0.mark,
                message: "open current circuits have no error to measure; «open» is for no-load steps")
        }
    }

    /// Complaints where `measure` lacks one of these.
    public func needsMeasure(_ step: Step, _ needed: [String]) -> [Diagnostic] {
        guard step.keys.contains("measure") else { return [] }
        return needed.filter { ($0 == "repeats" ? step.repeats == nil : step.uncertainty == nil) }.map {
            let example = $0 == "repeats" ? "repeats: 3" : "uncertainty: at most 1/5 of limit"
            return step.diagnostic(
                "measure", "«\($0)» is missing; \(step.kind.withArticle) step needs it, as «\(example)»")
        }
    }

    private func list(_ words: [String]) -> String { words.joined(separator: ", ") }
}

extension TestKindName {
    /// `an accuracy`, `a no-load`.
    var withArticle: String { (self == .accuracy ? "an " : "a ") + rawValue }
}
