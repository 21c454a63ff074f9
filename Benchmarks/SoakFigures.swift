import BenchCore
import CFigures
import Glibc

/// Eight channels at 1 MS/s with all processors busy, through the real-time thread and its ring into the class A chain: is a sample lost?
enum SoakFigures {
    static let word = "sampling-soak", usual = 600.0
    private static let rate = 1_000_000, block = 1000, blocks = 500

    static func show(_ sheet: inout Sheet, seconds: Double) {
        let processors = Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        sheet.section(
            "Sampling, a long run",
            "8 channels at 1 MS/s for \(Decimal.shortest(seconds)) s, \(processors) of \(processors) processors busy; a thread plays the digitizer"
        )
        let table = ChainFigures.signal(200_000)
        guard let meter = ChainFigures.meter(Double(rate)), cfigures_busy_begin(Int32(processors)) == 0 else {
            return sheet.plain("long run", "skipped: no threads")
        }
        defer { cfigures_busy_end() }
        let ring = SampleRing(blocks: blocks, bytes: 32 * block)
        var consumer = ring.consumer()
        table.withUnsafeBufferPointer { table in
            guard let base = table.baseAddress else { return }
            let wire = cfigures_stream_begin(rate, block, base, table.count / 8, 4 << 20)
            guard wire >= 0 else { return sheet.plain("long run", "skipped: no wire") }
            defer { cfigures_stream_close() }
            let sampler = DescriptorSampler(
                descriptor: wire, frameBytes: 32, blockFrames: block, blockTime: Double(block) / Double(rate),
                into: ring)
            guard (try? sampler.start()) != nil else { return sheet.plain("long run", "skipped: no thread") }
            var count = Tally()
            let end = MachineClock.nanoseconds + Int64(seconds * 1e9)
            var sent: cfigures_stream?
            while true {
                let taken: Void? = consumer.take { header, bytes in count.take(header, bytes, meter) }
                if taken == nil {
                    if consumer.isAtEnd() { break }
                    MachineClock.sleep(until: MachineClock.nanoseconds + 500_000)
                }
                if sent == nil, MachineClock.nanoseconds >= end { sent = cfigures_stream_end() }
            }
            sampler.stop()
            guard let sent else { return sheet.demand("long run", "the wire broke", "no sample lost", met: false) }
            tell(count, sent, sampler, consumer.highWater, &sheet)
        }
    }

    private static func tell(
        _ count: Tally, _ sent: cfigures_stream, _ sampler: DescriptorSampler, _ highWater: Int, _ sheet: inout Sheet
    ) {
        sheet.plain("granted", sampler.grant.text)
        sheet.plain("frames sent, taken", "\(sent.sent), \(count.frames)")
        sheet.plain("ring high-water, blocks of 1 ms", "\(highWater) of \(blocks)")
        sheet.plain("windows of ten cycles meanwhile", "\(count.windows)")
        sheet.plain("longest wait between two blocks", "\(Decimal.fixed(Double(count.longest) / 1e6, 1)) ms")
        let lost = sent.dropped + count.lost + Int64(count.jumps) + sampler.lostAtEnd
        sheet.demand(
            "samples lost (digitizer, ring, out of order)", "\(lost)", "none",
            met: lost == 0 && count.frames == Int(sent.sent) && sent.sent > 0)
    }

    /// What came out of the ring.
    private struct Tally {
        var frames = 0, lost: Int64 = 0, jumps = 0, windows = 0, longest: Int64 = 0
        private var next: Int32 = 0, stamp: Int64 = 0

        mutating func take(_ header: BlockHeader, _ bytes: UnsafeRawBufferPointer, _ meter: ClassAMeter) {
            guard let numbers = bytes.baseAddress?.assumingMemoryBound(to: Int32.self) else { return }
            let count = Int(header.frames)
            if stamp != 0 { longest = max(longest, header.stamp - stamp) }
            stamp = header.stamp
            lost += header.lost
            for n in 0..<count {
                if numbers[8 * n + 7] != next { jumps += 1 }
                next = (numbers[8 * n + 7] + 1) & 0x7F_FFFF
            }
            windows += meter.process(numbers, frames: count).windows.count
            frames += count
        }
    }
}
