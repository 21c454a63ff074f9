#if canImport(Glibc)
    import Glibc
#endif

extension MultiSineSearch {
    /// Power and tones of what was found, with the covariance of the fit.
    func result() throws(MultiSineTrouble) -> MultiSineFit {
        let s = solution, m = s.turns.count, q = 1 + model.free.count, n = Double(record.count)
        guard let matrix = MultiSineSystem(s.matrix, size: q) else {
            throw MultiSineTrouble(.doesNotFit, "the frequencies cannot be found from this record")
        }
        /// Half the product of two channels' amplitudes is a mean; that of direct components counts whole.
        func product(_ a: Int, _ b: Int) -> Double {
            var sum = 0.0
            for k in 0..<m {
                let both = s.cosines[a][k] * s.cosines[b][k] + s.sines[a][k] * s.sines[b][k]
                sum += k == 0 ? both : both / 2
            }
            return sum
        }
        /// Variance of a sum of mean products by noise, each of a channel with fixed amplitudes of another: at known frequencies, and what the
        /// frequencies' noise makes of it.
        func variance(_ parts: [(channel: Int, by: Int)]) -> Double {
            var sum = 0.0
            var shift = [Double](repeating: 0, count: q)
            for (c, by) in parts {
                let even = (0..<m).map { ($0 == 0 ? 1 : 0.5) * s.cosines[by][$0] }
                let odd = (0..<m).map { ($0 == 0 ? 0 : 0.5) * s.sines[by][$0] }
                sum += sigma[c] * sigma[c] * (s.even.square(even) + s.odd.square(Array(odd.dropFirst())))
                for f in 0..<q {
                    for k in 0..<m { shift[f] -= even[k] * s.evenShift[c][f][k] + odd[k] * s.oddShift[c][f][k] }
                }
            }
            return sum + matrix.square(shift)
        }
        // Noise adds to a square what its share in the model's parameters is.
        let parameters = Double(2 * m - 1) / n
        let squares = (0..<2).map { max(0, product($0, $0) - sigma[$0] * sigma[$0] * parameters) }
        let (u, i) = (squares[0].squareRoot(), squares[1].squareRoot())
        func effective(_ c: Int, _ value: Double) -> Double {
            // A channel that holds nothing but noise is uncertain by what noise makes of all parameters.
            let least = sigma[c] * parameters.squareRoot()
            return value > least ? variance([(c, c)]).squareRoot() / value : least
        }
        let power = ReferencePower(
            voltage: u, current: i, active: product(0, 1), activeNoise: variance([(0, 1), (1, 0)]).squareRoot(),
            voltageNoise: effective(0, u), currentNoise: effective(1, i))
        func line(_ c: Int, _ k: Int) -> SpectralLine {
            SpectralLine(re: s.cosines[c][k] / 2.0.squareRoot(), im: -s.sines[c][k] / 2.0.squareRoot())
        }
        let fixed = 1 + model.orders.count
        let tones = (1..<m).map { k in
            var share = [Double](repeating: 0, count: q)
            let order = k < fixed ? model.orders[k - 1] : nil
            share[order == nil ? 1 + k - fixed : 0] = Double(order ?? 1)
            return MultiSineFit.Tone(
                frequency: s.turns[k] / seconds, frequencyNoise: matrix.square(share).squareRoot() / seconds,
                order: order, voltage: line(0, k), current: line(1, k))
        }
        return MultiSineFit(
            power: power, direct: (s.cosines[0][0], s.cosines[1][0]),
            tones: tones.sorted { $0.frequency < $1.frequency },
            rest: (sigma[0], sigma[1]), count: record.count, rate: rate)
    }
}
