import Glibc
import Testing

@testable import BenchCore

@Suite("Urms(1/2) (IEC 61000-4-30:2015, 5.4)")
struct HalfCycleMeterTests {
    private func values(_ signal: VoltageSignal, _ nominal: NominalFrequency, seconds: Double = 1) throws -> (
        values: [HalfCycleValue], frequency: Double?
    ) {
        var meter = try HalfCycleMeter(rate: signal.rate, nominal: nominal, declared: 230)
        let found = meter.process(signal.samples(seconds: seconds)) + meter.finish()
        return (found, meter.frequency)
    }

    // Class A: ±0.1 % of Udin from 10 % to 150 %, ±10 mHz (IEC 61000-4-30:2015, table 1 in d-power-quality.json,
    // 61000-4-30-accuracy). Worst found: 0.002 % of Udin and 0.5 mHz.
    @Test(
        "a steady voltage reads right over the range of frequency and magnitude", arguments: NominalFrequency.allCases)
    func steady(_ nominal: NominalFrequency) throws {
        for share in [0.85, 0.925, 1, 1.075, 1.15] {
            for level in [0.1, 1, 1.5] {
                for harmonics in [0, 0.1] {
                    let signal = VoltageSignal(
                        frequency: share * nominal.hertz, level: level, residual: level, phase: 77, harmonics: harmonics
                    )
                    let found = try values(signal, nominal)
                    let rms = 230 * level * (1 + 1.25 * harmonics * harmonics).squareRoot()
                    #expect(found.values.count > Int(2 * signal.frequency) - 6, "\(signal)")
                    for value in found.values { #expect(abs(value.rms - rms) < 0.0001 * 230, "\(signal): \(value)") }
                    #expect(abs(try #require(found.frequency) - signal.frequency) < 0.002, "\(signal)")
                    // Half cycles follow each other and begin at zero crossings; those found hold the angle 0 or 180.
                    for (a, b) in zip(found.values, found.values.dropFirst()) {
                        #expect(abs((b.start - a.start) * signal.frequency - 0.5) < 0.002)
                    }
                    #expect(found.values.filter(\.tracked).count > 70)
                    // The first cycle is none that the filters saw whole.
                    for value in found.values.dropFirst(4) where value.tracked {
                        let angle = try #require(value.fundamental?.angle)
                        #expect(min(abs(angle), 180 - abs(angle)) < 0.7, "\(signal): \(angle)")
                        #expect(abs(try #require(value.fundamental?.rms) / (230 * level) - 1) < 0.002)
                    }
                }
            }
        }
    }

    @Test("rates from 2 kS/s to 200 kS/s read the same", arguments: [2000.0, 4321.1, 12_800, 51_200, 200_000])
    func rates(_ rate: Double) throws {
        let found = try values(VoltageSignal(rate: rate, frequency: 49.7, phase: 20), .fifty, seconds: 0.3)
        #expect(found.values.count > 20)
        for value in found.values { #expect(abs(value.rms - 230) < 0.0002 * 230, "\(value)") }
    }

    @Test("pieces of any size give the same to the last bit")
    func pieces() throws {
        let signal = VoltageSignal(rate: 40_000, residual: 0.1, start: 0.2, duration: 0.1, jump: 40, harmonics: 0.05)
        let samples = signal.samples(seconds: 0.6)
        let whole = try values(signal, .fifty, seconds: 0.6).values
        for size in [1, 13, 800, 4001] {
            var meter = try HalfCycleMeter(rate: signal.rate, nominal: .fifty, declared: 230)
            var found: [HalfCycleValue] = []
            var from = 0
            while from < samples.count {
                found += meter.process(Array(samples[from..<min(samples.count, from + size)]))
                from += size
            }
            found += meter.finish()
            #expect(found == whole, "pieces of \(size)")
        }
    }

    @Test("a frequency that drifts or steps is followed")
    func drift() throws {
        // 1 Hz/s over two seconds, then a step of 3 Hz.
        let rate = 5000.0
        var phase = 0.0
        let samples = (0..<20_000).map { n -> Double in
            let t = Double(n) / rate
            let f = t < 2 ? 49 + t : 54.0
            phase += 2 * .pi * f / rate
            return 230 * 2.0.squareRoot() * sin(phase)
        }
        var meter = try HalfCycleMeter(rate: rate, nominal: .fifty, declared: 230)
        let found = meter.process(samples)
        for value in found where value.end < 1.9 || value.start > 2.4 {
            #expect(abs(value.rms - 230) < 0.001 * 230, "\(value)")
        }
        #expect(found.allSatisfy { abs($0.rms - 230) < 0.06 * 230 })
        #expect(abs(try #require(meter.frequency) - 54) < 0.002)
    }

    @Test("a dead channel gives zeros at the nominal frequency, and is no trap")
    func dead() throws {
        var meter = try HalfCycleMeter(rate: 4000, nominal: .sixty, declared: 230)
        let found = meter.process([Double](repeating: 0, count: 4000)) + meter.finish()
        #expect(found.count > 110)
        #expect(found.allSatisfy { $0.rms == 0 && !$0.tracked })
        #expect(meter.frequency == nil)
        var noise = try HalfCycleMeter(rate: 4000, nominal: .sixty, declared: 230)
        #expect(noise.process([.nan, .infinity, -.infinity, 1e300] + [Double](repeating: 1, count: 8000)).count > 200)
        #expect(noise.invalidSamples == 4)
    }

    @Test(
        "frequencies far from the nominal one still give values, over nominal cycles",
        arguments: [20.0, 33, 78, 85, 100, 400])
    func elsewhere(_ frequency: Double) throws {
        var meter = try HalfCycleMeter(rate: 5000, nominal: .fifty, declared: 230)
        let found = meter.process(VoltageSignal(frequency: frequency).samples(seconds: 2))
        #expect(found.count > 150, "\(frequency) Hz: \(found.count)")
        #expect(found.allSatisfy { $0.rms > 100 && $0.rms < 330 })
    }

    @Test("given zero crossings, each cycle's rms is that of its samples")
    func crossings() throws {
        let samples = VoltageSignal(rate: 6400, frequency: 47.3).samples(seconds: 0.3)
        let places = (0..<28).map { Double($0) * 6400 / 47.3 / 2 }
        let found = try HalfCycleMeter.values(samples, crossings: places)
        #expect(found.count == 26)
        #expect(found.allSatisfy { abs($0 - 230) < 0.0001 * 230 })
        #expect(throws: PowerQualityTrouble.self) { try HalfCycleMeter.values(samples, crossings: [0, 100, 50]) }
        #expect(throws: PowerQualityTrouble.self) { try HalfCycleMeter.values(samples, crossings: [0, 100, 1e9]) }
        #expect(throws: PowerQualityTrouble.self) { try HalfCycleMeter.values(samples, crossings: [0, .nan, 200]) }
        #expect(try HalfCycleMeter.values([], crossings: []) == [])
    }

    @Test("rates and voltages out of range are refused")
    func refused() {
        for rate in [1999, .nan, 0, 1e9] {
            #expect(throws: PowerQualityTrouble.self) { try HalfCycleMeter(rate: rate, nominal: .fifty, declared: 230) }
        }
        for voltage in [0, -1, .nan, .infinity] {
            #expect(throws: PowerQualityTrouble.self) {
                try HalfCycleMeter(rate: 4000, nominal: .fifty, declared: voltage)
            }
        }
    }
}
