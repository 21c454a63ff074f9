/// Reference power with the corrections of both channels applied, and its parts by harmonic order.
///
/// A windowed mean of products is a sum over the cross spectrum of the window (Parseval): P = Σₖ Re(Uₖ·Iₖ*) · M/Σw², where Uₖ and Iₖ are the lines of w·u
/// and w·i in effective values and M the points of the transform. So every line is corrected at its own frequency, Uₖ·Cu(f)·(Iₖ·Ci(f))*, and the
/// difference to the uncorrected sum is added to `ReferencePower`. Lines within the main lobe around a harmonic (four lines of the window
/// on either side) are corrected as the harmonic itself, so that a delay does not shift the windows against each other. Without corrections
/// the difference is nothing, and the values are those of `ReferencePower`. Long records are cut into segments of some 10⁵ samples,
/// weighed as the window of the whole record has them.
///
/// Where the rows of a correction do not reach, lines stay as recorded; `outside` says how much of the signal that is.
public struct CorrectedPower: Sendable, Hashable {
    /// Effective values and power, corrected.
    public let power: ReferencePower
    /// What it is made of by order, corrected; what lies between harmonics belongs to the nearest.
    public let orders: [Order]
    /// What the corrections changed of the active power, W.
    public let difference: Double
    /// The fundamental alone, corrected: the lines within the main lobe around it.
    public let fundamental: Order
    /// Shares of the squares of voltage and current that lie where no row of a correction reaches.
    public let outside: Pair

    /// A number for the voltage and one for the current.
    public struct Pair: Sendable, Hashable {
        /// The number of each.
        public var voltage: Double, current: Double
    }

    /// The part of one order in the powers and squares.
    public struct Order: Sendable, Hashable {
        /// 0 is the direct component.
        public var order: Int
        /// Active and reactive power, W and var; squares of the effective values, V² and A².
        public var active = 0.0, reactive = 0.0, voltage = 0.0, current = 0.0
    }

    /// Power of a voltage and a current sampled together, V and A; `nil` where `ReferencePower` gives none.
    ///
    /// - Parameters:
    ///   - noise: standard deviations of the samples of voltage and current, V and A.
    ///   - rate: samples a second; `fundamental`: its frequency, Hz.
    ///   - corrections: of voltage and current.
    public init?(
        voltage u: [Double], current i: [Double], noise: (voltage: Double, current: Double) = (0, 0), rate: Double,
        fundamental: Double, corrections: (voltage: ChannelCorrection?, current: ChannelCorrection?) = (nil, nil)
    ) {
        guard u.count == i.count, u.count >= 16, fundamental > 0,
            var sums = CorrectedPowerSums(count: u.count, rate: rate, nominal: fundamental, corrections: corrections)
        else { return nil }
        sums.add(u, i, fundamental: fundamental)
        guard let found = sums.power(noise: noise, fundamental: fundamental) else { return nil }
        self = found
    }

    fileprivate init(_ raw: ReferencePower, _ sums: CrossSums, noiseGains: (voltage: Double, current: Double)) {
        let change = sums.difference
        power = ReferencePower(
            voltage: max(0, raw.voltage * raw.voltage + change.voltage).squareRoot(),
            current: max(0, raw.current * raw.current + change.current).squareRoot(),
            active: raw.active + change.active, activeNoise: raw.activeNoise * noiseGains.voltage * noiseGains.current,
            voltageNoise: raw.voltageNoise * noiseGains.voltage, currentNoise: raw.currentNoise * noiseGains.current)
        difference = change.active
        orders = sums.orders
        fundamental = sums.first
        outside = sums.outside
    }
}

/// The sums of `CorrectedPower` while the samples of a record of known length come by, in constant memory.
struct CorrectedPowerSums: Sendable {
    /// A piece of a record that is transformed at once has at least so many samples where the record has them.
    private static let segment = 1 << 17

    private let corrections: (voltage: ChannelCorrection?, current: ChannelCorrection?)
    private let pieces: Int, length: Int
    private let maker: SpectrumMaker, weights: [Double]
    private var raw: ReferencePowerSums, sums: CrossSums
    private var u: [Double] = [], i: [Double] = []
    private var piece = 0

    init?(
        count: Int, rate: Double, nominal: Double,
        corrections: (voltage: ChannelCorrection?, current: ChannelCorrection?)
    ) {
        guard rate > 0, nominal > 0, count >= 16 else { return nil }
        let least = max(Self.segment, Int((12 * rate / nominal).rounded(.up)))
        pieces = max(1, count / least)
        length = count / pieces
        guard let maker = SpectrumMaker(count: FourierTransform.length(atLeast: length)) else { return nil }
        self.maker = maker
        self.corrections = corrections
        weights = BlackmanHarris.weights(length)
        raw = ReferencePowerSums(count: count)
        sums = CrossSums(
            rate: rate, length: length, corrections: corrections,
            scale: Double(maker.count) / weights.reduce(0) { $0 + $1 * $1 })
    }

    /// Takes the next samples, as many of each; the fundamental's frequency as it is known by now, Hz.
    mutating func add(_ moreU: [Double], _ moreI: [Double], fundamental: Double) {
        raw.add(moreU, moreI)
        var at = 0
        while at < moreU.count, piece < pieces {
            // A piece that is full waits for the next sample: at the end more is known of the frequency.
            if u.count == length { close(fundamental) }
            let some = min(moreU.count - at, length - u.count)
            u += moreU[at..<(at + some)]
            i += moreI[at..<(at + some)]
            at += some
        }
    }

    private mutating func close(_ fundamental: Double) {
        func windowed(_ x: [Double]) -> [Double] {
            (0..<maker.count).map { $0 < length ? weights[$0] * x[$0] : 0 }
        }
        let lines = maker.lines([windowed(u), windowed(i)])
        let share = BlackmanHarris.value((Double(piece) + 0.5) / Double(pieces))
        sums.add(lines[0], lines[1], maker.count, fundamental: fundamental, share: share * share)
        piece += 1
        u.removeAll(keepingCapacity: true)
        i.removeAll(keepingCapacity: true)
    }

    /// The power of what came, with the mean frequency of the fundamental, Hz; `nil` where it was not the whole record.
    mutating func power(noise: (voltage: Double, current: Double), fundamental: Double) -> CorrectedPower? {
        if u.count == length { close(fundamental) }
        guard piece == pieces else { return nil }
        // Noise is white and hardly corrected by more than the fundamental is.
        func magnitude(_ correction: ChannelCorrection?) -> Double { correction?.at(fundamental)?.magnitude ?? 1 }
        return CorrectedPower(
            raw.power(noise: noise), sums,
            noiseGains: (magnitude(corrections.voltage), magnitude(corrections.current)))
    }
}

/// Sums over cross spectra, before and after correction.
private struct CrossSums: Sendable {
    let rate: Double, length: Int
    let corrections: (voltage: ChannelCorrection?, current: ChannelCorrection?)
    /// Points over the sum of the squared weights.
    let scale: Double
    private var before = CorrectedPower.Order(order: 0), after: [CorrectedPower.Order] = []
    private var only = CorrectedPower.Order(order: 1)
    private var shares = 0.0, lost = (voltage: 0.0, current: 0.0)
    /// Factors at the harmonics, as they are asked for.
    private var known: [Int: (CorrectionFactor?, CorrectionFactor?)] = [:]

    init(
        rate: Double, length: Int, corrections: (voltage: ChannelCorrection?, current: ChannelCorrection?),
        scale: Double
    ) {
        self.rate = rate
        self.length = length
        self.corrections = corrections
        self.scale = scale
    }

    private func factors(_ frequency: Double) -> (CorrectionFactor?, CorrectionFactor?) {
        (
            corrections.voltage.map { $0.at(frequency) } ?? .one,
            corrections.current.map { $0.at(frequency) } ?? .one
        )
    }

    mutating func add(
        _ u: [SpectralLine], _ i: [SpectralLine], _ count: Int, fundamental: Double, share: Double
    ) {
        known.removeAll(keepingCapacity: true)
        let step = rate / Double(count)
        let lobe = 4 * rate / Double(length)
        let scale = scale * share
        shares += share
        let most = (u.reduce(0) { max($0, $1.power) }, i.reduce(0) { max($0, $1.power) })
        for k in u.indices {
            let frequency = step * Double(k)
            let order = Int((frequency / fundamental).rounded())
            var line = CorrectedPower.Order(order: order)
            // The last line of an even count holds cosines only; its reactive power is none.
            (line.active, line.reactive) = SpectralLine.power(u[k], i[k])
            (line.voltage, line.current) = (u[k].power, i[k].power)
            before.active += scale * line.active
            before.voltage += scale * line.voltage
            before.current += scale * line.current
            // What no digit of the sums shows needs no factor.
            if line.voltage > 1e-15 * most.0 || line.current > 1e-15 * most.1 {
                let pair: (CorrectionFactor?, CorrectionFactor?)
                if abs(frequency - Double(order) * fundamental) <= lobe {
                    pair = known[order] ?? factors(Double(order) * fundamental)
                    known[order] = pair
                } else {
                    pair = factors(frequency)
                }
                if pair.0 == nil { lost.voltage += scale * line.voltage }
                if pair.1 == nil { lost.current += scale * line.current }
                let (a, b) = (pair.0 ?? .one, pair.1 ?? .one)
                (line.active, line.reactive) = SpectralLine.power(a * u[k], b * i[k])
                line.voltage *= a.power
                line.current *= b.power
            }
            if order == 1, abs(frequency - fundamental) <= lobe {
                only.active += scale * line.active
                only.reactive += scale * line.reactive
                only.voltage += scale * line.voltage
                only.current += scale * line.current
            }
            while after.count <= order { after.append(CorrectedPower.Order(order: after.count)) }
            after[order].active += scale * line.active
            after[order].reactive += scale * line.reactive
            after[order].voltage += scale * line.voltage
            after[order].current += scale * line.current
        }
    }

    /// Corrected less uncorrected.
    var difference: (active: Double, voltage: Double, current: Double) {
        let n = max(shares, .leastNormalMagnitude)
        return (
            (after.reduce(0) { $0 + $1.active } - before.active) / n,
            (after.reduce(0) { $0 + $1.voltage } - before.voltage) / n,
            (after.reduce(0) { $0 + $1.current } - before.current) / n
        )
    }

    /// The orders, and the fundamental alone.
    var orders: [CorrectedPower.Order] { after.map(mean) }
    var first: CorrectedPower.Order { mean(only) }

    private func mean(_ sum: CorrectedPower.Order) -> CorrectedPower.Order {
        let n = max(shares, .leastNormalMagnitude)
        var order = sum
        order.active /= n
        order.reactive /= n
        order.voltage /= n
        order.current /= n
        return order
    }

    var outside: CorrectedPower.Pair {
        func share(_ lost: Double, _ all: Double) -> Double { all > 0 ? lost / all : 0 }
        return CorrectedPower.Pair(
            voltage: share(lost.voltage, before.voltage), current: share(lost.current, before.current))
    }
}
