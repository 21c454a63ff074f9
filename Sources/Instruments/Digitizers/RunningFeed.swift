import BenchCore
import Synchronization

/// The feed of a digitizer that plays samples by the bench's clock: none, or the one that runs.
final class RunningFeed: Sendable {
    private let running = Mutex<PacedFeed?>(nil)

    /// Begins with a feed and gives its stream. Throws `Fault(.refused)` while another runs.
    func begin(_ feed: PacedFeed, _ id: String) throws(Fault) -> SampleStream {
        try running.withLock { running throws(Fault) in
            guard running == nil else { throw Fault.sampling(id) }
            running = feed
        }
        return feed.stream
    }

    /// As `Digitizer.wait`. Throws `Fault(.refused)` where none runs.
    func wait(_ id: String) async throws {
        guard let feed = running.withLock({ $0 }) else { throw Fault.notSampling(id) }
        try await feed.wait()
    }

    /// As `Digitizer.stop`.
    func stop() -> SamplingEnd { running.withLock { $0.take() }?.stop() ?? SamplingEnd() }

    /// Loses frames before the next block.
    func lose(_ frames: Int64) { running.withLock { $0 }?.lose(frames) }
}
