import Glibc

/// Blocks 1 to 4 of the flicker meter at the working rate (IEC 61000-4-15:2010, 5.3 to 5.6): scalars alone, so that a loop
/// keeps them in registers.
struct FlickerChain: Sendable {
    private(set) var high: FilterSection
    private(set) var low0: FilterSection, low1: FilterSection, low2: FilterSection
    private(set) var resonance: FilterSection, slope: FilterSection
    private(set) var smooth: FilterSection
    let gain: Double
    let quick: Double, slow: Double
    let enough: Double
    private var meanSquare = 0.0
    private var level = 0.0
    private var count = 0.0

    /// Time constant of block 1, s: the reference level follows a step from 10 % to 90 % in a minute (IEC 61000-4-15, 5.3).
    static let adaptor = 27.3
    /// Time constant under the root of block 1, s: short beside 27.3 s, long beside half a cycle.
    static let meanSquareTime = 0.05

    init(_ lamp: FlickerLamp, rate: Double) {
        let turn = 2 * Double.pi
        let w = lamp.weighting
        let corner = turn * lamp.corner
        func low(_ degrees: Double) -> FilterSection {
            let damping = 2 * cos(degrees * .pi / 180)
            return FilterSection(
                numerator: [0, 0, 1], denominator: [1 / (corner * corner), damping / corner, 1], rate: rate,
                exactAt: lamp.corner)
        }
        low0 = low(15)
        low1 = low(45)
        low2 = low(75)
        let high = turn * 0.05
        self.high = FilterSection(numerator: [0, 1, 0], denominator: [0, 1, high], rate: rate, exactAt: 0.05)
        resonance = FilterSection(
            numerator: [0, w.k * turn * w.w1, 0],
            denominator: [1, 2 * turn * w.lambda, turn * w.w1 * turn * w.w1], rate: rate, exactAt: w.w1)
        let w3 = turn * w.w3
        let w4 = turn * w.w4
        slope = FilterSection(
            numerator: [0, 1 / (turn * w.w2), 1], denominator: [1 / (w3 * w4), 1 / w3 + 1 / w4, 1], rate: rate,
            exactAt: w.w4)
        smooth = FilterSection(numerator: [0, 0, 1], denominator: [0, 0.3, 1], rate: rate, exactAt: 0.5)
        quick = 1 - exp(-1 / (Self.meanSquareTime * rate))
        slow = 1 - exp(-1 / (Self.adaptor * rate))
        enough = (0.2 * rate).rounded()
        // Squaring turns ΔV/V into an amplitude of the same number; squaring again into its half square, and what
        // remains of its second harmonic behind the smoothing adds to the maximum.
        let f = 8.8
        var amplitude = lamp.unity
        for part in [self.high, low0, low1, low2, resonance, slope] { amplitude *= part.magnitude(f, rate: rate) }
        gain = 2 / (amplitude * amplitude * (1 + smooth.magnitude(2 * f, rate: rate)))
    }

    /// Gain of block 3 for a modulation of `hertz`.
    func response(_ hertz: Double, rate: Double) -> Double {
        [high, low0, low1, low2, resonance, slope].reduce(1) { $0 * $1.magnitude(hertz, rate: rate) }
    }

    /// The next Pinst, in units of perceptibility.
    @inline(__always)
    mutating func step(_ x: Double) -> Double {
        count += 1
        let square = x * x
        // An arithmetic mean until its time has passed, then a first-order low-pass: no wait for a start at zero.
        meanSquare += max(quick, 1 / count) * (square - meanSquare)
        let root = meanSquare.squareRoot()
        if count <= enough {
            level = root
            return 0
        }
        level += max(slow, 1 / (count - enough)) * (root - level)
        guard level > 0 else { return 0 }
        // The mean of the square is 1: taken away here, the filters start settled.
        var v = high.step(square / (level * level) - 1)
        v = low2.step(low1.step(low0.step(v)))
        v = slope.step(resonance.step(v))
        return max(0, smooth.step(v * v) * gain)
    }
}
