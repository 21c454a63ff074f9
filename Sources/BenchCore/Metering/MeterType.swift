/// How a register's words become a number.
public enum RegisterEncoding: Sendable, Hashable, Codable {
    case unsigned(bits: Int), signed(bits: Int), float(bits: Int)
    /// ASCII text of a number of 16-bit words.
    case text(words: Int)

    /// The number of 16-bit Modbus registers.
    public var words: Int {
        switch self {
        case .unsigned(let bits), .signed(let bits), .float(let bits): return bits / 16
        case .text(let words): return words
        }
    }
}

/// The order of 16-bit words inside a longer value.
public enum WordOrder: String, Sendable, Codable, Hashable {
    case bigEndian = "high word first"
    case littleEndian = "low word first"
}

/// Where a register lives: at a fixed Modbus address, or at a named point of a SunSpec model found by discovery.
public enum RegisterPlace: Sendable, Hashable, Codable {
    /// Function 3 (holding) or 4 (input), zero-based protocol address.
    case modbus(function: Int, address: Int, encoding: RegisterEncoding, order: WordOrder)
    /// A point (e.g. `TotWhImp`) of whichever meter model the chain holds (201–204, 211–214).
    case sunspec(point: String)
}

/// What a register holds, as the bench asks for it.
public enum RegisterRole: String, Sendable, Codable, Hashable, CaseIterable {
    case activeEnergyImport = "active-energy-import"
    case activeEnergyExport = "active-energy-export"
    /// +Q, quadrants I and II, and −Q, quadrants III and IV (OBIS 3.8.0 and 4.8.0).
    case reactiveEnergyImport = "reactive-energy-import"
    case reactiveEnergyExport = "reactive-energy-export"
    /// The registers of single quadrants (OBIS 5.8.0 to 8.8.0).
    case reactiveEnergyFirst = "reactive-energy-I", reactiveEnergySecond = "reactive-energy-II"
    case reactiveEnergyThird = "reactive-energy-III", reactiveEnergyFourth = "reactive-energy-IV"
    case activePower = "active-power"
    case reactivePower = "reactive-power"
    case voltageL1 = "voltage-L1", voltageL2 = "voltage-L2", voltageL3 = "voltage-L3"
    case currentL1 = "current-L1", currentL2 = "current-L2", currentL3 = "current-L3"
    case powerFactor = "power-factor"
    case frequency
    case serialNumber = "serial-number"
    case model, firmware, manufacturer
    case clock
    /// The meter's own sign for energy that flows backwards: 0 for none.
    case reverseFlow = "reverse-flow"
    case other
}

/// One register of a meter type: where it is, how it is scaled, and in which steps it moves.
public struct RegisterDefinition: Sendable, Hashable, Codable {
    /// The name in the meter type file; unique there.
    public var name: String
    /// What the bench uses it for.
    public var role: RegisterRole
    /// Where it lives.
    public var place: RegisterPlace
    /// The number read times this is the value in `unit` (SunSpec scale factors come on top).
    public var scale: Double
    /// The unit symbol of the value, e.g. `kWh`; empty for text.
    public var unit: String
    /// The smallest step in `unit`; explicit, never inferred from digits; `nil` where the maker does not state it.
    public var resolution: Double?
    /// The bits (high word first) by which the meter says that it has no value, e.g. 0x7FFFFFFF; `nil` where it has no such mark.
    public var notAvailable: UInt64?

    /// A register by its entries.
    public init(
        name: String, role: RegisterRole, place: RegisterPlace, scale: Double, unit: String, resolution: Double?
    ) {
        self.name = name
        self.role = role
        self.place = place
        self.scale = scale
        self.unit = unit
        self.resolution = resolution
    }
}

/// A meter's own log of dips, swells and interruptions, as far as its registers show it, and what its maker claims for it.
public struct EventLog: Sendable, Hashable, Codable {
    /// Names of registers: how many there were, and duration and residual voltage of the last; `nil` where it has no such register.
    public var count: String, duration: String?, residual: String?
    /// The shortest event that is logged, s; how far duration (s) and residual voltage (percent of Un) may be off.
    public var shortest: Double, durationWithin: Double, residualWithin: Double

    /// A log by its entries.
    public init(
        count: String, duration: String?, residual: String?, shortest: Double, durationWithin: Double,
        residualWithin: Double
    ) {
        self.count = count
        self.duration = duration
        self.residual = residual
        self.shortest = shortest
        self.durationWithin = durationWithin
        self.residualWithin = residualWithin
    }
}

/// A type of meter: nameplate, constants, registers, and where those facts were published.
public struct MeterType: Sendable, Hashable, Codable {
    /// The identifier that orders use; the file's name without extension.
    public var id: String
    /// The nameplate.
    public var nameplate: Nameplate
    /// The pulse outputs; empty where the meter has none.
    public var constants: [MeterConstant]
    /// The registers, in file order.
    public var registers: [RegisterDefinition]
    /// Public source of the register map, as a person would look it up.
    public var source: String
    /// How the registers add the phases; `nil` where the maker does not say.
    public var summation: Summation?
    /// How registers may be read together.
    public var reading = RegisterReading()
    /// Whether it answers Modbus function 43/14 (Read Device Identification), by its maker's word.
    public var answersIdentification = false
    /// Its own log of voltage events; `nil` where it has none that can be read.
    public var events: EventLog?
    /// Centre frequencies that it transmits at, Hz; `nil` for a meter without a radio.
    public var transmits: [Double]?

    /// A meter type by its parts.
    public init(
        id: String, nameplate: Nameplate, constants: [MeterConstant], registers: [RegisterDefinition], source: String
    ) {
        self.id = id
        self.nameplate = nameplate
        self.constants = constants
        self.registers = registers
        self.source = source
    }

    /// The first register with that role.
    public func register(_ role: RegisterRole) -> RegisterDefinition? { registers.first { $0.role == role } }
    /// The constant of the output that counts the energy of a test point.
    public func constant(_ point: TestPoint) -> MeterConstant? { constant(point.counted, point.energyKind) }
    /// The constant of the output that counts energy of that direction.
    public func constant(_ direction: EnergyDirection, _ energy: EnergyKind = .active) -> MeterConstant? {
        constants.first { ($0.energy ?? .active) == energy && $0.directions.contains(direction) }
    }
}
