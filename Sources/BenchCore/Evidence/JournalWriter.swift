#if canImport(Glibc)
    import Glibc
#endif

/// Puts bytes on the disk, on a thread of its own where asked: write, fdatasync, and only then «done».
///
/// All state is behind the pthread mutex.
final class JournalWriter: @unchecked Sendable {
    private struct Piece {
        let bytes: [UInt8]
        let done: CheckedContinuation<Void, any Error>
    }

    private let path: String
    private let descriptor: Int32
    private let threaded: Bool
    /// Bytes of whole, flushed lines.
    private var length: Int
    private var broken: Fault?
    private var pieces: [Piece] = []
    private var stopping = false
    private var closed = false
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    /// Takes over an open descriptor; closes it when stopped, or at once where the thread cannot be had.
    init(path: String, descriptor: Int32, length: Int, threaded: Bool) throws {
        self.path = path
        self.descriptor = descriptor
        self.length = length
        self.threaded = threaded
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(changed, nil)
        guard threaded else { return }
        var thread = pthread_t()
        let retained = Unmanaged.passRetained(self)
        let result = pthread_create(&thread, nil, journalWriterThread, retained.toOpaque())
        guard result == 0 else {
            retained.release()
            throw Disk.fault(path, "no thread for the journal", result)
        }
        pthread_detach(thread)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        pthread_cond_destroy(changed)
        mutex.deallocate()
        changed.deallocate()
    }

    /// Writes and flushes on the calling thread.
    func write(_ bytes: [UInt8]) throws {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        try put(bytes)
    }

    /// Hands bytes to the thread; `done` resumes once they are flushed.
    func queue(_ bytes: [UInt8], _ done: CheckedContinuation<Void, any Error>) {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard !stopping else {
            done.resume(throwing: Fault(.storage, path, "the journal is closed"))
            return
        }
        pieces.append(Piece(bytes: bytes, done: done))
        pthread_cond_signal(changed)
    }

    /// Writes what is queued, closes the file; returns when it is closed.
    func stop() {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        stopping = true
        if threaded {
            pthread_cond_broadcast(changed)
            while !closed { pthread_cond_wait(changed, mutex) }
        } else if !closed {
            closed = true
            close(descriptor)
        }
    }

    fileprivate func loop() {
        pthread_mutex_lock(mutex)
        while true {
            while pieces.isEmpty, !stopping { pthread_cond_wait(changed, mutex) }
            if pieces.isEmpty { break }
            let batch = pieces
            pieces = []
            // The lock is let go while the disk works: events that come meanwhile make the next batch.
            pthread_mutex_unlock(mutex)
            let outcome = Result { try put(batch.flatMap(\.bytes)) }
            for piece in batch { piece.done.resume(with: outcome) }
            pthread_mutex_lock(mutex)
        }
        close(descriptor)
        closed = true
        pthread_cond_broadcast(changed)
        pthread_mutex_unlock(mutex)
    }

    /// Write and flush; `length` and `broken` belong to the one thread (or lock holder) that gets here.
    private func put(_ bytes: [UInt8]) throws {
        if let broken { throw broken }
        if closed { throw Fault(.storage, path, "the journal is closed") }
        do {
            try Disk.write(bytes, to: descriptor, path)
            guard fdatasync(descriptor) == 0 else { throw Disk.fault(path, "cannot be flushed", errno) }
            length += bytes.count
        } catch {
            let fault = error as? Fault ?? Fault(.storage, path, "\(error)")
            broken = fault
            // What stands half on the disk was never acknowledged.
            _ = ftruncate(descriptor, off_t(length))
            throw fault
        }
    }
}

/// C calls this on the journal's own thread.
private func journalWriterThread(_ writer: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let writer else { return nil }
    Unmanaged<JournalWriter>.fromOpaque(writer).takeRetainedValue().loop()
    return nil
}
