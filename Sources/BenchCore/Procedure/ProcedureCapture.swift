/// What of the waveforms a procedure keeps as evidence; times may be in cycles until a meter is known.
///
/// ```yaml
/// capture:
///   waveform: { channels: [U1, U2, U3], rate: at least 12.8 kHz, before: 5 cycles, after: 25 cycles }
///   around: [gates, events]
/// ```
public struct ProcedureCapture: Sendable, Hashable {
    /// A length of time.
    public enum Span: Sendable, Hashable {
        case seconds(Double), cycles(Double)

        /// As people write it: `10 cycles`, `200 ms`.
        var text: String {
            switch self {
            case .seconds(let seconds): QuantityText.text(seconds, .time)
            case .cycles(let cycles): Decimal.shortest(cycles) + (cycles == 1 ? " cycle" : " cycles")
            }
        }

        /// In seconds, at a frequency of the line.
        public func seconds(at frequency: Double) -> Double {
            switch self {
            case .seconds(let seconds): seconds
            case .cycles(let cycles): cycles / frequency
            }
        }
    }
    /// Channels by name; empty for all that the digitizer has.
    public var channels: [String]
    /// Frames a second at least.
    public var rate: Double
    /// How much before and after.
    public var before: Span, after: Span
    /// What is captured.
    public var around: [WaveformCapture.Cause]
}

/// What a digitizer must see while gates are open, as a procedure says it.
///
/// ```yaml
/// observe:                       # outside of it a point is taken again
///   frequency: fn ± 0.3 %
///   voltage-distortion: at most 2 %
///   voltage-unbalance: at most 1 %
///   voltage-events: none         # no dip, swell or interruption
/// ```
public struct ProcedureObservations: Sendable, Hashable {
    /// Allowed frequency.
    public var frequency: Tolerance<Frequency>?
    /// Largest distortion of any voltage and largest negative-sequence unbalance, percent.
    public var voltageDistortion: Double?, voltageUnbalance: Double?
    /// Whether a dip, swell or interruption spoils the point.
    public var noEvents = false
}

extension ProcedureReader {
    /// The longest that is kept before or after, s.
    static let longestCapture = 60.0

    static func capture(_ fields: Fields) -> ProcedureCapture? {
        let waveform = fields.block("waveform", "a waveform to be kept") { f -> ProcedureCapture? in
            let channels = f.values("channels", .optional) { text throws(ValueTrouble) in text }
            let rate = f.value("rate", .optional) { text throws(ValueTrouble) -> Double in
                let words = "at least "
                guard text.hasPrefix(words) else { throw ValueTrouble("«\(text)»: write e.g. «at least 12.8 kHz»") }
                return try QuantityText.quantity(String(text.dropFirst(words.count)), Frequency.self).value
            }
            let before = f.value("before", .required, span)
            let after = f.value("after", .required, span)
            guard let before, let after else { return nil }
            return ProcedureCapture(
                channels: channels ?? [], rate: rate ?? 0, before: before, after: after,
                around: WaveformCapture.Cause.allCases)
        }
        let around = fields.choices("around", .optional, of: WaveformCapture.Cause.self)
        guard var capture = waveform else { return nil }
        if let around { capture.around = around }
        return capture
    }

    private static func span(_ text: String) throws(ValueTrouble) -> ProcedureCapture.Span {
        if text.hasSuffix(" cycles") || text.hasSuffix(" cycle") {
            let cycles = try QuantityText.cycles(text).count
            guard cycles / 50 <= longestCapture else { throw ValueTrouble("«\(text)»: at most 60 s are kept") }
            return .cycles(cycles)
        }
        let seconds = try QuantityText.quantity(text, TimeSpan.self).value
        guard (0...longestCapture).contains(seconds) else {
            throw ValueTrouble("«\(text)»: 0 s to 60 s are kept; write e.g. «5 cycles» or «200 ms»")
        }
        return .seconds(seconds)
    }

    static func observations(_ fields: Fields) -> ProcedureObservations? {
        func share(_ key: String) -> Double? {
            fields.value(key, .optional) { text throws(ValueTrouble) in
                let share = try QuantityText.atMost(text, Ratio.self).value
                guard share >= 0 else { throw ValueTrouble("«\(text)»: a share is not negative") }
                return share * 100
            }
        }
        let frequency = fields.value("frequency", .optional) { text throws(ValueTrouble) in
            try QuantityText.tolerance(text, Frequency.self)
        }
        let distortion = share("voltage-distortion")
        let unbalance = share("voltage-unbalance")
        let events = fields.value("voltage-events", .optional) { text throws(ValueTrouble) -> Bool in
            guard text == "none" else {
                throw ValueTrouble("«\(text)»: voltage events may be «none», or are not asked")
            }
            return true
        }
        return ProcedureObservations(
            frequency: frequency, voltageDistortion: distortion, voltageUnbalance: unbalance, noEvents: events ?? false)
    }
}
