/// Remembers dips, swells and interruptions, to flag the values of the times they fall into (IEC 61000-4-30:2015, 4.7: one
/// event must not be counted twice, so values of frequency, voltage, flicker, harmonics and the like are told as flagged).
public struct EventFlags: Sendable {
    private var events: [VoltageEvent] = []

    /// With no event.
    public init() {}

    /// Remembers events that ended.
    public mutating func add(_ ended: [VoltageEvent]) { events += ended }

    /// Whether an event falls into the time from `from` to `to`, s after the first sample; `active` are those still going on.
    public func flags(_ from: Double, _ to: Double, active: [VoltageEvent] = []) -> Bool {
        events.contains { $0.overlaps(from, to) } || active.contains { $0.overlaps(from, to) }
    }

    /// Forgets what ended before `time`: memory stays as small as what may still be asked.
    public mutating func forget(before time: Double) { events.removeAll { $0.complete && $0.end < time } }
}
