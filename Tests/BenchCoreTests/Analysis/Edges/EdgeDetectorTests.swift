import Testing

@testable import BenchCore

#if canImport(Glibc)
    import Glibc
#endif

/// Pulses as a sound card sees them: steps that its filter has made some samples wide, behind a capacitor that lets them droop.
struct PlantedPulses {
    static let rate = 48_000.0
    /// Times of the rising edges and length of each pulse, s.
    var times: [Double], length = 0.040
    /// Standard deviation of an edge's rise, in samples (10 … 90 % takes 2.56 of them); time constant of the droop, s, infinite without.
    var width = 1.2, droop = Double.infinity
    var height = 0.3, noise = 0.0

    /// A step at 0, behind the filter and the capacitor.
    private func step(_ t: Double) -> Double {
        let s = width / Self.rate
        guard droop.isFinite else { return 0.5 * erfc(-t / (s * 2.0.squareRoot())) }
        guard t > -10 * s else { return 0 }
        // A Gaussian and an exponential fold into this.
        return 0.5 * exp(s * s / (2 * droop * droop) - t / droop) * erfc((s / droop - t / s) / 2.0.squareRoot())
    }

    func samples(_ seconds: Double, seed: UInt64 = 1) -> [Double] {
        var random = SeededGenerator(seed: seed)
        var x = (0..<Int(seconds * Self.rate)).map { _ in noise * random.normal() }
        for (edge, sign) in times.flatMap({ [($0, 1.0), ($0 + length, -1.0)] }) {
            // Beyond twelve time constants nothing is left of a step with droop.
            let last = droop.isFinite ? edge + 30 * droop : .infinity
            for n in max(0, Int((edge - 0.001) * Self.rate))..<x.count {
                let t = Double(n) / Self.rate
                if t > last { break }
                x[n] += sign * height * step(t - edge)
            }
        }
        return x
    }

    static func regular(_ count: Int, _ interval: Double = 0.1, first: Double = 0.0501234567) -> [Double] {
        (0..<count).map { first + interval * Double($0) }
    }
}

@Suite("Edges of a sampled channel")
struct EdgeDetectorTests {
    private static func find(
        _ samples: [Double], _ options: EdgeDetector.Options = .init()
    ) throws -> [SampledEdge] {
        try #require(EdgeDetector(rate: PlantedPulses.rate, options)).find(samples).edges
    }

    @Test(
        "Without noise an edge is found within a hundredth of a sample, with direct component and without",
        arguments: [Double.infinity, 0.032, 0.008])
    func exact(droop: Double) throws {
        // Intervals that meet every place between two samples; 5 Hz and 20 Hz corners of inputs.
        var pulses = PlantedPulses(times: PlantedPulses.regular(9, 0.100_003_1))
        pulses.droop = droop
        let found = try Self.find(pulses.samples(1))
        #expect(found.count == 9)
        for (edge, time) in zip(found, pulses.times) {
            let error = (edge.time - time) * PlantedPulses.rate
            #expect(abs(error) < 0.01, "\(error) samples")
            #expect(abs(edge.height / 0.3 - 1) < 0.05)
        }
    }

    @Test("Falling edges are found as well, where they are told to be the pulses")
    func falling() throws {
        var pulses = PlantedPulses(times: PlantedPulses.regular(5))
        pulses.droop = 0.02
        let found = try Self.find(pulses.samples(0.6), .init(direction: .falling))
        #expect(found.count == 5)
        for (edge, time) in zip(found, pulses.times) {
            #expect(abs(edge.time - time - 0.04) * PlantedPulses.rate < 0.01 && edge.height < 0)
        }
    }

    @Test(
        "With noise the stated uncertainty covers the truth in 95 ± 4 % of 200 edges, and is that of noise over slope")
    func noise() throws {
        var random = SeededGenerator(seed: 5)
        var time = 0.02
        var pulses = PlantedPulses(times: [], length: 0.010)
        for _ in 0..<200 {
            pulses.times.append(time)
            time += random.uniform(in: 0.02...0.03)
        }
        pulses.noise = 0.006
        pulses.droop = 0.02
        let found = try Self.find(pulses.samples(time + 0.02))
        #expect(found.count == 200)
        var inside = 0
        for (edge, truth) in zip(found, pulses.times) where abs(edge.time - truth) <= 1.96 * edge.uncertainty {
            inside += 1
        }
        #expect((182...198).contains(inside), "\(inside)")
        // Slope of a Gaussian edge at its middle: height / (√2π · width).
        let slope = 0.3 / ((2 * Double.pi).squareRoot() * 1.2 / PlantedPulses.rate)
        let mean = Statistics.mean(found.map(\.uncertainty))
        #expect(abs(mean / (0.006 / slope) - 1) < 0.15, "\(mean)")
    }

    @Test("Missing and doubled pulses are told and not invented")
    func odd() throws {
        var times = PlantedPulses.regular(20)
        times.remove(at: 7)
        times.append(times[12] + 0.012)
        times.sort()
        var pulses = PlantedPulses(times: times, length: 0.005)
        pulses.droop = 0.02
        pulses.noise = 0.002
        let found = try #require(
            EdgeAnalysis(pulses.samples(2.1), channel: "left", rate: PlantedPulses.rate, constant: 1000))
        #expect(found.edges.count == 20, "nineteen and the double")
        #expect(found.findings.missing == 1 && found.findings.double == 1)
        #expect(found.pulses == 19)
        #expect(abs(try #require(found.interval) - 0.1) < 1e-6)
        // 1000 imp/kWh at 10 pulses a second: 36 kW.
        #expect(abs(try #require(found.power) - 36_000) < 1)
        #expect(found.text.contains("1 missing, 1 doubled") && found.text.contains("1000 imp/kWh: 3600"))
    }

    @Test("Noise, silence and a constant hold no edge, whatever their size", arguments: [0.0, 1e-6, 1, 1e6])
    func none(size: Double) throws {
        var random = SeededGenerator(seed: 9)
        let noise = (0..<48_000).map { _ in size * random.normal() }
        #expect(try Self.find(noise).isEmpty)
        #expect(try Self.find([Double](repeating: size, count: 48_000)).isEmpty)
        let hum = (0..<48_000).map { size * cos(2 * Double.pi * 50 * Double($0) / 48_000) }
        #expect(try Self.find(hum).isEmpty)
        #expect(try Self.find([]).isEmpty && Self.find([1, 2, 3]).isEmpty)
        let text = try #require(EdgeAnalysis(noise, channel: "x", rate: 48_000)).text
        #expect(text.contains("no step stands out"))
    }

    @Test("Glitches and steps of other sizes do not move the threshold; a told one is kept to")
    func sizes() throws {
        var pulses = PlantedPulses(times: PlantedPulses.regular(30))
        pulses.noise = 0.001
        var samples = pulses.samples(3.1)
        for (n, k) in [40_000, 90_000].enumerated() { samples[k] += n == 0 ? 5 : -5 }
        var small = PlantedPulses(times: [1.234])
        small.height = 0.06
        samples = zip(samples, small.samples(3.1)).map(+)
        #expect(try Self.find(samples).count == 30)
        #expect(try Self.find(samples, .init(threshold: 0.04)).count >= 31)
        #expect(EdgeDetector(rate: 0) == nil && EdgeDetector(rate: 1, .init(rise: 0)) == nil)
    }

    @Test("A thousand pulses a second are parted by shorter windows")
    func dense() throws {
        let pulses = PlantedPulses(times: PlantedPulses.regular(200, 0.001), length: 0.000_5)
        let found = try Self.find(pulses.samples(0.3))
        #expect(found.count == 200)
        for (edge, time) in zip(found, pulses.times) { #expect(abs(edge.time - time) * PlantedPulses.rate < 0.05) }
    }

    @Test("Pulses beside a voltage and a current of the same recording give the meter's error")
    func meter() throws {
        let rate = 48_000.0
        var random = SeededGenerator(seed: 1)
        let truth = KnownPower(frequency: 50.02, lag: 30, random: &random)
        let (u, i) = truth.sampled(rate: rate, seconds: 2)
        let integral = try #require(EnergyIntegral(voltage: u, current: i, rate: rate))
        // A meter of 50 000 imp/kWh that registers 0.4 % too much, on energy that comes in waves of 100 Hz.
        let each = 3.6e6 / (50_000 * 1.004)
        var times: [Double] = [], moment = 0.05
        while moment < 1.9 {
            times.append(moment)
            var low = moment, high = moment + 1
            for _ in 0..<50 {
                let middle = (low + high) / 2
                if truth.energy(from: moment, to: middle) < each { low = middle } else { high = middle }
            }
            moment = low
        }
        let pulses = PlantedPulses(times: times, length: 0.01)
        let found = try #require(
            EdgeAnalysis(pulses.samples(2), channel: "head", rate: rate, constant: 50_000) {
                integral.energy(from: $0, to: $1)
            })
        #expect(found.pulses == times.count - 1)
        #expect(abs(try #require(found.error) - 0.4) < 0.0005, "\(found.error ?? 0)")
    }
}
