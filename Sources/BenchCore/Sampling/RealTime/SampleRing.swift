public import Synchronization

/// What is known of a block.
public struct BlockHeader: Sendable, Hashable {
    /// Number of the first frame since the start; frames in the block; bytes of it.
    public var first: Int64, frames: Int32, bytes: Int32
    /// When the block was complete, ns of the machine's clock.
    public var stamp: Int64
    /// Frames lost right before this block, by the digitizer or for want of room.
    public var lost: Int64

    /// A header by its parts.
    @inlinable
    public init(first: Int64, frames: Int, bytes: Int, stamp: Int64, lost: Int64 = 0) {
        self.first = first
        self.frames = Int32(clamping: frames)
        self.bytes = Int32(clamping: bytes)
        self.stamp = stamp
        self.lost = lost
    }
}

/// Where blocks of samples wait between the real-time thread and everybody else: preallocated, for one producer and one consumer.
///
/// A block that finds no room is lost and counted, and the next one that is stored says so: never a silent drop. The two ends are values
/// that cannot be copied and are given out once, so there is one of each. Head and tail count blocks and never run back; each has a cache line pair
/// of its own. The ends are inlined into whoever uses them, whatever the module: a call for each block would cost as much as the block.
public final class SampleRing: @unchecked Sendable {
    // Unchecked: a slot belongs to the producer until the head has passed it, then to the consumer until the tail has.
    /// Blocks that the ring holds, and bytes that a block has room for.
    public let blocks: Int, bytes: Int
    private let ends = Mutex((producer: false, consumer: false))
    @usableFromInline let memory: UnsafeMutableRawPointer
    /// From one block to the next: never a whole number of pages, as reads would wait for writes that only look like theirs (the processor compares
    /// the last twelve bits of addresses first).
    @usableFromInline let stride: Int
    @usableFromInline let headers: UnsafeMutablePointer<BlockHeader>
    private let indices: UnsafeMutableRawPointer
    @usableFromInline let head: UnsafeMutablePointer<Atomic<Int>>, tail: UnsafeMutablePointer<Atomic<Int>>
    @usableFromInline let finished: UnsafeMutablePointer<Atomic<Bool>>
    private static let line = 128

    /// A ring; allocates everything that it will ever need, and touches it.
    public init(blocks: Int, bytes: Int) {
        precondition(blocks > 0 && bytes > 0)
        self.blocks = blocks
        self.bytes = (bytes + Self.line - 1) / Self.line * Self.line
        stride = self.bytes % 4096 == 0 ? self.bytes + Self.line : self.bytes
        memory = .allocate(byteCount: blocks * stride, alignment: Self.line)
        // Touched now: a page that is first touched in the loop would have to be fetched there.
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: blocks * stride)
        headers = .allocate(capacity: blocks)
        headers.initialize(repeating: BlockHeader(first: 0, frames: 0, bytes: 0, stamp: 0), count: blocks)
        indices = .allocate(byteCount: 3 * Self.line, alignment: Self.line)
        head = indices.bindMemory(to: Atomic<Int>.self, capacity: 1)
        tail = (indices + Self.line).bindMemory(to: Atomic<Int>.self, capacity: 1)
        finished = (indices + 2 * Self.line).bindMemory(to: Atomic<Bool>.self, capacity: 1)
        head.initialize(to: Atomic(0))
        tail.initialize(to: Atomic(0))
        finished.initialize(to: Atomic(false))
    }

    /// The end to write to; there is one.
    public func producer() -> SampleProducer {
        ends.withLock { ends in
            precondition(!ends.producer, "a ring has one producer")
            ends.producer = true
        }
        return SampleProducer(self)
    }

    /// The end to read from; there is one.
    public func consumer() -> SampleConsumer {
        ends.withLock { ends in
            precondition(!ends.consumer, "a ring has one consumer")
            ends.consumer = true
        }
        return SampleConsumer(self)
    }

    deinit {
        head.deinitialize(count: 1)
        tail.deinitialize(count: 1)
        finished.deinitialize(count: 1)
        indices.deallocate()
        headers.deallocate()
        memory.deallocate()
    }
}

/// The end of a ring that the real-time thread writes to: no allocation, no lock.
public struct SampleProducer: ~Copyable, Sendable {
    @usableFromInline let storage: SampleRing
    @usableFromInline var head = 0, slot = 0, knownTail = 0, owing: Int64 = 0
    /// Frames lost since the last block that was handed over.
    public var owed: Int64 { owing }
    /// Frames that found no room so far.
    public private(set) var overrun: Int64 = 0

    fileprivate init(_ storage: SampleRing) { self.storage = storage }

    /// Room for the next block; `nil` when the ring is full: then say so with ``lose(frames:)``.
    @inlinable @inline(__always)
    public mutating func reserve() -> UnsafeMutableRawBufferPointer? {
        if head &- knownTail >= storage.blocks {
            knownTail = storage.tail.pointee.load(ordering: .acquiring)
            if head &- knownTail >= storage.blocks { return nil }
        }
        return UnsafeMutableRawBufferPointer(start: storage.memory + slot &* storage.stride, count: storage.bytes)
    }

    /// Hands the reserved block over. Frames lost since the last block are added to its header.
    @inlinable @inline(__always)
    public mutating func commit(_ header: BlockHeader) {
        var header = header
        header.lost &+= owing
        owing = 0
        storage.headers[slot] = header
        head &+= 1
        slot = slot &+ 1 == storage.blocks ? 0 : slot &+ 1
        storage.head.pointee.store(head, ordering: .releasing)
    }

    /// Frames that could not be stored.
    public mutating func lose(frames: Int64) {
        overrun &+= frames
        owing &+= frames
    }

    /// Nothing more comes.
    public func finish() { storage.finished.pointee.store(true, ordering: .releasing) }
}

/// The end of a ring that the analysis reads from.
public struct SampleConsumer: ~Copyable, Sendable {
    @usableFromInline let storage: SampleRing
    @usableFromInline var tail = 0, slot = 0, knownHead = 0, mostWaiting = 0
    /// The most blocks that ever waited.
    public var highWater: Int { mostWaiting }

    fileprivate init(_ storage: SampleRing) { self.storage = storage }

    /// Blocks that the ring holds.
    public var capacity: Int { storage.blocks }

    /// Gives the oldest block to `body`, and its room back afterwards; `nil` when none waits. The bytes are valid in `body` only.
    @inlinable @inline(__always)
    public mutating func take<T, E: Error>(
        _ body: (BlockHeader, UnsafeRawBufferPointer) throws(E) -> T
    ) throws(E) -> T? {
        if tail == knownHead {
            knownHead = storage.head.pointee.load(ordering: .acquiring)
            mostWaiting = max(mostWaiting, knownHead &- tail)
            if tail == knownHead { return nil }
        }
        let header = storage.headers[slot]
        let bytes = UnsafeRawBufferPointer(start: storage.memory + slot &* storage.stride, count: Int(header.bytes))
        defer {
            tail &+= 1
            slot = slot &+ 1 == storage.blocks ? 0 : slot &+ 1
            storage.tail.pointee.store(tail, ordering: .releasing)
        }
        return try body(header, bytes)
    }

    /// Whether the producer has finished and everything was taken.
    public mutating func isAtEnd() -> Bool {
        guard storage.finished.pointee.load(ordering: .acquiring) else { return false }
        knownHead = storage.head.pointee.load(ordering: .acquiring)
        return tail == knownHead
    }
}
