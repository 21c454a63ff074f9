internal import BenchCore
internal import Synchronization

/// Bench time of a simulated instrument under check: it stands still, and whoever waits moves it on.
///
/// So an instrument gives the same answer twice, and a check can look at it before and after it has settled.
final class ConformanceTime: Timekeeper {
    private let moment = Mutex(BenchInstant(nanoseconds: 0))

    var now: BenchInstant { moment.withLock { $0 } }
    var scale: Double? { nil }
    var executor: (any TaskExecutor)? { nil }
    func utc(_ moment: BenchInstant) -> String { RealTime().utc(moment) }
    func sleep(until end: BenchInstant) async throws {
        try Task.checkCancellation()
        pass(until: end)
        await Task.yield()
    }
    /// Moves on by seconds.
    func pass(_ seconds: Double) { pass(until: now + seconds) }

    private func pass(until end: BenchInstant) { moment.withLock { $0 = max($0, end) } }
}
