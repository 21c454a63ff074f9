/// Tells zero crossings from stray ones and follows the length of a channel's cycles: the logic behind `CycleTracker`, which needs a band-pass in
/// front of it.
///
/// Where no crossing comes in time, cycles go on at the last length; the length is the median of the last seven, so that steps of phase and
/// magnitude do not change it.
struct CycleFollower: Sendable {
    /// An edge between two half cycles.
    struct Edge: Sendable {
        /// Place on the scale of sample numbers.
        var place: Double
        /// Length of a cycle, samples.
        var period: Double
        /// Whether it is a zero crossing.
        var tracked: Bool
        /// Samples taken when it was known.
        var decided: Int
    }

    /// Length of a nominal cycle, and of a cycle, samples: the median of the last seven, the nominal one before there is any.
    let nominal: Double
    private(set) var period: Double
    private let least: Double
    private var last: Edge?
    /// The last three crossings, and the lengths of the last seven cycles, the newest first.
    private var crossings = SIMD4<Double>.zero, crossed = 0
    private var lengths = InlineArray<7, Double>(repeating: 0), count = 0
    private var waiting: [Edge] = []
    private var strayed = 0
    private var stray = false
    private var flowing = false
    private var refused = 0
    /// A place up to which nothing happens without a crossing.
    private(set) var quiet: Double

    /// For a nominal length of a cycle in samples, and the smallest amplitude whose crossings count.
    init(nominal: Double, least: Double) {
        self.nominal = nominal
        self.least = least
        period = nominal
        quiet = 2.5 * nominal
    }

    /// Whether a cycle was measured yet.
    var measured: Bool { count > 0 }

    /// Takes the band-pass's value at a place, and the one `step` samples before it.
    @inline(__always)
    mutating func take(
        _ y: Double, before previous: Double, place: Double, step: Double, decided: Int,
        _ output: (Edge) -> Void
    ) {
        let crossed = (previous < 0) != (y < 0)
        guard crossed || place > quiet else { return }
        follow(crossed, y, previous, place, step, decided, output)
    }

    @inline(never)
    private mutating func follow(
        _ crossed: Bool, _ y: Double, _ previous: Double, _ place: Double, _ step: Double,
        _ decided: Int,
        _ output: (Edge) -> Void
    ) {
        if crossed {
            // The slope tells the amplitude: near a crossing y moves by A·ω a sample.
            let amplitude = abs(y - previous) / (2 * .pi * step / period)
            if amplitude >= least { cross(place - step * y / (y - previous), decided, output) }
        }
        // The first edge of a dead channel comes after three nominal cycles.
        let from = last?.place ?? 2.5 * nominal
        if place - from > 0.7 * period {
            if !stray { strayed = 0 }
            stray = false
            emit(Edge(place: from + period / 2, period: period, tracked: false, decided: decided), output)
        }
        // The period may change with any crossing; what is not far off needs no closer look.
        quiet = (last?.place ?? 2.5 * nominal) + 0.7 * period
    }

    private mutating func cross(_ place: Double, _ decided: Int, _ output: (Edge) -> Void) {
        measure(place)
        if let last, measured {
            // Where magnitude or phase step, the band-pass is between two courses for two cycles: the old course is held that
            // long, and the new one taken where it lasts.
            let gap = (place - last.place) / period
            if abs(gap - 0.5) > 0.004 {
                strayed += 1
                stray = true
                guard strayed > 8, gap >= 0.3 else { return }
            }
            strayed = 0
        } else if let last {
            guard place - last.place >= 0.3 * period else { return }
        }
        emit(Edge(place: place, period: period, tracked: true, decided: decided), output)
    }

    private mutating func measure(_ place: Double) {
        crossings = SIMD4(place, crossings.x, crossings.y, 0)
        crossed += 1
        guard crossed >= 3 else { return }
        // A whole cycle, whose halves alike are inside what can be a half cycle.
        let length = crossings.x - crossings.z
        let share = (crossings.y - crossings.z) / length
        guard length > 0.8 * nominal, length < 1.25 * nominal, share > 0.4, share < 0.6 else { return }
        // A cycle across a step is no measure of frequency; where many say the same, the frequency stepped.
        if count >= 3, abs(length / period - 1) > 0.01 {
            refused += 1
            guard refused > 10 else { return }
            count = 0
        }
        refused = 0
        var n = 6
        while n > 0 {
            lengths[n] = lengths[n - 1]
            n -= 1
        }
        lengths[0] = length
        count = min(7, count + 1)
        // The median, without a sorted copy.
        for n in 0..<count {
            var below = 0
            var equal = 0
            for other in 0..<count {
                below += lengths[other] < lengths[n] ? 1 : 0
                equal += lengths[other] == lengths[n] ? 1 : 0
            }
            if below <= count / 2, below + equal > count / 2 { period = lengths[n] }
        }
    }

    private mutating func emit(_ edge: Edge, _ output: (Edge) -> Void) {
        last = edge
        // Until a cycle was measured, a few crossings wait for its length: it dates back what was before them.
        guard flowing || measured || !edge.tracked || waiting.count >= 8 else {
            waiting.append(edge)
            return
        }
        flowing = true
        if !waiting.isEmpty {
            for var early in waiting {
                early.period = edge.period
                early.decided = edge.decided
                output(early)
            }
            waiting.removeAll()
        }
        output(edge)
    }

    /// Edges at the last length up to the last sample, for the end of a recording.
    mutating func finish(_ samples: Int, _ output: (Edge) -> Void) {
        while let last, last.place + period / 2 <= Double(samples - 1) {
            emit(
                Edge(place: last.place + period / 2, period: period, tracked: false, decided: samples),
                output)
        }
    }
}
