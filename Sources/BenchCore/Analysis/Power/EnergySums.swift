/// Energy over a whole record while its samples come by: `EnergyIntegral` from sample 2 to the last but two, in constant memory.
struct EnergySums: Sendable {
    let rate: Double
    /// Energy so far, W·s.
    private(set) var energy = 0.0
    /// Steps between samples that it holds.
    private(set) var steps = 0
    private var lost = 0.0, count = 0
    /// The last five powers.
    private var a = 0.0, b = 0.0, c = 0.0, d = 0.0, e = 0.0

    init(rate: Double) { self.rate = rate }

    /// Time that the energy is of, s.
    var seconds: Double { Double(steps) / rate }

    mutating func add(_ u: [Double], _ i: [Double]) {
        for n in 0..<min(u.count, i.count) {
            let f = u[n] * i[n]
            if count >= 5 {
                // Compensated summation (Kahan), as in `EnergyIntegral`.
                let y = EnergyIntegral.step(a, b, c, d, e, f) / rate - lost
                let t = energy + y
                lost = (t - energy) - y
                energy = t
                steps += 1
            }
            count += 1
            (a, b, c, d, e) = (b, c, d, e, f)
        }
    }
}

/// Energy between two moments while the samples come by, in constant memory: whole steps in between, and `EnergyIntegral` at either end.
struct EnergySpan: Sendable {
    private let rate: Double, begin: Double, end: Double
    /// Samples that the whole steps run between, and how far the pieces at the ends reach about them.
    private let first: Int, final: Int
    private static let reach = 12
    private var place = 0
    private var middle: EnergySums
    private var heads: (u: [Double], i: [Double]) = ([], []), tails: (u: [Double], i: [Double]) = ([], [])

    /// Moments in s after the first sample, the end behind the begin.
    init(rate: Double, from begin: Double, to end: Double) {
        self.rate = rate
        self.begin = begin
        self.end = end
        first = Int((begin * rate).rounded(.up))
        final = max(first, Int((end * rate).rounded(.down)))
        middle = EnergySums(rate: rate)
    }

    mutating func add(_ u: [Double], _ i: [Double]) {
        func part(_ low: Int, _ high: Int) -> Range<Int>? {
            let range = max(0, low - place)..<max(max(0, low - place), min(u.count, high + 1 - place))
            return range.isEmpty ? nil : range
        }
        if let range = part(first - Self.reach, first + Self.reach) {
            heads.u += u[range]
            heads.i += i[range]
        }
        if let range = part(final - Self.reach, final + Self.reach) {
            tails.u += u[range]
            tails.i += i[range]
        }
        // Steps from `first` to `final` take two samples before and three behind.
        if let range = part(first - 2, final + 2) { middle.add(Array(u[range]), Array(i[range])) }
        place += u.count
    }

    /// The energy, W·s; `nil` where the record does not reach.
    var energy: Double? {
        guard middle.steps == final - first,
            let head = EnergyIntegral(voltage: heads.u, current: heads.i, rate: rate),
            let tail = EnergyIntegral(voltage: tails.u, current: tails.i, rate: rate)
        else { return nil }
        let (a, b) = (Double(max(0, first - Self.reach)) / rate, Double(max(0, final - Self.reach)) / rate)
        guard let before = head.energy(from: begin - a, to: Double(first) / rate - a),
            let after = tail.energy(from: Double(final) / rate - b, to: end - b)
        else { return nil }
        return before + middle.energy + after
    }
}
