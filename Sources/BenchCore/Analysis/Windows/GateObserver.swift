/// What the voltages were like while gates were open, from samples as they come: frequency, distortion, unbalance, events.
struct GateObserver {
    private let voltages: [Voltage], width: Int, rate: Double
    private var windows: SynchronousWindows, spectrum: SpectrumMaker?, monitor: VoltageMonitor?
    private let wanted: Observations
    /// The files of corrections that are applied; `nil` where there are none.
    let corrections: [CorrectionSet.Reference]?
    /// What was seen so far.
    private(set) var seen = SamplingDone.Observed(windows: 0, frequency: nil, events: [])
    private var loudest = ""
    private var windowsClosed = false
    private let keepsChanges: Bool

    /// The events so far, also those still going on.
    var all: [VoltageEvent] { seen.events + (monitor?.active ?? []) }
    /// From now on only events are looked for.
    mutating func closeWindows() { windowsClosed = true }

    /// One voltage of a frame: its column, how its numbers become V, what corrects its lines, and what that is at the nominal frequency.
    private struct Voltage {
        var name: String, column: Int, scale: Double, offset: Double
        var correction: ChannelCorrection?, gain: Double
    }

    /// For the voltages among the channels of a stream.
    ///
    /// `phases` (0 …) are the ones that are looked at, all where nothing is said. Throws a sentence where there is none, the rate gives no windows, or the corrections do not fit the channels.
    init(
        _ stream: SampleStream, _ wanted: Observations, nominal: Double, declared: Double,
        corrections: CorrectionSet? = nil, phases: [Int]? = nil
    ) throws(ValueTrouble) {
        let line: NominalFrequency = nominal < 55 ? .fifty : .sixty
        let assignment = PhaseAssignment(stream.channels)
        var columns = assignment.voltages
        keepsChanges = phases != nil
        if let phases {
            guard phases.allSatisfy({ columns.indices.contains($0) }) else {
                throw ValueTrouble(
                    "the digitizer has \(columns.count) channels of voltage, and \(phases.count) phases are on")
            }
            columns = phases.map { columns[$0] }
        }
        var header = Recording(
            channels: columns.map { stream.channels[$0] }, rate: stream.rate, start: stream.start, samples: .float([]))
        var applied: AppliedCorrections?
        if let set = corrections?.only(header.channels.map(\.name)) {
            let levels = header.channels.map { channel in
                // What the digitizer itself gets, where the ratio is not in its numbers.
                set.channels[channel.name]?.transducer.flatMap { $0.isInRecording ? nil : declared / $0.ratio }
                    ?? declared
            }
            do throws(RecordingTrouble) { applied = try set.apply(to: &header, "the digitizer", levels: levels) } catch
            { throw ValueTrouble("the digitizer's corrections do not fit: \(error.message)") }
        }
        voltages = columns.indices.map { n in
            let channel = header.channels[n], factor = PhaseAssignment.factor(channel) ?? 1
            let correction = applied?.channels[n]
            return Voltage(
                name: channel.name, column: columns[n], scale: channel.scale * factor,
                offset: channel.offset * factor, correction: correction,
                gain: correction?.at(line.hertz)?.magnitude ?? 1)
        }
        self.corrections = applied?.files
        width = stream.channels.count
        rate = header.rate
        self.wanted = wanted
        guard !columns.isEmpty,
            let windows = SynchronousWindows(
                rate: rate, nominal: line.hertz, channels: columns.count, least: 0.05 * declared)
        else { throw ValueTrouble("the digitizer's channels or rate allow no windows of whole cycles") }
        self.windows = windows
        if wanted.voltageDistortion != nil || wanted.voltageUnbalance != nil {
            spectrum = SpectrumMaker(count: windows.count)
        }
        if declared > 0, let thresholds = try? VoltageThresholds(declared: declared) {
            monitor = try? VoltageMonitor(
                channels: columns.count, rate: rate, nominal: line, thresholds: thresholds)
        }
    }

    /// Takes the frames of a block; returns events that ended with it and those going on, times in s since the first frame taken.
    mutating func feed(_ samples: RecordedSamples) -> [VoltageEvent] {
        let frames = 0..<(samples.count / width)
        let values = voltages.map {
            samples.physical($0.column, of: width, frames, scale: $0.scale, offset: $0.offset)
        }
        if !windowsClosed { for window in windows.feed(values) where !window.held { look(window) } }
        let corrected = zip(values, voltages).map { values, channel in
            channel.gain == 1 ? values : values.map { $0 * channel.gain }
        }
        guard let found = try? monitor?.process(corrected) else { return [] }
        seen.events += found.events
        if keepsChanges { seen.changes = (seen.changes ?? []) + found.changes }
        return found.events + (monitor?.active ?? [])
    }

    private mutating func look(_ window: SynchronousWindow) {
        seen.windows += 1
        let f = window.frequency
        seen.frequency = min(seen.frequency?.lowerBound ?? f, f)...max(seen.frequency?.upperBound ?? f, f)
        guard var lines = spectrum?.lines(window.channels) else { return }
        for n in lines.indices {
            guard let correction = voltages[n].correction else { continue }
            _ = correction.apply(to: &lines[n], step: f / Double(window.cycles), orders: 51 * window.cycles, rms: 0)
        }
        if wanted.voltageDistortion != nil {
            for (name, line) in zip(voltages.map(\.name), lines) {
                let harmonics = HarmonicSpectrum(lines: line, cycles: window.cycles, frequency: f)
                // Order 50 of a slow digitizer lies beyond its band.
                let orders = min(50, Int(rate / 2 / f) - 1)
                let subgroups = [0] + (1...max(1, orders)).map { harmonics.subgroup($0) }
                guard let share = TotalDistortion.ofFundamental(subgroups) else { continue }
                if 100 * share > seen.voltageDistortion ?? -1 {
                    (seen.voltageDistortion, loudest) = (100 * share, name)
                }
            }
        }
        if wanted.voltageUnbalance != nil, lines.count == 3 {
            let phasors = lines.map { Phasor(rms: $0[window.cycles].rms, angle: $0[window.cycles].angle) }
            let parts = SymmetricalComponents(phasors[0], phasors[1], phasors[2])
            if let share = parts.negativeUnbalance {
                seen.voltageUnbalance = max(seen.voltageUnbalance ?? 0, share)
            }
        }
    }

    /// What lies outside of what is wanted, in words. `frequency` is the reference standard's, Hz: the digitizer's own rate is held against it.
    func complaints(_ frequency: Double) -> [String] {
        var found: [String] = []
        func digits(_ value: Double) -> String { Decimal.fixed(value, 3) }
        if let range = seen.frequency {
            if let allowed = wanted.frequency {
                for value in Set([range.lowerBound, range.upperBound]).sorted() where !allowed.contains(value) {
                    found.append(
                        "the digitizer saw \(digits(value)) Hz; \(digits(allowed.lowerBound)) Hz to \(digits(allowed.upperBound)) Hz are allowed"
                    )
                }
            }
            let middle = (range.lowerBound + range.upperBound) / 2
            if frequency > 0, abs(middle / frequency - 1) > Self.ratesDiffer {
                found.append(
                    "the digitizer sees \(digits(middle)) Hz where the standard reads \(digits(frequency)) Hz: "
                        + "it does not sample at the rate that it claims")
            }
        }
        if let share = seen.voltageDistortion, let most = wanted.voltageDistortion, share > most {
            found.append(
                "the digitizer saw \(digits(share)) % distortion of \(loudest); at most \(digits(most)) % is allowed")
        }
        if let share = seen.voltageUnbalance, let most = wanted.voltageUnbalance, share > most {
            found.append("the digitizer saw \(digits(share)) % unbalance; at most \(digits(most)) % is allowed")
        }
        if wanted.noEvents, let event = (seen.events + (monitor?.active ?? [])).first {
            found.append(
                "the digitizer saw a \(event.kind.rawValue) to \(Decimal.fixed(event.extreme, 1)) V on \(voltages[event.extremeChannel].name)"
            )
        }
        return found
    }

    /// Frequencies further apart than this share say that the digitizer's clock is not what it claims.
    static let ratesDiffer = 0.002
}
