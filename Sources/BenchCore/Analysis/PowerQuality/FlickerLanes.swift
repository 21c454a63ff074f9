/// A second-order filter section of four channels side by side.
struct LaneSection: Sendable {
    private let b0: Lanes, b1: Lanes, b2: Lanes, a1: Lanes, a2: Lanes
    private var s1 = Lanes.zero, s2 = Lanes.zero

    init(_ section: FilterSection) {
        b0 = Lanes(repeating: section.b0)
        b1 = Lanes(repeating: section.b1)
        b2 = Lanes(repeating: section.b2)
        a1 = Lanes(repeating: section.a1)
        a2 = Lanes(repeating: section.a2)
    }

    @inline(__always)
    mutating func step(_ x: Lanes) -> Lanes {
        let y = s1.plus(b0, times: x)
        s1 = s2.plus(b1, times: x).minus(a1, times: y)
        s2 = (b2 * x).minus(a2, times: y)
        return y
    }
}

/// Blocks 1 to 4 of the flicker meter for four channels side by side: `FlickerChain` in lanes.
struct FlickerLanes: Sendable {
    private var high: LaneSection
    private var low0: LaneSection, low1: LaneSection, low2: LaneSection
    private var resonance: LaneSection, slope: LaneSection
    private var smooth: LaneSection
    private let gain: Double, quick: Double, slow: Double, enough: Double
    private var meanSquare = Lanes.zero, level = Lanes.zero
    private var count = 0.0

    /// For a lamp at a working rate.
    init(_ lamp: FlickerLamp, rate: Double) {
        let chain = FlickerChain(lamp, rate: rate)
        high = LaneSection(chain.high)
        low0 = LaneSection(chain.low0)
        low1 = LaneSection(chain.low1)
        low2 = LaneSection(chain.low2)
        resonance = LaneSection(chain.resonance)
        slope = LaneSection(chain.slope)
        smooth = LaneSection(chain.smooth)
        (gain, quick, slow, enough) = (chain.gain, chain.quick, chain.slow, chain.enough)
    }

    /// The next Pinst of the four, in units of perceptibility.
    @inline(__always)
    mutating func step(_ x: Lanes) -> Lanes {
        count += 1
        let square = x * x
        // An arithmetic mean until its time has passed, then a first-order low-pass.
        let share = count * quick >= 1 ? quick : 1 / count
        meanSquare = meanSquare.plus(Lanes(repeating: share), times: square - meanSquare)
        let root = meanSquare.roots
        if count <= enough {
            level = root
            return .zero
        }
        let rest = count - enough
        level = level.plus(Lanes(repeating: rest * slow >= 1 ? slow : 1 / rest), times: root - level)
        // A channel without voltage has no flicker; one that is no number has none either.
        let there = level .> Lanes.zero
        let relative = square / (level * level) - 1
        var v = high.step(relative.replacing(with: 0, where: .!there))
        v = low2.step(low1.step(low0.step(v)))
        v = slope.step(resonance.step(v))
        return (smooth.step(v * v) * Lanes(repeating: gain)).larger(.zero).replacing(with: 0, where: .!there)
    }
}
