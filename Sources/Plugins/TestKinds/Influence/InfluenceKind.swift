public import BenchCore

/// The test kind `influence`: how much one influence quantity changes the percentage error, against the variation that the limit table allows.
///
/// Steps name the quantity (`by: voltage`), have `apply` or `matrix`, `measure: { repeats }` and `accept` over `variation` and `limit`. The error is
/// measured at the same current and power factor twice: at Un, fn and with sines, then under the influence (IEC 62053-21:2003, -22:2003, 8.2).
/// What the influence is follows from its name (`fifth-harmonic`, `half-wave`, `phase-fired`, `burst`, `phase-sequence`) or from an axis (`voltage`,
/// `frequency`, `interrupted` for `voltage-unbalance`). Currents that are no sine have the effective value that the step says, harmonics included.
public struct InfluenceKind: StepKind {
    /// The kind's name in procedures and plans.
    public let name = TestKindName.influence
    /// The kind; it keeps no state.
    public init() {}

    /// Highest order of harmonics that a distorted current is made of.
    static let highestOrder = 40
    /// The axis that holds the influence itself; `nil` where its name says all.
    private static func axis(_ influence: Influence) -> MatrixAxis.Name? {
        switch influence {
        case .voltage: return .voltage
        case .frequency: return .frequency
        case .voltageUnbalance: return .interrupted
        default: return nil
        }
    }

    /// Complaints about a step that need neither bench nor meter.
    public func check(_ step: Step) -> [Diagnostic] {
        let keys = StepKeys(
            needed: ["by", "measure", "accept"],
            allowed: ["by", "apply", "matrix", "except", "settle", "measure", "accept"],
            axes: [.direction, .powerFactor, .sine, .current, .voltage, .frequency, .interrupted])
        var found = keys.complaints(step) + keys.needsCurrent(step) + keys.needsMeasure(step, ["repeats"])
        guard let influence = step.influence else { return found }
        if influence == .temperature || influence == .selfHeating {
            found.append(
                step.diagnostic("by:", "«\(influence.rawValue)» is not something a source can bring about"))
        }
        let wanted = Self.axis(influence)
        if let wanted, step.axis(wanted) == nil {
            found.append(
                step.diagnostic(
                    "by:",
                    "the influence of «\(influence.rawValue)» needs «\(wanted.rawValue)» under «apply» or «matrix»"))
        }
        for other in [MatrixAxis.Name.voltage, .frequency, .interrupted] where other != wanted {
            guard let axis = step.axis(other) else { continue }
            found.append(
                Diagnostic(
                    file: step.file, mark: axis.mark,
                    message:
                        "«\(other.rawValue)» is another influence than «\(influence.rawValue)»; one is measured at a time"
                ))
        }
        return found
    }

    /// The test points of a step for one bench and one meter type.
    public func expand(_ step: Step, _ context: PlanningContext) -> StepExpansion {
        var result = StepExpansion()
        guard let influence = step.influence else { return result }
        let plate = context.meter.nameplate
        let polyphase = [.phaseSequence, .voltageUnbalance].contains(influence)
        for draft in context.drafts(step, [.standard, .pulses], &result) {
            if polyphase, plate.wiring != .threePhaseFourWire {
                result.leftOut.append(
                    LeftOutPoint(id: draft.id, reason: "a \(plate.wiring.rawValue) meter has no such influence"))
                continue
            }
            guard let limit = context.variation(influence, draft, &result),
                let reference = reference(draft, context)
            else { continue }
            var point = draft.testPoint(context)
            point.load = influenced(draft.load, by: influence)
            point.reference = reference
            point.influence = influence
            point.limit = limit
            if let shape = point.load.shape, let source = context.bench.instrument(.referenceSource)?.source,
                let refusal = source.capability.refusal(of: shape)
            {
                let complaint = step.diagnostic("by:", "this bench's source: \(refusal)")
                if !result.complaints.contains(complaint) { result.complaints.append(complaint) }
                continue
            }
            guard let constant = context.meter.constant(point) else { continue }
            let share = context.limits.fact("bench-uncertainty-fraction", plate.connection)?.value
            point.targetU = step.uncertainty?.percent(limit: limit.magnitude) ?? share.map { $0 * limit.magnitude }
            do throws(BudgetTrouble) {
                for state in [point.atReference, point] {
                    let plan = try PulsePlanner.plan(
                        state, bench: context.bench, meterConstant: constant.pulsesPerKilowattHour)
                    point.expectedDuration += plan.seconds + plan.gateSeconds / Double(plan.pulses)
                }
                // Two loads, each of which settles.
                point.expectedDuration += context.bench.instrument(.referenceSource)?.source?.settle ?? 0
                result.points.append(point)
            } catch {
                result.complaints.append(step.diagnostic("influence:", "\(point.id): \(error.reason)"))
            }
        }
        return result
    }

    /// The same current and power factor at Un and fn, with sines, all phases there; `nil` where a symbol has no value.
    private func reference(_ draft: PointDraft, _ context: PlanningContext) -> LoadSetting? {
        guard let volts = context.value(of: "Un"), let hertz = context.value(of: "fn") else { return nil }
        var load = draft.load
        load.frequency = hertz
        for phase in context.meter.nameplate.wiring.phases { load.phases[phase - 1].voltage = volts }
        return load
    }

    /// A load with what its influence does to it.
    private func influenced(_ load: LoadSetting, by influence: Influence) -> LoadSetting {
        var load = load
        switch influence {
        case .voltage, .frequency, .voltageUnbalance, .temperature, .selfHeating: break
        case .phaseSequence:
            let angle = load.phases[1].voltageAngle
            load.phases[1].voltageAngle = load.phases[2].voltageAngle
            load.phases[2].voltageAngle = angle
        case .fifthHarmonic:
            // U5 = 10 % of U1, I5 = 40 % of I1, PF of the harmonic 1, both in phase with their fundamentals at the rising zero crossing.
            // At another power factor of the fundamental the current's fifth is turned so that its own power factor stays 1.
            load.distort(.voltage) { _ in [LoadShape.Harmonic(order: 5, percent: 10, angle: 0)] }
            load.distort(.current) { [LoadShape.Harmonic(order: 5, percent: 40, angle: 5 * $0.currentLag)] }
        case .halfWave: load.distort(DistortedCurrent.halfWave(to: Self.highestOrder))
        case .phaseFired: load.distort(DistortedCurrent.phaseFired(at: 90, to: Self.highestOrder))
        case .burst: load.distort(DistortedCurrent.burst(cycles: 2, frequency: load.frequency))
        }
        return load
    }
}

extension TestPoint {
    /// The same point at its reference load.
    var atReference: TestPoint {
        var copy = self
        if let reference { copy.load = reference }
        return copy
    }
}

extension LoadSetting {
    /// Puts harmonics on a quantity of every phase that carries it.
    fileprivate mutating func distort(
        _ quantity: LoadShape.Output.Quantity, _ harmonics: (PhaseLoad) -> [LoadShape.Harmonic]
    ) {
        var parts = shape?.parts ?? []
        for (index, phase) in phases.enumerated() where (quantity == .voltage ? phase.voltage : phase.current) > 0 {
            parts.append(
                LoadShape.Part(output: .init(phase: index + 1, quantity: quantity), harmonics: harmonics(phase)))
        }
        shape = LoadShape(parts: parts)
    }

    /// Gives every current another form; its effective value stays.
    fileprivate mutating func distort(_ current: DistortedCurrent) {
        var parts: [LoadShape.Part] = []
        for index in phases.indices where phases[index].current > 0 {
            phases[index].current *= current.fundamental
            phases[index].currentLag += current.lag
            parts.append(
                LoadShape.Part(
                    output: .init(phase: index + 1, quantity: .current), harmonics: current.harmonics,
                    fluctuation: current.fluctuation))
        }
        shape = LoadShape(parts: parts)
    }
}
