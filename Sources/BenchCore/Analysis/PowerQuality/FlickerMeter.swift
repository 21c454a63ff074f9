/// A flicker meter after IEC 61000-4-15:2010 (edition 2) for one voltage: samples in any unit and in pieces of any size;
/// the severity of each interval as it ends.
///
/// The samples are brought to a working rate of 4 to 8 kS/s (2 to 4 kS/s from digitizers that are not faster), linear in phase
/// and flat to 0.3 of it; then blocks 1 to 5 follow. Memory is constant. Results are the same to the last bit
/// whatever the pieces.
public struct FlickerMeter: Sendable {
    /// The lamp.
    public let lamp: FlickerLamp
    /// Frames a second that come in.
    public let rate: Double
    /// Length of an interval, s.
    public let interval: Double
    /// When the first interval begins, s after the first sample.
    public let begin: Double
    /// The newest Pinst, in units of perceptibility.
    public private(set) var pinst = 0.0
    /// Samples so far.
    public private(set) var samples = 0

    private var reduction: RateReduction
    private var chain: FlickerChain
    private var classes = FlickerClasses()
    private var finished = 0
    private var skip: Int
    private var maximum = 0.0
    private var invalid = 0

    /// A meter for a lamp.
    ///
    /// - Parameters:
    ///   - lamp: lamp voltage and nominal frequency.
    ///   - rate: frames a second, from 2 000 to 100 million.
    ///   - interval: length of the intervals, s; the standard asks for 600.
    ///   - begin: start of the first interval, s after the first sample: time for the filters to settle (the adaptor of block 1
    ///     has 27.3 s), or the way to the next ten minutes of the clock.
    /// - Throws: `PowerQualityTrouble` where rate, interval or begin are out of range.
    public init(
        _ lamp: FlickerLamp, rate: Double, interval: Double = 600, begin: Double = 60
    ) throws(PowerQualityTrouble) {
        guard rate >= 2000, rate <= 1e8 else {
            throw PowerQualityTrouble("a flicker meter needs 2 kS/s to 100 MS/s, not \(rate) S/s")
        }
        guard interval >= 1, interval <= 86400 else {
            throw PowerQualityTrouble(
                "a flicker interval lasts 1 s to 86 400 s (600 s in the standard), not \(interval) s")
        }
        guard begin >= 0, begin <= 1e6 else {
            throw PowerQualityTrouble(
                "the first flicker interval begins 0 s to 1e6 s after the first sample, not \(begin) s")
        }
        self.lamp = lamp
        self.rate = rate
        self.interval = interval
        self.begin = begin
        reduction = RateReduction(from: rate, target: 4000)
        chain = FlickerChain(lamp, rate: reduction.rate)
        skip = reduction.incomplete
    }

    /// Takes the next samples; gives the severity of every interval that ended with them.
    public mutating func process(_ piece: [Double]) -> [FlickerSeverity] {
        piece.withUnsafeBufferPointer { process($0) }
    }

    /// Takes the next samples from memory; gives the severity of every interval that ended with them.
    public mutating func process(_ piece: UnsafeBufferPointer<Double>) -> [FlickerSeverity] {
        var results: [FlickerSeverity] = []
        var from = 0
        while from < piece.count {
            // Intervals end on whole samples: the piece is cut there, whatever its size.
            let (edge, counting) = nextEdge
            let to = min(piece.count, from + edge - samples)
            run(UnsafeBufferPointer(rebasing: piece[from..<to]), counting: counting)
            samples += to - from
            from = to
            if samples == edge, counting { results.append(close()) } else if samples == edge { invalid = 0 }
        }
        return results
    }

    /// The sample at which the present interval ends (or the first begins), and whether it counts.
    private var nextEdge: (Int, Bool) {
        let first = Int((begin * rate).rounded())
        guard samples >= first else { return (first, false) }
        return (Int(((begin + Double(finished + 1) * interval) * rate).rounded()), true)
    }

    private mutating func close() -> FlickerSeverity {
        let levels = classes.levels(FlickerSeverity.percents)
        let result = FlickerSeverity(
            pst: FlickerSeverity.shortTerm(levels: levels) ?? 0, pinstMax: maximum,
            start: begin + Double(finished) * interval, duration: interval, invalidSamples: invalid)
        finished += 1
        classes.clear()
        maximum = 0
        invalid = 0
        return result
    }

    private mutating func run(_ piece: UnsafeBufferPointer<Double>, counting: Bool) {
        var bad = 0
        for x in piece { bad &+= abs(x) <= 1e9 ? 0 : 1 }
        guard bad > 0 else {
            work(piece, counting)
            return
        }
        invalid += bad
        piece.map { abs($0) <= 1e9 ? $0 : 0 }.withUnsafeBufferPointer { work($0, counting) }
    }

    private mutating func work(_ piece: UnsafeBufferPointer<Double>, _ counting: Bool) {
        // State in locals while the loop runs.
        var chain = chain
        var skip = skip
        var maximum = maximum
        var last = pinst
        var classes = FlickerClasses.none
        swap(&classes, &self.classes)
        reduction.process(piece) { x in
            if skip > 0 {
                skip &-= 1
                return
            }
            last = chain.step(x)
            if counting {
                classes.add(last)
                maximum = max(maximum, last)
            }
        }
        swap(&classes, &self.classes)
        self.chain = chain
        self.skip = skip
        self.maximum = maximum
        pinst = last
    }
}
