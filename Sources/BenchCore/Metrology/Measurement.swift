/// One gate: from one edge to a later one of the same output.
public struct PulseGate: Sendable, Hashable, Codable {
    /// Pulse intervals between the two edges.
    public var pulses: Int
    /// The edge that opened and the edge that closed the gate.
    public var first: PulseEdge, last: PulseEdge

    /// A gate by its edges.
    public init(pulses: Int, first: PulseEdge, last: PulseEdge) {
        self.pulses = pulses
        self.first = first
        self.last = last
    }
}

/// What was noticed about the train of edges.
public struct EdgeFindings: Sendable, Hashable, Codable {
    /// Intervals about twice (or more) as long as the others: missing pulses.
    public var missing: Int
    /// Intervals far shorter than the others: doubled pulses.
    public var double: Int
    /// Standard deviation of the interval as a share of the mean interval, without the missing and the double.
    public var jitter: Double

    /// Findings by their numbers.
    public init(missing: Int, double: Int, jitter: Double) {
        self.missing = missing
        self.double = double
        self.jitter = jitter
    }
}

/// A register before and after.
public struct RegisterPair: Sendable, Hashable, Codable {
    /// The register's name in the meter type.
    public var name: String
    /// Values in kWh at begin and end.
    public var begin: Double, end: Double
    /// The smallest step in kWh.
    public var resolution: Double

    /// A pair by its values.
    public init(name: String, begin: Double, end: Double, resolution: Double) {
        self.name = name
        self.begin = begin
        self.end = end
        self.resolution = resolution
    }
}

/// What was observed at one test point of one meter, raw: everything from which error and verdict follow.
public enum Measurement: Sendable, Hashable, Codable {
    /// Accuracy and repeatability.
    case pulses(PulseObservation)
    /// No-load: pulses counted during a time.
    case noLoad(NoLoadObservation)
    /// Starting: edges within a time.
    case starting(StartingObservation)
    /// Register (constant) test.
    case register(RegisterObservation)
    /// Influence: the error at reference conditions and under the influence.
    case variation(VariationObservation)
    /// Voltage events: what was applied, and what became of registers, pulses and log.
    case event(EventObservation)
    /// Registers of both directions.
    case directions(DirectionsObservation)
    /// Duty cycle on the air: what a receiver heard.
    case radio(RadioObservation)
    /// Warm-up: held for a time.
    case held(seconds: Double)
    /// The point could not be measured at this position.
    case notTaken(Fault)
}

extension Measurement {
    /// Whether conditions must have been checked and found good before it was taken.
    public var needsConditions: Bool {
        switch self {
        case .pulses, .event: true
        default: false
        }
    }
}

/// Gates of a pulse output under one load.
public struct PulseObservation: Sendable, Hashable, Codable {
    /// Constant of the meter's output, imp/kWh.
    public var meterConstant: Double
    /// Constant of the standard's output in the ranges used, imp/kWh.
    public var referenceConstant: Double
    /// The gates, contiguous: each begins with the edge that ended the one before.
    public var gates: [PulseGate]
    /// Findings over all edges.
    public var findings: EdgeFindings
    /// What the standard read before the first and after the last gate.
    public var before: StandardReading, after: StandardReading
    /// Air temperature in °C during the gates, where known.
    public var temperature: Double?
    /// The looks of a point that was measured adaptively; `nil` where the number of gates was fixed.
    public var sequence: SequentialRecord?

    /// An observation by its parts.
    public init(
        meterConstant: Double, referenceConstant: Double, gates: [PulseGate], findings: EdgeFindings,
        before: StandardReading, after: StandardReading, temperature: Double?
    ) {
        self.meterConstant = meterConstant
        self.referenceConstant = referenceConstant
        self.gates = gates
        self.findings = findings
        self.before = before
        self.after = after
        self.temperature = temperature
    }
}

/// Gates at reference conditions, then under an influence.
public struct VariationObservation: Sendable, Hashable, Codable {
    /// What was seen at the reference load, and at the load under the influence.
    public var reference: PulseObservation, influenced: PulseObservation

    /// An observation by its parts.
    public init(reference: PulseObservation, influenced: PulseObservation) {
        self.reference = reference
        self.influenced = influenced
    }
}

/// Pulses without load.
public struct NoLoadObservation: Sendable, Hashable, Codable {
    /// How long was watched, s of the counter's clock.
    public var seconds: Double
    /// Pulses seen.
    public var pulses: Int
    /// Energy registers before and after, where the test follows a load; `nil` where none were read.
    public var registers: [RegisterPair]?

    /// An observation by its numbers.
    public init(seconds: Double, pulses: Int) {
        self.seconds = seconds
        self.pulses = pulses
    }
}

/// Pulses at starting current.
public struct StartingObservation: Sendable, Hashable, Codable {
    /// The time allowed, s.
    public var allowed: Double
    /// Seconds from the settled load to each edge seen.
    public var edges: [Double]

    /// An observation by its numbers.
    public init(allowed: Double, edges: [Double]) {
        self.allowed = allowed
        self.edges = edges
    }
}

/// Registers, pulses and reference energy of one register (constant) test, read with the current off before and after.
public struct RegisterObservation: Sendable, Hashable, Codable {
    /// The register that must move, and those that must not.
    public var tested: RegisterPair, still: [RegisterPair]
    /// Energy by the reference standard over the same time, W·s, without sign.
    public var referenceEnergy: Double
    /// Constant of the meter's output, imp/kWh, and pulses counted over the same time; `nil` without an output.
    public var meterConstant: Double?, pulses: Int?
    /// Standard's reading under load, and temperature.
    public var during: StandardReading, temperature: Double?

    /// An observation by its parts.
    public init(
        tested: RegisterPair, still: [RegisterPair], referenceEnergy: Double, meterConstant: Double?, pulses: Int?,
        during: StandardReading, temperature: Double?
    ) {
        self.tested = tested
        self.still = still
        self.referenceEnergy = referenceEnergy
        self.meterConstant = meterConstant
        self.pulses = pulses
        self.during = during
        self.temperature = temperature
    }
}

/// One line of an uncertainty budget (GUM 8): a named input and what it contributes.
public struct BudgetLine: Sendable, Hashable, Codable {
    /// The input's name; equal names in several budgets mean the same quantity, so those budgets are correlated.
    public var name: String
    /// `normal`, `rectangular`, `triangular`, `arcsine`, `type A`.
    public var distribution: String
    /// Standard uncertainty of the input, in its own unit.
    public var standardUncertainty: Double
    /// Its unit.
    public var unit: String
    /// Sensitivity: percent of error per unit of the input; for results that are no errors, units of the result.
    public var sensitivity: Double
    /// Degrees of freedom; `nil` is infinite.
    public var degreesOfFreedom: Double?

    /// A line by its cells.
    public init(
        name: String, distribution: String, standardUncertainty: Double, unit: String, sensitivity: Double,
        degreesOfFreedom: Double?
    ) {
        self.name = name
        self.distribution = distribution
        self.standardUncertainty = standardUncertainty
        self.unit = unit
        self.sensitivity = sensitivity
        self.degreesOfFreedom = degreesOfFreedom
    }
    /// What it contributes to the error, percent: |c|·u.
    public var contribution: Double { abs(sensitivity) * standardUncertainty }
}

/// The result at one test point of one meter: error, uncertainty, verdict and how they came about.
public struct Evaluation: Sendable, Hashable, Codable {
    /// Percentage error (mean of the repeats); `nil` where the kind has none.
    public var error: Double?
    /// Percentage error of each repeat.
    public var errors: [Double]
    /// Experimental standard deviation of the repeats, percent; `nil` with fewer than two.
    public var standardDeviation: Double?
    /// Combined standard uncertainty, percent.
    public var u: Double?
    /// Effective degrees of freedom; `nil` is infinite.
    public var effectiveDegreesOfFreedom: Double?
    /// Coverage factor for 95.45 %.
    public var k: Double?
    /// Expanded uncertainty U = k·u, percent, unrounded.
    public var U: Double?
    /// The budget, in the order of its lines.
    public var budget: [BudgetLine]
    /// The verdict.
    public var verdict: Verdict
    /// Further findings in words: missing pulses, registers that moved the wrong way …
    public var findings: [String]

    /// An evaluation by its parts.
    public init(
        error: Double?, errors: [Double], standardDeviation: Double?, u: Double?, effectiveDegreesOfFreedom: Double?,
        k: Double?, U: Double?, budget: [BudgetLine], verdict: Verdict, findings: [String]
    ) {
        self.error = error
        self.errors = errors
        self.standardDeviation = standardDeviation
        self.u = u
        self.effectiveDegreesOfFreedom = effectiveDegreesOfFreedom
        self.k = k
        self.U = U
        self.budget = budget
        self.verdict = verdict
        self.findings = findings
    }
    /// An evaluation that only has a verdict.
    public init(verdict: Verdict, findings: [String] = []) {
        self.init(
            error: nil, errors: [], standardDeviation: nil, u: nil, effectiveDegreesOfFreedom: nil, k: nil, U: nil,
            budget: [], verdict: verdict, findings: findings)
    }
}
