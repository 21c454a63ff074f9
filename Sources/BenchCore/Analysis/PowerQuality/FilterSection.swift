import Glibc

/// A second-order digital filter section, made from an analogue one by the bilinear transformation, exact at one frequency.
struct FilterSection: Sendable {
    let b0: Double, b1: Double, b2: Double, a1: Double, a2: Double
    private var s1 = 0.0, s2 = 0.0

    /// The digital twin of (n2·s² + n1·s + n0)/(d2·s² + d1·s + d0), s in rad/s, at `rate` samples a second, exact at
    /// `hertz`.
    init(numerator n: [Double], denominator d: [Double], rate: Double, exactAt hertz: Double) {
        let omega = 2 * Double.pi * hertz
        let c = omega / tan(omega / rate / 2)
        // A first-order section stays one: no pole and zero that only nearly cancel.
        let single = n[0] == 0 && d[0] == 0
        func bilinear(_ p: [Double]) -> (Double, Double, Double) {
            single
                ? (p[1] * c + p[2], p[2] - p[1] * c, 0)
                : (p[0] * c * c + p[1] * c + p[2], 2 * (p[2] - p[0] * c * c), p[0] * c * c - p[1] * c + p[2])
        }
        let top = bilinear(n)
        let bottom = bilinear(d)
        b0 = top.0 / bottom.0
        b1 = top.1 / bottom.0
        b2 = top.2 / bottom.0
        a1 = bottom.1 / bottom.0
        a2 = bottom.2 / bottom.0
    }

    /// The next output (transposed direct form II).
    @inline(__always)
    mutating func step(_ x: Double) -> Double {
        let y = b0 * x + s1
        s1 = b1 * x - a1 * y + s2
        s2 = b2 * x - a2 * y
        return y
    }

    /// |H| at `hertz`.
    func magnitude(_ hertz: Double, rate: Double) -> Double {
        let angle = 2 * Double.pi * hertz / rate
        func size(_ c0: Double, _ c1: Double, _ c2: Double) -> Double {
            hypot(c0 + c1 * cos(angle) + c2 * cos(2 * angle), c1 * sin(angle) + c2 * sin(2 * angle))
        }
        return size(b0, b1, b2) / size(1, a1, a2)
    }
}
