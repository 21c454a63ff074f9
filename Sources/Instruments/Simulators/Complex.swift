#if canImport(Glibc)
    import Glibc
#endif

/// A complex number: phasors, and the complex power P + jQ.
struct Complex: Sendable, Hashable {
    var re = 0.0, im = 0.0

    static let zero = Complex()

    init(_ re: Double = 0, _ im: Double = 0) {
        self.re = re
        self.im = im
    }
    /// By magnitude and angle in degrees.
    init(magnitude: Double, degrees: Double) {
        re = magnitude * cos(degrees * .pi / 180)
        im = magnitude * sin(degrees * .pi / 180)
    }

    var conjugate: Complex { Complex(re, -im) }
    var magnitude: Double { (re * re + im * im).squareRoot() }

    static func + (a: Complex, b: Complex) -> Complex { Complex(a.re + b.re, a.im + b.im) }
    static func - (a: Complex, b: Complex) -> Complex { Complex(a.re - b.re, a.im - b.im) }
    static func * (a: Complex, b: Complex) -> Complex { Complex(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re) }
    static func * (a: Double, b: Complex) -> Complex { Complex(a * b.re, a * b.im) }
}
