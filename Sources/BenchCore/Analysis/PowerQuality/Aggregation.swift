import Glibc

/// Means of effective values.
public enum Aggregation {
    /// The root of the mean of the squares (IEC 61000-4-30:2015, 4.5.1); 0 of nothing.
    public static func rms(_ values: [Double]) -> Double {
        values.isEmpty ? 0 : (values.reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot()
    }

    /// The root of the sum of the squares; 0 of nothing.
    static func root(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
}
