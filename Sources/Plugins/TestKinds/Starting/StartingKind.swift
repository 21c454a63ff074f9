public import BenchCore

/// The test kind `starting`.
public struct StartingKind: Sendable {
    /// The kind's name in procedures and plans.
    public let name = TestKindName.starting
    /// The kind; it keeps no state.
    public init() {}
}
