/// The kind of test that disturbs the voltage and asks what became of registers, pulses, data and log.
extension Evaluator {
    /// What a meter made of voltage events.
    ///
    /// First the stimulus: where class A detection did not see each event as asked, nothing is said of the meter. Then the meter, by the
    /// acceptance of the procedure; a register that ran backwards fails in any case.
    static func event(
        _ point: TestPoint, _ seen: EventObservation, _ bench: BenchDescription, _ meter: MeterType,
        _ rule: DecisionRule
    ) -> Evaluation {
        guard let asked = point.event else {
            return Evaluation(verdict: .inconclusive(reason: "the plan states no event"))
        }
        let connected = point.load.phases.indices.filter { point.load.phases[$0].voltage > 0 }.map { $0 + 1 }
        let declared = point.load.phases.map(\.voltage).max() ?? 0
        guard seen.firings.count == asked.times else {
            return Evaluation(
                verdict: .inconclusive(reason: "\(seen.firings.count) of \(asked.times) events were fired"))
        }
        for (number, firing) in seen.firings.enumerated() {
            let complaints =
                asked.complaints(firing.seen, declared: declared, connected: connected)
                + asked.complaints(firing.changes, declared: declared, connected: connected)
            guard complaints.isEmpty else {
                let which = asked.times > 1 ? "event \(number + 1) of \(asked.times)" : "the event"
                return Evaluation(
                    verdict: .inconclusive(
                        reason: "\(which) was not applied as asked: " + complaints.joined(separator: "; ")))
            }
        }
        if let right = meter.register(RegisterError.role(point.direction)), right.name != seen.tested.name {
            return Evaluation(
                verdict: .inconclusive(
                    reason: "«\(seen.tested.name)» was read where «\(right.name)» counts \(point.direction.rawValue)"))
        }
        var finding = EventFinding(point: point, asked: asked, seen: seen)
        finding.pulses(bench, meter)
        finding.registers()
        finding.answers()
        finding.log(meter)
        return finding.evaluation(rule)
    }
}

/// What follows from an observation of voltage events, piece by piece.
private struct EventFinding {
    let point: TestPoint, asked: EventQuestion, seen: EventObservation
    var evaluation = Evaluation(verdict: .pass)
    var findings: [String] = [], hindrance: String?
    /// Error before, over the events and after, percent, and U of the last two.
    var before: Double?, during: Double?, after: Double?
    var duringU = 0.0, afterU = 0.0
    /// Register less reference by the meter's own error, kWh, with what resolution and U may hide; energy not counted while it restarted.
    var change = 0.0, hidden = 0.0, restarting = 0.0
    var balanced = true, answersInTime = true, logged = true
    /// What is wrong with the meter, in words.
    var wrong: [String] = []
    var backwards: [String] = []

    init(point: TestPoint, asked: EventQuestion, seen: EventObservation) {
        self.point = point
        self.asked = asked
        self.seen = seen
    }

    mutating func pulses(_ bench: BenchDescription, _ meter: MeterType) {
        guard let first = seen.before, let last = seen.after else { return }
        var plain = point
        (plain.limit, plain.targetU) = (nil, nil)
        let (at, hinderedFirst) = Evaluator.errors(plain, first, bench, meter)
        let (then, hinderedLast) = Evaluator.errors(point, last, bench, meter)
        findings += (at.findings + then.findings)
        hindrance = hinderedFirst.map { "before the events: " + $0 } ?? hinderedLast.map { "after the events: " + $0 }
        before = at.error
        after = then.error
        afterU = then.U ?? 0
        evaluation = then
        evaluation.errors = [at.error, then.error].compactMap { $0 }
        own = at
        guard let gate = seen.during else { return }
        guard gate.first == first.gates.last?.last else {
            hindrance = hindrance ?? "the gate over the events does not follow the gates before them"
            return
        }
        var over = first
        over.gates = [gate]
        plain.repeats = 1
        let (across, hinderedOver) = Evaluator.errors(plain, over, bench, meter)
        during = across.error
        duringU = across.U ?? 0
        hindrance = hindrance ?? hinderedOver.map { "over the events: " + $0 }
        if let before, let during, let U = across.U {
            findings.append(
                "error \(Decimal.signed(before, 3)) % before the events, \(Decimal.signed(during, 3)) % over \(Decimal.fixed(gate.seconds, 1)) s "
                    + "with them (U = \(Decimal.fixed(U, 3)) %)")
        }
    }
    /// Evaluation of the gates before the events.
    private var own: Evaluation?

    mutating func registers() {
        let energy = seen.referenceEnergy / 3.6e6
        let shown = seen.tested.end - seen.tested.begin
        change = shown - energy * (1 + (before ?? 0) / 100)
        // The standard's own deviation is the same before and during the events, as both are at the same load.
        let lines = (own?.budget ?? []).filter { !$0.name.hasPrefix("standard.") && !$0.name.hasPrefix("climate.") }
        let u = energy / 100 * lines.reduce(0) { $0 + $1.contribution * $1.contribution }.squareRoot()
        let reading = seen.tested.resolution / 6.0.squareRoot()
        hidden = 2 * (u * u + reading * reading).squareRoot()
        // A meter that was away and came back in time had nothing to count with meanwhile.
        for firing in seen.firings {
            if firing.requests > 1, let answered = firing.answered { restarting += seen.power * answered / 3.6e6 }
        }
        let bound = seen.tested.resolution + hidden
        balanced = change <= bound && change >= -bound - restarting
        let text = "register \(wattHours(shown, signed: true)), reference \(wattHours(energy, signed: true))"
        if balanced {
            findings.append("\(text); a difference above \(wattHours(bound)) would have been noticed")
        } else {
            wrong.append(
                "\(change < 0 ? "energy was lost" : "energy was invented"): \(text), difference \(wattHours(change, signed: true)) "
                    + "where resolution and U explain \(wattHours(bound))")
        }
        let readings =
            [seen.tested.begin] + seen.firings.flatMap { [$0.earlier, $0.register].compactMap(\.self) }
            + [seen.tested.end]
        if zip(readings, readings.dropFirst()).contains(where: { $1 < $0 - seen.tested.resolution / 2 }) {
            backwards.append("«\(seen.tested.name)» ran backwards")
        }
        for pair in seen.still where abs(pair.end - pair.begin) > pair.resolution / 2 {
            backwards.append(
                "«\(pair.name)» moved by \(wattHours(pair.end - pair.begin, signed: true)) and must stand still")
        }
    }

    mutating func answers() {
        guard let limit = asked.restart else { return }
        for (number, firing) in seen.firings.enumerated() {
            if let answered = firing.answered, answered <= limit {
                if firing.requests > 1 {
                    findings.append(
                        "silent after event \(number + 1), answered again after \(Decimal.fixed(answered, 1)) s")
                }
                continue
            }
            answersInTime = false
            let found = firing.answered.map { "answered \(Decimal.fixed($0, 1)) s" } ?? "did not answer"
            wrong.append("\(found) after event \(number + 1); \(Decimal.shortest(limit)) s are allowed")
        }
    }

    mutating func log(_ meter: MeterType) {
        guard let type = meter.events else {
            return findings.append("the meter type has no log of voltage events that can be read")
        }
        guard asked.duration >= type.shortest else {
            return findings.append(
                "its log holds events from \(QuantityText.text(type.shortest, .time)) on; these are shorter")
        }
        var count = seen.log?.count
        for (number, firing) in seen.firings.enumerated() {
            guard let log = firing.log, let old = count else {
                logged = false
                wrong.append("its log could not be read after event \(number + 1)")
                return
            }
            count = log.count
            // A change between dip and swell is neither.
            let more: Double = asked.isChange ? 0 : 1
            if log.count != old + more {
                logged = false
                wrong.append(
                    "its log counts \(Decimal.shortest(log.count - old)) events after event \(number + 1) instead of \(more == 1 ? "one" : "none")"
                )
                continue
            }
            guard let event = firing.seen.first(where: { $0.kind != .interruption }) else { continue }
            let declared = point.load.phases.map(\.voltage).max() ?? 0
            let residual = 100 * event.extreme / declared
            // Class A's own uncertainty: one cycle, 0.2 % of Udin (IEC 61000-4-30:2015, 5.4.5).
            if let said = log.duration, abs(said - event.duration) > type.durationWithin + 1 / point.load.frequency {
                logged = false
                wrong.append(
                    "its log says \(Decimal.fixed(1000 * said, 0)) ms of event \(number + 1), the digitizer "
                        + "\(Decimal.fixed(1000 * event.duration, 0)) ms")
            }
            if let said = log.residual, abs(said - residual) > type.residualWithin + 0.2 {
                logged = false
                wrong.append(
                    "its log says \(Decimal.fixed(said, 1)) % residual voltage of event \(number + 1), the digitizer "
                        + "\(Decimal.fixed(residual, 1)) %")
            }
        }
    }

    func evaluation(_ rule: DecisionRule) -> Evaluation {
        var result = evaluation
        result.findings = findings.enumerated().filter { !findings[..<$0.offset].contains($0.element) }.map(\.element)
        let values: [String: Expression.Value] = [
            "balanced": .boolean(balanced), "answers": .boolean(answersInTime), "logged": .boolean(logged),
            "critical-change": .quantity((asked.criticalChange ?? 0) * 3.6e6, .energy),
        ]
        let spreads = [
            after.map { Acceptance.interval($0, rule.guardBand(afterU)) },
            during.map { Acceptance.interval($0, rule.guardBand(duringU)) },
            Acceptance.interval(change, rule.guardBand(hidden)),
        ]
        // All three from their lower to their upper ends together: each comes to both of its ends.
        let candidates = (0..<Acceptance.tries).map { n -> [String: Expression.Value] in
            func at(_ list: [Double]?) -> Double? { list.map { $0[min(n, $0.count - 1)] } }
            var all = values
            if let error = at(spreads[0]) { all["error"] = .percent(error) }
            if let during = at(spreads[1]) { all["during"] = .percent(during) }
            if let change = at(spreads[2]) { all["change"] = .quantity(change * 3.6e6, .energy) }
            return all
        }
        let numbers =
            [
                after.map { "error \(Decimal.signed($0, 3)) % after the events (U = \(Decimal.fixed(afterU, 3)) %)" },
                during.map { "\(Decimal.signed($0, 3)) % with them (U = \(Decimal.fixed(duringU, 3)) %)" },
                asked.criticalChange.map {
                    "the register shows \(wattHours(change, signed: true)) too much, critical are \(wattHours($0))"
                },
            ].compactMap { $0 }.joined(separator: ", ") + " where «\(point.accept)» is asked for"
        if !backwards.isEmpty {
            result.verdict = .fail(reason: backwards.joined(separator: "; "))
            result.findings += wrong
            return result
        }
        switch Acceptance.judge(point, candidates) {
        case .unreadable(let why): result.verdict = .inconclusive(reason: why)
        case _ where hindrance != nil: result.verdict = .inconclusive(reason: hindrance ?? "")
        case .holds:
            result.verdict = .pass
            result.findings += wrong
        case .fails: result.verdict = .fail(reason: (wrong + [numbers]).joined(separator: "; "))
        case .open: result.verdict = .inconclusive(reason: "too close for a decision by \(rule.text): \(numbers)")
        }
        return result
    }

    /// An energy in kWh as Wh, so that a hundredth of the register's step shows.
    private func wattHours(_ energy: Double, signed: Bool = false) -> String {
        let digits = max(0, Decimal.decimals(of: 1000 * seen.tested.resolution, significant: 2))
        return (signed ? Decimal.signed(1000 * energy, digits) : Decimal.fixed(1000 * energy, digits)) + " Wh"
    }
}
