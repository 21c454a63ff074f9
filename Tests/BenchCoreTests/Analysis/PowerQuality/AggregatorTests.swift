import Glibc
import Testing

@testable import BenchCore

@Suite("Aggregation (IEC 61000-4-30:2015, 4.4 to 4.7)")
struct AggregatorTests {
    /// 2026-11-21 00:00:00 UTC, ns.
    private let midnight: Int64 = 1_795_219_200_000_000_000

    private func basic(_ start: Int64, _ length: Int64, _ values: [Double], flagged: Bool = false) -> AggregatedValues {
        AggregatedValues(
            interval: .basic, start: start, end: start + length, values: values, flagged: flagged)
    }

    @Test("fifteen basic intervals make 150/180 cycles: root of the mean of squares, mean of powers")
    func fifteen() throws {
        var aggregator = Aggregator([.rootMeanSquare, .mean])
        var found: [AggregatedValues] = []
        for n in 0..<31 {
            let value = n % 2 == 0 ? 220.0 : 240
            found += try aggregator.add(
                basic(midnight + Int64(n) * 200_000_000, 200_000_000, [value, n < 15 ? -5 : 7], flagged: n == 20))
        }
        #expect(found.map(\.interval) == [.veryShort, .veryShort])
        let first = ((8.0 * 220 * 220 + 7 * 240 * 240) / 15).squareRoot()
        #expect(abs(found[0].values[0] - first) < 1e-9 && found[0].values[1] == -5 && !found[0].flagged)
        #expect(found[1].values[1] == 7 && found[1].flagged && found[1].start == midnight + 3_000_000_000)
        #expect(found.allSatisfy { $0.complete && $0.count == 15 && $0.end - $0.start == 3_000_000_000 })
    }

    @Test("ten minutes end at the tick of UTC, with both overlaps, and twelve make two hours")
    func ticks() throws {
        // 49.93 Hz: ten cycles last 200.28 ms, so 2 995.8 fit between ticks: the 2 996th overlaps the tick and counts before it.
        let length = Int64(10 / 49.93 * 1e9)
        var aggregator = Aggregator([.rootMeanSquare])
        var short: [AggregatedValues] = []
        var long: [AggregatedValues] = []
        var veryShort: [AggregatedValues] = []
        for ten in 0..<13 {
            let tick = midnight + Int64(ten) * 600_000_000_000
            var n: Int64 = 0
            while n * length < 600_000_000_000 {
                let flagged = ten == 3 && n == 100
                for found in try aggregator.add(basic(tick + n * length, length, [Double(100 + ten)], flagged: flagged))
                {
                    switch found.interval {
                    case .short: short.append(found)
                    case .long: long.append(found)
                    default: veryShort.append(found)
                    }
                }
                n += 1
            }
        }
        #expect(short.count == 12 && short.allSatisfy { $0.complete && $0.count == 2996 })
        #expect(short.map { $0.values[0].rounded() } == (100..<112).map(Double.init))
        #expect(short.map(\.flagged) == (0..<12).map { $0 == 3 })
        #expect(short[0].end > midnight + 600_000_000_000)
        #expect(long.count == 1 && long[0].complete && long[0].flagged && long[0].count == 12)
        let squares = (100..<112).reduce(0.0) { $0 + Double($1 * $1) } / 12
        #expect(abs(long[0].values[0] - squares.squareRoot()) < 1e-9)
        // 2 996 = 199·15 + 11: the two-hundredth goes on behind the tick with four more, and a new one begins at the tick.
        let across = veryShort.filter { $0.start < midnight + 600_000_000_000 && $0.end > midnight + 600_500_000_000 }
        #expect(across.count == 1 && across[0].count == 15)
        #expect(abs(across[0].values[0] - ((11 * 10_000.0 + 4 * 10_201) / 15).squareRoot()) < 1e-9)
        #expect(veryShort.contains { $0.start == midnight + 600_000_000_000 })
        let rest = aggregator.finish()
        #expect(rest.map(\.interval) == [.short, .long] && rest.allSatisfy { !$0.complete })
    }

    @Test("a late start, a gap and an early end are told as not complete, never hidden")
    func gaps() throws {
        var aggregator = Aggregator([.rootMeanSquare])
        var found: [AggregatedValues] = []
        let step: Int64 = 200_000_000
        // From 5:00, with a gap of a second at 12:00.
        for n in 1500..<6002 where !(3600..<3605).contains(n) {
            found += try aggregator.add(basic(midnight + Int64(n) * step, step, [1]))
        }
        let short = found.filter { $0.interval == .short }
        #expect(short.map(\.complete) == [false, false])
        #expect(short.map(\.count) == [1500, 2995])
        // The 150/180 cycles with the gap never come: the next begin behind it.
        #expect(found.filter { $0.interval == .veryShort }.allSatisfy { $0.end - $0.start == 15 * step })
        #expect(aggregator.finish().map(\.interval) == [.short, .long])
        #expect(aggregator.finish().isEmpty)
    }

    @Test("values out of order, of other lengths or intervals are refused")
    func refused() throws {
        var aggregator = Aggregator([.rootMeanSquare])
        _ = try aggregator.add(basic(midnight, 200_000_000, [1]))
        #expect(throws: PowerQualityTrouble.self) { try aggregator.add(basic(midnight, 200_000_000, [1])) }
        #expect(throws: PowerQualityTrouble.self) { try aggregator.add(basic(midnight + 1, 200_000_000, [1, 2])) }
        #expect(throws: PowerQualityTrouble.self) { try aggregator.add(basic(midnight + 1, 0, [1])) }
        let wrong = AggregatedValues(
            interval: .short, start: midnight + 1, end: midnight + 2, values: [1], flagged: false)
        #expect(throws: PowerQualityTrouble.self) { try aggregator.add(wrong) }
    }

    @Test("events flag the values they fall into, those going on too, until forgotten")
    func flags() throws {
        var detector = try VoltageEventDetector(channels: 1, thresholds: VoltageThresholds(declared: 230))
        var flags = EventFlags()
        for n in 0..<100 {
            let start = Double(n) * 0.01
            let rms: Double = (20..<30).contains(n) || n > 80 ? 100 : 230
            flags.add(
                detector.add(
                    HalfCycleValue(
                        start: start, end: start + 0.02, rms: rms, fundamental: nil, tracked: true, decided: n),
                    channel: 0))
        }
        #expect(!flags.flags(0, 0.2) && flags.flags(0, 0.21) && flags.flags(0.25, 0.26) && flags.flags(0.29, 0.5))
        #expect(!flags.flags(0.31, 0.7) && !flags.flags(0.9, 1))
        #expect(flags.flags(0.9, 1, active: detector.active) && flags.flags(5, 6, active: detector.active))
        flags.forget(before: 0.5)
        #expect(!flags.flags(0, 0.5))
    }
}
