/// The kind of test that watches what a meter transmits.
extension Evaluator {
    /// The share of time on the air, in percent, against the rule's duty cycle.
    ///
    /// Where more than one meter had voltage, all that was heard counts for each: that decides a pass, and nothing else. A meter that was never
    /// heard is not judged, as the receiver may be deaf to it.
    static func radio(_ point: TestPoint, _ seen: RadioObservation, _ rule: DecisionRule) -> Evaluation {
        guard let watch = point.radio else {
            return Evaluation(verdict: .inconclusive(reason: "the plan states no watch on the air"))
        }
        func open(_ reason: String) -> Evaluation { Evaluation(verdict: .inconclusive(reason: reason)) }
        let wanted = point.duration ?? watch.window
        guard seen.watched >= wanted * (1 - 1e-6) else {
            return open("watched for \(Decimal.fixed(seen.watched, 1)) s of \(Decimal.fixed(wanted, 1)) s")
        }
        guard seen.bursts > 0, let found = seen.share(window: watch.window) else {
            return open("nothing was heard: whether the receiver hears this meter is not known")
        }
        let percent = found.share * 100, U = found.U * 100
        var findings = [
            "\(seen.bursts) transmissions, \(Decimal.fixed(seen.onTime, 3)) s on the air in \(Decimal.fixed(seen.watched, 0)) s watched"
        ]
        let cut = seen.sweeps.reduce(0) { $0 + $1.bursts.count { $0.cutAtStart || $0.cutAtEnd } }
        if cut > 0 { findings.append("\(cut) transmissions were on when a sweep began or ended") }
        if seen.senders > 1 {
            findings.append("\(seen.senders) meters had voltage: what all of them sent counts for each")
        }
        let answer = Acceptance.judge(
            point, Acceptance.interval(percent, rule.guardBand(U)).map { ["duty-cycle": .percent(max(0, $0))] })
        let short = seen.watched < watch.window * (1 - 1e-6) && !watch.representative
        let hindrance: String? =
            short
            ? "the rule counts \(Decimal.shortest(watch.window)) s; watch as long, or say that less is representative"
            : nil
        var verdict = verdict(
            answer, point, error: percent, U: U, rule: rule, hindrance: hindrance, named: "duty cycle")
        if seen.senders > 1, case .fail = verdict {
            verdict = .inconclusive(
                reason:
                    "\(seen.senders) meters had voltage, and nobody knows whose transmissions were heard; test one at a time"
            )
        }
        return Evaluation(
            error: percent, errors: [], standardDeviation: nil, u: U / 2, effectiveDegreesOfFreedom: nil, k: 2, U: U,
            budget: [], verdict: verdict, findings: findings)
    }
}
