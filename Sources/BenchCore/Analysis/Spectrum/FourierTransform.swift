#if canImport(Glibc)
    import Glibc
#endif

/// The discrete Fourier transform of four complex signals side by side, in double precision.
///
/// Mixed radix (2 to 6) and self-sorting: the method of Stockham, as in C. Van Loan, «Computational Frameworks for the
/// Fast Fourier Transform» (SIAM 1992), 1.7. Four signals share each step, so that every operation is one of four lanes. Two real
/// channels travel as the two parts of one complex signal, so one transform does eight channels.
struct FourierTransform: Sendable {
    /// Points of the transform: a product of 2, 3 and 5.
    let count: Int
    private let passes: [FourierPass]
    /// Cosine and sine of the turning factors, pass after pass.
    private let factors: [Double]

    /// A transform of that many points; `nil` unless it is a product of 2, 3 and 5.
    init?(count: Int) {
        guard count > 0, let radices = Self.radices(count) else { return nil }
        self.count = count
        var passes: [FourierPass] = []
        var factors: [Double] = []
        var length = count
        var together = 1
        for radix in radices {
            passes.append(
                FourierPass(
                    radix: radix, blocks: length / radix, together: together, advance: radix * together, step: together,
                    factors: factors.count))
            factors += FourierPass.factors(radix: radix, length: length)
            length /= radix
            together *= radix
        }
        self.passes = passes
        self.factors = factors
    }

    /// The radices of as few passes as may be; `nil` unless the number is a product of 2, 3 and 5.
    static func radices(_ count: Int) -> [Int]? {
        var rest = count
        func times(_ factor: Int) -> Int {
            var found = 0
            while rest % factor == 0 {
                rest /= factor
                found += 1
            }
            return found
        }
        let two = times(2), three = times(3), five = times(5)
        guard rest == 1 else { return nil }
        func passes(_ six: Int) -> Int { six + (two - six) / 2 + (two - six) % 2 + (three - six) }
        let six = (0...min(two, three)).min { passes($0) < passes($1) } ?? 0
        func some(_ radix: Int, _ count: Int) -> [Int] { [Int](repeating: radix, count: count) }
        return some(4, (two - six) / 2) + some(6, six) + some(5, five) + some(3, three - six) + some(2, (two - six) % 2)
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
                pass.run(from, to, table + pass.factors)
                swap(&from, &to)
            }
        }
        return from
    }
}
