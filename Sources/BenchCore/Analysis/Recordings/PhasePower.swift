/// Reference power of one phase while the samples of a record come by: by the window, and for records below a second by a fit of the components.
struct PhasePower: Sendable {
    /// Samples of a channel that are kept for a fit, at most.
    static let mostKept = 1 << 19

    /// Numbers of the phase and of its channels.
    let phase: Int, u: Int, i: Int
    /// The energy so far.
    private(set) var energy: EnergySums
    /// What the corrections changed of the active power, W.
    private(set) var difference = 0.0
    /// The window, where the record holds ten cycles; the samples, where it is short.
    private var window: CorrectedPowerSums?
    private let keeps: Bool
    private var kept: (u: [Double], i: [Double]) = ([], [])
    private let rate: Double, nominal: Double
    private let corrections: (voltage: ChannelCorrection?, current: ChannelCorrection?)

    /// `nil` for records that neither method does justice to.
    init?(
        phase: Int, u: Int, i: Int, frames: Int, rate: Double, nominal: Double,
        corrections: (voltage: ChannelCorrection?, current: ChannelCorrection?)
    ) {
        self.phase = phase
        self.u = u
        self.i = i
        self.rate = rate
        self.nominal = nominal
        self.corrections = corrections
        energy = EnergySums(rate: rate)
        let cycles = Double(frames) / rate * nominal
        // A window parts what lies seven turns apart; from a second on these are 7 Hz.
        keeps = Double(frames) < rate && frames <= Self.mostKept
        if cycles >= 10 {
            window = CorrectedPowerSums(count: frames, rate: rate, nominal: nominal, corrections: corrections)
        }
        guard window != nil || keeps && cycles >= 2 else { return nil }
    }

    /// Takes the next samples, as many of each; the fundamental's frequency as it is known by now, Hz.
    mutating func add(_ moreU: [Double], _ moreI: [Double], fundamental: Double) {
        window?.add(moreU, moreI, fundamental: fundamental)
        energy.add(moreU, moreI)
        guard keeps else { return }
        kept.u += moreU
        kept.i += moreI
    }

    /// What was found: by the fit where there is one, else by the window; why there is no fit where the record is short.
    mutating func finish(
        noise: (voltage: Double, current: Double), fundamental: Double, saturated: Int
    ) -> (power: CorrectedPower?, fit: MultiSineFit?, refusal: MultiSineTrouble?) {
        var refusal: MultiSineTrouble?
        if keeps {
            do throws(MultiSineTrouble) {
                let fit = try MultiSineFit(
                    voltage: kept.u, current: kept.i, rate: rate, fundamental: 0.8 * nominal...1.2 * nominal,
                    saturated: saturated)
                let power = fit.corrected(voltage: corrections.voltage, current: corrections.current)
                difference = power.difference
                return (power, fit, nil)
            } catch {
                refusal = error
            }
        }
        let power = window?.power(noise: noise, fundamental: fundamental)
        difference = power?.difference ?? 0
        return (power, nil, refusal)
    }
}
