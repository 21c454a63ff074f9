/// Takes blocks out of a ring and keeps them as evidence; lost frames become gaps.
public struct WaveformRecorder: ~Copyable {
    private let writer: WaveformWriter, form: SampleForm
    private var consumer: SampleConsumer
    private let limit: Int
    /// Frames kept, and frames lost on the way.
    public private(set) var frames = 0, lost = 0
    /// Stamps of the first and the last block, ns of the machine's clock, and frames between them: what the true rate follows from.
    private var begin: (stamp: Int64, frame: Int64)?, latest: (stamp: Int64, frame: Int64)?

    /// Keeps up to `limit` frames.
    public init(_ writer: WaveformWriter, form: SampleForm, from consumer: consuming SampleConsumer, limit: Int) {
        self.writer = writer
        self.form = form
        self.consumer = consumer
        self.limit = limit
    }

    /// Whether there is nothing more to take: the limit is reached, or the producer has finished.
    public mutating func isAtEnd() -> Bool { frames + lost >= limit || consumer.isAtEnd() }

    /// Blocks that waited at most, and how many the ring holds.
    public var fill: (highest: Int, capacity: Int) { (consumer.highWater, consumer.capacity) }

    /// Frames a second by the machine's clock; `nil` before two blocks were there. Some ten ms of uncertainty over the whole time.
    public var measuredRate: Double? {
        guard let begin, let latest, latest.stamp > begin.stamp else { return nil }
        return Double(latest.frame - begin.frame) / (Double(latest.stamp - begin.stamp) / 1e9)
    }

    /// Takes what waits, and lets `look` see each block; returns whether there was anything. Throws what the writer throws.
    public mutating func drain(_ look: (BlockHeader, RecordedSamples) -> Void = { _, _ in }) throws -> Bool {
        var found = false
        let form = form
        while frames + lost < limit {
            let taken = consumer.take { header, bytes in (header, form.samples(bytes)) }
            guard let (header, samples) = taken else { break }
            found = true
            look(header, samples)
            try miss(header.lost)
            let after = (stamp: header.stamp, frame: header.first + Int64(header.frames))
            if begin == nil { begin = after }
            latest = after
            let rest = limit - frames - lost
            guard rest > 0 else { break }
            let width = samples.count / max(1, Int(header.frames))
            let kept = min(rest, Int(header.frames))
            try writer.append(kept == Int(header.frames) ? samples : samples[0..<(kept * width)])
            frames += kept
        }
        return found
    }

    private mutating func miss(_ frames: Int64) throws {
        guard frames > 0 else { return }
        try writer.gap(frames: Int(frames), reason: "no room in the ring: the machine was too slow")
        lost += Int(frames)
    }

    /// Notes what was lost behind the last block, cuts the last chunk and closes the folder.
    public mutating func finish(lostAtEnd: Int64) throws -> WaveformEnd {
        try miss(lostAtEnd)
        return try writer.finish()
    }
}
