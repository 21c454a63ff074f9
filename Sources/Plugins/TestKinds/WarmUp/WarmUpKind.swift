public import BenchCore

/// The test kind `warm-up`.
public struct WarmUpKind: Sendable {
    /// The kind's name in procedures and plans.
    public let name = TestKindName.warmUp
    /// The kind; it keeps no state.
    public init() {}
}
