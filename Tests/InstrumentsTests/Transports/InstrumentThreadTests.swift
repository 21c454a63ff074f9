import Glibc
import Synchronization
import Testing

@testable import Instruments

/// Waits for so many visitors, each on a thread of its own.
private final class Meeting: Sendable {
    private let arrived = Mutex(0)

    /// Blocks the calling thread until `count` have arrived; false after 20 s.
    func wait(for count: Int) -> Bool {
        arrived.withLock { $0 += 1 }
        for _ in 0..<2000 {
            if arrived.withLock({ $0 >= count }) { return true }
            usleep(10_000)
        }
        return false
    }
}

private actor Blocker {
    private let thread = InstrumentThread()
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
    func meet(_ meeting: Meeting, _ count: Int) -> Bool { meeting.wait(for: count) }
    func threadNumber() -> UInt { UInt(pthread_self()) }
    func atThreadEnd(_ key: pthread_key_t) { pthread_setspecific(key, UnsafeRawPointer(bitPattern: 1)) }
}

private let ended = Atomic<Int>(0)

@Suite("Instrument thread")
struct InstrumentThreadTests {
    @Test("sixteen actors block at the same time on a machine with fewer cores")
    func ownThreads() async {
        let meeting = Meeting()
        let blockers = (0..<16).map { _ in Blocker() }
        let all = await withTaskGroup(of: Bool.self) { group in
            for blocker in blockers { group.addTask { await blocker.meet(meeting, 16) } }
            return await group.reduce(true) { $0 && $1 }
        }
        #expect(all)
    }

    @Test("an actor stays on one thread, and two actors have two")
    func oneThreadEach() async {
        let one = Blocker()
        let other = Blocker()
        let first = await one.threadNumber()
        #expect(await one.threadNumber() == first)
        #expect(await other.threadNumber() != first)
    }

    @Test("the thread ends when its actor is freed")
    func threadEnds() async {
        var key = pthread_key_t()
        pthread_key_create(&key) { _ in ended.add(1, ordering: .relaxed) }
        let before = ended.load(ordering: .relaxed)
        do {
            let blocker = Blocker()
            await blocker.atThreadEnd(key)
        }
        for _ in 0..<2000 where ended.load(ordering: .relaxed) == before { usleep(10_000) }
        #expect(ended.load(ordering: .relaxed) == before + 1)
    }
}
