/// One result of a sampled phase with its uncertainty, by the law of propagation and by drawing.
public struct SampledResult: Sendable, Hashable, Codable {
    /// What is stated.
    public enum Quantity: String, Sendable, Hashable, Codable, CaseIterable {
        /// Effective values of voltage and current with all that is in them, V and A.
        case voltage = "U"
        case current = "I"
        /// Active power, apparent power U·I, power factor P/S: W, VA, 1.
        case active = "P"
        case apparent = "S"
        case powerFactor = "PF"
        /// Fundamental reactive power, var, and phase of the fundamental voltage against the current, degrees, positive where the current lags.
        case fundamentalReactive = "Q1"
        case fundamentalPhase = "phi1"
        /// Energy over the record, W·s.
        case energy = "W"
        /// Frequency, Hz.
        case frequency = "f"

        /// The unit.
        public var unit: String {
            switch self {
            case .voltage: "V"
            case .current: "A"
            case .active: "W"
            case .apparent: "VA"
            case .powerFactor: ""
            case .fundamentalReactive: "var"
            case .fundamentalPhase: "°"
            case .energy: "Ws"
            case .frequency: "Hz"
            }
        }
    }

    /// What drawing gave (JCGM 101:2008).
    public struct Simulation: Sendable, Hashable, Codable {
        /// Number of draws, and the seed they can be repeated with.
        public var trials: Int, seed: UInt64
        /// Standard deviation of the drawn results, and the ends of the interval that holds 95.45 % of them, symmetric in probability.
        public var standardUncertainty: Double, low: Double, high: Double
    }

    /// What is stated, and in which unit.
    public var quantity: Quantity, unit: String
    /// The result.
    public var value: Double
    /// Inputs by name; sensitivities are units of the result for each unit of the input. Names that begin with a channel belong to it;
    /// `digitizer`, `transducer` and `skew` are fully correlated over frequency, all lines independent of each other.
    public var budget: [BudgetLine]
    /// By drawing; `nil` where nobody asked for it.
    public var simulation: Simulation?

    /// Combined standard uncertainty (JCGM 100:2008, 5.1.2), in the unit of the result.
    public var standardUncertainty: Double { Budget(lines: budget).standardUncertainty }
    /// Expanded uncertainty with k = 2, in the unit of the result.
    public var expandedUncertainty: Double { 2 * standardUncertainty }

    private enum Key: String, CodingKey {
        case quantity, unit, value, budget, simulation, standardUncertainty, expandedUncertainty
    }

    /// A result by its parts.
    init(_ quantity: Quantity, _ value: Double, _ budget: [BudgetLine], _ simulation: Simulation? = nil) {
        self.quantity = quantity
        unit = quantity.unit
        self.value = value
        self.budget = budget
        self.simulation = simulation
    }

    /// Reads what `encode` writes; the uncertainties follow from the budget.
    public init(from decoder: any Decoder) throws {
        let c = try decoder.container(keyedBy: Key.self)
        quantity = try c.decode(Quantity.self, forKey: .quantity)
        unit = try c.decode(String.self, forKey: .unit)
        value = try c.decode(Double.self, forKey: .value)
        budget = try c.decode([BudgetLine].self, forKey: .budget)
        simulation = try c.decodeIfPresent(Simulation.self, forKey: .simulation)
    }

    /// Writes the uncertainties beside the budget they follow from.
    public func encode(to encoder: any Encoder) throws {
        var c = encoder.container(keyedBy: Key.self)
        try c.encode(quantity, forKey: .quantity)
        try c.encode(unit, forKey: .unit)
        try c.encode(value, forKey: .value)
        try c.encode(budget, forKey: .budget)
        try c.encodeIfPresent(simulation, forKey: .simulation)
        try c.encode(standardUncertainty, forKey: .standardUncertainty)
        try c.encode(expandedUncertainty, forKey: .expandedUncertainty)
    }
}
