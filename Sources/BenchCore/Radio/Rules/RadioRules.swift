/// What a transmitter may do, as data: bands with power and duty cycle, hopping, exposure of people, modes of wM-Bus.
///
/// Each row names document, edition and clause and how well it is confirmed; a row of low confidence never decides a verdict.
public struct RadioRules: Sendable, Hashable, Codable {
    /// A stretch of the spectrum, Hz, its lower end in it, its upper end not.
    public struct Band: Sendable, Hashable, Codable {
        /// Ends, Hz.
        public var lower: Double, upper: Double
        /// Whether a frequency lies in it.
        public func contains(_ frequency: Double) -> Bool { frequency >= lower && frequency < upper }
        /// `868 to 868.6 MHz`.
        public var text: String { "\(Decimal.shortest(lower / 1e6)) to \(Decimal.shortest(upper / 1e6)) MHz" }
    }

    /// A band with its power and duty cycle.
    public struct BandRow: Sendable, Hashable, Codable {
        /// Where, and for which use (`non-specific`, `metering`, `alarms` …).
        public var band: Band, use: String
        /// Highest effective radiated power, mW, and longest share of any window on the air, 0 … 1 (1: no limit).
        public var erp: Double, dutyCycle: Double
        /// The window, seconds.
        public var window: Double
        /// With polite spectrum access (listen before talk, adaptive frequency), what replaces the duty cycle: seconds on the air in the window; `nil` where
        /// there is no such way.
        public var politeOnTime: Double?
        /// Where the row comes from, and its line in the file.
        public var citation: Citation, line: Int
    }

    /// A frequency-hopping system.
    public struct HoppingRow: Sendable, Hashable, Codable {
        /// Where, and for which 20 dB bandwidth of a hop, Hz (lower end not below, upper end below).
        public var band: Band, bandwidth: Band
        /// Fewest hopping channels; longest time on one channel, seconds, in a window, seconds; highest conducted power, mW.
        public var channels: Int, dwell: Double, window: Double, power: Double
        /// Where the row comes from, and its line in the file.
        public var citation: Citation, line: Int
    }

    /// Highest power density that people may be exposed to.
    public struct ExposureRow: Sendable, Hashable, Codable {
        /// Who is exposed.
        public enum Population: String, Sendable, Hashable, Codable, CaseIterable { case general, occupational }
        /// Who, and where in the spectrum.
        public var population: Population, band: Band
        /// Power density a·fⁿ in mW/cm², f in MHz.
        public var factor: Double, exponent: Int
        /// Time over which it is averaged, seconds.
        public var averaging: Double
        /// Where the row comes from, and its line in the file.
        public var citation: Citation, line: Int

        /// The limit at a frequency in Hz, mW/cm².
        public func limit(_ frequency: Double) -> Double {
            var value = factor
            for _ in 0..<abs(exponent) { value = exponent > 0 ? value * frequency / 1e6 : value / (frequency / 1e6) }
            return value
        }
    }

    /// A mode of wM-Bus: where it sends, and how fast.
    public struct ModeRow: Sendable, Hashable, Codable {
        /// The mode, and the way (`meter to other`).
        public var mode: WirelessMBusTelegram.Mode, way: String
        /// Ranges of the centre frequency, the chip rate and half the distance of the tones, Hz.
        public var frequency: Band, chipRate: Band, deviation: Band
        /// Where the row comes from, and its line in the file.
        public var citation: Citation, line: Int
    }

    /// The file's identifier.
    public var id: String
    /// Rows of each kind; most files have only some.
    public var bands: [BandRow], hopping: [HoppingRow], exposure: [ExposureRow], modes: [ModeRow]
    /// From which distance on a device counts as mobile, metres; closer ones are judged by absorption rate, which is no matter of this program.
    public var separation: Double?
}
