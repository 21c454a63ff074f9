/// What the journal of an interrupted run says was done: what resuming needs. Pure.
public struct RunHistory: Sendable, Hashable {
    /// The attempt at which a load point was completed, by its id.
    public private(set) var complete: [String: Int] = [:]
    /// The highest attempt begun at a load point, complete or not.
    public private(set) var attempts: [String: Int] = [:]
    /// The last attempt's result by position and test point: what counts. Earlier ones stay in the journal.
    public private(set) var results: [Int: [String: PointResult]] = [:]
    /// Whether the run came to its proper end: there is nothing to resume.
    public private(set) var isFinished = false

    /// Nothing was done yet.
    public init() {}

    /// The history of a run by its journal.
    public init(_ entries: [JournalEntry]) {
        for entry in entries {
            switch entry.what {
            case .loadPoint(let what): began(what.point, what.attempt)
            case .repeated(let what): began(what.point, what.attempt)
            case .result(let what): add(what)
            case .pointComplete(let what): complete[what.point] = what.attempt
            case .runFinished(let what): isFinished = what.complete
            default: break
            }
        }
    }

    private mutating func began(_ point: String, _ attempt: Int) {
        attempts[point] = max(attempts[point] ?? 0, attempt)
    }

    /// Takes a result; a later attempt replaces an earlier one.
    mutating func add(_ result: PointResult) {
        began(result.point, result.attempt)
        if let before = results[result.position]?[result.point], before.attempt > result.attempt { return }
        results[result.position, default: [:]][result.point] = result
    }

    /// Takes the end of a point.
    mutating func add(_ done: PointComplete) { complete[done.point] = done.attempt }

    /// A load point that is still to be taken.
    public struct Turn: Sendable, Hashable {
        /// The load point.
        public var point: ScheduledPoint
        /// The number of the attempt to come.
        public var attempt: Int
        /// Why this is not the first attempt; `nil` where it is.
        public var reason: String?
    }

    /// What of a schedule is still to be taken, in order.
    ///
    /// Complete load points are never repeated, with one exception: meters that lost their supply must warm up again, so the last warm-up
    /// before the first open point is taken again in full. An interrupted point is taken again for all its positions.
    public func turns(_ schedule: Schedule) -> [Turn] {
        guard let first = schedule.points.firstIndex(where: { complete[$0.id] == nil }) else { return [] }
        let warmUp = schedule.points[..<first].lastIndex { $0.kind == .warmUp }
        return schedule.points.indices.compactMap { i in
            let point = schedule.points[i]
            let before = attempts[point.id] ?? 0
            guard complete[point.id] == nil else {
                guard i == warmUp else { return nil }
                return Turn(point: point, attempt: before + 1, reason: "the meters lost their supply and warm up again")
            }
            return Turn(point: point, attempt: before + 1, reason: before > 0 ? "the attempt was interrupted" : nil)
        }
    }
}
