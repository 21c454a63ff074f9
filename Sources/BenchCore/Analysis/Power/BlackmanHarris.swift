#if canImport(Glibc)
    import Glibc
#endif

/// The four-term Blackman-Harris window, whose side lobes are 92 dB down (F. J. Harris, Proc. IEEE 66 (1978), 51–83, table 1).
enum BlackmanHarris {
    /// The window at a place between 0 (begin) and 1 (end); 0 outside.
    @inline(__always)
    static func value(_ place: Double) -> Double {
        guard place > 0, place < 1 else { return 0 }
        // cos 2x and cos 3x by those of x: one cosine instead of three.
        let c = cos(2 * Double.pi * place)
        let c2 = 2 * c * c - 1
        return 0.35875 - 0.48829 * c + 0.14128 * c2 - 0.01168 * (2 * c * c2 - c)
    }

    /// The window over a number of samples, each weighed at the middle of its place.
    static func weights(_ count: Int) -> [Double] { (0..<count).map { value((Double($0) + 0.5) / Double(count)) } }
}
