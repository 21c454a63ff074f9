/// Where the ten-minute ticks of UTC lie among the samples of a record.
///
/// Windows of 10/12 cycles begin anew at each tick, so that the last before it overlaps the first behind it (IEC 61000-4-30:2015, 4.5: gapless
/// between ticks, resynchronised at each; the overlapping window belongs to the ten minutes before).
public struct TenMinuteTicks: Sendable, Hashable {
    private static let interval: Int64 = 600_000_000_000

    /// Samples a second.
    public let rate: Double
    /// UTC of sample 0, ns since 1970.
    public let start: Int64

    /// Ticks for a record that began at a moment, ns of UTC since 1970.
    public init(rate: Double, start: Int64) {
        self.rate = rate
        self.start = start
    }

    /// Ticks for a record that began at a moment as recordings write it, `2026-11-21T17:36:33.875463Z`; `nil` where it is none.
    public init?(rate: Double, start: String) {
        guard rate > 0, rate.isFinite, let time = RecordingTime(start), abs(time.seconds) < 9_000_000_000 else {
            return nil
        }
        self.init(rate: rate, start: time.seconds * 1_000_000_000 + time.nanoseconds)
    }

    /// The first tick behind a place, in samples since the start; one that lies within a thousandth of a sample of it is the place itself.
    func next(after place: Double) -> Double {
        let nanoseconds = Double(Self.interval)
        // Ticks since the first after the start: small numbers, no digits lost.
        let rest = start % Self.interval
        let first = Double(Self.interval - (rest < 0 ? rest + Self.interval : rest)) / 1e9 * rate
        let step = nanoseconds / 1e9 * rate
        let number = ((place + 1e-3 - first) / step).rounded(.down) + 1
        return first + max(0, number) * step
    }

    /// UTC of a place, ns since 1970.
    public func time(_ place: Double) -> Int64 { start + Int64((place / rate * 1e9).rounded()) }
}
