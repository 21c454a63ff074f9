public import BenchCore

/// The test kind `event`: dips, interruptions and swells of the voltage, and what the meter makes of them.
///
/// Steps have `residual`, `duration`, `phases` and `angle` under `apply` or `matrix`, `times`, `every`, `within` (time to answer again),
/// `measure: { repeats }` where current flows, and `accept`. A digitizer proves that each event was applied as asked (IEC 61000-4-30 class A);
/// where it was not, nothing is said of the meter. Registers are read without current before and after; pulses are counted before, over and
/// after the events; the data interface is asked after each; the meter's own log is compared where its type declares one.
public struct EventKind: StepKind {
    /// The kind's name in procedures and plans.
    public let name = TestKindName.event
    /// The kind; it keeps no state.
    public init() {}

    /// How long after an event detection of it is done, s: a rapid voltage change ends with a second of steady voltage, and some cycles are needed in
    /// any case.
    static func detection(_ residual: Double) -> Double { EventQuestion.isChange(residual) ? 1.6 : 0.3 }
    /// How long after an event the load is proved again, registers are read and detection is done, s.
    static func aftermath(_ residual: Double) -> Double { 1.7 + detection(residual) }
    /// How long detection follows an undisturbed voltage before the first event, s.
    static let calm = 1.0
    /// Names of an acceptance that need current.
    private static let needCurrent: Set<String> = ["error", "during", "limit", "limit.lower", "limit.upper"]

    /// Complaints about a step that need neither bench nor meter.
    public func check(_ step: Step) -> [Diagnostic] {
        let loaded = step.combinations.contains { $0.current != nil }
        let keys = StepKeys(
            needed: ["accept"] + (loaded ? ["measure"] : []),
            allowed: ["apply", "matrix", "except", "settle", "times", "every", "within", "measure", "accept"],
            axes: [.direction, .powerFactor, .current, .residual, .duration, .phases, .angle])
        var found = keys.complaints(step) + keys.needsMeasure(step, ["repeats"])
        for axis in [MatrixAxis.Name.current, .residual, .duration] where step.axis(axis) == nil {
            let example = axis == .current ? "«open» for none" : axis == .residual ? "«40 %»" : "«10 cycles»"
            found.append(
                step.diagnostic(
                    "",
                    "no \(axis.rawValue) is set; an event step needs «\(axis.rawValue)» under «apply» or «matrix», e.g. \(example)"
                ))
        }
        for value in step.axis(.residual)?.values ?? [] {
            // Class A finds a change of more than 5 % (IEC 61000-4-30:2015, 5.11.1).
            guard case .residual(let percent) = value.content, (95...105).contains(percent) else { continue }
            found.append(
                Diagnostic(
                    file: step.file, mark: value.mark,
                    message:
                        "a voltage of \(Decimal.shortest(percent)) % is no event: dips are below 90 %, swells above 110 %, and a rapid voltage change is "
                        + "one of more than 5 %"))
        }
        if case .computed = step.time {
            found.append(step.diagnostic("within", "the time to answer again is given, as «within: 5 s»"))
        }
        let open = step.axis(.current)?.values.contains { $0.content == .open } ?? false
        for name in (step.accept?.names ?? []).intersection(Self.needCurrent).sorted() where open {
            found.append(
                step.diagnostic("accept", "«\(name)» has no value without current, and this step has «current: open»"))
        }
        return found
    }

    /// The test points of a step for one bench and one meter type.
    public func expand(_ step: Step, _ context: PlanningContext) -> StepExpansion {
        var result = StepExpansion()
        guard context.procedure.energy == .active else {
            result.complaints.append(
                step.diagnostic("event:", "events are judged by active energy; this procedure is about reactive energy")
            )
            return result
        }
        guard context.bench.instrument(.digitizer) != nil else {
            result.complaints.append(
                step.diagnostic(
                    "event:",
                    "an event counts only where a digitizer proves that it was applied; bench «\(context.bench.id)» has none"
                ))
            return result
        }
        guard let digitizer = context.bench.instrument(.digitizer), has(context, digitizer, step, &result) else {
            return result
        }
        // What bench and meter must have depends on whether current flows.
        var (open, loaded) = (step, step)
        open.combinations.removeAll { $0.current != nil }
        loaded.combinations.removeAll { $0.current == nil }
        let drafts =
            (open.combinations.isEmpty ? [] : context.drafts(open, [], &result))
            + (loaded.combinations.isEmpty ? [] : context.drafts(loaded, [.standard, .pulses], &result))
        for draft in drafts { if let point = point(draft, step, context, &result) { result.points.append(point) } }
        return result
    }

    private func point(
        _ draft: PointDraft, _ step: Step, _ context: PlanningContext, _ result: inout StepExpansion
    ) -> TestPoint? {
        let plate = context.meter.nameplate, connected = plate.wiring.phases
        let asked = draft.point.eventPhases
        guard asked.allSatisfy(connected.contains) else {
            result.leftOut.append(
                LeftOutPoint(id: draft.id, reason: "a \(plate.wiring.rawValue) meter has no such phase"))
            return nil
        }
        if !asked.isEmpty, plate.wiring == .threePhaseThreeWire {
            result.leftOut.append(
                LeftOutPoint(id: draft.id, reason: "a 3P3W meter has no voltage of a single phase against neutral"))
            return nil
        }
        var point = draft.testPoint(context)
        guard let event = event(draft, step, context, asked.isEmpty ? connected : asked, &result) else { return nil }
        point.event = event
        point.load.shape = LoadShape(
            parts: event.phases.map {
                LoadShape.Part(
                    output: .init(phase: $0, quantity: .voltage),
                    event: .init(residual: event.residual, duration: event.duration, startAngle: event.angle))
            })
        if let source = context.bench.instrument(.referenceSource)?.source, let shape = point.load.shape {
            var refusal = source.capability.refusal(of: shape)
            let volts = draft.volts * event.residual / 100
            if refusal == nil, volts > source.voltage.upperBound {
                refusal =
                    "\(QuantityText.text(volts, .voltage)) is above \(QuantityText.text(source.voltage.upperBound, .voltage))"
            }
            if let refusal {
                complain("axis.duration", "this bench's source: \(refusal)", step, &result)
                return nil
            }
        }
        point.expectedDuration += Self.calm + Double(event.times) * event.interval + 2 * RegisterKind.reading
        guard draft.amperes > 0 else {
            if let fact = context.fact("critical-change", step, &result) { point.rule = fact.citation }
            return point
        }
        guard let limit = context.limit(draft, &result), let constant = context.meter.constant(point.direction) else {
            return nil
        }
        point.limit = limit
        let share = context.limits.fact("bench-uncertainty-fraction", plate.connection)?.value
        point.targetU = step.uncertainty?.percent(limit: limit.magnitude) ?? share.map { $0 * limit.magnitude }
        do throws(BudgetTrouble) {
            let plan = try PulsePlanner.plan(point, bench: context.bench, meterConstant: constant.pulsesPerKilowattHour)
            point.reachableU = plan.expectedU
            point.expectedDuration += 2 * (plan.seconds + plan.gateSeconds / Double(plan.pulses))
        } catch {
            complain("event:", "\(point.id): \(error.reason)", step, &result)
            return nil
        }
        return point
    }

    private func event(
        _ draft: PointDraft, _ step: Step, _ context: PlanningContext, _ phases: [Int], _ result: inout StepExpansion
    ) -> EventQuestion? {
        guard let residual = draft.point.residual,
            let duration = draft.point.duration?.seconds(at: draft.load.frequency)
        else { return nil }
        let plate = context.meter.nameplate
        let expected = EventQuestion.expected(
            residual: residual, duration: duration, angle: draft.point.angle, phases: phases,
            connected: plate.wiring.phases, frequency: draft.load.frequency)
        let changes =
            EventQuestion.isChange(residual)
            ? EventQuestion.expectedChanges(
                residual: residual, duration: duration, angle: draft.point.angle, phases: phases,
                connected: plate.wiring.phases, frequency: draft.load.frequency) : nil
        guard !expected.isEmpty || changes?.isEmpty == false else {
            complain(
                "axis.duration",
                "\(Decimal.shortest(residual)) % for \(QuantityText.text(duration, .time)) is too short for class A detection to see: nothing "
                    + "would prove that it was applied", step, &result)
            return nil
        }
        let least = duration + Self.aftermath(residual)
        if let every = step.every, every < least {
            complain(
                "every",
                "events of \(QuantityText.text(duration, .time)) can come every \(Decimal.fixed(least, 1)) s at most; here is "
                    + QuantityText.text(every, .time), step, &result)
            return nil
        }
        var restart: Double?
        if case .seconds(let given) = step.time { restart = given }
        let critical = context.limits.fact("critical-change", plate.connection).map {
            $0.value * Double(plate.wiring.elements) * plate.nominalVoltage.value * plate.maximumCurrent.value
        }
        return EventQuestion(
            residual: residual, duration: duration, angle: draft.point.angle, phases: phases, times: step.times ?? 1,
            interval: max(step.every ?? least, least), restart: restart, criticalChange: critical, expected: expected,
            expectedChanges: changes, frequency: draft.load.frequency)
    }

    /// Whether digitizer and meter have what every point needs: a voltage for each phase, and a register that moves in known steps.
    private func has(
        _ context: PlanningContext, _ digitizer: InstrumentDescription, _ step: Step, _ result: inout StepExpansion
    ) -> Bool {
        let phases = context.meter.nameplate.wiring.phases.count
        if let channels = digitizer.sampling?.channels, !channels.isEmpty {
            let voltages = PhaseAssignment(channels).voltages.count
            guard voltages >= phases else {
                complain(
                    "event:",
                    "digitizer «\(digitizer.id)» has \(voltages) channels of voltage; this meter needs \(phases)", step,
                    &result)
                return false
            }
        }
        for direction in Set(step.combinations.map(\.direction)).sorted(by: { $0.rawValue < $1.rawValue }) {
            let register = context.meter.register(RegisterError.role(direction))
            guard register.flatMap(RegisterError.resolution) == nil else { continue }
            complain(
                "event:",
                "«\(context.meter.id)» has no register of active energy for \(direction.rawValue) with a resolution; events are judged by it",
                step, &result)
            return false
        }
        return true
    }

    private func complain(_ key: String, _ message: String, _ step: Step, _ result: inout StepExpansion) {
        let complaint = step.diagnostic(key, message)
        if !result.complaints.contains(complaint) { result.complaints.append(complaint) }
    }
}
