/// How the bytes of a serial language are cut into words: a line ended by CR, a frame with a check sum.
///
/// A value of this kind is pure: it owns no port and keeps nothing between two calls.
public protocol WireFraming: Sendable {
    /// What one word becomes.
    associatedtype Word: Sendable

    /// Takes the first whole word from the front of `buffer`; `nil` while none is whole. Bytes that can belong to no word are
    /// dropped on the way.
    func take(_ buffer: inout [UInt8]) -> FramedWord<Word>?
    /// Bytes that end a half-sent command on the other side, sent after a time-out; empty where the language has none.
    var ending: [UInt8] { get }
    /// How a word reads in messages.
    func text(_ word: Word) -> String
}

/// What a framing found at the front of a buffer.
public enum FramedWord<Word: Sendable>: Sendable {
    /// A whole word.
    case word(Word)
    /// Bytes that were meant as a word and are damaged, and why; they are gone from the buffer.
    case broken(String)
}

/// One question and what counts as its answer.
public struct FrameExchange<Word: Sendable>: Sendable {
    /// What a word is to the exchange that waits.
    public enum Verdict: Sendable, Hashable {
        /// Part of the answer; more follows.
        case part
        /// The end of the answer.
        case last
        /// The instrument refuses, in these words.
        case refused(String)
        /// The end of a late answer to another question: it, and the parts before it, are not this one's.
        case ofAnother
        /// Not meant for this exchange: an event, or a late answer to another.
        case unasked
    }
    /// Exchanges of the same kind have answers that cannot be told apart.
    public var kind: String
    /// What is sent.
    public var bytes: [UInt8]
    /// How it reads in messages.
    public var text: String
    /// How long the answer may take, s; `nil`: the wire's own response time.
    public var within: Double?
    /// What a word is to this exchange.
    public var judge: @Sendable (Word) -> Verdict

    /// A question. It may be sent twice where an answer to an earlier one of its kind may still come: only what can be repeated
    /// without harm is an exchange.
    public init(
        kind: String, bytes: [UInt8], text: String, within: Double? = nil, judge: @escaping @Sendable (Word) -> Verdict
    ) {
        self.kind = kind
        self.bytes = bytes
        self.text = text
        self.within = within
        self.judge = judge
    }
}
