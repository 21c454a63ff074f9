#if canImport(Glibc)
    import Glibc
#endif

/// One halving of the rate of several channels side by side: a linear-phase half-band low-pass, whose every second weight is nothing.
///
/// A Kaiser window as in A. V. Oppenheim, R. W. Schafer, «Discrete-Time Signal Processing», 7.5.3. What comes out does not depend on the pieces
/// that went in. A `HalfBandCascade` owns its memory.
struct HalfBand {
    /// Vectors of four channels in a frame: one or two.
    let width: Int
    /// Weights on either side; outputs stand at the frames `centre`, `centre` + 2, `centre` + 4 …
    let reach: Int, centre: Int
    private let weights: UnsafeMutablePointer<Double>
    private let memory: UnsafeMutablePointer<Lanes>
    private let capacity: Int
    /// Frames in memory, and the one that the next output stands at.
    private var filled = 0, next: Int

    /// - Parameters:
    ///   - width: vectors in a frame.
    ///   - pass: end of what passes, as a share of the rate that comes in, below a quarter.
    ///   - attenuation: what lies beyond is weaker by so much, dB; what passes is right within the same.
    ///   - most: frames that are taken at once at most.
    init(width: Int, pass: Double, attenuation: Double, most: Int) {
        precondition((1...2).contains(width) && pass > 0 && pass < 0.25 && most > 0)
        self.width = width
        // Kaiser's estimate of the length, and the next one of a half-band: 4 · reach − 1.
        let length = (attenuation - 8) / (2.285 * 2 * .pi * (0.5 - 2 * pass)) + 1
        let reach = max(2, Int(((length + 1) / 4).rounded(.up)))
        let beta = 0.1102 * (attenuation - 8.7)
        var sides = (0..<reach).map { j -> Double in
            let k = Double(2 * j + 1)
            let place = k / Double(2 * reach)
            return sin(.pi * k / 2) / (.pi * k) * Decimator.bessel(beta * (1 - place * place).squareRoot())
        }
        // A constant stays what it is: the sides make the other half.
        let sum = sides.reduce(0, +)
        for n in sides.indices { sides[n] *= 0.25 / sum }
        weights = .allocate(capacity: reach)
        weights.initialize(from: sides, count: reach)
        self.reach = reach
        centre = 2 * reach - 1
        next = centre
        capacity = 2 * (most + 4 * reach)
        memory = .lanes(width * capacity)
    }

    /// Gives its memory back.
    func end() {
        weights.deallocate()
        memory.deallocate()
    }

    /// Where the next `frames` frames are to be written.
    mutating func room(_ frames: Int) -> UnsafeMutablePointer<Lanes> {
        if filled + frames > capacity {
            // What no output needs any more makes room.
            let gone = next - centre, kept = filled - gone
            precondition(kept + frames <= capacity)
            memory.update(from: memory + width * gone, count: width * kept)
            filled = kept
            next = centre
        }
        return memory + width * filled
    }

    /// Takes the frames that were written, and writes what comes of them; returns how many that are.
    mutating func run(_ frames: Int, into output: UnsafeMutablePointer<Lanes>) -> Int {
        filled += frames
        let count = max(0, (filled - next - centre + 1) / 2)
        if width == 2 {
            Self.two(memory + 2 * next, count, weights, reach, output)
        } else {
            Self.one(memory + next, count, weights, reach, output)
        }
        next += 2 * count
        return count
    }

    @inline(never)
    private static func two(
        _ input: UnsafeMutablePointer<Lanes>, _ count: Int, _ weights: UnsafePointer<Double>, _ reach: Int,
        _ output: UnsafeMutablePointer<Lanes>
    ) {
        let half = Lanes(repeating: 0.5)
        var middle = input, to = output
        // Two outputs at a time: what stands before the one stands behind the other a step later, so each frame is fetched once for both.
        for _ in 0..<(count / 2) {
            var a = half * middle[0], b = half * middle[1], c = half * middle[4], d = half * middle[5]
            var up0 = middle[2], up1 = middle[3]
            var down0 = up0, down1 = up1
            var after = middle + 6, before = middle - 2
            var weight = weights
            for _ in 0..<(reach / 2) {
                let w = Lanes(repeating: weight[0]), v = Lanes(repeating: weight[1])
                let next0 = after[0], next1 = after[1], last0 = before[0], last1 = before[1]
                a = a.plus(w, times: up0 + last0)
                b = b.plus(w, times: up1 + last1)
                c = c.plus(w, times: next0 + down0)
                d = d.plus(w, times: next1 + down1)
                (up0, up1, down0, down1) = (after[4], after[5], before[-4], before[-3])
                a = a.plus(v, times: next0 + down0)
                b = b.plus(v, times: next1 + down1)
                c = c.plus(v, times: up0 + last0)
                d = d.plus(v, times: up1 + last1)
                after += 8
                before -= 8
                weight += 2
            }
            if reach & 1 == 1 {
                let w = Lanes(repeating: weight[0])
                a = a.plus(w, times: up0 + before[0])
                b = b.plus(w, times: up1 + before[1])
                c = c.plus(w, times: after[0] + down0)
                d = d.plus(w, times: after[1] + down1)
            }
            to[0] = a
            to[1] = b
            to[2] = c
            to[3] = d
            to += 4
            middle += 8
        }
        if count & 1 == 1 {
            var a = half * middle[0], b = half * middle[1]
            var after = middle + 2, before = middle - 2
            for j in 0..<reach {
                let weight = Lanes(repeating: weights[j])
                a = a.plus(weight, times: after[0] + before[0])
                b = b.plus(weight, times: after[1] + before[1])
                after += 4
                before -= 4
            }
            to[0] = a
            to[1] = b
            to += 2
            middle += 4
        }
    }

    @inline(never)
    private static func one(
        _ input: UnsafeMutablePointer<Lanes>, _ count: Int, _ weights: UnsafePointer<Double>, _ reach: Int,
        _ output: UnsafeMutablePointer<Lanes>
    ) {
        let half = Lanes(repeating: 0.5)
        var middle = input, to = output
        // Four outputs at a time, two and two of which share what they read.
        for _ in 0..<(count / 4) {
            var a = half * middle[0], b = half * middle[2], c = half * middle[4], d = half * middle[6]
            var up0 = middle[1], up1 = middle[5]
            var down0 = up0, down1 = up1
            var after = middle + 3, before = middle - 1
            for j in 0..<reach {
                let weight = Lanes(repeating: weights[j])
                let next0 = after[0], next1 = after[4], last0 = before[0], last1 = before[4]
                a = a.plus(weight, times: up0 + last0)
                b = b.plus(weight, times: next0 + down0)
                c = c.plus(weight, times: up1 + last1)
                d = d.plus(weight, times: next1 + down1)
                (up0, up1, down0, down1) = (next0, next1, last0, last1)
                after += 2
                before -= 2
            }
            to[0] = a
            to[1] = b
            to[2] = c
            to[3] = d
            to += 4
            middle += 8
        }
        for _ in 0..<(count & 3) {
            var a = half * middle[0]
            var after = middle + 1, before = middle - 1
            for j in 0..<reach {
                a = a.plus(Lanes(repeating: weights[j]), times: after[0] + before[0])
                after += 2
                before -= 2
            }
            to[0] = a
            to += 1
            middle += 2
        }
    }
}

/// As many halvings as bring a digitizer's rate near to what an analysis needs.
final class HalfBandCascade {
    /// Frames a second after it; inputs to one output.
    let rate: Double, factor: Int
    /// Place of output 0 on the scale of inputs; output m stands at `centre + m · factor`.
    let centre: Double
    /// Frames that are taken at once at most.
    let most: Int
    private let width: Int
    /// In memory of its own: the loops neither count references nor check for other users.
    private let stages: UnsafeMutablePointer<HalfBand>, depth: Int

    /// From `rate` down to `least` … 2 · `least` (less where the rate itself is less); what lies below `pass` Hz stays.
    init(width: Int, rate: Double, least: Double, pass: Double, attenuation: Double, most: Int) {
        var now = rate, factor = 1, centre = 0.0, frames = most
        var stages: [HalfBand] = []
        while now / 2 >= least {
            let stage = HalfBand(
                width: width, pass: min(pass / now, 0.22), attenuation: attenuation, most: frames)
            stages.append(stage)
            centre += Double(stage.centre * factor)
            factor *= 2
            now /= 2
            frames = frames / 2 + 1
        }
        self.rate = now
        self.factor = factor
        self.centre = centre
        self.most = most
        self.width = width
        self.stages = .allocate(capacity: max(1, stages.count))
        self.stages.initialize(from: stages, count: stages.count)
        depth = stages.count
    }

    deinit {
        for n in 0..<depth { stages[n].end() }
        stages.deallocate()
    }

    /// Outputs that `frames` inputs make at most.
    func outputs(_ frames: Int) -> Int { frames / factor + depth + 1 }

    /// Where the next `frames` frames are to be written, `output` where there is nothing to halve.
    func room(_ frames: Int, or output: UnsafeMutablePointer<Lanes>) -> UnsafeMutablePointer<Lanes> {
        depth > 0 ? stages[0].room(frames) : output
    }

    /// Takes the frames that were written; returns how many came out, into `output`.
    func run(_ frames: Int, into output: UnsafeMutablePointer<Lanes>) -> Int {
        var count = frames
        for n in 0..<depth {
            let target = n + 1 < depth ? stages[n + 1].room(count / 2 + 1) : output
            count = stages[n].run(count, into: target)
        }
        return count
    }
}
