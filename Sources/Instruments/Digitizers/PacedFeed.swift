import BenchCore
import Synchronization

/// Samples that are computed, or read from a file, in step with the bench's clock: nothing is sampled in real time.
final class PacedFeed: Sendable {
    /// Writes whole frames from a number on.
    typealias Fill = @Sendable (_ first: Int64, _ frames: Int, _ room: UnsafeMutableRawBufferPointer) -> Void

    let stream: SampleStream
    private struct State: ~Copyable {
        var producer: SampleProducer
        var next: Int64 = 0
        /// Frames to leave out before the next block.
        var lost: Int64 = 0
        var isAtEnd = false
    }
    private let state: Mutex<State>
    private let time: any Timekeeper, from: BenchInstant
    private let blockFrames: Int, frameBytes: Int, limit: Int64, fill: Fill

    /// A feed that begins now and has `frames` frames at most.
    init(
        _ capability: DigitizerCapability, rate: Double, time: any Timekeeper, traceability: String,
        frames: Int64 = .max, fill: @escaping Fill
    ) {
        let made = SampleStream.ring(rate: rate, frameBytes: capability.frameBytes)
        blockFrames = made.blockFrames
        frameBytes = capability.frameBytes
        from = time.now
        self.time = time
        self.fill = fill
        limit = frames
        // The blocks are stamped with the bench's clock.
        stream = SampleStream(
            channels: capability.channels, rate: rate, stampRate: rate, form: capability.form, ring: made.ring,
            start: time.utc(from), traceability: traceability)
        state = Mutex(State(producer: made.ring.producer()))
    }

    /// Waits until the next block is due, and puts everything that is due into the ring.
    func wait() async throws {
        let due = state.withLock { $0.isAtEnd ? nil : moment($0.next + $0.lost + Int64(blockFrames)) }
        guard let due else { return try await time.sleep(seconds: 0.02) }
        try await time.sleep(until: max(due, time.now))
        let now = time.now
        state.withLock { state in
            while !state.isAtEnd {
                let first = state.next + state.lost
                let frames = min(Int64(blockFrames), limit - first)
                guard frames > 0 else {
                    state.isAtEnd = true
                    state.producer.finish()
                    return
                }
                let end = moment(first + frames)
                guard end <= now else { return }
                if let room = state.producer.reserve() {
                    let bytes = Int(frames) * frameBytes
                    fill(first, Int(frames), UnsafeMutableRawBufferPointer(rebasing: room[..<bytes]))
                    state.producer.commit(
                        BlockHeader(
                            first: first, frames: Int(frames), bytes: bytes, stamp: end.nanoseconds, lost: state.lost))
                } else {
                    state.producer.lose(frames: frames + state.lost)
                }
                state.lost = 0
                state.next = first + frames
            }
        }
    }

    /// Leaves frames out before the next block.
    func lose(_ frames: Int64) { state.withLock { $0.lost += frames } }

    /// Ends it.
    func stop() -> SamplingEnd {
        state.withLock { state in
            if !state.isAtEnd { state.producer.finish() }
            let whole = state.isAtEnd
            state.isAtEnd = true
            return SamplingEnd(lostAtEnd: state.producer.owed, reason: whole ? "the recording is at its end" : nil)
        }
    }

    private func moment(_ frame: Int64) -> BenchInstant { from + Double(frame) / stream.rate }
}
