#if canImport(Glibc)
    import Glibc
#endif

/// One window of 10 or 12 whole cycles of eight channels U1 U2 U3 Un I1 I2 I3 In, and what IEC 61000-4-30 class A asks of it.
public struct EightChannelWindow: Sendable, Hashable {
    /// Begin and end, s after the first sample; cycles in it; their mean frequency, Hz.
    public let begin: Double, end: Double, cycles: Int, frequency: Double
    /// The fundamental was missing in it, so its length is that of the last good frequency; flagged as well.
    public let held: Bool
    /// A dip, swell or interruption fell into it, or it was held: the values are kept and told as flagged (IEC 61000-4-30:2015, 4.7).
    public internal(set) var flagged: Bool
    /// Effective values of the channels, V and A; active powers of the phases and the neutral, W.
    public let rms: [Double], active: [Double]
    /// Fundamentals of the channels: effective value, and angle in degrees of a cosine that begins with the window.
    public let fundamentals: [Phasor]
    /// Orders 1 … `highest`, channel after channel (8 · (order − 1) + channel), effective values (IEC 61000-4-7:2002, 5.6).
    public let highest: Int, subgroups: [Double], groups: [Double]
    /// Interharmonic centred subgroups between order n and n + 1, n = 0 … `highest` − 1, at 8 · n + channel (IEC 61000-4-7:2002, Annex A).
    public let interharmonics: [Double]
    /// Unbalance of the three voltages, negative and zero sequence, percent of the positive one; `nil` without one.
    public let negativeUnbalance: Double?, zeroUnbalance: Double?

    /// Effective values of the subgroups of one channel, orders 1 … `highest`.
    public func subgroups(channel: Int) -> [Double] { (0..<highest).map { subgroups[8 * $0 + channel] } }
}

/// Cuts eight channels into windows of whole cycles of one of them while the frames arrive, and takes each apart: the running form of
/// `SynchronousWindows` with `SpectrumMaker`. Used from one thread at a time.
final class EightChannelWindows {
    /// Cycles in a window, points of it, the highest order that the rate allows.
    let cycles: Int, count: Int, highest: Int
    private(set) var tracker: FrequencyTracker
    private let resampler: LaneResampler
    private let spectrum: EightChannelSpectrum
    private let window: UnsafeMutablePointer<Lanes>
    private let reference: Int
    /// The ticks at which windows begin anew; `nil` where the time of the frames is not known.
    var ticks: TenMinuteTicks?
    private var next: Double?
    private var mono: [Double] = []
    private let times: FrameTimes

    /// - Parameters:
    ///   - rate: frames a second; `pass` what they hold of worth, Hz.
    ///   - reference: the channel whose cycles count.
    ///   - least: effective value below which its fundamental counts as missing.
    init?(
        rate: Double, nominal: NominalFrequency, pass: Double, reference: Int, least: Double, times: FrameTimes
    ) {
        let cycles = nominal.cycles
        let count = FourierTransform.length(atLeast: Int((1.18 * Double(cycles) * rate / nominal.hertz).rounded(.up)))
        let highest = min(50, Int((pass / nominal.range.upperBound - 0.5).rounded(.down)))
        guard let tracker = FrequencyTracker(rate: rate, nominal: nominal.hertz, least: least), highest > 0,
            let spectrum = EightChannelSpectrum(count: count, cycles: cycles, highest: highest, groups: true)
        else { return nil }
        self.tracker = tracker
        self.spectrum = spectrum
        self.cycles = cycles
        self.count = count
        self.highest = highest
        self.reference = reference
        self.times = times
        resampler = LaneResampler(pass: pass / rate)
        window = .lanes(2 * count)
    }

    deinit {
        window.deallocate()
    }

    /// Frames that the history must hold: the longest window that the tracker lets pass, and what it waits for.
    static func frames(rate: Double, nominal: NominalFrequency) -> Int {
        Int(rate / nominal.hertz * (Double(nominal.cycles) / 0.7 + 6)) + 128
    }

    /// Takes the last `frames` frames of the history; gives the windows that are complete with them.
    func feed(_ frames: Int, of history: LaneHistory, _ output: (EightChannelWindow) -> Void) {
        let from = history.frame(history.end - frames)
        if mono.count < frames { mono = [Double](repeating: 0, count: frames) }
        // One number of every frame's eight.
        let one = UnsafeRawPointer(from).assumingMemoryBound(to: Double.self) + reference
        mono.withUnsafeMutableBufferPointer { mono in
            for n in 0..<frames { mono[n] = one[8 &* n] }
            tracker.feed(UnsafeBufferPointer(rebasing: mono[..<frames]))
        }
        while let window = make(history) { output(window) }
    }

    private func make(_ history: LaneHistory) -> EightChannelWindow? {
        guard let known = tracker.known else { return nil }
        let reach = Double(resampler.reach)
        if next == nil {
            // The first window begins with the first zero crossing upwards that has enough frames before it.
            next = tracker.turns(at: max(known.lowerBound, reach)).map { ($0 + 0.25).rounded(.up) - 0.25 }
        }
        guard let from = next, tracker.knows(turns: from + Double(cycles)),
            let begin = tracker.place(ofTurns: from), let end = tracker.place(ofTurns: from + Double(cycles)),
            end + reach + 1 < Double(history.end)
        else { return nil }
        // A tick inside the window: the next begins there, and overlaps.
        let tick = ticks?.next(after: begin) ?? .infinity
        next = tick < end ? tracker.turns(at: tick) ?? from + Double(cycles) : from + Double(cycles)
        history.needed = Int(min(end, tick)) - resampler.reach - 2
        let held = tracker.isHeld(begin...end)
        // Twelve seconds stay, so that the frequency over ten can be asked for.
        tracker.forget(before: end - 12 * tracker.rate)
        // A frequency that jumps about without being one could stretch a window beyond what is held: it is left out, as a gap.
        guard begin - reach - 1 >= Double(history.first) else { return make(history) }
        let sums = resampler.values(history, from: begin, to: end, count: count, into: window)
        spectrum.take(window)
        return result(begin, end, held, sums)
    }

    private func result(_ begin: Double, _ end: Double, _ held: Bool, _ sums: LaneResampler.Sums) -> EightChannelWindow
    {
        let share = Lanes(repeating: 1 / Double(count))
        func roots(_ u: Lanes, _ i: Lanes, _ room: UnsafeMutablePointer<Double>, _ at: Int) {
            let (a, b) = (u.squareRoot(), i.squareRoot())
            for lane in 0..<4 {
                room[8 &* at &+ lane] = a[lane]
                room[8 &* at &+ 4 &+ lane] = b[lane]
            }
        }
        func table(_ body: (Int) -> (voltages: Lanes, currents: Lanes)) -> [Double] {
            [Double](unsafeUninitializedCapacity: 8 * highest) { room, filled in
                guard let base = room.baseAddress else { return }
                for n in 0..<highest {
                    let (u, i) = body(n)
                    roots(u, i, base, n)
                }
                filled = 8 * highest
            }
        }
        let rms = [Double](unsafeUninitializedCapacity: 8) { room, filled in
            guard let base = room.baseAddress else { return }
            roots(sums.uu * share, sums.ii * share, base, 0)
            filled = 8
        }
        let active = sums.ui * share
        let fundamentals = (0..<8).map { channel -> Phasor in
            let line = spectrum.line(cycles, channel: channel)
            return Phasor(rms: line.rms, angle: line.angle)
        }
        let parts = SymmetricalComponents(fundamentals[0], fundamentals[1], fundamentals[2])
        return EightChannelWindow(
            begin: times.seconds(begin), end: times.seconds(end), cycles: cycles,
            frequency: Double(cycles) / (end - begin) * tracker.rate, held: held, flagged: held, rms: rms,
            active: (0..<4).map { active[$0] }, fundamentals: fundamentals, highest: highest,
            subgroups: table { spectrum.subgroups(order: $0 + 1) }, groups: table { spectrum.groups(order: $0 + 1) },
            interharmonics: table { spectrum.interharmonicSubgroups(order: $0) },
            negativeUnbalance: parts.negativeUnbalance, zeroUnbalance: parts.zeroUnbalance)
    }
}
