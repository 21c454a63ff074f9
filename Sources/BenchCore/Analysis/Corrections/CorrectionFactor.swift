#if canImport(Glibc)
    import Glibc
#endif

/// What a recorded phasor is multiplied by at one frequency to become the true one, and how well that is known.
public struct CorrectionFactor: Sendable, Hashable {
    /// The factor as a complex number.
    public var re: Double, im: Double
    /// Standard uncertainty of its magnitude, as a share of it; standard uncertainty of its phase, degrees.
    public var magnitudeUncertainty: Double, phaseUncertainty: Double

    /// A factor that undoes a gain and a phase (degrees) of the output against the input.
    public init(undoing gain: Double, phase: Double, magnitudeUncertainty: Double = 0, phaseUncertainty: Double = 0) {
        re = cos(-phase * .pi / 180) / gain
        im = sin(-phase * .pi / 180) / gain
        self.magnitudeUncertainty = magnitudeUncertainty
        self.phaseUncertainty = phaseUncertainty
    }

    /// Nothing to correct.
    public static let one = CorrectionFactor(undoing: 1, phase: 0)

    /// Square of the magnitude: what powers of one channel are multiplied by.
    public var power: Double { re * re + im * im }
    /// The magnitude: what effective values are multiplied by.
    public var magnitude: Double { power.squareRoot() }
    /// The angle in degrees: what is added to a recorded phase.
    public var angle: Double { atan2(im, re) * 180 / .pi }

    /// Two parts one behind the other: factors multiply, and uncertainties of different calibrations add in squares.
    public static func * (a: CorrectionFactor, b: CorrectionFactor) -> CorrectionFactor {
        var product = a
        product.re = a.re * b.re - a.im * b.im
        product.im = a.re * b.im + a.im * b.re
        product.magnitudeUncertainty = Aggregation.root([a.magnitudeUncertainty, b.magnitudeUncertainty])
        product.phaseUncertainty = Aggregation.root([a.phaseUncertainty, b.phaseUncertainty])
        return product
    }

    /// The line as it would stand without what the factor undoes.
    public static func * (factor: CorrectionFactor, line: SpectralLine) -> SpectralLine {
        SpectralLine(re: factor.re * line.re - factor.im * line.im, im: factor.re * line.im + factor.im * line.re)
    }
}
