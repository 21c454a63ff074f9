/// One channel of a recording: what was measured, and how its raw numbers become physical values.
///
/// physical = `scale` · raw + `offset`, in `unit` (IEEE C37.111-2013, 7.4.4: a·x + b).
public struct RecordedChannel: Sendable, Hashable, Codable {
    /// «U1» … «In», or the file's own name.
    public var name: String
    /// «V», «A», or the file's own; empty for a plain number.
    public var unit: String
    /// Physical units for each step of the raw number; finite, not zero.
    public var scale: Double
    /// Physical value of a raw zero.
    public var offset: Double
    /// Lowest and highest raw number that the digitizer can give: a sample there is saturated; `nil` where unknown.
    public var lowest: Double?, highest: Double?
    /// How much later than the frame's time this channel was sampled, s.
    public var skew: Double
    /// The transducer in front of the channel; `nil` where the file does not say.
    public var transducer: TransducerRatio?
    /// Phase and circuit component as the file names them; usually empty.
    public var phase: String, component: String

    /// A channel by its parts.
    public init(
        name: String, unit: String, scale: Double = 1, offset: Double = 0, lowest: Double? = nil,
        highest: Double? = nil, skew: Double = 0, transducer: TransducerRatio? = nil, phase: String = "",
        component: String = ""
    ) {
        self.name = name
        self.unit = unit
        self.scale = scale
        self.offset = offset
        self.lowest = lowest
        self.highest = highest
        self.skew = skew
        self.transducer = transducer
        self.phase = phase
        self.component = component
    }
}

/// Ratio of the voltage or current transformer in front of a channel, and on which side of it the values stand
/// (IEEE C37.111-2013, 7.4.4: primary, secondary, PS).
public struct TransducerRatio: Sendable, Hashable, Codable {
    /// Which side of a transformer values belong to.
    public enum Side: String, Sendable, Hashable, Codable {
        case primary = "P"
        case secondary = "S"
    }
    /// Rated values of both sides; only their ratio counts.
    public var primary: Double, secondary: Double
    /// The side that scaled values belong to.
    public var side: Side

    /// A ratio by its parts.
    public init(primary: Double, secondary: Double, side: Side) {
        self.primary = primary
        self.secondary = secondary
        self.side = side
    }
}
