#if canImport(Glibc)
    import Glibc
#endif

/// Brings one channel to zero frequency, takes everything else away, and keeps every so manyth sample.
///
/// The filter is a Hann-windowed sinc with an even shape, so it delays nothing: each output stands at its sample.
struct ChannelFilter {
    /// Samples from one output to the next.
    let stride: Int
    /// Samples that the filter needs on either side of an output.
    let half: Int
    private let taps: [Double]
    private let turn: Double

    /// What white noise of power 1 in the samples becomes.
    var noiseGain: Double { taps.reduce(0) { $0 + $1 * $1 } }

    /// - Parameters:
    ///   - offset: middle of the channel relative to the centre frequency, in parts of the sample rate.
    ///   - width: what passes with at least half its amplitude, in parts of the sample rate.
    init(offset: Double, width: Double, stride: Int) {
        self.stride = max(1, stride)
        turn = offset
        // Beyond the whole band there is nothing to take away.
        guard width < 0.95 else {
            half = 0
            taps = [1]
            return
        }
        let half = max(1, Int((1.6 / width).rounded(.up)))
        var taps = (-half...half).map { n -> Double in
            let x = Double(n) * width * .pi
            let sinc = n == 0 ? 1 : sin(x) / x
            return sinc * (0.5 + 0.5 * cos(.pi * Double(n) / Double(half + 1)))
        }
        let sum = taps.reduce(0, +)
        for index in taps.indices { taps[index] /= sum }
        self.half = half
        self.taps = taps
    }

    /// Outputs at `first`, `first + stride` … below `end` (numbers of samples); those whose filter reaches beyond what is held are left out at both
    /// ends. Gives the number of the sample of the first output too.
    func run(_ memory: SampleMemory, from first: Int, to end: Int) -> (first: Int, re: [Double], im: [Double]) {
        let begin = max(first, memory.first + half), last = min(end, memory.end - half)
        guard begin < last else { return (begin, [], []) }
        let count = (last - begin + stride - 1) / stride
        var re = [Double](repeating: 0, count: count), im = re
        let samples = memory.samples(from: begin - half)
        // Every tap turned back by its own phase: mixing and filtering in one. Four complex taps are worked on together; those that make their number
        // a multiple of four are zero.
        let eights = (taps.count + 3) / 4
        var real = [SIMD8<Float>](repeating: .zero, count: eights), imaginary = real
        for (n, tap) in taps.enumerated() {
            let angle = -2 * Double.pi * turn * Double(n - half)
            let (c, s) = (Float(tap * cos(angle)), Float(tap * sin(angle)))
            real[n / 4][n % 4 * 2] = c
            real[n / 4][n % 4 * 2 + 1] = -s
            imaginary[n / 4][n % 4 * 2] = s
            imaginary[n / 4][n % 4 * 2 + 1] = c
        }
        // The phase of the output itself, so that outputs are one signal, turns by the same angle each time.
        let angle = -2 * Double.pi * (turn * Double(stride)).truncatingRemainder(dividingBy: 1)
        let (stepC, stepS) = (cos(angle), sin(angle))
        var (c, s) = (1.0, 0.0)
        real.withUnsafeBufferPointer { real in
            imaginary.withUnsafeBufferPointer { imaginary in
                for n in 0..<count {
                    let x = UnsafeRawPointer(samples + 2 &* n &* stride)
                    var a = SIMD8<Float>.zero, b = a
                    for k in 0..<eights {
                        let some = x.loadUnaligned(fromByteOffset: 32 &* k, as: SIMD8<Float>.self)
                        a += some * real[k]
                        b += some * imaginary[k]
                    }
                    let (u, v) = (Double(a.sum()), Double(b.sum()))
                    re[n] = u * c - v * s
                    im[n] = u * s + v * c
                    (c, s) = (c * stepC - s * stepS, c * stepS + s * stepC)
                }
            }
        }
        return (begin, re, im)
    }
}
