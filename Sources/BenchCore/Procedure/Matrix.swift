/// One axis of a sweep: what is varied, and the values it takes in order.
public struct MatrixAxis: Sendable {
    /// What can be varied.
    public enum Name: String, Sendable, Hashable, CaseIterable {
        case direction, phase
        case powerFactor = "power-factor"
        case current, voltage, frequency, interrupted
        case residual, duration, phases, angle
        case sine = "sin"
        case exporting
    }
    /// What is varied.
    public var name: Name
    /// Its values in order; never empty, none twice.
    public var values: [MatrixValue]
    /// Where it stands.
    public var mark: Mark
}

/// One value of an axis and where it stands.
public struct MatrixValue: Sendable {
    /// The value by what it is.
    public enum Content: Sendable, Hashable {
        case direction(EnergyDirection)
        /// 1 … 3, or `nil` for a balanced load on all phases.
        case phase(Int?)
        case powerFactor(PowerFactor)
        case sine(SineFactor)
        case current(Setting<Current>)
        /// Open current circuits.
        case open
        case voltage(Setting<Voltage>)
        case frequency(Setting<Frequency>)
        /// Phases without voltage, 1 … 3, rising.
        case interrupted([Int])
        /// Phases whose energy flows against the direction of the others, 1 … 3, rising.
        case exporting([Int])
        /// Voltage during an event, percent of the voltage before.
        case residual(Double)
        /// How long an event lasts.
        case duration(ProcedureCapture.Span)
        /// Phases of an event, 1 … 3, rising; empty for all that the meter has.
        case phases([Int])
        /// Angle of L1's voltage at which an event begins, degrees.
        case angle(Double)
    }
    /// The value.
    public var content: Content
    /// Where it stands.
    public var mark: Mark
}

/// One combination of axis values: what is applied at one test point.
public struct MatrixPoint: Sendable {
    private var values: [MatrixAxis.Name: MatrixValue]

    /// A combination by its values.
    public init(_ values: [MatrixAxis.Name: MatrixValue]) { self.values = values }

    /// Where the value of an axis stands; `nil` where the axis is not given.
    public func mark(_ name: MatrixAxis.Name) -> Mark? { values[name]?.mark }

    /// The direction of energy; import where nothing is said.
    public var direction: EnergyDirection {
        if case .direction(let direction) = values[.direction]?.content { return direction }
        return .import
    }
    /// The loaded phase, 1 … 3; `nil` for a balanced load.
    public var phase: Int? {
        if case .phase(let phase) = values[.phase]?.content { return phase }
        return nil
    }
    /// The power factor; 1 where nothing is said.
    public var powerFactor: PowerFactor {
        if case .powerFactor(let factor) = values[.powerFactor]?.content { return factor }
        return sine?.powerFactor ?? .unity
    }
    /// sin φ, where loads of reactive energy state it.
    public var sine: SineFactor? {
        if case .sine(let factor) = values[.sine]?.content { return factor }
        return nil
    }
    /// How far the current lags its voltage, degrees.
    public var currentLag: Double { sine?.currentLag(direction) ?? powerFactor.currentLag(direction) }
    /// The current; `nil` for open current circuits.
    public var current: Setting<Current>? {
        if case .current(let setting) = values[.current]?.content { return setting }
        return nil
    }
    /// The voltage; Un where nothing is said.
    public var voltage: Setting<Voltage> {
        if case .voltage(let setting) = values[.voltage]?.content { return setting }
        return .relative(RelativeQuantity(1, "Un"))
    }
    /// The frequency; fn where nothing is said.
    public var frequency: Setting<Frequency> {
        if case .frequency(let setting) = values[.frequency]?.content { return setting }
        return .relative(RelativeQuantity(1, "fn"))
    }

    /// Phases whose energy flows against that of the others; none where nothing is said.
    public var exporting: [Int] {
        if case .exporting(let phases) = values[.exporting]?.content { return phases }
        return []
    }
    /// Phases whose voltage is interrupted; none where nothing is said.
    public var interrupted: [Int] {
        if case .interrupted(let phases) = values[.interrupted]?.content { return phases }
        return []
    }

    /// Voltage during an event, percent of the voltage before; how long it lasts; `nil` where nothing is said.
    public var residual: Double? {
        if case .residual(let percent) = values[.residual]?.content { return percent }
        return nil
    }
    /// How long an event lasts; `nil` where nothing is said.
    public var duration: ProcedureCapture.Span? {
        if case .duration(let span) = values[.duration]?.content { return span }
        return nil
    }
    /// Phases of an event; empty for all, as where nothing is said.
    public var eventPhases: [Int] {
        if case .phases(let phases) = values[.phases]?.content { return phases }
        return []
    }
    /// Angle at which an event begins, degrees; 0 where nothing is said.
    public var angle: Double {
        if case .angle(let degrees) = values[.angle]?.content { return degrees }
        return 0
    }

    /// All combinations of the axes, the first axis outermost, without those an exception names.
    static func all(_ axes: [MatrixAxis], without exceptions: [MatrixException]) -> [MatrixPoint] {
        var partial: [[MatrixAxis.Name: MatrixValue]] = [[:]]
        for axis in axes {
            partial = partial.flatMap { values in
                axis.values.map { value in values.merging([axis.name: value]) { _, new in new } }
            }
        }
        return partial.filter { values in !exceptions.contains { $0.covers(values) } }.map(MatrixPoint.init)
    }
}

/// What a sweep leaves out: every combination that has one of these values on each of these axes.
struct MatrixException {
    var values: [MatrixAxis.Name: [MatrixValue.Content]]

    func covers(_ point: [MatrixAxis.Name: MatrixValue]) -> Bool {
        values.allSatisfy { name, contents in point[name].map { contents.contains($0.content) } ?? false }
    }
}
