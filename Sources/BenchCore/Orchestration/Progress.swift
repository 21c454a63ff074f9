/// How far one position is in the present load point.
public struct PositionProgress: Sendable, Hashable {
    /// Pulses (or seconds, where a time is held) seen and wanted.
    public var seen = 0.0, wanted = 0.0
    /// Error so far at this point, percent.
    public var error: Double?
    /// What its results up to now say: `pass` while nothing speaks against it.
    public var verdict = Verdict.pass
    /// Whether it is done with this point.
    public var done = false

    /// Nothing seen yet.
    public init() {}
}

/// What a live display shows of a run.
public struct RunProgress: Sendable, Hashable {
    /// What the bench is doing.
    public enum State: String, Sendable, Hashable {
        case starting, settling, measuring, repeating, finished
        case rampDown = "ramp-down"
        case safe = "to the safe state"
    }
    /// The state.
    public var state = State.starting
    /// The load point: id, kind, title, what the procedure calls its current; empty before the first.
    public var point = "", kind: TestKindName?, title = ""
    /// Its number, the number of all, and the attempt.
    public var number = 0, total = 0, attempt = 1
    /// Every position of the order.
    public var positions: [Int: PositionProgress] = [:]
    /// Expected bench seconds left, as of bench time `at`.
    public var secondsLeft = 0.0, at = BenchInstant(nanoseconds: 0)

    /// The beginning of a run.
    public init() {}
}

/// A live display. What it does has no influence on the run: it is told, never asked, and must return at once.
public protocol ProgressSink: Sendable {
    /// The run moved on.
    func show(_ progress: RunProgress)
}
