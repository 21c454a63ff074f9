#if canImport(Glibc)
    import Glibc
#endif

/// Where in the spectrum a burst stands, from its mean spectrum and the noise.
struct BurstChannel {
    /// Hz from the centre frequency of the recording; widths in Hz.
    var offset: Double, width99: Double, width20: Double?
    /// Mean squares, full scale 1.
    var power: Double, noise: Double
    /// Noise per bin in the channel.
    var density: Double

    /// - Parameters:
    ///   - low: lowest bin that belongs to the burst; `high` the highest.
    init?(_ spectrum: [Double], _ floor: UnsafePointer<Double>, low: Int, high: Int, binWidth: Double) {
        let from = max(0, low - 2), to = min(spectrum.count - 1, high + 2)
        guard from < to else { return nil }
        var parts: [Double] = []
        var total = 0.0, top = 0.0, topBin = from
        for bin in from...to {
            let part = max(0, spectrum[bin] - floor[bin])
            parts.append(part)
            total += part
            if part > top { (top, topBin) = (part, bin) }
        }
        guard total > 0 else { return nil }
        let middle = Double(spectrum.count / 2)
        /// Place in bins below which a share of the power lies; a bin's power is spread evenly over it.
        func place(_ share: Double) -> Double {
            var sum = 0.0
            for (index, part) in parts.enumerated() {
                if sum + part >= share * total, part > 0 {
                    return Double(from + index) - 0.5 + (share * total - sum) / part
                }
                sum += part
            }
            return Double(to) + 0.5
        }
        let lower = place(0.005), upper = place(0.995)
        offset = ((lower + upper) / 2 - middle) * binWidth
        width99 = max(upper - lower, 1) * binWidth
        power = total
        let bins =
            max(0, Int(lower.rounded()))...min(spectrum.count - 1, max(Int(lower.rounded()), Int(upper.rounded())))
        density = bins.reduce(0) { $0 + floor[$1] } / Double(bins.count)
        noise = density * max(upper - lower, 1)
        width20 = nil
        // The level 20 dB down has to stand twice above the noise to be seen.
        let level = top / 100
        if level > floor[topBin] {
            var left = topBin, right = topBin
            for bin in from...to where spectrum[bin] - floor[bin] >= level {
                left = min(left, bin)
                right = max(right, bin)
            }
            width20 = Double(right - left + 1) * binWidth
        }
    }
}
