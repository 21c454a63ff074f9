import Glibc
import Testing

@testable import BenchCore

@Suite("Reduction of the rate before power quality")
struct RateReductionTests {
    private func outputs(_ reduction: RateReduction, _ samples: [Double], piece: Int = .max) -> [Double] {
        var reduction = reduction
        var found: [Double] = []
        samples.withUnsafeBufferPointer { all in
            var from = 0
            while from < all.count {
                let to = min(all.count, piece == .max ? .max : from + piece)
                reduction.process(UnsafeBufferPointer(rebasing: all[from..<to])) { found.append($0) }
                from = to
            }
        }
        return found
    }

    @Test(
        "a ramp comes out as itself at the places of the outputs: the delay is known exactly",
        arguments: [2000.0, 5000, 10_000, 51_200, 77_777, 200_000, 300_000, 1_000_000], [2000.0, 4000])
    func ramp(_ rate: Double, _ target: Double) {
        let reduction = RateReduction(from: rate, target: target)
        #expect(reduction.rate >= min(rate, target) * 0.999 && reduction.rate < 2 * target)
        let found = outputs(reduction, (0..<Int(rate / 20)).map(Double.init))
        #expect(found.count > reduction.incomplete + 20)
        for (m, y) in found.enumerated().dropFirst(reduction.incomplete) {
            let place = reduction.centre + Double(m * reduction.factor)
            #expect(abs(y - place) < 1e-7 * Double(reduction.factor) + 1e-6, "output \(m): \(y) at \(place)")
        }
    }

    @Test("what is slow passes, what is fast neither passes nor folds", arguments: [10_000.0, 200_000, 1_000_000])
    func bands(_ rate: Double) {
        let reduction = RateReduction(from: rate, target: 4000)
        let count = Int(rate / 10)
        func gain(_ hertz: Double) -> Double {
            let found = outputs(reduction, (0..<count).map { sin(2 * .pi * hertz * Double($0) / rate) })
            return found.dropFirst(reduction.incomplete + 1).map(abs).max() ?? 0
        }
        for hertz in [50.0, 200, 450, 1000] { #expect(abs(gain(hertz) - 1) < 0.01, "\(hertz) Hz: \(gain(hertz))") }
        // −55 dB and less, on either side of every rate on the way.
        for share in [0.49, 0.9, 1.1, 1.9, 2.1, 7.9, 8.1, 9.9, 10.1, 19.8, 20.2, 83.3 / 4, 100] {
            let hertz = share * reduction.rate
            if hertz < 0.49 * rate { #expect(gain(hertz) < 1.8e-3, "\(hertz) Hz: \(gain(hertz))") }
        }
    }

    @Test("pieces of any size give the same to the last bit", arguments: [5000.0, 200_000, 1_000_000])
    func pieces(_ rate: Double) {
        var generator = SeededGenerator(seed: 3)
        let samples = (0..<30_000).map { _ in Double.random(in: -400...400, using: &generator) }
        let reduction = RateReduction(from: rate, target: 2000)
        let whole = outputs(reduction, samples)
        for piece in [1, 3, 5, 997] { #expect(outputs(reduction, samples, piece: piece) == whole) }
    }

    @Test("the window of the low-pass is scipy's", .enabled(if: Scipy.present, "skipped: no scipy in .venv"))
    func bessel() throws {
        let text = try #require(
            Scipy.run("import scipy.special as s\nfor x in [0, 0.5, 3, 8, 20]: print(repr(float(s.i0(x))))"))
        let expected = text.split(separator: "\n").compactMap { Double($0) }
        #expect(expected.count == 5)
        for (x, y) in zip([0, 0.5, 3, 8, 20], expected) { #expect(abs(Decimator.bessel(x) / y - 1) < 1e-13) }
    }
}
