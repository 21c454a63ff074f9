#if canImport(Glibc)
    import Glibc
#endif

/// How the tones of a `MultiSineFit` are found, one after another.
struct MultiSineSearch: Sendable {
    let record: MultiSineRecord, rate: Double
    private let range: ClosedRange<Double>
    private(set) var model: MultiSineModel
    private(set) var solution: MultiSineModel.Solution
    private var weights: [Double]
    /// Standard deviation of what is left of each channel, and the smallest that digits show.
    private(set) var sigma = [0.0, 0.0]
    private let rms: [Double]

    var seconds: Double { Double(record.count) / rate }

    init(
        _ record: MultiSineRecord, rate: Double, range: ClosedRange<Double>, orders: Int
    ) throws(MultiSineTrouble) {
        self.record = record
        self.rate = rate
        self.range = range
        let n = Double(record.count)
        rms = record.squares.map { ($0 / n).squareRoot() }
        // Before noise is known, both channels count alike.
        weights = record.squares.map { $0 > 0 ? 1 / $0 : 0 }
        guard rms.contains(where: { $0 > 0 }) else {
            throw MultiSineTrouble(.noFundamental, "all samples of voltage and current are zero")
        }
        let start = try Self.start(record, weights, rate, range)
        guard start >= MultiSineFit.leastCycles else {
            throw MultiSineTrouble(
                .tooShort,
                "the record holds \(Decimal.fixed(start, 1)) cycles of its fundamental: \(Decimal.shortest(MultiSineFit.leastCycles)) are wanted"
            )
        }
        // Orders that stand a line and a half below half the rate; the highest find the frequency best, and lead astray before it is nearly known.
        let top = max(1, min(orders, Int((n / 2 - 1.5) / (start + 0.5))))
        model = MultiSineModel(fundamental: start, orders: [1], free: [])
        var found: MultiSineModel.Solution?
        for stage in [1, 3, 8, 20, 50, top].filter({ $0 < top }) + [top] {
            model.orders = Array(1...stage)
            found = model.optimise(record, weights: weights, steps: stage == top ? 40 : 8)
        }
        guard let found else {
            throw MultiSineTrouble(.doesNotFit, "harmonics of one frequency cannot be fitted to the record")
        }
        solution = found
    }

    /// The strongest line of a windowed spectrum of both channels within the range, in turns over the record.
    private static func start(
        _ record: MultiSineRecord, _ weights: [Double], _ rate: Double, _ range: ClosedRange<Double>
    ) throws(MultiSineTrouble) -> Double {
        let n = record.count
        // Hann's window, around the mean.
        let windowed = record.samples.map { x in
            let mean = x.reduce(0, +) / Double(n)
            return x.enumerated().map { at, value in
                (value - mean) * (0.5 - 0.5 * cos(2 * Double.pi * (Double(at) + 0.5) / Double(n)))
            }
        }
        let (lines, step) = padded(windowed)
        let power = lines[0].indices.map { k in
            lines.indices.reduce(0) { $0 + weights[$1] * lines[$1][k].power }
        }
        let turns = Double(n) / rate
        let low = max(1, Int((range.lowerBound * turns / step).rounded(.up)))
        let high = min(power.count - 2, Int(range.upperBound * turns / step))
        guard low <= high, let best = (low...high).max(by: { power[$0] < power[$1] }), power[best] > 0 else {
            throw MultiSineTrouble(
                .noFundamental,
                "nothing turns between \(Decimal.shortest(range.lowerBound)) and \(Decimal.shortest(range.upperBound)) Hz"
            )
        }
        // A parabola through the logarithms.
        let (a, b, c) = (log(power[best - 1]), log(power[best]), log(power[best + 1]))
        let bend = a - 2 * b + c
        let shift = bend < 0 && bend.isFinite ? max(-0.5, min(0.5, (a - c) / 2 / bend)) : 0
        return (Double(best) + shift) * step
    }

    /// Lines of channels that were filled up with zeros, and how far they stand apart in turns over the record.
    private static func padded(_ channels: [[Double]]) -> (lines: [[SpectralLine]], step: Double) {
        let n = channels[0].count
        let count = FourierTransform.length(atLeast: n <= 1 << 16 ? 4 * n : 2 * n)
        guard let maker = SpectrumMaker(count: count) else { return (channels.map { _ in [] }, 1) }
        let zeros = [Double](repeating: 0, count: count - n)
        return (maker.lines(channels.map { $0 + zeros }), Double(n) / Double(count))
    }

    // MARK: the search

    /// A tone that would take from what is left.
    private struct Candidate {
        var turns: Double, gain: Double
    }

    /// Adds tones until none would take more than noise can.
    mutating func run() throws(MultiSineTrouble) {
        while true {
            // A channel that the model does not fit yet counts for less, which may be just what it lacks.
            let rest = try refit(enough: 1e-3)
            guard let best = candidate(rest), best.gain > threshold else { break }
            guard model.free.count < MultiSineFit.mostFree else {
                throw MultiSineTrouble(
                    .doesNotFit,
                    "after \(MultiSineFit.mostFree) interharmonics there is still something left near \(hertz(best.turns)) Hz "
                        + "(\(ppm(0)) ppm of the voltage, \(ppm(1)) ppm of the current in all): the signal is not steady, or not made of tones"
                )
            }
            try add(best.turns)
        }
        try settle()
    }

    /// How much a tone has to take, in variances of noise, that noise alone seldom (1 % of records) makes one: of N places each takes χ² with four degrees of
    /// freedom, whose tail is e^(−x/2)·(1 + x/2).
    private var threshold: Double {
        let wanted = log(Double(record.count) / 0.01)
        var half = wanted
        for _ in 0..<4 { half = wanted + log(1 + half) }
        return 2 * half
    }

    /// What is left of both channels; sets their standard deviations and weights.
    private mutating func leftover() -> [[Double]] {
        let rest = solution.rest
        let parameters = Double(2 * model.turns.count - 1) + Double(1 + model.free.count) / 2
        let freedom = max(1, Double(record.count) - parameters)
        for c in 0..<2 {
            sigma[c] = (rest[c].reduce(0) { $0 + $1 * $1 } / freedom).squareRoot()
            // Nine digits are more than any digitizer has, and fewer than rounding and unfinished steps spoil.
            let least = max(sigma[c], 1e-9 * rms[c])
            weights[c] = least > 0 ? 1 / (least * least) : 0
        }
        return rest
    }

    /// Where a tone would take most: local peaks of the spectrum of what is left, each with its surroundings.
    private func candidate(_ rest: [[Double]]) -> Candidate? {
        let (lines, step) = Self.padded(rest)
        let power = lines[0].indices.map { k in weights[0] * lines[0][k].power + weights[1] * lines[1][k].power }
        let first = max(1, Int((0.5 / step).rounded(.up))), last = Int((Double(record.count) / 2 - 1) / step)
        guard first + 1 < last else { return nil }
        let peaks = (first..<last).filter { power[$0] >= power[$0 - 1] && power[$0] >= power[$0 + 1] }
            .sorted { power[$0] > power[$1] }.prefix(10)
        var places: Set<Int> = []
        let around = Int((1.5 / step).rounded())
        for peak in peaks { places.formUnion(max(first, peak - around)...min(last, peak + around)) }
        var best: Candidate?
        for k in places.sorted() {
            let turns = step * Double(k)
            let gain = gains(turns, lines.map { Self.sums($0[k], turns, record.count, step) }).reduce(0, +)
            if gain > best?.gain ?? 0 { best = Candidate(turns: turns, gain: gain) }
        }
        return best
    }

    /// What a tone would take of each channel's sum of squares, in variances: what is left, seen against the part of the tone that the model cannot make.
    private func gains(_ turns: Double, _ sums: [(even: Double, odd: Double)]) -> [Double] {
        let n = Double(record.count)
        var even: [Double] = [], odd: [Double] = []
        for (k, f) in solution.turns.enumerated() {
            let less = MultiSineKernel(count: record.count, turns: turns - f).even
            let more = MultiSineKernel(count: record.count, turns: turns + f).even
            even.append((less + more) / 2)
            if k > 0 { odd.append((less - more) / 2) }
        }
        let own = MultiSineKernel(count: record.count, turns: 2 * turns).even
        let a = (n + own) / 2 - solution.even.square(even), b = (n - own) / 2 - solution.odd.square(odd)
        // A tone that the model all but holds takes nothing that could be seen.
        let least = 1e-4 * n
        return sums.indices.map { channel in
            let (x, y) = sums[channel]
            return weights[channel] * (x * x / max(a, least) + y * y / max(b, least))
        }
    }

    /// Σ x·cos and Σ x·sin about the middle of the record, from a line over all points, zeros included.
    private static func sums(
        _ line: SpectralLine, _ turns: Double, _ count: Int, _ step: Double
    ) -> (even: Double, odd: Double) {
        let n = Double(count)
        let scale = n / step / 2.0.squareRoot(), turn = Double.pi * turns * (n - 1) / n
        let (c, s) = (cos(turn), sin(turn))
        return (scale * (line.re * c - line.im * s), -scale * (line.re * s + line.im * c))
    }

    /// Takes a tone in: its own frequency first, then all of them. One at a multiple of the fundamental becomes an order.
    private mutating func add(_ turns: Double) throws(MultiSineTrouble) {
        let order = (turns / model.fundamental).rounded()
        var next = model
        var start: MultiSineModel.Solution?
        if order > 0, !model.orders.contains(Int(order)), abs(turns - order * model.fundamental) < 0.3 {
            next.orders.append(Int(order))
        } else {
            next.free.append(turns)
            start = next.optimise(
                record, weights: weights, from: next.free.count, steps: 8, enough: 1e-2, known: solution)
        }
        guard let found = next.optimise(record, weights: weights, enough: 1e-3, known: start) else {
            throw tooNear(turns, solution.turns.min { abs($0 - turns) < abs($1 - turns) } ?? 0)
        }
        model = next
        solution = found
    }

    // MARK: judging

    /// Fits once more with the weights that the noise has, and refuses what cannot be told apart or is no noise.
    private mutating func settle() throws(MultiSineTrouble) {
        try refit()
        // A tone beside another that is not needed goes; one that is needed cannot be told from the other.
        for (near, k) in nearTones() {
            var without = self
            without.model.free.removeAll { $0 == k }
            let rest = try without.refit()
            guard let best = without.candidate(rest), best.gain > threshold else {
                self = without
                continue
            }
            throw tooNear(k, near)
        }
        guard let matrix = MultiSineSystem(solution.matrix, size: 1 + model.free.count) else {
            throw MultiSineTrouble(.doesNotFit, "the frequencies cannot be found from this record")
        }
        try judgeFundamental(matrix)
        try judgeDistances(matrix)
        try judgeNoise()
    }

    /// Fits with the weights that the noise has, until both agree; gives what is left.
    @discardableResult
    private mutating func refit(enough: Double = 1e-6) throws(MultiSineTrouble) -> [[Double]] {
        var rest = leftover()
        for _ in 0..<4 {
            let before = sigma
            guard let found = model.optimise(record, weights: weights, enough: enough, known: solution)
            else {
                throw MultiSineTrouble(.doesNotFit, "the tones found cannot be told apart")
            }
            solution = found
            rest = leftover()
            if zip(before, sigma).allSatisfy({ abs($0 - $1) <= 0.1 * $1 }) { break }
        }
        // The matrix of the frequencies with the last weights.
        if let found = model.solve(record, weights: weights, known: solution) { solution = found }
        return rest
    }

    /// Free tones that lie too near to another tone, with that one.
    private func nearTones() -> [(near: Double, tone: Double)] {
        model.free.compactMap { f in
            let others = solution.turns.filter { $0 != f }
            guard let near = others.min(by: { abs($0 - f) < abs($1 - f) }) else { return nil }
            return abs(near - f) < MultiSineFit.leastDistance ? (near, f) : nil
        }
    }

    private func judgeFundamental(_ matrix: MultiSineSystem) throws(MultiSineTrouble) {
        let found = model.fundamental / seconds
        var share = [Double](repeating: 0, count: 1 + model.free.count)
        share[0] = 1
        // Two percent more than asked for is still the same.
        guard found > 0.98 * range.lowerBound, found < 1.02 * range.upperBound else {
            throw MultiSineTrouble(
                .noFundamental,
                "the fundamental is found at \(Decimal.fixed(found, 2)) Hz, not between "
                    + "\(Decimal.shortest(range.lowerBound)) and \(Decimal.shortest(range.upperBound)) Hz")
        }
        let strength = zip(weights, zip(solution.cosines, solution.sines)).reduce(0.0) { sum, channel in
            let (a, b) = (channel.1.0[1], channel.1.1[1])
            return sum + channel.0 * (a * a + b * b) * Double(record.count) / 2
        }
        guard strength > threshold, matrix.square(share).squareRoot() < 0.1 else {
            throw MultiSineTrouble(
                .noFundamental, "no fundamental stands out of the noise: its frequency cannot be found")
        }
    }

    /// Frequencies of two tones have to differ by far more than they are uncertain.
    private func judgeDistances(_ matrix: MultiSineSystem) throws(MultiSineTrouble) {
        let fixed = 1 + model.orders.count
        for k in model.free.indices {
            for j in 0..<(fixed + k) {
                let distance = abs(model.free[k] - solution.turns[j])
                guard distance < 1.5 else { continue }
                var share = [Double](repeating: 0, count: 1 + model.free.count)
                share[1 + k] = 1
                if j >= fixed { share[1 + j - fixed] = -1 } else if j > 0 { share[0] = -Double(model.orders[j - 1]) }
                guard distance > 4 * matrix.square(share).squareRoot() else {
                    throw tooNear(model.free[k], solution.turns[j])
                }
            }
        }
    }

    /// What is left has to be as large around the fundamental as everywhere: the uncertainty is that of white noise.
    private mutating func judgeNoise() throws(MultiSineTrouble) {
        let rest = MultiSineRecord(leftover())
        var sums = [0.0, 0.0], count = 0.0
        for line in 1...max(1, Int(2 * model.fundamental)) {
            let turns = Double(line)
            guard !solution.turns.contains(where: { abs($0 - turns) < 0.8 }) else { continue }
            let (u, i) = rest.moments(turns)
            let found = gains(turns, [(u.even, u.odd), (i.even, i.odd)])
            count += 1
            for c in 0..<2 { sums[c] += found[c] }
        }
        guard count >= 3 else { return }
        // Wilson and Hilferty's χ² with two degrees of freedom a line; 3.7 standard deviations: one record in ten thousand.
        let most = pow(1 - 1 / (9 * count) + 3.7 * (1 / (9 * count)).squareRoot(), 3)
        for (c, name) in ["voltage", "current"].enumerated() where sums[c] > 2 * count * most {
            throw MultiSineTrouble(
                .doesNotFit,
                "what is left of the \(name) (\(ppm(c)) ppm of it) is \(Decimal.fixed((sums[c] / count / 2).squareRoot(), 1)) times as large around the fundamental "
                    + "as elsewhere: the signal is not steady, or its noise not white")
        }
    }

    private func tooNear(_ a: Double, _ b: Double) -> MultiSineTrouble {
        MultiSineTrouble(
            .tooNear,
            "components near \(hertz(min(a, b))) Hz and \(hertz(max(a, b))) Hz cannot be told apart in "
                + "\(Decimal.fixed(1000 * seconds, 1)) ms: they want a longer record")
    }

    private func hertz(_ turns: Double) -> String { Decimal.fixed(turns / seconds, 2) }
    private func ppm(_ channel: Int) -> String {
        Decimal.fixed(rms[channel] > 0 ? 1e6 * sigma[channel] / rms[channel] : 0, 2)
    }
}
