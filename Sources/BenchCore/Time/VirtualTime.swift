#if canImport(Glibc)
    import Glibc
#endif

/// Time that jumps: all tasks of the bench run one after the other on the calling thread, in order of arrival, and when none can go on,
/// the clock jumps to the earliest sleeper. The same program gives the same history, every time.
///
/// Everything that takes part must wait through this clock and keep its executor; nothing may wait for another thread.
public final class VirtualTime: TaskExecutor, Timekeeper, @unchecked Sendable {
    /// Everything below is guarded by this lock.
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private var clock: BenchInstant
    private var ready = JobQueue()
    private var sleepers: [Int: CheckedContinuation<Void, any Error>] = [:]
    private var alarms = AlarmHeap()
    private var order = 0
    private var running = false

    private let begin: BenchInstant
    private let epoch: Int64

    /// A clock at rest; `epoch` is the UTC of its start in seconds since 1970 (by default 2026-01-01T00:00:00Z), `begin` the bench time
    /// it starts from.
    public init(epoch: Int64 = 1_767_225_600, begin: BenchInstant = BenchInstant(nanoseconds: 0)) {
        self.epoch = epoch
        self.begin = begin
        clock = begin
        pthread_mutex_init(lock, nil)
    }

    deinit {
        pthread_mutex_destroy(lock)
        lock.deallocate()
    }

    private func locked<T>(_ body: () throws -> T) rethrows -> T {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return try body()
    }

    /// Bench time now.
    public var now: BenchInstant { locked { clock } }
    /// None: virtual time jumps.
    public var scale: Double? { nil }
    /// This clock runs the tasks itself.
    public var executor: (any TaskExecutor)? { self }
    /// The epoch plus the bench time since the start.
    public func utc(_ moment: BenchInstant) -> String {
        UTCText.text(microseconds: epoch * 1_000_000 + (moment.nanoseconds - begin.nanoseconds) / 1000)
    }

    /// Takes a job of a task that prefers this executor.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        locked { ready.append(job) }
    }

    /// Waits until the moment.
    public func sleep(until moment: BenchInstant) async throws {
        let id = locked {
            order += 1
            return order
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let cancelled = locked {
                    if Task.isCancelled { return true }
                    sleepers[id] = continuation
                    alarms.insert(Alarm(moment: max(moment, clock), order: id))
                    return false
                }
                if cancelled { continuation.resume(throwing: CancellationError()) }
            }
        } onCancel: {
            locked { sleepers.removeValue(forKey: id) }?.resume(throwing: CancellationError())
        }
    }

    /// Runs `body` to its end on the calling thread. Throws what it throws, and `Fault(.internalError)` on a dead-lock: when no task can
    /// go on and nobody sleeps.
    public func run<T: Sendable>(_ body: @escaping @Sendable () async throws -> T) throws -> T {
        locked {
            precondition(!running, "virtual time is run by one thread at a time")
            running = true
        }
        defer { locked { running = false } }
        let result = Outcome<T>()
        let task = Task(executorPreference: self) {
            do { result.value = .success(try await body()) } catch { result.value = .failure(error) }
        }
        var deadlock: Fault?
        while true {
            if let job = nextJob() {
                unsafe job.runSynchronously(on: asUnownedTaskExecutor())
            } else if let outcome = result.value {
                if let deadlock { throw deadlock }
                return try outcome.get()
            } else if !wakeEarliest() {
                if let deadlock { throw deadlock }
                deadlock = Fault(
                    .internalError, "virtual time", "dead-lock at \(now.seconds) s: nothing can run and nobody sleeps")
                task.cancel()
            }
        }
    }

    private func nextJob() -> UnownedJob? { locked { ready.popFirst() } }

    /// Jumps to the earliest sleeper and wakes it; false where nobody sleeps.
    private func wakeEarliest() -> Bool {
        let sleeper: CheckedContinuation<Void, any Error>? = locked {
            while let alarm = alarms.popEarliest() {
                guard let continuation = sleepers.removeValue(forKey: alarm.order) else { continue }
                clock = max(clock, alarm.moment)
                return continuation
            }
            return nil
        }
        sleeper?.resume()
        return sleeper != nil
    }
}

/// Where the body of `run` leaves its result; touched by the running thread only.
private final class Outcome<T>: @unchecked Sendable {
    var value: Result<T, any Error>?
}

/// Jobs in order of arrival.
private struct JobQueue {
    private var jobs: [UnownedJob] = []
    private var head = 0

    var isEmpty: Bool { head == jobs.count }
    mutating func append(_ job: UnownedJob) { jobs.append(job) }
    mutating func popFirst() -> UnownedJob? {
        guard !isEmpty else { return nil }
        defer {
            head += 1
            if head == jobs.count {
                jobs.removeAll(keepingCapacity: true)
                head = 0
            }
        }
        return jobs[head]
    }
}

/// When a sleeper wants to be woken; equal moments wake in the order they fell asleep.
private struct Alarm: Comparable {
    var moment: BenchInstant
    var order: Int

    static func < (a: Alarm, b: Alarm) -> Bool { (a.moment, a.order) < (b.moment, b.order) }
}

/// A binary heap of alarms.
private struct AlarmHeap {
    private var items: [Alarm] = []

    mutating func insert(_ alarm: Alarm) {
        items.append(alarm)
        var child = items.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard items[child] < items[parent] else { return }
            items.swapAt(child, parent)
            child = parent
        }
    }

    mutating func popEarliest() -> Alarm? {
        guard let earliest = items.first else { return nil }
        let last = items.removeLast()
        guard !items.isEmpty else { return earliest }
        items[0] = last
        var parent = 0
        while true {
            var smallest = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < items.count && items[child] < items[smallest] {
                smallest = child
            }
            guard smallest != parent else { return earliest }
            items.swapAt(parent, smallest)
            parent = smallest
        }
    }
}
