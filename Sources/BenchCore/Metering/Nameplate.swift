/// How a meter is connected: directly, or through current transformers (the limits differ).
public enum Connection: String, Sendable, Codable, Hashable, CaseIterable { case direct, transformer }

/// How a meter is wired: phases and wires.
public enum Wiring: String, Sendable, Codable, Hashable, CaseIterable {
    case onePhaseTwoWire = "1P2W"
    case threePhaseThreeWire = "3P3W"
    case threePhaseFourWire = "3P4W"

    /// The number of measuring elements, m in the formulas of the standards.
    public var elements: Int {
        switch self {
        case .onePhaseTwoWire: return 1
        case .threePhaseThreeWire: return 2
        case .threePhaseFourWire: return 3
        }
    }
    /// The phases that carry voltage, 1-based.
    public var phases: [Int] { self == .onePhaseTwoWire ? [1] : [1, 2, 3] }
}

/// What stands on the meter's nameplate: class, connection and reference values.
public struct Nameplate: Sendable, Hashable, Codable {
    /// Maker's name.
    public var manufacturer: String
    /// Maker's designation of the type.
    public var model: String
    /// Accuracy class as printed: `0.5S`, `1`.
    public var accuracyClass: String
    /// Accuracy class for reactive energy as printed, e.g. `2`; `nil` where the meter does not measure it.
    public var reactiveClass: String?
    /// Direct, or through transformers.
    public var connection: Connection
    /// Phases and wires.
    public var wiring: Wiring
    /// Reference voltage Un between phase and neutral.
    public var nominalVoltage: Quantity<Voltage>
    /// In (transformer) or Ib (direct): the base of the current ratios.
    public var nominalCurrent: Quantity<Current>
    /// Imax.
    public var maximumCurrent: Quantity<Current>
    /// Imin and Itr of meters with classes A, B, C, D; `nil` where the plate does not state them.
    public var minimumCurrent: Quantity<Current>?, transitionalCurrent: Quantity<Current>?
    /// fn.
    public var nominalFrequency: Quantity<Frequency>
    /// Whether the meter registers export too.
    public var bidirectional: Bool

    /// A nameplate by its entries.
    public init(
        manufacturer: String, model: String, accuracyClass: String, connection: Connection, wiring: Wiring,
        nominalVoltage: Quantity<Voltage>, nominalCurrent: Quantity<Current>, maximumCurrent: Quantity<Current>,
        nominalFrequency: Quantity<Frequency>, bidirectional: Bool, minimumCurrent: Quantity<Current>? = nil,
        transitionalCurrent: Quantity<Current>? = nil
    ) {
        self.manufacturer = manufacturer
        self.model = model
        self.accuracyClass = accuracyClass
        self.connection = connection
        self.wiring = wiring
        self.nominalVoltage = nominalVoltage
        self.nominalCurrent = nominalCurrent
        self.maximumCurrent = maximumCurrent
        self.nominalFrequency = nominalFrequency
        self.bidirectional = bidirectional
        self.minimumCurrent = minimumCurrent
        self.transitionalCurrent = transitionalCurrent
    }

    /// Accuracy class for an energy; `nil` where the meter does not measure it.
    public func accuracyClass(of energy: EnergyKind) -> String? { energy == .active ? accuracyClass : reactiveClass }

    /// The value behind a symbol of a relative quantity (`Un`, `In`, `Ib`, `Imax`, `Imin`, `Itr`, `fn`); `nil` where this meter has none.
    ///
    /// `In` answers for transformer meters, `Ib` for direct ones: the standards use the two words for different meters. Where the plate states no
    /// Itr, it follows from the rated current: Iref = 10 Itr, In = 20 Itr (EN 50470-1:2006, 3.2; as in the French order of 1 August 2013).
    public func value(of symbol: String) -> Double? {
        switch symbol {
        case "Un": return nominalVoltage.value
        case "fn": return nominalFrequency.value
        case "Imax": return maximumCurrent.value
        case "In": return connection == .transformer ? nominalCurrent.value : nil
        case "Ib": return connection == .direct ? nominalCurrent.value : nil
        case "Imin": return minimumCurrent?.value
        case "Itr": return transitionalCurrent?.value ?? nominalCurrent.value / (connection == .direct ? 10 : 20)
        default: return nil
        }
    }
}

/// The constant of a pulse output: pulses per kilowatt-hour (per kilovar-hour of an output of reactive energy), for one direction or both.
public struct MeterConstant: Sendable, Hashable, Codable {
    /// Pulses per kilowatt-hour, whatever unit the nameplate used (`Wh/imp` is turned around when read).
    public var pulsesPerKilowattHour: Double
    /// The directions of energy that this output counts.
    public var directions: [EnergyDirection]
    /// The energy that is counted; `nil` for active energy. Reactive energy is imported in quadrants I and II, exported in III and IV.
    public var energy: EnergyKind?
    /// As printed, e.g. `10000 imp/kWh` or `0.1 Wh/imp`.
    public var printed: String

    /// A constant by value, directions and printed form.
    public init(pulsesPerKilowattHour: Double, directions: [EnergyDirection], printed: String) {
        self.pulsesPerKilowattHour = pulsesPerKilowattHour
        self.directions = directions
        self.printed = printed
    }

    /// The energy of one pulse in watt-seconds.
    public var energyPerPulse: Quantity<ActiveEnergy> { Quantity(3.6e6 / pulsesPerKilowattHour) }
}
