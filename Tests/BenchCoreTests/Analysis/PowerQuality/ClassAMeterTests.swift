import Glibc
import Testing

@testable import BenchCore

@Suite("Class A of eight channels together")
struct ClassAMeterTests {
    private static let scale = 1e-4

    private static func meter(
        _ rate: Double, nominal: NominalFrequency = .fifty, interval: Double = 600, begin: Double = 60
    ) throws -> ClassAMeter {
        try ClassAMeter(
            ClassAMeter.Setup(
                rate: rate, nominal: nominal, thresholds: VoltageThresholds(declared: 230), lamp: .v230f50,
                scales: [Double](repeating: scale, count: 8), flickerInterval: interval, flickerBegin: begin))
    }

    private static func process(
        _ meter: ClassAMeter, _ numbers: [Int32], pieces: [Int] = [.max]
    ) -> ClassAMeter.Findings {
        var all = ClassAMeter.Findings()
        numbers.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            let frames = buffer.count / 8
            var at = 0, n = 0
            while at < frames {
                let count = min(frames - at, pieces[n % pieces.count])
                let found = meter.process(base + 8 * at, frames: count)
                all.windows += found.windows
                all.values += found.values
                all.events += found.events
                all.changes += found.changes
                all.flicker += found.flicker
                at += count
                n += 1
            }
        }
        return all
    }

    /// Raw frames of volts and amperes of eight channels at a moment.
    private static func frames(_ rate: Double, _ seconds: Double, _ value: (Int, Double) -> Double) -> [Int32] {
        let count = Int(rate * seconds)
        return [Int32](unsafeUninitializedCapacity: 8 * count) { room, filled in
            for n in 0..<count {
                for channel in 0..<8 {
                    room[8 * n + channel] = Int32((value(channel, Double(n) / rate) / scale).rounded())
                }
            }
            filled = 8 * count
        }
    }

    private static func third(_ channel: Int) -> Double { -2 * .pi / 3 * Double(channel % 4) }

    // Class A allows ±10 mHz, ±0.1 % of Udin, ±0.15 % of unbalance (IEC 61000-4-30:2015, 5.1.3, 5.2.1, 5.7.1) and 5 % of a harmonic (IEC 61000-4-7,
    // class I); ours is held to far less.
    @Test(
        "Frequency, effective values, power, harmonics and unbalance are right at every rate a digitizer may have",
        arguments: [
            (4000.0, 50.0, NominalFrequency.fifty), (10_000, 42.6, .fifty), (51_200, 57.4, .fifty),
            (48_000, 60.1, .sixty), (100_000, 68.9, .sixty), (1_000_000, 50.07, .fifty),
        ])
    func steady(_ rate: Double, _ frequency: Double, _ nominal: NominalFrequency) throws {
        let meter = try Self.meter(rate, nominal: nominal)
        let orders: [(Double, Double, Double)] = [(1, 1, 0), (5, 0.05, 0.3), (7, 0.03, 1), (20, 0.02, 2)]
        let high = rate >= 10_000 ? 0.01 : 0
        let numbers = Self.frames(rate, rate > 5e5 ? 0.4 : 0.8) { channel, t in
            let angle = 2 * .pi * frequency * t + Self.third(channel) - (channel < 4 ? 0 : 0.5)
            let peak = (channel < 4 ? 230 : 10) * 2.0.squareRoot() * (channel == 1 ? 0.98 : 1)
            return peak * (orders.reduce(0) { $0 + $1.1 * sin($1.0 * angle + $1.2) } + high * sin(50 * angle))
        }
        let found = Self.process(meter, numbers)
        #expect(found.windows.count >= (rate > 5e5 ? 1 : 2))
        #expect(meter.frequencies.allSatisfy { abs(($0 ?? 0) - frequency) < 0.01 })
        #expect(meter.active.isEmpty && meter.pinst.count == 4 && meter.workingRate >= min(rate, 10_000))
        let rest = orders.reduce(high * high) { $0 + $1.1 * $1.1 }.squareRoot()
        for window in found.windows {
            #expect(window.cycles == nominal.cycles && !window.held && !window.flagged)
            #expect(abs(window.frequency - frequency) < 2e-4, "\(window.frequency)")
            #expect(abs(window.rms[0] / (230 * rest) - 1) < 2e-5, "\(window.rms[0])")
            #expect(abs(window.rms[1] / (230 * 0.98 * rest) - 1) < 2e-5)
            #expect(abs(window.rms[4] / (10 * rest) - 1) < 2e-5)
            var active = 2300 * high * high * cos(50 * 0.5)
            for (order, share, _) in orders { active += 2300 * share * share * cos(0.5 * order) }
            #expect(abs(window.active[0] - active) < 2e-5 * 2300, "\(window.active[0]), \(active)")
            for (order, share, _) in orders where Int(order) <= window.highest {
                let value = window.subgroups[8 * (Int(order) - 1)]
                #expect(abs(value / (230 * share) - 1) < 4e-4, "order \(order): \(value)")
                #expect(abs(window.groups[8 * (Int(order) - 1)] / value - 1) < 1e-3)
            }
            if high > 0 {
                #expect(window.highest == 50)
                #expect(abs(window.subgroups[8 * 49] / 2.3 - 1) < 6e-4, "\(window.subgroups[8 * 49])")
            }
            #expect(window.interharmonics[8 * 3] < 0.005)
            // One of three is 2 % smaller: the negative and the zero sequence are 0.02/3 of Un.
            #expect(abs((window.negativeUnbalance ?? 0) - 100 * (0.02 / 3) / (2.98 / 3)) < 1e-3)
        }
        for (one, other) in zip(found.windows, found.windows.dropFirst()) {
            #expect(abs(one.end - other.begin) < 1e-9, "no gap")
        }
        for item in found.values.dropFirst(12) {
            #expect(abs(item.value.rms / (230 * rest * (item.channel == 1 ? 0.98 : 1)) - 1) < 1e-3)
        }
    }

    @Test(
        "The testing states of IEC 62586-2 stay in class A at 1 MS/s and 64 kS/s",
        arguments: zip([0, 1], [1e6, 64_000]))
    func mixed(_ number: Int, _ rate: Double) throws {
        let state = MixedStateTests.states[number]
        let meter = try Self.meter(rate), seconds = 0.4
        let channels = (0..<3).map { state.samples($0, rate: rate, from: 0, count: Int(rate * seconds)) }
        var numbers = [Int32](repeating: 0, count: 8 * channels[0].count)
        for n in channels[0].indices {
            for channel in 0..<3 { numbers[8 * n + channel] = Int32((channels[channel][n] / Self.scale).rounded()) }
        }
        let window = try #require(Self.process(meter, numbers).windows.first)
        #expect(abs(window.frequency - state.frequency) < 0.01)
        for channel in 0..<3 {
            // The modulation holds its first level longer than this window.
            let level = 1 + state.percent / 200
            let expected =
                230 * level * (state.levels[channel] * state.levels[channel] + state.rest * state.rest).squareRoot()
            #expect(abs(window.rms[channel] - expected) < 0.001 * 230, "\(window.rms[channel]), \(expected)")
            for (order, share, _) in state.orders where order.rounded() == order {
                let value = window.subgroups[8 * (Int(order) - 1) + channel]
                #expect(abs(value / (230 * level * share) - 1) < 0.005, "order \(order): \(value)")
            }
        }
    }

    @Test("Fed in pieces of any size, everything found is the same to the last bit", arguments: [8000.0, 40_000])
    func pieces(_ rate: Double) throws {
        var random = SeededGenerator(seed: 7)
        let numbers = Self.frames(rate, 1) { channel, t in
            let level = t > 0.5 && t < 0.62 ? 0.5 : 1
            return 325 * level * sin(2 * .pi * 50.3 * t + Self.third(channel)) + random.uniform(in: -2...2)
        }
        let whole = Self.process(try Self.meter(rate), numbers)
        #expect(whole.windows.count >= 3 && whole.events.count == 1)
        for pieces in [[1000], [3, 1, 777, 64], [1500]] {
            #expect(Self.process(try Self.meter(rate), numbers, pieces: pieces) == whole)
        }
    }

    @Test(
        "A dip, a swell and an interruption are what VoltageMonitor finds, and their windows are flagged",
        arguments: [8000.0, 64_000])
    func events(_ rate: Double) throws {
        for (level, kind) in [(0.7, VoltageEvent.Kind.dip), (1.3, .swell), (0.01, .interruption)] {
            let numbers = Self.frames(rate, 1.6) { channel, t in
                channel < 3
                    ? 325.27 * (t > 0.713 && t < 0.853 ? level : 1) * sin(2 * .pi * 50 * t + Self.third(channel)) : 0
            }
            let found = Self.process(try Self.meter(rate), numbers)
            var monitor = try VoltageMonitor(
                channels: 3, rate: rate, nominal: .fifty, thresholds: VoltageThresholds(declared: 230))
            let theirs = try monitor.process(
                (0..<3).map { channel in
                    (0..<(numbers.count / 8)).map { Double(numbers[8 * $0 + channel]) * Self.scale }
                }
            ).events
            #expect(found.events.map(\.kind) == theirs.map(\.kind) && found.events.contains { $0.kind == kind })
            for (one, other) in zip(found.events, theirs) {
                #expect(abs(one.start - other.start) < 1e-4 && abs(one.duration - other.duration) < 2e-4)
                // Class A: ±0.2 % of Udin (IEC 61000-4-30:2015, 5.4.5).
                #expect(abs(one.extreme - other.extreme) < 0.002 * 230, "\(one.extreme), \(other.extreme)")
                #expect(one.channels == other.channels)
            }
            #expect(found.windows.contains { $0.flagged })
            #expect(found.windows.first?.flagged == false)
            for window in found.windows {
                let touched = window.begin < 0.853 && window.end > 0.72
                #expect(window.flagged == touched || window.held || abs(window.begin - 0.853) < 0.03)
            }
        }
    }

    // IEC 61000-4-30:2015, 4.5: the window that a tick meets overlaps the one that begins with it.
    @Test("Windows begin anew at the ten-minute tick of UTC")
    func tick() throws {
        let numbers = Self.frames(20_000, 1.5) { channel, t in 325 * sin(2 * .pi * 50.2 * t + Self.third(channel)) }
        let thresholds = try VoltageThresholds(declared: 230)
        let meter = try ClassAMeter(
            ClassAMeter.Setup(
                rate: 20_000, nominal: .fifty, thresholds: thresholds, lamp: .v230f50,
                scales: [Double](repeating: Self.scale, count: 8), start: 1_767_225_600_000_000_000 - 777_000_000))
        let windows = Self.process(meter, numbers).windows
        let anew = try #require(windows.first { abs($0.begin - 0.777) < 2e-6 })
        #expect(windows.contains { $0.begin < 0.777 && $0.end > 0.777 && $0.end > anew.begin })
        for window in windows { #expect(abs(window.frequency - 50.2) < 1e-3 && abs(window.rms[0] - 229.81) < 0.01) }
        for (one, other) in zip(windows, windows.dropFirst()) where other != anew {
            #expect(abs(one.end - other.begin) < 1e-9)
        }
    }

    @Test("What cannot be is refused in one sentence")
    func refused() throws {
        #expect(throws: PowerQualityTrouble.self) { try Self.meter(3000) }
        #expect(throws: PowerQualityTrouble.self) { try Self.meter(.nan) }
        #expect(throws: PowerQualityTrouble.self) { try Self.meter(10_000, interval: 0) }
        let thresholds = try VoltageThresholds(declared: 230)
        #expect(throws: PowerQualityTrouble.self) {
            try ClassAMeter(
                ClassAMeter.Setup(
                    rate: 10_000, nominal: .fifty, thresholds: thresholds, lamp: .v230f50, scales: [1, 2]))
        }
    }

    @Test("No voltage at all and noise alone give no trap, and no window longer than it may be", arguments: 0..<3)
    func odd(_ kind: Int) throws {
        var random = SeededGenerator(seed: 3)
        let numbers = Self.frames(8000, 1.5) { _, _ in kind == 0 ? 0 : kind == 1 ? 300 : random.uniform(in: -200...200)
        }
        let found = Self.process(try Self.meter(8000), numbers, pieces: [800])
        #expect(found.windows.allSatisfy { $0.end - $0.begin < 0.3 })
        #expect(found.windows.allSatisfy { $0.rms.allSatisfy(\.isFinite) })
    }
}
