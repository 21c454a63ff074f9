public import BenchCore

/// The test kind `no-load`.
public struct NoLoadKind: Sendable {
    /// The kind's name in procedures and plans.
    public let name = TestKindName.noLoad
    /// The kind; it keeps no state.
    public init() {}
}
