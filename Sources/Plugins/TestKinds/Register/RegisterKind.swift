public import BenchCore

/// The test kind `register`.
public struct RegisterKind: Sendable {
    /// The kind's name in procedures and plans.
    public let name = TestKindName.register
    /// The kind; it keeps no state.
    public init() {}
}
