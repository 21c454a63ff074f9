/// A digitizer sampled beside an attempt at a load point: how well, what it saw, and which waveforms were kept.
public struct SamplingDone: Sendable, Hashable, Codable {
    /// The test point and attempt; id of the digitizer.
    public var point: String, attempt: Int, instrument: String
    /// Frames a second as set, and by the clock that stamped the blocks (`nil` for a moment too short).
    public var rate: Double, measuredRate: Double?
    /// Frames taken, and frames lost on the way.
    public var frames: Int64, lost: Int64
    /// Samples at an end of their range, by channel.
    public var saturated: [String: Int]
    /// Blocks that waited in the ring at most, and how many it holds.
    public var ringHighest: Int, ringBlocks: Int
    /// What the machine granted the sampling thread, and how late its blocks were; `nil` where nothing was sampled in real time.
    public var grant: RealTimeGrant?, lateness: LatenessRecord?
    /// Where the time of the frames comes from.
    public var traceability: String
    /// The files of corrections that what was seen is corrected by; `nil` where there are none. Waveforms are kept as sampled.
    public var corrections: [CorrectionSet.Reference]?
    /// What was seen while gates were open; `nil` where nobody asked.
    public var observed: Observed?
    /// The waveforms kept.
    public var captures: [KeptWaveform]
    /// What spoils the point, in words; empty when all is well.
    public var complaints: [String]
    /// Why sampling ended by itself; `nil` where it did not.
    public var ended: String?

    /// What a digitizer saw while gates were open, over windows of 10 or 12 cycles.
    public struct Observed: Sendable, Hashable, Codable {
        /// Windows seen; lowest and highest frequency, Hz.
        public var windows: Int, frequency: ClosedRange<Double>?
        /// Largest distortion of any voltage and largest negative-sequence unbalance, percent; `nil` where it was not asked.
        public var voltageDistortion: Double?, voltageUnbalance: Double?
        /// Dips, swells and interruptions; times in s since the gates opened.
        public var events: [VoltageEvent]
        /// Rapid voltage changes; `nil` where events were not what the point was about.
        public var changes: [RapidVoltageChange]?
    }
}

/// A waveform in the run folder, tied to the journal by the last hash of its index.
public struct KeptWaveform: Sendable, Hashable, Codable {
    /// Folder below `waveforms/`, and what it was kept for.
    public var folder: String, causes: [WaveformCapture.Cause]
    /// First frame since sampling began, frames, and frames missing between them.
    public var first: Int64, frames: Int64, missing: Int64
    /// SHA-256 of the last line of the index.
    public var indexHash: String
}

/// How late this machine woke a real-time thread while a run lasted: what its time stamps are worth, and how near it was to losing samples.
public struct MachineLateness: Sendable, Hashable, Codable {
    /// How often it had to wake, s; wake-ups that came so late that the next ones were over.
    public var interval: Double, overruns: UInt64
    /// What the machine granted the thread, and how late it was; `nil` for a run too short.
    public var grant: RealTimeGrant, lateness: LatenessRecord?

    /// What a loop found; it has ended.
    public init(_ loop: TickLoop) {
        interval = Double(loop.interval) / 1e9
        overruns = loop.missed
        grant = loop.grant
        lateness = LatenessRecord(loop.lateness)
    }
}

/// How late blocks or loops were, for the evidence: percentiles, s, and the classes that were met.
public struct LatenessRecord: Sendable, Hashable, Codable {
    /// How many were timed; the lateness that 99 %, 99.9 % and all did not exceed, s.
    public var count: UInt64, p99: Double, p999: Double, worst: Double
    /// Upper ends of the classes met, ns, and how often each was.
    public var ends: [Double], counts: [UInt64]

    /// A record of a histogram; `nil` where nothing was timed.
    public init?(_ histogram: LatenessHistogram) {
        guard let p99 = histogram.percentile(0.99), let p999 = histogram.percentile(0.999),
            let worst = histogram.percentile(1)
        else { return nil }
        count = histogram.total
        (self.p99, self.p999, self.worst) = (p99, p999, worst)
        let met = histogram.counts.indices.filter { histogram.counts[$0] > 0 }
        ends = met.map { LatenessHistogram.end($0) }
        counts = met.map { histogram.counts[$0] }
    }
}
