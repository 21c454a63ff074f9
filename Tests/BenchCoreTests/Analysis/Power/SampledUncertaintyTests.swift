import FoundationEssentials
import Testing

@testable import BenchCore

#if canImport(Glibc)
    import Glibc
#endif

/// A phase whose parts are drawn from what their certificates say.
private struct DrawnPhase {
    static let rate = 5000.0, frames = 1000, frequency = 50.03
    static let noise = (u: 0.02, i: 0.0006)
    /// Effective values of voltage and current, angle of the voltage and lag of the current, degrees, by order.
    static let parts: [(order: Double, u: Double, i: Double, angle: Double, lag: Double)] = [
        (1, 230, 5, 20, 37), (3, 8, 0.6, 80, 15), (5, 12, 0.3, -40, 200),
    ]
    static let direct = (u: 0.5, i: 0.02)

    static func part(_ gain: Double, _ phase: Double) -> CorrectionPart {
        CorrectionPart(
            manufacturer: "M", model: "T", serial: "1",
            traceability: Traceability(
                certificate: "1", issuer: "I", calibrated: "2026-01-01", validUntil: "2027-01-01"),
            levels: [
                CorrectionPart.Level(
                    nil,
                    CorrectionTable([
                        CorrectionRow(
                            frequencies: 0...2500, gain: 1, gainUncertainty: gain, phase: 0, phaseUncertainty: phase)
                    ]))
            ])
    }

    static func correction(_ name: String) -> ChannelCorrection {
        ChannelCorrection(
            channel: name, digitizer: part(6e-6, 0.0003),
            transducer: Transducer(
                kind: .divider, part: part(9e-6, 0.0005), input: 1, inputUnit: "V", output: 1, outputUnit: "V",
                isInRecording: true), offsetUncertainty: name == "U" ? 0.004 : 0.0001, skewUncertainty: 20e-9)
    }

    /// Energy between the moments that `EnergyIntegral` reaches.
    static let energy: Double = {
        var signal = KnownPower(frequency: frequency, lag: 0, seed: 1)
        signal.parts = parts.map {
            KnownPower.Part(frequency: $0.order * frequency, u: $0.u, i: $0.i, angle: $0.angle, lag: $0.lag)
        }
        signal.parts.append(KnownPower.Part(frequency: 0, u: direct.u, i: direct.i, angle: 0, lag: 0))
        return signal.energy(from: 2 / rate, to: Double(frames - 3) / rate)
    }()

    static var truth: [SampledResult.Quantity: Double] {
        let p = parts.reduce(direct.u * direct.i) { $0 + $1.u * $1.i * cos($1.lag * .pi / 180) }
        let u = Aggregation.root([direct.u] + parts.map(\.u)), i = Aggregation.root([direct.i] + parts.map(\.i))
        return [
            .voltage: u, .current: i, .active: p, .apparent: u * i, .powerFactor: p / (u * i),
            .fundamentalReactive: 1150 * sin(37 * Double.pi / 180), .fundamentalPhase: 37, .energy: energy,
        ]
    }

    /// Cosine and sine of each order at each sample.
    static let basis: [[(Double, Double)]] = parts.map { part in
        (0..<frames).map { n in
            let turn = 2 * Double.pi * (part.order * frequency * Double(n) / rate).truncatingRemainder(dividingBy: 1)
            return (cos(turn), sin(turn))
        }
    }

    /// What a digitizer whose errors are drawn records.
    static func record(_ random: inout SeededGenerator) -> (u: [Double], i: [Double]) {
        func channel(_ isVoltage: Bool) -> [Double] {
            let correction = correction(isVoltage ? "U" : "I")
            var gain = 1.0, phase = 0.0
            for part in [correction.digitizer, correction.transducer?.part].compactMap(\.self) {
                gain *= 1 + (part.value(50)?.gainUncertainty ?? 0) * random.normal()
                phase += (part.value(50)?.phaseUncertainty ?? 0) * random.normal()
            }
            let skew = correction.skewUncertainty * random.normal()
            let offset = correction.offsetUncertainty * random.normal()
            let level = (isVoltage ? direct.u : direct.i) * gain + offset
            var samples = [Double](repeating: level, count: frames)
            for (n, part) in parts.enumerated() {
                let angle =
                    part.angle - (isVoltage ? 0 : part.lag) + phase + 360 * part.order * frequency * skew
                let a = gain * 2.0.squareRoot() * (isVoltage ? part.u : part.i)
                let (c, s) = (a * cos(angle * .pi / 180), a * sin(angle * .pi / 180))
                for (k, turn) in basis[n].enumerated() { samples[k] += c * turn.0 - s * turn.1 }
            }
            let sigma = isVoltage ? noise.u : noise.i
            return samples.map { $0 + sigma * random.normal() }
        }
        return (channel(true), channel(false))
    }

    static func uncertainty(_ u: [Double], _ i: [Double]) throws -> SampledUncertainty {
        let noise = (
            voltage: try #require(SampleNoise.standardDeviation(u)),
            current: try #require(SampleNoise.standardDeviation(i))
        )
        let power = try #require(
            CorrectedPower(
                voltage: u, current: i, noise: noise, rate: rate, fundamental: frequency,
                corrections: (correction("U"), correction("I"))))
        let integral = try #require(EnergyIntegral(voltage: u, current: i, rate: rate))
        let moments = integral.moments
        return SampledUncertainty(
            power,
            voltage: .init(
                name: "U1", noise: noise.voltage, mean: Statistics.mean(u), correction: correction("U")),
            current: .init(
                name: "I1", noise: noise.current, mean: Statistics.mean(i), correction: correction("I")),
            frequency: frequency, duration: moments.upperBound - moments.lowerBound,
            energy: integral.energy(from: moments.lowerBound, to: moments.upperBound), samples: frames)
    }
}

@Suite("Uncertainty of sampled results")
struct SampledUncertaintyTests {
    @Test("1000 digitizers drawn from their certificates: U of every result covers the truth in 95 ± 2 %")
    func coverage() throws {
        var random = SeededGenerator(seed: 20_261_121, label: "drawn")
        var inside: [SampledResult.Quantity: Int] = [:]
        for _ in 0..<1000 {
            let (u, i) = DrawnPhase.record(&random)
            for result in try DrawnPhase.uncertainty(u, i).results() {
                let truth = try #require(DrawnPhase.truth[result.quantity])
                // 1.96 standard uncertainties hold 95 % of a normal distribution.
                if abs(result.value - truth) <= 1.96 * result.standardUncertainty {
                    inside[result.quantity, default: 0] += 1
                }
            }
        }
        #expect(inside.count == 8)
        for (quantity, count) in inside { #expect((930...970).contains(count), "\(quantity.rawValue): \(count)") }
    }

    @Test("The law of propagation and 20 000 draws agree within 3 % of the uncertainty")
    func agreement() throws {
        var random = SeededGenerator(seed: 4, label: "drawn")
        let (u, i) = DrawnPhase.record(&random)
        let uncertainty = try DrawnPhase.uncertainty(u, i)
        let results = uncertainty.results(trials: 20_000, seed: 7)
        #expect(
            results.map(\.quantity) == [
                .voltage, .current, .active, .apparent, .powerFactor, .fundamentalReactive, .fundamentalPhase,
                .energy,
            ])
        for result in results {
            let drawn = try #require(result.simulation)
            // 20 000 draws give a standard deviation within 0.5 % (one standard deviation), ends of the interval within some 1.5 %.
            #expect(abs(drawn.standardUncertainty / result.standardUncertainty - 1) < 0.03, "\(result.quantity)")
            #expect(abs((drawn.high - drawn.low) / 2 / result.expandedUncertainty - 1) < 0.05, "\(result.quantity)")
            #expect(drawn.low < result.value && result.value < drawn.high)
        }
        #expect(uncertainty.results(trials: 20_000, seed: 7) == results, "the same seed gives the same numbers")
        #expect(uncertainty.results(trials: 50)[0].simulation == nil)
    }

    @Test("Budgets name each input with what it makes of the result: hand calculation at power factor 0.5")
    func budget() throws {
        let rate = 10_000.0
        let u = (0..<2000).map { 230 * 2.0.squareRoot() * cos(2 * Double.pi * 50 * Double($0) / rate) }
        let i = (0..<2000).map { 5 * 2.0.squareRoot() * cos(2 * Double.pi * 50 * Double($0) / rate - .pi / 3) }
        let power = try #require(CorrectedPower(voltage: u, current: i, rate: rate, fundamental: 50))
        let correction = ChannelCorrection(
            channel: "U1", digitizer: DrawnPhase.part(10e-6, 0.001), skewUncertainty: 100e-9)
        let results = SampledUncertainty(
            power, voltage: .init(name: "U1", noise: 0, correction: correction), current: .init(name: "I1", noise: 0),
            frequency: 50, frequencyNoise: 0, duration: 0.2, energy: 115, samples: 2000, clockUncertainty: 2e-6
        ).results()
        func line(_ quantity: SampledResult.Quantity, _ name: String) throws -> Double {
            let result = try #require(results.first { $0.quantity == quantity })
            return try #require(result.budget.first { $0.name == name }, "\(quantity) \(name)").contribution
        }
        let q = 1150 * sin(Double.pi / 3)
        // 10 ppm of 575 W; 0.001° and 100 ns turn 996 var into watts.
        #expect(abs(try line(.active, "U1.digitizer.gain") - 575 * 10e-6) < 1e-9)
        #expect(abs(try line(.active, "U1.digitizer.phase") - q * 0.001 * .pi / 180) < 1e-7)
        #expect(abs(try line(.active, "U1.skew") - q * 2 * .pi * 50 * 100e-9) < 1e-6)
        #expect(abs(try line(.voltage, "U1.digitizer.gain") - 230 * 10e-6) < 1e-9)
        #expect(abs(try line(.fundamentalReactive, "U1.digitizer.phase") - 575 * 0.001 * .pi / 180) < 1e-7)
        #expect(abs(try line(.fundamentalPhase, "U1.digitizer.phase") - 0.001) < 1e-9)
        #expect(abs(try line(.energy, "clock") - 115 * 2e-6) < 1e-9)
        #expect(abs(try line(.frequency, "clock") - 50 * 2e-6) < 1e-9)
        let factor = try #require(results.first { $0.quantity == .powerFactor })
        #expect(!factor.budget.contains { $0.name == "U1.digitizer.gain" }, "a gain does not change the power factor")
        let data = try JSONEncoder().encode(results)
        #expect(try JSONDecoder().decode([SampledResult].self, from: data) == results)
        #expect(String(decoding: data, as: UTF8.self).contains("expandedUncertainty"))
    }

    @Test("Rounding and jitter that are told are the least that noise can be, and stand apart in the budget")
    func rounding() throws {
        let channel = SampledUncertainty.Channel(
            name: "U1", noise: 0, step: 0.01, correction: ChannelCorrection(channel: "U1", jitter: 1e-6))
        let parts = channel.variances(230, 50)
        #expect(parts.map(\.name) == ["quantisation", "jitter", "noise"])
        #expect(abs(parts[0].variance - 0.0001 / 12) < 1e-12)
        // Mean square of the slope of a sine of 230 V at 50 Hz times 1 µs.
        let jitter = 2 * Double.pi * 50 * 230 * 1e-6
        #expect(abs(parts[1].variance - jitter * jitter) < 1e-9)
        #expect(parts[2].variance == 0)
    }

    @Test("The frequency's uncertainty by noise covers the truth in 95 ± 2 % of 1000 records")
    func frequency() throws {
        var random = SeededGenerator(seed: 11, label: "frequency")
        let rate = 3200.0, sigma = 2.0
        let clean = (0..<1600).map { 325 * cos(2 * Double.pi * 50.04 * Double($0) / rate + 1) }
        let u = try #require(
            FrequencyNoise.standardUncertainty(
                rate: rate, nominal: 50, noise: sigma, rms: 325 / 2.0.squareRoot(), seconds: 15 / 50.04))
        var inside = 0
        for _ in 0..<1000 {
            var tracker = try #require(FrequencyTracker(rate: rate, nominal: 50))
            tracker.feed(clean.map { $0 + sigma * random.normal() })
            // Fifteen whole cycles lie between.
            let frequency = tracker.frequency(from: 0.085, to: 0.395)
            let found = try #require(frequency)
            if abs(found - 50.04) <= 1.96 * u { inside += 1 }
        }
        #expect((930...970).contains(inside), "\(inside)")
        #expect(FrequencyNoise.standardUncertainty(rate: 0, nominal: 50, noise: 1, rms: 1, seconds: 1) == nil)
    }
}
