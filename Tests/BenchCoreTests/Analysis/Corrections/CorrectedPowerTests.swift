import TestSupport
import Testing

@testable import BenchCore

#if canImport(Glibc)
    import Glibc
#endif

/// A channel pair whose parts have gains and phases over frequency, and signals that went through them.
enum DistortingPair {
    static func part(_ gain: @escaping (Double) -> Double, _ phase: @escaping (Double) -> Double) -> CorrectionPart {
        // Rows close enough for straight lines between them.
        let rows = stride(from: 0.0, through: 6000, by: 20).map { f in
            CorrectionRow(frequencies: f...f, gain: gain(f), phase: phase(f))
        }
        return CorrectionPart(
            manufacturer: "M", model: "T", serial: "1",
            traceability: Traceability(
                certificate: "1", issuer: "I", calibrated: "2026-01-01", validUntil: "2027-01-01"),
            levels: [CorrectionPart.Level(nil, CorrectionTable(rows))])
    }

    /// A low-pass of first order by its corner frequency, and a gain error.
    static func lowPass(_ corner: Double, _ error: Double) -> CorrectionPart {
        part({ (1 + error) / (1 + ($0 / corner) * ($0 / corner)).squareRoot() }, { -atan($0 / corner) * 180 / .pi })
    }

    static let voltage = ChannelCorrection(channel: "U", digitizer: lowPass(30_000, 0.002), skew: 3e-6)
    static let current = ChannelCorrection(channel: "I", digitizer: lowPass(80_000, -0.001))

    /// The samples that the pair records of a signal.
    static func recorded(_ truth: KnownPower, rate: Double, seconds: Double) -> (u: [Double], i: [Double]) {
        var u: [Double] = [], i: [Double] = []
        // What a part does to each component, once.
        let seen = truth.parts.map { part in
            [voltage, current].map { correction -> (Double, Double) in
                let factor = correction.at(part.frequency) ?? .one
                return (1 / factor.magnitude, -factor.angle)
            }
        }
        for n in 0..<Int(rate * seconds) {
            let t = Double(n) / rate
            var a = 0.0, b = 0.0
            for (part, seen) in zip(truth.parts, seen) {
                let root = part.frequency > 0 ? 2.0.squareRoot() : 1
                let turn =
                    part.frequency > 0 ? 360 * (part.frequency * t).truncatingRemainder(dividingBy: 1) + part.angle : 0
                let lag = part.frequency > 0 ? part.lag : 0
                a += part.u * root * seen[0].0 * cos((turn + seen[0].1) * .pi / 180)
                b += part.i * root * seen[1].0 * cos((turn - lag + seen[1].1) * .pi / 180)
            }
            u.append(a)
            i.append(b)
        }
        return (u, i)
    }
}

@Suite("Corrected power")
struct CorrectedPowerTests {
    @Test("Gain, phase and skew over frequency are undone: power within 0.1 ppm of S over a second", arguments: 0..<8)
    func second(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed), label: "corrected")
        let truth = KnownPower(
            frequency: random.uniform(in: 45...65), lag: [0, 60, -60, 90][seed % 4], random: &random,
            harmonics: seed % 2 == 0 ? 40 : 0, between: seed % 3 == 0 ? 3 : 0, direct: seed % 4 == 0)
        let rate = 20_000.0
        let (u, i) = DistortingPair.recorded(truth, rate: rate, seconds: 1)
        let found = try #require(
            CorrectedPower(
                voltage: u, current: i, rate: rate, fundamental: truth.frequency,
                corrections: (DistortingPair.voltage, DistortingPair.current)))
        let error = abs(found.power.active - truth.active) / truth.apparent
        #expect(error < 0.1e-6, "\(error * 1e6) ppm")
        #expect(abs(found.power.voltage / truth.voltage - 1) < 0.1e-6)
        #expect(abs(found.power.current / truth.current - 1) < 0.1e-6)
        #expect(found.outside.voltage < 1e-12 && found.outside.current < 1e-12)
        // Without it the error is that of the parts: about 100 ppm and more.
        let raw = try #require(ReferencePower(voltage: u, current: i))
        #expect(abs(raw.active - truth.active) / truth.apparent > 50e-6)
        // The orders add up to the whole.
        #expect(abs(found.orders.reduce(0) { $0 + $1.active } - found.power.active) < 1e-6 * truth.apparent)
    }

    @Test("On 200 ms a delay between the channels of many microseconds costs nothing", arguments: [0, 1e-6, 50e-6])
    func delay(skew: Double) throws {
        var random = SeededGenerator(seed: 5, label: "delay")
        let truth = KnownPower(frequency: 49.7, lag: 60, random: &random, harmonics: 20)
        let rate = 20_000.0
        let clean = truth.sampled(rate: rate, seconds: 0.21)
        var late: [Double] = []
        for n in 0..<clean.u.count { late.append(truth.at(Double(n) / rate + skew).u) }
        let found = try #require(
            CorrectedPower(
                voltage: late, current: clean.i, rate: rate, fundamental: 49.7,
                corrections: (ChannelCorrection(channel: "U", skew: skew), nil)))
        #expect(abs(found.power.active - truth.active) / truth.apparent < 0.1e-6)
    }

    @Test("A long record is corrected piece by piece to the same values")
    func long() throws {
        var random = SeededGenerator(seed: 7, label: "long")
        let truth = KnownPower(frequency: 50.2, lag: 45, random: &random, harmonics: 10)
        let rate = 20_000.0
        let (u, i) = DistortingPair.recorded(truth, rate: rate, seconds: 14)
        #expect(u.count > 2 << 17)
        let found = try #require(
            CorrectedPower(
                voltage: u, current: i, rate: rate, fundamental: 50.2,
                corrections: (DistortingPair.voltage, DistortingPair.current)))
        #expect(abs(found.power.active - truth.active) / truth.apparent < 0.1e-6)
    }

    @Test("What no row reaches stays as recorded, and how much that is is told")
    func outside() throws {
        var random = SeededGenerator(seed: 9, label: "outside")
        var truth = KnownPower(frequency: 50, lag: 0, random: &random)
        truth.parts.append(KnownPower.Part(frequency: 350, u: 23, i: 0, angle: 10, lag: 0))
        let (u, i) = truth.sampled(rate: 10_000, seconds: 1)
        let rows = [CorrectionRow(frequencies: 40...100, gain: 1.01)]
        var part = DistortingPair.part({ _ in 1 }, { _ in 0 })
        part.levels = [CorrectionPart.Level(nil, CorrectionTable(rows))]
        let found = try #require(
            CorrectedPower(
                voltage: u, current: i, rate: 10_000, fundamental: 50,
                corrections: (ChannelCorrection(channel: "U", digitizer: part), nil)))
        let square = 230.0 * 230 + 23 * 23
        #expect(abs(found.outside.voltage - 23 * 23 / square) < 1e-9 && found.outside.current == 0)
        let wanted = (230 * 230 / (1.01 * 1.01) + 23 * 23).squareRoot()
        #expect(abs(found.power.voltage / wanted - 1) < 1e-9)
    }
}

@Suite("Analysis of a recording with corrections")
struct CorrectedAnalysisTests {
    @Test("Power, harmonics, phases and the files come out corrected and named; without the file they do not")
    func corrected() throws {
        var truth = KnownPower(frequency: 50.02, lag: 40, seed: 11)
        truth.parts.append(KnownPower.Part(frequency: 250.1, u: 12, i: 0.4, angle: 30, lag: 20))
        let rate = 12_800.0
        let (u, i) = DistortingPair.recorded(truth, rate: rate, seconds: 1.5)
        let samples = zip(u, i).flatMap { [Int32(($0 * 1e6).rounded()), Int32(($1 * 1e8).rounded())] }
        var recording = Recording(
            channels: [
                RecordedChannel(name: "U1", unit: "V", scale: 1e-6),
                RecordedChannel(name: "I1", unit: "A", scale: 1e-8),
            ], rate: rate, samples: .integer(samples, bits: 32))
        var voltage = DistortingPair.voltage, current = DistortingPair.current
        voltage.channel = "U1"
        current.channel = "I1"
        let applied = try CorrectionSet([voltage, current]).apply(to: &recording, "r")
        let found = RecordingAnalysis(recording, .init(corrections: applied))
        let phase = try #require(found.phases.first)
        let power = try #require(phase.power)
        #expect(abs(power.active - truth.active) / truth.apparent < 0.1e-6)
        #expect(abs(power.voltage / truth.voltage - 1) < 0.1e-6)
        let lag = 40 * Double.pi / 180
        #expect(abs(try #require(phase.fundamentalReactive) - 1150 * sin(lag)) < 1150 * 1e-6)
        #expect(abs(try #require(phase.current).angle + 40) < 1e-4)
        #expect(abs(phase.voltageHarmonics[4] / 12 - 1) < 1e-5)
        #expect(abs(found.windows[1].rms[0] / truth.voltage - 1) < 1e-6)
        let raw = RecordingAnalysis(recording)
        #expect(abs(try #require(raw.phases.first?.power).active - truth.active) / truth.apparent > 100e-6)
        var bytes = CorrectionSet()
        try bytes.add(try Checkout.bytes("Fixtures/Corrections/demo-channel-pair.yaml"), file: "demo.yaml")
        var named = found
        named.corrections = bytes.files
        #expect(named.text.contains("corrections demo-channel-pair  (demo.yaml, SHA-256 \(bytes.files[0].sha256))"))
        #expect(named.text.contains("U1 divider MeterBench Simulated Divider SIM-V-1: certificate DEMO-2026-0903"))
    }

    @Test("A channel that a recording says is sampled later is turned back by that")
    func skew() throws {
        let truth = KnownPower(frequency: 50, lag: 60, seed: 3)
        let rate = 10_000.0, skew = 40e-6
        var samples: [Float] = []
        for n in 0..<15_000 {
            samples.append(Float(truth.at(Double(n) / rate).u))
            samples.append(Float(truth.at(Double(n) / rate + skew).i))
        }
        let recording = Recording(
            channels: [
                RecordedChannel(name: "U1", unit: "V"), RecordedChannel(name: "I1", unit: "A", skew: skew),
            ], rate: rate, samples: .float(samples))
        let phase = try #require(RecordingAnalysis(recording).phases.first)
        #expect(abs(try #require(phase.power).active / truth.active - 1) < 1e-6)
        #expect(abs(try #require(phase.current).angle + 60) < 1e-4)
    }

    @Test("Unbalance is told in percent")
    func unbalance() throws {
        // L1 alone is 3 % high: zero and negative sequence are 1 % / 1.01 each.
        let found = RecordingAnalysis(ThreePhases.recording(seconds: 1) { phase, _ in phase == 0 ? 1.03 : 1 })
        #expect(abs(try #require(found.negativeUnbalance) - 1 / 1.01) < 1e-3)
        #expect(found.text.contains("u2 0.990 %, u0 0.990 %"), "\(found.text)")
    }
}

extension KnownPower {
    /// A fundamental alone.
    init(frequency: Double, lag: Double, seed: UInt64) {
        var random = SeededGenerator(seed: seed, label: "fundamental")
        self.init(frequency: frequency, lag: lag, random: &random)
    }
}
