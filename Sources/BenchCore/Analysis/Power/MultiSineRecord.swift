#if canImport(Glibc)
    import Glibc
#endif

/// Voltage and current of a phase, folded about the middle of the record: of cosines only the even half is left, of sines only the odd one.
struct MultiSineRecord: Sendable {
    /// What a channel and a tone have in common: Σ x·cos, Σ x·sin, Σ (t/N)·x·cos, Σ (t/N)·x·sin, with the phase of the middle of the record.
    struct Moments: Sendable {
        var even = 0.0, odd = 0.0, evenByTime = 0.0, oddByTime = 0.0
    }

    /// Samples of each channel.
    let count: Int
    /// The channels as they came.
    let samples: [[Double]]
    /// Sum of the squares of each channel.
    let squares: [Double]
    /// Each channel's even and odd half, alone and times t/N; four numbers at a time, filled up with zeros.
    private let folded: [[Double]]
    private let lanes: Int, first: Double

    init(_ channels: [[Double]]) {
        let count = channels.first?.count ?? 0
        self.count = count
        samples = channels
        squares = channels.map { $0.reduce(0) { $0 + $1 * $1 } }
        let half = (count + 1) / 2
        let lanes = (half + 3) / 4
        self.lanes = lanes
        first = count % 2 == 0 ? 0.5 : 0
        var folded: [[Double]] = []
        for x in channels {
            var parts = [[Double]](repeating: [Double](repeating: 0, count: 4 * lanes), count: 4)
            for m in 0..<half {
                let after = count / 2 + m, before = (count - 1) / 2 - m
                let t = (Double(m) + first) / Double(count)
                // The middle of an odd count stands alone.
                let even = after == before ? x[after] : x[after] + x[before]
                let odd = x[after] - x[before]
                (parts[0][m], parts[1][m], parts[2][m], parts[3][m]) = (even, odd, t * odd, t * even)
            }
            folded += parts
        }
        self.folded = folded
    }

    private static let fresh = 256

    /// What both channels have of a tone of so many turns over the record.
    func moments(_ turns: Double) -> (Moments, Moments) {
        (moments(turns, 0), moments(turns, 1))
    }

    private func moments(_ turns: Double, _ channel: Int) -> Moments {
        let step = turns / Double(count)
        let turn = 2 * Double.pi * (4 * step).remainder(dividingBy: 1)
        let c = Lanes(repeating: cos(turn)), s = Lanes(repeating: sin(turn))
        var x = Lanes.zero, y = Lanes.zero
        var e = Lanes.zero, o = Lanes.zero, et = Lanes.zero, ot = Lanes.zero
        folded[4 * channel].withUnsafeBytes { even in
            folded[4 * channel + 1].withUnsafeBytes { odd in
                folded[4 * channel + 2].withUnsafeBytes { oddTime in
                    folded[4 * channel + 3].withUnsafeBytes { evenTime in
                        var n = 0
                        while n < lanes {
                            if n % Self.fresh == 0 { (x, y) = tone(4 * n, step) }
                            let at = 32 &* n
                            e = e.plus(even.loadUnaligned(fromByteOffset: at, as: Lanes.self), times: x)
                            o = o.plus(odd.loadUnaligned(fromByteOffset: at, as: Lanes.self), times: y)
                            et = et.plus(oddTime.loadUnaligned(fromByteOffset: at, as: Lanes.self), times: x)
                            ot = ot.plus(evenTime.loadUnaligned(fromByteOffset: at, as: Lanes.self), times: y)
                            (x, y) = ((x * c).minus(y, times: s), (x * s).plus(y, times: c))
                            n &+= 1
                        }
                    }
                }
            }
        }
        return Moments(even: e.sum(), odd: o.sum(), evenByTime: et.sum(), oddByTime: ot.sum())
    }

    /// Cosine and sine of a tone at four places of the half.
    private func tone(_ place: Int, _ step: Double) -> (Lanes, Lanes) {
        var x = Lanes.zero, y = Lanes.zero
        for lane in 0..<4 {
            let angle = 2 * Double.pi * (step * (Double(place + lane) + first)).remainder(dividingBy: 1)
            x[lane] = cos(angle)
            y[lane] = sin(angle)
        }
        return (x, y)
    }

    /// What is left of a channel without tones of so many turns and such cosines and sines.
    func rest(_ channel: Int, _ turns: [Double], _ cosines: [Double], _ sines: [Double]) -> [Double] {
        var even = [Double](repeating: 0, count: 4 * lanes), odd = even
        even.withUnsafeMutableBytes { even in
            odd.withUnsafeMutableBytes { odd in
                for k in turns.indices {
                    let step = turns[k] / Double(count)
                    let turn = 2 * Double.pi * (4 * step).remainder(dividingBy: 1)
                    let c = Lanes(repeating: cos(turn)), s = Lanes(repeating: sin(turn))
                    let a = Lanes(repeating: cosines[k]), b = Lanes(repeating: sines[k])
                    var x = Lanes.zero, y = Lanes.zero
                    var n = 0
                    while n < lanes {
                        if n % Self.fresh == 0 { (x, y) = tone(4 * n, step) }
                        let at = 32 &* n
                        let e = even.loadUnaligned(fromByteOffset: at, as: Lanes.self)
                        let o = odd.loadUnaligned(fromByteOffset: at, as: Lanes.self)
                        even.storeBytes(of: e.plus(a, times: x), toByteOffset: at, as: Lanes.self)
                        odd.storeBytes(of: o.plus(b, times: y), toByteOffset: at, as: Lanes.self)
                        (x, y) = ((x * c).minus(y, times: s), (x * s).plus(y, times: c))
                        n &+= 1
                    }
                }
            }
        }
        var rest = samples[channel]
        for m in 0..<((count + 1) / 2) {
            let after = count / 2 + m, before = (count - 1) / 2 - m
            rest[after] -= even[m] + odd[m]
            if after != before { rest[before] -= even[m] - odd[m] }
        }
        return rest
    }
}
