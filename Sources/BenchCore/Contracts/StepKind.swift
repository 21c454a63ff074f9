/// A kind of test, as far as a procedure knows it: which keys its steps have, and which test points they become.
///
/// Nothing here touches an instrument: `check` sees the file alone, `expand` sees bench and meter as data.
public protocol StepKind: Sendable {
    /// The keyword of its steps.
    var name: TestKindName { get }
    /// Complaints about a step that need neither bench nor meter.
    func check(_ step: Step) -> [Diagnostic]
    /// The test points of a step for one bench and one meter type, with complaints and what is left out.
    func expand(_ step: Step, _ context: PlanningContext) -> StepExpansion
}

/// What became of a step: test points, complaints, and points that this meter is not asked.
public struct StepExpansion: Sendable {
    /// Test points in order; their numbers are given later.
    public var points: [TestPoint] = []
    /// Complaints; with any of them there is no plan.
    public var complaints: [Diagnostic] = []
    /// Points this meter is not asked, and why.
    public var leftOut: [LeftOutPoint] = []

    /// Nothing yet.
    public init() {}
}

/// A test point that a meter is not asked, and why.
public struct LeftOutPoint: Sendable, Hashable, Codable {
    /// The id of the test point.
    public var id: String
    /// Why: `the meter does not register export`.
    public var reason: String

    /// A point by id and reason.
    public init(id: String, reason: String) {
        self.id = id
        self.reason = reason
    }
}
