/// Where a number comes from: document, edition, clause, and how well it was confirmed.
public struct Citation: Sendable, Hashable, Codable {
    /// How the number was confirmed when the table was made.
    public enum Confirmation: String, Sendable, Codable, Hashable, CaseIterable {
        case twoSources = "two-sources"
        case oneSource = "one-source"
        case memory
    }
    /// How sure the table's maker is; `low` never decides a verdict.
    public enum Confidence: String, Sendable, Codable, Hashable, CaseIterable { case high, medium, low }

    /// The document, e.g. `IEC 62053-22`.
    public var document: String
    /// The edition, e.g. `2003`.
    public var edition: String
    /// The clause or table, e.g. `8.1 Table 4`.
    public var clause: String
    /// How it was confirmed.
    public var verified: Confirmation
    /// How sure the table's maker is.
    public var confidence: Confidence

    /// A citation by its parts.
    public init(document: String, edition: String, clause: String, verified: Confirmation, confidence: Confidence) {
        self.document = document
        self.edition = edition
        self.clause = clause
        self.verified = verified
        self.confidence = confidence
    }

    /// One line for tables: `IEC 62053-22:2003, 8.1 Table 4`.
    public var text: String { "\(document):\(edition), \(clause)" }
}
