/// The units an expression may use.
enum ExpressionUnits {
    private static let table: [(symbol: String, dimension: DimensionKind, factor: Double)] = [
        ("%", .ratio, 0.01), ("ppm", .ratio, 1e-6),
        ("V", .voltage, 1), ("mV", .voltage, 1e-3), ("kV", .voltage, 1e3),
        ("A", .current, 1), ("mA", .current, 1e-3),
        ("Hz", .frequency, 1), ("s", .time, 1), ("ms", .time, 1e-3), ("min", .time, 60), ("h", .time, 3600),
        ("°", .angle, 1), ("°C", .temperature, 1), ("K", .temperatureDifference, 1),
        ("W", .power, 1), ("kW", .power, 1e3), ("var", .reactivePower, 1), ("kvar", .reactivePower, 1e3),
        ("VA", .apparentPower, 1), ("kVA", .apparentPower, 1e3),
        ("Ws", .energy, 1), ("Wh", .energy, 3600), ("kWh", .energy, 3.6e6),
        ("varh", .reactiveEnergy, 3600), ("kvarh", .reactiveEnergy, 3.6e6),
        ("VAh", .apparentEnergy, 3600), ("kVAh", .apparentEnergy, 3.6e6),
    ]

    /// A unit by its symbol.
    static func unit(_ symbol: String) -> (dimension: DimensionKind, factor: Double)? {
        table.first { $0.symbol == symbol }.map { ($0.dimension, $0.factor) }
    }
    /// Every symbol, for messages.
    static var list: String { table.map(\.symbol).joined(separator: ", ") }
    /// A quantity of a dimension as it is written, for messages.
    static func example(_ dimension: DimensionKind) -> String {
        "0.5 " + (table.first { $0.dimension == dimension }?.symbol ?? "%")
    }
}
