import Glibc
import Testing

@testable import BenchCore

@Suite("Dips, swells and interruptions (IEC 61000-4-30:2015, 5.4 and 5.5)")
struct VoltageEventTests {
    private func watch(
        _ channels: [[Double]], rate: Double = 5000, nominal: NominalFrequency = .fifty, pieces: Int = .max
    ) throws -> VoltageMonitor.Findings {
        var monitor = try VoltageMonitor(
            channels: channels.count, rate: rate, nominal: nominal, thresholds: VoltageThresholds(declared: 230))
        var all = VoltageMonitor.Findings()
        func keep(_ found: VoltageMonitor.Findings) {
            all.values += found.values
            all.events += found.events
            all.changes += found.changes
        }
        var from = 0
        while from < channels[0].count {
            let to = min(channels[0].count, pieces == .max ? .max : from + pieces)
            keep(try monitor.process(channels.map { Array($0[from..<to]) }))
            from = to
        }
        keep(monitor.finish())
        return all
    }

    // A cycle that holds any more than 19 % of the energy of a dip to zero lies below 90 %: with cycles refreshed each half
    // cycle the definition itself gives a duration of 0.5 to 1 cycle more than the dip's own, and −0.3 to 0.5 more of a shallow one.
    // Class A: ±1 cycle, residual voltage ±0.2 % of Udin. Found: −0.31 to 1.01 cycles (5 kS/s, so that the dip's
    // own edges lie on a grid of 0.01 cycles), 0.006 % of Udin, 10° late.
    @Test(
        "dips of half a cycle and more are found at every angle, right to one cycle and 0.2 % of Udin",
        arguments: [42.5, 46, 50, 53.5, 57.5, 51, 60, 69], [0, 0.4, 0.7, 0.8])
    func dips(_ frequency: Double, _ residual: Double) throws {
        for cycles in [0.5, 1, 1.5, 2, 5, 10.3] {
            // Half a cycle of 80 % leaves a cycle at 90.6 %: no dip.
            if cycles == 0.5, residual == 0.8 { continue }
            for step in 0..<6 {
                let angle = Double(step) * 60 + 30 * (cycles == 2 ? 1 : 0)
                let signal = VoltageSignal(
                    frequency: frequency, residual: residual, start: (12 + angle / 360) / frequency,
                    duration: cycles / frequency)
                let samples = signal.samples(seconds: signal.start + signal.duration + 0.2)
                // 51 Hz and 53.5 Hz and more are taken as both nominal frequencies would.
                let nominal: NominalFrequency = frequency == 51 || frequency >= 60 ? .sixty : .fifty
                let found = try watch([samples], nominal: nominal)
                let dips = found.events.filter { $0.kind == .dip }
                #expect(dips.count == 1 && found.events.allSatisfy { $0.kind != .swell }, "\(signal)")
                guard let dip = dips.first else { continue }
                #expect(dip.complete && dip.channels == [0])
                let error = (dip.duration - signal.duration) * frequency
                #expect(error > -0.55 && error < 1.02, "\(signal): \(error) cycles")
                // With two cycles, one lies wholly inside whatever the angle.
                if cycles >= 2 { #expect(abs(dip.extreme / 230 - residual) < 0.002, "\(signal): \(dip.extreme)") }
                #expect(dip.extreme / 230 > residual - 0.002)
                let departure = try #require(dip.departure)
                let late = (departure - signal.start) * frequency * 360
                #expect(late > -1 && late < 12, "\(signal): \(late)°")
                let difference = try #require(dip.startAngle) - angle
                #expect(abs(difference - 360 * (difference / 360).rounded()) < 12, "\(signal)")
            }
        }
    }

    @Test("swells are found the same way, with their highest value")
    func swells() throws {
        for step in 0..<12 {
            let signal = VoltageSignal(residual: 1.3, start: 0.3 + Double(step) / 600, duration: 0.2)
            let found = try watch([signal.samples(seconds: 0.8)])
            #expect(found.events.map(\.kind) == [.swell])
            let swell = try #require(found.events.first)
            #expect(abs(swell.extreme / 230 - 1.3) < 0.002)
            #expect(abs(swell.duration - 0.2) * 50 < 1.02, "\(signal): \(swell.duration)")
        }
    }

    @Test("levels of IEC 61000-4-11 are found as dips and interruptions of their length")
    func levels() throws {
        // d-power-quality.json, 61000-4-11-levels: residual in percent, cycles at 50 Hz.
        for (percent, cycles) in [(0, 0.5), (0, 1), (70, 25), (40, 10), (80, 250), (0, 250)] as [(Double, Double)] {
            for angle in [0.0, 180] {
                let signal = VoltageSignal(
                    rate: 2000, residual: percent / 100, start: (20 + angle / 360) / 50, duration: cycles / 50)
                let found = try watch([signal.samples(seconds: signal.start + signal.duration + 0.3)], rate: 2000)
                let dip = try #require(found.events.first { $0.kind == .dip })
                #expect(abs(dip.duration * 50 - cycles) <= 1.02, "\(signal): \(dip.duration * 50)")
                // One cycle of nothing leaves one value near zero; half a cycle leaves none.
                let interrupted = found.events.contains { $0.kind == .interruption }
                #expect(interrupted == (percent == 0 && cycles >= 1), "\(signal)")
            }
        }
    }

    // Worst found: 0.16°.
    @Test("the step of the phase angle is told with its sign", arguments: [-60.0, -30, -5, 0, 5, 30, 60])
    func jumps(_ jump: Double) throws {
        for residual in [0.3, 0.7] {
            for step in 0..<8 {
                let signal = VoltageSignal(
                    frequency: 49.8, residual: residual, start: 0.3 + Double(step) / 400, duration: 0.2, jump: jump)
                let found = try watch([signal.samples(seconds: 0.8)])
                let dips = found.events.filter { $0.kind == .dip }
                #expect(dips.count == 1, "\(signal)")
                let dip = try #require(dips.first)
                // A cycle across a step of phase may lack a crest and lie below what is left inside.
                #expect(dip.extreme / 230 < residual + 0.002 && dip.extreme / 230 > residual - 0.05, "\(signal)")
                for value in found.values.map(\.value)
                where value.start > signal.start && value.end < signal.start + signal.duration {
                    #expect(abs(value.rms / 230 - residual) < 0.002, "\(signal): \(value)")
                }
                #expect(abs(dip.duration - 0.2) * 49.8 < 1.02, "\(signal): \(dip.duration)")
                #expect(abs(try #require(dip.phaseAngleJump) - jump) < 0.5, "\(signal): \(dip.phaseAngleJump ?? 999)")
                #expect(found.events.allSatisfy { $0.kind == .dip }, "\(signal)")
            }
        }
    }

    @Test("three phases: a dip begins with the first channel and ends with the last, an interruption needs all")
    func threePhases() throws {
        // L1 from 0.40 s to 0.60 s at 50 %, L2 from 0.50 s to 0.70 s at 30 %, L3 not.
        let l1 = VoltageSignal(residual: 0.5, start: 0.4, duration: 0.2)
        let l2 = VoltageSignal(residual: 0.3, start: 0.5, duration: 0.2, phase: -120)
        let l3 = VoltageSignal(phase: 120)
        let found = try watch([l1, l2, l3].map { $0.samples(seconds: 1.2) })
        #expect(found.events.count == 1)
        let dip = try #require(found.events.first)
        #expect(dip.kind == .dip && dip.channels == [0, 1] && dip.firstChannel == 0 && dip.extremeChannel == 1)
        #expect(abs(dip.start - 0.4) < 0.02 && abs(dip.end - 0.7) < 0.02)
        #expect(abs(dip.extreme / 230 - 0.3) < 0.002)

        // All three vanish, one after the other; the interruption lasts while all are gone.
        let all = [(0.40, 0.40, 0.0), (0.45, 0.40, -120), (0.50, 0.25, 120)].map { start, length, phase in
            VoltageSignal(residual: 0.01, start: start, duration: length, phase: phase).samples(seconds: 1.5)
        }
        let gone = try watch(all)
        let interruption = try #require(gone.events.first { $0.kind == .interruption })
        #expect(gone.events.count == 2)
        #expect(abs(interruption.start - 0.5) < 0.021 && abs(interruption.end - 0.75) < 0.021, "\(interruption)")
        #expect(interruption.channels == [0, 1, 2])
        let wide = try #require(gone.events.first { $0.kind == .dip })
        #expect(wide.channels == [0, 1, 2] && abs(wide.start - 0.4) < 0.021 && abs(wide.end - 0.85) < 0.021)
        #expect(wide.overlaps(0.7, 0.71) && !wide.overlaps(1.1, 1.2))
    }

    @Test("a slow ramp is a dip from where it passes the threshold to where it passes the hysteresis")
    func ramp() throws {
        // 1 at 0.5 s down to 0.8 at 1.5 s and up again to 1 at 2.5 s: 0.9 at 1.0 s, 0.92 at 2.1 s.
        let samples = (0..<15_000).map { n -> Double in
            let t = Double(n) / 5000
            let level = 1 - 0.2 * max(0, 1 - abs(t - 1.5))
            return 230 * 2.0.squareRoot() * level * sin(2 * .pi * 50 * t)
        }
        let found = try watch([samples])
        #expect(found.events.count == 1)
        let dip = try #require(found.events.first)
        #expect(abs(dip.start - 1) < 0.03 && abs(dip.end - 2.1) < 0.03, "\(dip)")
        #expect(abs(dip.extreme / 230 - 0.8) < 0.003)
        // Between threshold and hysteresis nothing new begins or ends.
        #expect(found.changes.isEmpty)
    }

    @Test("an event that the recording does not end is told as not complete")
    func open() throws {
        let signal = VoltageSignal(residual: 0.5, start: 0.5, duration: 9)
        let found = try watch([signal.samples(seconds: 1)])
        #expect(found.events.count == 1)
        let dip = try #require(found.events.first)
        #expect(!dip.complete && abs(dip.end - 1) < 0.02)
        #expect(dip.overlaps(3, 4))
    }

    @Test("findings are the same to the last bit whatever the pieces")
    func pieces() throws {
        let channels = [
            VoltageSignal(residual: 0.5, start: 0.4, duration: 0.2, jump: 20).samples(seconds: 1),
            VoltageSignal(residual: 1.2, start: 0.5, duration: 0.2, phase: -120).samples(seconds: 1),
            VoltageSignal(frequency: 50.3, phase: 120).samples(seconds: 1),
        ]
        let whole = try watch(channels)
        #expect(whole.events.count == 2)
        for size in [1, 17, 999] { #expect(try watch(channels, pieces: size) == whole, "pieces of \(size)") }
    }

    @Test("noise, spikes, direct voltage and steps of every kind are no trap, and values stay what samples are")
    func rubbish() throws {
        var generator = SeededGenerator(seed: 5)
        for (number, rate) in [2000.0, 2345.67, 9999, 50_000].enumerated() {
            var level = 0.0
            let channels = (0..<3).map { channel in
                (0..<Int(rate)).map { n -> Double in
                    switch (channel + number) % 4 {
                    case 0: return Double.random(in: -400...400, using: &generator)
                    case 1:
                        if Int.random(in: 0..<300, using: &generator) == 0 {
                            level = Double.random(in: -400...400, using: &generator)
                        }
                        return level
                    case 2: return n % 137 == 0 ? .nan : n % 211 == 0 ? 1e308 : 0
                    default: return 300 * sin(Double(n) * Double(n) / 4e4)
                    }
                }
            }
            let found = try watch(channels, rate: rate)
            #expect(found.values.count > 200)
            for value in found.values {
                #expect(value.value.rms <= 400.01 && value.value.rms >= 0 && value.value.end > value.value.start)
            }
            for event in found.events { #expect(event.end >= event.start && event.extreme.isFinite) }
        }
    }

    @Test("wrong channels and thresholds are refused with what would be right")
    func refused() throws {
        var monitor = try VoltageMonitor(
            channels: 2, rate: 5000, nominal: .fifty, thresholds: VoltageThresholds(declared: 230))
        #expect(throws: PowerQualityTrouble("1 channels of samples where 2 are watched")) { try monitor.process([[1]]) }
        #expect(throws: PowerQualityTrouble("channels of different lengths: [1, 2]")) {
            try monitor.process([[1], [1, 2]])
        }
        #expect(throws: PowerQualityTrouble.self) {
            try VoltageMonitor(channels: 0, rate: 5000, nominal: .fifty, thresholds: VoltageThresholds(declared: 230))
        }
        #expect(throws: PowerQualityTrouble.self) { try VoltageThresholds(declared: .nan) }
        #expect(throws: PowerQualityTrouble.self) { try VoltageThresholds(declared: 230, dip: 1.1) }
        #expect(throws: PowerQualityTrouble.self) { try VoltageThresholds(declared: 230, interruption: 0.95) }
        #expect(throws: PowerQualityTrouble.self) { try VoltageThresholds(declared: 230, hysteresis: 0.2) }
        #expect(throws: PowerQualityTrouble.self) { try VoltageThresholds(declared: 230, rapidChange: 0) }
        #expect(throws: PowerQualityTrouble.self) {
            try VoltageThresholds(declared: 230, rapidChange: 0.02, rapidChangeHysteresis: 0.03)
        }
    }
}

@Suite("Rapid voltage changes (IEC 61000-4-30:2015, 5.11)")
struct RapidChangeTests {
    /// Urms(1/2) values at 50 Hz from levels in V, half a cycle each.
    private func run(_ channels: [[Double]], nominal: NominalFrequency = .fifty, dip: Bool = false) throws
        -> [RapidVoltageChange]
    {
        let thresholds = try VoltageThresholds(declared: 230)
        var events = try VoltageEventDetector(channels: channels.count, thresholds: thresholds)
        var detector = try RapidChangeDetector(channels: channels.count, nominal: nominal, thresholds: thresholds)
        var found: [RapidVoltageChange] = []
        for n in channels[0].indices {
            for (channel, levels) in channels.enumerated() {
                let start = Double(n) * 0.5 / nominal.hertz
                let value = HalfCycleValue(
                    start: start, end: start + 1 / nominal.hertz, rms: levels[n], fundamental: nil, tracked: true,
                    decided: n)
                _ = events.add(value, channel: channel)
                if let change = detector.add(value, channel: channel, eventActive: events.isActive) {
                    found.append(change)
                }
            }
        }
        return found
    }

    private func levels(_ parts: [(Double, Int)]) -> [Double] {
        parts.flatMap { [Double](repeating: $0.0, count: $0.1) }
    }

    @Test(
        "a step of 8 % between two steady states is one change, with ΔUmax and ΔUss",
        arguments: NominalFrequency.allCases)
    func step(_ nominal: NominalFrequency) throws {
        // 235 V, 16 values on the way over 215 V, then 217 V: ΔUmax = 20 V, ΔUss = 18 V.
        let found = try run([levels([(235, 300), (215, 16), (217, 400)])], nominal: nominal)
        #expect(found.count == 1)
        let change = try #require(found.first)
        #expect(abs(change.start - 150 / nominal.hertz) < 1e-9)
        #expect(abs(change.largestChange - 20) < 1e-9)
        #expect(change.channels == [0])
        // The new state is steady within half the threshold: 215 V is near enough to 217 V to belong to it.
        #expect(abs(change.end - change.start) < 1e-9)
        #expect(abs(change.steadyChange - 18) < 0.5)
    }

    @Test("a short change back to the same voltage has ΔUss near zero and its own length")
    func spike() throws {
        let found = try run([levels([(230, 300), (212, 10), (230, 400)])])
        #expect(found.count == 1)
        let change = try #require(found.first)
        #expect(abs(change.duration - 0.1) < 1e-9)
        #expect(abs(change.largestChange - 18) < 1e-9)
        #expect(change.steadyChange < 1e-9)
    }

    @Test("changes below the threshold, slow ones and dips are none")
    func none() throws {
        #expect(try run([levels([(230, 300), (220, 400)])]).isEmpty)
        #expect(try run([levels([(230, 300), (190, 10), (230, 400)])]).isEmpty)
        #expect(try run([levels([(230, 300), (260, 10), (218, 400)])]).isEmpty)
        let slow = (0..<1500).map { 240 - 0.02 * Double($0) }
        #expect(try run([slow]).isEmpty)
        #expect(try run([levels([(230, 50), (215, 60)])]).isEmpty)
    }

    @Test("three phases: the change of any channel, the largest figures, the channels that left")
    func phases() throws {
        let found = try run([
            levels([(230, 500), (230, 400)]), levels([(231, 500), (216, 400)]), levels([(229, 510), (213, 390)]),
        ])
        #expect(found.count == 1)
        let change = try #require(found.first)
        #expect(change.channels == [1, 2])
        #expect(abs(change.largestChange - 16) < 1e-9 && abs(change.steadyChange - 16) < 1e-9)
        #expect(abs(change.start - 5) < 1e-9 && abs(change.end - 5.1) < 1e-9)
    }

    @Test("samples with a step show it too")
    func samples() throws {
        var monitor = try VoltageMonitor(
            channels: 1, rate: 2000, nominal: .fifty, thresholds: VoltageThresholds(declared: 230))
        let signal = VoltageSignal(rate: 2000, residual: 0.93, start: 2, duration: 9)
        var changes = try monitor.process([signal.samples(seconds: 4)]).changes
        changes += monitor.finish().changes
        #expect(changes.count == 1)
        let change = try #require(changes.first)
        #expect(abs(change.steadyChange - 16.1) < 0.1 && abs(change.start - 2) < 0.021)
    }
}
