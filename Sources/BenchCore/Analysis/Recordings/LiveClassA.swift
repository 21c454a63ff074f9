/// Class A values of what a digitizer samples, while it samples: window by window, and events as they end.
///
/// The first second is looked at before anything is said, unless nominal frequency and declared voltage are told. Lost frames begin the windows
/// anew. Used from one thread at a time.
public final class LiveClassA {
    /// What is known of the supply, and what corrects the channels.
    public struct Options: Sendable {
        /// 50 or 60 Hz, and Udin, V; found in the first second where they are `nil`.
        public var nominal: Double?, declared: Double?
        /// Corrections; here their ratios, offsets, clock, and gain at the fundamental.
        public var corrections: CorrectionSet?

        /// Options by their parts.
        public init(nominal: Double? = nil, declared: Double? = nil, corrections: CorrectionSet? = nil) {
            self.nominal = nominal
            self.declared = declared
            self.corrections = corrections
        }
    }

    /// What became known with a block; times in s since sampling began.
    public struct Findings: Sendable {
        /// Windows of 10 or 12 cycles, and where each ends.
        public var windows: [(end: Double, window: EightChannelWindow)] = []
        /// Events that ended, and when each began.
        public var events: [(start: Double, event: VoltageEvent)] = []
        /// A sentence for the person: why nothing can be said, or that frames were lost.
        public var note: String?
    }

    private var header: Recording, options: Options
    private let width: Int, assignment: PhaseAssignment
    /// Blocks of the first second, until the supply is known; `nil` afterwards.
    private var head: [RecordedSamples]? = []
    private var headFrames = 0
    private var setup: ClassAMeter.Setup?, meter: ClassAMeter?
    /// Frame that the meter's time counts from, and the one that must come next.
    private var origin: Int64 = 0, next: Int64 = 0
    private var lanes: [Int32] = []

    /// µV and µA: what the numbers of a digitizer that sends floats are rounded to, ±2147 V or A.
    private static let floatStep = 1e-6

    /// For a stream that begins.
    public init(_ stream: SampleStream, _ options: Options) {
        header = Recording(
            channels: stream.channels, rate: stream.rate, start: stream.start, samples: stream.form.samples([][...]))
        self.options = options
        width = stream.channels.count
        assignment = PhaseAssignment(stream.channels)
    }

    /// Names of the phases that have channels, with whether each has a voltage and a current.
    public var phases: [(name: String, voltage: Bool, current: Bool)] {
        assignment.phases.map { ($0.name, $0.voltage != nil, $0.current != nil) }
    }

    /// Takes a block; gives what became known with it.
    public func feed(_ samples: RecordedSamples, first: Int64) -> Findings {
        var findings = Findings()
        let frames = samples.count / width
        if first != next, head == nil, let setup {
            findings.note = "\(first - next) frames were lost: windows begin anew"
            meter = try? ClassAMeter(setup)
            origin = first
        }
        next = first + Int64(frames)
        guard head != nil else {
            take(samples, into: &findings)
            return findings
        }
        head?.append(samples)
        headFrames += frames
        guard Double(headFrames) >= header.rate, let blocks = head else { return findings }
        head = nil
        // Gaps in the first second are told with what is recorded; here the second is what came.
        origin = next - Int64(headFrames)
        do throws(ValueTrouble) { try begin(blocks) } catch { findings.note = error.message }
        for block in blocks { take(block, into: &findings) }
        return findings
    }

    private func begin(_ blocks: [RecordedSamples]) throws(ValueTrouble) {
        guard let reference = assignment.voltages.first else {
            throw ValueTrouble("no channel in V: there is nothing to watch live")
        }
        let frames = blocks.map { $0.count / width }
        func values(_ n: Int) -> [Double] {
            let channel = header.channels[n], factor = PhaseAssignment.factor(channel) ?? 1
            return zip(blocks, frames).flatMap {
                $0.physical(n, of: width, 0..<$1, scale: channel.scale * factor, offset: channel.offset * factor)
            }
        }
        var gains = header.channels.map { _ in 1.0 }
        guard let hum = options.nominal ?? RecordingAnalysis.nominal(values(reference), rate: header.rate),
            let nominal = NominalFrequency(rawValue: Int(hum))
        else { throw ValueTrouble("no fundamental near 50 or 60 Hz in the first second: say --nominal") }
        if let corrections = options.corrections {
            let levels = header.channels.indices.map { Aggregation.rms(values($0)) }
            do throws(RecordingTrouble) {
                let applied = try corrections.apply(to: &header, "the digitizer", levels: levels)
                gains = applied.channels.map { $0?.at(hum)?.magnitude ?? 1 }
            } catch { throw ValueTrouble(error.message) }
        }
        let declared = options.declared ?? Aggregation.rms(values(reference)) * gains[reference]
        var scales = [Double](repeating: 0, count: 8), offsets = scales
        for (slot, column) in columns.enumerated() {
            guard let column else { continue }
            let channel = header.channels[column], factor = (PhaseAssignment.factor(channel) ?? 1) * gains[column]
            scales[slot] = channel.scale * factor
            offsets[slot] = channel.offset * factor
            if case .float = header.samples { (scales[slot], offsets[slot]) = (Self.floatStep, 0) }
        }
        do throws(PowerQualityTrouble) {
            let setup = ClassAMeter.Setup(
                rate: header.rate, nominal: nominal, thresholds: try VoltageThresholds(declared: declared),
                lamp: nominal == .fifty
                    ? (declared < 150 ? .v120f50 : .v230f50) : (declared < 150 ? .v120f60 : .v230f60),
                scales: scales, offsets: offsets)
            meter = try ClassAMeter(setup)
            self.setup = setup
            floatGains = gains
        } catch { throw ValueTrouble("nothing can be watched live: \(error)") }
    }
    private var floatGains: [Double] = []

    /// Numbers of the channels U1 U2 U3 Un I1 I2 I3 In; a neutral is not looked for. A phase without a voltage of its own is given the first
    /// one's: nothing must look like an interruption that is not sampled at all.
    private var columns: [Int?] {
        var found = [Int?](repeating: nil, count: 8)
        for (p, name) in ["L1", "L2", "L3"].enumerated() {
            let phase = assignment.phases.first { $0.name == name }
            found[p] = phase?.voltage ?? assignment.voltages.first
            found[4 + p] = phase?.current
        }
        return found
    }

    private func take(_ samples: RecordedSamples, into findings: inout Findings) {
        guard let meter else { return }
        let frames = samples.count / width
        lanes = [Int32](repeating: 0, count: 8 * frames)
        for (slot, column) in columns.enumerated() {
            guard let column else { continue }
            switch samples {
            case .integer(let values, _):
                for i in 0..<frames { lanes[8 * i + slot] = values[i * width + column] }
            case .float(let values):
                let channel = header.channels[column]
                let factor = (PhaseAssignment.factor(channel) ?? 1) * floatGains[column] / Self.floatStep
                for i in 0..<frames {
                    let value = (channel.scale * Double(values[i * width + column]) + channel.offset) * factor
                    lanes[8 * i + slot] = Int32(max(-2_147_483_647, min(2_147_483_647, value.rounded())))
                }
            }
        }
        let found = lanes.withUnsafeBufferPointer { numbers in
            numbers.baseAddress.map { meter.process($0, frames: frames) } ?? ClassAMeter.Findings()
        }
        let shift = Double(origin) / header.rate
        findings.windows += found.windows.map { (shift + $0.end, $0) }
        findings.events += found.events.map { (shift + $0.start, $0) }
    }
}

extension EightChannelWindow {
    /// Distortion of a channel by its subgroups of order 2 to 40 at most, percent of the fundamental's; `nil` without a fundamental (IEC 61000-4-7:2002, 3.3.4).
    public func distortion(channel: Int) -> Double? {
        let groups = subgroups(channel: channel)
        guard let first = groups.first, first > 1e-9 else { return nil }
        return 100 * groups.prefix(40).dropFirst().reduce(0) { $0 + $1 * $1 }.squareRoot() / first
    }
}
