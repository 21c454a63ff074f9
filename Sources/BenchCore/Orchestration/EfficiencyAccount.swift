/// Where the time of a run went: the lower bound, what it really took, and the losses by name. Pure: it is told spans of time.
///
/// The bound is Σ over the load points of settling and dwell, plus reading the registers of one meter around a register test. Of settling, it
/// holds the time the source took to come into the window and the time the proof must last; of dwell, what `PulsePlanner.minimumDwell`
/// says of the slowest meter; of reading, what each line would take with one meter on it. Losses:
/// *settle*, settling beyond that; *dwell excess*, dwell beyond the bound while at least two positions were still measured, or for the bench's own
/// doing; *straggler*, waiting for the very last position beyond the bound; *serial*, waiting for lines; *repeats*, further attempts that the bench
/// asked for and attempts that conditions spoilt; *idle*, everything else. Losses can be negative: a train's first edge may come early.
public struct EfficiencyAccount: Sendable, Hashable {
    /// The names of the losses, in the order they are told.
    public static let names = ["settle", "dwell excess", "straggler", "serial", "repeats", "idle"]

    /// A span of time with the least it could have taken, s.
    private struct Span: Sendable, Hashable {
        var took: Double, bound: Double
    }
    /// One attempt at a load point.
    private struct Attempt: Sendable, Hashable {
        var settle: [Span] = []
        var dwell: [Span] = []
        var straggler = 0.0
        var serial: [Span] = []
    }
    private var attempt = Attempt()
    private var kept: [Attempt] = []
    private var repeats = 0.0
    private var saved: Double?

    /// An account of nothing.
    public init() {}

    /// Settling took some seconds; the window and the proof account for `bound` of them.
    public mutating func settled(took: Double, bound: Double) { attempt.settle.append(Span(took: took, bound: bound)) }

    /// Time under load since `begin`, with the least it could take, and the moments at which the positions were done.
    public mutating func dwelt(from begin: BenchInstant, bound: Double, ends: [BenchInstant]) {
        let ends = ends.sorted()
        guard let last = ends.last else { return }
        attempt.dwell.append(Span(took: last - begin, bound: bound))
        guard ends.count > 1 else { return }
        attempt.straggler += max(0, min(last - ends[ends.count - 2], last - (begin + bound)))
    }

    /// Everything waited for lines.
    public mutating func waitedForLines(took: Double, bound: Double) {
        attempt.serial.append(Span(took: took, bound: bound))
    }

    /// A point that ended when it was decided took so many seconds less than with all its determinations.
    public mutating func saved(_ seconds: Double) { saved = (saved ?? 0) + seconds }

    /// The attempt ended. One that is not kept, because it was spoilt or repeats another, is a loss as a whole.
    public mutating func attemptEnded(took: Double, kept keep: Bool) {
        if keep { kept.append(attempt) } else { repeats += took }
        attempt = Attempt()
    }

    /// The account for a run that took so many seconds in all.
    public func efficiency(actual: Double) -> Efficiency {
        func sum(_ spans: (Attempt) -> [Span]) -> (took: Double, bound: Double) {
            kept.flatMap(spans).reduce((0, 0)) { ($0.0 + $1.took, $0.1 + $1.bound) }
        }
        let settle = sum(\.settle)
        let dwell = sum(\.dwell)
        let serial = sum(\.serial)
        let straggler = kept.reduce(0) { $0 + $1.straggler }
        return Efficiency(
            bound: settle.bound + dwell.bound + serial.bound, actual: actual,
            losses: [
                "settle": settle.took - settle.bound,
                "dwell excess": dwell.took - dwell.bound - straggler,
                "straggler": straggler,
                "serial": serial.took - serial.bound,
                "repeats": repeats,
                "idle": actual - settle.took - dwell.took - serial.took - repeats,
            ], saved: saved)
    }
}
