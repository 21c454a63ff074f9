import BenchCore
import CFigures

/// The ring between the real-time thread and everybody else, on one processor: beside the same in C++ with blocks copied in and out, which is what a
/// call costs; beside JACK's ring buffer with each as it is meant to be used. A digitizer fills a block of ours in place, and the analysis reads
/// it there in one piece; `jack_ringbuffer_write` and `_read` copy from and to the caller's buffer, which both ends have to fill and read besides.
/// JACK's vectors spare the copies as well, but hand out a block in two pieces where the ring ends within it: they are shown, not judged by.
enum RingFigures {
    private static let rounds = 61, room = 256 << 10

    static func show(_ sheet: inout Sheet) {
        sheet.section(
            "Ring",
            "256 KiB, one core, medians of \(rounds) pairs; ours keeps a header with each block. Copied: bytes in and out. Used: a block filled, handed over and read by the same code: ours in place, JACK's by write and read from and to a buffer"
        )
        for frames in [125, 16] { block(32 * frames, demanded: frames == 125, &sheet) }
    }

    private static func block(_ bytes: Int, demanded: Bool, _ sheet: inout Sheet) {
        let blocks = room / bytes, times = 40_000_000 / (bytes + 500)
        let input = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 128)
        let output = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 128)
        defer {
            input.deallocate()
            output.deallocate()
        }
        for n in 0..<bytes { input.storeBytes(of: UInt8(truncatingIfNeeded: n &* 31), toByteOffset: n, as: UInt8.self) }
        let ring = SampleRing(blocks: blocks, bytes: bytes)
        var producer = ring.producer(), consumer = ring.consumer()
        var done = 0
        let work = UnsafeMutableRawPointer.allocate(byteCount: 2 * bytes, alignment: 128)
        work.initializeMemory(as: UInt8.self, repeating: 0, count: 2 * bytes)
        defer { work.deallocate() }
        var read = 0, theirRead = 0
        func copied() { done = turns(&producer, &consumer, bytes, input, output, times) }
        func used() {
            read = 0
            done = uses(&producer, &consumer, bytes, input, times, &read)
        }
        func show(_ name: String, _ least: Double?, _ ours: () -> Void, _ theirs: () -> Int) {
            var their = 0
            let pairs = Pairs(rounds: rounds, times: 1, ours) {
                theirRead = 0
                their = theirs()
            }
            guard done == times, their == times else {
                return sheet.demand("ring ÷ \(name), \(bytes) B", "blocks are missing", "all of them", met: false)
            }
            let speed =
                "\(Decimal.fixed(Double(times) / pairs.ours / 1e6, 2)) / \(Decimal.fixed(Double(times) / pairs.theirs / 1e6, 2))"
            sheet.plain("ring, \(bytes) B: M blocks/s, ours / \(name)", speed)
            let ratio = Decimal.fixed(pairs.ratio, 3)
            if demanded, let least {
                sheet.demand(
                    "  ratio", ratio, "≥ \(Decimal.shortest(least)) of \(name)", met: pairs.ratio >= least)
            } else {
                sheet.plain("  ratio", ratio)
            }
        }
        if let twin = cfigures_ring_make(blocks, bytes) {
            defer { cfigures_ring_free(twin) }
            show("C++ twin, copied", 0.95, copied) { cfigures_ring_turns(twin, input, output, bytes, times) }
        }
        if let jack = cfigures_jack_make(room) {
            defer { cfigures_jack_free(jack) }
            show("JACK, copied", nil, copied) { cfigures_jack_turns(jack, input, output, bytes, times) }
            show("JACK by vectors, used", nil, used) {
                cfigures_jack_vectors(jack, input, bytes, times, &theirRead)
            }
            show("JACK, used", 1.2, used) { cfigures_jack_used(jack, input, work, bytes, times, &theirRead) }
            if read != theirRead {
                sheet.demand("ring ÷ JACK, \(bytes) B", "not the same bytes", "the same", met: false)
            }
        } else {
            sheet.plain("ring ÷ JACK, \(bytes) B", "skipped: no libjack (Debian: libjack-jackd2-0)")
        }
    }

    /// Blocks filled and read in place.
    @inline(never)
    private static func uses(
        _ producer: inout SampleProducer, _ consumer: inout SampleConsumer, _ bytes: Int,
        _ input: UnsafeMutableRawPointer, _ times: Int, _ read: inout Int
    ) -> Int {
        var done = 0
        for n in 0..<times {
            guard let room = producer.reserve() else { break }
            cfigures_block_fill(room.baseAddress, input, bytes)
            producer.commit(BlockHeader(first: Int64(n), frames: bytes / 32, bytes: bytes, stamp: Int64(n)))
            let taken = consumer.take { header, from in cfigures_block_read(from.baseAddress, Int(header.bytes)) }
            guard let taken else { break }
            read &+= taken
            done += 1
        }
        return done
    }

    @inline(never)
    private static func turns(
        _ producer: inout SampleProducer, _ consumer: inout SampleConsumer, _ bytes: Int,
        _ input: UnsafeMutableRawPointer, _ output: UnsafeMutableRawPointer, _ times: Int
    ) -> Int {
        var done = 0
        for n in 0..<times {
            guard let room = producer.reserve(), let base = room.baseAddress else { break }
            base.copyMemory(from: input, byteCount: bytes)
            producer.commit(BlockHeader(first: Int64(n), frames: bytes / 32, bytes: bytes, stamp: Int64(n)))
            let taken: Void? = consumer.take { header, from in
                if let from = from.baseAddress { output.copyMemory(from: from, byteCount: Int(header.bytes)) }
            }
            if taken != nil { done += 1 }
        }
        return done
    }
}
