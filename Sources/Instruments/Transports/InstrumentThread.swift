import Glibc

/// One operating-system thread that serves one actor: a transport may block in a call without holding up anybody else.
///
/// The thread ends by itself when the actor that owns it is freed and its last job is done.
public final class InstrumentThread: SerialExecutor {
    private let inbox = Inbox()

    /// Starts the thread; traps where the machine has no more threads to give.
    public init() {
        var thread: pthread_t = 0
        // The thread holds the inbox, never this object: otherwise neither would ever end.
        let status = pthread_create(&thread, nil, serveInbox, Unmanaged.passRetained(inbox).toOpaque())
        precondition(status == 0, "no thread for an instrument: error \(status)")
        pthread_detach(thread)
    }

    deinit { inbox.end() }

    /// Whether other jobs wait behind the one that runs; to be asked from a job of this thread only.
    var hasWaiting: Bool { inbox.hasWaiting }

    /// How many jobs have come since the thread last took some.
    var waiting: Int { inbox.waiting }

    /// Takes a job of the actor.
    public func enqueue(_ job: consuming ExecutorJob) { inbox.put(UnownedJob(job), for: self) }
}

/// The jobs of one thread, in order of arrival.
///
/// Unchecked: every access to `jobs` and `ended` is under the mutex.
private final class Inbox: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    // A job keeps its executor alive until it has run.
    private var jobs: [(job: UnownedJob, executor: InstrumentThread)] = []
    private var ended = false
    /// How many jobs of the batch that runs are still to come; the thread's own.
    private var left = 0

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(changed, nil)
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(mutex)
        changed.deallocate()
        mutex.deallocate()
    }

    func put(_ job: UnownedJob, for executor: InstrumentThread) {
        pthread_mutex_lock(mutex)
        jobs.append((job, executor))
        pthread_cond_signal(changed)
        pthread_mutex_unlock(mutex)
    }

    var waiting: Int {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return jobs.count
    }

    var hasWaiting: Bool {
        if left > 0 { return true }
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return !jobs.isEmpty
    }

    func end() {
        pthread_mutex_lock(mutex)
        ended = true
        pthread_cond_signal(changed)
        pthread_mutex_unlock(mutex)
    }

    /// Runs one batch; false when nothing will ever come again.
    func serve() -> Bool {
        pthread_mutex_lock(mutex)
        while jobs.isEmpty, !ended { pthread_cond_wait(changed, mutex) }
        let batch = jobs
        jobs = []
        pthread_mutex_unlock(mutex)
        left = batch.count
        for (job, executor) in batch {
            left -= 1
            job.runSynchronously(on: executor.asUnownedSerialExecutor())
        }
        return !batch.isEmpty
    }
}

private func serveInbox(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    // Signals are for the program's own threads: a wire is never interrupted half-way.
    var all = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_BLOCK, &all, nil)
    let inbox = Unmanaged<Inbox>.fromOpaque(argument).takeRetainedValue()
    while inbox.serve() {}
    return nil
}
