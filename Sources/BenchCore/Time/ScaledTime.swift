#if canImport(Glibc)
    import Glibc
#endif

/// Bench time that passes a fixed number of times faster than life: simulated benches over real wires.
///
/// Bench time is the monotonic clock times the scale; nothing that sets the wall clock moves it. `utc` is the wall clock at the start
/// plus the bench time since then: on a scaled bench it runs ahead of the wall clock, as all its times do.
public struct ScaledTime: Timekeeper {
    /// Bench seconds per second of life.
    public let scale: Double?
    /// Tasks of the bench run on the shared pool.
    public var executor: (any TaskExecutor)? { nil }

    private let factor: Double
    private let begin: BenchInstant
    private let monotonicStart: Int64
    private let wallStart: Int64

    /// Starts the clock; `scale` above 0, `begin` is the bench time it starts from (a resumed run goes on where the journal ended).
    public init(scale: Double, begin: BenchInstant = BenchInstant(nanoseconds: 0)) {
        precondition(scale > 0 && scale.isFinite, "a clock's scale is a positive number")
        self.scale = scale
        factor = scale
        self.begin = begin
        monotonicStart = MachineClock.nanoseconds(of: CLOCK_MONOTONIC)
        wallStart = MachineClock.nanoseconds(of: CLOCK_REALTIME)
    }

    /// Bench time now.
    public var now: BenchInstant {
        let life = MachineClock.nanoseconds(of: CLOCK_MONOTONIC) - monotonicStart
        return BenchInstant(nanoseconds: begin.nanoseconds + Int64(Double(life) * factor))
    }

    /// Wall clock at the start plus the bench time since then.
    public func utc(_ moment: BenchInstant) -> String {
        UTCText.text(microseconds: (wallStart + moment.nanoseconds - begin.nanoseconds) / 1000)
    }

    /// Waits on the real clock for the bench time left, divided by the scale.
    public func sleep(until moment: BenchInstant) async throws {
        while true {
            try Task.checkCancellation()
            let left = Double(moment.nanoseconds - now.nanoseconds) / factor
            guard left > 0 else { return }
            // Rounded up, or the last nanosecond would be waited for again and again.
            try await ContinuousClock().sleep(for: .nanoseconds(Int64(left.rounded(.up))))
        }
    }
}

/// Time as it passes in life: a real bench.
public struct RealTime: Timekeeper {
    private let time: ScaledTime

    /// Starts the clock; `begin` is the bench time it starts from.
    public init(begin: BenchInstant = BenchInstant(nanoseconds: 0)) { time = ScaledTime(scale: 1, begin: begin) }

    /// Seconds since the start, plus `begin`.
    public var now: BenchInstant { time.now }
    /// One.
    public var scale: Double? { 1 }
    /// Tasks of the bench run on the shared pool.
    public var executor: (any TaskExecutor)? { nil }
    /// Wall clock at the start plus the monotonic time since then.
    public func utc(_ moment: BenchInstant) -> String { time.utc(moment) }
    /// Waits on the real clock.
    public func sleep(until moment: BenchInstant) async throws { try await time.sleep(until: moment) }
}
