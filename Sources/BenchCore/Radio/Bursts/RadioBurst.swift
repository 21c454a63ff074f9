/// One transmission that was found: when, where in the spectrum, how strong.
public struct RadioBurst: Sendable, Hashable, Codable {
    /// First sample and samples of it in the recording; refined in time, so parts of samples count.
    public var sample: Double, samples: Double
    /// Seconds from the start of the recording, and seconds on the air.
    public var start: Double, length: Double
    /// Expanded uncertainty of `length`, seconds, k = 2: each edge is known to the time that its channel needs to rise.
    public var lengthU: Double
    /// Middle of the occupied bandwidth, Hz (absolute), and the occupied bandwidth that holds 99 % of the power, Hz.
    public var centre: Double, bandwidth99: Double
    /// Bandwidth between the outermost points 20 dB below the highest bin, Hz; `nil` where these points lie in the noise.
    public var bandwidth20dB: Double?
    /// Mean power while it was on, noise taken off, dB relative to a full-scale tone, and noise in its occupied bandwidth.
    public var power: Double, noise: Double
    /// Whether it was on already when the recording or capture began, or still on when it ended.
    public var cutAtStart: Bool, cutAtEnd: Bool
    /// The start of the wM-Bus telegram, where it is one.
    public var telegram: WirelessMBusTelegram?

    /// Signal-to-noise ratio in the occupied bandwidth, dB.
    public var snr: Double { power - noise }
    /// The end, seconds.
    public var end: Double { start + length }
    /// The time on the air.
    public var interval: ClosedRange<Double> { start...max(start, end) }
    /// Lowest and highest frequency of the occupied bandwidth, Hz.
    public var band: ClosedRange<Double> { centre - bandwidth99 / 2...centre + bandwidth99 / 2 }
}

/// What counts as a burst.
public struct BurstOptions: Sendable, Hashable, Codable {
    /// Widest bin of the spectrum, Hz: narrower channels need narrower bins, shorter bursts wider ones.
    public var resolution = 10_000.0
    /// A burst begins where the smoothed power density is this far above the noise, and lasts while it is above the second, dB.
    public var on = 6.0, off = 3.0
    /// A gap this long parts two bursts, seconds; `nil` for two slots of the detector.
    public var gap: Double?
    /// Parts of the spectrum that come and go together and are no further apart are one burst (both tones of an FSK), Hz.
    public var join = 75_000.0
    /// Bins on each side of the centre frequency that are made up from their neighbours: receivers show a line there that no one sends. −1: none.
    public var centreBins = 1
    /// Whether wM-Bus telegrams are looked for.
    public var decodes = true

    /// The usual ones.
    public init() {}
}
