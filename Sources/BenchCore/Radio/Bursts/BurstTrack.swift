/// Something that is being sent, as far as it has been seen.
struct BurstTrack {
    /// Lowest and highest bin.
    var low: Int, high: Int
    /// First and last slot in which it was seen.
    var first: Int, last: Int
    /// Powers of all bins, summed over slots within it, and how many these are. The newest slot waits, for it may be the end.
    var sum: [Double], slots = 0
    private var waiting: [Double]
    private var hasWaiting = false
    /// The first slot alone, for bursts that are no longer.
    private var only: [Double]
    /// Highest mean power of its bins in one slot.
    var peak: Double
    /// The bin of it.
    var top: Int
    /// What was found while it was still going on.
    var head: BurstHead?
    var wasCut: Bool
    /// In how many slots it was one with an older track; less than 0: it is part of that now.
    var joints = 0

    init(_ run: BinRun, slot: Int, bins: Int, power: UnsafePointer<Double>, cut: Bool) {
        low = run.low
        high = run.high
        first = slot
        last = slot
        sum = Array(repeating: 0, count: bins)
        waiting = sum
        only = Array(UnsafeBufferPointer(start: power, count: bins))
        peak = run.peak
        top = run.top
        wasCut = cut
    }

    /// Whether a run goes on with this: the highest bin of one lies in the other. Skirts that touch are not enough.
    func touches(_ run: BinRun) -> Bool { low - 1...high + 1 ~= run.top || run.low...run.high ~= top }

    /// Seen in one more slot.
    mutating func seen(slot: Int, power: UnsafePointer<Double>) {
        if hasWaiting {
            for bin in sum.indices { sum[bin] += waiting[bin] }
            slots += 1
        }
        for bin in waiting.indices { waiting[bin] = power[bin] }
        // The slot behind the first may hold a rising edge still.
        hasWaiting = slot > first + 1
        if slot == first + 1 { only = waiting }
        last = slot
    }

    /// Mean powers of all bins while it was on.
    var spectrum: [Double] {
        guard slots > 0 else { return only }
        return sum.map { $0 / Double(slots) }
    }
}

/// Bins side by side that stand above the noise.
struct BinRun {
    var low: Int, high: Int
    /// Highest power of its bins, highest smoothed ratio to the noise, and the bin of this.
    var peak: Double, ratio: Double, top: Int
}

/// What is known of a burst before its end.
struct BurstHead {
    var start: Double
    var telegram: WirelessMBusTelegram?
}

/// When and where something was sent, and how strong it was.
struct BurstTrace {
    var first: Int, last: Int, low: Int, high: Int, peak: Double

    init(_ track: BurstTrack) {
        (first, last, low, high, peak) = (track.first, track.last, track.low, track.high, track.peak)
    }

    /// Of one that goes on in that slot.
    init(_ track: BurstTrack, going slot: Int) {
        self.init(track)
        last = slot
    }

    /// Whether another is but a side lobe of this, or the click with which it comes or goes: there only while this is there, 20 dB weaker and near it, or 35 dB
    /// weaker.
    func shadows(_ other: BurstTrack) -> Bool {
        guard other.first >= first - 3, other.last <= last + 3 else { return false }
        let distance = max(other.low - high, low - other.high)
        let near = distance <= 3 * (high - low + 1) || other.last - other.first <= 3
        return peak > other.peak * (near ? 100 : 3000)
    }
}
