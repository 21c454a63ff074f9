public import BenchCore

/// The test kind `repeatability`.
public struct RepeatabilityKind: Sendable {
    /// The kind's name in procedures and plans.
    public let name = TestKindName.repeatability
    /// The kind; it keeps no state.
    public init() {}
}
