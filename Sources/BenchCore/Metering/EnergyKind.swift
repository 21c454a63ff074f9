/// The energy that a procedure, a pulse output or a register is about.
public enum EnergyKind: String, Sendable, Codable, Hashable, CaseIterable {
    case active, reactive

    /// Its dimension.
    public var dimension: DimensionKind { self == .active ? .energy : .reactiveEnergy }
    /// The unit that energies are printed in: kWh, kvarh.
    public var unit: String { self == .active ? "kWh" : "kvarh" }
}

/// Which of the definitions of reactive power an instrument follows; at sines all of them are U·I·sin φ.
public enum ReactiveDefinition: String, Sendable, Codable, Hashable, CaseIterable {
    /// Q1 = U1·I1·sin φ1, fundamental components only (IEEE 1459-2010, 3.1.2.5; IEC 62053-24:2014, clause 3).
    case fundamental
    /// QB = Σ Uh·Ih·sin φh (Budeanu; IEEE 1459-2010, annex B).
    case budeanu
    /// N = √(S² − P²), without sign (nonactive power, IEEE 1459-2010, 3.1.2.14; Fryze).
    case nonactive

    /// As certificates say it.
    public var words: String {
        switch self {
        case .fundamental: return "fundamental reactive power Q1 = U1·I1·sin φ1"
        case .budeanu: return "Budeanu's reactive power QB = Σ Uh·Ih·sin φh"
        case .nonactive: return "nonactive power N = √(S² − P²)"
        }
    }
}

/// How well a reference standard measures reactive energy.
public struct ReactiveSpecification: Sendable, Hashable, Codable {
    /// The definition that it follows.
    public var definition: ReactiveDefinition
    /// Rows of its accuracy for reactive power and energy, in percent of apparent power; exactly one must answer a load.
    public var accuracy: [StandardRange]

    /// A specification by its parts.
    public init(definition: ReactiveDefinition, accuracy: [StandardRange]) {
        self.definition = definition
        self.accuracy = accuracy
    }
}
