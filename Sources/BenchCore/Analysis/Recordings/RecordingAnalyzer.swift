/// The second passage over a recording: windows, powers, events and flicker while the samples come by.
///
/// Memory does not grow with the recording but for the windows, of which `windowLimit` are kept; the values of ten minutes hold the rest.
struct RecordingAnalyzer {
    /// Windows that are kept one by one: an hour and more.
    static let windowLimit = 20_000

    private var result: RecordingAnalysis
    private let header: Recording, applied: AppliedCorrections, options: RecordingAnalysis.Options
    private let assignment: PhaseAssignment
    private var reference = 0
    private var maker: SynchronousWindows?, spectrum: SpectrumMaker?
    private var harmonics: [HarmonicSums] = []
    private var places: (first: Double, last: Double)?
    private var held = 0, cycles = 0.0, time = 0.0, latest: Double?, windowCount = 0
    private var sums: [PhasePower] = []
    private var monitor: VoltageMonitor?, gains: [Double] = []
    private var flicker: [(channel: Int, meter: FlickerMeter)] = []
    private var aggregator: Aggregator?, ticks: TenMinuteTicks?
    private var edgeChannel: Int?, edgeSamples: [Double] = []

    /// - Parameters:
    ///   - header: channels, rate and times, with nominal ratios, offsets and clock of the corrections in them.
    ///   - survey: what the first passage found.
    init(_ header: Recording, _ survey: RecordingSurvey, _ options: RecordingAnalysis.Options) {
        self.header = header
        self.options = options
        applied = options.corrections ?? AppliedCorrections(header)
        assignment = PhaseAssignment(header.channels)
        result = RecordingAnalysis(
            rate: header.rate, frames: survey.frames, start: header.start,
            channels: header.channels.indices.map { survey.channel($0, header.channels[$0]) })
        result.corrections = applied.files
        result.notes = applied.notes
        if let name = options.edges {
            edgeChannel = result.channels.firstIndex { $0.name == name }
            if edgeChannel == nil {
                result.notes.append(
                    "no channel «\(name)» to look for edges in; there are \(result.channels.map(\.name).joined(separator: ", "))"
                )
            }
        }
        begin(survey)
    }

    private mutating func begin(_ survey: RecordingSurvey) {
        guard let reference = assignment.voltages.first ?? assignment.currents.first else {
            result.notes.append("no channel in V or A: nothing but the channels' own values can be said")
            return
        }
        self.reference = reference
        var head = header
        head.samples = survey.head
        let hum =
            options.nominal ?? header.nominalFrequency
            ?? RecordingAnalysis.nominal(head.physical(reference), rate: header.rate)
        guard let hum, hum == 50 || hum == 60 else {
            result.notes.append("no fundamental near 50 or 60 Hz in \(result.channels[reference].name): say --nominal")
            return
        }
        result.nominal = hum
        let first = result.channels[reference].rms
        result.declared = options.declared ?? (assignment.voltages.isEmpty ? nil : first)
        if options.declared == nil, result.declared != nil {
            result.notes.append(
                "Udin was not said: \(Decimal.fixed(first, 2)) V, the effective value of \(result.channels[reference].name), is taken"
            )
        }
        beginWindows(hum)
        beginPower(hum)
        beginEvents(hum)
        beginFlicker(hum)
    }

    private mutating func beginWindows(_ nominal: Double) {
        maker = SynchronousWindows(
            rate: header.rate, nominal: nominal, channels: header.channels.count, reference: reference,
            least: 0.05 * result.channels[reference].rms)
        spectrum = maker.flatMap { SpectrumMaker(count: $0.count) }
        guard maker != nil else {
            result.notes.append(
                "no windows of whole cycles: they need 16 samples in a cycle, not \(Decimal.shortest(header.rate)) a second"
            )
            return
        }
        ticks = header.start.flatMap { TenMinuteTicks(rate: header.rate, start: $0) }
        maker?.ticks = ticks
        harmonics = [HarmonicSums](repeating: HarmonicSums(), count: assignment.phases.count)
        if ticks != nil { aggregator = Aggregator(header.channels.map { _ in .rootMeanSquare }) }
    }

    private mutating func beginPower(_ nominal: Double) {
        for (p, phase) in assignment.phases.enumerated() {
            guard let u = phase.voltage, let i = phase.current else { continue }
            let one = PhasePower(
                phase: p, u: u, i: i, frames: result.frames, rate: header.rate, nominal: nominal,
                corrections: (applied.channels[u], applied.channels[i]))
            if let one {
                sums.append(one)
            } else if !result.notes.contains(where: { $0.hasPrefix("no reference power") }) {
                result.notes.append(
                    "no reference power: it needs three cycles, and ten where there are more than \(PhasePower.mostKept) samples"
                )
            }
        }
    }

    private mutating func beginEvents(_ nominal: Double) {
        guard let declared = result.declared, let line = NominalFrequency(rawValue: Int(nominal)),
            !assignment.voltages.isEmpty
        else { return }
        // Effective values of a half cycle are nearly all fundamental: they are corrected as it is.
        gains = assignment.voltages.map { applied.channels[$0]?.at(nominal)?.magnitude ?? 1 }
        do throws(PowerQualityTrouble) {
            monitor = try VoltageMonitor(
                channels: assignment.voltages.count, rate: header.rate, nominal: line,
                thresholds: try VoltageThresholds(declared: declared))
        } catch {
            result.notes.append("no events: \(error)")
        }
    }

    private mutating func beginFlicker(_ nominal: Double) {
        guard let declared = result.declared, !assignment.voltages.isEmpty else { return }
        let settling = 60.0
        guard result.duration >= settling + 10 else {
            result.notes.append("no flicker: it needs 60 s to settle and at least 10 s to judge")
            return
        }
        let lamp: FlickerLamp =
            nominal == 50 ? (declared < 150 ? .v120f50 : .v230f50) : (declared < 150 ? .v120f60 : .v230f60)
        let interval = min(600, (result.duration - settling).rounded(.down))
        do throws(PowerQualityTrouble) {
            for number in assignment.voltages {
                flicker.append(
                    (number, try FlickerMeter(lamp, rate: header.rate, interval: interval, begin: settling)))
                result.flicker.append([])
            }
        } catch {
            result.notes.append("no flicker: \(error)")
            flicker = []
        }
    }

    // MARK: samples

    /// Takes the next frames.
    mutating func feed(_ samples: RecordedSamples) {
        let step = Recording.piece(header.rate) * header.channels.count
        for at in stride(from: 0, to: samples.count, by: step) { take(samples[at..<min(samples.count, at + step)]) }
    }

    private mutating func take(_ samples: RecordedSamples) {
        var piece = header
        piece.samples = samples
        let values = header.channels.indices.map { n -> [Double] in
            let factor = PhaseAssignment.factor(header.channels[n]) ?? 1
            let values = piece.physical(n)
            return factor == 1 ? values : values.map { $0 * factor }
        }
        if let edgeChannel { edgeSamples += values[edgeChannel] }
        guard let nominal = result.nominal else { return }
        takeEvents(values)
        takeWindows(values)
        for n in sums.indices {
            sums[n].add(values[sums[n].u], values[sums[n].i], fundamental: latest ?? nominal)
        }
        for n in flicker.indices { result.flicker[n] += flicker[n].meter.process(values[flicker[n].channel]) }
    }

    private mutating func takeEvents(_ values: [[Double]]) {
        guard monitor != nil else { return }
        let voltages = zip(assignment.voltages, gains).map { number, gain in
            gain == 1 ? values[number] : values[number].map { $0 * gain }
        }
        do throws(PowerQualityTrouble) {
            guard let found = try monitor?.process(voltages) else { return }
            result.events += found.events
            result.rapidChanges += found.changes
        } catch {
            result.notes.append("no events: \(error)")
            monitor = nil
        }
    }

    private mutating func takeWindows(_ values: [[Double]]) {
        guard let windows = maker?.feed(values), let spectrum else { return }
        for window in windows {
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
            keep(window, rms)
            guard !window.held else { continue }
            latest = window.frequency
            cycles += Double(window.cycles)
            time += (window.end - window.begin) / header.rate
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

    /// Keeps a window's values; events that it lies in are known by now, for they are found within a cycle or two, and windows later.
    private mutating func keep(_ window: SynchronousWindow, _ rms: [Double]) {
        let begin = window.begin / header.rate, end = window.end / header.rate
        let touched =
            result.events.suffix(64).contains { $0.overlaps(begin, end) }
            || (monitor?.active ?? []).contains { $0.overlaps(begin, end) }
        let flagged = window.held || touched
        windowCount += 1
        if result.windows.count < Self.windowLimit {
            result.windows.append(
                RecordingAnalysis.Window(begin: begin, frequency: window.frequency, rms: rms, flagged: flagged))
        }
        guard let ticks, aggregator != nil else { return }
        let basic = AggregatedValues(
            interval: .basic, start: ticks.time(window.begin), end: ticks.time(window.end), values: rms,
            flagged: flagged)
        do throws(PowerQualityTrouble) {
            for longer in try aggregator?.add(basic) ?? [] { keep(longer) }
        } catch {
            result.notes.append("no values of ten minutes: \(error)")
            aggregator = nil
        }
    }

    private mutating func keep(_ longer: AggregatedValues) {
        guard longer.interval == .short || longer.interval == .long else { return }
        result.intervals.append(
            RecordingAnalysis.Interval(
                start: UTCText.text(microseconds: longer.start / 1000),
                seconds: longer.interval == .short ? 600 : 7200, rms: longer.values, windows: longer.count,
                flagged: longer.flagged, complete: longer.complete))
    }

    // MARK: end

    /// Everything that was found. `again` hands over all samples once more, where energy between edges asks for it.
    mutating func finish(_ again: ((RecordedSamples) -> Void) -> Void) -> RecordingAnalysis {
        finishEvents()
        finishWindows()
        for n in sums.indices { finishPower(n) }
        finishEdges(again)
        return result
    }

    private mutating func finishEvents() {
        guard let rest = monitor?.finish() else { return }
        result.events += rest.events
        result.rapidChanges += rest.changes
        // What began at the very end is known only now.
        for n in result.windows.indices where !result.windows[n].flagged {
            let window = result.windows[n]
            let end = window.begin + Double(result.nominal == 60 ? 12 : 10) / window.frequency
            if rest.events.contains(where: { $0.overlaps(window.begin, end) }) { result.windows[n].flagged = true }
        }
    }

    private mutating func finishWindows() {
        guard let maker else { return }
        for longer in aggregator?.finish() ?? [] { keep(longer) }
        if let places {
            result.frequency = maker.tracker.frequency(from: places.first / header.rate, to: places.last / header.rate)
        }
        if result.frequency == nil, time > 0 { result.frequency = cycles / time }
        if result.frequency == nil, !result.windows.isEmpty {
            result.frequency = Statistics.mean(result.windows.map(\.frequency))
        }
        if windowCount == 0 {
            result.notes.append(
                "no window of whole cycles: the record is shorter than \(maker.cycles) cycles and what surrounds them")
        }
        if windowCount > result.windows.count {
            result.notes.append(
                "of \(windowCount) windows the first \(result.windows.count) are told one by one; all are in the values of ten minutes"
            )
        }
        result.phases = zip(assignment.phases, harmonics).map { phase, sums in sums.phase(phase.name) }
        let voltages = zip(assignment.phases, result.phases).compactMap { $0.voltage == nil ? nil : $1.voltage }
        if voltages.count == 3 {
            let parts = SymmetricalComponents(voltages[0], voltages[1], voltages[2])
            result.negativeUnbalance = parts.negativeUnbalance
            result.zeroUnbalance = parts.zeroUnbalance
        }
    }

    private mutating func finishPower(_ n: Int) {
        let (p, u, i) = (sums[n].phase, sums[n].u, sums[n].i)
        guard let nominal = result.nominal, result.phases.indices.contains(p) else { return }
        let fundamental = result.frequency ?? nominal
        let found = sums[n].finish(
            noise: (result.channels[u].noise ?? 0, result.channels[i].noise ?? 0), fundamental: fundamental,
            saturated: result.channels[u].saturated + result.channels[i].saturated)
        if let refusal = found.refusal {
            result.notes.append(
                "\(result.phases[p].name): "
                    + (found.power == nil ? "no reference power: " : "power by the reference window, not by the fit: ")
                    + "\(refusal)")
        }
        guard let power = found.power else { return }
        result.phases[p].power = power.power
        result.phases[p].method = found.fit == nil ? .window : .fit
        result.phases[p].fit = found.fit
        if let fit = found.fit { takeFit(fit, power, p) }
        for (channel, share) in [(u, power.outside.voltage), (i, power.outside.current)] {
            noteOutside(channel, share)
        }
        // Gains and phases act on the energy as on the power of the window.
        let seconds = sums[n].energy.seconds
        let energy = seconds > 0 ? sums[n].energy.energy + power.difference * seconds : nil
        func about(_ n: Int, _ rest: Double?) -> SampledUncertainty.Channel {
            let channel = result.channels[n]
            // What a fit leaves is the noise; between its harmonics a short record has no quiet line to find it in.
            let noise = rest.map { max($0, channel.step / 12.0.squareRoot()) } ?? channel.noise
            return SampledUncertainty.Channel(
                name: channel.name, noise: noise, step: channel.step, mean: channel.mean,
                correction: applied.channels[n])
        }
        let frequencyNoise = result.channels[reference].noise.flatMap {
            FrequencyNoise.standardUncertainty(
                rate: header.rate, nominal: nominal, noise: $0, rms: result.channels[reference].rms, seconds: time)
        }
        let uncertainty = SampledUncertainty(
            power, voltage: about(u, found.fit?.voltageRest), current: about(i, found.fit?.currentRest),
            frequency: found.fit?.fundamental.frequency ?? fundamental,
            frequencyNoise: found.fit?.fundamental.frequencyNoise ?? (result.frequency == nil ? nil : frequencyNoise),
            duration: energy == nil ? result.duration : seconds, energy: energy, samples: result.frames,
            clockUncertainty: applied.clockUncertainty)
        result.phases[p].results = uncertainty.results(trials: options.trials, seed: options.seed)
    }

    /// What no window of whole cycles told is that of the fit.
    private mutating func takeFit(_ fit: MultiSineFit, _ power: CorrectedPower, _ p: Int) {
        if result.frequency == nil {
            result.frequency = fit.fundamental.frequency
            result.frequencyByFit = true
        }
        if result.phases[p].fundamentalActive == nil {
            result.phases[p].fundamentalActive = power.fundamental.active
            result.phases[p].fundamentalReactive = power.fundamental.reactive
        }
    }

    /// What the rows of a correction do not reach is said, where it is more than noise.
    private mutating func noteOutside(_ channel: Int, _ share: Double) {
        guard share > 1e-8, let correction = applied.channels[channel] else { return }
        let range = correction.frequencies.map {
            "\(Decimal.shortest($0.lowerBound)) … \(Decimal.shortest($0.upperBound)) Hz"
        }
        result.notes.append(
            "\(result.channels[channel].name): \(Decimal.fixed(1e6 * share, 2)) ppm of its square lie outside the corrections' "
                + "frequencies (\(range ?? "none")): as recorded, and in no uncertainty")
    }

    private mutating func finishEdges(_ again: ((RecordedSamples) -> Void) -> Void) {
        guard let n = edgeChannel else { return }
        let wanted = options.constant == nil ? [] : sums.filter { $0.u != n && $0.i != n }
        let header = header
        result.edges = EdgeAnalysis(
            edgeSamples, channel: result.channels[n].name, rate: header.rate, step: result.channels[n].step,
            options.edgeOptions, constant: options.constant, clockUncertainty: applied.clockUncertainty ?? 0
        ) { begin, end in
            guard !wanted.isEmpty else { return nil }
            var spans = wanted.map { _ in EnergySpan(rate: header.rate, from: begin, to: end) }
            again { samples in
                var piece = header
                piece.samples = samples
                for (k, sum) in wanted.enumerated() {
                    func values(_ n: Int) -> [Double] {
                        let factor = PhaseAssignment.factor(header.channels[n]) ?? 1
                        return piece.physical(n).map { $0 * factor }
                    }
                    spans[k].add(values(sum.u), values(sum.i))
                }
            }
            var total = 0.0
            for (k, sum) in wanted.enumerated() {
                guard let energy = spans[k].energy else { return nil }
                total += energy + sum.difference * (end - begin)
            }
            return total
        }
    }
}
