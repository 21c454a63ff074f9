#if canImport(Glibc)
    import Glibc
#endif

/// One line of a spectrum: the effective value of a component and its angle, as a complex number.
public struct SpectralLine: Sendable, Hashable, Codable {
    /// Effective value times cosine and sine of the angle, in the channel's unit.
    public var re: Double, im: Double

    /// A line by its parts.
    public init(re: Double, im: Double) {
        self.re = re
        self.im = im
    }

    /// A line by effective value and angle in degrees.
    public init(rms: Double, angle: Double) {
        self.init(re: rms * cos(angle * .pi / 180), im: rms * sin(angle * .pi / 180))
    }

    /// Nothing.
    public static let zero = SpectralLine(re: 0, im: 0)

    /// The effective value, in the channel's unit.
    public var rms: Double { power.squareRoot() }
    /// The square of the effective value.
    public var power: Double { re * re + im * im }
    /// The angle in degrees, above −180 up to 180: of a cosine that begins with the window.
    public var angle: Double { atan2(im, re) * 180 / .pi }

    /// The line seen from a moment when a fundamental of that angle, in degrees, has its crest: harmonic `order` turns so many times as fast.
    public func turned(back angle: Double, order: Double) -> SpectralLine {
        let phi = -angle * order * .pi / 180
        let (c, s) = (cos(phi), sin(phi))
        return SpectralLine(re: re * c - im * s, im: re * s + im * c)
    }

    /// Complex power of a voltage and a current: P + jQ, with Q positive where the current lags.
    public static func power(_ u: SpectralLine, _ i: SpectralLine) -> (active: Double, reactive: Double) {
        (u.re * i.re + u.im * i.im, u.im * i.re - u.re * i.im)
    }
}
