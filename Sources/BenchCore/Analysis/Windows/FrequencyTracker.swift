#if canImport(Glibc)
    import Glibc
#endif

/// Where the fundamental of a channel stands in its turn, at every moment of a record: its phase and frequency.
///
/// Once a cycle the samples around a mark are weighed by a Blackman-Harris window over six nominal cycles and turned back by the
/// frequency found last; what remains is the fundamental's phase at the mark. Harmonics, the direct component and the image of the
/// fundamental all lie outside the window's main lobe. Between marks the phase is a cubic. Fed in pieces of any size, the result is the
/// same.
public struct FrequencyTracker: Sendable {
    /// Samples a second; nominal frequency, Hz.
    public let rate: Double, nominal: Double
    /// A fundamental below this effective value counts as missing; its frequency is held.
    public let least: Double

    /// The fundamental at one moment.
    struct Mark: Sendable, Hashable {
        /// Number of the sample; turns since the start, the crest of a cosine being a whole one; turns a sample.
        var place: Double, turns: Double, speed: Double
        /// Effective value of the fundamental; whether it was missing here.
        var rms: Double, held: Bool
    }
    private(set) var marks: [Mark] = []
    private var history = ChannelHistory()
    private let weights: [Double], weight: Double
    private let half: Int, step: Int

    /// A tracker; `nil` unless the rate holds at least 16 samples in a nominal cycle.
    public init?(rate: Double, nominal: Double, least: Double = 0) {
        guard nominal > 0, rate.isFinite, rate >= 16 * nominal else { return nil }
        self.rate = rate
        self.nominal = nominal
        self.least = max(0, least)
        step = Int((rate / nominal).rounded())
        half = 3 * step
        weights = BlackmanHarris.weights(2 * half + 1)
        weight = weights.reduce(0, +)
    }

    /// Takes the next samples of the channel.
    public mutating func feed(_ samples: [Double]) { samples.withUnsafeBufferPointer { feed($0) } }

    /// Takes the next samples of the channel from memory.
    mutating func feed(_ samples: UnsafeBufferPointer<Double>) {
        history.append(samples)
        while true {
            let place = marks.last.map { Int($0.place) + step } ?? half
            guard place + half < history.end else { break }
            mark(place)
            history.forget(before: place + step - half)
        }
    }

    /// Forgets marks that lie before a sample's number; the last two before it stay.
    mutating func forget(before place: Double) {
        guard let keep = marks.lastIndex(where: { $0.place <= place }), keep > 2 else { return }
        marks.removeFirst(keep - 2)
    }

    private mutating func mark(_ place: Int) {
        let speed = marks.last?.speed ?? nominal / rate
        let (re, im) = demodulated(place, speed)
        let rms = 2.0.squareRoot() * (re * re + im * im).squareRoot() / weight
        let turn = atan2(im, re) / (2 * .pi)
        guard let last = marks.last else {
            marks.append(Mark(place: Double(place), turns: turn, speed: speed, rms: rms, held: rms < least || rms == 0))
            return
        }
        let expected = last.turns + last.speed * Double(step)
        guard rms >= least, rms > 0 else {
            marks.append(Mark(place: Double(place), turns: expected, speed: last.speed, rms: rms, held: true))
            return
        }
        let turns = expected + (turn - expected) - (turn - expected).rounded()
        var found = (turns - last.turns) / Double(step)
        // A fundamental that comes back has a phase of its own: the jump is no frequency. Nor is one far from the nominal.
        if last.held || abs(found * rate / nominal - 1) > 0.3 { found = last.speed }
        marks.append(Mark(place: Double(place), turns: turns, speed: found, rms: rms, held: false))
        // The mark before has neighbours on both sides now.
        if marks.count > 2, !last.held {
            let n = marks.count - 2
            let both = (marks[n + 1].turns - marks[n - 1].turns) / (marks[n + 1].place - marks[n - 1].place)
            if !marks[n - 1].held, abs(both * rate / nominal - 1) <= 0.3 { marks[n].speed = both }
        } else if marks.count == 2 {
            marks[0].speed = found
        }
    }

    /// Σ w·x·e^(−2πi·speed·n) around a place.
    private func demodulated(_ place: Int, _ speed: Double) -> (Double, Double) {
        let begin = place - half - history.first
        // Eight samples at a time, each with a turning number of its own that turns on by eight.
        let angle = 2 * Double.pi * (8 * speed).remainder(dividingBy: 1)
        let c = Lanes(repeating: cos(angle)), s = Lanes(repeating: sin(angle))
        var re = Lanes.zero, im = Lanes.zero, re2 = Lanes.zero, im2 = Lanes.zero
        var x = Lanes.zero, y = Lanes.zero, x2 = Lanes.zero, y2 = Lanes.zero
        func turn(_ n: Int) -> (Double, Double) {
            let turn = (speed * Double(n - half)).remainder(dividingBy: 1) * 2 * .pi
            return (cos(turn), sin(turn))
        }
        return history.samples.withUnsafeBufferPointer { samples in
            weights.withUnsafeBufferPointer { weights in
                guard let w = weights.baseAddress, let values = samples.baseAddress else { return (0, 0) }
                let (raw, from) = (UnsafeRawPointer(w), UnsafeRawPointer(values + begin))
                var n = 0
                while n &+ 8 <= weights.count {
                    // The turning numbers are made anew now and then, so that rounding does not add up.
                    if n & 2047 == 0 {
                        for lane in 0..<4 {
                            (x[lane], y[lane]) = turn(n + lane)
                            (x2[lane], y2[lane]) = turn(n + 4 + lane)
                        }
                    }
                    let at = 8 &* n
                    let value =
                        raw.loadUnaligned(fromByteOffset: at, as: Lanes.self)
                        * from.loadUnaligned(fromByteOffset: at, as: Lanes.self)
                    let value2 =
                        raw.loadUnaligned(fromByteOffset: at &+ 32, as: Lanes.self)
                        * from.loadUnaligned(fromByteOffset: at &+ 32, as: Lanes.self)
                    re = re.plus(value, times: x)
                    im = im.minus(value, times: y)
                    re2 = re2.plus(value2, times: x2)
                    im2 = im2.minus(value2, times: y2)
                    (x, y) = ((x * c).minus(y, times: s), (x * s).plus(y, times: c))
                    (x2, y2) = ((x2 * c).minus(y2, times: s), (x2 * s).plus(y2, times: c))
                    n &+= 8
                }
                var (a, b) = ((re + re2).sum(), (im + im2).sum())
                while n < weights.count {
                    let (cosine, sine) = turn(n)
                    let value = w[n] * values[begin + n]
                    a += value * cosine
                    b -= value * sine
                    n &+= 1
                }
                return (a, b)
            }
        }
    }
}

// MARK: between marks

extension FrequencyTracker {
    /// Moments for which the phase is known, in samples since the start; `nil` before the second mark.
    var known: ClosedRange<Double>? {
        guard marks.count > 1, let first = marks.first, let last = marks.dropLast().last else { return nil }
        return first.place...last.place
    }

    /// Whether the moment is known when the fundamental has made so many turns, or lies before what is known.
    func knows(turns: Double) -> Bool { marks.count > 1 && marks[marks.count - 2].turns >= turns }

    /// Turns of the fundamental at a moment within `known`.
    func turns(at place: Double) -> Double? {
        guard let known, known.contains(place) else { return nil }
        let n = interval { $0.place > place }
        return Self.cubic(marks[n], marks[n + 1], place)
    }

    /// When the fundamental has made so many turns, in samples since the start; `nil` where that is not known.
    func place(ofTurns turns: Double) -> Double? {
        guard marks.count > 1, let first = marks.first, turns >= first.turns, turns <= marks[marks.count - 2].turns
        else { return nil }
        guard turns > first.turns else { return first.place }
        let n = interval { $0.turns > turns }
        var (a, b) = (marks[n].place, marks[n + 1].place)
        // The phase grows all the time: a bisection finds the one place.
        for _ in 0..<60 where b - a > 1e-10 * max(1, abs(a)) {
            let middle = (a + b) / 2
            if Self.cubic(marks[n], marks[n + 1], middle) < turns { a = middle } else { b = middle }
        }
        return (a + b) / 2
    }

    /// Whether the fundamental was missing somewhere between two moments.
    func isHeld(_ range: ClosedRange<Double>) -> Bool {
        marks.contains {
            $0.held && $0.place >= range.lowerBound - Double(step) && $0.place <= range.upperBound + Double(step)
        }
    }

    /// The mark before the first that lies beyond; both grow from mark to mark.
    private func interval(_ beyond: (Mark) -> Bool) -> Int {
        var low = 0, high = marks.count
        while low < high {
            let middle = (low + high) / 2
            if beyond(marks[middle]) { high = middle } else { low = middle + 1 }
        }
        return max(0, min(low - 1, marks.count - 2))
    }

    /// The cubic through two marks with their speeds (Hermite).
    private static func cubic(_ a: Mark, _ b: Mark, _ place: Double) -> Double {
        let h = b.place - a.place
        let x = (place - a.place) / h
        let x2 = x * x, x3 = x2 * x
        return (2 * x3 - 3 * x2 + 1) * a.turns + (x3 - 2 * x2 + x) * h * a.speed + (3 * x2 - 2 * x3) * b.turns
            + (x3 - x2) * h * b.speed
    }

    /// Frequency by whole cycles within an interval, Hz: their number over the time they take (IEC 61000-4-30:2015, 5.1.1, for which the interval has
    /// 10 s). Moments in s after the first sample; `nil` where the fundamental is not known throughout, or holds no whole cycle.
    public func frequency(from begin: Double, to end: Double) -> Double? {
        guard begin < end, let a = turns(at: begin * rate), let b = turns(at: end * rate) else { return nil }
        guard !isHeld(begin * rate...end * rate) else { return nil }
        // Zero crossings upwards lie a quarter of a turn before the crest.
        let first = (a + 0.25).rounded(.up) - 0.25, last = (b + 0.25).rounded(.down) - 0.25
        guard last > first, let from = place(ofTurns: first), let to = place(ofTurns: last) else { return nil }
        return (last - first) / (to - from) * rate
    }
}
