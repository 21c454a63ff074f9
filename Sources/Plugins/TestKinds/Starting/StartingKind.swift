public import BenchCore

/// The test kind `starting`: the meter starts and keeps registering at the starting current.
///
/// Steps have `apply` (and `matrix` for the direction) with the table's starting current, `within: computed` and `accept`
/// over `registers` and `pulses`. With τ = 3.6e6 / (m · k · Un · Ist) seconds between pulses, 1.5 τ are allowed for the first
/// pulse and 1.5 τ more for the next: the point's `duration` is 1.5 τ, the time for each
/// (OIML R 46-2:2012, 6.2.5; current by the limit table's `starting-current`).
public struct StartingKind: StepKind {
    /// The kind's name in procedures and plans.
    public let name = TestKindName.starting
    /// How many nominal pulse times are allowed for each pulse (OIML R 46-2:2012, 6.2.5).
    public static let pulseTimesEach = 1.5
    /// The kind; it keeps no state.
    public init() {}

    /// Complaints about a step that need neither bench nor meter.
    public func check(_ step: Step) -> [Diagnostic] {
        let keys = StepKeys(
            needed: ["within", "accept"], allowed: ["apply", "matrix", "except", "settle", "within", "accept"],
            axes: [.direction, .powerFactor, .sine, .current, .voltage, .frequency])
        return keys.complaints(step) + keys.needsCurrent(step)
    }

    /// Nominal time between pulses in seconds; k in imp/kWh, Un in V, Ist in A.
    public static func pulseTime(constant: Double, elements: Int, voltage: Double, current: Double) -> Double {
        3.6e6 / (Double(elements) * constant * voltage * current)
    }

    /// The test points of a step for one bench and one meter type.
    public func expand(_ step: Step, _ context: PlanningContext) -> StepExpansion {
        var result = StepExpansion()
        guard let fact = context.fact("starting-current", step, &result) else { return result }
        for draft in context.drafts(step, [.pulses], &result) {
            guard let constant = context.meter.constant(draft.counted, context.procedure.energy) else { continue }
            checkCurrent(draft, fact, context, &result)
            var point = draft.testPoint(context)
            let tau = Self.pulseTime(
                constant: constant.pulsesPerKilowattHour, elements: context.meter.nameplate.wiring.elements,
                voltage: draft.volts, current: draft.amperes)
            let allowed = step.seconds(
                computed: Self.pulseTimesEach * tau, shortest: tau, "the time between two pulses", &result)
            point.duration = allowed
            point.rule = fact.citation
            // A meter without error gives its first pulse within one pulse time, and the next one pulse time later.
            point.expectedDuration += 2 * min(tau, allowed)
            result.points.append(point)
        }
        return result
    }

    private func checkCurrent(
        _ draft: PointDraft, _ fact: LimitFact, _ context: PlanningContext, _ result: inout StepExpansion
    ) {
        let nameplate = context.meter.nameplate
        let wanted = fact.value * (fact.base.flatMap { nameplate.value(of: $0) } ?? nameplate.nominalCurrent.value)
        guard abs(draft.amperes - wanted) > 1e-6 * wanted else { return }
        let share = RelativeQuantity(fact.value, fact.base ?? "In")
        result.complaints.append(
            Diagnostic(
                file: draft.step.file, mark: draft.point.mark(.current) ?? draft.step.mark,
                message:
                    "the starting current of the limit table is \(share) (\(fact.citation.text)); here is \(draft.currentText)"
            ))
    }
}
