#if canImport(Glibc)
    import Glibc
#endif

/// Bursts in what a spectrum analyzer in zero span saw: power over time at one frequency, mean over each point (RMS detector).
///
/// A point in which a burst begins or ends holds part of its power, so edges are known to a fraction of a point. Sweeps have gaps between them and
/// see one channel only; for duty cycles per hour take a sweep as long as the analyzer allows, and say that it is representative.
public enum ZeroSpanBursts {
    /// Bursts of a trace, `start` and `sample` counted from its first point. Their `power` and `noise` are dBm at the analyzer (`RadioSetup.fullScale` 0, level
    /// `received`), their bandwidth is the resolution bandwidth: a trace in zero span knows no other.
    /// - Parameter least: how far above the noise a burst stands at least, dB.
    public static func find(_ trace: PowerTrace, least: Double = 10) -> [RadioBurst] {
        guard trace.power.count >= 8 else { return [] }
        let power = trace.power.map { pow(10, $0 / 10) }
        // The mean of the quietest quarter and what it lacks: of exponential values averaged over a point's time, little.
        let quiet = power.sorted().prefix(max(2, power.count / 4))
        let noise = quiet.reduce(0, +) / Double(quiet.count)
        let threshold = noise * pow(10, least / 10)
        var bursts: [RadioBurst] = []
        var at = 0
        while at < power.count {
            guard power[at] > threshold else {
                at += 1
                continue
            }
            let first = at
            while at < power.count, power[at] > threshold { at += 1 }
            bursts.append(burst(power, first..<at, noise, trace))
        }
        return bursts
    }

    private static func burst(_ power: [Double], _ points: Range<Int>, _ noise: Double, _ trace: PowerTrace)
        -> RadioBurst
    {
        let inner = points.count > 2 ? points.dropFirst().dropLast() : points
        let loud = inner.map { power[$0] }.sorted()[inner.count / 2]
        /// Share of a point in which it was on.
        func share(_ point: Int) -> Double {
            guard power.indices.contains(point) else { return 0 }
            return min(1, max(0, (power[point] - noise) / (loud - noise)))
        }
        let cutAtStart = points.lowerBound == 0, cutAtEnd = points.upperBound == power.count
        // The points at both edges, and those beside them that hold less than the threshold: noise below a tenth of the burst is none of it.
        func beside(_ point: Int) -> Double { share(point) > 0.02 ? share(point) : 0 }
        var start = Double(points.lowerBound), end = Double(points.upperBound)
        if points.count > 2 {
            if !cutAtStart { start += 1 - share(points.lowerBound) - beside(points.lowerBound - 1) }
            if !cutAtEnd { end -= 1 - share(points.upperBound - 1) - beside(points.upperBound) }
        }
        let interval = trace.interval
        // A tenth of a point at each edge where the burst stands well above the noise, a whole one where it is no longer than its edges.
        let U = points.count > 2 ? interval * (0.2 + 2 * noise / loud) : 2 * interval
        return RadioBurst(
            sample: start, samples: end - start, start: start * interval, length: (end - start) * interval, lengthU: U,
            centre: trace.setting.center, bandwidth99: trace.setting.bandwidth, bandwidth20dB: nil,
            power: 10 * log10(loud), noise: 10 * log10(noise), cutAtStart: cutAtStart, cutAtEnd: cutAtEnd, telegram: nil
        )
    }
}
