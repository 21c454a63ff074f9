/// Watches the voltages of a system: Urms(1/2) of each channel, dips, swells, interruptions and rapid voltage changes, from
/// samples in pieces of any size (IEC 61000-4-30:2015, 5.4, 5.5, 5.11).
///
/// The findings are the same whatever the pieces. Memory is constant.
public struct VoltageMonitor: Sendable {
    /// What became known with a piece.
    public struct Findings: Sendable, Hashable {
        /// Urms(1/2), in the order in which they became known.
        public var values: [Value] = []
        /// Dips, swells and interruptions that ended.
        public var events: [VoltageEvent] = []
        /// Rapid voltage changes that ended.
        public var changes: [RapidVoltageChange] = []
    }

    /// Urms(1/2) of a channel.
    public struct Value: Sendable, Hashable {
        /// The channel, from 0.
        public let channel: Int
        /// The value.
        public let value: HalfCycleValue
    }

    /// The thresholds.
    public let thresholds: VoltageThresholds
    private var meters: [HalfCycleMeter]
    private var detector: VoltageEventDetector
    private var changes: RapidChangeDetector
    private let most: Int

    /// For channels of one system.
    ///
    /// - Parameters:
    ///   - channels: how many.
    ///   - rate: frames a second, from 2 000 to 100 million.
    ///   - nominal: nominal frequency.
    ///   - thresholds: Udin and the thresholds.
    /// - Throws: `PowerQualityTrouble` where there is no channel or the rate is out of range.
    public init(
        channels: Int, rate: Double, nominal: NominalFrequency, thresholds: VoltageThresholds
    ) throws(PowerQualityTrouble) {
        detector = try VoltageEventDetector(channels: channels, thresholds: thresholds)
        changes = try RapidChangeDetector(channels: channels, nominal: nominal, thresholds: thresholds)
        let meter = try HalfCycleMeter(rate: rate, nominal: nominal, declared: thresholds.declared)
        meters = [HalfCycleMeter](repeating: meter, count: channels)
        self.thresholds = thresholds
        most = max(1, Int(rate / 50))
    }

    /// The events going on, with their end at the newest value.
    public var active: [VoltageEvent] { detector.active }
    /// Frequency of each channel, Hz; `nil` before its first cycle.
    public var frequencies: [Double?] { meters.map(\.frequency) }
    /// Samples of each channel that were no numbers or beyond 1e9 V and counted as zero.
    public var invalidSamples: [Int] { meters.map(\.invalidSamples) }

    /// Takes the next samples of each channel, V.
    ///
    /// - Throws: `PowerQualityTrouble` where there are more or fewer channels, or they are not of one length.
    public mutating func process(_ piece: [[Double]]) throws(PowerQualityTrouble) -> Findings {
        guard piece.count == meters.count else {
            throw PowerQualityTrouble("\(piece.count) channels of samples where \(meters.count) are watched")
        }
        guard let first = piece.first, piece.allSatisfy({ $0.count == first.count }) else {
            throw PowerQualityTrouble("channels of different lengths: \(piece.map(\.count))")
        }
        var findings = Findings()
        var from = 0
        while from < first.count {
            let to = min(first.count, from + most)
            var known: [Value] = []
            for channel in meters.indices {
                piece[channel].withUnsafeBufferPointer {
                    meters[channel].process(UnsafeBufferPointer(rebasing: $0[from..<to])) {
                        known.append(Value(channel: channel, value: $0))
                    }
                }
            }
            take(known, &findings)
            from = to
        }
        return findings
    }

    /// What can be said up to the last sample, and the events that are still going on: for the end of a recording.
    public mutating func finish() -> Findings {
        var findings = Findings()
        var known: [Value] = []
        for channel in meters.indices {
            known += meters[channel].finish().map { Value(channel: channel, value: $0) }
        }
        known.sort { $0.value.end < $1.value.end }
        take(known, &findings)
        findings.events += detector.finish()
        return findings
    }

    private mutating func take(_ known: [Value], _ findings: inout Findings) {
        // Values become known at fixed samples: this order is the same whatever the pieces.
        let sorted = known.enumerated().sorted { a, b in
            (a.element.value.decided, a.element.channel, a.offset) < (
                b.element.value.decided, b.element.channel, b.offset
            )
        }
        for (_, item) in sorted {
            let meter = meters[item.channel]
            let least = 0.02 * thresholds.declared * 2.0.squareRoot()
            findings.events += detector.add(item.value, channel: item.channel) {
                meter.departure($0, least: least)
            }
            if let change = changes.add(item.value, channel: item.channel, eventActive: detector.isActive) {
                findings.changes.append(change)
            }
            findings.values.append(item)
        }
    }
}
