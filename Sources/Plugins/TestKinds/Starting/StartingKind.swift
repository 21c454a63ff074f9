public import BenchCore

/// The test kind `starting`: the meter starts and keeps registering at the starting current.
///
/// Steps have `apply` (and `matrix` for the direction) with the table's starting current, `within: computed` and `accept`
/// over `registers` and `pulses`. With τ = 3.6e6 / (m · k · Un · Ist) seconds between pulses, 1.5 τ are allowed for the first
/// pulse, 1.5 τ more for the second, and as much again for the third: the point's `duration` is 4.5 τ
/// (OIML R 46-2:2012, 6.2.5; current by the limit table's `starting-current`).
public struct StartingKind: StepKind {
    /// The kind's name in procedures and plans.
    public let name = TestKindName.starting
    /// The pulses a meter must give, and how many nominal pulse times each may take.
    public static let pulses = 3, pulseTimesEach = 1.5
    /// The kind; it keeps no state.
    public init() {}

    /// Complaints about a step that need neither bench nor meter.
    public func check(_ step: Step) -> [Diagnostic] {
        let keys = StepKeys(
            needed: ["within", "accept"], allowed: ["apply", "matrix", "except", "settle", "within", "accept"],
            axes: [.direction, .powerFactor, .current, .voltage, .frequency])
        return keys.complaints(step) + keys.needsCurrent(step)
    }

    /// Nominal time between pulses in seconds; k in imp/kWh, Un in V, Ist in A.
    public static func pulseTime(constant: Double, elements: Int, voltage: Double, current: Double) -> Double {
        3.6e6 / (Double(elements) * constant * voltage * current)
    }

    /// The test points of a step for one bench and one meter type.
    public func expand(_ step: Step, _ context: PlanningContext) -> StepExpansion {
        var result = StepExpansion()
        let nameplate = context.meter.nameplate
        guard let fact = context.fact("starting-current", step, &result) else { return result }
        for draft in context.drafts(step, [.pulses], &result) {
            guard let constant = context.meter.constant(draft.point.direction) else { continue }
            let wanted = fact.value * (fact.base.flatMap { nameplate.value(of: $0) } ?? nameplate.nominalCurrent.value)
            if abs(draft.amperes - wanted) > 1e-6 * wanted {
                result.complaints.append(
                    Diagnostic(
                        file: step.file, mark: draft.point.mark(.current) ?? step.mark,
                        message:
                            "the starting current of the limit table is \(RelativeQuantity(fact.value, fact.base ?? "In")) "
                            + "(\(fact.citation.text)); here is \(draft.currentText)"))
            }
            let tau = Self.pulseTime(
                constant: constant.pulsesPerKilowattHour, elements: nameplate.wiring.elements, voltage: draft.volts,
                current: draft.amperes)
            var point = draft.testPoint(context)
            let allowed = Double(Self.pulses) * Self.pulseTimesEach * tau
            point.duration =
                step.seconds(atLeast: Double(Self.pulses) * tau, "the time of three pulses", &result) ?? allowed
            if step.time == .computed { point.duration = allowed }
            point.rule = fact.citation
            // A meter without error gives its third pulse within three pulse times.
            point.expectedDuration += min(Double(Self.pulses) * tau, point.duration ?? allowed)
            result.points.append(point)
        }
        return result
    }
}
