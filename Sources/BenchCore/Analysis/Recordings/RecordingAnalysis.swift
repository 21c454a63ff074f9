/// Everything that is computed from a recording: what `meterbench analyze` prints.
public struct RecordingAnalysis: Sendable, Codable {
    /// What a person may say about a recording; the rest is found.
    public struct Options: Sendable {
        /// Nominal frequency, 50 or 60 Hz; declared voltage Udin, V.
        public var nominal: Double?, declared: Double?
        /// Corrections that were fitted to the recording (`CorrectionSet.apply`); `nil`: what the recording itself says.
        public var corrections: AppliedCorrections?
        /// Channel whose edges are wanted, what is told of them, and the meter's constant, imp/kWh.
        public var edges: String?, edgeOptions = EdgeDetector.Options(), constant: Double?
        /// Draws of the Monte Carlo uncertainty, and their seed; 0: none. 200 000 are wanted for 95 % (JCGM 101:2008, 7.2).
        public var trials = 0, seed: UInt64 = 1
        /// Options by their values; `nil` for what is to be found.
        public init(nominal: Double? = nil, declared: Double? = nil, corrections: AppliedCorrections? = nil) {
            self.nominal = nominal
            self.declared = declared
            self.corrections = corrections
        }
    }

    /// One channel as a whole, as recorded: nominal ratio and offset of the corrections are in its values, gain and phase are not.
    public struct Channel: Sendable, Codable {
        /// Name and unit (V and A without prefix).
        public var name: String, unit: String
        /// Smallest and largest sample, mean and effective value, in the unit.
        public var lowest: Double, highest: Double, mean: Double, rms: Double
        /// Standard deviation of its noise; `nil` for a short record.
        public var noise: Double?
        /// Step of the digitizer, in the unit; 0 where samples are no integers.
        public var step: Double
        /// Samples at either end of the digitizer's range.
        public var saturated: Int
    }

    /// One window of 10 or 12 cycles.
    public struct Window: Sendable, Codable {
        /// Begin, s after the first sample; frequency, Hz; effective value of each channel.
        public var begin: Double, frequency: Double, rms: [Double]
        /// Its values are flagged: the fundamental was missing, or a dip, swell or interruption fell into it (IEC 61000-4-30, 4.7).
        public var flagged: Bool
    }

    /// Values of ten minutes or two hours of UTC, of windows (IEC 61000-4-30:2015, 4.5).
    public struct Interval: Sendable, Codable {
        /// Begin, UTC; length, s; effective value of each channel; windows in it.
        public var start: String, seconds: Double, rms: [Double], windows: Int
        /// A window in it is flagged; it is whole from tick to tick.
        public var flagged: Bool, complete: Bool
    }

    /// How reference power was found.
    public enum Method: String, Sendable, Codable {
        /// The window of the reference over the whole record (`ReferencePower`).
        case window = "reference window"
        /// A fit of all components, for records below a second (`MultiSineFit`).
        case fit = "multi-sine fit"
    }

    /// One phase.
    public struct Phase: Sendable, Codable {
        /// L1, L2 or L3.
        public var name: String
        /// Effective values and power over the whole record (see `method`, `CorrectedPower`); `nil` without a voltage or a current, and where no
        /// method gives a value that can be stood by.
        public var power: ReferencePower?
        /// What `power` and `results` were found by.
        public var method: Method?
        /// The components as recorded, where they were fitted.
        public var fit: MultiSineFit?
        /// What is stated with uncertainty, by the same method: U, I, P, S, PF, Q1, φ1, energy, frequency.
        public var results: [SampledResult]
        /// Means over the windows: fundamental active and reactive power, Budeanu's reactive power; W, var, var.
        public var fundamentalActive: Double?, fundamentalReactive: Double?, budeanuReactive: Double?
        /// Harmonic subgroups 1 … 50 as effective values (IEC 61000-4-7, 5.6), root of the mean of the squares over the windows; V and A.
        public var voltageHarmonics: [Double], currentHarmonics: [Double]
        /// Total distortion by subgroups up to order 50, as a share of the fundamental.
        public var voltageDistortion: Double?, currentDistortion: Double?
        /// Fundamental as effective value and angle against the first voltage's.
        public var voltage: Phasor?, current: Phasor?
    }

    /// Frames a second, frames, s; begin as the file has it.
    public var rate: Double, frames: Int, duration: Double, start: String?
    /// The channels, the nominal frequency and the declared voltage that everything is counted from.
    public var channels: [Channel], nominal: Double?, declared: Double?
    /// Mean frequency by whole cycles over the record, Hz; where it holds too few of them, that of the first phase's fit.
    public var frequency: Double?
    /// The frequency is that of a fit.
    public var frequencyByFit: Bool?
    /// The windows, the phases.
    public var windows: [Window] = [], phases: [Phase] = []
    /// Values of ten minutes and two hours, where the recording says when it began.
    public var intervals: [Interval] = []
    /// Unbalance of the voltages, negative and zero sequence, in percent of the positive one.
    public var negativeUnbalance: Double?, zeroUnbalance: Double?
    /// Dips, swells and interruptions; rapid voltage changes.
    public var events: [VoltageEvent] = [], rapidChanges: [RapidVoltageChange] = []
    /// Flicker of each voltage.
    public var flicker: [[FlickerSeverity]] = []
    /// Pulse edges of the channel that was asked for.
    public var edges: EdgeAnalysis?
    /// The files of corrections that were applied.
    public var corrections: [CorrectionSet.Reference] = []
    /// What could not be computed, and why.
    public var notes: [String] = []

    /// What is known before anything is computed.
    init(rate: Double, frames: Int, start: String?, channels: [Channel]) {
        self.rate = rate
        self.frames = frames
        self.start = start
        self.channels = channels
        duration = Double(frames) / rate
    }

    /// Computes it all of a recording that is held.
    public init(_ recording: Recording, _ options: Options = Options()) {
        var survey = RecordingSurvey(recording.header, frames: recording.frames)
        recording.pieces { survey.add($0) }
        var analyzer = RecordingAnalyzer(recording.header, survey, options)
        recording.pieces { analyzer.feed($0) }
        self = analyzer.finish { recording.pieces($0) }
    }

    /// Computes it all of samples that come by twice (three times where energy between edges is asked for) and are never held together; gives the
    /// first seconds beside it, for a picture.
    ///
    /// - Parameter corrections: those of the channels; they are fitted to the recording here. Throws `RecordingTrouble` where samples or corrections do not fit.
    public static func analyze(
        _ source: any SampleSource, _ options: Options = Options(), corrections: CorrectionSet? = nil,
        file: String = "the recording"
    ) throws(RecordingTrouble) -> (analysis: RecordingAnalysis, head: Recording) {
        var header = source.header
        var options = options
        var survey = RecordingSurvey(header, frames: source.frames)
        try source.pieces { survey.add($0) }
        if let corrections {
            let levels = header.channels.indices.map { n in
                survey.rms(n, header.channels[n]) * (PhaseAssignment.factor(header.channels[n]) ?? 1)
            }
            options.corrections = try corrections.apply(to: &header, file, levels: levels)
        }
        var analyzer = RecordingAnalyzer(header, survey, options)
        try source.pieces { analyzer.feed($0) }
        // What was read twice can be read once more; if it no longer can, there is no energy to tell.
        let analysis = analyzer.finish { take in try? source.pieces(take) }
        header.samples = survey.head
        return (analysis, header)
    }

    /// 50 or 60, whichever is nearer to the strongest line between 40 and 70 Hz; `nil` without one that stands out.
    static func nominal(_ values: [Double], rate: Double) -> Double? {
        let count = FourierTransform.length(atMost: min(values.count, Int(rate * 2)))
        guard count >= 64, let maker = SpectrumMaker(count: count) else { return nil }
        let lines = maker.lines([zip(BlackmanHarris.weights(count), values).map(*)])[0]
        let step = rate / Double(count)
        let low = Int(40 / step), high = min(lines.count - 1, Int(70 / step))
        guard low >= 1, low < high, let best = (low...high).max(by: { lines[$0].power < lines[$1].power }),
            let most = lines.dropFirst(low / 2).map(\.power).max(), lines[best].power > 0.01 * most, most > 0
        else { return nil }
        return Double(best) * step < 55 ? 50 : 60
    }
}

/// Harmonics of one phase, summed over windows.
struct HarmonicSums {
    private static let orders = 50
    private var voltage = [Double](repeating: 0, count: orders), current = [Double](repeating: 0, count: orders)
    private var u = SpectralLine.zero, i = SpectralLine.zero
    private var fundamentalActive = 0.0, fundamentalReactive = 0.0, budeanu = 0.0
    private var count = 0, hasVoltage = false, hasCurrent = false

    mutating func add(_ voltage: HarmonicSpectrum?, _ current: HarmonicSpectrum?, _ angle: Double) {
        count += 1
        hasVoltage = voltage != nil
        hasCurrent = current != nil
        for order in 1...Self.orders {
            if let g = voltage?.subgroup(order) { self.voltage[order - 1] += g * g }
            if let g = current?.subgroup(order) { self.current[order - 1] += g * g }
            if let voltage, let current {
                let (p, q) = SpectralLine.power(voltage.harmonic(order), current.harmonic(order))
                if order == 1 {
                    (fundamentalActive, fundamentalReactive) = (fundamentalActive + p, fundamentalReactive + q)
                }
                budeanu += q
            }
        }
        func turned(_ spectrum: HarmonicSpectrum?) -> SpectralLine {
            spectrum?.harmonic(1).turned(back: angle, order: 1) ?? .zero
        }
        let (a, b) = (turned(voltage), turned(current))
        u = SpectralLine(re: u.re + a.re, im: u.im + a.im)
        i = SpectralLine(re: i.re + b.re, im: i.im + b.im)
    }

    func phase(_ name: String) -> RecordingAnalysis.Phase {
        let n = Double(max(1, count))
        func root(_ sums: [Double], _ there: Bool) -> [Double] { there ? sums.map { ($0 / n).squareRoot() } : [] }
        func phasor(_ line: SpectralLine, _ there: Bool) -> Phasor? {
            there ? Phasor(rms: line.rms / n, angle: line.angle) : nil
        }
        let both = hasVoltage && hasCurrent
        let (us, `is`) = (root(voltage, hasVoltage), root(current, hasCurrent))
        return RecordingAnalysis.Phase(
            name: name, power: nil, results: [], fundamentalActive: both ? fundamentalActive / n : nil,
            fundamentalReactive: both ? fundamentalReactive / n : nil, budeanuReactive: both ? budeanu / n : nil,
            voltageHarmonics: us, currentHarmonics: `is`, voltageDistortion: TotalDistortion.ofFundamental([0] + us),
            currentDistortion: TotalDistortion.ofFundamental([0] + `is`), voltage: phasor(u, hasVoltage),
            current: phasor(i, hasCurrent))
    }
}
