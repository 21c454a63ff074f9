/// The verdict on a meter from its results: the same rule when a run ends, on the certificate, and when it is verified.
public enum OverallVerdict {
    /// `Verdict.combine` over the test points of the plan in their order; one without a result counts as not tested.
    ///
    /// `results` holds the last attempt by test point.
    public static func of(_ plan: Plan, _ results: [String: PointResult]) -> Verdict {
        Verdict.combine(
            plan.points.map { point in
                results[point.id]?.evaluation.verdict ?? .notTested(reason: "no result at «\(point.id)»")
            })
    }
}
