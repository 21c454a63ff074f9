import Testing

@testable import BenchCore

#if canImport(Glibc)
    import Glibc
#endif

/// What a grid of signals consists of beside a fundamental.
enum MultiSineKind: String, CaseIterable {
    case plain, harmonics, direct, one, two, near, all, allNear

    /// A signal of 230 V and 5 A with such parts; interharmonics of 0.1 to 2 V and 5 to 50 mA, 1.3 lines (1/`seconds`) beside a harmonic where they are near.
    func signal(_ frequency: Double, _ lag: Double, seconds: Double, _ random: inout SeededGenerator) -> KnownPower {
        let many = [.harmonics, .all, .allNear].contains(self)
        var truth = KnownPower(
            frequency: frequency, lag: lag, random: &random, harmonics: many ? 50 : 0,
            direct: [.direct, .all, .allNear].contains(self))
        func add(_ frequency: Double) {
            truth.parts.append(
                KnownPower.Part(
                    frequency: frequency, u: random.uniform(in: 0.1...2), i: random.uniform(in: 0.005...0.05),
                    angle: random.uniform(in: 0...360), lag: random.uniform(in: 0...360)))
        }
        let side = random.uniform(in: 0...1) < 0.5 ? -1.0 : 1.0
        switch self {
        case .plain, .harmonics, .direct: break
        case .one: add(frequency * (Double(Int(random.uniform(in: 0...20))) + random.uniform(in: 0.28...0.72)))
        case .two, .all:
            // One below the fundamental, one anywhere.
            add(frequency * random.uniform(in: 0.3...0.7))
            add(frequency * (Double(Int(random.uniform(in: 1...20))) + random.uniform(in: 0.28...0.72)))
        case .near: add(frequency + side * 1.3 / seconds)
        case .allNear:
            add(frequency + side * 1.3 / seconds)
            add(3 * frequency - side * 1.3 / seconds)
        }
        return truth
    }
}

@Suite("Multi-sine fit")
struct MultiSineFitTests {
    private static func noisy(
        _ clean: (u: [Double], i: [Double]), _ u: Double, _ i: Double, _ random: inout SeededGenerator
    ) -> (u: [Double], i: [Double]) {
        (clean.u.map { $0 + u * random.normal() }, clean.i.map { $0 + i * random.normal() })
    }

    private static func refused(_ u: [Double], _ i: [Double], saturated: Int = 0) -> MultiSineTrouble? {
        do throws(MultiSineTrouble) {
            _ = try MultiSineFit(voltage: u, current: i, rate: 10_000, saturated: saturated)
            return nil
        } catch {
            return error
        }
    }

    /// Fits and compares with what was put in; tells the error of power as a share of S.
    private static func error(_ truth: KnownPower, rate: Double, seconds: Double) throws -> Double {
        let (u, i) = truth.sampled(rate: rate, seconds: seconds)
        let fit = try MultiSineFit(voltage: u, current: i, rate: rate)
        let frequency = truth.frequency
        #expect(abs(fit.fundamental.frequency - frequency) < 1e-6)
        let planted = truth.parts.filter { abs(($0.frequency / frequency).remainder(dividingBy: 1)) > 1e-9 }
        #expect(fit.interharmonics.count == planted.count)
        for (found, part) in zip(fit.interharmonics, planted.sorted { $0.frequency < $1.frequency }) {
            #expect(abs(found.frequency - part.frequency) < 1e-4)
            #expect(abs(found.voltage.rms / part.u - 1) < 1e-4 && abs(found.current.rms / part.i - 1) < 1e-4)
        }
        #expect(abs(fit.power.voltage / truth.voltage - 1) < 0.01e-6)
        #expect(abs(fit.power.current / truth.current - 1) < 0.01e-6)
        return abs(fit.power.active - truth.active) / truth.apparent
    }

    @Test("200 ms: power within 0.1 ppm of S, whatever is in the signal", arguments: MultiSineKind.allCases)
    func short(kind: MultiSineKind) throws {
        var random = SeededGenerator(seed: 4, label: kind.rawValue)
        for (n, frequency) in [42.5, 45.7, 50, 53.2, 57.5].enumerated() {
            for lag in [0.0, 60, 90] {
                let truth = kind.signal(frequency, lag, seconds: 0.2, &random)
                let error = try Self.error(truth, rate: n % 3 == 0 ? 10_240 : 10_000, seconds: 0.2)
                #expect(error < 0.1e-6, "\(frequency) Hz, \(lag)°: \(error * 1e6) ppm")
            }
        }
    }

    @Test("One second: power within 0.01 ppm of S", arguments: MultiSineKind.allCases)
    func second(kind: MultiSineKind) throws {
        var random = SeededGenerator(seed: 6, label: kind.rawValue)
        for (frequency, lag) in [(42.5, 90.0)] + (kind == .all ? [(57.5, 0)] : []) {
            let truth = kind.signal(frequency, lag, seconds: 1, &random)
            let error = try Self.error(truth, rate: 6_000, seconds: 1)
            #expect(error < 0.01e-6, "\(frequency) Hz, \(lag)°: \(error * 1e6) ppm")
        }
    }

    @Test("Three to eight cycles are enough where nothing but harmonics turns", arguments: [0.07, 0.1, 0.16])
    func few(seconds: Double) throws {
        var random = SeededGenerator(seed: 8, label: "few")
        let truth = KnownPower(frequency: 46.3, lag: 60, random: &random, harmonics: 40, direct: true)
        #expect(try Self.error(truth, rate: 10_000, seconds: seconds) < 0.1e-6)
    }

    @Test(
        "The stated uncertainty covers the truth in 95 ± 2 % of 400 noisy records",
        arguments: [MultiSineKind.near])
    func coverage(kind: MultiSineKind) throws {
        var random = SeededGenerator(seed: 20_261_122, label: kind.rawValue)
        let truth = kind.signal(48.6, 60, seconds: 0.2, &random)
        let clean = truth.sampled(rate: 3_200, seconds: 0.2)
        var inside = (active: 0, voltage: 0, current: 0, frequency: 0)
        for _ in 0..<400 {
            let (u, i) = Self.noisy(clean, 0.02, 0.0008, &random)
            let fit = try MultiSineFit(voltage: u, current: i, rate: 3_200, orders: 8)
            let found = fit.power, tone = fit.fundamental
            if abs(found.active - truth.active) <= 1.96 * found.activeNoise { inside.active += 1 }
            if abs(found.voltage - truth.voltage) <= 1.96 * found.voltageNoise { inside.voltage += 1 }
            if abs(found.current - truth.current) <= 1.96 * found.currentNoise { inside.current += 1 }
            if abs(tone.frequency - 48.6) <= 1.96 * tone.frequencyNoise { inside.frequency += 1 }
        }
        // 400 trials of 95 % scatter by 1.1 % (one standard deviation).
        for count in [inside.active, inside.voltage, inside.current, inside.frequency] {
            #expect((371...389).contains(count), "\(inside)")
        }
    }

    @Test("Two tones nearer than half of what the record resolves are refused, at any distance; farther ones are right")
    func near() throws {
        for (lines, fine) in [(0.02, false), (0.3, false), (0.45, false), (0.6, true)] {
            var random = SeededGenerator(seed: 2, label: "near")
            var truth = KnownPower(frequency: 49.2, lag: 60, random: &random, harmonics: 5)
            truth.parts.append(
                KnownPower.Part(frequency: 49.2 + lines / 0.2, u: 2, i: 0.05, angle: 40, lag: 20))
            if fine {
                #expect(try Self.error(truth, rate: 5_000, seconds: 0.2) < 0.1e-6)
            } else {
                let (u, i) = truth.sampled(rate: 10_000, seconds: 0.2)
                let trouble = try #require(Self.refused(u, i), "\(lines) lines")
                #expect(trouble.code == .tooNear && trouble.description.contains("cannot be told apart in 200.0 ms"))
            }
        }
    }

    @Test("Where noise blurs two near tones they are refused, not guessed")
    func blurred() throws {
        // Farther apart than half a line (0.6); how far is not known from these samples.
        var random = SeededGenerator(seed: 22, label: "blurred")
        var truth = KnownPower(frequency: 49.2, lag: 60, random: &random)
        truth.parts.append(KnownPower.Part(frequency: 52.2, u: 0.08, i: 0.0032, angle: 40, lag: 20))
        let (u, i) = Self.noisy(truth.sampled(rate: 10_000, seconds: 0.2), 0.5, 0.02, &random)
        #expect(throws: MultiSineTrouble(.tooNear, "")) {
            try MultiSineFit(voltage: u, current: i, rate: 10_000, orders: 5)
        }
    }

    @Test("Records that do not fit are refused in words")
    func refusals() throws {
        var random = SeededGenerator(seed: 5, label: "refusals")
        let truth = KnownPower(frequency: 49.7, lag: 60, random: &random, harmonics: 20)
        let (u, i) = truth.sampled(rate: 10_000, seconds: 0.2)
        func text(_ u: [Double], _ i: [Double], _ saturated: Int = 0) -> String {
            Self.refused(u, i, saturated: saturated)?.description ?? "no trouble"
        }
        #expect(
            text(u, Array(i.dropLast())) == "2000 samples of voltage and 1999 of current: as many of each are wanted")
        var hole = i
        hole[17] = .nan
        #expect(text(u, hole) == "sample 17 of the current is no number")
        #expect(text(u, i, 3).hasPrefix("3 samples lie at the end of the digitizer's range"))
        #expect(text(Array(u[..<400]), Array(i[..<400])).hasPrefix("40.0 ms are too short"))
        #expect(text(Array(u[..<550]), Array(i[..<550])).contains("cycles of its fundamental: 3 are wanted"))
        let zeros = [Double](repeating: 0, count: 2000)
        #expect(text(zeros, zeros) == "all samples of voltage and current are zero")
        let noise = (0..<2).map { _ in (0..<2000).map { _ in random.normal() } }
        #expect(Self.refused(noise[0], noise[1])?.code == .noFundamental)
        // A step of 10 ppm, a dip: signals that are not steady.
        #expect(Self.refused(u.enumerated().map { $0 < 1000 ? $1 : 1.00001 * $1 }, i)?.code == .doesNotFit)
        let dip = text(u.enumerated().map { (800..<1200).contains($0) ? $1 / 2 : $1 }, i)
        #expect(dip.contains("not steady") && dip.contains("ppm of the voltage"), "\(dip)")
        #expect(throws: MultiSineTrouble(.tooShort, "")) {
            try MultiSineFit(voltage: u, current: i, rate: 100)
        }
    }

    @Test("Harmonics beyond the fiftieth are found and belong to the fundamental; one channel may hold none of them")
    func beyond() throws {
        var random = SeededGenerator(seed: 7, label: "beyond")
        var truth = KnownPower(frequency: 49.7, lag: 60, random: &random, harmonics: 50)
        truth.parts.append(KnownPower.Part(frequency: 49.7 * 61, u: 0, i: 0.05, angle: 4, lag: 20))
        truth.parts.append(KnownPower.Part(frequency: 49.7 * 53, u: 1, i: 0.1, angle: 40, lag: 20))
        let (u, i) = truth.sampled(rate: 10_000, seconds: 0.2)
        let fit = try MultiSineFit(voltage: u, current: i, rate: 10_000)
        #expect(fit.interharmonics.isEmpty && fit.tones.suffix(2).map(\.order) == [53, 61])
        #expect(abs(fit.power.active - truth.active) < 0.1e-6 * truth.apparent)
    }

    @Test("Each component is corrected at its own frequency: power within 0.1 ppm of S on 200 ms")
    func corrected() throws {
        var random = SeededGenerator(seed: 9, label: "corrected")
        let truth = MultiSineKind.allNear.signal(48.3, 60, seconds: 0.2, &random)
        let (u, i) = DistortingPair.recorded(truth, rate: 10_000, seconds: 0.2)
        let fit = try MultiSineFit(voltage: u, current: i, rate: 10_000)
        let found = fit.corrected(voltage: DistortingPair.voltage, current: DistortingPair.current)
        #expect(abs(fit.power.active - truth.active) > 50e-6 * truth.apparent)
        #expect(abs(found.power.active - truth.active) < 0.1e-6 * truth.apparent)
        #expect(abs(found.power.voltage / truth.voltage - 1) < 0.1e-6)
        #expect(abs(found.fundamental.reactive - 1150 * sin(Double.pi / 3)) < 1e-3)
        #expect(abs(found.orders.reduce(0) { $0 + $1.active } - found.power.active) < 1e-9 * truth.apparent)
        #expect(found.outside.voltage == 0 && found.outside.current == 0)
    }

    @Test("Sums over samples in closed form are those of the samples", arguments: [32, 33, 1999])
    func kernel(count: Int) {
        for turns in [0.0, 1e-4, 0.011, 0.02, 0.7, 3.3, Double(count) / 2 - 1.7, Double(count) - 3.2] {
            let kernel = MultiSineKernel(count: count, turns: turns)
            var even = 0.0, odd = 0.0, square = 0.0
            for n in 0..<count {
                let t = (Double(n) - Double(count - 1) / 2) / Double(count), a = 2 * Double.pi * turns * t
                even += cos(a)
                odd += t * sin(a)
                square += t * t * cos(a)
            }
            for (a, b) in [(kernel.even, even), (kernel.odd, odd), (kernel.square, square)] {
                #expect(abs(a - b) < 1e-10 * Double(count), "\(turns) turns: \(a), \(b)")
            }
        }
    }

    @Test("Columns that are the same cannot be solved for")
    func system() throws {
        #expect(MultiSineSystem([1, 1, 1, 1], size: 2) == nil && MultiSineSystem([0], size: 1) == nil)
        let system = try #require(MultiSineSystem([4, 2, 2, 3], size: 2))
        // 4x + 2y = 8, 2x + 3y = 8: x = 1, y = 2; bᵀ·A⁻¹·b = 8·1 + 8·2.
        let x = system.solve([8, 8])
        #expect(abs(x[0] - 1) < 1e-14 && abs(x[1] - 2) < 1e-14 && abs(system.square([8, 8]) - 24) < 1e-12)
    }
}
