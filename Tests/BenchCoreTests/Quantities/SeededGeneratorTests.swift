import Testing

@testable import BenchCore

@Suite("Seeded generator")
struct SeededGeneratorTests {
    @Test("SplitMix64 gives the published numbers for seed 1234567")
    func splitMix() {
        // Known answers of the reference C program (prng.di.unimi.it/splitmix64.c), as listed by Rosetta Code.
        var mix = SplitMix64(state: 1_234_567)
        #expect(mix.next() == 6_457_827_717_110_365_317)
        #expect(mix.next() == 3_203_168_211_198_807_973)
        #expect(mix.next() == 9_817_491_932_198_370_423)
    }

    @Test("xoshiro256++ gives the published numbers for state 1, 2, 3, 4")
    func xoshiro() {
        // Known answers of the reference C program (prng.di.unimi.it/xoshiro256plusplus.c).
        var generator = SeededGenerator(state: (1, 2, 3, 4))
        let expected: [UInt64] = [
            41_943_041, 58_720_359, 3_588_806_011_781_223, 3_591_011_842_654_386, 9_228_616_714_210_784_205,
        ]
        for number in expected { #expect(generator.next() == number) }
    }

    @Test("the same seed and label give the same numbers, another label others")
    func streams() {
        var a = SeededGenerator(seed: 7, label: "meter 1")
        var b = SeededGenerator(seed: 7, label: "meter 1")
        var c = SeededGenerator(seed: 7, label: "meter 2")
        let first = (0..<8).map { _ in a.next() }
        #expect(first == (0..<8).map { _ in b.next() })
        #expect(first != (0..<8).map { _ in c.next() })
    }

    @Test("normal numbers have mean 0, variance 1 and 95.45 % within ±2")
    func normal() {
        var generator = SeededGenerator(seed: 1)
        let n = 100_000
        let numbers = (0..<n).map { _ in generator.normal() }
        let mean = numbers.reduce(0, +) / Double(n)
        let variance = numbers.reduce(0) { $0 + $1 * $1 } / Double(n)
        let within = Double(numbers.filter { abs($0) <= 2 }.count) / Double(n)
        // Five standard deviations of the estimators: 1/√n, √(2/n), √(p(1−p)/n).
        #expect(abs(mean) < 5 * 0.00317)
        #expect(abs(variance - 1) < 5 * 0.0045)
        #expect(abs(within - 0.9545) < 5 * 0.00066)
    }

    @Test("streams of different labels are not correlated")
    func independence() {
        var a = SeededGenerator(seed: 3, label: "a")
        var b = SeededGenerator(seed: 3, label: "b")
        let n = 20_000
        let r = (0..<n).reduce(0.0) { sum, _ in sum + a.normal() * b.normal() } / Double(n)
        #expect(abs(r) < 5 / Double(n).squareRoot())
    }

    @Test("uniform numbers stay inside their range")
    func uniform() {
        var generator = SeededGenerator(seed: 2)
        for _ in 0..<1000 {
            let x = generator.uniform(in: -2...3)
            #expect(x >= -2 && x < 3)
        }
    }
}
