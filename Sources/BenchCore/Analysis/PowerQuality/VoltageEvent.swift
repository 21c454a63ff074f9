/// Where dips, swells, interruptions and rapid voltage changes begin and end, as shares of the declared voltage.
public struct VoltageThresholds: Sendable, Hashable, Codable {
    /// Declared voltage Udin, V.
    public var declared: Double
    /// A dip begins below this share of Udin; 0.9 is usual.
    public var dip: Double
    /// A swell begins above this share of Udin; 1.1 is usual.
    public var swell: Double
    /// An interruption begins below this share of Udin on all channels: 0.05 in EN 50160, 0.1 in IEEE 1159.
    public var interruption: Double
    /// Share of Udin by which an event's end lies beyond its beginning; 0.02 is usual.
    public var hysteresis: Double
    /// A rapid voltage change leaves the steady state by more than this share of Udin; 0.01 to 0.06.
    public var rapidChange: Double
    /// Share of Udin by which the voltage must lie closer for a new steady state; half of `rapidChange` is usual.
    public var rapidChangeHysteresis: Double

    /// The usual shares for a declared voltage (IEC 61000-4-30:2015, 5.4, 5.5, 5.11).
    ///
    /// - Throws: `PowerQualityTrouble` where they contradict each other.
    public init(
        declared: Double, dip: Double = 0.9, swell: Double = 1.1, interruption: Double = 0.05,
        hysteresis: Double = 0.02, rapidChange: Double = 0.05, rapidChangeHysteresis: Double? = nil
    ) throws(PowerQualityTrouble) {
        guard declared > 0, declared <= 1e9 else {
            throw PowerQualityTrouble("the declared voltage Udin is above 0 V, not \(declared) V")
        }
        guard interruption > 0, interruption < dip, dip < 1, swell > 1, swell <= 10 else {
            throw PowerQualityTrouble(
                "thresholds rise from interruption over dip, 1 and swell, all above 0: not \(interruption), \(dip), \(swell)"
            )
        }
        guard hysteresis >= 0, dip + hysteresis <= 1, swell - hysteresis >= 1, interruption + hysteresis < dip else {
            throw PowerQualityTrouble("a hysteresis of \(hysteresis) does not leave room between the thresholds")
        }
        let back = rapidChangeHysteresis ?? rapidChange / 2
        guard rapidChange > 0, rapidChange < 1, back >= 0, back < rapidChange else {
            throw PowerQualityTrouble(
                "a rapid voltage change has a threshold between 0 and 1 and a smaller hysteresis: not \(rapidChange), \(back)"
            )
        }
        self.declared = declared
        self.dip = dip
        self.swell = swell
        self.interruption = interruption
        self.hysteresis = hysteresis
        self.rapidChange = rapidChange
        self.rapidChangeHysteresis = back
    }
}

/// A dip, swell or interruption of the voltage (IEC 61000-4-30:2015, 5.4 and 5.5).
public struct VoltageEvent: Sendable, Hashable, Codable {
    /// What it is.
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        /// The voltage fell below the dip threshold on at least one channel.
        case dip
        /// The voltage rose above the swell threshold on at least one channel.
        case swell
        /// The voltage fell below the interruption threshold on all channels.
        case interruption
    }

    /// What it is.
    public let kind: Kind
    /// Start of the cycle whose Urms(1/2) first lay beyond the threshold, s after the first sample. (Both ends carry the start of their
    /// cycle, as Hioki's PQ3198 does, manual p. 198: the duration is right to half a cycle at either end.)
    public let start: Double
    /// Start of the cycle whose Urms(1/2) ended it, s after the first sample; of an event still going on, the end of the
    /// newest value.
    public internal(set) var end: Double
    /// Residual voltage (lowest Urms(1/2) of all channels) or, of a swell, the highest, V.
    public internal(set) var extreme: Double
    /// Channel on which that was.
    public internal(set) var extremeChannel: Int
    /// Channel on which it began.
    public let firstChannel: Int
    /// Channels that lay beyond the threshold at any time of it, growing.
    public internal(set) var channels: [Int]
    /// When the voltage of `firstChannel` left its course, s after the first sample: seen where it differs from a cycle earlier
    /// by a tenth of what it comes to differ, at least 2 % of the peak of Udin, so up to 6° of the cycle late. `nil` on slow
    /// ramps.
    public internal(set) var departure: Double?
    /// Angle of the fundamental of `firstChannel` at `departure`, degrees of a sine, 0 to 360.
    public internal(set) var startAngle: Double?
    /// Step of the phase angle of `firstChannel` from before to inside the event, degrees, −180 to 180, positive where the
    /// voltage leads what it was. `nil` where no whole cycle lies inside, or nothing is left of the voltage.
    public internal(set) var phaseAngleJump: Double?
    /// Whether its end was seen.
    public internal(set) var complete: Bool

    /// Duration, s: end − start.
    public var duration: Double { end - start }

    /// Whether it falls into the time from `from` to `to`: values of such a time are flagged (IEC 61000-4-30:2015, 4.7).
    public func overlaps(_ from: Double, _ to: Double) -> Bool { start < to && (end > from || !complete) }
}

/// A rapid voltage change (IEC 61000-4-30:2015, 5.11).
public struct RapidVoltageChange: Sendable, Hashable, Codable {
    /// Start of the cycle that left the steady state, s after the first sample.
    public let start: Double
    /// Start of the first cycle of the new steady state, s after the first sample.
    public let end: Double
    /// Largest difference of an Urms(1/2) from the mean before, on any channel, V (ΔUmax).
    public let largestChange: Double
    /// Difference of the means after and before, on the channel where it is largest, V (ΔUss).
    public let steadyChange: Double
    /// Channels that left the steady state, growing.
    public let channels: [Int]

    /// Duration, s.
    public var duration: Double { end - start }
}
