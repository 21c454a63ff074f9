/// What the edges of a channel say: how many, how fast, and what they would mean for a meter of some constant.
public struct EdgeAnalysis: Sendable, Hashable, Codable {
    /// The channel's name and the edges that were looked for.
    public var channel: String, direction: EdgeDetector.Direction
    /// Usual height of a step and the least that counted, in the channel's unit; `nil` where no step stands out of the noise.
    public var height: Double?, threshold: Double?
    /// Every edge.
    public var edges: [SampledEdge]
    /// Pulses between the first and the last edge, missing ones counted, doubled ones not.
    public var pulses: Int
    /// What was noticed: missing and doubled pulses are told, none is invented.
    public var findings: EdgeFindings
    /// Mean interval, s, and its standard uncertainty by the noise of the first and the last edge (the clock's beside it, where it is known); `nil` with fewer than two pulses.
    public var interval: Double?, intervalUncertainty: Double?
    /// Meter constant that was told, imp/kWh.
    public var constant: Double?
    /// Energy by the voltages and currents of the same recording between the first and the last edge, W·s; `nil` where there are none.
    public var energy: Double?

    /// Pulses a second.
    public var frequency: Double? { interval.map { 1 / $0 } }
    /// Power that the pulses stand for, W: 3.6·10⁶ W·s a kWh over constant and interval.
    public var power: Double? {
        guard let constant, let interval else { return nil }
        return 3.6e6 / (constant * interval)
    }
    /// Percentage error of the meter: (pulses / constant − energy) / energy · 100 (IEC 62052-11, definition of the percentage error).
    public var error: Double? {
        guard let constant, let energy, energy > 0, pulses > 0 else { return nil }
        return 100 * (Double(pulses) * 3.6e6 / constant - energy) / energy
    }

    /// The edges of a channel.
    ///
    /// - Parameters:
    ///   - samples: of the channel; `step` its digitizer's.
    ///   - constant: imp/kWh. `energy`: energy between two moments, s after the first sample, in W·s; `nil` where the recording tells none.
    ///   - clockUncertainty: standard uncertainty of the rate, as a share.
    public init?(
        _ samples: [Double], channel: String, rate: Double, step: Double = 0,
        _ options: EdgeDetector.Options = EdgeDetector.Options(), constant: Double? = nil, clockUncertainty: Double = 0,
        energy: (Double, Double) -> Double? = { _, _ in nil }
    ) {
        guard let detector = EdgeDetector(rate: rate, step: step, options) else { return nil }
        let found = detector.find(samples)
        self.channel = channel
        direction = options.direction
        height = found.height
        threshold = found.threshold
        edges = found.edges
        self.constant = constant
        let train = PulseTrain(found.edges.map(\.pulse))
        pulses = train.intervals
        findings = train.findings
        guard train.intervals > 0, let first = found.edges.first,
            let last = found.edges.last(where: { $0.pulse == train.edges.last })
        else { return }
        let mean = (last.time - first.time) / Double(train.intervals)
        interval = mean
        intervalUncertainty = Aggregation.root([
            Aggregation.root([first.uncertainty, last.uncertainty]) / Double(train.intervals), mean * clockUncertainty,
        ])
        self.energy = energy(first.time, last.time)
    }

    /// Everything for a person, as lines of a terminal.
    public var text: String {
        var lines = ["edges of \(channel), \(direction.rawValue): \(edges.count)"]
        guard let height = height ?? threshold else {
            return lines[0] + "\n  no step stands out of the noise; a least step can be told"
        }
        lines.append(
            "  \(self.height == nil ? "least" : "usual") step \(Decimal.fixed(height, Decimal.decimals(of: height, significant: 4))), "
                + "\(findings.missing) missing, \(findings.double) doubled, jitter \(Decimal.fixed(100 * findings.jitter, 4)) % of the interval"
        )
        if let worst = edges.map(\.uncertainty).max() {
            lines.append("  u of an edge by noise: at most \(Decimal.fixed(1e6 * worst, 3)) µs")
        }
        if let interval, let u = intervalUncertainty, let frequency {
            let digits = Decimal.decimals(of: max(2 * u, 1e-12), significant: 2)
            lines.append(
                "  \(pulses) pulses, mean interval \(Decimal.fixed(interval, digits)) s ± \(Decimal.fixed(2 * u, digits)) s (k = 2), "
                    + "\(Decimal.fixed(frequency, Decimal.decimals(of: max(2 * u * frequency * frequency, 1e-12), significant: 2))) Hz"
            )
        }
        if let constant, let power {
            lines.append(
                "  at \(Decimal.shortest(constant)) imp/kWh: \(Decimal.fixed(power, Decimal.decimals(of: power, significant: 7))) W"
                    + (error.map {
                        ", error \(Decimal.signed($0, 4)) % of the energy by the recording's voltages and currents"
                    } ?? ""))
        }
        return lines.joined(separator: "\n")
    }
}

extension SampledEdge {
    /// The edge as a counter stamps it, ns after the first sample: fit for `PulseTrain` and gates.
    public var pulse: PulseEdge { PulseEdge(tick: Int64((time * 1e9).rounded()), referenceCount: 0) }
}
