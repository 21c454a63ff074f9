/// Everything that IEC 61000-4-30 class A asks of a three-phase supply, from raw frames of U1 U2 U3 Un I1 I2 I3 In while they arrive: gapless windows
/// of 10 or 12 cycles with effective values, powers, harmonics and groups, unbalance; Urms(1/2), dips, swells, interruptions and rapid voltage
/// changes; flicker.
///
/// The frames are halved in rate to 10 … 20 kS/s first, flat within 0.05 % to order 50 of the highest frequency of class A (2.9 kHz in 50 Hz systems,
/// 3.5 kHz in 60 Hz systems) and with nothing folded below it (80 dB): all that these values need. What is faster is no part of them; reference power (`ReferencePower`, `PowerSums`) works on the frames as they come. Memory is constant, and
/// the results do not depend on the pieces the frames come in. Used from one thread at a time.
public final class ClassAMeter {
    /// How raw numbers become volts and amperes, and what the supply is.
    public struct Setup: Sendable, Hashable {
        /// Frames a second.
        public var rate: Double
        /// Nominal frequency; declared voltage and thresholds; lamp of the flicker meters.
        public var nominal: NominalFrequency, thresholds: VoltageThresholds, lamp: FlickerLamp
        /// V and A of one raw step of each of the eight channels, and of raw 0.
        public var scales: [Double], offsets: [Double]
        /// Length of a flicker interval, and when the first begins after the first frame, s.
        public var flickerInterval: Double, flickerBegin: Double
        /// UTC of the first frame, ns since 1970: windows begin anew at each tick of ten minutes; `nil` where it is not known.
        public var start: Int64?

        /// A setup; flicker begins after a minute and is judged every ten unless something else is said.
        public init(
            rate: Double, nominal: NominalFrequency, thresholds: VoltageThresholds, lamp: FlickerLamp,
            scales: [Double], offsets: [Double] = [Double](repeating: 0, count: 8), flickerInterval: Double = 600,
            flickerBegin: Double = 60, start: Int64? = nil
        ) {
            self.rate = rate
            self.nominal = nominal
            self.thresholds = thresholds
            self.lamp = lamp
            self.scales = scales
            self.offsets = offsets
            self.flickerInterval = flickerInterval
            self.flickerBegin = flickerBegin
            self.start = start
        }
    }

    /// What became known with a piece.
    public struct Findings: Sendable, Hashable {
        /// Windows of 10 or 12 cycles.
        public var windows: [EightChannelWindow] = []
        /// Urms(1/2) of the voltages U1 U2 U3, in the order in which they became known.
        public var values: [VoltageMonitor.Value] = []
        /// Dips, swells and interruptions; rapid voltage changes, each with its end.
        public var events: [VoltageEvent] = [], changes: [RapidVoltageChange] = []
        /// Severities of U1 U2 U3 Un of each interval that ended.
        public var flicker: [[FlickerSeverity]] = []

        /// Nothing.
        public init() {}
    }

    /// What it was made for.
    public let setup: Setup
    /// Frames a second that the values are computed from.
    public var workingRate: Double { cascade.rate }
    /// Frames that are analyzed at once, and halved at once, so that they stay in the nearest cache.
    private static let piece = 1024, part = 256, reference = 0, phases = 3
    private let scale: (Lanes, Lanes), offset: (Lanes, Lanes)
    private let cascade: HalfBandCascade
    private let history: LaneHistory
    private let windows: EightChannelWindows
    private let halves: LaneHalfCycles
    private let flickerCascade: HalfBandCascade
    private let flicker: LaneFlickerMeter
    private let flickerWork: UnsafeMutablePointer<Lanes>
    private var detector: VoltageEventDetector
    private var changes: RapidChangeDetector
    private var flags = EventFlags()

    /// A meter.
    ///
    /// - Throws: `PowerQualityTrouble` where the rate is below 4 kS/s or above 100 MS/s, there are not eight scales and offsets, or a flicker
    ///   interval is out of range.
    public init(_ setup: Setup) throws(PowerQualityTrouble) {
        guard setup.rate >= 4000, setup.rate <= 1e8 else {
            throw PowerQualityTrouble("class A values need 4 kS/s to 100 MS/s, not \(setup.rate) S/s")
        }
        guard setup.scales.count == 8, setup.offsets.count == 8,
            (setup.scales + setup.offsets).allSatisfy(\.isFinite)
        else {
            throw PowerQualityTrouble("class A values need a scale and an offset for each of eight channels")
        }
        _ = try FlickerMeter(
            setup.lamp, rate: setup.rate, interval: setup.flickerInterval, begin: setup.flickerBegin)
        self.setup = setup
        func lanes(_ values: [Double]) -> (Lanes, Lanes) { (Lanes(values[0..<4]), Lanes(values[4..<8])) }
        scale = lanes(setup.scales)
        offset = lanes(setup.offsets)
        // Fifty orders of the highest frequency that class A asks for, and the group of the last.
        let pass = 50.7 * setup.nominal.range.upperBound
        cascade = HalfBandCascade(
            width: 2, rate: setup.rate, least: 10_000, pass: pass, attenuation: 85, most: Self.part)
        let rate = cascade.rate, most = 4 * cascade.outputs(Self.part), times = FrameTimes(cascade, rate: setup.rate)
        let nominal = setup.nominal, declared = setup.thresholds.declared
        history = LaneHistory(
            width: 2,
            holding: max(
                EightChannelWindows.frames(rate: rate, nominal: nominal),
                LaneHalfCycles.frames(rate: rate, nominal: nominal)), most: most)
        history.least = LaneHalfCycles.frames(rate: rate, nominal: nominal)
        guard
            let windows = EightChannelWindows(
                rate: rate, nominal: nominal, pass: min(pass, 0.36 * rate), reference: Self.reference,
                least: 0.05 * declared, times: times)
        else {
            throw PowerQualityTrouble("no windows of \(nominal.cycles) cycles at \(setup.rate) S/s")
        }
        windows.ticks = setup.start.map {
            TenMinuteTicks(rate: rate, start: $0 + Int64((times.start * 1e9).rounded()))
        }
        self.windows = windows
        halves = LaneHalfCycles(
            channels: Self.phases, rate: rate, nominal: nominal, declared: declared, times: times, most: most)
        flickerCascade = HalfBandCascade(width: 1, rate: rate, least: 3000, pass: 1000, attenuation: 70, most: most)
        let inner = flickerCascade
        flicker = LaneFlickerMeter(
            setup.lamp, width: 1,
            times: FrameTimes(
                start: times.seconds(inner.centre), step: times.step * Double(inner.factor)),
            interval: setup.flickerInterval, begin: setup.flickerBegin)
        flickerWork = .lanes(max(most, inner.outputs(most)))
        detector = try VoltageEventDetector(channels: Self.phases, thresholds: setup.thresholds)
        changes = try RapidChangeDetector(channels: Self.phases, nominal: nominal, thresholds: setup.thresholds)
    }

    deinit { flickerWork.deallocate() }

    /// The events going on, with their end at the newest value.
    public var active: [VoltageEvent] { detector.active }
    /// The newest Pinst of U1 U2 U3 Un, in units of perceptibility.
    public var pinst: [Double] { flicker.pinst }
    /// Frequencies of U1 U2 U3, Hz: the median of the last seven cycles of each; `nil` before the first.
    public var frequencies: [Double?] { (0..<Self.phases).map { halves.frequency($0) } }
    /// Frequency by whole cycles of U1 between two moments of the last twelve seconds, Hz; as `FrequencyTracker.frequency(from:to:)`.
    public func frequency(from begin: Double, to end: Double) -> Double? {
        let times = FrameTimes(cascade, rate: setup.rate), rate = cascade.rate
        return windows.tracker.frequency(from: times.place(begin) / rate, to: times.place(end) / rate)
    }

    /// Takes frames of eight raw numbers each; gives what became known with them.
    public func process(_ numbers: UnsafePointer<Int32>, frames: Int) -> Findings {
        var findings = Findings()
        // Room for the Urms(1/2) of so long a piece at once.
        let halfCycles = 2 * setup.nominal.range.upperBound * Double(frames) / setup.rate
        if halfCycles > 1 { findings.values.reserveCapacity(Self.phases * (Int(halfCycles) + 1)) }
        var from = 0
        while from < frames {
            let end = min(frames, from + Self.piece)
            var made = 0
            while from < end {
                let count = min(Self.part, end - from)
                let target = history.room(cascade.outputs(count))
                LaneFrames.convert(
                    numbers + 8 * from, count, scale: scale, offset: offset, into: cascade.room(count, or: target))
                let some = cascade.run(count, into: target)
                history.append(some)
                made += some
                from += count
            }
            if made > 0 { analyze(made, &findings) }
        }
        return findings
    }

    /// What can be said up to the last frame, and the events that are still going on: for the end of a recording.
    public func finish() -> Findings {
        var findings = Findings()
        halves.finish(history) { channel, value in take(channel, value, &findings) }
        findings.events += detector.finish()
        return findings
    }

    private func analyze(_ frames: Int, _ findings: inout Findings) {
        halves.feed(frames, of: history) { channel, value in take(channel, value, &findings) }
        windows.feed(frames, of: history) { window in
            var window = window
            window.flagged = window.held || flags.flags(window.begin, window.end, active: detector.active)
            flags.forget(before: window.begin)
            findings.windows.append(window)
        }
        let from = history.frame(history.end - frames)
        let room = flickerCascade.room(frames, or: flickerWork)
        for n in 0..<frames { room[n] = from[2 &* n] }
        flicker.process(flickerWork, flickerCascade.run(frames, into: flickerWork)) { findings.flicker.append($0) }
    }

    private func take(_ channel: Int, _ value: HalfCycleValue, _ findings: inout Findings) {
        let least = 0.02 * setup.thresholds.declared * 2.0.squareRoot()
        let ended = detector.add(value, channel: channel) {
            halves.departure($0, channel: channel, least: least, history: history)
        }
        if !ended.isEmpty {
            flags.add(ended)
            findings.events += ended
        }
        if let change = changes.add(value, channel: channel, eventActive: detector.isActive) {
            findings.changes.append(change)
        }
        findings.values.append(VoltageMonitor.Value(channel: channel, value: value))
    }
}
