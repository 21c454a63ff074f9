/// What a digitizer can do.
public struct DigitizerCapability: Sendable, Codable, Hashable {
    /// Channels in the order of its frames, with their units and ranges.
    public var channels: [RecordedChannel]
    /// Rates that it can be set to, frames a second.
    public var rates: [Double]
    /// How its numbers stand in the ring.
    public var form: SampleForm

    /// A capability by its parts.
    public init(channels: [RecordedChannel], rates: [Double], form: SampleForm) {
        self.channels = channels
        self.rates = rates
        self.form = form
    }
}

/// Samples as they come: the ring that a digitizer fills, and what the numbers in it mean.
///
/// The one who started it takes the ring's consumer, which is given out once.
public final class SampleStream: Sendable {
    /// Channels in the order of a frame; all of the digitizer's.
    public let channels: [RecordedChannel]
    /// Frames a second, as the digitizer was set; how its numbers stand.
    public let rate: Double, form: SampleForm
    /// Frames a second of the clock that the blocks are stamped with: another number than `rate` where a simulated bench runs faster than life.
    public let stampRate: Double
    /// Where the blocks are.
    public let ring: SampleRing
    /// Time of frame 0, UTC, and where that time comes from.
    public let start: String, traceability: String

    /// A stream by its parts.
    public init(
        channels: [RecordedChannel], rate: Double, stampRate: Double, form: SampleForm, ring: SampleRing,
        start: String, traceability: String
    ) {
        self.channels = channels
        self.rate = rate
        self.stampRate = stampRate
        self.form = form
        self.ring = ring
        self.start = start
        self.traceability = traceability
    }

    /// A ring for blocks of 20 ms that bridges the longest stall of processor and disk: a second at least, five where that is small.
    public static func ring(rate: Double, frameBytes: Int) -> (ring: SampleRing, blockFrames: Int) {
        let blockFrames = max(1, Int(rate / 50))
        let blocks = max(50, min(250, (64 << 20) / (frameBytes * blockFrames)))
        return (SampleRing(blocks: blocks, bytes: frameBytes * blockFrames), blockFrames)
    }
}

/// How sampling went on the side of the digitizer: part of a run's evidence.
public struct SamplingEnd: Sendable, Codable, Hashable {
    /// What the machine granted the sampling thread; `nil` where none was needed.
    public var grant: RealTimeGrant?
    /// How late its blocks were; `nil` where nothing came in real time.
    public var lateness: LatenessHistogram?
    /// Frames lost behind the last block, which no header could say any more.
    public var lostAtEnd: Int64
    /// Why no more came, as a sentence; `nil` where it was asked to stop.
    public var reason: String?

    /// An end by its parts.
    public init(
        grant: RealTimeGrant? = nil, lateness: LatenessHistogram? = nil, lostAtEnd: Int64 = 0, reason: String? = nil
    ) {
        self.grant = grant
        self.lateness = lateness
        self.lostAtEnd = lostAtEnd
        self.reason = reason
    }
}

/// A digitizer: samples voltages and currents without a gap, or says that there was one.
///
/// Blocks of the ring carry the number of their first frame; frames that were lost are counted in the next block's header.
public protocol Digitizer: Instrument {
    /// What it can do. Known without asking it.
    var capability: DigitizerCapability { get }
    /// Starts sampling at a rate. Throws `Fault(.refused)` for a rate that it does not have, or while it samples.
    func start(rate: Double) async throws -> SampleStream
    /// Waits until more blocks may be there, or the stream has ended: for a moment, never for long.
    ///
    /// Throws `Fault(.refused)` when it does not sample.
    func wait() async throws
    /// Stops sampling, and says how it went; blocks that were complete stay in the ring, which is finished. An empty end where it did not sample.
    func stop() async throws -> SamplingEnd
}
