import Synchronization
import Testing

@testable import BenchCore

#if canImport(Glibc)
    import Glibc
#endif

@Suite("Sample ring")
struct SampleRingTests {
    @Test("Blocks come out as they went in, with their headers, round and round")
    func order() {
        let ring = SampleRing(blocks: 3, bytes: 100)
        var producer = ring.producer(), consumer = ring.consumer()
        let seen1 = consumer.capacity
        #expect(seen1 == 3)
        var taken = 0
        for n in 0..<50 {
            let room = producer.reserve()
            #expect(room != nil && (room?.count ?? 0) >= 100)
            room?.storeBytes(of: Int64(n), as: Int64.self)
            producer.commit(BlockHeader(first: Int64(10 * n), frames: 10, bytes: 8, stamp: Int64(n)))
            // Two wait at most.
            guard n % 2 == 1 else { continue }
            for _ in 0..<2 {
                let found = consumer.take { header, bytes in
                    #expect(
                        header.first == Int64(10 * taken) && header.frames == 10 && header.lost == 0 && bytes.count == 8
                    )
                    return bytes.load(as: Int64.self)
                }
                #expect(found == Int64(taken))
                taken += 1
            }
        }
        let seen2 = consumer.take { _, _ in 1 }
        #expect(seen2 == nil)
        let seen3 = consumer.highWater
        #expect(taken == 50 && seen3 == 2)
        let seen4 = consumer.isAtEnd()
        #expect(!seen4)
        producer.finish()
        let seen5 = consumer.isAtEnd()
        #expect(seen5)
    }

    @Test("What finds no room is counted, and the next block says how much was lost before it")
    func overrun() {
        let ring = SampleRing(blocks: 2, bytes: 16)
        var producer = ring.producer(), consumer = ring.consumer()
        for n in 0..<2 {
            let seen6 = producer.reserve()
            #expect(seen6 != nil)
            producer.commit(BlockHeader(first: Int64(n), frames: 1, bytes: 1, stamp: 0))
        }
        let seen7 = producer.reserve()
        #expect(seen7 == nil)
        producer.lose(frames: 5)
        let seen8 = producer.reserve()
        #expect(seen8 == nil)
        producer.lose(frames: 7)
        let seen9 = consumer.take { header, _ in header.lost }
        #expect(seen9 == 0)
        let seen10 = producer.reserve()
        #expect(seen10 != nil)
        // The digitizer itself says that it lost two more.
        producer.commit(BlockHeader(first: 14, frames: 1, bytes: 1, stamp: 0, lost: 2))
        let seen11 = consumer.take { header, _ in header.lost }
        #expect(seen11 == 0)
        let seen12 = consumer.take { header, _ in header.lost }
        #expect(seen12 == 14)
        let seen13 = producer.overrun
        let seen14 = consumer.highWater
        #expect(seen13 == 12 && seen14 == 2)
    }

    /// The producing half on a thread of its own: writes numbered blocks as fast as they fit.
    private final class Feeder: RealTimeThread, @unchecked Sendable {
        // Unchecked for the reason of `RealTimeThread`.
        var producer: SampleProducer
        let total: Int64
        init(_ producer: consuming SampleProducer, total: Int64) {
            self.producer = producer
            self.total = total
            super.init(priority: 1)
        }
        override func loop() {
            var n: Int64 = 0
            while n < total, !isStopping {
                guard let room = producer.reserve() else {
                    // Gives way: the consumer may share the processor.
                    MachineClock.sleep(until: MachineClock.nanoseconds + 50_000)
                    continue
                }
                for at in 0..<16 { room.storeBytes(of: n &* 31 &+ Int64(at), toByteOffset: 8 * at, as: Int64.self) }
                producer.commit(BlockHeader(first: n, frames: 1, bytes: 128, stamp: n))
                n += 1
            }
            producer.finish()
        }
    }

    @Test("Between two threads nothing is lost, doubled, torn or out of order")
    func threads() async throws {
        let ring = SampleRing(blocks: 7, bytes: 128)
        var consumer = ring.consumer()
        let feeder = Feeder(ring.producer(), total: 20_000)
        try feeder.start()
        defer { feeder.stop() }
        var expected: Int64 = 0, wrong = 0
        let end = MachineClock.nanoseconds + 600_000_000_000
        while !consumer.isAtEnd(), MachineClock.nanoseconds < end {
            let took: Void? = consumer.take { header, bytes in
                if header.first != expected { wrong += 1 }
                for at in 0..<16 where bytes.load(fromByteOffset: 8 * at, as: Int64.self) != expected &* 31 &+ Int64(at)
                {
                    wrong += 1
                }
                expected += 1
            }
            if took == nil { MachineClock.sleep(until: MachineClock.nanoseconds + 20_000) }
        }
        #expect(expected == 20_000 && wrong == 0)
        let seen15 = consumer.highWater
        #expect(seen15 <= 7)
    }
}

@Suite("Real-time thread")
struct RealTimeThreadTests {
    @Test(
        "A loop of 1 ms wakes about as often as there are milliseconds, never early, and what was granted or refused is said"
    )
    func ticks() async throws {
        let loop = TickLoop(interval: 1_000_000)
        let begin = MachineClock.nanoseconds
        try loop.start()
        try await ContinuousClock().sleep(for: .milliseconds(300))
        loop.stop()
        let elapsed = MachineClock.nanoseconds - begin
        let slots = Int64(loop.lateness.total) + Int64(loop.missed)
        // Every slot was met or counted as missed; a busy machine begins the thread late.
        #expect(slots <= elapsed / 1_000_000 && slots > 100, "\(slots) of \(elapsed)")
        let median = try #require(loop.lateness.percentile(0.5))
        #expect(median > 0 && loop.worst * 1.2 >= median)
        let grant = loop.grant
        #expect(grant.refused.count == [grant.fifo, grant.pinned, grant.locked, grant.awake].filter { !$0 }.count)
        // It can run again, and begins with nothing granted.
        try loop.start()
        loop.stop()
    }

    @Test("A processor that is not there is refused in words, and the loop runs all the same")
    func refused() async throws {
        let loop = TickLoop(interval: 1_000_000, processor: 100_000)
        try loop.start()
        try await ContinuousClock().sleep(for: .milliseconds(50))
        loop.stop()
        #expect(!loop.grant.pinned)
        #expect(loop.grant.refused.contains { $0.contains("processor 100000") }, "\(loop.grant.refused)")
        #expect(loop.lateness.total + loop.missed > 0)
        #expect(loop.grant.text.contains("no fixed processor"))
    }

    @Test("Classes of lateness are a thirty-second of an octave, and percentiles are their upper ends")
    func histogram() throws {
        var histogram = LatenessHistogram()
        #expect(histogram.percentile(0.5) == nil)
        for n in 1...1000 { histogram.record(Int64(n) * 1000) }
        #expect(histogram.total == 1000)
        for share in [0.01, 0.5, 0.9, 0.99, 1] {
            let found = try #require(histogram.percentile(share)) * 1e6
            // In µs: never below the true value, and above it by a thirty-second at most.
            #expect(found >= share * 1000 * 0.999 && found <= share * 1000 * 1.033, "\(share): \(found)")
        }
        for value: Int64 in [-5, 0, 1, 2, 3, 7, 8, 9, 1 << 39, .max] {
            let index = LatenessHistogram.index(value)
            #expect(index >= 0 && index < LatenessHistogram.fine * LatenessHistogram.octaves)
            if value > 0, value <= 1 << 39 {
                #expect(
                    LatenessHistogram.end(index) > Double(value)
                        && LatenessHistogram.end(index) <= Double(value) * 1.04 + 1)
            }
        }
    }
}
