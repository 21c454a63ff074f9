#if canImport(Glibc)
    import Glibc
#endif

/// One pass of a transform of four complex signals side by side: butterflies of one radix and what turns their results.
struct FourierPass: Sendable {
    /// Radix; blocks of numbers that it combines; how many numbers of earlier passes stay together.
    let radix: Int, blocks: Int, together: Int
    /// Where results go: so far from one group to the next, and from one result of a group to the next.
    let advance: Int, step: Int
    /// Where its turning factors begin in a table.
    let factors: Int

    typealias Memory = UnsafeMutablePointer<Lanes>

    /// Cosine and sine of the turning factors of a pass over `length` numbers.
    static func factors(radix: Int, length: Int) -> [Double] {
        (0..<length / radix).flatMap { p in
            (1..<radix).flatMap { k -> [Double] in
                let (re, im) = FourierTransform.turn(p * k, of: length)
                return [re, im]
            }
        }
    }

    /// From `x` to `y`, of which each number is two vectors: real and imaginary part. Of `x` every `stride`-th number is taken.
    func run(_ x: UnsafePointer<Lanes>, _ y: Memory, _ turns: UnsafePointer<Double>, stride: Int = 1) {
        switch radix {
        case 2: each(x, y, turns, stride, Self.two)
        case 3: each(x, y, turns, stride, Self.three)
        case 4: each(x, y, turns, stride, Self.four)
        case 5: each(x, y, turns, stride, Self.five)
        default: each(x, y, turns, stride, Self.six)
        }
    }

    /// The same with `x` and `y` the same memory, or not.
    func run(_ x: Memory, _ y: Memory, _ turns: UnsafePointer<Double>) { run(UnsafePointer(x), y, turns) }

    @inline(__always)
    private func each(
        _ x: UnsafePointer<Lanes>, _ y: Memory, _ turns: UnsafePointer<Double>, _ stride: Int,
        _ body: (UnsafePointer<Lanes>, Int, Memory, Int, UnsafePointer<Double>?) -> Void
    ) {
        let apart = 2 &* stride &* together &* blocks, wide = 2 &* step
        // The first group is not turned.
        for q in 0..<together { body(x + 2 &* stride &* q, apart, y + 2 &* q, wide, nil) }
        for p in 1..<max(1, blocks) {
            let w = turns + 2 &* (radix &- 1) &* p
            let from = x + 2 &* stride &* together &* p, to = y + 2 &* advance &* p
            for q in 0..<together { body(from + 2 &* stride &* q, apart, to + 2 &* q, wide, w) }
        }
    }

    /// One complex number of each of the four signals.
    private struct Point {
        var re: Lanes, im: Lanes

        @inline(__always) init(_ re: Lanes, _ im: Lanes) {
            self.re = re
            self.im = im
        }
        @inline(__always) init(_ memory: UnsafePointer<Lanes>, _ index: Int) {
            re = memory[index]
            im = memory[index &+ 1]
        }
        @inline(__always) func store(_ memory: Memory) {
            memory[0] = re
            memory[1] = im
        }
        /// Turned by one of the factors; not at all where there are none.
        @inline(__always) func turned(_ turns: UnsafePointer<Double>?, _ k: Int) -> Point {
            guard let turns else { return self }
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
        /// This with a multiple of another added that is turned by −i, and taken away.
        @inline(__always) func sides(_ a: Double, _ b: Point) -> (Point, Point) {
            let a = Lanes(repeating: a)
            return (
                Point(re.plus(a, times: b.im), im.minus(a, times: b.re)),
                Point(re.minus(a, times: b.im), im.plus(a, times: b.re))
            )
        }
        /// Times −i.
        @inline(__always) var quarter: Point { Point(im, -re) }
    }
}

// MARK: butterflies

extension FourierPass {
    @inline(__always)
    private static func two(
        _ x: UnsafePointer<Lanes>, _ apart: Int, _ y: Memory, _ step: Int, _ w: UnsafePointer<Double>?
    ) {
        let a = Point(x, 0), b = Point(x, apart)
        (a + b).store(y)
        (a - b).turned(w, 0).store(y + step)
    }

    @inline(__always)
    private static func third(_ a: Point, _ b: Point, _ c: Point) -> (Point, Point, Point) {
        let sum = b + c
        let (one, two) = a.plus(-0.5, times: sum).sides(0.75.squareRoot(), b - c)
        return (a + sum, one, two)
    }

    @inline(__always)
    private static func three(
        _ x: UnsafePointer<Lanes>, _ apart: Int, _ y: Memory, _ step: Int, _ w: UnsafePointer<Double>?
    ) {
        let found = third(Point(x, 0), Point(x, apart), Point(x, 2 &* apart))
        found.0.store(y)
        found.1.turned(w, 0).store(y + step)
        found.2.turned(w, 1).store(y + 2 &* step)
    }

    @inline(__always)
    private static func four(
        _ x: UnsafePointer<Lanes>, _ apart: Int, _ y: Memory, _ step: Int, _ w: UnsafePointer<Double>?
    ) {
        let a = Point(x, 0), b = Point(x, apart), c = Point(x, 2 &* apart), d = Point(x, 3 &* apart)
        let ac = a + c, bd = b + d, a_c = a - c, b_d = (b - d).quarter
        (ac + bd).store(y)
        (a_c + b_d).turned(w, 0).store(y + step)
        (ac - bd).turned(w, 1).store(y + 2 &* step)
        (a_c - b_d).turned(w, 2).store(y + 3 &* step)
    }

    @inline(__always)
    private static func five(
        _ x: UnsafePointer<Lanes>, _ apart: Int, _ y: Memory, _ step: Int, _ w: UnsafePointer<Double>?
    ) {
        // Cosines and sines of 72° and 144°.
        let c1 = 0.30901699437494742410, s1 = 0.95105651629515357212
        let c2 = -0.80901699437494742410, s2 = 0.58778525229247312917
        let a = Point(x, 0), b = Point(x, apart), c = Point(x, 2 &* apart)
        let d = Point(x, 3 &* apart), e = Point(x, 4 &* apart)
        let be = b + e, cd = c + d, b_e = b - e, c_d = c - d
        (a + be + cd).store(y)
        let (m1, m4) = a.plus(c1, times: be).plus(c2, times: cd).sides(s1, b_e.plus(s2 / s1, times: c_d))
        m1.turned(w, 0).store(y + step)
        m4.turned(w, 3).store(y + 4 &* step)
        let (m2, m3) = a.plus(c2, times: be).plus(c1, times: cd).sides(s2, b_e.plus(-s1 / s2, times: c_d))
        m2.turned(w, 1).store(y + 2 &* step)
        m3.turned(w, 2).store(y + 3 &* step)
    }

    /// As two threes of numbers two apart, whose results need no turning (I. J. Good's order).
    @inline(__always)
    private static func six(
        _ x: UnsafePointer<Lanes>, _ apart: Int, _ y: Memory, _ step: Int, _ w: UnsafePointer<Double>?
    ) {
        let even = third(Point(x, 0), Point(x, 2 &* apart), Point(x, 4 &* apart))
        let odd = third(Point(x, 3 &* apart), Point(x, 5 &* apart), Point(x, apart))
        (even.0 + odd.0).store(y)
        (even.1 - odd.1).turned(w, 0).store(y + step)
        (even.2 + odd.2).turned(w, 1).store(y + 2 &* step)
        (even.0 - odd.0).turned(w, 2).store(y + 3 &* step)
        (even.1 + odd.1).turned(w, 3).store(y + 4 &* step)
        (even.2 - odd.2).turned(w, 4).store(y + 5 &* step)
    }
}
