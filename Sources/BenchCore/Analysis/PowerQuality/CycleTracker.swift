import Glibc

/// Finds the zero crossings of the fundamental of one channel and the length of its cycles (IEC 61000-4-30:2015, 4.4 and
/// 5.4: each channel has its own).
///
/// The samples are brought to 2 to 4 kS/s and pass a symmetric band-pass of two cycles (a Hann window around the nominal
/// frequency), whose delay is the same for every frequency. Where no crossing comes in time, cycles go on at the last
/// length; the length is the median of the last seven, so that steps of phase and magnitude do not change it.
struct CycleTracker: Sendable {
    typealias Edge = CycleFollower.Edge

    private var follower: CycleFollower
    private var reduction: RateReduction
    private let taps: [Double]
    private let half: Int
    private var slow: SampleHistory
    private var fresh: [Double] = []
    private var previous = 0.0

    /// For samples of `rate`, a nominal period in samples, and the smallest amplitude whose crossings count.
    init(rate: Double, nominal frequency: NominalFrequency, least: Double) {
        follower = CycleFollower(nominal: rate / frequency.hertz, least: least)
        reduction = RateReduction(from: rate, target: 2000)
        taps = Self.bandPass(perCycle: reduction.rate / frequency.hertz)
        half = taps.count / 2
        slow = SampleHistory(holding: 16 * half + 64)
    }

    /// The band-pass: two cycles of samples, `perCycle` of them in a nominal one.
    static func bandPass(perCycle: Double) -> [Double] {
        let half = Int(perCycle.rounded())
        let window = (-half...half).map { 0.5 + 0.5 * cos(.pi * Double($0) / Double(half + 1)) }
        let waves = (-half...half).map { cos(2 * .pi * Double($0) / perCycle) }
        // The direct component is taken away exactly, then the gain at the nominal frequency is 1.
        let mean = zip(window, waves).reduce(0) { $0 + $1.0 * $1.1 } / window.reduce(0, +)
        let raw = zip(window, waves).map { $0 * ($1 - mean) }
        let gain = zip(raw, waves).reduce(0) { $0 + $1.0 * $1.1 }
        return raw.map { $0 / gain }
    }

    /// Whether a cycle was measured yet.
    var measured: Bool { follower.measured }
    /// Length of a cycle, samples: the median of the last seven cycles, the nominal one before there is any.
    var period: Double { follower.period }

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
        follower.take(y, before: previous, place: place, step: factor, decided: decided, output)
    }

    /// Edges at the last length up to the last sample, for the end of a recording.
    mutating func finish(_ samples: Int, _ output: (Edge) -> Void) { follower.finish(samples, output) }

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
        return Self.fundamental(begin, end, slow.value(at: begin), slow.value(at: end)) { slow[$0] }
    }

    /// The fundamental between two places a cycle apart, from the samples between them and the values at both ends.
    @inline(__always)
    static func fundamental(
        _ begin: Double, _ end: Double, _ atBegin: Double, _ atEnd: Double, _ sample: (Int) -> Double
    ) -> Phasor {
        let first = Int(begin.rounded(.up))
        let last = Int(end.rounded(.down))
        let step = 2 * Double.pi / (end - begin)
        let head = Double(first) - begin
        let tail = end - Double(last)
        // A cycle is a whole turn: both ends stand at angle 0.
        var re = (atBegin * head + atEnd * tail) / 2
        var im = 0.0
        // Turning by a fixed angle from sample to sample instead of a sine and a cosine for each.
        var c = cos(step * head)
        var s = sin(step * head)
        let turnC = cos(step)
        let turnS = sin(step)
        var n = first
        while n <= last {
            let weight = n == first ? (1 + head) / 2 : n == last ? (1 + tail) / 2 : 1
            let x = sample(n) * weight
            re += x * c
            im -= x * s
            (c, s) = (c * turnC - s * turnS, s * turnC + c * turnS)
            n += 1
        }
        let scale = 2 / (end - begin)
        var angle = atan2(im, re) * 180 / .pi + 90
        if angle > 180 { angle -= 360 }
        return Phasor(rms: hypot(re, im) * scale / 2.0.squareRoot(), angle: angle)
    }
}
