/// The kind of test that compares two errors.
extension Evaluator {
    /// The variation of the error by an influence quantity: the error under the influence less the one at reference conditions.
    ///
    /// What both errors share cancels (JCGM 100:2008, F.1.2.3): the calibration and the drift of one range of the standard at sinusoidal loads.
    /// Nothing is taken to cancel where the load is distorted, as a standard's specification does not say that its error stays the same there.
    static func variation(
        _ point: TestPoint, _ seen: VariationObservation, _ bench: BenchDescription, _ meter: MeterType,
        _ rule: DecisionRule
    ) -> Evaluation {
        guard let reference = point.reference else {
            return Evaluation(verdict: .inconclusive(reason: "the plan states no reference load"))
        }
        var (at, under) = (point, point)
        at.load = reference
        // The limit is one of the variation; U is compared with it below.
        (at.limit, at.targetU, under.limit, under.targetU) = (nil, nil, nil, nil)
        let (before, hindered) = errors(at, seen.reference, bench, meter)
        let (after, hinderedToo) = errors(under, seen.influenced, bench, meter)
        var findings = (before.findings.map { "at reference conditions: " + $0 } + after.findings)
        func uniqued(_ list: [String]) -> [String] {
            list.enumerated().filter { !list[..<$0.offset].contains($0.element) }.map(\.element)
        }
        guard let e0 = before.error, let e1 = after.error else {
            return Evaluation(
                verdict: .inconclusive(reason: hindered ?? hinderedToo ?? "no error could be determined"),
                findings: uniqued(findings))
        }
        let shared = point.load.shape == nil
        let budget = Budget.difference(
            Budget(lines: after.budget).apart("under the influence", keepingStandard: shared),
            Budget(lines: before.budget).apart("at reference conditions", keepingStandard: shared)
        ).withoutVanished
        let U = budget.expandedUncertainty, variation = e1 - e0
        findings.append(
            "error \(Decimal.signed(e0, 3)) % at reference conditions, \(Decimal.signed(e1, 3)) % under the influence")
        let hindrance = hindered ?? hinderedToo ?? wide(point, budget, &findings)
        let answer = Acceptance.judge(
            point, Acceptance.interval(variation, rule.guardBand(U)).map { ["variation": .percent($0)] })
        let verdict = verdict(
            answer, point, error: variation, U: U, rule: rule, hindrance: hindrance, named: "variation")
        return Evaluation(
            error: variation, errors: [e0, e1], standardDeviation: nil, u: budget.standardUncertainty,
            effectiveDegreesOfFreedom: budget.truncatedDegreesOfFreedom, k: budget.coverageFactor, U: U,
            budget: budget.lines, verdict: verdict, findings: uniqued(findings))
    }
}

extension Budget {
    /// The same with its lines named after one of two measurements; those of standard and thermometer stay what both share where that is wanted.
    fileprivate func apart(_ name: String, keepingStandard: Bool) -> Budget {
        Budget(
            lines: lines.map { line in
                let common = line.name.hasPrefix("standard.") || line.name.hasPrefix("climate.")
                guard !(common && keepingStandard) else { return line }
                var copy = line
                copy.name = "\(line.name) \(name)"
                return copy
            })
    }

    /// Without lines that contribute nothing, as what cancels.
    fileprivate var withoutVanished: Budget { Budget(lines: lines.filter { $0.contribution > 1e-12 }) }
}
