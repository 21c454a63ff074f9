/// A moment of a run, as nanoseconds of bench time since the run began.
public struct BenchInstant: Sendable, Hashable, Comparable, Codable {
    /// Nanoseconds of bench time since the start of the clock.
    public var nanoseconds: Int64

    /// A moment by nanoseconds.
    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
    /// A moment by seconds.
    public init(seconds: Double) { nanoseconds = Int64((seconds * 1e9).rounded()) }

    /// Seconds since the start of the clock.
    public var seconds: Double { Double(nanoseconds) / 1e9 }

    /// Orders by value.
    public static func < (a: Self, b: Self) -> Bool { a.nanoseconds < b.nanoseconds }
    /// A moment some seconds later.
    public static func + (a: Self, seconds: Double) -> Self {
        Self(nanoseconds: a.nanoseconds + Int64((seconds * 1e9).rounded()))
    }
    /// Seconds between two moments.
    public static func - (a: Self, b: Self) -> Double { Double(a.nanoseconds - b.nanoseconds) / 1e9 }
}

/// The bench's clock: everything that waits, waits through it, whether time is real, scaled or virtual.
public protocol Timekeeper: Sendable {
    /// Bench time now.
    var now: BenchInstant { get }
    /// How many bench seconds pass in one second of life; `nil` under virtual time, which jumps.
    var scale: Double? { get }
    /// Coordinated universal time of a moment, ISO 8601 with microseconds, e.g. `2026-11-21T08:00:00.000000Z`.
    func utc(_ moment: BenchInstant) -> String
    /// Waits until the moment; throws `CancellationError` when the task is cancelled meanwhile.
    func sleep(until moment: BenchInstant) async throws
    /// The executor that tasks of the bench prefer; `nil` means the shared pool.
    var executor: (any TaskExecutor)? { get }
}

extension Timekeeper {
    /// Waits for a number of bench seconds.
    public func sleep(seconds: Double) async throws { try await sleep(until: now + seconds) }

    /// Runs `body` to its end even if the calling task is cancelled, on the bench's executor: clean-up that must happen.
    public func shielded<T: Sendable>(_ body: @escaping @Sendable () async -> T) async -> T {
        await start(body).value
    }

    /// Starts a task of its own on the bench's executor.
    public func start<T: Sendable>(_ body: @escaping @Sendable () async -> T) -> Task<T, Never> {
        Task(executorPreference: executor, operation: body)
    }

    /// Bench seconds that pass in some seconds of life; under virtual time the two are the same.
    public func bench(life seconds: Double) -> Double { seconds * (scale ?? 1) }
}
