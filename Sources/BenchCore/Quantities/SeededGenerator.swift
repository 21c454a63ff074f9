#if canImport(Glibc)
    import Glibc
#endif

/// Random numbers that are the same for the same seed on every machine: simulators and Monte Carlo draw from it.
///
/// xoshiro256++ by Blackman and Vigna, its state filled by SplitMix64 (both public domain, prng.di.unimi.it). Not for keys.
/// Streams of the same seed with different labels are independent of each other, so that a further consumer of one
/// stream never shifts the numbers of another:
/// ```swift
/// var noise = SeededGenerator(seed: 20261121, label: "meter 3 noise")
/// let error = noise.normal(mean: 0, standardDeviation: 0.01)
/// ```
public struct SeededGenerator: RandomNumberGenerator, Sendable, Hashable {
    private var s0: UInt64, s1: UInt64, s2: UInt64, s3: UInt64
    /// The second number of a pair that `normal` made.
    private var spare: Double?

    /// A stream by its seed.
    public init(seed: UInt64) {
        var mix = SplitMix64(state: seed)
        s0 = mix.next()
        s1 = mix.next()
        s2 = mix.next()
        s3 = mix.next()
    }

    /// The stream of a seed that belongs to a label: equal labels give equal numbers, different labels independent ones.
    public init(seed: UInt64, label: String) {
        // FNV-1a of the label, then one round of SplitMix64 so that close labels and seeds part.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in label.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        var mix = SplitMix64(state: hash)
        self.init(seed: seed ^ mix.next())
    }

    /// A generator that continues from a full state; for known-answer tests.
    init(state: (UInt64, UInt64, UInt64, UInt64)) { (s0, s1, s2, s3) = state }

    /// The next 64 random bits.
    public mutating func next() -> UInt64 {
        let sum = s0 &+ s3
        let result = ((sum << 23) | (sum >> 41)) &+ s0
        let t = s1 << 17
        s2 ^= s0
        s3 ^= s1
        s1 ^= s2
        s0 ^= s3
        s2 ^= t
        s3 = (s3 << 45) | (s3 >> 19)
        return result
    }

    /// A number in 0 … 1 (1 excluded), in steps of 2⁻⁵³.
    public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// A number in `range`, every value equally likely.
    public mutating func uniform(in range: ClosedRange<Double>) -> Double {
        range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
    }

    /// A number of the normal distribution with mean 0 and standard deviation 1 (Marsaglia's polar method).
    public mutating func normal() -> Double {
        if let number = spare {
            spare = nil
            return number
        }
        while true {
            let x = 2 * uniform() - 1
            let y = 2 * uniform() - 1
            let r = x * x + y * y
            guard r > 0, r < 1 else { continue }
            let scale = (-2 * log(r) / r).squareRoot()
            spare = y * scale
            return x * scale
        }
    }

    /// A number of the normal distribution with the given mean and standard deviation.
    public mutating func normal(mean: Double, standardDeviation: Double) -> Double {
        mean + standardDeviation * normal()
    }
}

/// Steele, Lea and Flood's SplitMix64: spreads a seed over a larger state.
struct SplitMix64 {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &+ 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
