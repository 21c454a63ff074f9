#if canImport(Glibc)
    import Glibc
#endif

extension PhaseLoad {
    /// sin of an angle in degrees.
    static func sine(ofDegrees degrees: Double) -> Double { sin(degrees * .pi / 180) }
}

extension LoadSetting {
    /// Effective voltage, V, effective current, A, and active power, W, of a phase (0 … 2), harmonics and modulation included; events are not.
    ///
    /// Orders of voltage and current make power together, each with its own angle; interharmonics add to the effective values only (IEEE 1459-2010, 3.1.2).
    public func effective(_ index: Int) -> (voltage: Double, current: Double, power: Double) {
        let phase = phases[index]
        let sine = Phasor.power(
            Phasor(rms: phase.voltage, angle: phase.voltageAngle),
            Phasor(rms: phase.current, angle: phase.voltageAngle - phase.currentLag)
        ).active
        let voltage = part(index, .voltage), current = part(index, .current)
        var power = sine
        for u in voltage?.harmonics ?? [] {
            for i in current?.harmonics ?? [] where i.order == u.order {
                // Both angles count from the zero crossing of their own fundamental; the current's comes later by its lag.
                let angle = Double(u.order) * phase.currentLag + u.angle - i.angle
                power +=
                    Phasor.power(
                        Phasor(rms: phase.voltage * u.percent / 100, angle: angle),
                        Phasor(rms: phase.current * i.percent / 100, angle: 0)
                    ).active
            }
        }
        return (phase.voltage * (voltage?.crowding ?? 1), phase.current * (current?.crowding ?? 1), power)
    }

    private func part(_ index: Int, _ quantity: LoadShape.Output.Quantity) -> LoadShape.Part? {
        shape?.parts.first { $0.output == LoadShape.Output(phase: index + 1, quantity: quantity) }
    }

    /// Total harmonic distortion of a phase's voltage, percent of the fundamental; 0 for a sine.
    public func voltageDistortion(_ index: Int) -> Double {
        (part(index, .voltage)?.harmonics ?? []).reduce(0) { $0 + $1.percent * $1.percent }.squareRoot()
    }
    /// Whether any voltage is more than a sine while it is steady.
    public var distortsVoltage: Bool {
        shape?.parts.contains {
            $0.output.quantity == .voltage
                && !($0.harmonics.isEmpty && $0.interharmonics.isEmpty && $0.fluctuation == nil)
        } ?? false
    }
}

extension LoadShape.Part {
    /// Effective value over that of the fundamental.
    fileprivate var crowding: Double {
        let squares =
            harmonics.reduce(1) { $0 + $1.percent * $1.percent / 1e4 }
            + interharmonics.reduce(0) { $0 + $1.percent * $1.percent / 1e4 }
        guard let fluctuation else { return squares.squareRoot() }
        // An amplitude that goes ±m around its mean: 1 + m² where it jumps, 1 + m²/2 where it swings.
        let m = fluctuation.depth / 200
        return (squares * (1 + (fluctuation.form == .rectangular ? m * m : m * m / 2))).squareRoot()
    }
}

/// Currents that are no sine, as the standards describe them for influence tests; each is given by its effective value as a whole.
public struct DistortedCurrent: Sendable, Hashable {
    /// Effective value of the fundamental over that of the whole.
    public var fundamental: Double
    /// By how much the fundamental lags the sine that was distorted, degrees.
    public var lag: Double
    /// What is put on top of the fundamental.
    public var harmonics: [LoadShape.Harmonic], fluctuation: LoadShape.Fluctuation?

    /// A half-wave rectified sine: a direct component of 2√2/π of the fundamental's effective value, and even harmonics up to an order
    /// (IEC 62053-21:2003, annex A: the effective value is half of the peak).
    public static func halfWave(to order: Int) -> DistortedCurrent {
        shaped(to: order) { $0 < .pi ? sin($0) : 0 }
    }

    /// A sine that flows from an angle to the end of each half-cycle, 90° for the test of odd harmonics (IEC 62053-21:2003, annex A).
    public static func phaseFired(at degrees: Double, to order: Int) -> DistortedCurrent {
        let from = degrees * .pi / 180
        return shaped(to: order) { $0.truncatingRemainder(dividingBy: .pi) < from ? 0 : sin($0) }
    }

    /// A sine that flows for some whole cycles and rests for as many, two and two for the test of sub-harmonics (IEC 62053-21:2003, annex A).
    public static func burst(cycles: Int, frequency: Double) -> DistortedCurrent {
        DistortedCurrent(
            fundamental: 0.5.squareRoot(), lag: 0, harmonics: [],
            fluctuation: LoadShape.Fluctuation(
                form: .rectangular, depth: 200, frequency: frequency / Double(2 * cycles)))
    }

    /// Harmonics of one period of a wave by its Fourier sums, without what is below 0.05 % of the fundamental; effective value 1 with those kept.
    private static func shaped(to order: Int, _ wave: (Double) -> Double) -> DistortedCurrent {
        let steps = 7200
        // In the middle of each step, so that a jump between two counts half to each.
        func sums(_ order: Int) -> (sine: Double, cosine: Double) {
            var (a, b) = (0.0, 0.0)
            for n in 0..<steps {
                let angle = 2 * .pi * (Double(n) + 0.5) / Double(steps), value = wave(angle)
                a += value * sin(Double(order) * angle)
                b += value * cos(Double(order) * angle)
            }
            return (2 * a / Double(steps), 2 * b / Double(steps))
        }
        let (a1, b1) = sums(1)
        let amplitude = hypot(a1, b1), lead = atan2(b1, a1)
        var harmonics: [LoadShape.Harmonic] = []
        // The mean against the effective value of the fundamental.
        let mean = sums(0).cosine / 2 / (amplitude / 2.0.squareRoot())
        if abs(mean) > 5e-4 {
            harmonics.append(.init(order: 0, percent: 100 * abs(mean), angle: mean < 0 ? 180 : 0))
        }
        for n in stride(from: 2, through: order, by: 1) {
            let (a, b) = sums(n)
            let share = hypot(a, b) / amplitude
            guard share > 5e-4 else { continue }
            var angle = (atan2(b, a) - Double(n) * lead) * 180 / .pi
            angle -= 360 * (angle / 360).rounded()
            harmonics.append(.init(order: n, percent: 100 * share, angle: angle))
        }
        let whole = harmonics.reduce(1) { $0 + $1.percent * $1.percent / 1e4 }.squareRoot()
        return DistortedCurrent(
            fundamental: 1 / whole, lag: -lead * 180 / .pi, harmonics: harmonics, fluctuation: nil)
    }
}
