/// Fills the blocks of a ring, whatever pieces the samples come in; what finds no room is taken all the same and counted as lost frames.
///
/// Belongs to the sampling thread: it neither allocates nor locks once it is made.
public struct BlockFiller: ~Copyable, @unchecked Sendable {
    // Unchecked: there is one of it, and its memory is the ring's free block or its own; it goes to the sampling thread as a whole.
    private var producer: SampleProducer
    private let frameBytes: Int, block: Int
    /// Where bytes go that the ring has no room for.
    private let spare: UnsafeMutableRawBufferPointer
    private let pace: BlockPace
    private var room: UnsafeMutableRawBufferPointer?
    private var filled = 0, first: Int64 = 0

    /// For blocks of `blockFrames` frames of `frameBytes` bytes, which last `blockTime` s of life.
    public init(_ ring: SampleRing, frameBytes: Int, blockFrames: Int, blockTime: Double) {
        precondition(frameBytes > 0 && blockFrames > 0 && frameBytes * blockFrames <= ring.bytes)
        self.frameBytes = frameBytes
        block = frameBytes * blockFrames
        producer = ring.producer()
        pace = BlockPace(blockTime)
        spare = .allocate(byteCount: block, alignment: 64)
        // Touched now, not in the loop.
        spare.initializeMemory(as: UInt8.self, repeating: 0)
        room = producer.reserve()
    }

    deinit { spare.deallocate() }

    /// What is left of the block that is being filled: never empty.
    @inline(__always)
    public var target: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: (room ?? spare)[filled..<block])
    }

    /// So many bytes of ``target`` were filled at a moment of the machine's clock; a full block is handed over.
    @inline(__always)
    public mutating func took(_ bytes: Int, at stamp: Int64) {
        filled &+= bytes
        guard filled == block else { return }
        pace.note(stamp)
        handOver(at: stamp)
    }

    /// Copies bytes that stand elsewhere.
    public mutating func copy(_ bytes: UnsafeRawBufferPointer, at stamp: Int64) {
        var rest = bytes
        while let base = rest.baseAddress, !rest.isEmpty {
            let target = target
            let count = min(rest.count, target.count)
            target.baseAddress?.copyMemory(from: base, byteCount: count)
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            took(count, at: stamp)
        }
    }

    /// Frames are missing behind what came so far, whose last bytes came at `stamp`.
    public mutating func lose(frames: Int64, at stamp: Int64) {
        if filled >= frameBytes { handOver(at: stamp) }
        producer.lose(frames: frames)
        first &+= frames
    }

    /// Hands over what there is, and ends the stream. Returns the frames that no header could call lost any more, and the bytes of a cut-off frame.
    public mutating func finish(at stamp: Int64) -> (lost: Int64, rest: Int) {
        let rest = filled % frameBytes
        if filled >= frameBytes { handOver(at: stamp) }
        producer.finish()
        return (producer.owed, rest)
    }

    private mutating func handOver(at stamp: Int64) {
        let frames = filled / frameBytes
        if room != nil {
            producer.commit(BlockHeader(first: first, frames: frames, bytes: frames &* frameBytes, stamp: stamp))
        } else {
            producer.lose(frames: Int64(frames))
        }
        first &+= Int64(frames)
        filled = 0
        room = producer.reserve()
    }

    /// How much longer than its own length each block took to come; to be asked when the sampling thread was joined.
    public var lateness: LatenessHistogram { pace.histogram }
}
