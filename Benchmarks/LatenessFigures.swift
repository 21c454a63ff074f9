import BenchCore
import CFigures
import Glibc

/// How late our loop wakes beside `cyclictest` (Debian: rt-tests), taking turns in the same minutes, idle and loaded.
enum LatenessFigures {
    private static let rounds = 6, seconds = 2.0

    static func show(_ sheet: inout Sheet) {
        sheet.section(
            "Lateness of the sampling loop",
            "FIFO 70 on one processor, \(rounds) turns of \(Int(seconds)) s each, taken together; ours beside cyclictest"
        )
        guard access("/usr/bin/cyclictest", X_OK) == 0 else {
            return sheet.plain("lateness", "skipped: no cyclictest (Debian: rt-tests)")
        }
        let processors = Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        for (load, name) in [(0, "idle"), (processors - 1, "all but one busy"), (processors, "all busy")] {
            guard cfigures_busy_begin(Int32(load)) == 0 else { return sheet.plain("lateness", "skipped: no threads") }
            defer { cfigures_busy_end() }
            for interval in [1000, 100] { compare(interval, "\(name), \(interval) µs", processors - 1, &sheet) }
        }
    }

    private static func compare(_ interval: Int, _ name: String, _ processor: Int, _ sheet: inout Sheet) {
        var ours: [Double] = [], theirs: [Double] = []
        var granted = true
        for round in 0..<(2 * rounds) {
            // Each begins as often as the other.
            if (round + round / 2) % 2 == 0 {
                guard let found = own(interval, processor) else { return sheet.plain(name, "no thread") }
                ours += found.values
                granted = granted && found.fifo
            } else {
                theirs += cyclictest(interval, processor)
            }
        }
        guard granted else { return sheet.plain(name, "skipped: no right to FIFO priority") }
        guard ours.count > 1000, theirs.count > 1000 else { return sheet.plain(name, "no figures of cyclictest") }
        ours.sort()
        theirs.sort()
        for (share, most) in [(0.99, 1.25), (0.999, 1.5)] {
            func at(_ values: [Double]) -> Double { values[min(values.count - 1, Int(share * Double(values.count)))] }
            let ratio = at(ours) / at(theirs)
            sheet.demand(
                "\(name), \(Decimal.shortest(100 * share)) %: \(Decimal.fixed(at(ours), 1)) / \(Decimal.fixed(at(theirs), 1)) µs",
                Decimal.fixed(ratio, 2), "≤ \(Decimal.shortest(most)) of cyclictest", met: ratio <= most)
        }
    }

    /// Our lateness values in µs, as many as there were wake-ups, each as the middle of its class.
    private static func own(_ interval: Int, _ processor: Int) -> (values: [Double], fifo: Bool)? {
        let loop = TickLoop(interval: Int64(interval) * 1000, processor: processor)
        guard (try? loop.start()) != nil else { return nil }
        MachineClock.sleep(until: MachineClock.nanoseconds + Int64(seconds * 1e9))
        loop.stop()
        let values = loop.lateness.counts.enumerated().flatMap { index, count in
            [Double](repeating: LatenessHistogram.middle(index) / 1000, count: Int(count))
        }
        return (values, loop.grant.fifo)
    }

    /// The same of cyclictest, from its histogram in µs; what lies beyond it counts as its end.
    private static func cyclictest(_ interval: Int, _ processor: Int) -> [Double] {
        let most = 30_000, loops = Int(seconds * 1e6) / interval
        guard
            let stream = popen(
                "cyclictest -q -m -p 70 -a \(processor) -t 1 -i \(interval) -l \(loops) -h \(most) 2>/dev/null", "r")
        else { return [] }
        defer { pclose(stream) }
        var values: [Double] = []
        var line = [CChar](repeating: 0, count: 4096)
        while fgets(&line, Int32(line.count), stream) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let words = text.split(whereSeparator: \.isWhitespace)
            if text.hasPrefix("# Histogram Overflows:"), let beyond = words.last.flatMap({ Int($0) }) {
                values += [Double](repeating: Double(most), count: beyond)
            } else if !text.hasPrefix("#"), words.count == 2, let late = Double(words[0]), let count = Int(words[1]) {
                // Whole µs, cut off: the middle lies half a µs further.
                values += [Double](repeating: late + 0.5, count: count)
            }
        }
        return values
    }
}
