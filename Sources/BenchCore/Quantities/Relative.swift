/// A share of a nameplate value, as `1 % In`, `115 % Un`, `Imax`: a type of its own until planning resolves it.
public struct RelativeQuantity: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The share as a number: 0.01 for `1 % In`.
    public var factor: Double
    /// The symbol of the base: `Un`, `In`, `Ib`, `Itr`, `Imin`, `Ist`, `Imax`, `fn`.
    public var base: String

    /// A share of a base.
    public init(_ factor: Double, _ base: String) {
        self.factor = factor
        self.base = base
    }

    /// What people read in messages and tables.
    public var description: String {
        factor == 1 ? base : Decimal.shortest((factor * 1e14).rounded() / 1e12) + " % " + base
    }
}

/// A value as somebody wrote it: absolute, or relative to a nameplate value that planning will fill in.
public enum Setting<D: Dimension>: Sendable, Hashable, Codable {
    case absolute(Quantity<D>)
    case relative(RelativeQuantity)
}
