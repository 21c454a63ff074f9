/// Everything that lies between a voltage or current and a channel's numbers: transducer, digitizer, moment of sampling.
///
/// true phasor = recorded phasor / (gain·e^(j·phase) of the transducer · that of the digitizer) · e^(−j·2π·f·skew). Uncertainties of gain and phase
/// of one part are fully correlated over frequency (one calibration), those of different parts and channels are independent.
public struct ChannelCorrection: Sendable, Hashable, Codable {
    /// The channel it is for, by its name in the recording.
    public var channel: String
    /// The digitizer's channel; `nil` where nothing is known of it.
    public var digitizer: CorrectionPart?
    /// What stands before it.
    public var transducer: Transducer?
    /// Recorded value without a signal, in the unit of the recording, and its standard uncertainty.
    public var offset: Double, offsetUncertainty: Double
    /// How much later than the frame's time the channel is sampled, s; `nil` where the recording's own word counts. Its standard uncertainty.
    public var skew: Double?, skewUncertainty: Double
    /// Standard deviation of the moments of sampling, s.
    public var jitter: Double
    /// For recordings that have no unit (sound cards): V or A that a recorded 1 stands for, and which of the two.
    public var scale: Double?, scaleUnit: String?

    /// A correction by its parts.
    public init(
        channel: String, digitizer: CorrectionPart? = nil, transducer: Transducer? = nil, offset: Double = 0,
        offsetUncertainty: Double = 0, skew: Double? = nil, skewUncertainty: Double = 0, jitter: Double = 0,
        scale: Double? = nil, scaleUnit: String? = nil
    ) {
        self.channel = channel
        self.digitizer = digitizer
        self.transducer = transducer
        self.offset = offset
        self.offsetUncertainty = offsetUncertainty
        self.skew = skew
        self.skewUncertainty = skewUncertainty
        self.jitter = jitter
        self.scale = scale
        self.scaleUnit = scaleUnit
    }

    /// One cause of uncertainty of a channel's gain and phase at a frequency.
    public struct Cause: Sendable, Hashable {
        /// `digitizer`, `transducer` or `skew`.
        public var name: String
        /// Standard uncertainties: of the gain as a share, of the phase in degrees.
        public var gain: Double, phase: Double
    }

    /// What a recorded phasor of that frequency, Hz, is multiplied by; `nil` where the rows of a part do not reach.
    public func at(_ frequency: Double) -> CorrectionFactor? {
        var factor = CorrectionFactor(
            undoing: 1, phase: 360 * frequency * (skew ?? 0), phaseUncertainty: 360 * frequency * skewUncertainty)
        for part in [digitizer, transducer?.part].compactMap(\.self) {
            guard let value = part.value(frequency) else { return nil }
            factor =
                factor
                * CorrectionFactor(
                    undoing: value.gain, phase: value.phase, magnitudeUncertainty: value.gainUncertainty,
                    phaseUncertainty: value.phaseUncertainty)
        }
        return factor
    }

    /// What the uncertainty of `at` is made of; empty where the rows do not reach.
    public func causes(_ frequency: Double) -> [Cause] {
        guard at(frequency) != nil else { return [] }
        var causes: [Cause] = []
        for (name, part) in [("digitizer", digitizer), ("transducer", transducer?.part)] {
            guard let value = part?.value(frequency) else { continue }
            causes.append(Cause(name: name, gain: value.gainUncertainty, phase: value.phaseUncertainty))
        }
        if skewUncertainty > 0 {
            causes.append(Cause(name: "skew", gain: 0, phase: 360 * frequency * skewUncertainty))
        }
        return causes
    }

    /// Frequencies that both parts have rows for, Hz; `nil` where there is none, or no part at all.
    public var frequencies: ClosedRange<Double>? {
        let ranges = [digitizer, transducer?.part].compactMap(\.self).map { $0.table(nil)?.frequencies }
        guard !ranges.isEmpty else { return 0...Double.greatestFiniteMagnitude }
        let known = ranges.compactMap(\.self)
        guard known.count == ranges.count, let low = known.map(\.lowerBound).max(),
            let high = known.map(\.upperBound).min(), low <= high
        else { return nil }
        return low...high
    }

    /// The correction for a signal of that effective value at the digitizer's input: every part with one table. Throws the sentence for the
    /// person where a part was not calibrated for it.
    func at(level: Double) throws(ValueTrouble) -> ChannelCorrection {
        var copy = self
        func choose(_ part: inout CorrectionPart, _ what: String, _ value: Double, _ unit: String) throws(ValueTrouble)
        {
            guard let table = part.table(value) else {
                let known = part.levels.map {
                    "\(Decimal.shortest($0.lowest ?? 0)) … \(Decimal.shortest($0.highest ?? 0)) \(unit)"
                }
                throw ValueTrouble(
                    "\(Decimal.shortest((value * 1e6).rounded() / 1e6)) \(unit) at the input of the \(what) is outside the ranges it was calibrated for: "
                        + known.joined(separator: ", "))
            }
            part.levels = [CorrectionPart.Level(nil, table)]
        }
        let unit = transducer?.outputUnit ?? scaleUnit ?? ""
        if var part = digitizer {
            try choose(&part, "digitizer", level, unit)
            copy.digitizer = part
        }
        if var transducer {
            try choose(&transducer.part, transducer.kind.rawValue, level * transducer.ratio, transducer.inputUnit)
            copy.transducer = transducer
        }
        return copy
    }
}

extension ChannelCorrection {
    /// Corrects the lines of a window, `step` Hz apart, up to line `orders`; gives the effective value of the window, that was `rms`, corrected
    /// by the change of the lines' squares. Lines that the rows do not reach stay.
    func apply(to lines: inout [SpectralLine], step: Double, orders: Int, rms: Double) -> Double {
        var square = rms * rms
        for k in 0...max(0, min(orders, lines.count - 1)) {
            guard let factor = at(step * Double(k)) else { continue }
            square += lines[k].power * (factor.power - 1)
            lines[k] = factor * lines[k]
        }
        return max(0, square).squareRoot()
    }
}
