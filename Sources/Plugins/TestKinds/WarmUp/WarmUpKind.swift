public import BenchCore

/// The test kind `warm-up`: a load held for a time, so that meters reach thermal stability; nothing is judged.
///
/// Steps have `apply` and `for`.
public struct WarmUpKind: StepKind {
    /// The kind's name in procedures and plans.
    public let name = TestKindName.warmUp
    /// The kind; it keeps no state.
    public init() {}

    /// Complaints about a step that need neither bench nor meter.
    public func check(_ step: Step) -> [Diagnostic] {
        let keys = StepKeys(
            needed: ["apply", "for"], allowed: ["apply", "settle", "for"],
            axes: [.direction, .powerFactor, .current, .voltage, .frequency])
        var found = keys.complaints(step)
        if step.time == .computed {
            found.append(
                step.diagnostic("for", "no standard computes the time of a warm-up; write a time, as «for: 60 min»"))
        }
        return found
    }

    /// The test points of a step for one bench and one meter type.
    public func expand(_ step: Step, _ context: PlanningContext) -> StepExpansion {
        var result = StepExpansion()
        guard case .seconds(let seconds) = step.time else { return result }
        for draft in context.drafts(step, [], &result) {
            var point = draft.testPoint(context)
            point.duration = seconds
            point.expectedDuration += seconds
            result.points.append(point)
        }
        return result
    }
}
