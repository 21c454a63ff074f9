#if canImport(Glibc)
    import Glibc
#endif

/// The machine's monotonic clock, for the real-time loop: whole nanoseconds, no allocation, no lock.
///
/// It says when a loop ran, never when a sample was taken: that follows from the sample's number.
public enum MachineClock {
    /// Nanoseconds since the machine was switched on.
    @inline(__always)
    public static var nanoseconds: Int64 { nanoseconds(of: CLOCK_MONOTONIC) }

    /// Nanoseconds of one of the system's clocks.
    @inline(__always)
    static func nanoseconds(of clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }

    /// Sleeps until a moment of this clock: absolute, so that lateness never adds up. Blocks the thread.
    public static func sleep(until moment: Int64) {
        var time = timespec(tv_sec: Int(moment / 1_000_000_000), tv_nsec: Int(moment % 1_000_000_000))
        // A signal ends the sleep and not the waiting: the moment is absolute.
        while clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nil) == EINTR {}
    }
}
