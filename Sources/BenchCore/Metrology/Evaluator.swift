/// From what was observed at a test point to error, uncertainty and verdict: a pure function, so that anyone who has
/// the evidence comes to the same numbers, bit for bit.
public enum Evaluator {
    /// Pulses a meter must give at starting current: one to show that it started, one to show that it goes on.
    public static let startingPulses = 2
    /// U may exceed what the point asks for by this share before it is reported.
    static let targetTolerance = 1.1

    /// Judges one test point of one meter.
    ///
    /// The verdict follows from the acceptance of the procedure and the decision rule: with the guard band w = r·U the
    /// acceptance must hold for every error from e − w to e + w (pass), for none of them (fail), or else the point is
    /// inconclusive. Inconclusive, whatever the error, is what rests on missing or doubled pulses, on fewer gates than
    /// asked for, on a limit of low confidence or on a U above the limit. The warm-up is not judged
    /// (`Verdict.notJudged`); what could not be taken is not tested, with the fault.
    public static func evaluate(
        point: TestPoint, measurement: Measurement, bench: BenchDescription, meter: MeterType, rule: DecisionRule
    ) -> Evaluation {
        let doubt = [point.limit?.citation, point.rule].compactMap(\.self).first { $0.confidence == .low }
        var evaluation: Evaluation
        switch (point.kind, measurement) {
        case (_, .notTaken(let fault)): return Evaluation(verdict: .notTested(reason: fault.description))
        case (.warmUp, .held): return Evaluation(verdict: .notJudged)
        case (.accuracy, .pulses(let seen)):
            evaluation = accuracy(point, seen, bench, meter, rule)
        case (.repeatability, .pulses(let seen)):
            evaluation = repeatability(point, seen, bench, meter)
        case (.influence, .variation(let seen)):
            evaluation = variation(point, seen, bench, meter, rule)
        case (.event, .event(let seen)):
            evaluation = event(point, seen, bench, meter, rule)
        case (.directions, .directions(let seen)):
            evaluation = directions(point, seen, bench, meter, rule)
        case (.radioDutyCycle, .radio(let seen)):
            evaluation = radio(point, seen, rule)
        case (.noLoad, .noLoad(let seen)):
            evaluation = noLoad(point, seen)
        case (.starting, .starting(let seen)):
            evaluation = starting(point, seen)
        case (.register, .register(let seen)):
            evaluation = register(point, seen, bench, meter, rule)
        default:
            return Evaluation(
                verdict: .inconclusive(reason: "the evidence is of another kind than \(point.kind.rawValue)"))
        }
        if let doubt {
            evaluation.verdict = .inconclusive(
                reason: "\(doubt.text) is confirmed with low confidence only and decides nothing")
        }
        return evaluation
    }

    /// The budget of an evaluation, to combine or correlate it with others.
    public static func budget(_ evaluation: Evaluation) -> Budget { Budget(lines: evaluation.budget) }

    // MARK: No-load and starting

    private static func noLoad(_ point: TestPoint, _ seen: NoLoadObservation) -> Evaluation {
        let time = Decimal.fixed(seen.seconds, 1)
        for register in seen.registers ?? [] where abs(register.end - register.begin) > register.resolution / 2 {
            let change = register.end - register.begin
            return Evaluation(
                verdict: .fail(
                    reason: "«\(register.name)» moved by "
                        + "\(Decimal.fixed(change, Decimal.decimals(of: change, significant: 2))) \(point.energyKind.unit) in "
                        + "\(time) s without current"))
        }
        switch Acceptance.judge(point, [["pulses": .number(Double(seen.pulses))]]) {
        case .fails, .open:
            return Evaluation(verdict: .fail(reason: "\(seen.pulses) pulses in \(time) s without current"))
        case .unreadable(let why): return Evaluation(verdict: .inconclusive(reason: why))
        case .holds: break
        }
        // A nanosecond less, from the counter's clock, is not less.
        if let wanted = point.duration, seen.seconds < wanted - 1e-6 {
            return Evaluation(
                verdict: .inconclusive(reason: "watched for \(time) s of the \(Decimal.fixed(wanted, 1)) s computed"))
        }
        return Evaluation(verdict: .pass)
    }

    /// A meter starts when its first pulse comes within the time allowed, and keeps registering when the next comes
    /// within the same time after it (OIML R 46-2:2012, 6.2.5 allows 1.5 τ for each). The evidence ends with the second
    /// edge, or when its time is over: one edge alone means that no other came.
    private static func starting(_ point: TestPoint, _ seen: StartingObservation) -> Evaluation {
        let allowed = "\(Decimal.fixed(seen.allowed, 1)) s"
        guard let first = seen.edges.first, first <= seen.allowed else {
            return Evaluation(verdict: .fail(reason: "no pulse within \(allowed) at starting current"))
        }
        let started = "first pulse after \(Decimal.fixed(first, 1)) s"
        guard seen.edges.count >= startingPulses else {
            return Evaluation(verdict: .fail(reason: "\(started), and none within \(allowed) after it"))
        }
        let going = seen.edges[1] - first <= seen.allowed
        let values: [String: Expression.Value] = [
            "registers": .boolean(going), "pulses": .number(Double(seen.edges.count)),
        ]
        switch Acceptance.judge(point, [values]) {
        case .holds: return Evaluation(verdict: .pass, findings: [started])
        case .unreadable(let why): return Evaluation(verdict: .inconclusive(reason: why))
        case .fails, .open:
            let next = "the next \(Decimal.fixed(seen.edges[1] - first, 1)) s later; allowed are \(allowed)"
            return Evaluation(verdict: .fail(reason: "\(started), \(next)"))
        }
    }
}
