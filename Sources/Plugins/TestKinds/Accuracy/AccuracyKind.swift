public import BenchCore

/// The test kind `accuracy`.
public struct AccuracyKind: Sendable {
    /// The kind's name in procedures and plans.
    public let name = TestKindName.accuracy
    /// The kind; it keeps no state.
    public init() {}
}
