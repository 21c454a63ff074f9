/// Urms(1/2): the rms value of one cycle that begins at a zero crossing of the fundamental, refreshed each half cycle
/// (IEC 61000-4-30:2015, 3.23 and 5.4).
public struct HalfCycleValue: Sendable, Hashable {
    /// When the cycle began, s after the first sample.
    public let start: Double
    /// When it ended, s after the first sample.
    public let end: Double
    /// Its effective value, V.
    public let rms: Double
    /// Fundamental of the cycle: effective value in V, and angle in degrees at `start` of a sine (0° where the cycle began
    /// at a rising zero crossing). `nil` of the first and last cycles of a recording, which filters do not reach.
    public let fundamental: Phasor?
    /// Whether a zero crossing was found there; otherwise the cycles went on at the last known frequency, as in an
    /// interruption.
    public let tracked: Bool
    /// Samples taken when the value was known: what orders values of several channels.
    public let decided: Int

    /// The angle, in degrees, that the fundamental would have at `time` if it went on as in this cycle.
    func angle(at time: Double) -> Double? {
        fundamental.map { $0.angle + 360 * (time - start) / (end - start) }
    }
}
