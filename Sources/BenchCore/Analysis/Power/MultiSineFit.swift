#if canImport(Glibc)
    import Glibc
#endif

/// Power of one phase over a short record by a fit of everything that turns in it: direct component, harmonics, interharmonics.
///
/// For records of a few cycles, where a window cannot part an interharmonic from the harmonic beside it (`ReferencePower`): a model of tones can,
/// as it knows how many there are. Frequencies are found here: the fundamental as the strongest line of a windowed spectrum, interharmonics one after another
/// where a tone would take most from what is left, all of them moved together until they stay (`MultiSineModel`). P = U₀·I₀ + Σ Uₖ·Iₖ·cos φₖ.
///
/// It answers for signals that are steady over the record, and says so where they are not: where something is left that noise does not make, or two
/// tones lie closer than the record can tell apart, it gives a sentence instead of a number. Interharmonics too weak to be told from noise are in
/// no number and in no uncertainty.
public struct MultiSineFit: Sendable, Hashable, Codable {
    /// A component.
    public struct Tone: Sendable, Hashable, Codable {
        /// Frequency, Hz; standard uncertainty of it by noise, Hz.
        public var frequency: Double, frequencyNoise: Double
        /// Order, 1 for the fundamental; `nil` for what is no harmonic.
        public var order: Int?
        /// Effective values, V and A, and angles in the middle of the record.
        public var voltage: SpectralLine, current: SpectralLine
    }

    /// Power and effective values, with the standard uncertainties that noise gives them (covariance of the fit, frequencies included).
    public let power: ReferencePower
    /// Direct components, V and A.
    public let directVoltage: Double, directCurrent: Double
    /// Harmonics and what lies between them, by frequency; the fundamental has order 1.
    public let tones: [Tone]
    /// Standard deviation of what is left of a sample, V and A: noise, and what the model does not hold.
    public let voltageRest: Double, currentRest: Double
    /// Samples of each channel, and how many a second.
    public let count: Int, rate: Double

    /// The fundamental.
    public var fundamental: Tone { tones.first { $0.order == 1 } ?? tones[0] }
    /// What is no harmonic.
    public var interharmonics: [Tone] { tones.filter { $0.order == nil } }

    /// Cycles of the fundamental that a record has to hold.
    public static let leastCycles = 3.0
    /// Tones nearer to each other than this share of one over the record's length are refused.
    public static let leastDistance = 0.5
    /// Tones that are no harmonics, at most.
    public static let mostFree = 8

    /// Fits a voltage and a current sampled together, V and A.
    ///
    /// - Parameters:
    ///   - rate: samples a second.
    ///   - range: where the fundamental is looked for, Hz.
    ///   - orders: harmonics up to this one are fitted where they lie below half the rate; others count as free tones if they are there.
    ///   - saturated: how many samples lie at an end of the digitizer's range.
    /// - Throws: `MultiSineTrouble` instead of a number that would be wrong.
    public init(
        voltage: [Double], current: [Double], rate: Double, fundamental range: ClosedRange<Double> = 40...70,
        orders: Int = 50, saturated: Int = 0
    ) throws(MultiSineTrouble) {
        try Self.check(voltage, current, rate, range, saturated)
        var search = try MultiSineSearch(MultiSineRecord([voltage, current]), rate: rate, range: range, orders: orders)
        try search.run()
        self = try search.result()
    }

    init(
        power: ReferencePower, direct: (Double, Double), tones: [Tone], rest: (Double, Double), count: Int, rate: Double
    ) {
        self.power = power
        (directVoltage, directCurrent) = direct
        self.tones = tones
        (voltageRest, currentRest) = rest
        self.count = count
        self.rate = rate
    }

    private static func check(
        _ voltage: [Double], _ current: [Double], _ rate: Double, _ range: ClosedRange<Double>, _ saturated: Int
    ) throws(MultiSineTrouble) {
        guard voltage.count == current.count else {
            throw MultiSineTrouble(
                .lengths,
                "\(voltage.count) samples of voltage and \(current.count) of current: as many of each are wanted")
        }
        guard rate.isFinite, rate > 4 * range.upperBound, range.lowerBound > 0 else {
            throw MultiSineTrouble(
                .tooShort,
                "\(Decimal.shortest(rate)) samples a second: more than \(Decimal.shortest(4 * range.upperBound)) are wanted"
            )
        }
        for (name, samples) in [("voltage", voltage), ("current", current)] {
            if let n = samples.firstIndex(where: { !$0.isFinite }) {
                throw MultiSineTrouble(.notFinite, "sample \(n) of the \(name) is no number")
            }
        }
        guard saturated == 0 else {
            throw MultiSineTrouble(
                .saturated,
                "\(saturated) samples lie at the end of the digitizer's range: what was cut off cannot be fitted; take a larger range"
            )
        }
        let cycles = Double(voltage.count) / rate * range.lowerBound
        guard cycles >= leastCycles * range.lowerBound / range.upperBound, voltage.count >= 32 else {
            throw MultiSineTrouble(
                .tooShort,
                "\(Decimal.fixed(1000 * Double(voltage.count) / rate, 1)) ms are too short: \(Decimal.shortest(leastCycles)) cycles and 32 samples are wanted"
            )
        }
    }
}
