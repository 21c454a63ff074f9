/// What ending points as soon as they are decided saved: seconds under load against all determinations of the plan.
///
/// A load point ends with its last meter, so of every load point the slowest position counts. Pure, from the gates in the evidence.
public struct SequentialSavings: Sendable, Hashable {
    /// Load points that were measured adaptively, and results at them.
    public private(set) var points = 0, results = 0
    /// Determinations taken and planned at most, over all results.
    public private(set) var determinations = 0, mostDeterminations = 0
    /// Seconds taken, and seconds that all determinations would have taken.
    public private(set) var taken = 0.0, planned = 0.0

    /// Savings of results, each with the question it answers; others than adaptive ones do not count.
    public init(_ answers: some Sequence<(TestPoint, PointResult)>) {
        var slowest: [String: (taken: Double, planned: Double)] = [:]
        for (point, result) in answers {
            guard let plan = point.sequential, case .pulses(let seen) = result.measurement, !seen.gates.isEmpty else {
                continue
            }
            let gate = Statistics.mean(seen.gates.map(\.seconds))
            let (took, all) = (gate * Double(seen.gates.count), gate * Double(max(plan.most, seen.gates.count)))
            let before = slowest[point.id] ?? (0, 0)
            slowest[point.id] = (max(before.taken, took), max(before.planned, all))
            results += 1
            determinations += seen.gates.count
            mostDeterminations += plan.most
        }
        points = slowest.count
        for id in slowest.keys.sorted() {
            taken += slowest[id]?.taken ?? 0
            planned += slowest[id]?.planned ?? 0
        }
    }
}
