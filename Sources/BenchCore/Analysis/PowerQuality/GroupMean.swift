/// Weighted means of groups of samples, two multiplications a sample: the first step down from rates of several hundred kS/s.
///
/// The weights rise over one group and fall over the next (two running means, of `factor` and `factor` + 1 samples), so that what
/// folds onto frequencies far below the rate of the groups is taken away by the square of their ratio: 61 dB or more as
/// `RateReduction` uses it. Four lanes by the place in the group keep the sums the same whatever the pieces.
struct GroupMean: Sendable {
    /// Inputs to one output: a multiple of four.
    let factor: Int
    private let scale: Double
    private var sum = SIMD4<Double>.zero
    private var weighted = SIMD4<Double>.zero
    private var before = 0.0
    private var phase = 0

    init(factor: Int) {
        self.factor = factor
        scale = 1 / (Double(factor) * Double(factor + 1))
    }

    /// Place of output 0 on the scale of inputs: half a sample before the first, as the weights of its first group lie before
    /// the beginning.
    var centre: Double { -0.5 }
    /// Outputs that count zeros before the first sample.
    var incomplete: Int { 1 }

    /// Takes samples and hands out what comes of them.
    @inline(__always)
    mutating func process(_ samples: UnsafeBufferPointer<Double>, _ output: (Double) -> Void) {
        guard let base = samples.baseAddress else { return }
        let raw = UnsafeRawPointer(base)
        var sum = sum
        var weighted = weighted
        var phase = phase
        var n = 0
        while n < samples.count {
            if phase & 3 == 0, n &+ 4 <= samples.count {
                let first = Double(phase)
                var weights = SIMD4<Double>(first + 1, first + 2, first + 3, first + 4)
                let end = n &+ min(factor &- phase, samples.count &- n) & ~3
                phase &+= end &- n
                while n < end {
                    let x = raw.loadUnaligned(fromByteOffset: n &* 8, as: SIMD4<Double>.self)
                    sum += x
                    weighted += weights * x
                    weights += 4
                    n &+= 4
                }
            } else {
                let x = base[n]
                sum[phase & 3] += x
                weighted[phase & 3] += Double(phase &+ 1) * x
                phase &+= 1
                n &+= 1
            }
            guard phase == factor else { continue }
            phase = 0
            let all = (sum.x + sum.y) + (sum.z + sum.w)
            let rising = (weighted.x + weighted.y) + (weighted.z + weighted.w)
            output((Double(factor &+ 1) * all - rising + before) * scale)
            before = rising
            sum = .zero
            weighted = .zero
        }
        self.sum = sum
        self.weighted = weighted
        self.phase = phase
    }
}
