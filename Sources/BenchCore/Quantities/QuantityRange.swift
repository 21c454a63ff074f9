/// From one quantity to another, each end included or not.
public struct QuantityRange<D: Dimension>: Sendable, Hashable {
    /// Lower and upper end.
    public var lower: Quantity<D>, upper: Quantity<D>
    /// Whether the ends belong to the range.
    public var includesLower: Bool, includesUpper: Bool

    /// A range by its ends; lower is not above upper.
    public init(_ lower: Quantity<D>, _ upper: Quantity<D>, includesLower: Bool = true, includesUpper: Bool = true) {
        self.lower = lower
        self.upper = upper
        self.includesLower = includesLower
        self.includesUpper = includesUpper
    }

    /// The range in coherent units with both ends included: an excluded end moves by the smallest step a number has.
    public var closed: ClosedRange<Double> {
        let low = includesLower ? lower.value : lower.value.nextUp
        let high = includesUpper ? upper.value : upper.value.nextDown
        return min(low, high)...max(low, high)
    }
}

/// A value with its allowed deviation on both sides: `23 °C ± 2 °C`, `fn ± 0.3 %`.
public struct Tolerance<D: Dimension>: Sendable, Hashable, Codable {
    /// How far the value may be away.
    public enum Deviation: Sendable, Hashable, Codable {
        /// In the coherent unit of the dimension (kelvin for temperatures).
        case absolute(Double)
        /// As a share of the middle (0.003 for `0.3 %`).
        case share(Double)
    }
    /// The middle.
    public var middle: Setting<D>
    /// The deviation, not negative.
    public var deviation: Deviation

    /// A tolerance by middle and deviation.
    public init(_ middle: Setting<D>, _ deviation: Deviation) {
        self.middle = middle
        self.deviation = deviation
    }

    /// Lowest and highest value allowed, coherent unit; `value` gives the nameplate value behind a symbol.
    public func range(_ value: (String) -> Double?) -> ClosedRange<Double>? {
        guard let centre = middle.resolved(value) else { return nil }
        switch deviation {
        case .absolute(let half): return centre - half...centre + half
        case .share(let share): return centre - abs(centre) * share...centre + abs(centre) * share
        }
    }
}

extension Setting {
    /// The value in the coherent unit; `value` gives the nameplate value behind a symbol (see `Nameplate.value(of:)`).
    public func resolved(_ value: (String) -> Double?) -> Double? {
        switch self {
        case .absolute(let quantity): return quantity.value
        case .relative(let relative): return value(relative.base).map { $0 * relative.factor }
        }
    }

    /// As people write it: `230 V`, `115 % Un`.
    public var text: String {
        switch self {
        case .absolute(let quantity): return QuantityText.text(quantity)
        case .relative(let relative): return relative.description
        }
    }
}

/// The largest uncertainty allowed: a number of percent, or a share of the limit that applies.
public enum UncertaintyDemand: Sendable, Hashable, Codable {
    case percent(Double)
    /// A share of the magnitude of the limit: 0.2 for `at most 1/5 of limit`.
    case ofLimit(Double)

    /// The largest expanded uncertainty in percent under a limit of that magnitude (percent).
    public func percent(limit: Double?) -> Double? {
        switch self {
        case .percent(let percent): return percent
        case .ofLimit(let share): return limit.map { $0 * share }
        }
    }
}
