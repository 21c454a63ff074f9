/// Flicker meters of four or eight channels side by side at their working rate: the running form of `FlickerMeter`, with the same blocks and classes.
/// Used from one thread at a time.
final class LaneFlickerMeter {
    /// Vectors in a frame: one or two.
    let width: Int
    private struct State {
        var chain: FlickerLanes
        var most = Lanes.zero, newest = Lanes.zero
    }
    private let state: UnsafeMutablePointer<State>
    /// `FlickerClasses.count` of each channel.
    private let classes: UnsafeMutablePointer<UInt32>
    private let times: FrameTimes
    private let interval: Double, begin: Double
    private var frames = 0, finished = 0

    /// For frames of so many vectors at a working rate of 2 kS/s to 16 kS/s.
    init(_ lamp: FlickerLamp, width: Int, times: FrameTimes, interval: Double, begin: Double) {
        self.width = width
        self.times = times
        self.interval = interval
        self.begin = begin
        // Memory of its own for what changes with each frame: no count of references, no check for other users.
        state = UnsafeMutableRawPointer.allocate(byteCount: width * MemoryLayout<State>.stride, alignment: 64)
            .bindMemory(to: State.self, capacity: width)
        state.initialize(repeating: State(chain: FlickerLanes(lamp, rate: 1 / times.step)), count: width)
        classes = .allocate(capacity: 4 * width * FlickerClasses.count)
        classes.initialize(repeating: 0, count: 4 * width * FlickerClasses.count)
    }

    deinit {
        classes.deallocate()
        state.deallocate()
    }

    /// Takes frames; hands out the severities of all channels of every interval that ended with them.
    func process(_ input: UnsafePointer<Lanes>, _ count: Int, _ output: ([FlickerSeverity]) -> Void) {
        var from = 0
        while from < count {
            let counting = frames >= edge(0)
            let end = edge(counting ? finished + 1 : 0)
            let to = min(count, from + end - frames)
            let piece = input + width * from
            for half in 0..<width {
                let own = classes + 4 * half * FlickerClasses.count
                Self.run(piece + half, width, to - from, &state[half], counting ? own : nil)
            }
            frames += to - from
            from = to
            if frames == end, counting { output(close()) }
        }
    }

    /// The newest Pinst of each channel.
    var pinst: [Double] { (0..<(4 * width)).map { state[$0 / 4].newest[$0 % 4] } }

    /// The first frame that stands at the end of `number` intervals or later.
    private func edge(_ number: Int) -> Int {
        max(0, Int(times.place(begin + Double(number) * interval).rounded(.up)))
    }

    private func close() -> [FlickerSeverity] {
        let size = FlickerClasses.count
        let found = (0..<(4 * width)).map { channel -> FlickerSeverity in
            let counts = Array(UnsafeBufferPointer(start: classes + channel * size, count: size))
            let levels = FlickerClasses(counts: counts).levels(FlickerSeverity.percents)
            return FlickerSeverity(
                pst: FlickerSeverity.shortTerm(levels: levels) ?? 0,
                pinstMax: state[channel / 4].most[channel % 4],
                start: begin + Double(finished) * interval, duration: interval, invalidSamples: 0)
        }
        finished += 1
        classes.update(repeating: 0, count: 4 * width * size)
        for n in 0..<width { state[n].most = .zero }
        return found
    }

    @inline(never)
    private static func run(
        _ input: UnsafePointer<Lanes>, _ width: Int, _ count: Int, _ state: inout State,
        _ classes: UnsafeMutablePointer<UInt32>?
    ) {
        // State in locals while the loop runs.
        var chain = state.chain, most = state.most, last = state.newest
        for n in 0..<count {
            last = chain.step(input[width &* n])
            guard let classes else { continue }
            most = most.larger(last)
            Self.count(last, classes)
        }
        state = State(chain: chain, most: most, newest: last)
    }

    @inline(__always)
    private static func count(_ pinst: Lanes, _ classes: UnsafeMutablePointer<UInt32>) {
        let places = FlickerClasses.places(pinst), size = FlickerClasses.count
        classes[Int(places.x)] &+= 1
        classes[size &+ Int(places.y)] &+= 1
        classes[2 &* size &+ Int(places.z)] &+= 1
        classes[3 &* size &+ Int(places.w)] &+= 1
    }
}

/// Flicker meters after IEC 61000-4-15:2010 of eight channels from raw frames, together. Used from one thread at a time.
public final class EightChannelFlicker {
    private let cascade: HalfBandCascade
    private let meter: LaneFlickerMeter
    private let work: UnsafeMutablePointer<Lanes>
    private static let piece = 256

    /// For a lamp; `rate` in frames a second, from 4 000 to 100 million; `interval` and `begin` in s, as `FlickerMeter` has them.
    ///
    /// - Throws: `PowerQualityTrouble` where they are out of range.
    public init(
        _ lamp: FlickerLamp, rate: Double, interval: Double = 600, begin: Double = 60
    ) throws(PowerQualityTrouble) {
        guard rate >= 4000, rate <= 1e8 else {
            throw PowerQualityTrouble("eight flicker meters together need 4 kS/s to 100 MS/s, not \(rate) S/s")
        }
        // The ranges of the others are the same.
        _ = try FlickerMeter(lamp, rate: rate, interval: interval, begin: begin)
        cascade = HalfBandCascade(width: 2, rate: rate, least: 3000, pass: 1000, attenuation: 70, most: Self.piece)
        meter = LaneFlickerMeter(
            lamp, width: 2, times: FrameTimes(cascade, rate: rate), interval: interval, begin: begin)
        work = .lanes(2 * max(Self.piece, cascade.outputs(Self.piece)))
    }

    deinit { work.deallocate() }

    /// The newest Pinst of the eight channels, in units of perceptibility.
    public var pinst: [Double] { meter.pinst }

    /// Takes frames of eight raw numbers, in any unit; gives the severities of all channels of every interval that ended with them.
    public func process(_ numbers: UnsafePointer<Int32>, frames: Int) -> [[FlickerSeverity]] {
        var results: [[FlickerSeverity]] = []
        var from = 0
        while from < frames {
            let count = min(Self.piece, frames - from)
            LaneFrames.convert(numbers + 8 * from, count, into: cascade.room(count, or: work))
            meter.process(work, cascade.run(count, into: work)) { results.append($0) }
            from += count
        }
        return results
    }
}
