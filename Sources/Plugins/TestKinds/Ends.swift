internal import BenchCore
internal import Synchronization

/// When each position was done, and the least that the slowest could take.
final class Ends: Sendable {
    private let state = Mutex((moments: [Int: BenchInstant](), bound: 0.0))

    /// A position was done.
    func note(_ moment: BenchInstant, _ position: Int) { state.withLock { $0.moments[position] = moment } }
    /// One position could not have taken less than this, s.
    func took(atLeast seconds: Double) { state.withLock { $0.bound = max($0.bound, seconds) } }

    var byPosition: [Int: BenchInstant] { state.withLock { $0.moments } }
    var all: [BenchInstant] { Array(byPosition.values) }
    var bound: Double { state.withLock { $0.bound } }
}
