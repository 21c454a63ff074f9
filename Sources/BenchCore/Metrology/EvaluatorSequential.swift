/// Points that end as soon as they are decided.
extension Evaluator {
    /// The verdict of a point that was measured adaptively: what its last look decided, if the looks are those of its gates and it ended
    /// where the plan says. Anything else decides nothing: gates taken after a decision, or left out before one, make any verdict.
    static func sequential(
        _ point: TestPoint, _ plan: SequentialPlan, _ seen: PulseObservation, _ bench: BenchDescription,
        _ meter: MeterType, _ rule: DecisionRule
    ) -> Evaluation {
        var (evaluation, hindrance) = errors(point, seen, bench, meter)
        guard let error = evaluation.error, let U = evaluation.U else {
            evaluation.verdict = .inconclusive(reason: hindrance ?? "no error could be determined")
            return evaluation
        }
        let record: SequentialRecord
        do { record = try SequentialDecision.record(point, plan, seen, bench: bench, rule: rule) } catch {
            evaluation.verdict = .inconclusive(reason: "no decision: \(error.reason)")
            return evaluation
        }
        hindrance = hindrance ?? breach(plan, seen, record)
        let taken = "after \(seen.gates.count) of \(plan.most) determinations"
        let at = "at \(plan.riskText)"
        let answer = Acceptance.judge(
            point, Acceptance.interval(error, record.looks.last?.reach ?? 0).map { ["error": .percent($0)] })
        evaluation.verdict = verdict(answer, point, error: error, U: U, rule: rule, hindrance: hindrance)
        guard hindrance == nil else { return evaluation }
        switch (record.end, evaluation.verdict) {
        case (.decided, .fail(let reason)):
            evaluation.verdict = .fail(reason: "\(reason); decided \(taken) \(at)")
        case (.decided, .pass): evaluation.findings.append("decided \(taken) \(at)")
        default:
            if case .unreadable = answer { break }
            let text = UncertaintyText(error: error, U: U)
            let why =
                record.end == .uncertainty
                ? ", where the uncertainty asked for is reached" : ""
            evaluation.verdict = .inconclusive(
                reason: "error \(text.error) % with U = \(text.U) % is too close to \(limits(point)) for a decision by "
                    + "\(rule.text) \(at) \(taken)\(why)")
        }
        return evaluation
    }

    /// Why the gates in the evidence bear out no decision; `nil` where they do.
    private static func breach(_ plan: SequentialPlan, _ seen: PulseObservation, _ record: SequentialRecord) -> String?
    {
        guard let last = record.looks.last, let end = record.end else {
            return "ended undecided after \(seen.gates.count) of \(plan.most) determinations, where the plan goes on"
        }
        guard last.determinations == seen.gates.count else {
            return
                "\(seen.gates.count) determinations, where the point ended after \(last.determinations) (\(end.rawValue))"
        }
        guard seen.sequence == record else { return "the looks in the evidence are not those of its gates" }
        return nil
    }
}
