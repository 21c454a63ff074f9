/// The kinds of test that yield a percentage error with its uncertainty.
extension Evaluator {
    static func accuracy(
        _ point: TestPoint, _ seen: PulseObservation, _ bench: BenchDescription, _ meter: MeterType,
        _ rule: DecisionRule
    ) -> Evaluation {
        if let plan = point.sequential { return sequential(point, plan, seen, bench, meter, rule) }
        var (evaluation, hindrance) = errors(point, seen, bench, meter)
        guard let error = evaluation.error, let U = evaluation.U else {
            evaluation.verdict = .inconclusive(reason: hindrance ?? "no error could be determined")
            return evaluation
        }
        let spread = rule.guardBand(U)
        let answer = Acceptance.judge(
            point, Acceptance.interval(error, spread).map { ["error": .percent($0)] })
        evaluation.verdict = verdict(answer, point, error: error, U: U, rule: rule, hindrance: hindrance)
        return evaluation
    }

    /// Repeatability asks for the spread of single determinations. Where the spread is too large, but would not be
    /// without what the bench itself is known to add, nothing is said of the meter.
    static func repeatability(
        _ point: TestPoint, _ seen: PulseObservation, _ bench: BenchDescription, _ meter: MeterType
    ) -> Evaluation {
        var (evaluation, hindrance) = errors(point, seen, bench, meter)
        guard let error = evaluation.error, let s = evaluation.standardDeviation, s.isFinite else {
            evaluation.verdict = .inconclusive(reason: hindrance ?? "fewer than two determinations")
            return evaluation
        }
        let bench = benchScatter(seen, bench)
        let share = s > 0 ? max(0, 1 - bench * bench / (s * s)).squareRoot() : 0
        let shrunk = evaluation.errors.map { error + ($0 - error) * share }
        let text = "standard deviation \(Decimal.fixed(s, Decimal.decimals(of: s, significant: 2))) %"
        let wanted = "where «\(point.accept)» is asked for with a limit of \(limits(point))"
        let found = Acceptance.judge(point, [["error": .percents(evaluation.errors)]])
        switch (hindrance, found) {
        case (let hindrance?, _): evaluation.verdict = .inconclusive(reason: hindrance)
        case (nil, .holds): evaluation.verdict = .pass
        case (nil, .unreadable(let why)): evaluation.verdict = .inconclusive(reason: why)
        case (nil, .fails), (nil, .open):
            if Acceptance.judge(point, [["error": .percents(shrunk)]]) == .holds {
                evaluation.verdict = .inconclusive(reason: "\(text) \(wanted); the bench's own scatter explains it")
            } else {
                evaluation.verdict = .fail(reason: "\(text) \(wanted)")
            }
        }
        return evaluation
    }

    static func register(
        _ point: TestPoint, _ seen: RegisterObservation, _ bench: BenchDescription, _ meter: MeterType,
        _ rule: DecisionRule
    ) -> Evaluation {
        var hindrance: String?
        var findings: [String] = []
        let role = RegisterError.role(point)
        if let right = meter.register(role), right.name != seen.tested.name {
            hindrance = "«\(seen.tested.name)» was read where «\(right.name)» counts \(point.outputWords)"
        }
        guard let found = RegisterError(seen) else {
            return Evaluation(verdict: .inconclusive(reason: "the standard measured no energy"))
        }
        let budget: Budget
        do {
            let builder = try BudgetBuilder(point, bench)
            if seen.temperature == nil { findings.append(assumedTemperature) }
            budget = builder.register(
                resolution: seen.tested.resolution, energy: seen.referenceEnergy / 3.6e6, temperature: seen.temperature,
                unit: point.energyKind.unit)
        } catch { return Evaluation(verdict: .inconclusive(reason: "no uncertainty: \(error.reason)")) }
        let U = budget.expandedUncertainty
        hindrance = hindrance ?? wide(point, budget, &findings)

        var candidates = Acceptance.interval(found.error, rule.guardBand(U)).map {
            ["error": Expression.Value.percent($0), "pulses-deviation": .percent(found.deviation ?? 0)]
        }
        var answer = Acceptance.judge(point, candidates)
        if let deviation = found.deviation, let bound = found.deviationBound {
            findings.append(
                "register against pulses: \(Decimal.signed(deviation, 3)) % (resolution: up to \(Decimal.fixed(bound, 3)) %)"
            )
            if answer == .fails {
                // Resolution alone may have moved the deviation: fail only what no resolution can excuse.
                candidates = candidates.flatMap { values in
                    Acceptance.interval(deviation, bound).map { shifted in
                        var copy = values
                        copy["pulses-deviation"] = .percent(shifted)
                        return copy
                    }
                }
                answer = Acceptance.judge(point, candidates)
            }
        } else {
            findings.append("no pulses: the register is compared with the standard only")
        }
        var judged = verdict(answer, point, error: found.error, U: U, rule: rule, hindrance: hindrance)
        if hindrance == nil, let reason = judged.reason, let deviation = found.deviation {
            let text = "\(reason); register against pulses \(Decimal.signed(deviation, 3)) %"
            if case .fail = judged { judged = .fail(reason: text) }
            if case .inconclusive = judged { judged = .inconclusive(reason: text) }
        }
        for (name, change) in found.moved {
            let step = Decimal.fixed(change, Decimal.decimals(of: change, significant: 2))
            let moved = "«\(name)» moved by \(step) \(point.energyKind.unit) and must stand still"
            findings.append(moved)
            judged = .fail(reason: moved)
        }
        if seen.still.isEmpty, meter.nameplate.bidirectional || point.energyKind == .reactive {
            findings.append("no register of the other direction was read")
        }
        return make(found.error, [found.error], budget, judged, findings)
    }
}

/// What the kinds with errors share.
extension Evaluator {
    static let assumedTemperature =
        "no temperature: 23 °C ± \(Decimal.shortest(BudgetBuilder.assumedDistance)) K is assumed"

    /// Errors of the gates, their mean, budget and findings, and what hinders a verdict.
    static func errors(
        _ point: TestPoint, _ seen: PulseObservation, _ bench: BenchDescription, _ meter: MeterType
    ) -> (Evaluation, hindrance: String?) {
        var findings: [String] = []
        var hindrance: String?
        if seen.findings.missing > 0 { findings.append("\(seen.findings.missing) pulses missing") }
        if seen.findings.double > 0 { findings.append("\(seen.findings.double) edges doubled") }
        if !findings.isEmpty { hindrance = "the pulse train is not clean: " + findings.joined(separator: ", ") }
        func none(_ why: String) -> (Evaluation, String?) {
            (Evaluation(verdict: .inconclusive(reason: why), findings: findings), why)
        }
        let printed = meter.constant(point)?.pulsesPerKilowattHour
        guard printed == seen.meterConstant else {
            return none(
                "reckoned with \(Decimal.shortest(seen.meterConstant)) imp/\(point.energyKind.unit) where the meter type says "
                    + (printed.map { Decimal.shortest($0) + " imp/" + point.energyKind.unit } ?? "nothing"))
        }
        var errors: [Double] = []
        for gate in seen.gates {
            guard
                let error = gate.error(
                    meterConstant: seen.meterConstant, referenceConstant: seen.referenceConstant), gate.seconds > 0
            else { return none("a gate holds no reference pulses or no time") }
            errors.append(error)
        }
        guard !errors.isEmpty else { return none("no gate was completed") }
        if errors.count < point.repeats {
            hindrance = hindrance ?? "\(errors.count) of \(point.repeats) determinations were completed"
        }
        if zip(seen.gates, seen.gates.dropFirst()).contains(where: { $0.last != $1.first }) {
            return none("the gates do not follow one another")
        }
        let seconds = Statistics.mean(seen.gates.map(\.seconds))
        let pulses = Statistics.mean(seen.gates.map { Double($0.pulses) })
        // The spread of one interval is that of two edges.
        let jitter = seen.findings.jitter * seconds / pulses / 2.0.squareRoot()
        let budget: Budget
        do {
            budget = try BudgetBuilder(point, bench).pulses(
                errors: errors, meanGate: seconds,
                meanReferenceCount: Statistics.mean(seen.gates.map(\.referenceCount)),
                observedEdgeJitter: jitter, temperature: seen.temperature)
        } catch { return none("no uncertainty: \(error.reason)") }
        // Worth a word where it is neither the counter's nor small: a tenth of the limit over a gate. Whose it is, intervals
        // alone do not tell: a meter whose power flutters scatters its pulses like one whose edges jitter.
        let felt = 100 * jitter * 2.0.squareRoot() / seconds
        if let stated = bench.instrument(.pulseCounter)?.counter?.edgeJitter, jitter > 3 * stated,
            let limit = point.limit?.magnitude, felt > limit / 10
        {
            func micro(_ seconds: Double) -> String { Decimal.fixed(seconds * 2.0.squareRoot() * 1e6, 0) }
            findings.append(
                "the meter's pulses come unevenly: intervals scatter by \(micro(jitter)) µs, of which the pulse counter's "
                    + "specification explains \(micro(stated)) µs")
        }
        if errors.count == 1 { findings.append("one determination: U does not contain the meter's own repeatability") }
        if seen.temperature == nil { findings.append(assumedTemperature) }
        hindrance = hindrance ?? wide(point, budget, &findings)
        return (make(Statistics.mean(errors), errors, budget, .pass, findings), hindrance)
    }

    /// What the edges alone make the errors of single gates scatter, percent (standard deviation).
    static func benchScatter(_ seen: PulseObservation, _ bench: BenchDescription) -> Double {
        guard let counter = bench.instrument(.pulseCounter)?.counter else { return 0 }
        return GateScatter(
            counter: counter, seconds: Statistics.mean(seen.gates.map(\.seconds)),
            counts: Statistics.mean(seen.gates.map(\.referenceCount))
        ).expectedVariance(gates: seen.gates.count).squareRoot()
    }

    /// Reports a U above what is asked; a hindrance where it is above the limit itself.
    static func wide(_ point: TestPoint, _ budget: Budget, _ findings: inout [String]) -> String? {
        let U = budget.expandedUncertainty
        if let line = budget.dominatingRectangle {
            findings.append("«\(line.name)» dominates the budget: U covers more than 95.45 %")
        }
        func text(_ value: Double) -> String { Decimal.fixed(value, Decimal.decimals(of: value, significant: 2)) }
        // A point that ends when it is decided need not come to the uncertainty.
        if let target = point.targetU, point.sequential == nil, U > targetTolerance * target {
            findings.append("U = \(text(U)) % where at most \(text(target)) % is asked for")
        }
        if let limit = point.limit, U > limit.magnitude {
            return "U = \(text(U)) % is larger than the limit of \(limits(point))"
        }
        return nil
    }

    /// The verdict from the answer of the acceptance, with the numbers in its reason.
    static func verdict(
        _ answer: Acceptance.Answer, _ point: TestPoint, error: Double, U: Double, rule: DecisionRule,
        hindrance: String?, named what: String = "error"
    ) -> Verdict {
        if let hindrance { return .inconclusive(reason: hindrance) }
        let text = UncertaintyText(error: error, U: U)
        let found = "\(what) \(text.error) % with U = \(text.U) %"
        switch answer {
        case .holds: return .pass
        case .fails: return .fail(reason: "\(found) against \(limits(point)) (\(rule.text))")
        case .open:
            return .inconclusive(
                reason: "\(found) is too close to \(limits(point)) for a decision by \(rule.text)")
        case .unreadable(let why): return .inconclusive(reason: why)
        }
    }

    /// The limit as people write it: `±0.5 %`, `−1 % to +0.5 %`.
    static func limits(_ point: TestPoint) -> String {
        guard let limit = point.limit else { return "«\(point.accept)»" }
        if limit.lowerPercent == -limit.upperPercent { return "±\(Decimal.shortest(limit.upperPercent)) %" }
        return "\(Decimal.shortest(limit.lowerPercent)) % to \(Decimal.shortest(limit.upperPercent)) %"
    }

    static func make(
        _ error: Double, _ errors: [Double], _ budget: Budget, _ verdict: Verdict, _ findings: [String]
    ) -> Evaluation {
        Evaluation(
            error: error, errors: errors, standardDeviation: Statistics.standardDeviation(errors),
            u: budget.standardUncertainty, effectiveDegreesOfFreedom: budget.truncatedDegreesOfFreedom,
            k: budget.coverageFactor, U: budget.expandedUncertainty, budget: budget.lines, verdict: verdict,
            findings: findings)
    }
}
