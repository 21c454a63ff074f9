/// How well a frequency by whole cycles is known, as far as noise goes.
public enum FrequencyNoise {
    /// Standard uncertainty of a frequency, Hz, that `FrequencyTracker` finds between two moments `seconds` apart.
    ///
    /// The phase at either end is that of a Blackman-Harris window over six nominal cycles: u(φ)² = σ²·Σw² / (U²·(Σw)²) for white noise of standard deviation
    /// σ on a fundamental of effective value U (law of propagation, every sample an input of its own).
    /// - Parameter noise: standard deviation of a sample, in the unit of `rms`, the fundamental's effective value.
    public static func standardUncertainty(
        rate: Double, nominal: Double, noise: Double, rms: Double, seconds: Double
    ) -> Double? {
        guard rate > 0, nominal > 0, rms > 0, seconds > 0, rate / nominal < 1e8 else { return nil }
        let count = 6 * (rate / nominal).rounded() + 1
        guard count >= 7 else { return nil }
        // Mean of the window, and of its square: the direct parts of their cosine series.
        let mean = 0.35875
        let square = 0.35875 * 0.35875 + (0.48829 * 0.48829 + 0.14128 * 0.14128 + 0.01168 * 0.01168) / 2
        let phase = noise / rms * (square / (mean * mean * count)).squareRoot()
        return 2.0.squareRoot() * phase / (2 * .pi * seconds)
    }
}
