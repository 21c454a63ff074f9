public import BenchCore

/// The test kind `repeatability`: how far repeated determinations at one load scatter, against a share of the limit.
///
/// Steps have `apply` or `matrix`, `measure: { repeats }` and `accept` over the list `error` and `limit`, as
/// `stdev(error) <= limit / 10`.
public struct RepeatabilityKind: StepKind {
    /// The kind's name in procedures and plans.
    public let name = TestKindName.repeatability
    /// The kind; it keeps no state.
    public init() {}

    /// Complaints about a step that need neither bench nor meter.
    public func check(_ step: Step) -> [Diagnostic] {
        let keys = StepKeys(
            needed: ["measure", "accept"], allowed: ["apply", "matrix", "except", "settle", "measure", "accept"],
            axes: [.direction, .phase, .powerFactor, .sine, .current, .voltage, .frequency, .interrupted])
        var found = keys.complaints(step) + keys.needsCurrent(step) + keys.needsMeasure(step, ["repeats"])
        if let repeats = step.repeats, repeats < 3 {
            found.append(
                step.diagnostic("measure.repeats", "a spread needs at least 3 determinations; here are \(repeats)"))
        }
        return found
    }

    /// The test points of a step for one bench and one meter type.
    public func expand(_ step: Step, _ context: PlanningContext) -> StepExpansion {
        var result = StepExpansion()
        guard let rule = context.fact("repeatability-fraction", step, &result) else { return result }
        for draft in context.drafts(step, [.standard, .pulses], &result) {
            guard let limit = context.limit(draft, &result) else { continue }
            var point = draft.testPoint(context)
            point.limit = limit
            point.rule = rule.citation
            context.measureByPulses(&point, step, &result)
            result.points.append(point)
        }
        return result
    }
}
