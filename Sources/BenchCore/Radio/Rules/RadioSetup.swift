/// What has to be told of a measurement on the air: what full scale is worth, whose transmissions count, where people are.
public struct RadioSetup: Sendable, Hashable, Codable {
    /// Where a power is meant.
    public enum Level: String, Sendable, Hashable, Codable, CaseIterable {
        /// At the receiver's connector; into the antenna; effective radiated (dipole); equivalent isotropically radiated.
        case received, conducted, erp, eirp
    }

    /// dBm of a tone at full scale, with its expanded uncertainty in dB (k = 2) and where it is meant; `nil` where nobody knows.
    public var fullScale: Double?, fullScaleU = 0.0, level = Level.received
    /// Gain of the meter's antenna, dBi.
    public var antennaGain: Double?
    /// The meter that is judged, by its radio address: `ABC 12345678` or `12345678`; `nil`: whatever sends is judged.
    public var meter: String?
    /// Rows for these uses may be claimed.
    public var uses: Set<String> = ["non-specific", "metering"]
    /// Whether the meter listens before it talks and changes frequency, as EN 300 220 asks for polite spectrum access.
    public var polite = false
    /// Whether a recording shorter than a rule's window shows what goes on all the time.
    public var representative = false
    /// Distance to people, m, and reflection factor.
    public var distance = 0.2, reflection = 1.0
    /// Who they are.
    public var population = RadioRules.ExposureRow.Population.general
    /// How uncertainty enters a verdict.
    public var rule = DecisionRule.guardBandU

    /// What is usual.
    public init() {}

    /// Reads what full scale is worth: `14.2 dBm`, `14.2 ± 1.5 dBm erp`; the word says where (`received` unless told). Nothing for other text.
    public mutating func readFullScale(_ text: String) -> Bool {
        var words = text.split(separator: " ")
        if let last = words.last, let level = Level(rawValue: String(last)) {
            self.level = level
            words.removeLast()
        }
        if words.last == "dBm" { words.removeLast() }
        guard let first = words.first, let value = Decimal.parse(first) else { return false }
        switch words.count {
        case 1: fullScaleU = 0
        case 3 where words[1] == "±" || words[1] == "+/-":
            guard let U = Decimal.parse(words[2]), U >= 0 else { return false }
            fullScaleU = U
        default: return false
        }
        fullScale = value
        return true
    }

    /// Power of a burst in dBm at a place; nothing where it cannot be told.
    public func power(_ decibelsOfFullScale: Double, at wanted: Level) -> Double? {
        guard let fullScale else { return nil }
        let power = decibelsOfFullScale + fullScale
        let dipole = 2.15
        switch (level, wanted) {
        case (.received, .received), (.conducted, .conducted), (.erp, .erp), (.eirp, .eirp): return power
        case (.erp, .eirp): return power + dipole
        case (.eirp, .erp): return power - dipole
        case (.conducted, .eirp): return antennaGain.map { power + $0 }
        case (.conducted, .erp): return antennaGain.map { power + $0 - dipole }
        case (.eirp, .conducted): return antennaGain.map { power - $0 }
        case (.erp, .conducted): return antennaGain.map { power + dipole - $0 }
        default: return nil
        }
    }

    /// Whose a burst is: this meter's, another's, or nobody knows.
    public enum Owner: String, Sendable, Hashable, Codable { case meter, other, unknown }

    /// Whose a burst is, by its telegram.
    public func owner(_ burst: RadioBurst) -> Owner {
        guard let meter else { return .meter }
        guard let telegram = burst.telegram else { return .unknown }
        return telegram.address == meter || telegram.identification == meter ? .meter : .other
    }
}
