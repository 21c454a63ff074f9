/// Why a multi-sine fit gives no answer: one sentence that says what was found and what would be right.
public struct MultiSineTrouble: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of trouble.
    public enum Code: String, Sendable, Hashable, Codable {
        /// Voltage and current are not as many samples, samples are no numbers, or lie at the end of the digitizer's range.
        case lengths, notFinite, saturated
        /// The record is too short, or nothing turns in it between the frequencies asked for.
        case tooShort, noFundamental
        /// Two tones lie closer than the record can tell apart.
        case tooNear
        /// What is left is more than noise.
        case doesNotFit
    }

    /// What kind.
    public let code: Code
    /// The sentence.
    public let description: String

    /// A trouble by its parts.
    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    /// Of the same kind.
    public static func == (a: Self, b: Self) -> Bool { a.code == b.code }
    /// By the kind alone.
    public func hash(into hasher: inout Hasher) { hasher.combine(code) }
}
