/// The way from a digitizer's rate to a working rate: one decimator, or two, with means of groups before them, where the
/// rate is high.
struct RateReduction: Sendable {
    /// Frames a second after it.
    let rate: Double
    /// Inputs to one output.
    let factor: Int
    /// Place of output 0 on the scale of inputs; output m stands at `centre + m·factor`.
    let centre: Double
    /// Outputs that count zeros before the first sample.
    let incomplete: Int
    private var groups: GroupMean?
    private var first: Decimator?
    private var second: Decimator
    private var grouped: [Double] = []
    private var between: [Double] = []

    /// To the working rate from `target` to twice `target` (or what a slower digitizer gives); flat to 0.3 and silent
    /// above 0.48 of the working rate.
    init(from rate: Double, target: Double) {
        // Groups of four or more, at least 16 times the target; then an eighth of what is left, then the rest.
        let group = Int(rate / (16 * target)) / 4 * 4
        let means = group >= 4 ? group : 1
        let whole = max(1, Int(rate / Double(means) / target))
        let early = whole >= 16 ? whole / 8 : 1
        let late = early > 1 ? max(1, Int(rate / Double(means) / Double(early) / target)) : whole
        factor = means * early * late
        self.rate = rate / Double(factor)
        second = Decimator(factor: late, pass: 0.3, stop: 0.48)
        var centre = second.centre
        var incomplete = second.incomplete
        if early > 1 {
            // What lies between the edges folds onto what the second decimator takes away.
            let edge = 0.48 / Double(late)
            let before = Decimator(factor: early, pass: edge, stop: 1 - edge)
            centre = before.centre + centre * Double(early)
            incomplete += (before.incomplete + late - 1) / late
            first = before
        }
        if means > 1 {
            let mean = GroupMean(factor: means)
            centre = mean.centre + centre * Double(means)
            incomplete += 1
            groups = mean
        }
        self.centre = centre
        self.incomplete = incomplete
    }

    /// Takes samples and hands out what comes of them. Memory is taken for the largest piece alone.
    @inline(__always)
    mutating func process(_ samples: UnsafeBufferPointer<Double>, _ output: (Double) -> Void) {
        guard groups != nil else {
            decimate(samples, output)
            return
        }
        var kept: [Double] = []
        swap(&kept, &grouped)
        kept.removeAll(keepingCapacity: true)
        groups?.process(samples) { kept.append($0) }
        kept.withUnsafeBufferPointer { decimate($0, output) }
        swap(&kept, &grouped)
    }

    @inline(__always)
    private mutating func decimate(_ samples: UnsafeBufferPointer<Double>, _ output: (Double) -> Void) {
        guard first != nil else {
            second.process(samples, output)
            return
        }
        var kept: [Double] = []
        swap(&kept, &between)
        kept.removeAll(keepingCapacity: true)
        first?.process(samples) { kept.append($0) }
        kept.withUnsafeBufferPointer { second.process($0, output) }
        swap(&kept, &between)
    }
}
