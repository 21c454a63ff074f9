/// One load point of an order: applied once to all meters, which are then measured side by side.
public struct ScheduledPoint: Sendable, Hashable, Codable {
    /// Unique in the schedule; the id of the test point of every meter.
    public var id: String
    /// 1-based place in the schedule.
    public var number: Int
    /// The kind of test.
    public var kind: TestKindName
    /// The step's title from the procedure.
    public var title: String
    /// What is applied: meters in series carry the same current, so it is the same for all of them.
    public var load: LoadSetting
    /// Each position's own question: limit, number of pulses and energy may differ by meter type.
    ///
    /// A position is absent where its meter is not asked (a meter without an export register at an export point).
    public var byPosition: [Int: TestPoint]

    /// A scheduled point by its parts.
    public init(
        id: String, number: Int, kind: TestKindName, title: String, load: LoadSetting, byPosition: [Int: TestPoint]
    ) {
        self.id = id
        self.number = number
        self.kind = kind
        self.title = title
        self.load = load
        self.byPosition = byPosition
    }

    /// The positions asked, in order.
    public var positions: [Int] { byPosition.keys.sorted() }
    /// The energy that all positions are asked for.
    public var energyKind: EnergyKind { byPosition.values.first?.energyKind ?? .active }
    /// Expected duration, s: a point ends with its last meter.
    public var expectedDuration: Double { byPosition.values.map(\.expectedDuration).max() ?? 0 }
    /// Longest wait for the load to settle, s.
    public var settleLimit: Double { byPosition.values.map(\.settleLimit).max() ?? 0 }
}

/// The work of one order: load points in sequence, positions side by side inside each.
public struct Schedule: Sendable, Hashable, Codable {
    /// Load points in the order they are taken.
    public var points: [ScheduledPoint]
    /// Conditions checked around each gate.
    public var conditions: Conditions
    /// How verdicts are decided: the order's rule where it has one, else the procedure's.
    public var decisionRule: DecisionRule
    /// Seconds of the ramp-down that ends every run.
    public var rampDown: Double
    /// Waveforms that are kept as evidence, and what a digitizer must see while gates are open; `nil` for none.
    public var capture: WaveformCapture?, observe: Observations?

    /// A schedule by its parts.
    public init(points: [ScheduledPoint], conditions: Conditions, decisionRule: DecisionRule, rampDown: Double) {
        self.points = points
        self.conditions = conditions
        self.decisionRule = decisionRule
        self.rampDown = rampDown
    }

    /// Expected duration of the whole run, s.
    public var expectedDuration: Double { points.reduce(rampDown) { $0 + $1.expectedDuration } }
}
