import BenchCore
import CFigures

/// The ring between the real-time thread and everybody else beside the same in C++ and JACK's ring buffer: blocks copied in and out on one
/// processor, which is what a call costs.
enum RingFigures {
    private static let rounds = 61, room = 256 << 10

    static func show(_ sheet: inout Sheet) {
        sheet.section(
            "Ring",
            "256 KiB; a block of eight channels copied in and out on one core, medians of \(rounds) pairs; ours keeps a header with each block"
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
        func ours() { done = turns(&producer, &consumer, bytes, input, output, times) }
        func show(_ name: String, _ least: Double, _ theirs: () -> Int) {
            var their = 0
            let pairs = Pairs(rounds: rounds, times: 1, ours) { their = theirs() }
            guard done == times, their == times else {
                return sheet.demand("ring ÷ \(name), \(bytes) B", "blocks are missing", "all of them", met: false)
            }
            let speed =
                "\(Decimal.fixed(Double(times) / pairs.ours / 1e6, 2)) / \(Decimal.fixed(Double(times) / pairs.theirs / 1e6, 2))"
            sheet.plain("ring, \(bytes) B: M blocks/s, ours / \(name)", speed)
            let ratio = Decimal.fixed(pairs.ratio, 3)
            if demanded {
                sheet.demand(
                    "  ratio", ratio, "≥ \(Decimal.shortest(least)) of \(name)", met: pairs.ratio >= least)
            } else {
                sheet.plain("  ratio", ratio)
            }
        }
        if let twin = cfigures_ring_make(blocks, bytes) {
            defer { cfigures_ring_free(twin) }
            show("C++ twin", 0.95) { cfigures_ring_turns(twin, input, output, bytes, times) }
        }
        if let jack = cfigures_jack_make(room) {
            defer { cfigures_jack_free(jack) }
            show("JACK", 1.2) { cfigures_jack_turns(jack, input, output, bytes, times) }
        } else {
            sheet.plain("ring ÷ JACK, \(bytes) B", "skipped: no libjack (Debian: libjack-jackd2-0)")
        }
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
