import Testing

@testable import BenchCore

#if canImport(Glibc)
    import Glibc
#endif

@Suite("Windows at the ten-minute tick")
struct TenMinuteTicksTests {
    @Test("Ticks stand at whole ten minutes of UTC, whenever a record began")
    func places() throws {
        let ticks = try #require(TenMinuteTicks(rate: 1000, start: "2026-11-21T17:36:33.875463Z"))
        // To 17:40:00 it is 206.124537 s.
        #expect(abs(ticks.next(after: 0) - 206_124.537) < 1e-6)
        #expect(abs(ticks.next(after: 206_124.5371) - 806_124.537) < 1e-6, "the tick itself is over")
        #expect(abs(ticks.next(after: 206_124) - 206_124.537) < 1e-6)
        #expect(ticks.time(206_124.537) % 600_000_000_000 == 0)
        let whole = try #require(TenMinuteTicks(rate: 1000, start: "2026-11-21T17:40:00Z"))
        #expect(whole.next(after: 0) == 600_000)
        #expect(
            TenMinuteTicks(rate: 1000, start: "yesterday") == nil
                && TenMinuteTicks(rate: 0, start: "2026-11-21T17:40:00Z") == nil)
    }

    @Test(
        "The window before a tick overlaps the one that begins at it, and ten minutes aggregate without a gap",
        arguments: [49.93, 50, 50.07])
    func overlap(frequency: Double) throws {
        let rate = 800.0
        var windows = try #require(SynchronousWindows(rate: rate, nominal: 50, channels: 1))
        // Ticks 3.21 s and 603.21 s after the first sample.
        let ticks = try #require(TenMinuteTicks(rate: rate, start: "2026-11-21T17:39:56.79Z"))
        windows.ticks = ticks
        var found: [SynchronousWindow] = []
        var aggregator = Aggregator([.rootMeanSquare])
        var longer: [AggregatedValues] = []
        for second in 0..<607 {
            let piece = (0..<800).map { n in
                230 * 2.0.squareRoot()
                    * cos(2 * Double.pi * (frequency * Double(second * 800 + n) / rate).remainder(dividingBy: 1))
            }
            for window in windows.feed([piece]) {
                found.append(window)
                longer += try aggregator.add(
                    AggregatedValues(
                        interval: .basic, start: ticks.time(window.begin), end: ticks.time(window.end),
                        values: [window.rms(0)], flagged: window.held))
            }
        }
        for tick in [3.21 * rate, 603.21 * rate] {
            let nearest = found.map(\.begin).min { abs($0 - tick) < abs($1 - tick) }
            // Places are found to 1e-10 of themselves.
            #expect(abs((nearest ?? 0) - tick) < 1e-9 * tick, "\(nearest ?? 0) instead of \(tick)")
            let at = try #require(found.firstIndex { $0.begin == nearest })
            let before = found[at - 1]
            #expect(before.begin < tick && before.end > tick - 1e-3)
            // Whole cycles on either side, from the tick on counted anew.
            #expect(abs(before.frequency - frequency) < 1e-4 && abs(found[at].frequency - frequency) < 1e-4)
            #expect(abs(before.rms(0) / 230 - 1) < 1e-5 && abs(found[at].rms(0) / 230 - 1) < 1e-5)
        }
        // Everywhere else window follows window.
        let joints = zip(found, found.dropFirst()).filter { abs($0.end - $1.begin) > 1e-3 }
        #expect(joints.count <= 2 && joints.allSatisfy { $0.end > $1.begin })
        let ten = longer.filter { $0.interval == .short }
        #expect(ten.map(\.complete) == [false, true])
        #expect(ten[1].start % 600_000_000_000 == 0 && abs(ten[1].values[0] / 230 - 1) < 1e-5)
        // 600 s of windows of about 200 ms; the last overlaps the tick.
        #expect(ten[1].count == Int((600 * frequency / 10).rounded(.up)))
    }
}
