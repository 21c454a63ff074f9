/// The edges of one channel as they come in, asked for when the awaited one should be there rather than at a fixed rate.
///
/// A poll costs time on the wire, and a late poll costs dwell: so the first poll comes just before the last edge is due by the nominal
/// interval, and the next when it is due by the intervals seen.
public struct PulseFeed: Sendable {
    /// Edges in order of arrival; empty in a feed that only counts.
    public private(set) var edges: [PulseEdge] = []
    /// How many edges have come in.
    public private(set) var count = 0
    /// The counter's clock at the last poll, ns.
    public private(set) var counterNow: Int64 = 0
    /// Bench time of the last poll.
    public private(set) var polled: BenchInstant

    /// No longer than this many intervals between two polls: what a counter's memory surely holds.
    public static let safeIntervals = 10_000.0
    /// Silence of this many intervals is a fault.
    static let silence = 3.0

    private let counter: any PulseCounter
    private let channel: Int
    private let time: any Timekeeper
    private let name: String
    private let keeps: Bool
    private var next = 0

    /// A feed of a channel that is armed; `name` is the position's in faults. One that keeps no edges only counts them.
    public init(
        _ counter: any PulseCounter, channel: Int, time: any Timekeeper, name: String, keepsEdges: Bool = true
    ) {
        keeps = keepsEdges
        self.counter = counter
        self.channel = channel
        self.time = time
        self.name = name
        polled = time.now
    }

    /// Fetches all edges up to the moment of asking: those that come while it asks are left for the next poll, or a fast train over
    /// a slow wire would never be caught up with. Throws `PositionFault(.pulseOverrun)` where the counter's memory ran over.
    public mutating func poll() async throws {
        var asked: Int64?
        while true {
            let block = try await counter.edges(channel: channel, from: next)
            polled = time.now
            counterNow = block.now
            guard !block.overrun else {
                throw PositionFault(Fault(.pulseOverrun, name, "the counter's memory ran over: edges are lost"))
            }
            if keeps { edges += block.edges }
            count += block.edges.count
            next = block.next
            let horizon = asked ?? block.now
            asked = horizon
            guard let last = block.edges.last, last.tick < horizon else { return }
        }
    }

    /// Waits until a moment of the counter's clock, a little late rather than early; polls on the way where its memory asks for it.
    public mutating func wait(until tick: Int64, interval: Double) async throws {
        while counterNow < tick {
            let left = Double(tick - counterNow) / 1e9
            // 10 ppm: the two clocks do not agree better over hours.
            try await time.sleep(until: polled + min(left * (1 + 1e-5) + 1e-6, Self.safeIntervals * interval))
            try await poll()
        }
    }

    /// Waits until the train holds `wanted` pulse intervals; `interval` is the nominal one in seconds. `progress` hears of each poll.
    ///
    /// What came in before counts: called again with more intervals, it waits for the rest.
    ///
    /// Throws `PositionFault` where no edge comes in two and a half intervals (`.noPulses`), or where a train breaks off (`.pulseGap`).
    public mutating func collect(
        intervals wanted: Int, interval: Double, progress: @Sendable (PulseTrain) async -> Void
    ) async throws -> PulseTrain {
        try await poll()
        let begin = counterNow
        let ahead = wanted - PulseTrain(edges).intervals
        // Slightly early: from what is there then, the moment of the last edge follows exactly.
        let first = min(0.98 * Double(max(0, ahead)), Self.safeIntervals) * interval
        try await time.sleep(until: polled + first)
        while true {
            try await poll()
            let train = PulseTrain(edges)
            await progress(train)
            if train.intervals >= wanted { return train }
            try await time.sleep(until: polled + (try pause(train, wanted, interval, begin)))
        }
    }

    /// Seconds until the next poll is worth while.
    private func pause(_ train: PulseTrain, _ wanted: Int, _ nominal: Double, _ begin: Int64) throws -> Double {
        guard let first = train.edges.first, let last = train.edges.last else {
            let waited = Double(counterNow - begin) / 1e9
            guard waited < 2.5 * nominal + 0.5 else {
                throw PositionFault(
                    Fault(
                        .noPulses, name,
                        "no pulse in \(Decimal.fixed(waited, 1)) s, one is due every "
                            + "\(Decimal.shortest((nominal * 1e3).rounded() / 1e3)) s"))
            }
            return max(0.05 * nominal, 1e-3)
        }
        let seen = Double(last.tick - first.tick) / 1e9
        let mean = train.intervals > 0 ? seen / Double(train.intervals) : nominal
        let silent = Double(counterNow - last.tick) / 1e9
        guard silent < Self.silence * max(mean, train.intervals > 0 ? 0 : nominal) + 0.5 else {
            throw PositionFault(
                Fault(.pulseGap, name, "the pulses broke off: none for \(Decimal.fixed(silent, 1)) s"))
        }
        let due = Double(wanted - train.intervals) * mean - silent
        // What is overdue comes soon: look again after a fiftieth of a percent of the gates, not after a whole interval.
        let margin = max(1e-3, 2e-4 * mean * Double(wanted), 0.002 * mean)
        return min(max(due, 0) + margin, Self.safeIntervals * mean)
    }
}
