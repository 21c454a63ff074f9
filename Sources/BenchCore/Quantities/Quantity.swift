/// A number with its dimension, held in the coherent unit (volt, ampere, watt-second, degree …).
///
/// Adding volts to amperes does not compile:
/// `Quantity<Voltage>(230) + Quantity<Current>(5)` is an error of the compiler.
public struct Quantity<D: Dimension>: Hashable, Comparable, Sendable, Codable {
    /// The number in the coherent unit of `D`.
    public var value: Double

    /// A quantity from a number in the coherent unit.
    public init(_ value: Double) { self.value = value }

    /// A quantity from a number in any unit of the dimension.
    public init(_ number: Double, _ unit: Unit<D>) { value = number * unit.factor }

    /// Reads the plain number.
    public init(from decoder: any Decoder) throws { value = try decoder.singleValueContainer().decode(Double.self) }

    /// Writes the plain number.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(value)
    }

    /// The number in the unit asked for.
    public func number(in unit: Unit<D>) -> Double { value / unit.factor }

    /// Orders by value.
    public static func < (a: Self, b: Self) -> Bool { a.value < b.value }
    /// Adds.
    public static func + (a: Self, b: Self) -> Self { Self(a.value + b.value) }
    /// Subtracts.
    public static func - (a: Self, b: Self) -> Self { Self(a.value - b.value) }
    /// Turns the sign.
    public static prefix func - (a: Self) -> Self { Self(-a.value) }
    /// Scales by a number.
    public static func * (a: Self, b: Double) -> Self { Self(a.value * b) }
    /// Scales by a number.
    public static func * (a: Double, b: Self) -> Self { Self(a * b.value) }
    /// Divides.
    public static func / (a: Self, b: Double) -> Self { Self(a.value / b) }
    /// Divides.
    public static func / (a: Self, b: Self) -> Double { a.value / b.value }

    /// The magnitude without its sign.
    public var magnitude: Self { Self(abs(value)) }
}

/// Energy is power over time.
public func * (power: Quantity<ActivePower>, time: Quantity<TimeSpan>) -> Quantity<ActiveEnergy> {
    Quantity(power.value * time.value)
}

/// Apparent power is voltage times current.
public func * (voltage: Quantity<Voltage>, current: Quantity<Current>) -> Quantity<ApparentPower> {
    Quantity(voltage.value * current.value)
}

/// A unit of a dimension: its symbol and how many coherent units it is worth.
public struct Unit<D: Dimension>: Hashable, Sendable {
    /// The symbol as printed, e.g. `kWh`.
    public let symbol: String
    /// How many coherent units one of these is.
    public let factor: Double

    /// A unit by symbol and factor.
    public init(_ symbol: String, _ factor: Double) {
        self.symbol = symbol
        self.factor = factor
    }
}

extension Unit<Voltage> {
    /// The unit volt.
    public static let volt = Unit("V", 1)
}
extension Unit<Current> {
    /// The unit ampere.
    public static let ampere = Unit("A", 1)
    /// The unit milliampere.
    public static let milliampere = Unit("mA", 1e-3)
}
extension Unit<ActivePower> {
    /// The unit watt.
    public static let watt = Unit("W", 1)
    /// The unit kilowatt.
    public static let kilowatt = Unit("kW", 1e3)
}
extension Unit<ActiveEnergy> {
    /// The unit wattSecond.
    public static let wattSecond = Unit("Ws", 1)
    /// The unit wattHour.
    public static let wattHour = Unit("Wh", 3600)
    /// The unit kilowattHour.
    public static let kilowattHour = Unit("kWh", 3.6e6)
}
extension Unit<TimeSpan> {
    /// The unit second.
    public static let second = Unit("s", 1)
    /// The unit minute.
    public static let minute = Unit("min", 60)
    /// The unit hour.
    public static let hour = Unit("h", 3600)
}
extension Unit<Ratio> {
    /// The unit one.
    public static let one = Unit("1", 1)
    /// The unit percent.
    public static let percent = Unit("%", 1e-2)
    /// The unit ppm.
    public static let ppm = Unit("ppm", 1e-6)
}
/// The unit hertz.
extension Unit<Frequency> {
    /// The unit hertz.
    public static let hertz = Unit("Hz", 1)
}
/// The unit degree.
extension Unit<Angle> {
    /// The unit degree.
    public static let degree = Unit("°", 1)
}
/// The unit celsius.
extension Unit<Temperature> {
    /// The unit celsius.
    public static let celsius = Unit("°C", 1)
}
