import Testing

@testable import BenchCore

#if canImport(Glibc)
    import Glibc
#endif

/// Signals with known power: one fundamental with harmonics, interharmonics and a direct component, sampled without regard to its cycles.
struct KnownPower {
    var frequency: Double, parts: [Part] = []
    struct Part { var frequency: Double, u: Double, i: Double, angle: Double, lag: Double }

    init(
        frequency: Double, lag: Double, random: inout SeededGenerator, harmonics: Int = 0, between: Int = 0,
        direct: Bool = false
    ) {
        self.frequency = frequency
        parts.append(Part(frequency: frequency, u: 230, i: 5, angle: random.uniform(in: 0...360), lag: lag))
        for order in 2..<max(2, harmonics + 1) {
            parts.append(
                Part(
                    frequency: frequency * Double(order), u: random.uniform(in: 0...11) / Double(order),
                    i: random.uniform(in: 0...2) / Double(order), angle: random.uniform(in: 0...360),
                    lag: random.uniform(in: 0...360)))
        }
        for _ in 0..<between {
            let order = Double(Int(random.uniform(in: 1...20)))
            parts.append(
                Part(
                    frequency: frequency * (order + random.uniform(in: 0.25...0.75)), u: random.uniform(in: 0...2),
                    i: random.uniform(in: 0...0.05), angle: random.uniform(in: 0...360),
                    lag: random.uniform(in: 0...360)))
        }
        if direct { parts.append(Part(frequency: 0, u: 1.5, i: -0.02, angle: 0, lag: 0)) }
    }

    /// Mean power, W; parts of different frequencies give none.
    var active: Double { parts.reduce(0) { $0 + $1.u * $1.i * ($1.frequency > 0 ? cos($1.lag * .pi / 180) : 1) } }
    var voltage: Double { parts.reduce(0) { $0 + $1.u * $1.u }.squareRoot() }
    var current: Double { parts.reduce(0) { $0 + $1.i * $1.i }.squareRoot() }
    var apparent: Double { voltage * current }

    /// Voltage and current at a moment, s.
    func at(_ t: Double) -> (u: Double, i: Double) {
        var u = 0.0, i = 0.0
        for part in parts {
            guard part.frequency > 0 else {
                u += part.u
                i += part.i
                continue
            }
            let turn = 2 * Double.pi * (part.frequency * t + part.angle / 360).truncatingRemainder(dividingBy: 1)
            u += part.u * 2.0.squareRoot() * cos(turn)
            i += part.i * 2.0.squareRoot() * cos(turn - part.lag * .pi / 180)
        }
        return (u, i)
    }

    func sampled(rate: Double, seconds: Double) -> (u: [Double], i: [Double]) {
        var u: [Double] = [], i: [Double] = []
        for n in 0..<Int(rate * seconds) {
            let now = at(Double(n) / rate)
            u.append(now.u)
            i.append(now.i)
        }
        return (u, i)
    }

    /// Energy from one moment to another, W·s, from the products' own integrals.
    func energy(from begin: Double, to end: Double) -> Double {
        var sum = 0.0
        for a in parts {
            for b in parts {
                // u of part a times i of part b: half the cosine of the difference and half that of the sum.
                let scale =
                    a.u * b.i * (a.frequency > 0 ? 2.0.squareRoot() : 1) * (b.frequency > 0 ? 2.0.squareRoot() : 1)
                let pa = a.frequency > 0 ? a.angle * .pi / 180 : 0
                let pb = b.frequency > 0 ? (b.angle - b.lag) * .pi / 180 : 0
                func integral(_ frequency: Double, _ phase: Double) -> Double {
                    let w = 2 * Double.pi * frequency
                    guard abs(w) > 1e-9 else { return cos(phase) * (end - begin) }
                    return 2 * cos(w * (end + begin) / 2 + phase) * sin(w * (end - begin) / 2) / w
                }
                sum +=
                    scale / 2
                    * (integral(a.frequency - b.frequency, pa - pb) + integral(a.frequency + b.frequency, pa + pb))
            }
        }
        return sum
    }
}

@Suite("Reference power")
struct ReferencePowerTests {
    @Test("One second, whatever the signal: mean power within 0.01 ppm of S", arguments: 0..<24)
    func second(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed), label: "second")
        let truth = KnownPower(
            frequency: random.uniform(in: 42.5...57.5), lag: [0, 30, 60, -60, 90, 180][seed % 6], random: &random,
            harmonics: seed % 2 == 0 ? 50 : 0, between: seed % 3 == 0 ? 3 : 0, direct: seed % 4 == 0)
        let (u, i) = truth.sampled(rate: [9_973, 20_000, 51_200][seed % 3], seconds: 1)
        let found = try #require(ReferencePower(voltage: u, current: i))
        let error = abs(found.active - truth.active) / truth.apparent
        #expect(error < 0.01e-6, "\(error * 1e6) ppm")
        #expect(abs(found.voltage / truth.voltage - 1) < 0.01e-6)
        #expect(abs(found.current / truth.current - 1) < 0.01e-6)
    }

    @Test("200 ms: within 0.1 ppm of S from 42.5 to 57.5 Hz, to the 50th harmonic", arguments: 0..<24)
    func short(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed), label: "short")
        let truth = KnownPower(
            frequency: random.uniform(in: 42.5...57.5), lag: [0, 60, -60, 90, 180, -90][seed % 6], random: &random,
            harmonics: seed % 2 == 0 ? 50 : 0, direct: seed % 4 == 0)
        let (u, i) = truth.sampled(rate: [10_000, 20_011, 51_200][seed % 3], seconds: 0.2)
        let found = try #require(ReferencePower(voltage: u, current: i))
        let error = abs(found.active - truth.active) / truth.apparent
        #expect(error < 0.1e-6, "\(error * 1e6) ppm")
    }

    @Test("The stated uncertainty covers the truth in 95 ± 2 % of 1000 noisy records")
    func coverage() throws {
        var random = SeededGenerator(seed: 20_261_121, label: "coverage")
        let truth = KnownPower(frequency: 49.83, lag: 37, random: &random, harmonics: 15)
        let clean = truth.sampled(rate: 10_000, seconds: 0.25)
        var inside = (active: 0, voltage: 0, current: 0)
        for _ in 0..<1000 {
            let u = clean.u.map { $0 + 0.05 * random.normal() }, i = clean.i.map { $0 + 0.002 * random.normal() }
            let noise = (
                voltage: try #require(SampleNoise.standardDeviation(u)),
                current: try #require(SampleNoise.standardDeviation(i))
            )
            let found = try #require(ReferencePower(voltage: u, current: i, noise: noise))
            if abs(found.active - truth.active) <= 1.96 * found.activeNoise { inside.active += 1 }
            if abs(found.voltage - truth.voltage) <= 1.96 * found.voltageNoise { inside.voltage += 1 }
            if abs(found.current - truth.current) <= 1.96 * found.currentNoise { inside.current += 1 }
        }
        #expect((930...970).contains(inside.active), "\(inside)")
        #expect((930...970).contains(inside.voltage), "\(inside)")
        #expect((930...970).contains(inside.current), "\(inside)")
    }

    @Test("Noise is found beside harmonics; rounding is the least", arguments: [0.0, 0.001, 0.1])
    func noise(sigma: Double) throws {
        var random = SeededGenerator(seed: 3, label: "noise")
        let truth = KnownPower(frequency: 50.2, lag: 0, random: &random, harmonics: 40, between: 3)
        let u = truth.sampled(rate: 10_000, seconds: 1).u.map { $0 + sigma * random.normal() }
        let found = try #require(SampleNoise.standardDeviation(u, step: 0.002))
        // 10 000 samples: a quarter of the quiet lines is found within some percent.
        #expect(abs(found / max(sigma, 0.002 / 12.0.squareRoot()) - 1) < 0.1, "\(found)")
        #expect(SampleNoise.standardDeviation([1, 2, 3]) == nil)
    }

    @Test("Records that do not fit give nothing")
    func refused() {
        #expect(ReferencePower(voltage: [1], current: [1]) == nil)
        #expect(
            ReferencePower(voltage: [Double](repeating: 1, count: 20), current: [Double](repeating: 1, count: 21))
                == nil)
        #expect(EnergyIntegral(voltage: [1, 2], current: [1, 2], rate: 1000) == nil)
        #expect(
            EnergyIntegral(
                voltage: [Double](repeating: 1, count: 20), current: [Double](repeating: 1, count: 20), rate: 0) == nil)
    }

    @Test("Energy between any two moments is within 0.5 ppm of S·T", arguments: 0..<8)
    func energy(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed), label: "energy")
        let truth = KnownPower(
            frequency: random.uniform(in: 42.5...57.5), lag: [0, 60, 90, 180][seed % 4], random: &random,
            harmonics: seed % 2 == 0 ? 40 : 0, direct: seed % 3 == 0)
        let rate = 50_000.0
        let (u, i) = truth.sampled(rate: rate, seconds: 1.2)
        let integral = try #require(EnergyIntegral(voltage: u, current: i, rate: rate))
        for _ in 0..<20 {
            let begin = random.uniform(in: 0.01...0.1), end = random.uniform(in: 0.9...1.19)
            let found = try #require(integral.energy(from: begin, to: end))
            let error = abs(found - truth.energy(from: begin, to: end)) / (truth.apparent * (end - begin))
            #expect(error < 0.5e-6, "\(error * 1e6) ppm")
            #expect(integral.energy(from: end, to: begin) == -found)
        }
        #expect(integral.energy(from: 0, to: 1) == nil && integral.energy(from: 0.1, to: 5) == nil)
        #expect(integral.energy(from: .nan, to: 1) == nil)
    }
}

@Suite("Power sums")
struct PowerSumsTests {
    @Test("Blocks of any length add up to the sums of plain arithmetic", arguments: [1, 2, 3, 7, 125, 1000])
    func sums(block: Int) {
        var random = SeededGenerator(seed: UInt64(block))
        let frames = 2001
        let numbers = (0..<(8 * frames)).map { _ in Int32(random.uniform(in: -8e6...8e6)) }
        var sums = PowerSums()
        numbers.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            var at = 0
            while at < frames {
                let count = min(block, frames - at)
                sums.add(base + 8 * at, frames: count)
                at += count
            }
        }
        #expect(sums.frames == frames)
        for channel in 0..<8 {
            let own = stride(from: channel, to: numbers.count, by: 8).map { Double(numbers[$0]) }
            #expect(abs(sums.mean(channel) - own.reduce(0, +) / Double(frames)) < 1e-6)
            let square = own.reduce(0) { $0 + $1 * $1 } / Double(frames)
            #expect(abs(sums.square(channel) / square - 1) < 1e-13)
        }
        for phase in 0..<4 {
            let product = (0..<frames).reduce(0.0) {
                $0 + Double(numbers[8 * $1 + phase]) * Double(numbers[8 * $1 + phase + 4])
            }
            // Relative to the size of the terms: they nearly cancel.
            #expect(abs(sums.product(phase) - product / Double(frames)) < 1e-3)
        }
    }

    @Test("This machine can run what it was built for")
    func fits() {
        #expect(WideLanes.fit)
    }
}
