import BenchCore
import Glibc

/// A day of simulated time through everything that runs while samples arrive: does memory stay where it was after an hour?
enum DayFigures {
    private static let rate = 4000.0, piece = 40_000
    /// Pieces of ten seconds in an hour, and how many lie between two dips.
    private static let hourly = 360, between = 60
    /// 2026-01-01 00:00 UTC, ns.
    private static let start: Int64 = 1_767_225_600_000_000_000

    /// - Parameter hours: how long the day is: 24, or less for a quick look.
    static func show(_ sheet: inout Sheet, hours: Double = 24) {
        sheet.section(
            "A day",
            "\(Decimal.shortest(hours)) h of simulated time at 4 kS/s through windows, Urms(1/2), events, flicker and aggregation, a dip every ten minutes"
        )
        do {
            try run(&sheet, hours: hours)
        } catch {
            sheet.demand("a day", "\(error)", "no fault", met: false)
        }
    }

    private static func run(_ sheet: inout Sheet, hours: Double) throws {
        let thresholds = try VoltageThresholds(declared: 230)
        let meter = try ClassAMeter(
            ClassAMeter.Setup(
                rate: rate, nominal: .fifty, thresholds: thresholds, lamp: .v230f50,
                scales: [Double](repeating: 1e-4, count: 8), start: start))
        // The form for recordings, on one channel.
        var monitor = try VoltageMonitor(channels: 1, rate: rate, nominal: .fifty, thresholds: thresholds)
        var aggregator = Aggregator([Aggregation.Rule](repeating: .rootMeanSquare, count: 9))
        let steady = signal(dip: false), dipped = signal(dip: true)
        let first = [steady, dipped].map { numbers in
            (0..<piece).map { Double(numbers[8 * $0]) * 1e-4 }
        }
        var counts = (windows: 0, events: 0, other: 0, flicker: 0, ten: 0, two: 0)
        var resident: [Double] = []
        let begin = MachineClock.nanoseconds
        let parts = Int((hours * Double(hourly)).rounded())
        // An hour of a day; after the first dip at least, for which there is room by then.
        let settled = max(parts / 24, between / 2 + 1)
        for part in 1...parts {
            let dip = part % between == between / 2
            let found = (dip ? dipped : steady).withUnsafeBufferPointer { buffer in
                buffer.baseAddress.map { meter.process($0, frames: piece) } ?? ClassAMeter.Findings()
            }
            counts.windows += found.windows.count
            counts.events += found.events.count
            counts.flicker += found.flicker.count
            for window in found.windows {
                let longer = try aggregator.add(
                    AggregatedValues(
                        interval: .basic, start: start + Int64(window.begin * 1e9),
                        end: start + Int64(window.end * 1e9), values: window.rms + [window.frequency],
                        flagged: window.flagged))
                for value in longer where value.interval == .short { counts.ten += value.count > 0 ? 1 : 0 }
                counts.two += longer.count { $0.interval == .long }
            }
            counts.other += try monitor.process([first[dip ? 1 : 0]]).events.count
            if part == settled || part == parts { resident.append(memory()) }
        }
        let seconds = Double(MachineClock.nanoseconds - begin) / 1e9
        sheet.plain(
            "windows, events, Pst, ten minutes, two hours",
            "\(counts.windows), \(counts.events), \(counts.flicker), \(counts.ten), \(counts.two)")
        sheet.plain("times faster than life", Decimal.fixed(hours * 3600 / seconds, 0))
        let dips = (parts + between / 2) / between, tens = parts / between, twos = parts / (2 * hourly)
        let all =
            counts.windows >= parts * 50 - 5 && counts.events == dips && counts.other == dips
            && counts.ten >= tens - 1 && counts.two >= twos - 1
        sheet.demand("nothing is missing", all ? "all there" : "not all there", "all", met: all)
        let grown = (resident.last ?? 0) - (resident.first ?? 0)
        sheet.plain(
            "resident memory after \(settled * 10 / 60) min, after all",
            resident.map { Decimal.fixed($0 / 1e6, 1) + " MB" }.joined(separator: ", "))
        sheet.demand("  grown by", "\(Decimal.fixed(grown / 1e3, 0)) kB", "≤ 500 kB", met: grown <= 5e5)
    }

    /// Ten seconds of 230 V and 5 A, with a dip to 60 % of a tenth of a second in the middle, where wanted.
    private static func signal(dip: Bool) -> [Int32] {
        var numbers = [Int32](repeating: 0, count: 8 * piece)
        for n in 0..<piece {
            let t = Double(n) / rate
            let level = (dip && t >= 5 && t < 5.1 ? 0.6 : 1) * (1 + 0.001 * sin(2 * .pi * 8.8 * t))
            for channel in 0..<8 {
                let angle = 2 * Double.pi * (50 * t - Double(channel % 4) / 3)
                let peak = (channel < 4 ? 230 * level : 5) * 2.0.squareRoot() * 1e4
                numbers[8 * n + channel] = Int32(peak * (sin(angle) + 0.03 * sin(5 * angle)))
            }
        }
        return numbers
    }

    /// Bytes that this process holds in memory.
    private static func memory() -> Double {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return (text.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0)
            * Double(sysconf(Int32(_SC_PAGESIZE)))
    }
}
