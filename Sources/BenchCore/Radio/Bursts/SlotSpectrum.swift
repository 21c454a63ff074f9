#if canImport(Glibc)
    import Glibc
#endif

/// Power spectra of a stream of complex samples: a slot is the mean of four frames under a Hann window that overlap by half.
///
/// The four frames are the four lanes of one transform. Bins stand in the order of frequency, the centre in the middle.
struct SlotSpectrum {
    /// Bins, samples from one slot to the next, samples that a slot looks at.
    let bins: Int
    var step: Int { 2 * bins }
    var reach: Int { 5 * bins / 2 }
    /// Power of each bin; the sum over all bins is the mean square of the samples. Two more at each end hold nothing.
    let power: UnsafeMutablePointer<Double>
    private let transform: FourierTransform
    private let memory: UnsafeMutablePointer<Lanes>
    private let window: [Float]
    private let scale: Double

    /// For bins of at most so many Hz.
    init(rate: Double, resolution: Double) {
        // At least 64 bins, so that a channel is told from the noise beside it.
        var bins = 64
        while rate / Double(bins) > resolution, bins < 1 << 15 { bins *= 2 }
        self.bins = bins
        guard let transform = FourierTransform(count: bins) else { preconditionFailure("a power of two is a length") }
        self.transform = transform
        window = (0..<bins).map { Float(0.5 - 0.5 * cos(2 * .pi * (Double($0) + 0.5) / Double(bins))) }
        let square = window.reduce(0.0) { $0 + Double($1) * Double($1) }
        scale = 1 / (4 * Double(bins) * square)
        memory = .allocate(capacity: 4 * bins)
        memory.initialize(repeating: .zero, count: 4 * bins)
        power = .allocate(capacity: bins)
        power.initialize(repeating: 0, count: bins)
    }

    func free() {
        memory.deallocate()
        power.deallocate()
    }

    /// The spectrum of the samples from `x` on (I and Q by turns, `reach` of them) into `power`.
    @inline(never)
    func run(_ x: UnsafePointer<Float>) {
        let n = bins
        window.withUnsafeBufferPointer { window in
            guard let w = window.baseAddress else { return }
            // Half a frame is as many numbers as a frame has bins.
            let a = x, b = x + n, c = x + 2 &* n, d = x + 3 &* n
            var at = 0
            while at < n {
                let i = 2 &* at
                let factor = SIMD4<Float>(repeating: w[at])
                memory[i] = Lanes(SIMD4<Float>(a[i], b[i], c[i], d[i]) * factor)
                memory[i &+ 1] = Lanes(SIMD4<Float>(a[i &+ 1], b[i &+ 1], c[i &+ 1], d[i &+ 1]) * factor)
                at &+= 1
            }
        }
        let spectrum = transform.run(memory, memory + 2 &* n)
        let half = n / 2
        var at = 0
        while at < half {
            let lower = 2 &* at, upper = 2 &* (at &+ half)
            let p = (spectrum[lower] * spectrum[lower]).plus(spectrum[lower &+ 1], times: spectrum[lower &+ 1])
            let q = (spectrum[upper] * spectrum[upper]).plus(spectrum[upper &+ 1], times: spectrum[upper &+ 1])
            power[at &+ half] = (p[0] + p[1] + (p[2] + p[3])) * scale
            power[at] = (q[0] + q[1] + (q[2] + q[3])) * scale
            at &+= 1
        }
    }

    /// Makes the bins around the centre the mean of those beside them.
    func bridgeCentre(_ width: Int) {
        guard width >= 0, bins > 4 * width + 8 else { return }
        let middle = bins / 2
        let below = (power[middle - width - 1] + power[middle - width - 2]) / 2
        let above = (power[middle + width + 1] + power[middle + width + 2]) / 2
        for bin in middle - width...middle + width { power[bin] = (below + above) / 2 }
    }
}
