/// What of the waveforms is kept as evidence of a run.
public struct WaveformCapture: Sendable, Hashable, Codable {
    /// What a capture is taken around.
    public enum Cause: String, Sendable, Hashable, Codable, CaseIterable {
        /// The beginning of the gates of a load point.
        case gates
        /// A dip, swell or interruption while gates are open.
        case events
    }
    /// Channels by name; empty for all that the digitizer has.
    public var channels: [String]
    /// Frames a second at least.
    public var rate: Double
    /// How much before and after, s.
    public var before: Double, after: Double
    /// What is captured.
    public var around: [Cause]

    /// A capture by its parts.
    public init(channels: [String] = [], rate: Double = 0, before: Double, after: Double, around: [Cause]) {
        self.channels = channels
        self.rate = rate
        self.before = before
        self.after = after
        self.around = around
    }
}

/// What a digitizer must see while gates are open; outside of it the measurement does not count.
public struct Observations: Sendable, Hashable, Codable {
    /// Allowed frequency, Hz.
    public var frequency: ClosedRange<Double>?
    /// Largest distortion of any voltage and largest negative-sequence unbalance, percent.
    public var voltageDistortion: Double?, voltageUnbalance: Double?
    /// Whether a dip, swell or interruption spoils the point.
    public var noEvents: Bool

    /// Observations by their bounds.
    public init(
        frequency: ClosedRange<Double>? = nil, voltageDistortion: Double? = nil, voltageUnbalance: Double? = nil,
        noEvents: Bool = false
    ) {
        self.frequency = frequency
        self.voltageDistortion = voltageDistortion
        self.voltageUnbalance = voltageUnbalance
        self.noEvents = noEvents
    }
}

extension Observations {
    /// What a procedure asks for at points that are not about events, without a word on events.
    init(wanting others: Observations?) {
        self = others ?? Observations()
        noEvents = false
    }
}

extension Planner {
    /// Waveforms and observations of a procedure for one meter, and what the bench has not for them.
    static func sampling(
        _ context: PlanningContext
    ) -> (capture: WaveformCapture?, observe: Observations?, complaints: [Diagnostic]) {
        let procedure = context.procedure
        guard procedure.capture != nil || procedure.observe != nil else { return (nil, nil, []) }
        let line = context.value(of: "fn") ?? context.meter.nameplate.nominalFrequency.value
        let capture = procedure.capture.map {
            WaveformCapture(
                channels: $0.channels, rate: $0.rate, before: $0.before.seconds(at: line),
                after: $0.after.seconds(at: line), around: $0.around)
        }
        let observe = procedure.observe.map {
            Observations(
                frequency: $0.frequency?.range(context.value(of:)), voltageDistortion: $0.voltageDistortion,
                voltageUnbalance: $0.voltageUnbalance, noEvents: $0.noEvents)
        }
        let key = procedure.capture != nil ? "capture" : "observe"
        guard let digitizer = context.bench.instrument(.digitizer) else {
            let what = procedure.capture != nil ? "keeps waveforms" : "is judged by a digitizer too"
            return (
                capture, observe,
                [procedure.diagnostic(key, "this procedure \(what); bench «\(context.bench.id)» has no digitizer")]
            )
        }
        var complaints: [Diagnostic] = []
        // A digitizer that tells its channels itself is asked when it is there.
        if let sampling = digitizer.sampling, !sampling.channels.isEmpty {
            let names = sampling.channels.map(\.name)
            for name in capture?.channels ?? [] where !names.contains(name) {
                complaints.append(
                    procedure.diagnostic(
                        "capture.waveform.channels",
                        "«\(digitizer.id)» of bench «\(context.bench.id)» has no channel \(name); there are \(names.joined(separator: ", "))"
                    ))
            }
            if let wanted = capture?.rate, let best = sampling.rates.max(), best < wanted {
                complaints.append(
                    procedure.diagnostic(
                        "capture.waveform.rate",
                        "«\(digitizer.id)» of bench «\(context.bench.id)» samples at \(Decimal.shortest(best)) Hz at most"
                    ))
            }
        }
        return (capture, observe, complaints)
    }
}
