/// What is measured: the physical dimension of a quantity, as a type, so that volts and amperes never add up.
public protocol Dimension: Sendable {
    /// The same dimension as a value, for text that names its unit only when it is read.
    static var kind: DimensionKind { get }
}

/// The dimensions MeterBench knows, as values; the raw value is the word used in messages.
public enum DimensionKind: String, Sendable, CaseIterable, Codable, Hashable {
    case voltage, current, frequency, time, angle, temperature, energy, power
    case temperatureDifference = "temperature difference"
    case reactivePower = "reactive power"
    case apparentPower = "apparent power"
    case reactiveEnergy = "reactive energy"
    case apparentEnergy = "apparent energy"
    case ratio
    case humidity
    case temperatureCoefficient = "temperature coefficient"
}

/// Electric voltage; coherent unit volt.
/// The dimension as a value.
public enum Voltage: Dimension {
    /// The dimension as a value.
    public static let kind = DimensionKind.voltage
}
/// Electric current; coherent unit ampere.
/// The dimension as a value.
public enum Current: Dimension {
    /// The dimension as a value.
    public static let kind = DimensionKind.current
}
/// Frequency; coherent unit hertz.
/// The dimension as a value.
public enum Frequency: Dimension {
    /// The dimension as a value.
    public static let kind = DimensionKind.frequency
}
/// Time; coherent unit second.
/// The dimension as a value.
public enum TimeSpan: Dimension {
    /// The dimension as a value.
    public static let kind = DimensionKind.time
}
/// Plane angle; coherent unit degree, as bench instruments speak it.
/// The dimension as a value.
public enum Angle: Dimension {
    /// The dimension as a value.
    public static let kind = DimensionKind.angle
}
/// Celsius temperature; coherent unit °C.
/// The dimension as a value.
public enum Temperature: Dimension {
    /// The dimension as a value.
    public static let kind = DimensionKind.temperature
}
/// Difference of temperatures; coherent unit kelvin.
/// The dimension as a value.
public enum TemperatureDifference: Dimension {
    /// The dimension as a value.
    public static let kind = DimensionKind.temperatureDifference
}
/// Active power; coherent unit watt.
/// The dimension as a value.
public enum ActivePower: Dimension {
    /// The dimension as a value.
    public static let kind = DimensionKind.power
}
/// Reactive power; coherent unit var.
/// The dimension as a value.
public enum ReactivePower: Dimension {
    /// The dimension as a value.
    public static let kind = DimensionKind.reactivePower
}
/// Apparent power; coherent unit volt-ampere.
/// The dimension as a value.
public enum ApparentPower: Dimension {
    /// The dimension as a value.
    public static let kind = DimensionKind.apparentPower
}
/// Active energy; coherent unit watt-second, so that power times time needs no factor.
/// The dimension as a value.
public enum ActiveEnergy: Dimension {
    /// The dimension as a value.
    public static let kind = DimensionKind.energy
}
/// Reactive energy; coherent unit var-second.
/// The dimension as a value.
public enum ReactiveEnergy: Dimension {
    /// The dimension as a value.
    public static let kind = DimensionKind.reactiveEnergy
}
/// Apparent energy; coherent unit volt-ampere-second.
/// The dimension as a value.
public enum ApparentEnergy: Dimension {
    /// The dimension as a value.
    public static let kind = DimensionKind.apparentEnergy
}
/// A pure number, as of percent and ppm; coherent unit one.
/// The dimension as a value.
public enum Ratio: Dimension {
    /// The dimension as a value.
    public static let kind = DimensionKind.ratio
}
/// Relative humidity; coherent unit one (50 %rH is 0.5).
/// The dimension as a value.
public enum Humidity: Dimension {
    /// The dimension as a value.
    public static let kind = DimensionKind.humidity
}
/// Change per kelvin of temperature; coherent unit one per kelvin.
/// The dimension as a value.
public enum TemperatureCoefficient: Dimension {
    /// The dimension as a value.
    public static let kind = DimensionKind.temperatureCoefficient
}
