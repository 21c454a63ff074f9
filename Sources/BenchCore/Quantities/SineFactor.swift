#if canImport(Glibc)
    import Glibc
#endif

/// sin φ with its side, as loads of reactive energy are stated: `1 ind` (current lags), `0.5 cap` (current leads).
public struct SineFactor: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The magnitude, above 0 up to 1.
    public let magnitude: Double
    /// Inductive or capacitive.
    public let side: PowerFactor.Side

    /// A factor; `nil` where the magnitude is not above 0 and at most 1, or the side is none.
    public init?(_ magnitude: Double, _ side: PowerFactor.Side) {
        guard magnitude > 0, magnitude <= 1, side != .unity else { return nil }
        self.magnitude = magnitude
        self.side = side
    }

    /// Reads `1 ind`, `0.5 cap`.
    public init?(_ text: some StringProtocol) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 2, let number = Decimal.parse(words[0]), words[1] == "ind" || words[1] == "cap" else {
            return nil
        }
        self.init(number, words[1] == "ind" ? .inductive : .capacitive)
    }

    /// The angle by which the current lags its voltage, in degrees, where active energy flows in `direction`: export adds 180°.
    public func currentLag(_ direction: EnergyDirection) -> Double {
        let angle = asin(magnitude) * 180 / .pi
        let lag = side == .capacitive ? -angle : angle
        return direction == .import ? lag : lag + 180
    }

    /// The power factor of the same load.
    public var powerFactor: PowerFactor {
        PowerFactor((1 - magnitude * magnitude).squareRoot(), side) ?? .unity
    }

    /// Which way reactive energy flows where active energy flows in `direction`: import is +Q (quadrants I and II), export −Q (III and IV).
    public func reactiveDirection(_ direction: EnergyDirection) -> EnergyDirection {
        (side == .inductive) == (direction == .import) ? .import : .export
    }

    /// What people read in messages and tables: `0.5 ind`.
    public var description: String { Decimal.shortest(magnitude) + (side == .inductive ? " ind" : " cap") }
}

/// One of the four quadrants of active and reactive power, as IEC 62053-23:2003, annex C, draws them for a consumer.
public enum Quadrant: String, Sendable, Codable, Hashable, CaseIterable {
    /// Import, current lags: +P, +Q.
    case first = "I"
    /// Export, −P, +Q.
    case second = "II"
    /// Export, −P, −Q.
    case third = "III"
    /// Import, current leads: +P, −Q.
    case fourth = "IV"

    /// The quadrant of two directions.
    public init(active: EnergyDirection, reactive: EnergyDirection) {
        switch (active, reactive) {
        case (.import, .import): self = .first
        case (.export, .import): self = .second
        case (.export, .export): self = .third
        case (.import, .export): self = .fourth
        }
    }

    /// Which way active energy flows.
    public var active: EnergyDirection { self == .first || self == .fourth ? .import : .export }
    /// Which way reactive energy flows.
    public var reactive: EnergyDirection { self == .first || self == .second ? .import : .export }
}
