#if canImport(Glibc)
    import Glibc
#endif

/// Power density at a distance from an antenna, and the distance at which a limit is met; far field.
///
/// FCC OET Bulletin 65 (edition 97-01), section 2: S = P·G·F / 4πR², F the reflection factor: 1 free space, 2.56 usual ground
/// (field × 1.6), 4 perfect reflection. Averaged over time by the duty cycle (47 CFR 1.1310, source-based averaging of 2.1091).
public enum Exposure {
    /// Power density, mW/cm².
    /// - Parameters:
    ///   - eirp: power times gain towards the person, mW; `distance` in cm.
    public static func density(eirp: Double, duty: Double, reflection: Double, distance: Double) -> Double {
        eirp * duty * reflection / (4 * .pi * distance * distance)
    }

    /// Smallest distance, cm, at which the density is no higher than `limit`, mW/cm².
    public static func distance(eirp: Double, duty: Double, reflection: Double, limit: Double) -> Double {
        (eirp * duty * reflection / (4 * .pi * limit)).squareRoot()
    }

    /// A ratio in dB as a number.
    public static func ratio(_ decibels: Double) -> Double { pow(10, decibels / 10) }

    /// EIRP over ERP: the gain of a half-wave dipole, 1.64 (2.15 dB).
    public static let dipoleGain = 1.64

    /// Highest conducted power, dBm, where the limit holds for antennas up to 6 dBi: as many dB less as the antenna has more (47 CFR 15.247 (b)(4)).
    public static func conductedLimit(_ limit: Double, gain: Double) -> Double { limit - max(0, gain - 6) }
}
