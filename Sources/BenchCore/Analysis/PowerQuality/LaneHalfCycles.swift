#if canImport(Glibc)
    import Glibc
#endif

/// Urms(1/2) of the voltages of a frame side by side (IEC 61000-4-30:2015, 5.4): the running form of `HalfCycleMeter`. The band-pass works on all of
/// them at once; each keeps zero crossings of its own. Used from one thread at a time.
final class LaneHalfCycles {
    /// Voltages that are followed: the first so many of a frame.
    let channels: Int
    private let cascade: HalfBandCascade
    private let slow: LaneHistory
    /// The band-pass, from its middle to its end: it is symmetrical.
    private let taps: UnsafeMutablePointer<Double>, half: Int
    /// What the band-pass makes of the newest frames.
    private let passed: UnsafeMutablePointer<Lanes>
    /// In memory of their own: the loop neither counts references nor checks for other users.
    private let followers: UnsafeMutablePointer<CycleFollower>
    private var begun: [Bool]
    /// Room for edges.
    private var kept: [CycleFollower.Edge] = []
    private var previous = Lanes.zero
    private var quiet = -Double.infinity
    private let times: FrameTimes
    private var due: Int

    /// - Parameters:
    ///   - rate: frames a second; `times` says when they stand.
    ///   - declared: Udin, V: crossings of a fundamental below 3 % of it are not followed.
    ///   - most: frames that are taken at once at most.
    init(
        channels: Int, rate: Double, nominal: NominalFrequency, declared: Double, times: FrameTimes,
        most: Int
    ) {
        self.channels = channels
        self.times = times
        cascade = HalfBandCascade(
            width: 1, rate: rate, least: 2000, pass: 400, attenuation: 70, most: most)
        let all = CycleTracker.bandPass(perCycle: cascade.rate / nominal.hertz)
        half = all.count / 2
        taps = .allocate(capacity: half + 1)
        taps.initialize(from: Array(all[half...]), count: half + 1)
        due = 2 * half
        slow = LaneHistory(width: 1, holding: 8 * half + 64, most: cascade.outputs(most) + 1)
        let follower = CycleFollower(
            nominal: rate / nominal.hertz, least: 0.03 * declared * 2.0.squareRoot())
        followers = .allocate(capacity: channels)
        followers.initialize(repeating: follower, count: channels)
        passed = .lanes(cascade.outputs(most) + 4)
        begun = [Bool](repeating: false, count: channels)
    }

    deinit {
        taps.deallocate()
        passed.deallocate()
        followers.deinitialize(count: channels)
        followers.deallocate()
    }

    /// Frames that the history must hold.
    static func frames(rate: Double, nominal: NominalFrequency) -> Int {
        Int(10 * rate / nominal.range.lowerBound) + 64
    }

    /// Frequency of a voltage, Hz: the median of its last seven cycles; `nil` before the first.
    func frequency(_ channel: Int) -> Double? {
        followers[channel].measured ? 1 / (times.step * followers[channel].period) : nil
    }

    /// Takes the last `frames` frames of the history; hands out the values that became known, in order.
    func feed(_ frames: Int, of history: LaneHistory, _ output: (Int, HalfCycleValue) -> Void) {
        let from = history.frame(history.end - frames)
        let target = slow.room(cascade.outputs(frames))
        let room = cascade.room(frames, or: target)
        for n in 0..<frames { room[n] = from[2 &* n] }
        slow.append(cascade.run(frames, into: target))
        let factor = Double(cascade.factor)
        guard due < slow.end else { return }
        let first = due, count = slow.end - due, passed = passed
        Self.pass(slow.frame(due - half), count, taps, half, passed)
        var previous = previous
        var edges: [CycleFollower.Edge] = []
        swap(&edges, &kept)
        defer { swap(&edges, &kept) }
        // Whole numbers: nothing adds up.
        var place = cascade.centre + Double(first - half) * factor
        for n in 0..<count {
            defer { place += factor }
            let y = passed[n], due = first &+ n
            if place > quiet || Self.differ(y, previous), due > 2 * half {
                quiet = .infinity
                for channel in 0..<channels {
                    defer { quiet = min(quiet, followers[channel].quiet) }
                    guard (previous[channel] < 0) != (y[channel] < 0) || place > followers[channel].quiet
                    else {
                        continue
                    }
                    edges.removeAll(keepingCapacity: true)
                    followers[channel].take(
                        y[channel], before: previous[channel], place: place, step: factor, decided: due + 1
                    ) { edges.append($0) }
                    for edge in edges { value(edge, channel, history, output) }
                }
            }
            previous = y
        }
        self.previous = previous
        due += count
    }

    /// Whether one of the voltages crossed zero since the value before.
    @inline(__always)
    private static func differ(_ y: Lanes, _ previous: Lanes) -> Bool {
        let signs =
            unsafeBitCast(y, to: SIMD4<Int64>.self) ^ unsafeBitCast(previous, to: SIMD4<Int64>.self)
        return signs.x | signs.y | signs.z | signs.w < 0
    }

    /// The band-pass around so many frames, two at a time. Where their number is odd, one more is written, which is worth nothing: the frames behind
    /// the last are not there yet, but room for them is.
    @inline(never)
    private static func pass(
        _ from: UnsafeMutablePointer<Lanes>, _ count: Int, _ weights: UnsafePointer<Double>, _ half: Int,
        _ output: UnsafeMutablePointer<Lanes>
    ) {
        for n in 0..<((count + 1) / 2) {
            (output[2 &* n], output[2 &* n &+ 1]) = passed(from + 2 &* n, weights, half)
        }
    }

    /// The band-pass around a frame and the one behind it, which share what they read.
    @inline(__always)
    private static func passed(
        _ middle: UnsafeMutablePointer<Lanes>, _ weights: UnsafePointer<Double>, _ half: Int
    ) -> (Lanes, Lanes) {
        let first = Lanes(repeating: weights[0])
        var a = first * middle[0]
        var b = first * middle[1]
        var c = Lanes.zero
        var d = Lanes.zero
        // What stands `k` frames after and before the one, `k` + 1 and `k` − 1 for the other; two steps at a time.
        var after = middle[1]
        var before = middle[0]
        var up = middle + 2
        var down = middle - 1
        var weight = weights + 1
        for _ in 0..<(half / 2) {
            let w = Lanes(repeating: weight[0])
            let v = Lanes(repeating: weight[1])
            let next = up[0]
            let last = down[0]
            a = a.plus(w, times: after + last)
            b = b.plus(w, times: next + before)
            after = up[1]
            before = down[-1]
            c = c.plus(v, times: next + before)
            d = d.plus(v, times: after + last)
            up += 2
            down -= 2
            weight += 2
        }
        if half & 1 == 1 {
            let w = Lanes(repeating: weight[0])
            a = a.plus(w, times: after + down[0])
            b = b.plus(w, times: up[0] + before)
        }
        return (a + c, b + d)
    }

    /// The values up to the last frame, at the last known frequency: for the end of a recording.
    func finish(_ history: LaneHistory, _ output: (Int, HalfCycleValue) -> Void) {
        for channel in 0..<channels {
            var edges: [CycleFollower.Edge] = []
            followers[channel].finish(history.end) { edges.append($0) }
            for edge in edges { value(edge, channel, history, output) }
        }
    }

    private func value(
        _ edge: CycleFollower.Edge, _ channel: Int, _ history: LaneHistory,
        _ output: (Int, HalfCycleValue) -> Void
    ) {
        if !begun[channel] {
            begun[channel] = true
            // What was before the first edge, half a cycle at a time.
            var steps = Int(
                ((edge.place - edge.period - Double(history.first)) / (edge.period / 2)).rounded(.down))
            while steps > 0 {
                var early = edge
                early.place -= Double(steps) * edge.period / 2
                early.tracked = false
                single(early, channel, history, output)
                steps -= 1
            }
        }
        single(edge, channel, history, output)
    }

    private func single(
        _ edge: CycleFollower.Edge, _ channel: Int, _ history: LaneHistory,
        _ output: (Int, HalfCycleValue) -> Void
    ) {
        let from = edge.place - edge.period
        guard history.holds(from, edge.place) else { return }
        output(
            channel,
            HalfCycleValue(
                start: times.seconds(from), end: times.seconds(edge.place),
                rms: max(0, Self.meanSquares(history, from, edge.place)[channel]).squareRoot(),
                fundamental: fundamental(from, edge.place, channel), tracked: edge.tracked,
                decided: edge.decided))
    }

    /// Means of the squares of the voltages between two places: the trapezoidal rule, the squares on straight lines at the ends.
    private static func meanSquares(_ history: LaneHistory, _ from: Double, _ to: Double) -> Lanes {
        let first = Int(from.rounded(.down))
        let last = Int(to.rounded(.down))
        let x = history.frame(first)
        let count = last - first
        var a = Lanes.zero
        var b = Lanes.zero
        var n = 0
        while n &+ 2 <= count &+ 1 {
            a = a.plus(x[2 &* n], times: x[2 &* n])
            b = b.plus(x[2 &* n &+ 2], times: x[2 &* n &+ 2])
            n &+= 2
        }
        if n == count { a = a.plus(x[2 &* n], times: x[2 &* n]) }
        func square(_ number: Int) -> Lanes { x[2 * number] * x[2 * number] }
        func part(_ number: Int, _ share: Double) -> Lanes {
            guard share > 0 else { return .zero }
            return share * square(number) + share * share / 2 * (square(number + 1) - square(number))
        }
        let sum = a + b - (square(0) + square(count)) / 2
        return (sum - part(0, from - Double(first)) + part(count, to - Double(last))) / (to - from)
    }

    private func fundamental(_ from: Double, _ to: Double, _ channel: Int) -> Phasor? {
        let factor = Double(cascade.factor)
        let begin = (from - cascade.centre) / factor
        let end = (to - cascade.centre) / factor
        let first = Int(begin.rounded(.up))
        let last = Int(end.rounded(.down))
        guard first - 1 >= slow.first, last + 1 < slow.end, last > first else { return nil }
        // One number of every frame's four.
        let base = UnsafeRawPointer(slow.frame(slow.first)).assumingMemoryBound(to: Double.self)
        let samples = base + (channel - 4 * slow.first)
        func between(_ place: Double, _ low: Int) -> Double {
            samples[4 * low] + (place - Double(low)) * (samples[4 * low + 4] - samples[4 * low])
        }
        return CycleTracker.fundamental(begin, end, between(begin, first - 1), between(end, last)) {
            samples[4 &* $0]
        }
    }

    /// When a voltage left its course, as `HalfCycleMeter` says it; s after the first sample, `nil` where it never does.
    func departure(_ value: HalfCycleValue, channel: Int, least: Double, history: LaneHistory)
        -> Double?
    {
        let period = (value.end - value.start) / times.step
        let start = times.place(value.start)
        let first = Int((start - 0.6 * period).rounded(.up))
        let last = Int(times.place(value.end))
        guard history.holds(Double(first) - period - 1, Double(last)) else { return nil }
        func sample(_ number: Int) -> Double { history.frame(number)[0][channel] }
        let differences = (first...last).map { n -> Double in
            let place = Double(n) - period
            let low = Int(place.rounded(.down))
            return abs(sample(n) - sample(low) - (place - Double(low)) * (sample(low + 1) - sample(low)))
        }
        let level = max(least, 0.1 * (differences.max() ?? 0))
        return differences.firstIndex { $0 > level }.map { times.seconds(Double(first + $0)) }
    }
}
