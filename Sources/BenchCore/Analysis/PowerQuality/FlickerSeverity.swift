import Glibc

/// The flicker severity of one interval (IEC 61000-4-15:2010, 5.7).
public struct FlickerSeverity: Sendable, Hashable, Codable {
    /// Short-term severity Pst.
    public let pst: Double
    /// The largest instantaneous flicker sensation Pinst of the interval, in units of perceptibility.
    public let pinstMax: Double
    /// When the interval began, s after the first sample.
    public let start: Double
    /// How long it was, s. The standard asks for 600 s; anything else is no Pst of the standard.
    public let duration: Double
    /// Samples of the interval that were no numbers or beyond 1e9 and counted as zero: with any, the value is invalid.
    public let invalidSamples: Int

    /// Whether it is a Pst of the standard: ten minutes, and every sample a number.
    public var isStandard: Bool { abs(duration - 600) < 1e-3 && invalidSamples == 0 }

    /// Shares of time, in percent, whose exceeded levels make Pst.
    public static let percents = [0.1, 0.7, 1, 1.5, 2.2, 3, 4, 6, 8, 10, 13, 17, 30, 50, 80]

    /// Pst from the levels of Pinst that are exceeded for the shares of time in `percents`, in that order
    /// (IEC 61000-4-15:2010, 5.7.2): √(0.0314·P0.1 + 0.0525·P1s + 0.0657·P3s + 0.28·P10s + 0.08·P50s).
    ///
    /// `nil` where there are not 15 levels.
    public static func shortTerm(levels p: [Double]) -> Double? {
        guard p.count == percents.count else { return nil }
        let p1 = (p[1] + p[2] + p[3]) / 3
        let p3 = (p[4] + p[5] + p[6]) / 3
        let p10 = (p[7] + p[8] + p[9] + p[10] + p[11]) / 5
        let p50 = (p[12] + p[13] + p[14]) / 3
        return (0.0314 * p[0] + 0.0525 * p1 + 0.0657 * p3 + 0.28 * p10 + 0.08 * p50).squareRoot()
    }

    /// Long-term severity Plt: the cubic mean of consecutive Pst, twelve for two hours (IEC 61000-4-15:2010, 5.8). `nil` of
    /// none.
    public static func longTerm(_ pst: [Double]) -> Double? {
        pst.isEmpty ? nil : cbrt(pst.reduce(0) { $0 + $1 * $1 * $1 } / Double(pst.count))
    }
}
