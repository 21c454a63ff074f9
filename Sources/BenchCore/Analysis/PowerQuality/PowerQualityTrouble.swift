/// Why a power quality meter cannot be set up, or cannot take what it is given: one sentence that says what would be
/// right.
public struct PowerQualityTrouble: Error, Sendable, Hashable, CustomStringConvertible {
    /// The sentence.
    public let description: String

    /// A trouble by its sentence.
    public init(_ description: String) { self.description = description }
}

/// The nominal frequency of a supply system (IEC 61000-4-30:2015, 4.4: 10 cycles of 50 Hz or 12 of 60 Hz).
public enum NominalFrequency: Int, Sendable, Hashable, Codable, CaseIterable {
    /// 50 Hz; measured from 42.5 Hz to 57.5 Hz.
    case fifty = 50
    /// 60 Hz; measured from 51 Hz to 69 Hz.
    case sixty = 60

    /// The frequency in Hz.
    public var hertz: Double { Double(rawValue) }
    /// The range that class A asks for, Hz (IEC 61000-4-30:2015, 5.1): 85 % to 115 %.
    public var range: ClosedRange<Double> { hertz * 0.85...hertz * 1.15 }
    /// Cycles of a basic interval: 10 or 12.
    public var cycles: Int { rawValue / 5 }
}
