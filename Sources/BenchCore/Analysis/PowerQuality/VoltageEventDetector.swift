/// Finds dips, swells and interruptions in the Urms(1/2) of one or several channels (IEC 61000-4-30:2015, 5.4 and 5.5).
///
/// A dip begins when one channel falls below its threshold and ends when all are at or above threshold plus hysteresis; a
/// swell the other way round; an interruption begins when all channels are below its threshold and ends when any is at or above threshold plus
/// hysteresis.
public struct VoltageEventDetector: Sendable {
    /// The thresholds.
    public let thresholds: VoltageThresholds
    private var newest: [HalfCycleValue?]
    private var before: [[HalfCycleValue]]
    private var open: [VoltageEvent.Kind: OpenEvent] = [:]

    private struct OpenEvent: Sendable {
        var event: VoltageEvent
        var reference: HalfCycleValue?
        var jump: (value: Double, until: Double)?
    }

    /// For so many channels.
    ///
    /// - Throws: `PowerQualityTrouble` where there is none.
    public init(channels: Int, thresholds: VoltageThresholds) throws(PowerQualityTrouble) {
        guard channels > 0 else { throw PowerQualityTrouble("voltage events need at least one channel") }
        self.thresholds = thresholds
        newest = [HalfCycleValue?](repeating: nil, count: channels)
        before = [[HalfCycleValue]](repeating: [], count: channels)
    }

    /// The events going on, with their end at the newest value.
    public var active: [VoltageEvent] { VoltageEvent.Kind.allCases.compactMap { open[$0]?.event } }

    /// Whether an event is going on.
    public var isActive: Bool { !open.isEmpty }

    /// Takes the next value of a channel (from 0); gives the events that end with it.
    ///
    /// - Parameter departure: asked for when an event begins: when the voltage of that channel left its course.
    public mutating func add(
        _ value: HalfCycleValue, channel: Int, departure: (HalfCycleValue) -> Double? = { _ in nil }
    ) -> [VoltageEvent] {
        guard newest.indices.contains(channel), value.rms.isFinite else { return [] }
        newest[channel] = value
        defer { remember(value, channel) }
        // Nothing goes on and nothing begins: an interruption is a dip as well.
        if open.isEmpty, !beyond(.dip, value.rms), !beyond(.swell, value.rms) { return [] }
        var ended: [VoltageEvent] = []
        for kind in VoltageEvent.Kind.allCases {
            if open[kind] != nil {
                update(kind, value, channel)
                if over(kind), let done = close(kind, value) { ended.append(done) }
            } else if begins(kind, value) {
                begin(kind, value, channel, departure(value))
            }
        }
        return ended
    }

    private mutating func remember(_ value: HalfCycleValue, _ channel: Int) {
        if before[channel].count >= 4 { before[channel].removeFirst() }
        before[channel].append(value)
    }

    /// The events that were still going on at the end of a recording, not complete.
    public mutating func finish() -> [VoltageEvent] {
        let rest = active
        open.removeAll()
        return rest
    }

    private func beyond(_ kind: VoltageEvent.Kind, _ rms: Double) -> Bool {
        switch kind {
        case .dip: rms < thresholds.dip * thresholds.declared
        case .swell: rms > thresholds.swell * thresholds.declared
        case .interruption: rms < thresholds.interruption * thresholds.declared
        }
    }

    private func begins(_ kind: VoltageEvent.Kind, _ value: HalfCycleValue) -> Bool {
        guard beyond(kind, value.rms) else { return false }
        return kind != .interruption || newest.allSatisfy { $0.map { beyond(kind, $0.rms) } ?? false }
    }

    private func over(_ kind: VoltageEvent.Kind) -> Bool {
        let rms = newest.compactMap { $0?.rms }
        let back = thresholds.hysteresis
        switch kind {
        case .dip: return rms.allSatisfy { $0 >= (thresholds.dip + back) * thresholds.declared }
        case .swell: return rms.allSatisfy { $0 <= (thresholds.swell - back) * thresholds.declared }
        case .interruption: return rms.contains { $0 >= (thresholds.interruption + back) * thresholds.declared }
        }
    }

    private mutating func begin(
        _ kind: VoltageEvent.Kind, _ value: HalfCycleValue, _ channel: Int, _ departure: Double?
    ) {
        // A cycle that ended where this one began has nothing of the event in it; the next older is taken where the event reaches back a
        // little further.
        let half = (value.end - value.start) / 2
        let reference = before[channel].last { $0.end <= min(departure ?? value.start, value.start) + half / 4 }
        var event = VoltageEvent(
            kind: kind, start: value.start, end: value.end, extreme: value.rms, extremeChannel: channel,
            firstChannel: channel, channels: [channel], departure: departure, startAngle: nil, phaseAngleJump: nil,
            complete: false)
        if kind == .interruption { event.channels = Array(newest.indices) }
        if let departure, let angle = reference?.angle(at: departure) {
            event.startAngle = angle - 360 * (angle / 360).rounded(.down)
        }
        open[kind] = OpenEvent(event: event, reference: reference, jump: nil)
    }

    private mutating func update(_ kind: VoltageEvent.Kind, _ value: HalfCycleValue, _ channel: Int) {
        guard var state = open[kind] else { return }
        state.event.end = max(state.event.end, value.end)
        if kind == .swell ? value.rms > state.event.extreme : value.rms < state.event.extreme {
            state.event.extreme = value.rms
            state.event.extremeChannel = channel
        }
        if beyond(kind, value.rms), !state.event.channels.contains(channel) {
            state.event.channels.append(channel)
            state.event.channels.sort()
        }
        // The first cycle that lies wholly inside tells the step of the phase.
        if channel == state.event.firstChannel, state.jump == nil,
            let course = state.reference?.angle(at: value.start), let fundamental = value.fundamental,
            value.start >= state.event.departure ?? value.start,
            value.start > state.event.start + 0.4 * (value.end - value.start),
            fundamental.rms > 0.03 * thresholds.declared
        {
            let step = fundamental.angle - course
            state.jump = (step - 360 * (step / 360).rounded(), value.end)
        }
        open[kind] = state
    }

    private mutating func close(_ kind: VoltageEvent.Kind, _ value: HalfCycleValue) -> VoltageEvent? {
        guard var state = open.removeValue(forKey: kind) else { return nil }
        state.event.end = max(value.start, state.event.start)
        state.event.complete = true
        if let jump = state.jump, jump.until <= state.event.end + 1e-9 { state.event.phaseAngleJump = jump.value }
        return state.event
    }
}
