/// One window of whole cycles, as IEC 61000-4-30 measures class A values in: 10 cycles at 50 Hz, 12 at 60 Hz, without a gap to the next.
public struct SynchronousWindow: Sendable, Hashable {
    /// Where it begins and ends, in samples since the start (between samples as well).
    public let begin: Double, end: Double
    /// Cycles in it, and their mean frequency, Hz.
    public let cycles: Int, frequency: Double
    /// Each channel at evenly spaced moments, as many as a spectrum can be made of.
    public let channels: [[Double]]
    /// The fundamental was missing in it: its length is that of the last good frequency, and its values are to be flagged.
    public let held: Bool

    /// Effective value of a channel (IEC 61000-4-30, 5.2.1): everything counts, the direct component as well.
    public func rms(_ channel: Int) -> Double { Aggregation.rms(channels[channel]) }

    /// Mean of the product of two channels: active power of a voltage and a current.
    public func mean(_ one: Int, times other: Int) -> Double {
        var sum = 0.0
        for n in channels[one].indices { sum += channels[one][n] * channels[other][n] }
        return sum / Double(channels[one].count)
    }
}

/// Cuts channels into windows of whole cycles of one of them, while the samples arrive.
///
/// The windows follow each other without a gap; a window is ready some four cycles after its last sample. Memory does not grow.
public struct SynchronousWindows: Sendable {
    /// Cycles in a window and points that each channel has in it: a product of 2, 3 and 5.
    public let cycles: Int, count: Int
    /// The tracker of the reference channel.
    public private(set) var tracker: FrequencyTracker
    /// The ticks at which windows begin anew; `nil` where the record's time is not known. To be set before the first samples.
    public var ticks: TenMinuteTicks?
    private let reference: Int
    private var histories: [ChannelHistory]
    /// Turns at which the next window begins.
    private var next: Double?

    /// - Parameters:
    ///   - rate: samples a second, at least 16 in a cycle.
    ///   - nominal: 50 or 60 Hz (any other for tests); 10 cycles below 55 Hz, else 12, unless `cycles` says otherwise.
    ///   - channels: how many there are; `reference` is the number of the one whose cycles count.
    ///   - least: effective value below which the fundamental counts as missing.
    public init?(
        rate: Double, nominal: Double, channels: Int, reference: Int = 0, cycles: Int? = nil, least: Double = 0
    ) {
        guard let tracker = FrequencyTracker(rate: rate, nominal: nominal, least: least), channels > 0,
            (0..<channels).contains(reference), cycles ?? 10 > 0
        else { return nil }
        self.tracker = tracker
        self.reference = reference
        self.cycles = cycles ?? (nominal < 55 ? 10 : 12)
        // Enough points for the lowest frequency of class A (42.5 Hz of 50): nothing of the band is folded.
        count = FourierTransform.length(atLeast: Int((1.2 * Double(self.cycles) * rate / nominal).rounded(.up)))
        histories = [ChannelHistory](repeating: ChannelHistory(), count: channels)
    }

    /// Takes the next samples, as many of each channel, and returns the windows that are complete with them.
    public mutating func feed(_ samples: [[Double]]) -> [SynchronousWindow] {
        precondition(samples.count == histories.count && samples.allSatisfy { $0.count == samples[0].count })
        for n in histories.indices { histories[n].append(samples[n]) }
        tracker.feed(samples[reference])
        var result: [SynchronousWindow] = []
        while let window = window() { result.append(window) }
        return result
    }

    private mutating func window() -> SynchronousWindow? {
        guard let known = tracker.known else { return nil }
        if next == nil {
            // The first window begins with the first zero crossing upwards that has enough samples before it.
            let earliest = max(known.lowerBound, Double(SincResampler.reach))
            next = tracker.turns(at: earliest).map { ($0 + 0.25).rounded(.up) - 0.25 }
        }
        guard let from = next, let begin = tracker.place(ofTurns: from),
            let end = tracker.place(ofTurns: from + Double(cycles)),
            end + Double(SincResampler.reach) + 1 < Double(histories[0].end)
        else { return nil }
        let channels = histories.map { SincResampler.shared.values($0, from: begin, to: end, count: count) }
        // A tick inside the window: the next begins there, and overlaps.
        let tick = ticks?.next(after: begin) ?? .infinity
        let following = min(end, tick)
        next = tick < end ? tracker.turns(at: tick) : from + Double(cycles)
        for n in histories.indices { histories[n].forget(before: Int(following) - SincResampler.reach - 1) }
        let held = tracker.isHeld(begin...end)
        // Twelve seconds stay, so that the frequency over ten can be asked for.
        tracker.forget(before: end - 12 * tracker.rate)
        return SynchronousWindow(
            begin: begin, end: end, cycles: cycles, frequency: Double(cycles) / (end - begin) * tracker.rate,
            channels: channels, held: held)
    }
}
