import Glibc

/// A linear-phase low-pass that gives every `factor`-th sample: each input adds to the outputs it belongs to, so that the
/// result depends on the samples alone, never on the pieces they come in.
struct Decimator: Sendable {
    /// Inputs to one output.
    let factor: Int
    /// To how many outputs one input adds.
    let lanes: Int
    /// Place of the centre of the taps of output 0, in inputs; output m is centred at `centre + m·factor`.
    let centre: Double
    private let taps: [Double]
    private var sums: [Double]
    private var phase = 0

    /// A Kaiser low-pass, 80 dB, pass and stop edges as fractions of the output rate.
    init(factor: Int, pass: Double, stop: Double) {
        self.factor = factor
        // Kaiser's estimate of the length: (A − 8)/(2.285·Δω), with Δω against the input rate.
        let attenuation = 80.0
        let width = 2 * Double.pi * (stop - pass) / Double(factor)
        let needed = (attenuation - 8) / (2.285 * width) + 1
        lanes = max(2, Int((needed / Double(factor)).rounded(.up)))
        let count = lanes * factor
        let beta = 0.1102 * (attenuation - 8.7)
        let cut = (stop + pass) / 2 / Double(factor)
        let middle = Double(count - 1) / 2
        var h = (0..<count).map { n -> Double in
            let x = Double(n) - middle
            let sinc = x == 0 ? 2 * cut : sin(2 * .pi * cut * x) / (.pi * x)
            let edge = x / (middle + 0.5)
            return sinc * Self.bessel(beta * max(0, 1 - edge * edge).squareRoot())
        }
        let sum = h.reduce(0, +)
        for n in h.indices { h[n] /= sum }
        // Input p of a group of `factor` adds to the output of its own group with tap factor − 1 − p, to the next with a
        // tap one group later, and so on.
        var ordered = [Double](repeating: 0, count: count)
        for p in 0..<factor {
            for lane in 0..<lanes { ordered[p * lanes + lane] = h[lane * factor + factor - 1 - p] }
        }
        taps = ordered
        sums = [Double](repeating: 0, count: lanes + 1)
        centre = Double(factor - 1) - middle
    }

    /// Outputs before the taps are full, whose value counts zeros before the first sample.
    var incomplete: Int { lanes - 1 }

    /// Takes samples and hands out what comes of them.
    @inline(__always)
    mutating func process(_ samples: UnsafeBufferPointer<Double>, _ output: (Double) -> Void) {
        var phase = phase
        let lanes = lanes
        let factor = factor
        taps.withUnsafeBufferPointer { taps in
            sums.withUnsafeMutableBufferPointer { sums in
                guard let s = sums.baseAddress, let h = taps.baseAddress else { return }
                var n = 0
                while n < samples.count {
                    let x = samples[n]
                    let row = h + phase * lanes
                    var lane = 0
                    phase &+= 1
                    if phase < factor {
                        while lane < lanes {
                            s[lane] += row[lane] * x
                            lane &+= 1
                        }
                    } else {
                        phase = 0
                        let done = s[0] + row[0] * x
                        lane = 1
                        while lane < lanes {
                            s[lane &- 1] = s[lane] + row[lane] * x
                            lane &+= 1
                        }
                        s[lanes &- 1] = 0
                        output(done)
                    }
                    n &+= 1
                }
            }
        }
        self.phase = phase
    }

    /// Modified Bessel function I0, by its series.
    static func bessel(_ x: Double) -> Double {
        var term = 1.0
        var sum = 1.0
        var k = 1.0
        while term > 1e-17 * sum {
            term *= (x / (2 * k)) * (x / (2 * k))
            sum += term
            k += 1
        }
        return sum
    }
}
