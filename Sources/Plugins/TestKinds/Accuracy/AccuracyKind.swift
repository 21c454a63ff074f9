public import BenchCore

/// The test kind `accuracy`: percentage error at loads over the current range, judged against one row of the limit table.
///
/// Steps have `apply` or `matrix`, `measure: { repeats, uncertainty }` and `accept` over `error`, `limit`, `limit.lower`,
/// `limit.upper`. The number of pulses follows from the uncertainty asked for. With `repeats: 3 to 12` and `until: decided at 1 % risk` a
/// point ends as soon as its verdict is decided at that risk.
public struct AccuracyKind: StepKind {
    /// The kind's name in procedures and plans.
    public let name = TestKindName.accuracy
    /// The kind; it keeps no state.
    public init() {}

    /// Complaints about a step that need neither bench nor meter.
    public func check(_ step: Step) -> [Diagnostic] {
        let keys = StepKeys(
            needed: ["measure", "accept"], allowed: ["apply", "matrix", "except", "settle", "measure", "accept"],
            axes: [.direction, .phase, .powerFactor, .sine, .current, .voltage, .frequency, .interrupted])
        return keys.complaints(step) + keys.needsCurrent(step)
            + keys.needsMeasure(step, ["repeats", "uncertainty"], adaptive: true)
    }

    /// The test points of a step for one bench and one meter type.
    public func expand(_ step: Step, _ context: PlanningContext) -> StepExpansion {
        var result = StepExpansion()
        for draft in context.drafts(step, [.standard, .pulses], &result) {
            guard let limit = context.limit(draft, &result) else { continue }
            var point = draft.testPoint(context)
            point.limit = limit
            context.measureByPulses(&point, step, &result)
            result.points.append(point)
        }
        return result
    }
}
