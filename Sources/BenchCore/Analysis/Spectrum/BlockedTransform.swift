/// The transform of four complex signals side by side as `FourierTransform`, taken apart until what is left stays in the processor's nearest cache.
///
/// The first passes work in place, each on one part after the other (decimation in frequency; C. Van Loan, «Computational Frameworks for the Fast
/// Fourier Transform», 1.9); what comes out of them is transformed part by part. The lines come in as many parts, each of them every so-manieth line.
struct BlockedTransform: Sendable {
    /// Points of the transform: a product of 2, 3 and 5.
    let count: Int
    private let passes: [FourierPass]
    private let factors: [Double]
    private let inner: FourierTransform
    /// Numbers that are left to the inner transform at most: with as much room again 20 kB.
    private static let most = 160

    /// A transform of that many points; `nil` unless it is a product of 2, 3 and 5.
    init?(count: Int) {
        guard count > 0, let radices = FourierTransform.radices(count) else { return nil }
        var passes: [FourierPass] = []
        var factors: [Double] = []
        var length = count
        for radix in radices where length > Self.most {
            passes.append(
                FourierPass(
                    radix: radix, blocks: length / radix, together: 1, advance: 1, step: length / radix,
                    factors: factors.count))
            factors += FourierPass.factors(radix: radix, length: length)
            length /= radix
        }
        guard let inner = FourierTransform(count: length) else { return nil }
        self.count = count
        self.passes = passes
        self.factors = factors
        self.inner = inner
    }

    /// Transforms every `stride`-th number of `source`, real and imaginary part in turn, by way of `data` (2 · count lanes) and `scratch`
    /// (as long); `source` may be `data`. `body` gets the lines part by part: memory in which number q is line first + step · q, the first line, the
    /// step, and how many there are. Forward (e^−), not scaled.
    func run(
        _ source: UnsafePointer<Lanes>, stride: Int, _ data: UnsafeMutablePointer<Lanes>,
        _ scratch: UnsafeMutablePointer<Lanes>, _ body: (UnsafePointer<Lanes>, Int, Int, Int) -> Void
    ) {
        guard let pass = passes.first else {
            for n in 0..<2 * count where source != UnsafePointer(data) {
                data[n] = source[2 * stride * (n / 2) + n % 2]
            }
            body(inner.run(data, scratch), 0, 1, count)
            return
        }
        factors.withUnsafeBufferPointer { table in
            guard let table = table.baseAddress else { return }
            pass.run(source, data, table, stride: stride)
            parts(1, data, pass, 0, 1, scratch, table, body)
        }
    }

    /// Goes on with each part that `pass` made of the numbers at `data`, which stand for lines `first`, `first` + `step` …
    private func parts(
        _ level: Int, _ data: UnsafeMutablePointer<Lanes>, _ pass: FourierPass, _ first: Int, _ step: Int,
        _ scratch: UnsafeMutablePointer<Lanes>, _ table: UnsafePointer<Double>,
        _ body: (UnsafePointer<Lanes>, Int, Int, Int) -> Void
    ) {
        for k in 0..<pass.radix {
            let part = data + 2 * k * pass.blocks
            let line = first + step * k, next = step * pass.radix
            if level < passes.count {
                passes[level].run(part, part, table + passes[level].factors)
                parts(level + 1, part, passes[level], line, next, scratch, table, body)
            } else {
                body(inner.run(part, scratch), line, next, pass.blocks)
            }
        }
    }
}
