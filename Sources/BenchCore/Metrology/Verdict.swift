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

extension Verdict {
    /// What is held but not judged, as the warm-up: it takes no part in the verdict on the meter.
    public static let notJudged = Verdict.notTested(reason: "warm-up is not judged")

    /// The verdict on a meter from the verdicts on its test points: one fail fails it; else anything inconclusive or
    /// not tested leaves it inconclusive; else it passes. `notJudged` takes no part; without any judged point: not
    /// tested.
    public static func combine(_ verdicts: some Sequence<Verdict>) -> Verdict {
        let judged = verdicts.filter { $0 != .notJudged }
        guard !judged.isEmpty else { return .notTested(reason: "no test point was judged") }
        func all(_ word: (Verdict) -> Bool) -> [String] { judged.filter(word).compactMap(\.reason) }
        let failed = all { if case .fail = $0 { true } else { false } }
        if let first = failed.first { return .fail(reason: summary(failed.count, "failed", first)) }
        let open = all {
            switch $0 {
            case .inconclusive, .notTested: true
            default: false
            }
        }
        if let first = open.first { return .inconclusive(reason: summary(open.count, "without a decision", first)) }
        return .pass
    }

    private static func summary(_ count: Int, _ what: String, _ first: String) -> String {
        count == 1 ? "1 test point \(what): \(first)" : "\(count) test points \(what); the first: \(first)"
    }
}
