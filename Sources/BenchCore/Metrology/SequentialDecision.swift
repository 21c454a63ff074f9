/// What one look at the determinations of a point found.
public struct SequentialLook: Sendable, Hashable, Codable {
    /// What a look can decide.
    public enum Answer: String, Sendable, Hashable, Codable { case pass, fail, open }
    /// Determinations looked at.
    public var determinations: Int
    /// Their mean error and its expanded uncertainty, percent.
    public var error: Double, U: Double
    /// How far the acceptance must hold, or fail, about the error for a decision, percent: the larger of the guard band of the decision rule
    /// and of the reach that the risk asks for.
    public var reach: Double
    /// What follows.
    public var answer: Answer

    /// A look by its parts.
    public init(determinations: Int, error: Double, U: Double, reach: Double, answer: Answer) {
        self.determinations = determinations
        self.error = error
        self.U = U
        self.reach = reach
        self.answer = answer
    }
}

/// All looks at one point of one meter, and why it ended.
public struct SequentialRecord: Sendable, Hashable, Codable {
    /// Why a point ends.
    public enum End: String, Sendable, Hashable, Codable {
        /// The verdict is decided at the stated risk.
        case decided
        /// It is open, and the uncertainty asked for is reached.
        case uncertainty = "uncertainty reached"
        /// It is open, and all determinations are taken.
        case exhausted = "all determinations taken"
        /// The pulse train is not clean: nothing can be decided from it.
        case unclean = "pulse train not clean"
    }
    /// The looks in order.
    public var looks: [SequentialLook]
    /// Why it ended; `nil` while it goes on.
    public var end: End?

    /// A record by its parts.
    public init(looks: [SequentialLook], end: End?) {
        self.looks = looks
        self.end = end
    }
}

/// Decides after each planned look whether a point goes on: a pure function of the gates, so that a verifier decides the same.
///
/// A meter is accepted where the acceptance holds for every error within ±reach of the mean, rejected where it holds for none of them.
/// The reach is the larger of the guard band r·U of the decision rule and h = √((t·s/√n)² + (z·u)²): s is the spread of the n
/// determinations, u everything else in the budget, t and z belong to the risk of the look. An interval so composed has at least
/// the confidence of its parts, whatever the ratio of s and u (Banerjee, Sankhyā 22 (1960) 359), where the effective degrees of
/// freedom of Welch and Satterthwaite fall short with few determinations. As u is common to all determinations, more of them lessen
/// h only as far as their scatter makes it up.
public enum SequentialDecision {
    /// The looks that the gates of an observation allow, up to the first that ends the point.
    ///
    /// - Parameter rule: the decision rule, whose guard band holds at every look.
    /// - Throws: `BudgetTrouble` where bench and load give no budget.
    public static func record(
        _ point: TestPoint, _ plan: SequentialPlan, _ seen: PulseObservation, bench: BenchDescription,
        rule: DecisionRule
    ) throws(BudgetTrouble) -> SequentialRecord {
        var record = SequentialRecord(looks: [], end: nil)
        var errors: [Double] = []
        for gate in seen.gates {
            guard
                let error = gate.error(
                    meterConstant: seen.meterConstant, referenceConstant: seen.referenceConstant), gate.seconds > 0
            else {
                record.end = .unclean
                return record
            }
            errors.append(error)
        }
        let builder = try BudgetBuilder(point, bench)
        for (index, planned) in plan.looks.enumerated() where planned.determinations <= errors.count {
            let n = planned.determinations
            let look = try look(
                point, planned, Array(errors.prefix(n)), Array(seen.gates.prefix(n)), builder, seen.temperature, rule)
            record.looks.append(look)
            if look.answer != .open {
                record.end = .decided
            } else if index == plan.looks.count - 1 {
                record.end = .exhausted
            } else if let asked = plan.endsAtU, look.U <= asked {
                record.end = .uncertainty
            }
            if record.end != nil { break }
        }
        // Gates before the flaw were clean; what was seen last is not.
        let last = record.looks.last?.determinations
        if seen.findings.missing + seen.findings.double > 0, record.end == nil || last == errors.count {
            record.end = .unclean
        }
        return record
    }

    private static func look(
        _ point: TestPoint, _ planned: SequentialPlan.Look, _ errors: [Double], _ gates: [PulseGate],
        _ builder: BudgetBuilder, _ temperature: Double?, _ rule: DecisionRule
    ) throws(BudgetTrouble) -> SequentialLook {
        let budget = try builder.pulses(
            errors: errors, meanGate: Statistics.mean(gates.map(\.seconds)),
            meanReferenceCount: Statistics.mean(gates.map(\.referenceCount)), observedEdgeJitter: nil,
            temperature: temperature)
        let error = Statistics.mean(errors)
        let U = budget.expandedUncertainty
        let reach = max(rule.guardBand(U), reach(planned, errors, budget))
        return SequentialLook(
            determinations: planned.determinations, error: error, U: U, reach: reach,
            answer: answer(point, error: error, U: U, reach: reach))
    }

    /// The reach h that the risk of a look asks for, percent.
    static func reach(_ planned: SequentialPlan.Look, _ errors: [Double], _ budget: Budget) -> Double {
        let bench = Budget.root(budget.lines.filter { $0.distribution != BudgetBuilder.typeA })
        let scatter = (Statistics.standardDeviation(errors) ?? 0) / Double(errors.count).squareRoot()
        let (a, b) = (planned.t * scatter, planned.z * bench)
        return (a * a + b * b).squareRoot()
    }

    private static func answer(
        _ point: TestPoint, error: Double, U: Double, reach: Double
    ) -> SequentialLook.Answer {
        // Where U is above the limit, nothing is decided by any rule.
        if let limit = point.limit, U > limit.magnitude { return .open }
        switch Acceptance.judge(point, Acceptance.interval(error, reach).map { ["error": .percent($0)] }) {
        case .holds: return .pass
        case .fails: return .fail
        case .open, .unreadable: return .open
        }
    }
}
