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
    private static let frequencies = [42.5, 44.9, 47.3, 50, 51.2, 54.1, 57.5]

    @Test("200 ms: power within 0.1 ppm of S, whatever is in the signal", arguments: MultiSineKind.allCases)
    func short(kind: MultiSineKind) throws {
        var random = SeededGenerator(seed: 4, label: kind.rawValue)
        for (n, frequency) in Self.frequencies.enumerated() {
            for lag in [0.0, 60, 90] {
                let truth = kind.signal(frequency, lag, seconds: 0.2, &random)
                let (u, i) = truth.sampled(rate: n % 3 == 0 ? 10_240 : 10_000, seconds: 0.2)
                let fit = try MultiSineFit(voltage: u, current: i, rate: n % 3 == 0 ? 10_240 : 10_000)
                let error = abs(fit.power.active - truth.active) / truth.apparent
                #expect(error < 0.1e-6, "\(frequency) Hz, \(lag)°: \(error * 1e6) ppm")
                #expect(abs(fit.power.voltage / truth.voltage - 1) < 0.1e-6)
                #expect(abs(fit.power.current / truth.current - 1) < 0.1e-6)
                #expect(abs(fit.fundamental.frequency - frequency) < 1e-6)
                let planted = truth.parts.dropFirst().filter {
                    abs(($0.frequency / frequency).remainder(dividingBy: 1)) > 1e-9
                }
                #expect(fit.interharmonics.count == planted.count)
                for (found, part) in zip(fit.interharmonics, planted.sorted { $0.frequency < $1.frequency }) {
                    #expect(abs(found.frequency - part.frequency) < 1e-4)
                    #expect(abs(found.voltage.rms / part.u - 1) < 1e-4 && abs(found.current.rms / part.i - 1) < 1e-4)
                }
            }
        }
    }
}
