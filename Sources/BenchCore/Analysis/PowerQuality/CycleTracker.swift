import Glibc

/// Finds the zero crossings of the fundamental of one channel and the length of its cycles (IEC 61000-4-30:2015, 4.4 and
/// 5.4: each channel has its own).
///
/// The samples are brought to 2 to 4 kS/s and pass a symmetric band-pass of two cycles (a Hann window around the nominal
/// frequency), whose delay is the same for every frequency. Where no crossing comes in time, cycles go on at the last
/// length; the length is the median of the last seven, so that steps of phase and magnitude do not change it.
struct CycleTracker: Sendable {
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

    private let nominal: Double
    /// Length of a cycle, samples: the median of the last seven cycles, the nominal one before there is any.
    private(set) var period: Double
    private let least: Double
    private var reduction: RateReduction
    private let taps: [Double]
    private let half: Int
    private var slow: SampleHistory
    private var fresh: [Double] = []
    private var previous = 0.0
    private var last: Edge?
    private var crossings: [Double] = []
    private var lengths: [Double] = []
    private var waiting: [Edge] = []
    private var strayed = 0
    private var stray = false
    private var flowing = false
    private var refused = 0

    /// For samples of `rate`, a nominal period in samples, and the smallest amplitude whose crossings count.
    init(rate: Double, nominal frequency: NominalFrequency, least: Double) {
        nominal = rate / frequency.hertz
        period = nominal
        self.least = least
        reduction = RateReduction(from: rate, target: 2000)
        let perCycle = reduction.rate / frequency.hertz
        let half = Int(perCycle.rounded())
        self.half = half
        let window = (-half...half).map { 0.5 + 0.5 * cos(.pi * Double($0) / Double(half + 1)) }
        let waves = (-half...half).map { cos(2 * .pi * Double($0) / perCycle) }
        // The direct component is taken away exactly, then the gain at the nominal frequency is 1.
        let mean = zip(window, waves).reduce(0) { $0 + $1.0 * $1.1 } / window.reduce(0, +)
        let raw = zip(window, waves).map { $0 * ($1 - mean) }
        let gain = zip(raw, waves).reduce(0) { $0 + $1.0 * $1.1 }
        taps = raw.map { $0 / gain }
        slow = SampleHistory(holding: 16 * half + 64)
        crossings.reserveCapacity(8)
        lengths.reserveCapacity(8)
    }

    /// Whether a cycle was measured yet.
    var measured: Bool { !lengths.isEmpty }

    /// Takes samples; hands out edges as they become known, in order.
    mutating func process(_ piece: UnsafeBufferPointer<Double>, _ output: (Edge) -> Void) {
        var kept: [Double] = []
        swap(&kept, &fresh)
        kept.removeAll(keepingCapacity: true)
        reduction.process(piece) { kept.append($0) }
        for x in kept {
            withUnsafePointer(to: x) { _ = slow.append(UnsafeBufferPointer(start: $0, count: 1)) }
            step(output)
        }
        swap(&kept, &fresh)
    }

    private mutating func step(_ output: (Edge) -> Void) {
        let newest = slow.count - 1
        guard newest >= 2 * half + reduction.incomplete else { return }
        var y = 0.0
        taps.withUnsafeBufferPointer { taps in
            var k = 0
            slow.runs(newest - 2 * half, newest + 1) { run in
                var n = 0
                while n < run.count {
                    y += taps[k] * run[n]
                    n &+= 1
                    k &+= 1
                }
            }
        }
        let factor = Double(reduction.factor)
        let place = reduction.centre + Double(newest - half) * factor
        let decided = (newest + 1) * reduction.factor
        defer { previous = y }
        guard newest > 2 * half + reduction.incomplete else { return }
        if (previous < 0) != (y < 0) {
            // The slope tells the amplitude: near a crossing y moves by A·ω a sample.
            let amplitude = abs(y - previous) / (2 * .pi * factor / period)
            if amplitude >= least { cross(place - factor * y / (y - previous), decided, output) }
        }
        // The first edge of a dead channel comes after three nominal cycles.
        let from = last?.place ?? 2.5 * nominal
        if place - from > 0.7 * period {
            if !stray { strayed = 0 }
            stray = false
            emit(Edge(place: from + period / 2, period: period, tracked: false, decided: decided), output)
        }
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
        crossings.append(place)
        if crossings.count > 3 { crossings.removeFirst() }
        guard crossings.count == 3 else { return }
        // A whole cycle, whose halves alike are inside what can be a half cycle.
        let length = crossings[2] - crossings[0]
        let share = (crossings[1] - crossings[0]) / length
        guard length > 0.8 * nominal, length < 1.25 * nominal, share > 0.4, share < 0.6 else { return }
        // A cycle across a step is no measure of frequency; where many say the same, the frequency stepped.
        if lengths.count >= 3, abs(length / period - 1) > 0.01 {
            refused += 1
            guard refused > 10 else { return }
            lengths.removeAll(keepingCapacity: true)
        }
        refused = 0
        lengths.append(length)
        if lengths.count > 7 { lengths.removeFirst() }
        // The median, without a sorted copy.
        for length in lengths {
            var below = 0
            var equal = 0
            for other in lengths {
                if other < length { below += 1 } else if other == length { equal += 1 }
            }
            if below <= lengths.count / 2, below + equal > lengths.count / 2 { period = length }
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
            emit(Edge(place: last.place + period / 2, period: period, tracked: false, decided: samples), output)
        }
    }

    /// The fundamental of the cycle from `from`, `period` samples long: effective value, and angle at its start of a sine.
    /// `nil` where the filters have not seen all of it.
    func fundamental(from: Double, period: Double) -> Phasor? {
        let factor = Double(reduction.factor)
        // Places on the scale of the reduced samples.
        let begin = (from - reduction.centre) / factor
        let end = begin + period / factor
        let first = Int(begin.rounded(.up))
        let last = Int(end.rounded(.down))
        guard first - 1 >= max(slow.oldest, reduction.incomplete), last + 1 < slow.count, last > first else {
            return nil
        }
        let step = 2 * Double.pi * factor / period
        let head = Double(first) - begin
        let tail = end - Double(last)
        var re = 0.0
        var im = 0.0
        func add(_ x: Double, _ weight: Double, _ at: Double) {
            re += weight * x * cos(step * (at - begin))
            im -= weight * x * sin(step * (at - begin))
        }
        // Turning by a fixed angle from sample to sample instead of a sine and a cosine for each.
        var c = cos(step * head)
        var s = sin(step * head)
        let turnC = cos(step)
        let turnS = sin(step)
        var n = first
        while n <= last {
            let weight = n == first ? (1 + head) / 2 : n == last ? (1 + tail) / 2 : 1
            let x = slow[n] * weight
            re += x * c
            im -= x * s
            (c, s) = (c * turnC - s * turnS, s * turnC + c * turnS)
            n += 1
        }
        add(slow.value(at: begin), head / 2, begin)
        add(slow.value(at: end), tail / 2, end)
        let scale = 2 * factor / period
        var angle = atan2(im, re) * 180 / .pi + 90
        if angle > 180 { angle -= 360 }
        return Phasor(rms: hypot(re, im) * scale / 2.0.squareRoot(), angle: angle)
    }
}
