#if canImport(Glibc)
    import Glibc
#endif

/// The discrete Fourier transform of four complex signals side by side, in double precision.
///
/// Mixed radix (2, 3, 4, 5) and self-sorting: the method of Stockham, as in C. Van Loan, «Computational Frameworks for the
/// Fast Fourier Transform» (SIAM 1992), 1.7. Four signals share each step, so that every operation is one of four lanes. Two real
/// channels travel as the two parts of one complex signal, so one transform does eight channels.
struct FourierTransform: Sendable {
    /// Points of the transform: a product of 2, 3 and 5.
    let count: Int
    /// One pass: its radix, the blocks it is made of, how many numbers of earlier passes stay together, and where its factors begin.
    private struct Pass {
        var radix: Int, blocks: Int, together: Int, factors: Int
    }
    private let passes: [Pass]
    /// Cosine and sine of the turning factors, pass after pass.
    private let factors: [Double]

    /// A transform of that many points; `nil` unless it is a product of 2, 3 and 5.
    init?(count: Int) {
        guard count > 0 else { return nil }
        var radices: [Int] = []
        var rest = count
        for radix in [4, 2, 3, 5] {
            while rest % radix == 0 {
                radices.append(radix)
                rest /= radix
            }
        }
        guard rest == 1 else { return nil }
        self.count = count
        var passes: [Pass] = []
        var factors: [Double] = []
        var length = count
        var together = 1
        for radix in radices {
            let blocks = length / radix
            passes.append(Pass(radix: radix, blocks: blocks, together: together, factors: factors.count))
            for p in 0..<blocks {
                for k in 1..<radix {
                    let (re, im) = Self.turn(p * k, of: length)
                    factors.append(re)
                    factors.append(im)
                }
            }
            length = blocks
            together *= radix
        }
        self.passes = passes
        self.factors = factors
    }

    /// e^(−2πi · part / whole), from an angle of at most an eighth of a turn: so the last digit is right.
    static func turn(_ part: Int, of whole: Int) -> (Double, Double) {
        let part = part % whole
        let eighths = (8 * part + whole / 2) / whole
        // part / whole = eighths / 8 + rest
        let angle = 2 * Double.pi * (Double(8 * part - eighths * whole) / Double(8 * whole))
        let (c, s) = (cos(angle), sin(angle))
        let h = 0.5.squareRoot()
        let (re, im): (Double, Double) =
            switch eighths % 8 {
            case 0: (c, s)
            case 1: (h * (c - s), h * (c + s))
            case 2: (-s, c)
            case 3: (-h * (c + s), h * (c - s))
            case 4: (-c, -s)
            case 5: (h * (s - c), -h * (c + s))
            case 6: (s, -c)
            default: (h * (c + s), h * (s - c))
            }
        return (re, -im)
    }

    /// The smallest length not below a number of points.
    static func length(atLeast points: Int) -> Int {
        var n = max(1, points)
        while !isSmooth(n) { n += 1 }
        return n
    }

    /// The largest length not above a number of points.
    static func length(atMost points: Int) -> Int {
        var n = max(1, points)
        while !isSmooth(n) { n -= 1 }
        return n
    }

    private static func isSmooth(_ number: Int) -> Bool {
        var rest = number
        for factor in [2, 3, 5] { while rest % factor == 0 { rest /= factor } }
        return rest == 1
    }

    /// Transforms `data`, real and imaginary part of each point in turn (2 · count lanes); `scratch` is as long. Neither is read from
    /// elsewhere meanwhile. The spectrum stands in the memory returned, which is one of the two. Forward (e^−), not scaled.
    func run(_ data: UnsafeMutablePointer<Lanes>, _ scratch: UnsafeMutablePointer<Lanes>) -> UnsafeMutablePointer<Lanes>
    {
        var from = data, to = scratch
        factors.withUnsafeBufferPointer { table in
            guard let table = table.baseAddress else { return }
            for pass in passes {
                let turns = table + pass.factors
                switch pass.radix {
                case 2: Self.two(from, to, pass.blocks, pass.together, turns)
                case 3: Self.three(from, to, pass.blocks, pass.together, turns)
                case 4: Self.four(from, to, pass.blocks, pass.together, turns)
                default: Self.five(from, to, pass.blocks, pass.together, turns)
                }
                swap(&from, &to)
            }
        }
        return from
    }
}

// MARK: passes

extension FourierTransform {
    private typealias Memory = UnsafeMutablePointer<Lanes>

    /// One complex number of each of the four signals.
    private struct Point {
        var re: Lanes, im: Lanes

        @inline(__always) init(_ re: Lanes, _ im: Lanes) {
            self.re = re
            self.im = im
        }
        @inline(__always) init(_ memory: Memory, _ index: Int) {
            re = memory[2 &* index]
            im = memory[2 &* index &+ 1]
        }
        @inline(__always) func store(_ memory: Memory, _ index: Int) {
            memory[2 &* index] = re
            memory[2 &* index &+ 1] = im
        }
        @inline(__always) func turned(_ turns: UnsafePointer<Double>, _ k: Int) -> Point {
            let c = Lanes(repeating: turns[2 &* k]), s = Lanes(repeating: turns[2 &* k &+ 1])
            return Point((re * c).minus(im, times: s), (re * s).plus(im, times: c))
        }
        @inline(__always) static func + (a: Point, b: Point) -> Point { Point(a.re + b.re, a.im + b.im) }
        @inline(__always) static func - (a: Point, b: Point) -> Point { Point(a.re - b.re, a.im - b.im) }
        @inline(__always) static func * (a: Double, b: Point) -> Point {
            let a = Lanes(repeating: a)
            return Point(a * b.re, a * b.im)
        }
        /// This plus a multiple of another.
        @inline(__always) func plus(_ a: Double, times b: Point) -> Point {
            let a = Lanes(repeating: a)
            return Point(re.plus(a, times: b.re), im.plus(a, times: b.im))
        }
        /// Times −i.
        @inline(__always) var quarter: Point { Point(im, -re) }
    }

    @inline(never)
    private static func two(
        _ x: Memory, _ y: Memory, _ blocks: Int, _ together: Int, _ turns: UnsafePointer<Double>
    ) {
        for p in 0..<blocks {
            let w = turns + 2 &* p
            for q in 0..<together {
                let a = Point(x, q &+ together &* p), b = Point(x, q &+ together &* (p &+ blocks))
                let at = q &+ together &* 2 &* p
                (a + b).store(y, at)
                (a - b).turned(w, 0).store(y, at &+ together)
            }
        }
    }

    @inline(never)
    private static func three(
        _ x: Memory, _ y: Memory, _ blocks: Int, _ together: Int, _ turns: UnsafePointer<Double>
    ) {
        let half = 0.75.squareRoot()
        for p in 0..<blocks {
            let w = turns + 4 &* p
            for q in 0..<together {
                let a = Point(x, q &+ together &* p), b = Point(x, q &+ together &* (p &+ blocks))
                let c = Point(x, q &+ together &* (p &+ 2 &* blocks))
                let sum = b + c, middle = a.plus(-0.5, times: sum), side = half * (b - c).quarter
                let at = q &+ together &* 3 &* p
                (a + sum).store(y, at)
                (middle + side).turned(w, 0).store(y, at &+ together)
                (middle - side).turned(w, 1).store(y, at &+ 2 &* together)
            }
        }
    }

    @inline(never)
    private static func four(
        _ x: Memory, _ y: Memory, _ blocks: Int, _ together: Int, _ turns: UnsafePointer<Double>
    ) {
        for p in 0..<blocks {
            let w = turns + 6 &* p
            for q in 0..<together {
                let a = Point(x, q &+ together &* p), b = Point(x, q &+ together &* (p &+ blocks))
                let c = Point(x, q &+ together &* (p &+ 2 &* blocks)), d = Point(x, q &+ together &* (p &+ 3 &* blocks))
                let ac = a + c, bd = b + d, a_c = a - c, b_d = (b - d).quarter
                let at = q &+ together &* 4 &* p
                (ac + bd).store(y, at)
                (a_c + b_d).turned(w, 0).store(y, at &+ together)
                (ac - bd).turned(w, 1).store(y, at &+ 2 &* together)
                (a_c - b_d).turned(w, 2).store(y, at &+ 3 &* together)
            }
        }
    }

    @inline(never)
    private static func five(
        _ x: Memory, _ y: Memory, _ blocks: Int, _ together: Int, _ turns: UnsafePointer<Double>
    ) {
        let c1 = cos(2 * Double.pi / 5), s1 = sin(2 * Double.pi / 5)
        let c2 = cos(4 * Double.pi / 5), s2 = sin(4 * Double.pi / 5)
        for p in 0..<blocks {
            let w = turns + 8 &* p
            for q in 0..<together {
                let a = Point(x, q &+ together &* p), b = Point(x, q &+ together &* (p &+ blocks))
                let c = Point(x, q &+ together &* (p &+ 2 &* blocks)), d = Point(x, q &+ together &* (p &+ 3 &* blocks))
                let e = Point(x, q &+ together &* (p &+ 4 &* blocks))
                let be = b + e, cd = c + d, b_e = (b - e).quarter, c_d = (c - d).quarter
                let m1 = a.plus(c1, times: be).plus(c2, times: cd), m2 = a.plus(c2, times: be).plus(c1, times: cd)
                let n1 = (s1 * b_e).plus(s2, times: c_d), n2 = (s2 * b_e).plus(-s1, times: c_d)
                let at = q &+ together &* 5 &* p
                (a + be + cd).store(y, at)
                (m1 + n1).turned(w, 0).store(y, at &+ together)
                (m2 + n2).turned(w, 1).store(y, at &+ 2 &* together)
                (m2 - n2).turned(w, 2).store(y, at &+ 3 &* together)
                (m1 - n1).turned(w, 3).store(y, at &+ 4 &* together)
            }
        }
    }
}
