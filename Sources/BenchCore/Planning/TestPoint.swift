/// What a test point is about; the raw value is the keyword of the step in a procedure.
public enum TestKindName: String, Sendable, Codable, Hashable, CaseIterable {
    case warmUp = "warm-up"
    case noLoad = "no-load"
    case starting
    case accuracy
    case repeatability
    case register
    case influence
    case directions
    case event
    case radioDutyCycle = "rf-duty-cycle"
}

/// The limit that answers one test point: signed bounds of the percentage error, and where they come from.
public struct PointLimit: Sendable, Hashable, Codable {
    /// Lower and upper bound of the percentage error.
    public var lowerPercent: Double, upperPercent: Double
    /// Where the row comes from.
    public var citation: Citation

    /// A limit by bounds and citation.
    public init(lowerPercent: Double, upperPercent: Double, citation: Citation) {
        self.lowerPercent = lowerPercent
        self.upperPercent = upperPercent
        self.citation = citation
    }
    /// The smaller magnitude of the two bounds: what fractions of the limit are taken of.
    public var magnitude: Double { min(abs(lowerPercent), abs(upperPercent)) }
}

/// One question asked of one meter: a load, a way to measure, a limit and an acceptance.
public struct TestPoint: Sendable, Hashable, Codable {
    /// Unique in the plan and the same for all meters of an order, e.g. `4 accuracy import PF=0.5 ind I=5 % In`.
    public var id: String
    /// 1-based number in the plan.
    public var number: Int
    /// The kind of test.
    public var kind: TestKindName
    /// The step's title from the procedure.
    public var title: String
    /// What is applied; resolved to volts and amperes.
    public var load: LoadSetting
    /// Balanced or single-phase.
    public var loadKind: LoadKind
    /// The loaded phase of a single-phase point, 1 … 3.
    public var phase: Int?
    /// Direction of energy.
    public var direction: EnergyDirection
    /// Power factor.
    public var powerFactor: PowerFactor
    /// The current as the procedure says it: `5 % In`, `Imax`, `open`.
    public var currentText: String
    /// The limit; `nil` where the kind has none (warm-up).
    public var limit: PointLimit?
    /// Acceptance as an expression of the procedure language; empty where nothing is judged.
    public var accept: String
    /// Where the rule behind `accept` comes from, where it is not the limit's row (no-load, starting, repeatability, register).
    public var rule: Citation?
    /// How many determinations (gates) are wanted; at least so many where the point is measured adaptively.
    public var repeats: Int
    /// Expanded uncertainty asked for, percent; decides the number of pulses. `nil`: no demand.
    public var targetU: Double?
    /// Longest wait for the load to settle, s.
    public var settleLimit: Double
    /// Computed or given time, s: warm-up time, no-load time, time within which a meter must start.
    public var duration: Double?
    /// Most pulses allowed (no-load).
    public var maximumPulses: Int?
    /// Reference energy of a register test, W·s.
    public var energy: Double?
    /// Expected duration of the whole point, s, for the plan and the progress display.
    public var expectedDuration: Double
    /// The expanded uncertainty the bench can reach here, percent; `nil` where none applies.
    public var reachableU: Double?
    /// How the point is measured adaptively; `nil` where the number of determinations is fixed.
    public var sequential: SequentialPlan?
    /// What changes from the reference load to `load`, and the reference load; `nil` for kinds that compare nothing.
    public var influence: Influence?, reference: LoadSetting?
    /// What is done to the voltages; `nil` for kinds that do nothing to them.
    public var event: EventQuestion?
    /// Phases whose energy flows against that of the others, 1 … 3; loads that follow one another, each for an equal part of `duration`.
    public var exporting: [Int]?, profile: [LoadSetting]?
    /// A load that is applied before the load of the point, so that what it leaves behind shows (no-load after import or export).
    public var preload: LoadSetting?
    /// The energy that is counted; `nil` for active energy. sin φ of a load of reactive energy.
    public var energyCounted: EnergyKind?, sine: SineFactor?
    /// What is watched on the air; `nil` for kinds that hear nothing.
    public var radio: RadioWatch?

    /// A test point by its parts.
    public init(
        id: String, number: Int, kind: TestKindName, title: String, load: LoadSetting, loadKind: LoadKind, phase: Int?,
        direction: EnergyDirection, powerFactor: PowerFactor, currentText: String, limit: PointLimit?, accept: String,
        rule: Citation?, repeats: Int, targetU: Double?, settleLimit: Double, duration: Double?, maximumPulses: Int?,
        energy: Double?, expectedDuration: Double, reachableU: Double?
    ) {
        self.id = id
        self.number = number
        self.kind = kind
        self.title = title
        self.load = load
        self.loadKind = loadKind
        self.phase = phase
        self.direction = direction
        self.powerFactor = powerFactor
        self.currentText = currentText
        self.limit = limit
        self.accept = accept
        self.rule = rule
        self.repeats = repeats
        self.targetU = targetU
        self.settleLimit = settleLimit
        self.duration = duration
        self.maximumPulses = maximumPulses
        self.energy = energy
        self.expectedDuration = expectedDuration
        self.reachableU = reachableU
    }
}

extension TestPoint {
    /// The energy that is counted.
    public var energyKind: EnergyKind { energyCounted ?? .active }
    /// The direction of that energy: for reactive energy import is +Q.
    public var counted: EnergyDirection { sine?.reactiveDirection(direction) ?? direction }
    /// Nominal power of that energy, W or var, without sign.
    public var power: Double { abs(load.power(energyKind)) }
    /// The quadrant of a load of reactive energy; at sin φ = 1 the two that meet there, as `I/II`.
    public var quadrant: String? {
        guard let sine else { return nil }
        guard sine.magnitude == 1 else { return Quadrant(active: direction, reactive: counted).rawValue }
        return counted == .import ? "I/II" : "III/IV"
    }
    /// Power factor or sin φ as tables print it: `0.5 ind`, `sin 0.5 ind`.
    public var factorText: String { sine.map { "sin \($0)" } ?? powerFactor.description }
    /// The output that counts, in words: `export`, `reactive export`.
    public var outputWords: String { (energyKind == .reactive ? "reactive " : "") + counted.rawValue }

    /// The most determinations that are taken.
    public var mostDeterminations: Int { max(1, sequential?.most ?? repeats) }
}

/// Conditions that are checked around each gate; outside them a point is not taken.
public struct Conditions: Sendable, Hashable, Codable {
    /// Allowed temperature, °C; `nil`: not checked.
    public var temperature: ClosedRange<Double>?
    /// Allowed frequency, Hz.
    public var frequency: ClosedRange<Double>?
    /// Largest voltage distortion, percent.
    public var voltageDistortion: Double?

    /// Conditions by their parts.
    public init(temperature: ClosedRange<Double>?, frequency: ClosedRange<Double>?, voltageDistortion: Double?) {
        self.temperature = temperature
        self.frequency = frequency
        self.voltageDistortion = voltageDistortion
    }
}

/// A procedure expanded for one bench and one meter type: everything a run needs, and everything a verifier needs.
public struct Plan: Sendable, Hashable, Codable {
    /// Identifier, edition, title and basis of the procedure.
    public var procedure: String, edition: String, title: String, basis: String
    /// The limit table's identifier.
    public var limits: String
    /// The meter type.
    public var meter: MeterType
    /// Conditions around each gate.
    public var conditions: Conditions
    /// How verdicts are decided.
    public var decisionRule: DecisionRule
    /// Test points in the order they are taken.
    public var points: [TestPoint]
    /// Seconds of the ramp-down that ends every run.
    public var rampDown: Double
    /// Test points of the procedure that this meter is not asked, and why.
    public var leftOut: [LeftOutPoint]
    /// The energy that it is about; `nil` for active energy. The definition of reactive energy that the standard follows.
    public var energy: EnergyKind?, definition: ReactiveDefinition?
    /// Waveforms that are kept as evidence, and what a digitizer must see while gates are open; `nil` for none.
    public var capture: WaveformCapture?, observe: Observations?

    /// A plan by its parts.
    public init(
        procedure: String, edition: String, title: String, basis: String, limits: String, meter: MeterType,
        conditions: Conditions, decisionRule: DecisionRule, points: [TestPoint], rampDown: Double,
        leftOut: [LeftOutPoint] = []
    ) {
        self.procedure = procedure
        self.edition = edition
        self.title = title
        self.basis = basis
        self.limits = limits
        self.meter = meter
        self.conditions = conditions
        self.decisionRule = decisionRule
        self.points = points
        self.rampDown = rampDown
        self.leftOut = leftOut
    }
}
