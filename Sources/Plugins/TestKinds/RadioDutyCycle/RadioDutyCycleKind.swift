public import BenchCore

/// The test kind `rf-duty-cycle`: for how much of the time a meter transmits, heard by a receiver in zero span, against a rule file.
///
/// Steps have `rules: FILE` (in the procedure's folder or below), `receive: { centre, bandwidth, sweep, level }`, `for: 1 h`, `apply`, and `accept`
/// over `duty-cycle` and `limit.upper`; `use:` (non-specific unless said) and `representative: yes` where less than the rule's window is watched. The
/// bench needs an instrument of role `rf-receiver`, the meter type says where it transmits (`transmits: 868.95 MHz`).
public struct RadioDutyCycleKind: StepKind {
    /// The kind's name in procedures and plans.
    public let name = TestKindName.radioDutyCycle
    /// The kind; it keeps no state.
    public init() {}

    /// How far above the noise something counts as a transmission, dB.
    static let least = 10.0

    /// Complaints about a step that need neither bench nor meter.
    public func check(_ step: Step) -> [Diagnostic] {
        let keys = StepKeys(
            needed: ["rules", "receive", "for", "accept"],
            allowed: ["rules", "receive", "for", "use", "representative", "apply", "settle", "accept"],
            axes: [.direction, .powerFactor, .current, .voltage, .frequency])
        var found = keys.complaints(step)
        if step.time == .computed {
            found.append(step.diagnostic("for", "no formula says how long the air is watched; write e.g. «for: 1 h»"))
        }
        guard let radio = step.radio else { return found }
        guard let row = radio.row else {
            let low = Decimal.shortest(radio.receive.center / 1e6),
                width = Decimal.shortest(radio.receive.bandwidth / 1e3)
            return found + [
                step.diagnostic(
                    "receive",
                    "\(radio.rules.id) limits no duty cycle for «\(radio.use)» in a band that holds \(low) MHz and \(width) kHz around it"
                )
            ]
        }
        if case .seconds(let seconds) = step.time, seconds < row.window, !radio.representative {
            found.append(
                step.diagnostic(
                    "for",
                    "the rule counts time on the air in \(Decimal.shortest(row.window)) s; watch as long, or say «representative: yes»"
                ))
        }
        return found
    }

    /// The test points of a step for one bench and one meter type.
    public func expand(_ step: Step, _ context: PlanningContext) -> StepExpansion {
        var result = StepExpansion()
        guard let radio = step.radio, let row = radio.row, case .seconds(let seconds) = step.time else { return result }
        let half = radio.receive.bandwidth / 2
        for draft in context.drafts(step, [], &result) {
            guard (context.meter.transmits ?? []).contains(where: { abs($0 - radio.receive.center) <= half }) else {
                let where_ = Decimal.shortest(radio.receive.center / 1e6)
                result.leftOut.append(
                    LeftOutPoint(id: draft.id, reason: "the meter does not transmit at \(where_) MHz"))
                continue
            }
            guard context.bench.instrument(.radioReceiver) != nil else {
                let complaint = step.diagnostic(
                    "rf-duty-cycle:",
                    "bench «\(context.bench.id)» has no receiver; an instrument of role rf-receiver hears what meters transmit"
                )
                if !result.complaints.contains(complaint) { result.complaints.append(complaint) }
                continue
            }
            var point = draft.testPoint(context)
            point.limit = PointLimit(lowerPercent: 0, upperPercent: row.dutyCycle * 100, citation: row.citation)
            point.duration = seconds
            point.radio = RadioWatch(
                receive: radio.receive, band: row.band.text, use: row.use, window: row.window,
                representative: radio.representative)
            point.expectedDuration += seconds
            result.points.append(point)
        }
        return result
    }
}
