import Synchronization
import Testing

@testable import BenchCore

/// A value that tasks of a test share.
final class Noted<Value: Sendable>: Sendable {
    private let value: Mutex<Value>
    init(_ value: Value) { self.value = Mutex(value) }
    func withLock<T: Sendable>(_ body: (inout Value) -> T) -> T {
        value.withLock { inner in
            var copy = inner
            let result = body(&copy)
            inner = copy
            return result
        }
    }
}

@Suite struct VirtualTimeTests {
    @Test("An hour of bench time passes by jumping, and only through sleeping")
    func jumps() throws {
        let time = VirtualTime()
        let seconds = try time.run {
            try await time.sleep(seconds: 3600)
            return time.now.seconds
        }
        #expect(seconds == 3600)
        #expect(time.now.seconds == 3600)
    }

    @Test("Sleepers wake in order of their moment, equal moments in the order they fell asleep")
    func order() throws {
        let time = VirtualTime()
        let log = Noted<[String]>([])
        try time.run {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (name, delay) in [("c", 3.0), ("a", 1.0), ("b1", 2.0), ("b2", 2.0)] {
                    group.addTask {
                        try await time.sleep(seconds: delay)
                        log.withLock { $0.append("\(name)@\(time.now.seconds)") }
                    }
                }
                try await group.waitForAll()
            }
        }
        #expect(log.withLock { $0 } == ["a@1.0", "b1@2.0", "b2@2.0", "c@3.0"])
    }

    @Test("A dead-lock is an error, not a hang")
    func deadlock() {
        let time = VirtualTime()
        #expect(throws: Fault.self) {
            try time.run {
                let (stream, _) = AsyncStream<Int>.makeStream()
                for await _ in stream {}
            }
        }
    }

    @Test("A cancelled sleeper wakes at once and time does not jump for it")
    func cancellation() throws {
        let time = VirtualTime()
        try time.run {
            await withTaskGroup(of: Bool.self) { group in
                group.addTask {
                    do {
                        try await time.sleep(seconds: 1e6)
                        return false
                    } catch { return error is CancellationError }
                }
                try? await time.sleep(seconds: 5)
                group.cancelAll()
                #expect(await group.next() == true)
            }
        }
        #expect(time.now.seconds == 5)
    }

    @Test("Clean-up in a shield survives the cancellation of its caller and still waits in virtual time")
    func shield() throws {
        let time = VirtualTime()
        let done = Noted(false)
        try time.run {
            let task = Task(executorPreference: time) {
                do { try await time.sleep(seconds: 100) } catch {
                    await time.shielded {
                        try? await time.sleep(seconds: 2)
                        done.withLock { $0 = true }
                    }
                }
            }
            try await time.sleep(seconds: 1)
            task.cancel()
            await task.value
        }
        #expect(done.withLock { $0 })
        #expect(time.now.seconds == 3)
    }

    @Test("Forty-eight tasks that wait at random give the same history twenty times")
    func deterministic() throws {
        func history() throws -> [String] {
            let time = VirtualTime()
            let log = Noted<[String]>([])
            try time.run {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for position in 1...48 {
                        group.addTask {
                            var state = UInt64(position)
                            for _ in 1...50 {
                                state = state &* 6_364_136_223_846_793_005 &+ 1
                                try await time.sleep(seconds: Double(state >> 54))
                                log.withLock { $0.append("\(position)@\(time.now.nanoseconds)") }
                            }
                        }
                    }
                    try await group.waitForAll()
                }
            }
            return log.withLock { $0 }
        }
        let first = try history()
        #expect(first.count == 2400)
        for _ in 2...20 { #expect(try history() == first) }
    }
}

@Suite struct TimeLimitTests {
    private static let late = Fault(.timeout, "source", "no answer")

    @Test("What answers in time is passed on, and its time limit forgotten")
    func inTime() throws {
        let time = VirtualTime()
        let answer = try time.run {
            try await time.within(life: 10, else: Self.late) {
                try await time.sleep(seconds: 2)
                return 7
            }
        }
        #expect(answer == 7)
        #expect(time.now.seconds == 2)
    }

    @Test("What never answers, and does not hear that it is cancelled, is left behind at the limit")
    func hangs() {
        let time = VirtualTime()
        #expect(throws: Self.late) {
            try time.run {
                try await time.within(life: 10, else: Self.late) {
                    await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
                }
            }
        }
        #expect(time.now.seconds == 10)
    }

    @Test("A cancelled caller does not wait for what hangs")
    func cancelled() throws {
        let time = VirtualTime()
        try time.run {
            let task = time.start {
                do {
                    try await time.within(life: 1000, else: Self.late) {
                        await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
                    }
                    return false
                } catch { return error is CancellationError }
            }
            try await time.sleep(seconds: 1)
            task.cancel()
            #expect(await task.value)
        }
        #expect(time.now.seconds == 1)
    }
}

@Suite struct ScaledTimeTests {
    @Test("Sleeping bench time returns at or after the moment asked for")
    func sleeps() async throws {
        let time = ScaledTime(scale: 1000, begin: BenchInstant(seconds: 50))
        let until = time.now + 20
        try await time.sleep(until: until)
        #expect(time.now >= until)
        #expect(time.now.seconds > 70)
    }

    @Test("A cancelled sleep throws")
    func cancels() async {
        let time = ScaledTime(scale: 1)
        let task = Task { try await time.sleep(seconds: 3600) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    // Known answers: `date -u -d @N +%FT%TZ` of GNU coreutils 9.1.
    @Test(
        "Moments are written as ISO 8601 with microseconds",
        arguments: [
            (Int64(0), "1970-01-01T00:00:00.000000Z"),
            (951_782_400_000_001, "2000-02-29T00:00:00.000001Z"),
            (1_767_225_600_000_000, "2026-01-01T00:00:00.000000Z"),
            (4_107_542_399_999_999, "2100-02-28T23:59:59.999999Z"),
            (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
            (-1, "1969-12-31T23:59:59.999999Z"),
        ])
    func text(microseconds: Int64, expected: String) {
        #expect(UTCText.text(microseconds: microseconds) == expected)
    }
}
