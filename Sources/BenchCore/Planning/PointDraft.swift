/// One load of a step, resolved for a meter: what a kind of test makes a test point of.
public struct PointDraft: Sendable {
    /// Unique in the procedure and the same for all meters of an order.
    public let id: String
    /// The step and the combination of its axes.
    public let step: Step, point: MatrixPoint
    /// What is applied.
    public let load: LoadSetting
    /// Voltage of a connected phase, V; current of a loaded phase, A (0: open).
    public let volts: Double, amperes: Double

    /// Balanced or single-phase.
    public var loadKind: LoadKind { point.phase == nil ? .balanced : .singlePhase }
    /// The direction of the energy that is counted.
    public var counted: EnergyDirection { point.sine?.reactiveDirection(point.direction) ?? point.direction }
    /// The current as the procedure says it.
    public var currentText: String { point.current?.text ?? "open" }

    /// A test point with what is the same for all kinds; the kind fills in the rest.
    public func testPoint(_ context: PlanningContext) -> TestPoint {
        let settle = context.bench.instrument(.referenceSource)?.source?.settle ?? 0
        var values: [String: Expression.Value] = [:]
        for parameter in context.procedure.parameters {
            if let value = context.value(of: parameter.name) {
                values[parameter.name] = .quantity(value, parameter.dimension)
            }
        }
        var made = TestPoint(
            id: id, number: 0, kind: step.kind, title: step.title, load: load, loadKind: loadKind, phase: point.phase,
            direction: point.direction, powerFactor: point.powerFactor, currentText: currentText, limit: nil,
            accept: step.accept?.text(filling: values) ?? "", rule: nil, repeats: step.repeats ?? 1, targetU: nil,
            settleLimit: step.settle ?? settle, duration: nil, maximumPulses: nil, energy: nil,
            expectedDuration: settle, reachableU: nil)
        if step.counts != .active { made.energyCounted = step.counts }
        made.sine = point.sine
        if !point.exporting.isEmpty { made.exporting = point.exporting }
        return made
    }
}

extension TestPoint {
    /// Energy that flows at the point in the expected time, W·s, without sign.
    public var expectedEnergy: Double { power * expectedDuration }
}
