/// An edge of a sampled pulse, between samples.
public struct SampledEdge: Sendable, Hashable, Codable {
    /// When it crosses the middle, s after the first sample.
    public var time: Double
    /// Standard uncertainty of the time by noise, s.
    public var uncertainty: Double
    /// Height of the step, in the channel's unit; negative downwards.
    public var height: Double

    /// An edge by its parts.
    public init(time: Double, uncertainty: Double, height: Double) {
        self.time = time
        self.uncertainty = uncertainty
        self.height = height
    }
}

/// Finds the edges of pulses in a sampled channel, such as an optical head on a sound card, to a small part of a sample.
///
/// What counts is the step, not the level, so that an input without direct component works: at every sample the mean of some samples behind is compared
/// with that before, a gap for the rise between them. Where that step passes half of the usual height an edge begins, where it falls below a quarter the next
/// may begin (hysteresis). The usual height is found from the record's own steps, or told. The edge's time is where the signal crosses the middle of two
/// straight lines, fitted to the samples on either side and drawn to the edge: droop moves it in second order only. Between samples the signal is
/// interpolated by the sinc of 64 samples (`SincResampler`), near the ends of a record linearly. An edge that the converter's filter has
/// made as wide as two samples or more is found within some thousandths of a sample; noise adds σ over slope.
public struct EdgeDetector: Sendable {
    /// Which edges stand for a pulse.
    public enum Direction: String, Sendable, Hashable, Codable, CaseIterable { case rising, falling }

    /// What may be told.
    public struct Options: Sendable, Hashable {
        /// Which edges are wanted.
        public var direction: Direction
        /// Least step that is an edge, in the channel's unit; `nil`: half of the usual one.
        public var threshold: Double?
        /// Time that an edge takes to rise, s, and time on either side of it that shows the level, s; no pulse is shorter than both together.
        public var rise: Double, level: Double

        /// Options; by default an edge rises within 0.2 ms, and 0.8 ms show the level.
        public init(
            direction: Direction = .rising, threshold: Double? = nil, rise: Double = 0.2e-3, level: Double = 0.8e-3
        ) {
            self.direction = direction
            self.threshold = threshold
            self.rise = rise
            self.level = level
        }
    }

    /// What was found.
    public struct Findings: Sendable, Hashable {
        /// The edges in order.
        public var edges: [SampledEdge]
        /// Usual height of a step and the least that counts, in the channel's unit; `nil` where no step stands out of the noise.
        public var height: Double?, threshold: Double?
    }

    /// Samples a second.
    public let rate: Double
    private let options: Options
    /// Least standard deviation that a sample has, for channels whose noise hides below their step.
    private let floor: Double

    /// A detector; `nil` for a rate that is none, or times that are not above 0.
    ///
    /// - Parameter step: step of the digitizer, in the channel's unit.
    public init?(rate: Double, step: Double = 0, _ options: Options = Options()) {
        guard rate > 0, rate.isFinite, options.rise > 0, options.level > 0, options.rise + options.level < 3600,
            options.threshold ?? 1 > 0
        else { return nil }
        self.rate = rate
        self.options = options
        floor = abs(step) / 12.0.squareRoot()
    }

    /// The edges in a channel's samples.
    public func find(_ samples: [Double]) -> Findings {
        // Turned over, falling edges rise.
        let x = options.direction == .rising ? samples : samples.map { -$0 }
        var gap = max(2, Int((options.rise * rate / 2).rounded(.up)))
        var width = max(3, Int((options.level * rate).rounded()))
        var first: Findings?
        while true {
            if let found = find(x, gap, width) {
                // Levels that are none, for pulses lie in the windows, scatter about their lines.
                if found.scatter < 0.15 || options.threshold != nil { return found.findings }
                first = first ?? found.findings
            }
            // Pulses too close for such windows: shorter ones may part them.
            guard options.threshold == nil, width > 6 else { return first ?? Findings(edges: []) }
            width /= 2
            gap = max(2, gap / 2)
        }
    }

    /// The edges by windows of that many samples, and the median of what samples scatter about the levels as a share of the height.
    private func find(_ x: [Double], _ gap: Int, _ width: Int) -> (findings: Findings, scatter: Double)? {
        guard x.count >= 2 * (gap + width) + 4 else { return nil }
        let steps = steps(x, gap, width)
        let size = x.reduce(0) { max($0, abs($1)) }
        let threshold: Double, height: Double?
        if let told = options.threshold {
            (threshold, height) = (told, nil)
        } else {
            guard let usual = usualHeight(steps, gap + width, size) else { return nil }
            (threshold, height) = (usual / 2, usual)
        }
        var edges: [Found] = []
        var best: Int?
        let first = gap + width
        for (n, step) in steps.enumerated() {
            if step >= threshold, best.map({ step > steps[$0] }) ?? true { best = n }
            if step < threshold / 2 || n == steps.count - 1, let at = best {
                if let edge = edge(x, at: first + middle(steps, at), gap, width) { edges.append(edge) }
                best = nil
            }
        }
        let scatters = edges.map { $0.sigma / $0.height }.sorted()
        return (
            Findings(edges: stated(edges), height: height, threshold: threshold),
            scatters.isEmpty ? .infinity : scatters[scatters.count / 2]
        )
    }

    /// An edge, its slope in the channel's unit for each sample, and the standard deviation of what it crosses.
    private struct Found { var place: Double, height: Double, slope: Double, sigma: Double }

    /// Edges with their uncertainties. All edges of a head have one shape: the median of slope over height is free of the noise of each.
    private func stated(_ found: [Found]) -> [SampledEdge] {
        let shapes = found.map { $0.slope / $0.height }.sorted()
        guard !shapes.isEmpty else { return [] }
        let shape = shapes[shapes.count / 2]
        return found.map {
            SampledEdge(
                time: $0.place / rate, uncertainty: $0.sigma / (shape * $0.height * rate),
                height: options.direction == .rising ? $0.height : -$0.height)
        }
    }

    /// Mean of the `width` samples that begin `gap` behind a sample, less that of those that end `gap` before it; from sample gap + width on.
    private func steps(_ x: [Double], _ gap: Int, _ width: Int) -> [Double] {
        let first = gap + width, count = x.count - 2 * first
        var steps: [Double] = []
        steps.reserveCapacity(count)
        var before = 0.0, after = 0.0
        for n in 0..<count {
            if n % 4096 == 0 {
                // Made anew now and then, so that rounding does not add up.
                before = x[n..<(n + width)].reduce(0, +)
                after = x[(n + first + gap)..<(n + first + gap + width)].reduce(0, +)
            }
            steps.append((after - before) / Double(width))
            before += x[n + width] - x[n]
            after += x[n + first + gap + width] - x[n + first + gap]
        }
        return steps
    }

    /// The middle of the plateau around a greatest step: the places whose step is nearly as great.
    private func middle(_ steps: [Double], _ at: Int) -> Int {
        let least = 0.98 * steps[at]
        var low = at, high = at
        while low > 0, steps[low - 1] >= least { low -= 1 }
        while high + 1 < steps.count, steps[high + 1] >= least { high += 1 }
        return (low + high) / 2
    }

    /// The usual height of the steps upwards; `nil` where none is eight times what the steps scatter by noise.
    private func usualHeight(_ steps: [Double], _ reach: Int, _ size: Double) -> Double? {
        // The greatest of each stretch of the length of a window.
        var peaks: [Double] = []
        for begin in stride(from: 0, to: steps.count, by: reach) {
            peaks.append(steps[begin..<min(steps.count, begin + reach)].max() ?? 0)
        }
        // A quarter of the steps is quiet, unless pulses follow each other without rest; a quarter of a normal distribution lies within 0.3186
        // standard deviations.
        let sizes = stride(from: 0, to: steps.count, by: max(1, steps.count / 20_011)).map { abs(steps[$0]) }.sorted()
        // No converter parts more than the billionth of what it holds: less is rounding of the sums.
        let scatter = max(sizes[sizes.count / 4] / 0.3186, floor, 1e-9 * size)
        let high = peaks.filter { $0 > 8 * scatter && $0 > 0 }.sorted(by: >)
        guard let most = high.dropFirst(high.count / 20).first else { return nil }
        let usual = high.filter { $0 > most / 4 }.sorted()
        return usual[usual.count / 2]
    }

    // MARK: one edge

    /// A straight line through evenly spaced samples.
    private struct Line {
        var middle: Double, mean: Double, slope: Double, square: Double

        init(_ x: ArraySlice<Double>) {
            let count = Double(x.count)
            middle = Double(x.startIndex) + (count - 1) / 2
            mean = x.reduce(0, +) / count
            var moment = 0.0, spread = 0.0
            for n in x.indices {
                let d = Double(n) - middle
                moment += d * x[n]
                spread += d * d
            }
            slope = spread > 0 ? moment / spread : 0
            square = 0
            for n in x.indices {
                let rest = x[n] - value(Double(n))
                square += rest * rest
            }
        }

        func value(_ place: Double) -> Double { mean + slope * (place - middle) }
    }

    private func edge(_ x: [Double], at estimate: Int, _ gap: Int, _ width: Int) -> Found? {
        // Noise moves the greatest step within the gap: the crossing found from there is the better centre.
        guard let first = crossing(x, about: estimate, gap, width, reach: 2 * gap),
            let (place, before, after) = crossing(x, about: first.place, gap, width, reach: gap)
        else { return nil }
        let height = after.value(Double(place)) - before.value(Double(place))
        guard height > 0 else { return nil }
        let found = fine(x, place) { (before.value($0) + after.value($0)) / 2 }
        // Residuals of both lines, two parameters each.
        let freedom = max(1, 2 * width - 4)
        let noise = max(floor, ((before.square + after.square) / Double(freedom)).squareRoot())
        // A line of `width` samples that is drawn d beyond its middle is known to σ²·(1/width + 12·d²/width³) (least squares); the level
        // between two of them to half of that.
        let count = Double(width), d = count / 2 + Double(gap)
        let sigma = noise * (1 + (1 / count + 12 * d * d / (count * count * count)) / 2).squareRoot()
        return Found(place: found.place, height: height, slope: found.slope, sigma: sigma)
    }

    /// The sample before the steepest crossing of the middle near a place, and the lines on either side.
    private func crossing(
        _ x: [Double], about centre: Int, _ gap: Int, _ width: Int, reach: Int
    ) -> (place: Int, before: Line, after: Line)? {
        let begin = centre - gap - width, end = centre + 1 + gap + width
        guard begin >= 0, end <= x.count else { return nil }
        let before = Line(x[begin..<(centre - gap)]), after = Line(x[(centre + 1 + gap)..<end])
        func middle(_ place: Int) -> Double { (before.value(Double(place)) + after.value(Double(place))) / 2 }
        var place: Int?, steepest = 0.0
        for n in max(0, centre - reach)...min(x.count - 2, centre + reach) {
            let rise = x[n + 1] - x[n]
            if x[n] < middle(n), x[n + 1] >= middle(n + 1), rise > steepest { (place, steepest) = (n, rise) }
        }
        return place.map { ($0, before, after) }
    }

    /// Where the signal crosses the middle between two samples, in samples, and its slope there for each sample.
    private func fine(_ x: [Double], _ place: Int, _ middle: (Double) -> Double) -> (place: Double, slope: Double) {
        let reach = SincResampler.reach
        let (a, b) = (x[place] - middle(Double(place)), x[place + 1] - middle(Double(place + 1)))
        guard place >= reach, place + reach + 1 < x.count else {
            return (Double(place) + a / (a - b), b - a)
        }
        var around = ChannelHistory()
        around.append(Array(x[(place - reach)...(place + reach + 1)]))
        func value(_ share: Double) -> Double {
            let at = Double(reach) + share
            return SincResampler.shared.values(around, from: at, to: at + 1, count: 1)[0]
                - middle(Double(place) + share)
        }
        var low = 0.0, high = 1.0
        for _ in 0..<30 {
            let half = (low + high) / 2
            if value(half) < 0 { low = half } else { high = half }
        }
        let at = (low + high) / 2
        let (from, to) = (max(0, at - 0.25), min(1, at + 0.25))
        let slope = (value(to) - value(from)) / (to - from)
        return (Double(place) + at, slope > 0 ? slope : b - a)
    }
}
