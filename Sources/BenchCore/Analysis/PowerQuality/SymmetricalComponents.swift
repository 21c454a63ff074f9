import Glibc

extension Phasor {
    /// The phasor as a point of the complex plane: x real, y imaginary.
    var plane: SIMD2<Double> { SIMD2(rms * cos(angle * .pi / 180), rms * sin(angle * .pi / 180)) }

    /// The phasor of a point of the complex plane.
    init(plane: SIMD2<Double>) {
        self.init(rms: hypot(plane.x, plane.y), angle: atan2(plane.y, plane.x) * 180 / .pi)
    }

    /// The same phasor turned by `degrees`, anticlockwise positive.
    func turned(_ degrees: Double) -> Phasor { Phasor(rms: rms, angle: angle + degrees) }
}

/// Zero, positive and negative sequence of three phasors (Fortescue; IEC 61000-4-30:2015, 5.7.1).
public struct SymmetricalComponents: Sendable, Hashable, Codable {
    /// Zero sequence: (a + b + c)/3, in the unit of the phasors.
    public let zero: Phasor
    /// Positive sequence: (a + αb + α²c)/3 with α = 1∠120°.
    public let positive: Phasor
    /// Negative sequence: (a + α²b + αc)/3.
    public let negative: Phasor

    /// The components of the fundamental phasors of L1, L2 and L3.
    public init(_ a: Phasor, _ b: Phasor, _ c: Phasor) {
        func third(_ turnB: Double, _ turnC: Double) -> Phasor {
            Phasor(plane: (a.plane + b.turned(turnB).plane + c.turned(turnC).plane) / 3)
        }
        zero = third(0, 0)
        positive = third(120, -120)
        negative = third(-120, 120)
    }

    /// Negative-sequence unbalance u2 = |negative|/|positive|, in percent (IEC 61000-4-30:2015, 5.7.1); `nil` where the
    /// positive sequence vanishes, as with a single voltage of three that are equal in phase.
    public var negativeUnbalance: Double? { ratio(negative) }

    /// Zero-sequence unbalance u0 = |zero|/|positive|, in percent (IEC 61000-4-30:2015, 5.7.1); `nil` where the positive
    /// sequence vanishes.
    public var zeroUnbalance: Double? { ratio(zero) }

    private func ratio(_ part: Phasor) -> Double? {
        // Rounding leaves about 1e-16 of the largest phasor where nothing should be left.
        guard positive.rms > 1e-12 * max(zero.rms, negative.rms), positive.rms > 0 else { return nil }
        return part.rms / positive.rms * 100
    }

    /// u2 in percent from the three line voltages alone (IEC 61000-4-30:2015, 5.7.1):
    /// √((1 − √(3 − 6β))/(1 + √(3 − 6β))), β = ΣU⁴/(ΣU²)².
    ///
    /// `nil` where the three cannot be sides of a triangle, so that they are no line voltages of one moment, or all are
    /// zero.
    public static func negativeUnbalance(lineVoltages u12: Double, _ u23: Double, _ u31: Double) -> Double? {
        let squares = [u12 * u12, u23 * u23, u31 * u31]
        let sum = squares.reduce(0, +)
        guard sum > 0, sum.isFinite else { return nil }
        let beta = squares.reduce(0) { $0 + $1 * $1 } / (sum * sum)
        let inner = 3 - 6 * beta
        guard inner > -1e-12 else { return nil }
        let root = max(0, inner).squareRoot()
        return (max(0, 1 - root) / (1 + root)).squareRoot() * 100
    }
}
