public import BenchCore

/// The test kind `directions`: registers of import and export against what flowed, phase by phase, and the signs of all that measure.
///
/// Steps have `apply` or `matrix` with `energy` (computed, or what flows in all phases together), or `apply` with
/// `profile: solar day in 24 steps` and `for`; and `accept` over `deviation` and `limit`. On the axis `exporting` stand the phases whose energy
/// flows against that of the others; what the registers must show then follows from the `summation` of the meter type. The deviation is
/// that of the worst register from what flowed into it, in percent of all energy that flowed. Whatever the deviation, a meter fails whose power
/// has another sign than the standard reads, whose registers of reactive energy move in another quadrant, or whose sign for reverse flow is wrong.
public struct DirectionsKind: StepKind {
    /// The kind's name in procedures and plans.
    public let name = TestKindName.directions
    /// The kind; it keeps no state.
    public init() {}

    /// Complaints about a step that need neither bench nor meter.
    public func check(_ step: Step) -> [Diagnostic] {
        let keys = StepKeys(
            needed: ["accept"],
            allowed: ["apply", "matrix", "except", "settle", "energy", "profile", "for", "accept"],
            axes: [.direction, .exporting, .powerFactor, .current, .voltage, .frequency])
        var found = keys.complaints(step) + keys.needsCurrent(step)
        if step.counts == .reactive {
            found.append(
                step.diagnostic(
                    "directions:", "registers of both directions are compared for active energy; write «energy: active»"
                ))
        }
        if step.profile == nil {
            if step.keys.contains("for") {
                found.append(
                    step.diagnostic("for:", "«for» is the length of a «profile»; without one, «energy» ends it"))
            }
            return found
        }
        if step.keys.contains("energy") {
            found.append(step.diagnostic("energy:", "a profile ends with its time; «energy» has no meaning beside it"))
        }
        guard case .seconds = step.time else {
            found.append(step.diagnostic("profile:", "a profile needs its length, as «for: 24 min»"))
            return found
        }
        for axis in step.axes where [.direction, .exporting, .powerFactor].contains(axis.name) {
            found.append(
                Diagnostic(
                    file: step.file, mark: axis.mark,
                    message: "«\(axis.name.rawValue)» follows from the profile and is not set beside it"))
        }
        return found
    }

    /// The test points of a step for one bench and one meter type.
    public func expand(_ step: Step, _ context: PlanningContext) -> StepExpansion {
        var result = StepExpansion()
        let meter = context.meter
        for draft in context.drafts(step, [.standard], &result) {
            if let reason = notAsked(draft, step, meter) {
                result.leftOut.append(LeftOutPoint(id: draft.id, reason: reason))
                continue
            }
            guard let limit = context.limit(draft, &result), let resolution = resolution(draft, context, &result),
                able(draft, context, &result)
            else { continue }
            var point = draft.testPoint(context)
            point.limit = limit
            let least = 3.6e6 * RegisterError.leastEnergy(resolution: resolution, limit: limit.magnitude)
            if let steps = step.profile, case .seconds(let seconds) = step.time {
                profile(&point, steps, seconds, context)
            } else {
                let decisive = RegisterError.decisiveEnergy(
                    resolution: resolution, meterConstant: nil, limit: limit.magnitude)
                point.energy = step.energy ?? max(least, 3.6e6 * decisive)
            }
            if let energy = point.energy, energy < least {
                result.complaints.append(
                    step.diagnostic(
                        step.profile == nil ? "energy" : "profile",
                        "\(point.id): \(Self.wattHours(energy)) flow; registers that move in steps of "
                            + "\(Self.wattHours(3.6e6 * resolution)) need at least \(Self.wattHours(least)) (OIML R 46-2, 6.2.6)"
                    ))
                continue
            }
            point.reachableU = PulsePlanner.reachableU(point, bench: context.bench, meter: meter)
            let power = point.oneWay.power
            if let duration = point.duration {
                let settle = context.bench.instrument(.referenceSource)?.source?.settle ?? 0
                point.expectedDuration += duration + settle * Double(point.profile?.count ?? 0) + RegisterKind.reading
            } else if power > 0, let energy = point.energy {
                point.expectedDuration += energy / power + RegisterKind.reading
            }
            result.points.append(point)
        }
        return result
    }

    private func notAsked(_ draft: PointDraft, _ step: Step, _ meter: MeterType) -> String? {
        let both = step.profile != nil || !draft.point.exporting.isEmpty
        if both, !meter.nameplate.bidirectional { return "the meter does not register export" }
        if !draft.point.exporting.isEmpty, meter.nameplate.wiring != .threePhaseFourWire {
            return "a \(meter.nameplate.wiring.rawValue) meter has no phases of their own direction"
        }
        return nil
    }

    /// Whether bench and meter type say what the point rests on; complains where not.
    private func able(_ draft: PointDraft, _ context: PlanningContext, _ result: inout StepExpansion) -> Bool {
        var found: [Diagnostic] = []
        if context.bench.instrument(.referenceStandard)?.splitsEnergy != true {
            found.append(
                draft.step.diagnostic(
                    "directions:",
                    "the reference standard of bench «\(context.bench.id)» does not keep import and export of each phase "
                        + "apart: nothing stands there as «splits-energy: yes»"))
        }
        if !draft.point.exporting.isEmpty, context.meter.summation == nil {
            found.append(
                Diagnostic(
                    file: draft.step.file, mark: draft.point.mark(.exporting) ?? draft.step.mark,
                    message:
                        "«\(context.meter.id)» does not state its «summation»: what its registers must show where phases "
                        + "flow against each other is not known"))
        }
        for complaint in found where !result.complaints.contains(complaint) { result.complaints.append(complaint) }
        return found.isEmpty
    }

    /// The larger step of the registers of both directions, kWh.
    private func resolution(
        _ draft: PointDraft, _ context: PlanningContext, _ result: inout StepExpansion
    ) -> Double? {
        let wanted: [EnergyDirection] = context.meter.nameplate.bidirectional ? [.import, .export] : [.import]
        var largest = 0.0
        for direction in wanted {
            guard let register = context.meter.register(RegisterError.role(direction)),
                let resolution = RegisterError.resolution(register)
            else {
                let complaint = draft.step.diagnostic(
                    "directions:",
                    "«\(context.meter.id)» has no register of active energy for \(direction.rawValue) that states its resolution"
                )
                if !result.complaints.contains(complaint) { result.complaints.append(complaint) }
                return nil
            }
            largest = max(largest, resolution)
        }
        return largest
    }

    /// The loads of a profile, its length, and the energy that flows in it whichever way.
    private func profile(_ point: inout TestPoint, _ steps: Int, _ seconds: Double, _ context: PlanningContext) {
        let least = context.bench.instrument(.referenceSource)?.source?.current.lowerBound ?? 0
        let loads = SolarDay.loads(steps, peak: point.load, least: least)
        point.profile = loads
        point.duration = seconds
        point.energy = loads.reduce(0) { $0 + abs($1.activePower) * seconds / Double(steps) }
        // The largest load, and which way it flows.
        point.load = loads.max { $0.apparentPower < $1.apparentPower } ?? point.load
    }

    private static func wattHours(_ energy: Double) -> String {
        Decimal.shortest((energy / 3600 * 1e6).rounded() / 1e6) + " Wh"
    }
}
