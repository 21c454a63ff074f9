public import BenchCore

extension RepeatabilityKind: PointKind {
    /// Takes the single determinations as contiguous gates of one train, as accuracy does.
    public func measure(_ session: any MeasuringSession) async throws { try await GateMeasurement.measure(session) }
}
