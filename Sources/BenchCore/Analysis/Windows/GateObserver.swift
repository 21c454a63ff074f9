/// What the voltages were like while gates were open, from samples as they come: frequency, distortion, unbalance, events.
struct GateObserver {
    private let voltages: [(column: Int, scale: Double, offset: Double)]
    private let width: Int, names: [String], rate: Double
    private var windows: SynchronousWindows?, spectrum: SpectrumMaker?, monitor: VoltageMonitor?
    private let wanted: Observations
    /// What was seen so far.
    private(set) var seen = SamplingDone.Observed(windows: 0, frequency: nil, events: [])
    private var loudest = ""

    /// For the voltages among the channels of a stream; `nil` where there is none, or the rate gives no windows.
    init?(_ stream: SampleStream, _ wanted: Observations, nominal: Double, declared: Double) {
        let assignment = PhaseAssignment(stream.channels)
        voltages = assignment.voltages.map {
            let channel = stream.channels[$0]
            let factor = PhaseAssignment.factor(channel) ?? 1
            return ($0, channel.scale * factor, channel.offset * factor)
        }
        guard !voltages.isEmpty else { return nil }
        names = assignment.voltages.map { stream.channels[$0].name }
        width = stream.channels.count
        rate = stream.rate
        self.wanted = wanted
        let line: NominalFrequency = nominal < 55 ? .fifty : .sixty
        windows = SynchronousWindows(
            rate: rate, nominal: line.hertz, channels: voltages.count, least: 0.05 * declared)
        if wanted.voltageDistortion != nil || wanted.voltageUnbalance != nil {
            spectrum = windows.flatMap { SpectrumMaker(count: $0.count) }
        }
        if declared > 0, let thresholds = try? VoltageThresholds(declared: declared) {
            monitor = try? VoltageMonitor(
                channels: voltages.count, rate: rate, nominal: line, thresholds: thresholds)
        }
        guard windows != nil else { return nil }
    }

    /// Takes the frames of a block; returns events that ended with it and those going on, times in s since the first frame taken.
    mutating func feed(_ samples: RecordedSamples) -> [VoltageEvent] {
        let frames = 0..<(samples.count / width)
        let values = voltages.map { channel in
            samples.physical(channel.column, of: width, frames, scale: channel.scale, offset: channel.offset)
        }
        for window in windows?.feed(values) ?? [] where !window.held { look(window) }
        guard let found = try? monitor?.process(values) else { return [] }
        seen.events += found.events
        return found.events + (monitor?.active ?? [])
    }

    private mutating func look(_ window: SynchronousWindow) {
        seen.windows += 1
        let f = window.frequency
        seen.frequency = min(seen.frequency?.lowerBound ?? f, f)...max(seen.frequency?.upperBound ?? f, f)
        guard let lines = spectrum?.lines(window.channels) else { return }
        if wanted.voltageDistortion != nil {
            for (name, line) in zip(names, lines) {
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
                "the digitizer saw a \(event.kind.rawValue) to \(Decimal.fixed(event.extreme, 1)) V on \(names[event.extremeChannel])"
            )
        }
        return found
    }

    /// Frequencies further apart than this share say that the digitizer's clock is not what it claims.
    static let ratesDiffer = 0.002
}
