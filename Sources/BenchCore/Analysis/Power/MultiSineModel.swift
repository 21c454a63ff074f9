#if canImport(Glibc)
    import Glibc
#endif

/// A direct component, harmonics of one frequency and free tones, fitted to voltage and current together by least squares.
///
/// Variable projection (G. H. Golub, V. Pereyra, SIAM J. Numer. Anal. 10 (1973), 413–432): cosines and sines follow from the
/// frequencies by linear least squares, and the frequencies by Gauss-Newton steps with analytic derivatives of what is left. Frequencies are in turns
/// over the record, so that one is what a record can just resolve.
struct MultiSineModel: Sendable {
    /// What the fundamental's orders and the free tones are.
    var fundamental: Double, orders: [Int], free: [Double]

    /// Turns of each tone: none, the harmonics, the free ones.
    var turns: [Double] { [0] + orders.map { Double($0) * fundamental } + free }

    /// A solution for given frequencies.
    struct Solution: Sendable {
        var turns: [Double]
        var moments: [(MultiSineRecord.Moments, MultiSineRecord.Moments)]
        /// Cosines and sines of each channel, tone after tone (the first: direct component, no sine).
        var cosines: [[Double]], sines: [[Double]]
        /// What is left of each channel.
        var rest: [[Double]]
        /// Weighted sum of its squares. (Σx² less what the tones take would be the same, but for the digits that are lost.)
        var cost: Double
        /// Of the frequencies: Gauss-Newton matrix and gradient.
        var matrix: [Double], gradient: [Double]
        /// Normal equations of cosines and of sines (without the direct component's).
        var even: MultiSineSystem, odd: MultiSineSystem
        /// How cosines and sines of a channel move with each frequency: −G⁻¹·Bᵀ·D, channel and frequency after one another.
        var evenShift: [[[Double]]], oddShift: [[[Double]]]
    }

    /// Solves for cosines and sines, and prepares the next step; `nil` where tones coincide. `known` saves what did not change.
    func solve(_ record: MultiSineRecord, weights: [Double], known: Solution? = nil) -> Solution? {
        let turns = turns, m = turns.count, q = 1 + free.count
        var moments: [(MultiSineRecord.Moments, MultiSineRecord.Moments)] = []
        moments.reserveCapacity(m)
        for (k, f) in turns.enumerated() {
            if let known, k < known.turns.count, known.turns[k] == f {
                moments.append(known.moments[k])
            } else {
                moments.append(record.moments(f))
            }
        }
        let gram = MultiSineGram(count: record.count, fundamental: fundamental, orders: [0] + orders, free: free)
        guard let even = MultiSineSystem(gram.even, size: m), let odd = MultiSineSystem(gram.odd, size: m - 1) else {
            return nil
        }
        // Which frequency a tone follows, and how many times as fast.
        var follows = [Int](repeating: 0, count: m), times = [Double](repeating: 0, count: m)
        for (k, order) in orders.enumerated() { times[1 + k] = Double(order) }
        for k in free.indices { (follows[1 + orders.count + k], times[1 + orders.count + k]) = (1 + k, 1) }
        var solution = Solution(
            turns: turns, moments: moments, cosines: [], sines: [], rest: [], cost: 0,
            matrix: [Double](repeating: 0, count: q * q), gradient: [Double](repeating: 0, count: q), even: even,
            odd: odd, evenShift: [], oddShift: [])
        for channel in 0..<2 {
            let x = moments.map { channel == 0 ? $0.0 : $0.1 }
            let right = (even: x.map(\.even), odd: x.dropFirst().map(\.odd))
            let a = even.solve(right.even), b = [0] + odd.solve(right.odd)
            let rest = record.rest(channel, turns, a, b)
            solution.cosines.append(a)
            solution.sines.append(b)
            solution.rest.append(rest)
            // Columns of derivatives, (2π·t/N)·(−a·sin + b·cos), against cosines, sines, the samples and one another.
            let p = 2 * Double.pi
            var dc = [[Double]](repeating: [Double](repeating: 0, count: m), count: q), ds = dc
            var dx = [Double](repeating: 0, count: q), dd = [Double](repeating: 0, count: q * q)
            for j in 1..<m {
                let f = follows[j], pa = p * times[j] * a[j], pb = p * times[j] * b[j]
                dx[f] += pb * x[j].evenByTime - pa * x[j].oddByTime
                for k in 0..<m {
                    dc[f][k] -= pa * gram.oddByTime[j * m + k]
                    ds[f][k] += pb * gram.oddByTime[k * m + j]
                    dd[f * q + follows[k]] +=
                        p * times[k] * (pa * a[k] * gram.oddSquare[j * m + k] + pb * b[k] * gram.evenSquare[j * m + k])
                }
            }
            var evenShift: [[Double]] = [], oddShift: [[Double]] = []
            for f in 0..<q {
                evenShift.append(even.solve(dc[f]))
                oddShift.append([0] + odd.solve(Array(ds[f].dropFirst())))
            }
            let w = weights[channel]
            solution.cost += w * rest.reduce(0) { $0 + $1 * $1 }
            for f in 0..<q {
                var g = dx[f]
                for k in 0..<m { g -= dc[f][k] * a[k] + ds[f][k] * b[k] }
                solution.gradient[f] += w * g
                for h in 0..<q {
                    var d = dd[f * q + h]
                    for k in 0..<m { d -= dc[f][k] * evenShift[h][k] + ds[f][k] * oddShift[h][k] }
                    solution.matrix[f * q + h] += w * d
                }
            }
            solution.evenShift.append(evenShift)
            solution.oddShift.append(oddShift)
        }
        return solution
    }

    /// Moves the frequencies until they stay: all, or only those from `from` on (0 is the fundamental's). `nil` where tones coincide.
    mutating func optimise(
        _ record: MultiSineRecord, weights: [Double], from: Int = 0, steps: Int = 40, enough: Double = 1e-6,
        known: Solution? = nil
    ) -> Solution? {
        guard var now = solve(record, weights: weights, known: known) else { return nil }
        var damping = 0.0
        let q = 1 + free.count
        for _ in 0..<steps {
            var taken: (MultiSineModel, Solution, Double)?
            for _ in 0..<5 {
                guard let step = Self.step(now, q, from, damping) else {
                    damping = max(10 * damping, 1e-6)
                    continue
                }
                // Half of what a record resolves at once, and no more.
                let most = step.reduce(0) { max($0, abs($1)) }
                if most < 1e-13 { return now }
                let share = most > 0.5 ? 0.5 / most : 1
                var next = self
                next.fundamental += share * step[0]
                for k in next.free.indices { next.free[k] += share * step[1 + k] }
                guard next.fundamental > 0.5,
                    next.free.allSatisfy({ $0 > 0.05 && $0 < Double(record.count) / 2 - 0.5 }),
                    let there = next.solve(record, weights: weights, known: now),
                    there.cost <= now.cost
                else {
                    damping = max(10 * damping, 1e-3)
                    continue
                }
                taken = (next, there, share * most)
                break
            }
            guard let (next, there, moved) = taken else { break }
            damping = damping > 1e-6 ? damping / 10 : 0
            // A step that takes hardly more of what is left is the last.
            let last = now.cost - there.cost < enough * now.cost
            self = next
            now = there
            if last || moved < 1e-13 { break }
        }
        return now
    }

    /// A Gauss-Newton step of the frequencies, damped on their own scales (Levenberg, Marquardt).
    private static func step(_ now: Solution, _ q: Int, _ from: Int, _ damping: Double) -> [Double]? {
        let size = q - from
        guard size > 0 else { return [Double](repeating: 0, count: q) }
        var matrix = [Double](repeating: 0, count: size * size)
        for j in 0..<size {
            for k in 0..<size {
                matrix[j * size + k] = now.matrix[(from + j) * q + from + k] * (j == k ? 1 + damping : 1)
            }
        }
        guard let system = MultiSineSystem(matrix, size: size) else { return nil }
        let step = system.solve(Array(now.gradient[from...]))
        guard step.allSatisfy(\.isFinite) else { return nil }
        return [Double](repeating: 0, count: from) + step
    }
}

/// What tones have in common over a record: cosines and sines of each pair, alone and times t/N and (t/N)².
struct MultiSineGram: Sendable {
    /// Σ cos·cos; Σ sin·sin without the first tone; Σ (t/N)·sin_j·cos_k; Σ (t/N)²·cos·cos and ·sin·sin. Rows one after another.
    let even: [Double], odd: [Double], oddByTime: [Double], evenSquare: [Double], oddSquare: [Double]

    /// Of harmonics (order 0 is the direct component) and free tones, frequencies in turns over the record.
    init(count: Int, fundamental: Double, orders: [Int], free: [Double]) {
        let turns = orders.map { Double($0) * fundamental } + free
        let m = turns.count, harmonics = orders.count
        // Sums and differences of orders are orders again.
        let known = (0...(2 * (orders.max() ?? 0))).map {
            MultiSineKernel(count: count, turns: Double($0) * fundamental)
        }
        var even = [Double](repeating: 0, count: m * m), odd = even, oddByTime = even, evenSquare = even,
            oddSquare = even
        for j in 0..<m {
            for k in 0...j {
                let less: MultiSineKernel, more: MultiSineKernel
                // Orders grow, so that no difference is negative.
                if j < harmonics, orders[j] >= orders[k] {
                    (less, more) = (known[orders[j] - orders[k]], known[orders[j] + orders[k]])
                } else {
                    less = MultiSineKernel(count: count, turns: turns[j] - turns[k])
                    more = MultiSineKernel(count: count, turns: turns[j] + turns[k])
                }
                let (p, r) = (j * m + k, k * m + j)
                even[p] = (less.even + more.even) / 2
                odd[p] = (less.even - more.even) / 2
                oddByTime[p] = (more.odd + less.odd) / 2
                oddByTime[r] = (more.odd - less.odd) / 2
                evenSquare[p] = (less.square + more.square) / 2
                oddSquare[p] = (less.square - more.square) / 2
                (even[r], odd[r], evenSquare[r], oddSquare[r]) = (even[p], odd[p], evenSquare[p], oddSquare[p])
            }
        }
        self.even = even
        self.odd = Array((1..<max(1, m)).flatMap { j in odd[(j * m + 1)..<(j * m + m)] })
        self.oddByTime = oddByTime
        self.evenSquare = evenSquare
        self.oddSquare = oddSquare
    }
}
