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

    /// One phase.
    public struct Phase: Sendable, Codable {
        /// L1, L2 or L3.
        public var name: String
        /// By the window of the reference (see `ReferencePower`, `CorrectedPower`); `nil` without a voltage or a current.
        public var power: ReferencePower?
        /// What is stated with uncertainty, by the reference window: U, I, P, S, PF, Q1, φ1, energy, frequency.
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
    /// Mean frequency by whole cycles over the record, Hz.
    public var frequency: Double?
    /// The windows, the phases.
    public var windows: [Window] = [], phases: [Phase] = []
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

    /// Computes it all.
    public init(_ recording: Recording, _ options: Options = Options()) {
        let assignment = PhaseAssignment(recording.channels)
        let values = recording.channels.indices.map { n -> [Double] in
            let factor = PhaseAssignment.factor(recording.channels[n]) ?? 1
            let values = recording.physical(n)
            return factor == 1 ? values : values.map { $0 * factor }
        }
        rate = recording.rate
        frames = recording.frames
        duration = recording.duration
        start = recording.start
        let applied = options.corrections ?? AppliedCorrections(recording)
        corrections = applied.files
        notes = applied.notes
        channels = values.indices.map { Self.channel(recording, $0, values[$0]) }
        measure(values, assignment, recording.nominalFrequency, applied, options)
        if let name = options.edges { measureEdges(name, values, assignment, applied, options) }
    }

    private mutating func measure(
        _ values: [[Double]], _ assignment: PhaseAssignment, _ stated: Double?, _ applied: AppliedCorrections,
        _ options: Options
    ) {
        guard let reference = assignment.voltages.first ?? assignment.currents.first else {
            notes.append("no channel in V or A: nothing but the channels' own values can be said")
            return
        }
        let hum = options.nominal ?? stated ?? Self.nominal(values[reference], rate: rate)
        guard let hum, hum == 50 || hum == 60 else {
            notes.append("no fundamental near 50 or 60 Hz in \(channels[reference].name): say --nominal")
            return
        }
        nominal = hum
        let first = channels[reference].rms
        declared = options.declared ?? (assignment.voltages.isEmpty ? nil : first)
        if options.declared == nil, declared != nil {
            notes.append(
                "Udin was not said: \(Decimal.fixed(first, 2)) V, the effective value of \(channels[reference].name), is taken"
            )
        }
        measureWindows(values, reference, assignment, applied)
        for phase in assignment.phases { measurePower(phase, values, applied, options) }
        measureEvents(values, assignment, applied)
        measureFlicker(values, assignment)
    }

    private static func channel(_ recording: Recording, _ number: Int, _ values: [Double]) -> Channel {
        let about = recording.channels[number]
        let factor = PhaseAssignment.factor(about)
        let step: Double
        if case .integer = recording.samples { step = abs(about.scale * (factor ?? 1)) } else { step = 0 }
        return Channel(
            name: about.name, unit: factor == nil ? about.unit : about.unit.suffix(1).uppercased(),
            lowest: values.min() ?? 0, highest: values.max() ?? 0, mean: Statistics.mean(values),
            rms: Aggregation.rms(values),
            noise: SampleNoise.standardDeviation(values, step: step), step: step,
            saturated: recording.saturated(number).reduce(0) { $0 + $1.count })
    }

    /// 50 or 60, whichever is nearer to the strongest line between 40 and 70 Hz; `nil` without one that stands out.
    private static func nominal(_ values: [Double], rate: Double) -> Double? {
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

// MARK: steps

extension RecordingAnalysis {
    /// Samples that are handed on at a time.
    private var piece: Int { max(1, Int(rate / 5)) }

    private mutating func measureWindows(
        _ values: [[Double]], _ reference: Int, _ assignment: PhaseAssignment, _ applied: AppliedCorrections
    ) {
        guard let nominal,
            var maker = SynchronousWindows(
                rate: rate, nominal: nominal, channels: values.count, reference: reference,
                least: 0.05 * channels[reference].rms),
            let spectrum = SpectrumMaker(count: maker.count)
        else {
            notes.append(
                "no windows of whole cycles: they need 16 samples in a cycle, not \(Decimal.shortest(rate)) a second")
            return
        }
        var harmonics = [HarmonicSums](repeating: HarmonicSums(), count: assignment.phases.count)
        var places: (first: Double, last: Double)?
        for at in stride(from: 0, to: frames, by: piece) {
            let end = min(frames, at + piece)
            for window in maker.feed(values.map { Array($0[at..<end]) }) {
                places = (places?.first ?? window.begin, window.end)
                var rms = values.indices.map { window.rms($0) }
                let needed = !window.held || applied.channels.contains { $0 != nil }
                var lines = needed ? spectrum.lines(window.channels) : []
                if needed {
                    for n in values.indices {
                        guard let correction = applied.channels[n] else { continue }
                        let step = window.frequency / Double(window.cycles)
                        rms[n] = correction.apply(to: &lines[n], step: step, orders: 51 * window.cycles, rms: rms[n])
                    }
                }
                windows.append(
                    Window(begin: window.begin / rate, frequency: window.frequency, rms: rms, flagged: window.held))
                guard !window.held else { continue }
                let angle = lines[reference][window.cycles].angle
                for (p, phase) in assignment.phases.enumerated() {
                    func of(_ channel: Int?) -> HarmonicSpectrum? {
                        channel.map {
                            HarmonicSpectrum(lines: lines[$0], cycles: window.cycles, frequency: window.frequency)
                        }
                    }
                    harmonics[p].add(of(phase.voltage), of(phase.current), angle)
                }
            }
        }
        if let places { frequency = maker.tracker.frequency(from: places.first / rate, to: places.last / rate) }
        if frequency == nil, !windows.isEmpty { frequency = Statistics.mean(windows.map(\.frequency)) }
        if windows.isEmpty {
            notes.append(
                "no window of whole cycles: the record is shorter than \(maker.cycles) cycles and what surrounds them")
        }
        phases = zip(assignment.phases, harmonics).map { phase, sums in sums.phase(phase.name) }
        let voltages = zip(assignment.phases, phases).compactMap { $0.voltage == nil ? nil : $1.voltage }
        if voltages.count == 3 {
            let parts = SymmetricalComponents(voltages[0], voltages[1], voltages[2])
            negativeUnbalance = parts.negativeUnbalance
            zeroUnbalance = parts.zeroUnbalance
        }
    }

    private mutating func measurePower(
        _ phase: PhaseAssignment.Phase, _ values: [[Double]], _ applied: AppliedCorrections, _ options: Options
    ) {
        guard let u = phase.voltage, let i = phase.current, let at = phases.firstIndex(where: { $0.name == phase.name })
        else { return }
        guard let nominal, duration * nominal >= 10 else {
            if !notes.contains(where: { $0.hasPrefix("no reference power") }) {
                notes.append("no reference power: it needs ten cycles")
            }
            return
        }
        let noise = (channels[u].noise ?? 0, channels[i].noise ?? 0)
        let fundamental = frequency ?? nominal
        guard
            let found = CorrectedPower(
                voltage: values[u], current: values[i], noise: noise, rate: rate, fundamental: fundamental,
                corrections: (applied.channels[u], applied.channels[i]))
        else { return }
        phases[at].power = found.power
        for (channel, share) in [(u, found.outside.voltage), (i, found.outside.current)] {
            noteOutside(channel, share, applied)
        }
        var energy: (value: Double, seconds: Double)?
        if let integral = EnergyIntegral(voltage: values[u], current: values[i], rate: rate) {
            let all = integral.moments
            let seconds = all.upperBound - all.lowerBound
            // Gains and phases act on the energy as on the power of the window.
            let raw = ReferencePower(voltage: values[u], current: values[i])?.active ?? found.power.active
            energy = integral.energy(from: all.lowerBound, to: all.upperBound).map {
                ($0 + (found.power.active - raw) * seconds, seconds)
            }
        }
        func about(_ n: Int) -> SampledUncertainty.Channel {
            SampledUncertainty.Channel(
                name: channels[n].name, noise: channels[n].noise, step: channels[n].step, mean: channels[n].mean,
                correction: applied.channels[n])
        }
        // The first channel's phase is what the windows' frequency comes from.
        let span = windows.reduce(0) { $0 + Double(nominal < 55 ? 10 : 12) / $1.frequency }
        let frequencyNoise = channels[u].noise.flatMap {
            FrequencyNoise.standardUncertainty(
                rate: rate, nominal: nominal, noise: $0, rms: found.fundamental.voltage.squareRoot(), seconds: span)
        }
        let uncertainty = SampledUncertainty(
            found, voltage: about(u), current: about(i), frequency: fundamental,
            frequencyNoise: frequency == nil ? nil : frequencyNoise, duration: energy?.seconds ?? duration,
            energy: energy?.value, samples: frames, clockUncertainty: applied.clockUncertainty)
        phases[at].results = uncertainty.results(trials: options.trials, seed: options.seed)
    }

    /// What the rows of a correction do not reach is said, where it is more than noise.
    private mutating func noteOutside(_ channel: Int, _ share: Double, _ applied: AppliedCorrections) {
        guard share > 1e-8, let correction = applied.channels[channel] else { return }
        let range = correction.frequencies.map {
            "\(Decimal.shortest($0.lowerBound)) … \(Decimal.shortest($0.upperBound)) Hz"
        }
        notes.append(
            "\(channels[channel].name): \(Decimal.fixed(1e6 * share, 2)) ppm of its square lie outside the corrections' "
                + "frequencies (\(range ?? "none")): as recorded, and in no uncertainty")
    }

    private mutating func measureEdges(
        _ name: String, _ values: [[Double]], _ assignment: PhaseAssignment, _ applied: AppliedCorrections,
        _ options: Options
    ) {
        guard let n = channels.firstIndex(where: { $0.name == name }) else {
            notes.append(
                "no channel «\(name)» to look for edges in; there are \(channels.map(\.name).joined(separator: ", "))")
            return
        }
        var parts: [(integral: EnergyIntegral, correction: Double)] = []
        if options.constant != nil {
            for phase in assignment.phases {
                guard let u = phase.voltage, let i = phase.current, u != n, i != n,
                    let integral = EnergyIntegral(voltage: values[u], current: values[i], rate: rate)
                else { continue }
                // Gains and phases act on the energy as on the power of the window.
                let power = phases.first { $0.name == phase.name }?.power?.active
                let raw = ReferencePower(voltage: values[u], current: values[i])?.active
                parts.append((integral, (power ?? 0) - (raw ?? power ?? 0)))
            }
        }
        edges = EdgeAnalysis(
            values[n], channel: name, rate: rate, step: channels[n].step, options.edgeOptions,
            constant: options.constant, clockUncertainty: applied.clockUncertainty ?? 0
        ) { begin, end in
            guard !parts.isEmpty else { return nil }
            return parts.reduce(0.0) { sum, part in
                guard let sum, let energy = part.integral.energy(from: begin, to: end) else { return nil }
                return sum + energy + part.correction * (end - begin)
            }
        }
    }

    private mutating func measureEvents(
        _ values: [[Double]], _ assignment: PhaseAssignment, _ applied: AppliedCorrections
    ) {
        guard let declared, let nominal, let line = NominalFrequency(rawValue: Int(nominal)),
            !assignment.voltages.isEmpty
        else { return }
        do throws(PowerQualityTrouble) {
            var monitor = try VoltageMonitor(
                channels: assignment.voltages.count, rate: rate, nominal: line,
                thresholds: try VoltageThresholds(declared: declared))
            // Effective values of a half cycle are nearly all fundamental: they are corrected as it is.
            let gains = assignment.voltages.map { applied.channels[$0]?.at(frequency ?? nominal)?.magnitude ?? 1 }
            for at in stride(from: 0, to: frames, by: piece) {
                let end = min(frames, at + piece)
                let found = try monitor.process(
                    zip(assignment.voltages, gains).map { number, gain in
                        gain == 1 ? Array(values[number][at..<end]) : values[number][at..<end].map { $0 * gain }
                    })
                events += found.events
                rapidChanges += found.changes
            }
            let rest = monitor.finish()
            events += rest.events
            rapidChanges += rest.changes
        } catch {
            notes.append("no events: \(error)")
        }
        for n in windows.indices {
            let end = windows[n].begin + Double(line.cycles) / windows[n].frequency
            if events.contains(where: { $0.overlaps(windows[n].begin, end) }) { windows[n].flagged = true }
        }
    }

    private mutating func measureFlicker(_ values: [[Double]], _ assignment: PhaseAssignment) {
        guard let nominal, let declared, !assignment.voltages.isEmpty else { return }
        let settling = 60.0
        guard duration >= settling + 10 else {
            notes.append("no flicker: it needs 60 s to settle and at least 10 s to judge")
            return
        }
        let lamp: FlickerLamp =
            nominal == 50 ? (declared < 150 ? .v120f50 : .v230f50) : (declared < 150 ? .v120f60 : .v230f60)
        let interval = min(600, (duration - settling).rounded(.down))
        do throws(PowerQualityTrouble) {
            for number in assignment.voltages {
                var meter = try FlickerMeter(lamp, rate: rate, interval: interval, begin: settling)
                flicker.append(meter.process(values[number]))
            }
        } catch {
            notes.append("no flicker: \(error)")
        }
    }
}

/// Harmonics of one phase, summed over windows.
private struct HarmonicSums {
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
