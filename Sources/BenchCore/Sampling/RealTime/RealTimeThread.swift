import CBench
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// What the machine granted a real-time thread; part of a run's evidence.
public struct RealTimeGrant: Sendable, Hashable, Codable {
    /// FIFO priority; on one processor of its own choice; memory locked against paging; processor kept from deep sleep.
    public internal(set) var fifo = false, pinned = false, locked = false, awake = false
    /// What was refused, and why, in words.
    public internal(set) var refused: [String] = []

    /// Nothing granted.
    public init() {}

    /// One line for a person.
    public var text: String {
        func word(_ granted: Bool, _ name: String) -> String { granted ? name : "no \(name)" }
        return [
            word(fifo, "FIFO priority"), word(pinned, "fixed processor"), word(locked, "locked memory"),
            word(awake, "wakeful processor"),
        ].joined(separator: ", ")
    }
}

/// What a thread asks of the machine to be on time: FIFO priority, a processor of its own, memory locked, no deep sleep.
///
/// Made before the thread begins, entered on it, ended after it was joined. What is refused is said in the grant, and nothing fails.
public final class RealTimeClaim: @unchecked Sendable {
    // Unchecked: used by one thread after the other: who makes it, the thread itself, and who has joined that.
    private let priority: Int32, processor: Int
    private var wakeful: Int32 = -1
    /// What the machine granted; complete once the thread has entered.
    public private(set) var grant = RealTimeGrant()
    /// How much of the stack is touched in advance, bytes.
    static let touched = 512 << 10

    /// - Parameters:
    ///   - priority: FIFO priority, 1 … 99; 60 … 80 leaves the kernel's own threads in front.
    ///   - processor: number of the processor; the last one where it is not said.
    public init(priority: Int32 = 70, processor: Int? = nil) {
        self.priority = priority
        self.processor = processor ?? max(0, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))) - 1)
        keepAwake()
        // What was touched once stays: a page that must be fetched costs milliseconds. Pages that nobody has touched are not fetched for it
        // (MCL_ONFAULT): the loop's own stack and the ring are touched in advance.
        if !Self.mayLock {
            grant.refused.append(
                "memory is not locked: the limit (RLIMIT_MEMLOCK) is finite, and later memory would be refused")
        } else if Self.locks.withLock({ locks in
            // Memory is the whole program's: it stays locked until the last of them ends.
            guard locks > 0 || mlockall(Int32(MCL_CURRENT) | Int32(MCL_FUTURE) | Int32(MCL_ONFAULT)) == 0 else {
                return false
            }
            locks += 1
            return true
        }) {
            grant.locked = true
        } else {
            refused("memory is not locked")
        }
    }

    deinit { end() }

    /// Takes what the machine grants for the calling thread, and touches its stack.
    public func enter() {
        cbench_realtime_find()
        if cbench_pin(Int32(processor)) == 0 {
            grant.pinned = true
        } else {
            refused("not fixed to processor \(processor)")
        }
        var wanted = sched_param(sched_priority: priority)
        let code = pthread_setschedparam(pthread_self(), SCHED_FIFO, &wanted)
        if code == 0 {
            grant.fifo = true
        } else {
            errno = code
            refused("normal priority, not FIFO \(priority)")
        }
        withUnsafeTemporaryAllocation(byteCount: Self.touched, alignment: 64) { memory in
            // Written, so that the pages are there; the compiler must not leave it out.
            for at in stride(from: 0, to: memory.count, by: 4096) { memory[at] = UInt8(truncatingIfNeeded: at) }
        }
    }

    /// Gives back what is the whole program's; the thread has ended. May be called twice.
    public func end() {
        guard wakeful >= 0 || grant.locked, !isEnded else { return }
        isEnded = true
        if wakeful >= 0 { close(wakeful) }
        guard grant.locked else { return }
        Self.locks.withLock { locks in
            locks -= 1
            if locks == 0 { munlockall() }
        }
    }
    /// Claims that hold the memory locked.
    private static let locks = Mutex(0)
    private var isEnded = false

    /// Whether locking everything cannot make later allocations fail.
    private static var mayLock: Bool {
        var limit = rlimit()
        return geteuid() == 0
            || (getrlimit(__rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue), &limit) == 0 && limit.rlim_cur == rlim_t.max)
    }

    private func refused(_ what: String) { grant.refused.append("\(what): \(String(cString: strerror(errno)))") }

    /// Holds the processors out of sleep states that they need long to wake from (kernel documentation, PM QoS).
    private func keepAwake() {
        wakeful = open("/dev/cpu_dma_latency", O_WRONLY | O_CLOEXEC)
        var zero: Int32 = 0
        if wakeful >= 0, write(wakeful, &zero, 4) == 4 { grant.awake = true } else { refused("processors may sleep") }
    }
}

/// Marks around what a real-time loop does between its waits: what a checker watches that was loaded before the program.
///
/// RealtimeSanitizer is such a checker in the tests: an allocation or a lock between the marks ends the program.
public enum RealTimeMarks {
    /// From here on nothing is allocated, locked or waited for.
    @inline(__always)
    public static func enter() { cbench_realtime_enter() }
    /// Now the loop waits, or ends.
    @inline(__always)
    public static func leave() { cbench_realtime_leave() }
}

/// One thread that does nothing but its loop: FIFO priority, fixed to a processor, memory locked and touched in advance.
///
/// Without the right to that it runs at normal priority, and its ``grant`` says so. The loop of a subclass never allocates, never locks,
/// never logs; it waits by absolute deadlines or blocking reads, and leaves when ``isStopping``.
open class RealTimeThread: @unchecked Sendable {
    // Unchecked: `claim` and `thread` change before the thread runs or after it was joined; what a subclass counts is read after the join.
    private let stopping = Atomic<Bool>(false)
    private var thread: pthread_t?
    private let priority: Int32, processor: Int?
    private var claim: RealTimeClaim?
    /// What the machine granted; complete once the thread runs.
    public var grant: RealTimeGrant { claim?.grant ?? RealTimeGrant() }
    /// Stack of the thread, bytes; twice what is touched in advance.
    private static let stack = 2 * RealTimeClaim.touched

    /// A thread with a claim: see ``RealTimeClaim``.
    public init(priority: Int32 = 70, processor: Int? = nil) {
        self.priority = priority
        self.processor = processor
    }

    /// Whether somebody asked the loop to end.
    @inline(__always)
    public final var isStopping: Bool { stopping.load(ordering: .relaxed) }

    /// What the thread does; subclasses have it. Between ``RealTimeMarks``' marks it never allocates, never locks, never logs.
    open func loop() {}

    /// Starts the thread. Throws `Fault(.internalError)` when the machine has none to give. Does nothing while it runs.
    public final func start() throws(Fault) {
        guard thread == nil else { return }
        claim = RealTimeClaim(priority: priority, processor: processor)
        stopping.store(false, ordering: .relaxed)
        let attributes = UnsafeMutablePointer<pthread_attr_t>.allocate(capacity: 1)
        pthread_attr_init(attributes)
        defer {
            pthread_attr_destroy(attributes)
            attributes.deallocate()
        }
        pthread_attr_setstacksize(attributes, Self.stack)
        var made = pthread_t()
        let code = pthread_create(&made, attributes, runRealTime, Unmanaged.passRetained(self).toOpaque())
        guard code == 0 else {
            Unmanaged.passUnretained(self).release()
            throw Fault(.internalError, "sampling", "no thread: \(String(cString: strerror(code)))")
        }
        thread = made
    }

    /// Ends the loop and waits for the thread.
    public final func stop() {
        guard let running = thread else { return }
        stopping.store(true, ordering: .relaxed)
        pthread_join(running, nil)
        thread = nil
        claim?.end()
    }

    fileprivate final func run() {
        claim?.enter()
        loop()
    }
}

/// The thread's entry; C calls it.
private func runRealTime(_ raw: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let raw else { return nil }
    Unmanaged<RealTimeThread>.fromOpaque(raw).takeRetainedValue().run()
    return nil
}

/// A loop that wakes at a fixed interval and notes how late: what `meterbench doctor` measures a machine with.
public final class TickLoop: RealTimeThread, @unchecked Sendable {
    // Unchecked for the reason of `RealTimeThread`.
    /// How often it wakes, ns.
    public let interval: Int64
    private let counts: UnsafeMutableBufferPointer<UInt64>
    private var latest: Int64 = 0, slotsMissed: UInt64 = 0

    /// A loop that wakes every so many nanoseconds.
    public init(interval: Int64, priority: Int32 = 70, processor: Int? = nil) {
        precondition(interval > 0)
        self.interval = interval
        counts = .allocate(capacity: LatenessHistogram.fine * LatenessHistogram.octaves)
        counts.initialize(repeating: 0)
        super.init(priority: priority, processor: processor)
    }

    deinit { counts.deallocate() }

    public override func loop() {
        let counts = counts, interval = interval
        var next = MachineClock.nanoseconds &+ interval, missed: UInt64 = 0, worst: Int64 = 0
        while !isStopping {
            MachineClock.sleep(until: next)
            RealTimeMarks.enter()
            let late = MachineClock.nanoseconds &- next
            counts[LatenessHistogram.index(late)] &+= 1
            worst = max(worst, late)
            // Slots that are over are left out, and counted.
            let over = max(0, late / interval)
            missed &+= UInt64(over)
            next &+= (over &+ 1) &* interval
            RealTimeMarks.leave()
        }
        (slotsMissed, latest) = (missed, worst)
    }

    /// How late it woke; complete after `stop`.
    public var lateness: LatenessHistogram { LatenessHistogram(counts: UnsafeBufferPointer(counts)) }
    /// The worst lateness, s; after `stop`.
    public var worst: Double { Double(latest) / 1e9 }
    /// Slots that were over before it woke; after `stop`.
    public var missed: UInt64 { slotsMissed }
}
