/// The verdict on a meter from the verdicts at its test points: the same rule when a run ends and when it is verified.
public enum OverallVerdict {
    /// What is said of a meter as a whole.
    ///
    /// *Fail* where any test point fails. *Not tested* where not one was taken. *Inconclusive* where a test point has no
    /// result, was not taken or is inconclusive, or where the warm-up was not held. *Pass* otherwise.
    /// `results` holds the last attempt by test point.
    public static func of(_ plan: Plan, _ results: [String: PointResult]) -> Verdict {
        let judged = plan.points.filter { $0.kind != .warmUp }
        var failing: [TestPoint] = []
        var open: [TestPoint] = []
        var taken = 0
        for point in plan.points {
            guard let result = results[point.id] else {
                open.append(point)
                continue
            }
            if case .notTaken = result.measurement {
                open.append(point)
                continue
            }
            guard point.kind != .warmUp else { continue }
            taken += 1
            switch result.evaluation.verdict {
            case .pass: break
            case .fail: failing.append(point)
            case .inconclusive, .notTested: open.append(point)
            }
        }
        if !failing.isEmpty {
            return .fail(reason: "fails at \(failing.count) of \(judged.count) test points: \(names(failing))")
        }
        if taken == 0 { return .notTested(reason: "no test point was taken") }
        if !open.isEmpty {
            return .inconclusive(
                reason: "undecided at \(open.count) of \(plan.points.count) test points: \(names(open))")
        }
        return .pass
    }

    private static func names(_ points: [TestPoint]) -> String {
        let shown = points.prefix(3).map(\.id).joined(separator: "; ")
        return points.count > 3 ? shown + "; and \(points.count - 3) more" : shown
    }
}
