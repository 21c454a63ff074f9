/// Error and expanded uncertainty as a certificate prints them (ILAC-P14:09/2020, 5.3 and 5.4; JCGM 100:2008, 7.2.6).
///
/// U keeps two significant digits and is rounded up where plain rounding would lose more than 5 % of it (EA-4/02
/// M:2022, 6.3); with two digits that can not happen, with one it can. The error keeps as many decimals as U.
public struct UncertaintyText: Sendable, Hashable {
    /// The error with its sign, e.g. `+0.123`.
    public let error: String
    /// The expanded uncertainty, e.g. `0.026`.
    public let U: String
    /// How many decimals both have.
    public let decimals: Int

    /// Rounds an error and its U, both in percent.
    public init(error: Double, U: Double, significant: Int = 2) {
        var decimals = Decimal.decimals(of: U, significant: significant)
        var text = Decimal.fixed(U, decimals)
        if let rounded = Decimal.parse(text), rounded < 0.95 * U {
            let up = rounded + power(0.1, decimals)
            // 0.0949 to one digit goes up to 0.10, which again has one digit less behind the point.
            decimals = min(decimals, Decimal.decimals(of: up, significant: significant))
            text = Decimal.fixed(up, decimals)
        }
        self.U = text
        self.decimals = decimals
        self.error = Decimal.signed(error, decimals)
    }
}

private func power(_ base: Double, _ exponent: Int) -> Double { (0..<exponent).reduce(1) { x, _ in x * base } }
