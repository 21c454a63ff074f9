/// One line of a calibration: what a part does to a signal at a frequency, or throughout a range of frequencies.
public struct CorrectionRow: Sendable, Hashable, Codable {
    /// Lowest and highest frequency the row is for, Hz; both the same where it is for one.
    public var lowest: Double, highest: Double
    /// Output over input, after the nominal ratio: 1 where the part does as it says.
    public var gain: Double
    /// Standard uncertainty of the gain, as a share of it.
    public var gainUncertainty: Double
    /// Phase of the output against the input, degrees; positive where the output leads.
    public var phase: Double
    /// How much later the output comes, s; its phase −360°·f·delay is added to `phase`.
    public var delay: Double
    /// Standard uncertainties of phase and delay, degrees and s.
    public var phaseUncertainty: Double, delayUncertainty: Double

    /// A row by its cells.
    public init(
        frequencies: ClosedRange<Double>, gain: Double, gainUncertainty: Double = 0, phase: Double = 0,
        phaseUncertainty: Double = 0, delay: Double = 0, delayUncertainty: Double = 0
    ) {
        lowest = frequencies.lowerBound
        highest = frequencies.upperBound
        self.gain = gain
        self.gainUncertainty = gainUncertainty
        self.phase = phase
        self.phaseUncertainty = phaseUncertainty
        self.delay = delay
        self.delayUncertainty = delayUncertainty
    }

    func value(_ frequency: Double) -> CorrectionTable.Value {
        CorrectionTable.Value(
            gain: gain, phase: phase - 360 * frequency * delay, gainUncertainty: gainUncertainty,
            phaseUncertainty: Aggregation.root([phaseUncertainty, 360 * frequency * delayUncertainty]))
    }
}

/// Gain and phase of a part over frequency, with their uncertainties.
///
/// Between two rows gain, phase and both standard uncertainties run straight over frequency (linear interpolation). Uncertainties of
/// neighbouring rows are taken as fully correlated, so that an interpolated value is never better known than the better of the two. Below the lowest
/// and above the highest row there is nothing: no extrapolation.
public struct CorrectionTable: Sendable, Hashable, Codable {
    /// The rows, frequencies rising.
    public let rows: [CorrectionRow]

    /// What a part does at one frequency.
    public struct Value: Sendable, Hashable {
        /// Output over input; phase of the output in degrees.
        public var gain: Double, phase: Double
        /// Standard uncertainties: of the gain as a share, of the phase in degrees.
        public var gainUncertainty: Double, phaseUncertainty: Double
    }

    /// A table of rows whose frequencies rise.
    public init(_ rows: [CorrectionRow]) { self.rows = rows }

    /// Lowest and highest frequency there is a value for, Hz; `nil` without rows.
    public var frequencies: ClosedRange<Double>? {
        guard let first = rows.first, let last = rows.last else { return nil }
        return first.lowest...last.highest
    }

    /// What the part does at a frequency, Hz; `nil` outside the rows.
    public func value(_ frequency: Double) -> Value? {
        guard let frequencies, frequencies.contains(frequency) else { return nil }
        // The first row that does not end below; there is one, for the last row does not.
        var low = 0, high = rows.count - 1
        while low < high {
            let middle = (low + high) / 2
            if rows[middle].highest < frequency { low = middle + 1 } else { high = middle }
        }
        let after = rows[low]
        guard frequency < after.lowest else { return after.value(frequency) }
        let before = rows[low - 1]
        let share = (frequency - before.highest) / (after.lowest - before.highest)
        let (a, b) = (before.value(before.highest), after.value(after.lowest))
        func between(_ x: Double, _ y: Double) -> Double { x + share * (y - x) }
        return Value(
            gain: between(a.gain, b.gain), phase: between(a.phase, b.phase),
            gainUncertainty: between(a.gainUncertainty, b.gainUncertainty),
            phaseUncertainty: between(a.phaseUncertainty, b.phaseUncertainty))
    }
}
