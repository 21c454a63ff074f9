/// A unit as people write it: symbol, dimension, and how many coherent units it is worth.
///
/// The worth is kept as multiplier × 10^exponent, so that `50 µs` is read as the number nearest to 50·10⁻⁶ and not as
/// a rounded product.
public struct UnitSymbol: Sendable, Hashable {
    /// The symbol as printed.
    public let symbol: String
    /// What it measures.
    public let kind: DimensionKind
    /// What is not a power of ten in its worth: 60 for a minute, 3600 for a watt-hour; 1 otherwise.
    public let multiplier: Double
    /// The power of ten in its worth: −3 for a milliampere.
    public let exponent: Int
    /// Other spellings that are read, never printed.
    public let aliases: [String]

    init(_ symbol: String, _ kind: DimensionKind, _ exponent: Int, times multiplier: Double = 1, aliases: [String] = [])
    {
        self.symbol = symbol
        self.kind = kind
        self.exponent = exponent
        self.multiplier = multiplier
        self.aliases = aliases
    }

    /// Every unit that files may use; the first of a dimension is the one examples are written in.
    ///
    /// Symbols as in ISO 80000-6 and IEC 62053 (`var`, `varh`); prefixes as in the SI brochure, 9th edition.
    public static let all: [UnitSymbol] = [
        UnitSymbol("V", .voltage, 0), UnitSymbol("µV", .voltage, -6, aliases: ["uV", "μV"]),
        UnitSymbol("mV", .voltage, -3), UnitSymbol("kV", .voltage, 3),
        UnitSymbol("A", .current, 0), UnitSymbol("µA", .current, -6, aliases: ["uA", "μA"]),
        UnitSymbol("mA", .current, -3), UnitSymbol("kA", .current, 3),
        UnitSymbol("Hz", .frequency, 0), UnitSymbol("mHz", .frequency, -3), UnitSymbol("kHz", .frequency, 3),
        UnitSymbol("MHz", .frequency, 6),
        UnitSymbol("s", .time, 0), UnitSymbol("ns", .time, -9), UnitSymbol("µs", .time, -6, aliases: ["us", "μs"]),
        UnitSymbol("ms", .time, -3), UnitSymbol("min", .time, 0, times: 60), UnitSymbol("h", .time, 0, times: 3600),
        UnitSymbol("d", .time, 0, times: 86400),
        UnitSymbol("°", .angle, 0, aliases: ["deg"]),
        UnitSymbol("°C", .temperature, 0),
        UnitSymbol("K", .temperatureDifference, 0), UnitSymbol("mK", .temperatureDifference, -3),
        UnitSymbol("W", .power, 0), UnitSymbol("mW", .power, -3), UnitSymbol("kW", .power, 3),
        UnitSymbol("MW", .power, 6),
        UnitSymbol("var", .reactivePower, 0), UnitSymbol("kvar", .reactivePower, 3),
        UnitSymbol("Mvar", .reactivePower, 6),
        UnitSymbol("VA", .apparentPower, 0), UnitSymbol("kVA", .apparentPower, 3), UnitSymbol("MVA", .apparentPower, 6),
        UnitSymbol("kWh", .energy, 3, times: 3600), UnitSymbol("Ws", .energy, 0),
        UnitSymbol("Wh", .energy, 0, times: 3600),
        UnitSymbol("MWh", .energy, 6, times: 3600), UnitSymbol("GWh", .energy, 9, times: 3600),
        UnitSymbol("kvarh", .reactiveEnergy, 3, times: 3600), UnitSymbol("vars", .reactiveEnergy, 0),
        UnitSymbol("varh", .reactiveEnergy, 0, times: 3600), UnitSymbol("Mvarh", .reactiveEnergy, 6, times: 3600),
        UnitSymbol("kVAh", .apparentEnergy, 3, times: 3600), UnitSymbol("VAs", .apparentEnergy, 0),
        UnitSymbol("VAh", .apparentEnergy, 0, times: 3600), UnitSymbol("MVAh", .apparentEnergy, 6, times: 3600),
        UnitSymbol("%", .ratio, -2), UnitSymbol("ppm", .ratio, -6),
        UnitSymbol("%", .humidity, -2, aliases: ["%rH"]),
        UnitSymbol("%/K", .temperatureCoefficient, -2), UnitSymbol("ppm/K", .temperatureCoefficient, -6),
    ]

    /// The units written like that; two for `%`, which is a ratio or a humidity.
    public static func named(_ text: some StringProtocol) -> [UnitSymbol] {
        all.filter { $0.symbol == text || $0.aliases.contains { $0 == text } }
    }

    /// The unit of that dimension written like that.
    public static func named(_ text: some StringProtocol, _ kind: DimensionKind) -> UnitSymbol? {
        named(text).first { $0.kind == kind }
    }

    /// All units of a dimension.
    public static func of(_ kind: DimensionKind) -> [UnitSymbol] { all.filter { $0.kind == kind } }

    /// How many coherent units one of these is.
    public var factor: Double {
        Decimal.parse("1e\(exponent)").map { $0 * multiplier } ?? multiplier
    }
}

extension DimensionKind {
    /// The word with its article, for sentences: `a voltage`, `an energy`.
    public var phrase: String {
        guard let first = rawValue.first else { return rawValue }
        return ("aeiou".contains(first) ? "an " : "a ") + rawValue
    }

    /// How a value of the dimension is written.
    public var example: String {
        switch self {
        case .voltage: return "230 V"
        case .current: return "5 A"
        case .frequency: return "50 Hz"
        case .time: return "10 s"
        case .angle: return "60 °"
        case .temperature: return "23 °C"
        case .temperatureDifference: return "0.3 K"
        case .power: return "1150 W"
        case .reactivePower: return "1150 var"
        case .apparentPower: return "1150 VA"
        case .energy: return "0.01 kWh"
        case .reactiveEnergy: return "0.01 kvarh"
        case .apparentEnergy: return "0.01 kVAh"
        case .ratio: return "0.5 %"
        case .humidity: return "45 %"
        case .temperatureCoefficient: return "0.001 %/K"
        }
    }

    /// How a range of the dimension is written.
    var rangeExample: String {
        switch self {
        case .voltage: return "30 V to 300 V"
        case .current: return "50 mA to 120 A"
        case .frequency: return "45 Hz to 65 Hz"
        default: return "\(example) to \(example)"
        }
    }

    /// The symbols of nameplate values of this dimension, on which ratios may be based.
    public var bases: [String] {
        switch self {
        case .voltage: return ["Un"]
        case .current: return ["In", "Ib", "Imax", "Itr", "Imin", "Ist"]
        case .frequency: return ["fn"]
        default: return []
        }
    }
}
