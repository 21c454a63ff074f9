import Synchronization

/// Tells a wire that a safe action waits: whatever else goes on there gives up at once.
///
/// An ordinary request can hang for its whole time-out; switching off must not queue behind it.
final class Urgency: Sendable {
    private let waiting = Atomic<Int>(0)

    /// Whether a safe action waits or runs.
    var raised: Bool { waiting.load(ordering: .acquiring) > 0 }

    /// Runs an action with the flag raised.
    func during<T: Sendable>(_ action: () async throws -> T) async rethrows -> T {
        waiting.add(1, ordering: .acquiringAndReleasing)
        defer { waiting.subtract(1, ordering: .acquiringAndReleasing) }
        return try await action()
    }
}
