import Synchronization

@testable import BenchCore

/// A clock that goes on by a millisecond each time it is read; virtual or not as the test asks.
final class StepTime: Timekeeper {
    let scale: Double?
    let executor: (any TaskExecutor)? = nil
    private let ticks = Mutex<Int64>(0)

    init(scale: Double? = nil) { self.scale = scale }

    var now: BenchInstant {
        ticks.withLock {
            $0 += 1_000_000
            return BenchInstant(nanoseconds: $0)
        }
    }
    func utc(_ moment: BenchInstant) -> String {
        let micro = String(moment.nanoseconds / 1000)
        return "2026-11-21T08:00:00." + String(repeating: "0", count: max(0, 6 - micro.count)) + micro + "Z"
    }
    func sleep(until moment: BenchInstant) async throws {}
}
