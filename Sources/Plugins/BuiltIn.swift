public import BenchCore

/// Everything that is compiled in, in one readable list; the list is part of the hashed program.
public enum BuiltIn {
    /// The kinds of test a procedure may have.
    public static let stepKinds: [any StepKind] = [
        WarmUpKind(), NoLoadKind(), StartingKind(), AccuracyKind(), RepeatabilityKind(), RegisterKind(),
        InfluenceKind(), EventKind(), DirectionsKind(), RadioDutyCycleKind(),
    ]
    /// The same kinds as the orchestrator sees them: how each measures.
    public static let pointKinds: [any PointKind] = [
        WarmUpKind(), NoLoadKind(), StartingKind(), AccuracyKind(), RepeatabilityKind(), RegisterKind(),
        InfluenceKind(), EventKind(), DirectionsKind(), RadioDutyCycleKind(),
    ]
}
