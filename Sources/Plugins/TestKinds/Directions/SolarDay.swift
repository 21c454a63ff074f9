internal import BenchCore

#if canImport(Glibc)
    import Glibc
#endif

/// A day of a house with photovoltaics as a staircase of loads: import at night, export at noon, two zero crossings.
///
/// Made up here, no standard has it: a constant consumption of 0.35 and a generation of 1.35 · sin over the twelve hours of daylight, in
/// shares of the largest export. Power factor 1 throughout.
enum SolarDay {
    /// Net power at a moment of the day (0 … 1), as a share of the largest export; positive is import.
    static func power(_ moment: Double) -> Double {
        0.35 - 1.35 * max(0, sin(2 * .pi * (moment - 0.25)))
    }

    /// Net powers of so many equal parts of the day, each taken in its middle.
    static func powers(_ steps: Int) -> [Double] { (0..<steps).map { power((Double($0) + 0.5) / Double(steps)) } }

    /// Loads of so many parts, from the load at the largest export; currents below `least` are none.
    static func loads(_ steps: Int, peak: LoadSetting, least: Double) -> [LoadSetting] {
        powers(steps).map { share in
            var load = peak
            for i in load.phases.indices where load.phases[i].current > 0 {
                let current = load.phases[i].current * abs(share)
                load.phases[i].current = current < least ? 0 : current
                load.phases[i].currentLag = share < 0 ? 180 : 0
            }
            return load
        }
    }
}
