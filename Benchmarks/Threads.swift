import Glibc
import Synchronization

/// Work spread over as many threads as the machine has processors: virtual time runs on the thread that calls it.
enum Threads {
    /// `body` of 0 ..< `count`, in order; throws what the first of them throws.
    static func map<T: Sendable>(_ count: Int, _ body: @escaping @Sendable (Int) throws -> T) throws -> [T] {
        let work = Work(count: count, body: body)
        var threads: [pthread_t] = []
        for _ in 0..<max(1, min(count, sysconf(Int32(_SC_NPROCESSORS_ONLN)))) {
            var thread = pthread_t()
            let argument = Unmanaged<AnyWork>.passRetained(work)
            if pthread_create(&thread, nil, perform, argument.toOpaque()) == 0 {
                threads.append(thread)
            } else {
                argument.release()
            }
        }
        // Where no thread is to be had, this one does it.
        if threads.isEmpty { work.perform() }
        for thread in threads { pthread_join(thread, nil) }
        return try work.results()
    }
}

private class AnyWork {
    func perform() {}
}

private final class Work<T: Sendable>: AnyWork, @unchecked Sendable {
    private let count: Int
    private let body: @Sendable (Int) throws -> T
    /// The next number to be done, and what was done.
    private let state = Mutex((next: 0, done: [Int: Result<T, any Error>]()))

    init(count: Int, body: @escaping @Sendable (Int) throws -> T) {
        self.count = count
        self.body = body
    }

    override func perform() {
        while true {
            let index = state.withLock { state in
                state.next += 1
                return state.next - 1
            }
            guard index < count else { return }
            let result = Result { try body(index) }
            state.withLock { $0.done[index] = result }
        }
    }

    func results() throws -> [T] {
        try state.withLock { state in try (0..<count).compactMap { try state.done[$0]?.get() } }
    }
}

/// C calls this on each thread.
private func perform(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let argument { Unmanaged<AnyWork>.fromOpaque(argument).takeRetainedValue().perform() }
    return nil
}
