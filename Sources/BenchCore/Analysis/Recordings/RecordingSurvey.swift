/// What the first passage over a recording finds: each channel's values as a whole, its noise, and the first seconds.
///
/// Memory does not grow with the recording: noise is found in at most sixteen stretches spread over it, and the median of them counts.
struct RecordingSurvey: Sendable {
    /// One channel, in raw numbers.
    struct Channel: Sendable {
        var lowest = Double.infinity, highest = -Double.infinity
        var sum = 0.0, squares = 0.0
        var saturated = 0
        var noises: [Double] = []
    }

    /// The first two seconds.
    private(set) var head: RecordedSamples
    private(set) var channels: [Channel]
    private(set) var frames = 0
    private let about: [RecordedChannel], headFrames: Int, isInteger: Bool
    /// Frames of a stretch for noise, every how manyth one is looked at, and what has come of the present one.
    private let stretch: Int, every: Int
    private var gathered: [[Double]]

    /// A survey of so many frames.
    init(_ header: Recording, frames: Int) {
        about = header.channels
        channels = header.channels.map { _ in Channel() }
        head = header.samples
        headFrames = max(1, Int(min(2 * header.rate, 1e7)))
        if case .integer = header.samples { isInteger = true } else { isInteger = false }
        stretch = FourierTransform.length(atMost: min(frames, 1 << 17))
        every = stretch > 0 ? max(1, (frames / max(1, stretch) + 15) / 16) : 1
        gathered = header.channels.map { _ in [] }
    }

    /// Takes the next frames.
    mutating func add(_ samples: RecordedSamples) {
        let width = about.count
        let count = samples.count / width
        if frames < headFrames {
            let part = samples[0..<min(count, headFrames - frames) * width]
            switch (head, part) {
            case (.integer(let a, let bits), .integer(let b, _)): head = .integer(a + b, bits: bits)
            case (.float(let a), .float(let b)): head = .float(a + b)
            default: break
            }
        }
        for n in 0..<width {
            switch samples {
            case .integer(let values, _): add(n, count) { Double(values[$0 * width + n]) }
            case .float(let values): add(n, count) { Double(values[$0 * width + n]) }
            }
        }
        frames += count
    }

    private mutating func add(_ n: Int, _ count: Int, _ value: (Int) -> Double) {
        var c = channels[n]
        let lowest = about[n].lowest ?? -.infinity, highest = about[n].highest ?? .infinity
        for k in 0..<count {
            let x = value(k)
            c.lowest = min(c.lowest, x)
            c.highest = max(c.highest, x)
            c.sum += x
            c.squares += x * x
            if x <= lowest || x >= highest { c.saturated += 1 }
        }
        channels[n] = c
        guard stretch >= 64 else { return }
        var k = 0
        while k < count {
            let place = frames + k
            let left = min(count - k, stretch - place % stretch)
            if (place / stretch) % every == 0 {
                for at in k..<(k + left) { gathered[n].append(value(at)) }
                if gathered[n].count == stretch {
                    if let noise = SampleNoise.standardDeviation(gathered[n], step: isInteger ? 1 : 0) {
                        channels[n].noises.append(noise)
                    }
                    gathered[n].removeAll(keepingCapacity: true)
                }
            }
            k += left
        }
    }

    /// Effective value of a channel in its unit.
    func rms(_ n: Int, _ channel: RecordedChannel) -> Double {
        let count = Double(max(1, frames)), c = channels[n]
        let (a, b) = (channel.scale, channel.offset)
        return max(0, (a * a * c.squares + 2 * a * b * c.sum) / count + b * b).squareRoot()
    }

    /// What is told of a channel, V and A without prefix.
    func channel(_ n: Int, _ about: RecordedChannel) -> RecordingAnalysis.Channel {
        let factor = PhaseAssignment.factor(about)
        var scaled = about
        scaled.scale *= factor ?? 1
        scaled.offset *= factor ?? 1
        let c = channels[n]
        let ends = [c.lowest, c.highest].map { scaled.scale * $0 + scaled.offset }
        let noises = c.noises.sorted()
        return RecordingAnalysis.Channel(
            name: about.name, unit: factor == nil ? about.unit : about.unit.suffix(1).uppercased(),
            lowest: frames > 0 ? min(ends[0], ends[1]) : 0, highest: frames > 0 ? max(ends[0], ends[1]) : 0,
            mean: scaled.scale * c.sum / Double(max(1, frames)) + scaled.offset, rms: rms(n, scaled),
            noise: noises.isEmpty ? nil : abs(scaled.scale) * noises[noises.count / 2],
            step: isInteger ? abs(scaled.scale) : 0, saturated: c.saturated)
    }
}
