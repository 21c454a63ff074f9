public import BenchCore

/// The test kind `no-load` (creep): raised voltage, current circuits open; at most so many pulses in the computed time.
///
/// Steps have `apply: { voltage: 115 % Un, current: open }`, `for: computed` and `accept` over `pulses`. The shortest time is
/// numerator / (k · m · Un · Imax) minutes with the numerator of the limit table (`no-load-numerator`), k in imp/kWh, m
/// measuring elements (IEC 62053-21:2003 and -22:2003, 8.3.2).
public struct NoLoadKind: StepKind {
    /// The kind's name in procedures and plans.
    public let name = TestKindName.noLoad
    /// The kind; it keeps no state.
    public init() {}

    /// Complaints about a step that need neither bench nor meter.
    public func check(_ step: Step) -> [Diagnostic] {
        let keys = StepKeys(
            needed: ["apply", "for", "accept"], allowed: ["apply", "settle", "for", "accept"],
            axes: [.current, .voltage, .frequency])
        var found = keys.complaints(step)
        for value in step.axis(.current)?.values ?? [] where value.content != .open {
            found.append(
                Diagnostic(
                    file: step.file, mark: value.mark,
                    message: "a no-load test has open current circuits: «current: open»"))
        }
        return found
    }

    /// Shortest time of the test in seconds; k in imp/kWh, Un in V, Imax in A, numerator in min·imp·V·A/kWh.
    public static func time(numerator: Double, constant: Double, elements: Int, voltage: Double, maximum: Double)
        -> Double
    {
        60 * numerator / (constant * Double(elements) * voltage * maximum)
    }

    /// The test points of a step for one bench and one meter type.
    public func expand(_ step: Step, _ context: PlanningContext) -> StepExpansion {
        var result = StepExpansion()
        let nameplate = context.meter.nameplate
        guard let numerator = context.fact("no-load-numerator", step, &result) else { return result }
        let allowed = context.limits.fact("no-load-pulses", nameplate.connection)?.value
        for draft in context.drafts(step, [.pulses], &result) {
            // The output with the most pulses per kilowatt-hour shows creep first, and the shortest time is for it.
            guard
                let constant = context.meter.constants.filter({ ($0.energy ?? .active) == context.procedure.energy })
                    .map(\.pulsesPerKilowattHour).max()
            else { continue }
            checkVoltage(draft, context, &result)
            let shortest = Self.time(
                numerator: numerator.value, constant: constant, elements: nameplate.wiring.elements,
                voltage: nameplate.nominalVoltage.value, maximum: nameplate.maximumCurrent.value)
            var point = draft.testPoint(context)
            point.duration = step.seconds(
                computed: shortest, shortest: shortest, "the standard's formula", &result)
            point.rule = numerator.citation
            point.maximumPulses = allowed.flatMap { Int(exactly: $0) }
            point.expectedDuration += point.duration ?? 0
            result.points.append(point)
        }
        return result
    }

    private func checkVoltage(_ draft: PointDraft, _ context: PlanningContext, _ result: inout StepExpansion) {
        guard let fact = context.limits.fact("no-load-voltage", context.meter.nameplate.connection) else { return }
        let wanted = fact.value * context.meter.nameplate.nominalVoltage.value
        guard abs(draft.volts - wanted) > 1e-6 * wanted else { return }
        let share = RelativeQuantity(fact.value, fact.base ?? "Un")
        result.complaints.append(
            Diagnostic(
                file: draft.step.file, mark: draft.point.mark(.voltage) ?? draft.step.mark,
                message:
                    "the no-load test is made at \(share) (\(fact.citation.text)); here is \(draft.point.voltage.text)")
        )
    }
}
