#if canImport(Glibc)
    import Glibc
#endif

/// Where a channel's power goes on or off: the most likely place of one change between two known mean powers.
///
/// The logarithm of the likelihood ratio of two exponential distributions is summed; the change lies where the sum turns (E. S. Page,
/// Biometrika 41, 1954). The lower power counts as at least a tenth of the higher, so that the place is that of half the
/// amplitude, however strong the signal is.
enum EdgeSearch {
    /// Number of the first output that belongs to the burst (`rising`), or of the first that no longer does.
    static func edge(_ power: [Double], quiet: Double, loud: Double, rising: Bool) -> Int? {
        guard !power.isEmpty, loud > quiet, quiet > 0 else { return nil }
        let low = max(quiet, loud / 11)
        let slope = 1 / low - 1 / loud, level = log(loud / low)
        var sum = 0.0, best = 0.0, place = 0
        for (index, value) in power.enumerated() {
            sum += value * slope - level
            if rising ? sum < best : sum > best {
                best = sum
                place = index + 1
            }
        }
        return place
    }
}
