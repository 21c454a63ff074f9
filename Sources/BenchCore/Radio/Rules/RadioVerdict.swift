/// What one rule says of what was on the air, with the bursts that it rests on.
public struct RadioVerdict: Sendable, Hashable, Codable {
    /// What was judged: `duty cycle, 868 to 868.6 MHz, non-specific`.
    public var rule: String
    /// The value found and its expanded uncertainty (k = 2), the limit, and their unit.
    public var value: Double?, U: Double?, limit: Double?, unit: String
    /// The verdict with its reason.
    public var verdict: Verdict
    /// Where the limit comes from.
    public var citation: Citation
    /// The bursts it rests on, by their place in the list of the survey.
    public var bursts: [Int]
}
