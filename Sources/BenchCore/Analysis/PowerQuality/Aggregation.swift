import Glibc

/// Means of effective values.
public enum Aggregation {
    /// The root of the mean of the squares (IEC 61000-4-30:2015, 4.5.1); 0 of nothing.
    public static func rms(_ values: [Double]) -> Double {
        values.isEmpty ? 0 : (values.reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot()
    }

    /// The root of the sum of the squares; 0 of nothing.
    static func root(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }

    /// How values of short intervals become one of a longer.
    public enum Rule: String, Sendable, Hashable, Codable, CaseIterable {
        /// The root of the mean of the squares: effective values, harmonics, unbalance (IEC 61000-4-30:2015, 4.5.1).
        case rootMeanSquare
        /// The arithmetic mean: powers with a sign.
        case mean
    }
}

/// The intervals of IEC 61000-4-30:2015, 4.4 and 4.5.
public enum AggregationInterval: String, Sendable, Hashable, Codable, CaseIterable {
    /// 10 cycles (50 Hz) or 12 (60 Hz), about 200 ms.
    case basic
    /// 15 basic intervals: 150 or 180 cycles, about 3 s.
    case veryShort
    /// From one tick of ten minutes of UTC to the next.
    case short
    /// Two hours of UTC: twelve of ten minutes.
    case long
}

/// Values of one interval of several quantities.
public struct AggregatedValues: Sendable, Hashable {
    /// Which interval.
    public let interval: AggregationInterval
    /// Start, ns of UTC since 1970.
    public let start: Int64
    /// End, ns of UTC since 1970.
    public let end: Int64
    /// One value for each quantity.
    public let values: [Double]
    /// How many shorter intervals went in.
    public let count: Int
    /// Whether a dip, swell or interruption (or another reason for doubt) falls into it: the value is kept, and told as
    /// flagged (IEC 61000-4-30:2015, 4.7).
    public let flagged: Bool
    /// Whether nothing is missing: 15 basic intervals, or basic intervals without a gap from tick to tick, or twelve of ten minutes.
    public let complete: Bool

    /// Values of an interval.
    public init(
        interval: AggregationInterval, start: Int64, end: Int64, values: [Double], count: Int = 1,
        flagged: Bool, complete: Bool = true
    ) {
        self.interval = interval
        self.start = start
        self.end = end
        self.values = values
        self.count = count
        self.flagged = flagged
        self.complete = complete
    }
}
