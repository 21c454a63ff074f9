import FoundationEssentials

#if canImport(Glibc)
    import Glibc
#endif

/// Which way energy flows through the meter: import is from the grid to the customer.
public enum EnergyDirection: String, Sendable, Codable, CaseIterable, Hashable {
    case `import`, export
}

/// Power factor with its side: `1`, `0.5 ind` (current lags), `0.8 cap` (current leads).
public struct PowerFactor: Sendable, Hashable, Codable, CustomStringConvertible {
    /// Whether the current lags (inductive) or leads (capacitive) the voltage.
    public enum Side: String, Sendable, Codable, Hashable {
        case unity, inductive, capacitive
    }

    /// The magnitude, 0 … 1.
    public let magnitude: Double
    /// The side; `unity` exactly when the magnitude is 1.
    public let side: Side

    /// A power factor; `nil` where magnitude and side contradict each other (0.5 needs a side, 1 has none).
    public init?(_ magnitude: Double, _ side: Side) {
        guard magnitude >= 0, magnitude <= 1, (magnitude == 1) == (side == .unity) else { return nil }
        self.magnitude = magnitude
        self.side = side
    }

    private init(unchecked magnitude: Double, _ side: Side) {
        self.magnitude = magnitude
        self.side = side
    }

    /// Power factor one.
    public static let unity = PowerFactor(unchecked: 1, .unity)

    /// Reads `1`, `0.5 ind`, `0.8 cap`.
    public init?(_ text: some StringProtocol) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard let first = words.first, let number = Decimal.parse(first), words.count <= 2 else { return nil }
        let side: Side
        switch words.count == 2 ? String(words[1]) : "" {
        case "": side = .unity
        case "ind": side = .inductive
        case "cap": side = .capacitive
        default: return nil
        }
        self.init(number, side)
    }

    /// The angle by which the current lags its voltage, in degrees, for energy flowing in `direction`: export adds 180°.
    public func currentLag(_ direction: EnergyDirection) -> Double {
        let angle = acos(magnitude) * 180 / .pi
        let lag = side == .capacitive ? -angle : angle
        return direction == .import ? lag : lag + 180
    }

    /// What people read in messages and tables.
    public var description: String {
        switch side {
        case .unity: return Decimal.shortest(magnitude)
        case .inductive: return Decimal.shortest(magnitude) + " ind"
        case .capacitive: return Decimal.shortest(magnitude) + " cap"
        }
    }
}

/// A sinusoidal quantity as effective value and angle in degrees.
public struct Phasor: Sendable, Hashable, Codable {
    /// The effective (rms) value in its coherent unit.
    public var rms: Double
    /// The angle in degrees against U1, anticlockwise positive.
    public var angle: Double

    /// A phasor by effective value and angle in degrees.
    public init(rms: Double, angle: Double) {
        self.rms = rms
        self.angle = angle
    }

    /// Active and reactive power of voltage `u` with current `i`: P = UI cos φ, Q = UI sin φ, φ = angle(u) − angle(i).
    public static func power(_ u: Phasor, _ i: Phasor) -> (active: Double, reactive: Double) {
        let phi = (u.angle - i.angle) * .pi / 180
        return (u.rms * i.rms * cos(phi), u.rms * i.rms * sin(phi))
    }
}
