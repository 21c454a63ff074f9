import Testing

@testable import BenchCore

#if canImport(Glibc)
    import Glibc
#endif

@Suite("Fourier transform and harmonics")
struct FourierTransformTests {
    @Test(
        "Every length is as the sum of its definition says",
        arguments: [1, 2, 3, 4, 5, 6, 8, 9, 10, 12, 15, 16, 20, 25, 30, 60, 120, 250, 360, 480, 625])
    func definition(count: Int) throws {
        var random = SeededGenerator(seed: UInt64(count))
        let channels = (0..<11).map { _ in (0..<count).map { _ in random.uniform(in: -1...1) } }
        let lines = try #require(SpectrumMaker(count: count)).lines(channels)
        #expect(lines.count == 11)
        for (channel, found) in zip(channels, lines) {
            #expect(found.count == count / 2 + 1)
            for (k, line) in found.enumerated() {
                var re = 0.0, im = 0.0
                for (n, value) in channel.enumerated() {
                    let angle = -2 * Double.pi * Double((k * n) % count) / Double(count)
                    re += value * cos(angle)
                    im += value * sin(angle)
                }
                let scale = (k == 0 || 2 * k == count ? 1 : 2.0.squareRoot()) / Double(count)
                #expect(abs(line.re - re * scale) < 1e-14 && abs(line.im - im * scale) < 1e-14, "line \(k) of \(count)")
            }
        }
    }

    @Test(
        "A long window loses nothing: the squares of all lines are the mean square (Parseval)",
        arguments: [2000, 20_000, 200_000])
    func parseval(count: Int) throws {
        var random = SeededGenerator(seed: 7)
        let channel = (0..<count).map { _ in random.normal() }
        let lines = try #require(SpectrumMaker(count: count)).lines([channel])[0]
        let mean = channel.reduce(0) { $0 + $1 * $1 } / Double(count)
        #expect(abs(lines.reduce(0) { $0 + $1.power } / mean - 1) < 1e-13)
    }

    @Test("Lengths with other factors are refused, and the neighbours that fit are named")
    func lengths() {
        #expect(SpectrumMaker(count: 7) == nil && SpectrumMaker(count: 0) == nil && SpectrumMaker(count: -4) == nil)
        #expect(FourierTransform.length(atLeast: 2049) == 2160 && FourierTransform.length(atMost: 2159) == 2048)
    }

    /// A window of 10 cycles with components at given lines.
    private func spectrum(_ parts: [(line: Int, rms: Double, angle: Double)], cycles: Int = 10) throws
        -> HarmonicSpectrum
    {
        let count = 6000
        let channel = (0..<count).map { n in
            parts.reduce(0.0) { sum, part in
                part.line == 0
                    ? sum + part.rms
                    : sum + part.rms * 2.0.squareRoot()
                        * cos(2 * Double.pi * Double((part.line * n) % count) / Double(count) + part.angle * .pi / 180)
            }
        }
        let lines = try #require(SpectrumMaker(count: count)).lines([channel])[0]
        return HarmonicSpectrum(lines: lines, cycles: cycles, frequency: 50)
    }

    @Test("Harmonics, groups and subgroups are those of IEC 61000-4-7")
    func groups() throws {
        // Third harmonic at line 30 with neighbours at 29 and 32, interharmonics at 33 … 37, one half-way at 35.
        let found = try spectrum([
            (0, 2, 0), (10, 230, 40), (29, 1, 0), (30, 5, -120), (32, 2, 0), (35, 4, 0), (36, 3, 0),
        ])
        #expect(abs(found.line(0).rms - 2) < 1e-12)
        #expect(abs(found.harmonic(1).rms - 230) < 1e-11 && abs(found.harmonic(1).angle - 40) < 1e-10)
        #expect(abs(found.harmonic(3).angle + 120) < 1e-10)
        // Subgroup: lines 29, 30, 31.
        #expect(abs(found.subgroup(3) - (1.0 + 25).squareRoot()) < 1e-11)
        // Group: lines 26 … 34 and half of 25 and 35.
        #expect(abs(found.group(3) - (1.0 + 25 + 4 + 0.5 * 16).squareRoot()) < 1e-11)
        // Half of line 35 and line 36 belong to the fourth.
        #expect(abs(found.group(4) - (0.5 * 16 + 9.0).squareRoot()) < 1e-11)
        // Between 3 and 4: lines 31 … 39, without the outer ones 32 … 38.
        #expect(abs(found.interharmonicGroup(3) - (4.0 + 16 + 9).squareRoot()) < 1e-11)
        #expect(abs(found.interharmonicSubgroup(3) - (4.0 + 16 + 9).squareRoot()) < 1e-11)
        #expect(abs(found.interharmonicSubgroup(2)) < 1e-11 && abs(found.interharmonicGroup(2) - 1) < 1e-11)
        #expect(abs(try #require(found.distortion(.harmonics)) - 5 / 230) < 1e-13)
        #expect(abs(try #require(found.distortion(.subgroups)) - 26.0.squareRoot() / 230) < 1e-13)
        #expect(found.highestOrder == 299)
        #expect(found.harmonic(400) == .zero)
    }

    @Test("Bands of 200 Hz hold the lines above −100 Hz up to +100 Hz of their centre")
    func bands() throws {
        // 5 Hz a line: line 400 is 2 kHz, 401 … 440 are the first band, 441 … 480 the second.
        let found = try spectrum([(10, 230, 0), (400, 9, 0), (401, 1, 0), (440, 2, 0), (441, 3, 0)])
        #expect(abs(found.band(2100) - 5.0.squareRoot()) < 1e-11)
        #expect(abs(found.band(2300) - 3) < 1e-11)
        #expect(found.band(1e9) == 0)
    }

    @Test("A line seen from the fundamental's crest keeps its angle wherever the window begins")
    func turned() {
        let fundamental = SpectralLine(rms: 230, angle: 77)
        let third = SpectralLine(rms: 10, angle: 3 * 77 + 25)
        let seen = third.turned(back: fundamental.angle, order: 3)
        #expect(abs(seen.rms - 10) < 1e-12 && abs(seen.angle - 25) < 1e-9)
        let (p, q) = SpectralLine.power(SpectralLine(rms: 100, angle: 20), SpectralLine(rms: 10, angle: -10))
        // P = UI cos 30°, Q = UI sin 30°, positive as the current lags.
        #expect(abs(p - 866.025403784) < 1e-8 && abs(q - 500) < 1e-9)
    }
}

@Suite("Spectrum of eight channels")
struct EightChannelSpectrumTests {
    @Test(
        "Lines and subgroups are those of the general spectrum",
        arguments: [(1200, 10), (2000, 10), (2400, 12), (4096, 8), (15_000, 10), (20_000, 10)])
    func same(count: Int, cycles: Int) throws {
        var random = SeededGenerator(seed: UInt64(count))
        let channels = (0..<8).map { _ in
            let (a, h) = (random.uniform(in: 1e5...8e6), Int(random.uniform(in: 2...50)))
            return (0..<count).map { n -> Int32 in
                let turn = 2 * Double.pi * Double(cycles * n % count) / Double(count)
                return Int32(a * cos(turn) + 0.01 * a * cos(Double(h) * turn + 1) + random.normal() * 100 + 500)
            }
        }
        let frames = (0..<count).flatMap { n in channels.map { $0[n] } }
        let engine = try #require(EightChannelSpectrum(count: count, cycles: cycles))
        frames.withUnsafeBufferPointer { if let base = $0.baseAddress { engine.take(base) } }
        let lines = try #require(SpectrumMaker(count: count)).lines(channels.map { $0.map(Double.init) })
        for channel in 0..<8 {
            let spectrum = HarmonicSpectrum(lines: lines[channel], cycles: cycles, frequency: 50)
            for line in 0...(50 * cycles + 1) {
                let power = spectrum.line(line).power
                #expect(abs(engine.power(line: line, channel: channel) - power) < 1e-9 * power + 1e-6)
            }
            for order in 1...50 {
                let found = engine.subgroups(order: order)
                let square = channel < 4 ? found.voltages[channel] : found.currents[channel - 4]
                #expect(abs(square.squareRoot() / spectrum.subgroup(order) - 1) < 1e-8)
            }
        }
        #expect(engine.subgroups(order: 51).voltages == .zero && engine.power(line: -1, channel: 9) == 0)
        #expect(
            EightChannelSpectrum(count: 1000, cycles: 10) == nil && EightChannelSpectrum(count: 7, cycles: 1) == nil)
    }
}
