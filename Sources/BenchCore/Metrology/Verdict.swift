/// What is said of a meter at a test point or as a whole.
public enum Verdict: Sendable, Hashable, Codable {
    case notTested(reason: String)
    case pass
    case inconclusive(reason: String)
    case fail(reason: String)

    /// The word alone: `not tested`, `pass`, `inconclusive`, `fail`.
    public var word: String {
        switch self {
        case .notTested: return "not tested"
        case .pass: return "pass"
        case .inconclusive: return "inconclusive"
        case .fail: return "fail"
        }
    }
    /// The reason, where there is one.
    public var reason: String? {
        switch self {
        case .pass: return nil
        case .notTested(let r), .inconclusive(let r), .fail(let r): return r
        }
    }

    private enum Key: String, CodingKey { case word, reason }

    /// Reads `{"word": …, "reason": …}`.
    public init(from decoder: any Decoder) throws {
        let c = try decoder.container(keyedBy: Key.self)
        let word = try c.decode(String.self, forKey: .word)
        let reason = try c.decodeIfPresent(String.self, forKey: .reason) ?? ""
        switch word {
        case "pass": self = .pass
        case "not tested": self = .notTested(reason: reason)
        case "inconclusive": self = .inconclusive(reason: reason)
        case "fail": self = .fail(reason: reason)
        default:
            throw DecodingError.dataCorruptedError(forKey: .word, in: c, debugDescription: "unknown verdict \(word)")
        }
    }

    /// Writes `{"word": …, "reason": …}`.
    public func encode(to encoder: any Encoder) throws {
        var c = encoder.container(keyedBy: Key.self)
        try c.encode(word, forKey: .word)
        try c.encodeIfPresent(reason, forKey: .reason)
    }
}

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
