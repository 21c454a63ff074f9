import Testing

@testable import BenchCore

#if canImport(Glibc)
    import Glibc
#endif

@Suite("Windows of whole cycles")
struct SynchronousWindowsTests {
    /// Three voltages and three currents of a signal, the voltages a third of a turn apart.
    private static func sampled(_ signal: KnownPower, rate: Double, seconds: Double) -> [[Double]] {
        let (u, i) = signal.sampled(rate: rate, seconds: seconds)
        return [u, i]
    }

    private static func windows(
        _ channels: [[Double]], rate: Double, nominal: Double = 50, pieces: [Int] = [997], least: Double = 0
    ) throws -> (windows: [SynchronousWindow], maker: SynchronousWindows) {
        var maker = try #require(
            SynchronousWindows(rate: rate, nominal: nominal, channels: channels.count, least: least))
        var found: [SynchronousWindow] = []
        var at = 0, n = 0
        while at < channels[0].count {
            let end = min(channels[0].count, at + pieces[n % pieces.count])
            found += maker.feed(channels.map { Array($0[at..<end]) })
            at = end
            n += 1
        }
        return (found, maker)
    }

    @Test(
        "Frequency, effective values and power are right from 42.5 to 57.5 Hz and from 51 to 69 Hz, with harmonics and a direct component",
        arguments: [(50.0, 42.5), (50, 46.1), (50, 49.99), (50, 50), (50, 57.5), (60, 51), (60, 59.94), (60, 69)])
    func steady(nominal: Double, frequency: Double) throws {
        var random = SeededGenerator(seed: UInt64(frequency * 100), label: "steady")
        let signal = KnownPower(frequency: frequency, lag: 40, random: &random, harmonics: 25, direct: true)
        let rate = 20_000.0
        let (found, maker) = try Self.windows(
            Self.sampled(signal, rate: rate, seconds: 2), rate: rate, nominal: nominal)
        #expect(found.count >= 7)
        for window in found {
            #expect(window.cycles == (nominal == 50 ? 10 : 12) && !window.held)
            // Class A allows ±10 mHz and ±0.1 % of Udin (IEC 61000-4-30:2015, 5.1.3 and 5.2.1).
            #expect(abs(window.frequency - frequency) < 1e-4, "\(window.frequency)")
            #expect(abs(window.rms(0) / signal.voltage - 1) < 2e-6, "\(window.rms(0))")
            #expect(abs(window.rms(1) / signal.current - 1) < 2e-6)
            #expect(abs(window.mean(0, times: 1) - signal.active) / signal.apparent < 2e-6)
        }
        // No gap and no overlap.
        for (one, other) in zip(found, found.dropFirst()) { #expect(abs(one.end - other.begin) < 1e-6) }
        let whole = try #require(maker.tracker.frequency(from: 0.3, to: 1.8))
        #expect(abs(whole - frequency) < 1e-5, "\(whole)")
    }

    @Test("The spectrum of a window has every harmonic with its size and angle")
    func harmonics() throws {
        var random = SeededGenerator(seed: 5, label: "harmonics")
        let signal = KnownPower(frequency: 47.3, lag: 25, random: &random, harmonics: 50)
        let (found, maker) = try Self.windows(Self.sampled(signal, rate: 25_000, seconds: 1), rate: 25_000)
        let spectrum = try #require(SpectrumMaker(count: maker.count))
        let window = try #require(found.last)
        let lines = spectrum.lines(window.channels)
        let u = HarmonicSpectrum(lines: lines[0], cycles: 10, frequency: window.frequency)
        let i = HarmonicSpectrum(lines: lines[1], cycles: 10, frequency: window.frequency)
        let start = u.harmonic(1).angle
        for (n, part) in signal.parts.enumerated() {
            let order = n + 1
            #expect(abs(u.harmonic(order).rms - part.u) < 5e-5, "harmonic \(order)")
            #expect(abs(i.harmonic(order).rms - part.i) < 2e-6)
            // Seen from the fundamental's crest.
            let seen = u.harmonic(order).turned(back: start, order: Double(order)).angle
            let due = part.angle - Double(order) * signal.parts[0].angle
            if part.u > 0.1 { #expect(abs((seen - due).remainder(dividingBy: 360)) < 0.01, "harmonic \(order)") }
            let power = SpectralLine.power(u.harmonic(order), i.harmonic(order)).active
            #expect(abs(power - part.u * part.i * cos(part.lag * .pi / 180)) < 2e-3)
        }
        #expect(u.interharmonicGroup(7) < 1e-3)
    }

    @Test("Fed sample by sample, in large pieces or at once, the windows are the same to the last bit")
    func pieces() throws {
        var random = SeededGenerator(seed: 9, label: "pieces")
        let signal = KnownPower(frequency: 50.7, lag: 0, random: &random, harmonics: 5)
        let samples = Self.sampled(signal, rate: 5000, seconds: 1.2)
        let one = try Self.windows(samples, rate: 5000, pieces: [1]).windows
        #expect(one.count == 5)
        for pieces in [[7, 1, 400], [5000], [100_000]] {
            #expect(try Self.windows(samples, rate: 5000, pieces: pieces).windows == one)
        }
    }

    @Test("A slow change of frequency is followed; a missing fundamental holds the frequency and marks the windows")
    func changes() throws {
        // 50 Hz at first, then 0.5 Hz/s upwards; gone from 2 s to 2.5 s.
        let rate = 10_000.0
        let u = (0..<40_000).map { n -> Double in
            let t = Double(n) / rate
            guard t < 2 || t > 2.5 else { return 0 }
            return 325 * cos(2 * .pi * (50 * t + (t > 1 ? 0.25 * (t - 1) * (t - 1) : 0)))
        }
        let found = try Self.windows([u], rate: rate, least: 23).windows
        #expect(found.count >= 17)
        for window in found {
            let middle = (window.begin + window.end) / 2 / rate
            let touched = window.end / rate > 1.9 && window.begin / rate < 2.6
            if !touched {
                #expect(!window.held)
                #expect(abs(window.rms(0) - 325 / 2.0.squareRoot()) < 0.05, "\(middle) s: \(window.rms(0))")
                #expect(
                    abs(window.frequency - (50 + max(0, middle - 1) * 0.5)) < 0.02, "\(middle) s: \(window.frequency)")
            }
            if window.begin / rate > 2 && window.end / rate < 2.5 { #expect(window.held) }
            // Whatever happens, no window is far from its length.
            #expect(abs(window.end - window.begin - 2000) < 120)
        }
        #expect(found.contains { $0.held })
    }

    @Test(
        "Noise alone, a constant and nothing at all give windows of nominal length or none, never a trap",
        arguments: 0..<4)
    func odd(kind: Int) throws {
        var random = SeededGenerator(seed: UInt64(kind), label: "odd")
        let u = (0..<8000).map { _ -> Double in [0, 230, random.normal(), 1e300 * random.normal()][kind] }
        let found = try Self.windows([u], rate: 4000, least: 1).windows
        #expect(found.allSatisfy { abs($0.end - $0.begin - 800) < 300 })
        #expect(SynchronousWindows(rate: 100, nominal: 50, channels: 1) == nil)
        #expect(SynchronousWindows(rate: .nan, nominal: 50, channels: 1) == nil)
        #expect(SynchronousWindows(rate: 10_000, nominal: 0, channels: 1) == nil)
        #expect(SynchronousWindows(rate: 10_000, nominal: 50, channels: 0) == nil)
    }

    @Test("Between samples a sine is right within 0.2 ppm up to 0.4 of the rate", arguments: [0.001, 0.05, 0.2, 0.4])
    func between(frequency: Double) {
        var history = ChannelHistory()
        history.append((0..<400).map { cos(2 * .pi * frequency * Double($0) + 0.3) })
        let values = SincResampler.shared.values(history, from: 100.123, to: 200.789, count: 333)
        for (n, value) in values.enumerated() {
            let place = 100.123 + Double(n) * 100.666 / 333
            #expect(abs(value - cos(2 * .pi * frequency * place + 0.3)) < 3e-7)
        }
    }
}
