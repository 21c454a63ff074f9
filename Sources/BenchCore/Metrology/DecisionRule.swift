/// How a limit and an uncertainty become a verdict (ILAC-G8:09/2019): data, agreed before measuring.
public struct DecisionRule: Sendable, Hashable, Codable {
    /// Guard band as a multiple r of U: w = r·U; 0 is simple acceptance, 1 is w = U.
    public var guardFactor: Double

    /// A rule by its guard factor, r ≥ 0.
    public init(guardFactor: Double) { self.guardFactor = guardFactor }
    /// Accept up to the limit itself.
    public static let simpleAcceptance = DecisionRule(guardFactor: 0)
    /// Accept up to the limit less U.
    public static let guardBandU = DecisionRule(guardFactor: 1)
}

extension DecisionRule {
    /// Reads a rule as orders and procedures write it: `simple acceptance`, `guard band U`, `guard band 0.83 U`.
    ///
    /// The factor r is a plain positive number (ILAC-G8:09/2019 table 1 lists 0.83, 1, 1.5 and 3); anything else is
    /// `nil`.
    public init?(text: some StringProtocol) {
        let words = text.split(separator: " ")
        switch words.count {
        case 2 where words[0] == "simple" && words[1] == "acceptance": self = .simpleAcceptance
        case 3 where words[0] == "guard" && words[1] == "band" && words[2] == "U": self = .guardBandU
        case 4 where words[0] == "guard" && words[1] == "band" && words[3] == "U":
            guard let factor = Decimal.parse(words[2]), factor > 0 else { return nil }
            self.init(guardFactor: factor)
        default: return nil
        }
    }

    /// The rule as orders write it; `init(text:)` reads it back.
    public var text: String {
        switch guardFactor {
        case 0: return "simple acceptance"
        case 1: return "guard band U"
        default: return "guard band \(Decimal.shortest(guardFactor)) U"
        }
    }

    /// The guard band w = r·U in the unit of U.
    public func guardBand(_ U: Double) -> Double { guardFactor * U }
}
