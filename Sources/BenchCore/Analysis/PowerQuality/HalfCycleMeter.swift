/// Gives Urms(1/2) of one voltage channel from its samples, fed in pieces of any size (IEC 61000-4-30:2015, 5.4).
///
/// Zero crossings are those of the channel's own fundamental; where they fail, cycles go on at the last frequency.
/// A value is known about two cycles after its end. Memory is constant: some ten cycles of samples.
public struct HalfCycleMeter: Sendable {
    /// Frames a second.
    public let rate: Double
    /// Samples that were no numbers or beyond 1e9 V and counted as zero.
    public private(set) var invalidSamples = 0

    private var history: SampleHistory
    private var tracker: CycleTracker
    private var begun = false
    private var found: [CycleTracker.Edge] = []

    /// A meter for one channel.
    ///
    /// - Parameters:
    ///   - rate: frames a second, from 2 000 to 100 million.
    ///   - nominal: nominal frequency of the system.
    ///   - declared: Udin, V: crossings of a fundamental below 3 % of it are not followed.
    /// - Throws: `PowerQualityTrouble` where rate or Udin are out of range.
    public init(rate: Double, nominal: NominalFrequency, declared: Double) throws(PowerQualityTrouble) {
        guard rate >= 2000, rate <= 1e8 else {
            throw PowerQualityTrouble("Urms(1/2) needs 2 kS/s to 100 MS/s, not \(rate) S/s")
        }
        guard declared > 0, declared <= 1e9 else {
            throw PowerQualityTrouble("the declared voltage Udin is above 0 V, not \(declared) V")
        }
        self.rate = rate
        let cycle = rate / nominal.range.lowerBound
        history = SampleHistory(holding: Int(10 * cycle) + 64)
        tracker = CycleTracker(rate: rate, nominal: nominal, least: 0.03 * declared * 2.0.squareRoot())
    }

    /// Frequency of the fundamental, Hz: the median of the last seven cycles; `nil` before the first.
    public var frequency: Double? { tracker.measured ? rate / tracker.period : nil }

    /// Takes the next samples; gives the values that became known.
    public mutating func process(_ piece: [Double]) -> [HalfCycleValue] {
        var found: [HalfCycleValue] = []
        piece.withUnsafeBufferPointer { process($0) { found.append($0) } }
        return found
    }

    /// Takes the next samples from memory; hands out the values that became known, in order.
    public mutating func process(_ piece: UnsafeBufferPointer<Double>, _ output: (HalfCycleValue) -> Void) {
        // No more at once than the history can spare.
        let most = max(1, Int(rate / 100))
        var edges: [CycleTracker.Edge] = []
        swap(&edges, &found)
        defer { swap(&edges, &found) }
        var from = 0
        while from < piece.count {
            let to = min(piece.count, from + most)
            edges.removeAll(keepingCapacity: true)
            let part = UnsafeBufferPointer(rebasing: piece[from..<to])
            let bad = history.append(part)
            if bad > 0 {
                invalidSamples += bad
                part.map { abs($0) <= 1e9 ? $0 : 0 }.withUnsafeBufferPointer {
                    tracker.process($0) { edges.append($0) }
                }
            } else {
                tracker.process(part) { edges.append($0) }
            }
            for edge in edges { value(edge, output) }
            from = to
        }
    }

    /// The values up to the last sample, at the last known frequency: for the end of a recording.
    public mutating func finish() -> [HalfCycleValue] {
        var edges: [CycleTracker.Edge] = []
        tracker.finish(history.count) { edges.append($0) }
        var found: [HalfCycleValue] = []
        for edge in edges { value(edge) { found.append($0) } }
        return found
    }

    private mutating func value(_ edge: CycleTracker.Edge, _ output: (HalfCycleValue) -> Void) {
        if !begun {
            begun = true
            // What was before the first edge, half a cycle at a time.
            var steps = Int(((edge.place - edge.period - Double(history.oldest)) / (edge.period / 2)).rounded(.down))
            while steps > 0 {
                var early = edge
                early.place -= Double(steps) * edge.period / 2
                early.tracked = false
                single(early, output)
                steps -= 1
            }
        }
        single(edge, output)
    }

    private func single(_ edge: CycleTracker.Edge, _ output: (HalfCycleValue) -> Void) {
        let from = edge.place - edge.period
        guard history.holds(from, edge.place) else { return }
        output(
            HalfCycleValue(
                start: from / rate, end: edge.place / rate,
                rms: max(0, history.meanSquare(from, edge.place)).squareRoot(),
                fundamental: tracker.fundamental(from: from, period: edge.period), tracked: edge.tracked,
                decided: edge.decided))
    }

    /// When the voltage left its course: from 0.6 cycles before `value` to its end, the first moment at which it differs from one
    /// cycle earlier by a tenth of the largest such difference, and by `least` volts. s after the first sample; `nil`
    /// where it never does, as on a slow ramp.
    func departure(_ value: HalfCycleValue, least: Double) -> Double? {
        let period = (value.end - value.start) * rate
        let first = Int((value.start * rate - 0.6 * period).rounded(.up))
        let last = Int(value.end * rate)
        guard history.holds(Double(first) - period - 1, Double(last)) else { return nil }
        let differences = (first...last).map { abs(history[$0] - history.value(at: Double($0) - period)) }
        let level = max(least, 0.1 * (differences.max() ?? 0))
        return differences.firstIndex { $0 > level }.map { Double(first + $0) / rate }
    }

    /// Urms(1/2) from zero crossings that are known: one value for each crossing but the first two, over the cycle that ends
    /// there.
    ///
    /// - Parameters:
    ///   - samples: of the channel, V.
    ///   - crossings: places of successive zero crossings (rising and falling) on the scale of sample numbers, growing.
    /// - Returns: the effective value of each cycle, V.
    /// - Throws: `PowerQualityTrouble` where crossings do not grow or lie outside the samples.
    public static func values(_ samples: [Double], crossings: [Double]) throws(PowerQualityTrouble) -> [Double] {
        var history = SampleHistory(holding: samples.count)
        _ = samples.withUnsafeBufferPointer { history.append($0) }
        var found: [Double] = []
        for n in crossings.indices.dropFirst(2) {
            guard crossings[n - 2] < crossings[n - 1], crossings[n - 1] < crossings[n],
                history.holds(crossings[n - 2], crossings[n])
            else {
                throw PowerQualityTrouble(
                    "zero crossing \(n) of \(crossings.count) does not follow the one before it inside the samples")
            }
            found.append(max(0, history.meanSquare(crossings[n - 2], crossings[n])).squareRoot())
        }
        return found
    }
}
