internal import Synchronization

/// The progress of a run as it is now; every change is shown at once. Nothing of the run depends on it.
final class ProgressBoard: Sendable {
    private let sink: (any ProgressSink)?
    private let time: any Timekeeper
    private let state = Mutex((progress: RunProgress(), pointEnds: BenchInstant(nanoseconds: 0), rest: 0.0))

    init(_ sink: (any ProgressSink)?, _ time: any Timekeeper) {
        self.sink = sink
        self.time = time
    }

    /// A load point begins: it is expected to end in `expected` seconds, and `rest` seconds of others follow.
    func began(_ expected: Double, rest: Double) {
        let now = time.now
        state.withLock {
            $0.pointEnds = now + expected
            $0.rest = rest
        }
    }

    /// Changes what is shown, and shows it.
    func change(_ body: (inout RunProgress) -> Void) {
        guard let sink else { return }
        let now = time.now
        sink.show(
            state.withLock { state in
                body(&state.progress)
                state.progress.at = now
                state.progress.secondsLeft = max(0, state.pointEnds - now) + state.rest
                return state.progress
            })
    }
}

extension RunProgress {
    /// A position is done with the point; the worst verdict so far stays.
    mutating func done(_ position: Int, _ evaluation: Evaluation) {
        func rank(_ verdict: Verdict) -> Int {
            switch verdict {
            case .pass: 0
            case .notTested: verdict == .notJudged ? 0 : 1
            case .inconclusive: 2
            case .fail: 3
            }
        }
        var shown = positions[position] ?? PositionProgress()
        shown.done = true
        if let error = evaluation.error { shown.error = error }
        if rank(evaluation.verdict) > rank(shown.verdict) { shown.verdict = evaluation.verdict }
        positions[position] = shown
    }

    /// A load point begins.
    mutating func began(_ point: ScheduledPoint, attempt: Int) {
        self.point = point.id
        kind = point.kind
        title = point.title
        number = point.number
        self.attempt = attempt
        for position in point.positions {
            positions[position, default: PositionProgress()].seen = 0
            positions[position]?.wanted = 0
            positions[position]?.error = nil
            positions[position]?.done = false
        }
    }
}
