/// The units an expression may use: those of the files, less `%` of humidity and what has a slash.
enum ExpressionUnits {
    private static let known = UnitSymbol.all.filter { $0.kind != .humidity && !$0.symbol.contains("/") }

    /// A unit by its symbol.
    static func unit(_ symbol: String) -> (dimension: DimensionKind, factor: Double)? {
        UnitSymbol.named(symbol).first { $0.kind != .humidity }.map { ($0.kind, $0.factor) }
    }
    /// Every symbol, for messages.
    static var list: String { known.map(\.symbol).joined(separator: ", ") }
    /// A quantity of a dimension as it is written, for messages.
    static func example(_ dimension: DimensionKind) -> String { dimension.example }
}
