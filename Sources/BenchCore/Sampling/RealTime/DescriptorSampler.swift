#if canImport(Glibc)
    import Glibc
#endif

/// Reads raw frames from a descriptor (a socket, a pipe, a device) on the real-time thread and puts them into a ring.
///
/// What the ring has no room for is read all the same and counted as lost: the next block says so. The descriptor stays the caller's.
public final class DescriptorSampler: RealTimeThread, @unchecked Sendable {
    // Unchecked for the reason of `RealTimeThread`.
    /// Why no more came.
    public enum End: Sendable, Hashable {
        /// Nobody knows yet; it was stopped; the other side closed; the system said this.
        case running, stopped, closed, failed(Int32)
    }
    private let descriptor: Int32
    /// In memory of its own: a property of the class would be checked for exclusive access with each use.
    private let filler: UnsafeMutablePointer<BlockFiller>
    /// Why no more came; complete after `stop`, or when the consumer is at its end.
    public private(set) var end = End.running
    /// Frames lost behind the last block, which no header could say any more.
    public private(set) var lostAtEnd: Int64 = 0
    /// Bytes of a frame that was cut off at the end; 0 is as it should be.
    public private(set) var rest = 0

    /// A sampler of frames of `frameBytes` bytes, `blockFrames` of them in a block of the ring, which lasts `blockTime` s of life.
    public init(
        descriptor: Int32, frameBytes: Int, blockFrames: Int, blockTime: Double, into ring: SampleRing,
        priority: Int32 = 70
    ) {
        self.descriptor = descriptor
        filler = .allocate(capacity: 1)
        filler.initialize(to: BlockFiller(ring, frameBytes: frameBytes, blockFrames: blockFrames, blockTime: blockTime))
        super.init(priority: priority)
    }

    deinit {
        filler.deinitialize(count: 1)
        filler.deallocate()
    }

    public override func loop() {
        var why = End.stopped
        let filler = filler
        RealTimeMarks.enter()
        while !isStopping {
            var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let target = filler.pointee.target
            RealTimeMarks.leave()
            // A tenth of a second at most, so that a stop is heard.
            let ready = poll(&wanted, 1, 100)
            let count = ready > 0 ? read(descriptor, target.baseAddress, target.count) : -1
            let trouble = errno
            RealTimeMarks.enter()
            if ready <= 0 { continue }
            if count == 0 {
                why = .closed
                break
            }
            if count < 0 {
                if trouble == EAGAIN || trouble == EINTR { continue }
                why = .failed(trouble)
                break
            }
            filler.pointee.took(count, at: MachineClock.nanoseconds)
        }
        RealTimeMarks.leave()
        end = why
        (lostAtEnd, rest) = filler.pointee.finish(at: MachineClock.nanoseconds)
    }

    /// How much longer than its own length each block took to come; complete after `stop`.
    public var lateness: LatenessHistogram { filler.pointee.lateness }
}

/// How much later than the samples' own clock says blocks come: by how much each took longer than it lasts.
///
/// The clocks of digitizer and machine differ, so only neighbours are compared. Belongs to the sampling thread while it runs.
public final class BlockPace: @unchecked Sendable {
    // Unchecked: written by the sampling thread alone, read after it was joined.
    private let counts: UnsafeMutableBufferPointer<UInt64>
    private let nominal: Int64
    private var before: Int64 = 0

    /// For blocks that last `seconds` of life.
    public init(_ seconds: Double) {
        nominal = Int64((seconds * 1e9).rounded())
        counts = .allocate(capacity: LatenessHistogram.fine * LatenessHistogram.octaves)
        counts.initialize(repeating: 0)
    }

    deinit { counts.deallocate() }

    /// Notes that a block was complete.
    @inline(__always)
    public func note(_ now: Int64) {
        if before != 0 { counts[LatenessHistogram.index(now &- before &- nominal)] &+= 1 }
        before = now
    }

    /// What was noted.
    public var histogram: LatenessHistogram { LatenessHistogram(counts: UnsafeBufferPointer(counts)) }
}
