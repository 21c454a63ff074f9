public import BenchCore

/// The test kind `no-load` (creep): raised voltage, current circuits open; at most so many pulses in the computed time.
///
/// Steps have `apply: { voltage: 115 % Un, current: open }`, `for: computed` and `accept` over `pulses`. The shortest time is
/// numerator / (k · m · Un · Imax) minutes with the numerator of the limit table (`no-load-numerator`), k in imp/kWh, m
/// measuring elements (IEC 62053-21:2003 and -22:2003, 8.3.2). With `direction` on an axis each test follows a load of that direction, and
/// the energy registers must stand still too.
public struct NoLoadKind: StepKind {
    /// The kind's name in procedures and plans.
    public let name = TestKindName.noLoad
    /// How long the load before a no-load test flows, s.
    static let preloadSeconds = 30.0
    /// The kind; it keeps no state.
    public init() {}

    /// Complaints about a step that need neither bench nor meter.
    public func check(_ step: Step) -> [Diagnostic] {
        let keys = StepKeys(
            needed: ["apply", "for", "accept"],
            allowed: ["apply", "matrix", "except", "settle", "for", "accept"],
            axes: [.direction, .current, .voltage, .frequency])
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
            if step.axis(.direction) != nil { preload(&point, context) }
            point.maximumPulses = allowed.flatMap { Int(exactly: $0) }
            point.expectedDuration += point.duration ?? 0
            result.points.append(point)
        }
        return result
    }

    /// The rated load that flows before: balanced, Un, In or Ib, power factor 1 (sin φ 1), in the direction of the point.
    private func preload(_ point: inout TestPoint, _ context: PlanningContext) {
        let plate = context.meter.nameplate
        var load = point.load
        for phase in plate.wiring.phases {
            load.phases[phase - 1].voltage = plate.nominalVoltage.value
            load.phases[phase - 1].current = plate.nominalCurrent.value
            let lag: Double = context.procedure.energy == .active ? 0 : 90
            load.phases[phase - 1].currentLag = lag + (point.direction == .export ? 180 : 0)
        }
        point.preload = load
        point.expectedDuration +=
            Self.preloadSeconds + 2 * (context.bench.instrument(.referenceSource)?.source?.settle ?? 0)
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
