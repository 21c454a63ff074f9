/// Finds rapid voltage changes in the Urms(1/2) of one or several channels (IEC 61000-4-30:2015, 5.11.2).
///
/// A channel is steady while all of its last 100 (50 Hz) or 120 (60 Hz) values lie within the threshold of their arithmetic
/// mean; the system while all channels are. A change begins when the system stops being steady and ends 100/120 values before it is
/// steady again, then with the threshold less its hysteresis. A change with a dip or swell in it is none.
public struct RapidChangeDetector: Sendable {
    private struct Channel: Sendable {
        var values: [Double] = []
        var starts: [Double] = []
        var place = 0
        var steady = false
        var mean = 0.0
        var meanBefore = 0.0
        var left = false
    }

    private let thresholds: VoltageThresholds
    private let length: Int
    private var channels: [Channel]
    private var steady = false
    private var start: Double?
    private var largest = 0.0
    private var spoiled = false

    /// For so many channels of a system.
    ///
    /// - Throws: `PowerQualityTrouble` where there is none.
    public init(
        channels count: Int, nominal: NominalFrequency, thresholds: VoltageThresholds
    ) throws(PowerQualityTrouble) {
        guard count > 0 else { throw PowerQualityTrouble("rapid voltage changes need at least one channel") }
        self.thresholds = thresholds
        length = 2 * nominal.rawValue
        channels = [Channel](repeating: Channel(), count: count)
    }

    /// Takes the next value of a channel (from 0), and whether a dip, swell or interruption is going on; gives the change that
    /// ends with it.
    public mutating func add(_ value: HalfCycleValue, channel: Int, eventActive: Bool) -> RapidVoltageChange? {
        guard channels.indices.contains(channel), value.rms.isFinite else { return nil }
        push(value, channel)
        if eventActive { spoiled = true }
        if start != nil { largest = max(largest, abs(value.rms - channels[channel].meanBefore)) }
        guard channels.allSatisfy({ $0.values.count == length }) else { return nil }
        if !channels[channel].steady { channels[channel].left = true }
        let now = channels.allSatisfy(\.steady)
        defer { steady = now }
        switch (steady, now) {
        case (true, false):
            start = value.start
            spoiled = eventActive
            for n in channels.indices { channels[n].left = !channels[n].steady }
            largest = abs(value.rms - channels[channel].meanBefore)
        case (false, true):
            let begun = start
            start = nil
            if let begun, !spoiled { return change(begun) }
        default: break
        }
        return nil
    }

    private func change(_ begun: Double) -> RapidVoltageChange {
        let end = channels.map { $0.starts[$0.place] }.max() ?? begun
        return RapidVoltageChange(
            start: begun, end: max(begun, end), largestChange: largest,
            steadyChange: channels.map { abs($0.mean - $0.meanBefore) }.max() ?? 0,
            channels: channels.indices.filter { channels[$0].left })
    }

    private mutating func push(_ value: HalfCycleValue, _ channel: Int) {
        let limit =
            thresholds.declared
            * (steady ? thresholds.rapidChange : thresholds.rapidChange - thresholds.rapidChangeHysteresis)
        var state = channels[channel]
        channels[channel] = Channel()
        if state.values.count < length {
            state.values.append(value.rms)
            state.starts.append(value.start)
        } else {
            state.values[state.place] = value.rms
            state.starts[state.place] = value.start
            state.place = (state.place + 1) % length
        }
        // The mean before a change is the last one of the steady state.
        if steady { state.meanBefore = state.mean }
        let (sum, low, high) = Self.spread(state.values)
        state.mean = sum / Double(state.values.count)
        state.steady = state.values.count == length && high - state.mean <= limit && state.mean - low <= limit
        channels[channel] = state
    }

    /// Sum, lowest and highest of values.
    private static func spread(_ values: [Double]) -> (sum: Double, low: Double, high: Double) {
        values.withUnsafeBufferPointer { values in
            var sum = Lanes.zero, low = Lanes(repeating: .infinity), high = -low
            var n = 0
            while n &+ 4 <= values.count {
                let x = Lanes(values[n], values[n &+ 1], values[n &+ 2], values[n &+ 3])
                sum += x
                low = low.smaller(x)
                high = high.larger(x)
                n &+= 4
            }
            var (all, least, most) = (sum.sum(), low.min(), high.max())
            while n < values.count {
                all += values[n]
                least = min(least, values[n])
                most = max(most, values[n])
                n &+= 1
            }
            return (all, least, most)
        }
    }
}
