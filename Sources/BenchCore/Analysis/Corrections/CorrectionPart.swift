/// A calibrated instrument in a channel's path: its identity, its certificate and what it does to a signal.
public struct CorrectionPart: Sendable, Hashable, Codable {
    /// Rows that hold for signals of a size.
    public struct Level: Sendable, Hashable, Codable {
        /// Effective values at the part's input that the rows were calibrated for, V or A; both `nil`: all.
        public var lowest: Double?, highest: Double?
        /// The rows.
        public var table: CorrectionTable

        /// Rows for a range of effective values.
        public init(_ values: ClosedRange<Double>?, _ table: CorrectionTable) {
            lowest = values?.lowerBound
            highest = values?.upperBound
            self.table = table
        }

        func contains(_ value: Double) -> Bool { value >= lowest ?? 0 && value <= highest ?? .infinity }
    }

    /// Maker, type and serial number.
    public var manufacturer: String, model: String, serial: String
    /// Where the values come from.
    public var traceability: Traceability
    /// What it does, for one or several sizes of signals; sizes do not overlap.
    public var levels: [Level]

    /// A part by its parts.
    public init(
        manufacturer: String, model: String, serial: String, traceability: Traceability, levels: [Level]
    ) {
        self.manufacturer = manufacturer
        self.model = model
        self.serial = serial
        self.traceability = traceability
        self.levels = levels
    }

    /// What it does at a frequency, Hz, to signals of an effective value at its input, where there is more than one size; `nil` outside the rows.
    public func value(_ frequency: Double, level: Double? = nil) -> CorrectionTable.Value? {
        table(level)?.value(frequency)
    }

    /// The rows for a size of signal; `nil` where none were calibrated for it.
    func table(_ level: Double?) -> CorrectionTable? {
        guard let level else { return levels.count == 1 ? levels[0].table : nil }
        return levels.first { $0.contains(level) }?.table
    }

    /// Name in tables: `Fluke A40B 0123`.
    public var text: String { "\(manufacturer) \(model) \(serial)" }
}

/// A divider, shunt or measuring transformer before a digitizer.
public struct Transducer: Sendable, Hashable, Codable {
    /// What it is.
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        case divider, shunt
        case voltageTransformer = "voltage-transformer"
        case currentTransformer = "current-transformer"
    }
    /// What it is.
    public var kind: Kind
    /// The calibrated part; its gains are output over input after the nominal ratio.
    public var part: CorrectionPart
    /// Rated input and output, V or A: their ratio is the nominal ratio.
    public var input: Double, output: Double
    /// `V` or `A`: units of input and output.
    public var inputUnit: String, outputUnit: String
    /// The recorded values already stand for the input: the nominal ratio is in the recording's own scale.
    public var isInRecording: Bool

    /// A transducer by its parts.
    public init(
        kind: Kind, part: CorrectionPart, input: Double, inputUnit: String, output: Double, outputUnit: String,
        isInRecording: Bool
    ) {
        self.kind = kind
        self.part = part
        self.input = input
        self.inputUnit = inputUnit
        self.output = output
        self.outputUnit = outputUnit
        self.isInRecording = isInRecording
    }

    /// Input over output, nominal.
    public var ratio: Double { input / output }
}
