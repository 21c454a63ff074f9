/// Energy of one phase between any two moments of a record, also between samples: what a meter's pulse stamps ask for.
///
/// The running integral of u·i is summed by a rule of sixth order (each step from the six samples around it) and read between samples
/// by the polynomial through the six nearest values.
public struct EnergyIntegral: Sendable {
    /// Samples a second.
    public let rate: Double
    /// Energy from sample 2 to each later one, W·s; the first and the last two samples only help.
    private let running: [Double]
    /// Samples at either end that no moment may lie in.
    private static let margin = 2

    /// The integral of a voltage and a current sampled together; `nil` with fewer than 12 samples, unequal numbers or no rate.
    public init?(voltage u: [Double], current i: [Double], rate: Double) {
        guard u.count == i.count, u.count >= 12, rate > 0, rate.isFinite else { return nil }
        self.rate = rate
        var sum = 0.0, lost = 0.0
        var running: [Double] = [0]
        running.reserveCapacity(u.count - 4)
        for n in 2..<(u.count - 3) {
            // Compensated summation (Kahan): a day of samples loses no digits.
            func p(_ k: Int) -> Double { u[n + k] * i[n + k] }
            let y = Self.step(p(-2), p(-1), p(0), p(1), p(2), p(3)) / rate - lost
            let t = sum + y
            lost = (t - sum) - y
            sum = t
            running.append(sum)
        }
        self.running = running
    }

    /// Integral over the middle one of five steps of length 1, of the polynomial through six points (Abramowitz & Stegun, 25.2 and 25.4, by integration).
    @inline(__always)
    static func step(_ a: Double, _ b: Double, _ c: Double, _ d: Double, _ e: Double, _ f: Double) -> Double {
        (11 * (a + f) - 93 * (b + e) + 802 * (c + d)) / 1440
    }

    /// Moments that can be asked for, s after the first sample.
    public var moments: ClosedRange<Double> {
        Double(Self.margin) / rate...Double(Self.margin + running.count - 1) / rate
    }

    /// Energy from one moment to another, W·s, negative backwards in time; moments are s after the first sample. `nil` where the
    /// record does not reach.
    public func energy(from begin: Double, to end: Double) -> Double? {
        guard let a = value(begin), let b = value(end) else { return nil }
        return b - a
    }

    private func value(_ moment: Double) -> Double? {
        guard moments.contains(moment) else { return nil }
        let place = moment * rate - Double(Self.margin)
        let first = max(0, min(running.count - 6, Int(place.rounded(.down)) - 2))
        let x = place - Double(first)
        var sum = 0.0
        for k in 0..<6 {
            var weight = 1.0
            for other in 0..<6 where other != k { weight *= (x - Double(other)) / Double(k - other) }
            sum += weight * running[first + k]
        }
        return sum
    }
}
