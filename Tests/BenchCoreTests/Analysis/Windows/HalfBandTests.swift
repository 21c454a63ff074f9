import Glibc
import Testing

@testable import BenchCore

@Suite("Halving of the rate")
struct HalfBandTests {
    /// Everything that comes of one signal, put into all lanes, in pieces.
    private func outputs(_ width: Int, _ rate: Double, _ samples: [Double], piece: Int = 500) -> (
        values: [Double], cascade: HalfBandCascade
    ) {
        let cascade = HalfBandCascade(
            width: width, rate: rate, least: 10_000, pass: 2900, attenuation: 85, most: piece)
        let room = UnsafeMutablePointer<Lanes>.allocate(capacity: width * max(piece, cascade.outputs(piece)))
        defer { room.deallocate() }
        var found: [Double] = []
        var from = 0
        while from < samples.count {
            let count = min(piece, samples.count - from)
            let input = cascade.room(count, or: room)
            for n in 0..<count {
                for part in 0..<width { input[width * n + part] = Lanes(repeating: samples[from + n]) }
            }
            let made = cascade.run(count, into: room)
            for n in 0..<made {
                for part in 0..<width { #expect(room[width * n + part] == Lanes(repeating: room[width * n].x)) }
                found.append(room[width * n].x)
            }
            from += count
        }
        return (found, cascade)
    }

    @Test(
        "A ramp comes out as itself at the places of the outputs: the delay is known exactly",
        arguments: [10_000.0, 20_000, 44_100, 160_000], [1, 2])
    func ramp(_ rate: Double, _ width: Int) {
        let (found, cascade) = outputs(width, rate, (0..<Int(rate / 20)).map(Double.init))
        #expect(cascade.rate >= 10_000 && cascade.rate < 20_001 && found.count > 100)
        for (m, y) in found.enumerated() {
            #expect(abs(y - cascade.centre - Double(m * cascade.factor)) < 1e-7, "output \(m): \(y)")
        }
    }

    @Test(
        "What is slow passes within 0.05 %, what is fast neither passes nor folds onto it",
        arguments: [50_000.0, 200_000])
    func bands(_ rate: Double) {
        func gain(_ hertz: Double) -> Double {
            let (found, cascade) = outputs(
                1, rate, (0..<Int(rate / 10)).map { sin(2 * .pi * hertz * Double($0) / rate) })
            // Amplitude by projection on the frequency that it has, or folds to.
            let folded = abs((hertz / cascade.rate).rounded() * cascade.rate - hertz)
            var re = 0.0, im = 0.0
            let count = found.count / 25 * 25
            for n in 0..<count {
                let w = 0.5 - 0.5 * cos(2 * .pi * (Double(n) + 0.5) / Double(count))
                re += w * found[n] * cos(2 * .pi * folded / cascade.rate * Double(n))
                im += w * found[n] * sin(2 * .pi * folded / cascade.rate * Double(n))
            }
            return 4 / Double(count) * hypot(re, im)
        }
        for hertz in [50.0, 650, 1450, 2500, 2890] { #expect(abs(gain(hertz) - 1) < 5e-4, "\(hertz): \(gain(hertz))") }
        // Folds onto 50 Hz … 2900 Hz: 80 dB and more.
        for hertz in [12_450.0, 11_000, 9_650, 13_500, 24_000] where hertz < rate / 2 {
            #expect(gain(hertz) < 1e-4, "\(hertz) Hz: \(gain(hertz))")
        }
    }

    @Test("Pieces of any size give the same to the last bit", arguments: [1, 2])
    func pieces(_ width: Int) {
        var random = SeededGenerator(seed: 5)
        let samples = (0..<8000).map { _ in random.uniform(in: -400...400) }
        let whole = outputs(width, 80_000, samples, piece: 8000).values
        for piece in [1, 3, 64, 997] { #expect(outputs(width, 80_000, samples, piece: piece).values == whole) }
    }
}
