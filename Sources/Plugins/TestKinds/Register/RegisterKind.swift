public import BenchCore

/// The test kind `register` (constant test): the register against the standard and against the meter's own pulses.
///
/// Steps have `apply` (and `matrix` for the direction), `energy: computed` or an energy, and `accept` over `error`,
/// `pulses-deviation`, `limit`. The energy is at least 1000 · R / b Wh with R the register's resolution in Wh and b the
/// limit in percent (OIML R 46-2:2012, 6.2.6); computed, it is as much as keeps the resolution of register and pulses from
/// deciding the verdict (`RegisterError.decisiveEnergy`).
public struct RegisterKind: StepKind {
    /// The kind's name in procedures and plans.
    public let name = TestKindName.register
    /// Seconds that reading registers before and after takes, for the estimate.
    static let reading = 4.0
    /// The kind; it keeps no state.
    public init() {}

    /// Complaints about a step that need neither bench nor meter.
    public func check(_ step: Step) -> [Diagnostic] {
        let keys = StepKeys(
            needed: ["accept"], allowed: ["apply", "matrix", "except", "settle", "energy", "accept"],
            axes: [.direction, .powerFactor, .sine, .current, .voltage, .frequency])
        return keys.complaints(step) + keys.needsCurrent(step)
    }

    /// The test points of a step for one bench and one meter type.
    public func expand(_ step: Step, _ context: PlanningContext) -> StepExpansion {
        var result = StepExpansion()
        guard let rule = context.fact("register-fraction", step, &result) else { return result }
        for draft in context.drafts(step, [.standard], &result) {
            guard let limit = context.limit(draft, &result),
                let resolution = resolution(draft, context, &result)
            else { continue }
            var point = draft.testPoint(context)
            point.limit = limit
            point.rule = rule.citation
            let smallest = 3.6e6 * RegisterError.leastEnergy(resolution: resolution, limit: limit.magnitude)
            let constant = context.meter.constant(draft.counted, context.procedure.energy)?.pulsesPerKilowattHour
            let decisive = RegisterError.decisiveEnergy(
                resolution: resolution, meterConstant: constant, limit: limit.magnitude)
            point.energy = max(smallest, 3.6e6 * decisive)
            if let fixed = step.energy {
                point.energy = fixed
                if fixed < smallest {
                    result.complaints.append(
                        step.diagnostic(
                            "energy",
                            "the register of «\(context.meter.id)» moves in steps of \(Self.wattHours(3.6e6 * resolution)); at a limit of "
                                + "\(Decimal.shortest(limit.magnitude)) % the test needs at least \(Self.wattHours(smallest)) "
                                + "(OIML R 46-2, 6.2.6)"))
                }
            }
            point.reachableU = PulsePlanner.reachableU(point, bench: context.bench, meter: context.meter)
            let power = point.power
            if power > 0, let energy = point.energy { point.expectedDuration += energy / power + Self.reading }
            result.points.append(point)
        }
        return result
    }

    /// The step of the register that counts this direction, kWh.
    private func resolution(
        _ draft: PointDraft, _ context: PlanningContext, _ result: inout StepExpansion
    ) -> Double? {
        let role = RegisterError.role(draft.testPoint(context))
        let complaint: String
        if let register = context.meter.register(role) {
            if let resolution = RegisterError.resolution(register) { return resolution }
            complaint = "register «\(register.name)» of «\(context.meter.id)» states no resolution in a unit of energy"
        } else {
            complaint =
                "«\(context.meter.id)» has no register of \(context.procedure.energy.rawValue) energy for \(draft.counted.rawValue)"
        }
        let mark = draft.point.mark(.direction) ?? draft.step.mark
        let diagnostic = Diagnostic(
            file: draft.step.file, mark: mark, message: complaint + "; the register test reads it")
        if !result.complaints.contains(diagnostic) { result.complaints.append(diagnostic) }
        return nil
    }

    private static func wattHours(_ energy: Double) -> String {
        Decimal.shortest((energy / 3600 * 1e6).rounded() / 1e6) + " Wh"
    }
}
