#if canImport(Glibc)
    import Glibc
#endif

/// Sums over the samples of a record that stand evenly about its middle, in closed form: what cosines and sines of two tones make of each other.
///
/// With t = −(N−1)/2 … (N−1)/2 and an angle a from sample to sample, Σ cos a·t is the kernel of Dirichlet, sin(N·a/2) / sin(a/2); sums weighed by t
/// and t² are its derivatives. So the normal equations of a fit of sines need no sample at all.
struct MultiSineKernel: Sendable {
    /// Σ cos a·t; Σ (t/N)·sin a·t; Σ (t/N)²·cos a·t.
    let even: Double, odd: Double, square: Double

    /// The sums over so many samples, for an angle in turns over the whole record.
    init(count: Int, turns: Double) {
        let n = Double(count), y = Double.pi * turns / n
        guard abs(n * y) < 0.05 else {
            let s = sin(y), c = cos(y), sn = sin(n * y), cn = cos(n * y)
            let d0 = sn / s
            let d1 = (n * cn - d0 * c) / s
            let d2 = (-n * n * sn - 2 * d1 * c + d0 * s) / s
            even = d0
            odd = -d1 / (2 * n)
            square = -d2 / (4 * n * n)
            return
        }
        // Near nothing the quotients lose their digits, and the series has them: the moments Σt², Σt⁴ and Σt⁶.
        let n2 = n * n, a = 2 * y, a2 = a * a
        let m2 = n * (n2 - 1) / 12, m4 = m2 * (3 * n2 - 7) / 20, m6 = m2 * (3 * n2 * n2 - 18 * n2 + 31) / 112
        even = n - a2 / 2 * (m2 - a2 / 12 * m4)
        odd = a * (m2 - a2 / 6 * m4) / n
        square = (m2 - a2 / 2 * (m4 - a2 / 12 * m6)) / n2
    }
}

/// A symmetric system of equations with a positive matrix, solved by Cholesky's method on scaled columns.
struct MultiSineSystem: Sendable {
    let size: Int
    private var factor: [Double]
    private let scale: [Double]

    /// `nil` where the matrix (rows one after another) is not positive beyond rounding: columns that cannot be told apart.
    init?(_ matrix: [Double], size: Int) {
        self.size = size
        var scale = [Double](repeating: 1, count: size)
        for j in 0..<size {
            let d = matrix[j * size + j]
            guard d > 0, d.isFinite else { return nil }
            scale[j] = 1 / d.squareRoot()
        }
        self.scale = scale
        var l = [Double](repeating: 0, count: size * size)
        let fine = l.withUnsafeMutableBufferPointer { l in
            matrix.withUnsafeBufferPointer { a in
                for j in 0..<size {
                    for k in 0...j {
                        var sum = a[j * size + k] * scale[j] * scale[k]
                        let (x, y) = (j * size, k * size)
                        var p = 0
                        while p < k {
                            sum -= l[x &+ p] * l[y &+ p]
                            p &+= 1
                        }
                        if j == k {
                            guard sum > 1e-13 else { return false }
                            l[x + j] = sum.squareRoot()
                        } else {
                            l[x + k] = sum / l[y + k]
                        }
                    }
                }
                return true
            }
        }
        guard fine else { return nil }
        factor = l
    }

    /// Half of a solution: its square is bᵀ·A⁻¹·b.
    func half(_ b: [Double]) -> [Double] {
        var x = b
        factor.withUnsafeBufferPointer { l in
            x.withUnsafeMutableBufferPointer { x in
                for j in 0..<size {
                    var sum = x[j] * scale[j]
                    let row = j * size
                    var p = 0
                    while p < j {
                        sum -= l[row &+ p] * x[p]
                        p &+= 1
                    }
                    x[j] = sum / l[row + j]
                }
            }
        }
        return x
    }

    /// A⁻¹·b.
    func solve(_ b: [Double]) -> [Double] {
        var x = half(b)
        factor.withUnsafeBufferPointer { l in
            x.withUnsafeMutableBufferPointer { x in
                for j in stride(from: size - 1, through: 0, by: -1) {
                    let value = x[j] / l[j * size + j], row = j * size
                    x[j] = value
                    var p = 0
                    while p < j {
                        x[p] -= l[row &+ p] * value
                        p &+= 1
                    }
                }
            }
        }
        for j in 0..<size { x[j] *= scale[j] }
        return x
    }

    /// bᵀ·A⁻¹·b.
    func square(_ b: [Double]) -> Double { half(b).reduce(0) { $0 + $1 * $1 } }
}
