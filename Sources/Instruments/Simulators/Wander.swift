internal import BenchCore

#if canImport(Glibc)
    import Glibc
#endif

/// A slow random fluctuation about zero as a sum of sines, so that its integral over any time is exact.
struct Wander: Sendable {
    private var amplitude: [Double] = [], omega: [Double] = [], phase: [Double] = []

    /// A fluctuation with a standard deviation and sines near the given periods (s); all shares are equal.
    init(standardDeviation: Double, periods: [Double], random: inout SeededGenerator) {
        for period in periods {
            // Each period is moved a little, so that no two fluctuations beat together.
            let p = period * random.uniform(in: 0.8...1.25)
            let angle = random.uniform(in: 0...(2 * .pi))
            guard standardDeviation > 0 else { continue }
            amplitude.append(standardDeviation * (2 / Double(periods.count)).squareRoot())
            omega.append(2 * .pi / p)
            phase.append(angle)
        }
    }

    /// The value at a time.
    func value(_ t: Double) -> Double {
        var sum = 0.0
        for i in amplitude.indices { sum += amplitude[i] * sin(omega[i] * t + phase[i]) }
        return sum
    }

    /// An antiderivative at a time; differences of it are integrals.
    func integral(_ t: Double) -> Double {
        var sum = 0.0
        for i in amplitude.indices { sum -= amplitude[i] / omega[i] * cos(omega[i] * t + phase[i]) }
        return sum
    }
}
