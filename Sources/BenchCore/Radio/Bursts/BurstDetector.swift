#if canImport(Glibc)
    import Glibc
#endif

/// Finds the bursts in a stream of complex samples; memory does not grow with the stream.
///
/// Spectra of overlapping windowed frames, the noise of every bin followed like a median, a threshold with hysteresis on the ratio smoothed over
/// three bins and two slots; what touches from slot to slot is one burst. Its edges are then found in the samples themselves,
/// filtered to its channel.
///
/// ```swift
/// let detector = BurstDetector(rate: 2.4e6, centre: 868.6e6)
/// try recording.pieces(of: capture) { detector.feed($0) }
/// let bursts = detector.finish()
/// ```
public final class BurstDetector {
    /// Samples a second, and the centre frequency, Hz.
    public let rate: Double, centre: Double
    /// What counts as a burst.
    public let options: BurstOptions
    /// Bursts found up to now whose end is known, in the order of their ends.
    public internal(set) var found: [RadioBurst] = []
    /// Width of a bin, Hz.
    public var binWidth: Double { rate / Double(bins) }
    /// Seconds from slot to slot.
    public var slotTime: Double { Double(spectrum.step) / rate }

    let spectrum: SlotSpectrum
    let bins: Int
    var floor: NoiseFloor
    var memory: SampleMemory
    /// Two more places at either end.
    private let ratio: UnsafeMutablePointer<Double>, smooth: UnsafeMutablePointer<Double>,
        before: UnsafeMutablePointer<Double>
    var slot = 0
    private var started = false
    private var warmUp: [[Double]] = []
    var tracks: [BurstTrack] = []
    var ended: [BurstTrack] = []
    var recent: [BurstTrace] = []
    private let onRatio: Double, offRatio: Double
    let gapSlots: Int, joinBins: Int, headSlots: Int

    /// Slots from which the noise is known at first.
    private static let warmUpSlots = 64
    /// Seconds after which a burst that goes on is looked at: the longest start of a telegram, S1 with its long preamble, takes 24 ms.
    static let headTime = 0.045

    /// A detector; `centre` is added to frequencies.
    public init(rate: Double, centre: Double, options: BurstOptions = BurstOptions()) {
        self.rate = rate
        self.centre = centre
        self.options = options
        spectrum = SlotSpectrum(rate: rate, resolution: options.resolution)
        bins = spectrum.bins
        floor = NoiseFloor(count: bins)
        let slotTime = Double(spectrum.step) / rate
        gapSlots = max(1, Int((options.gap.map { $0 / slotTime } ?? 2).rounded()))
        joinBins = Int(options.join / (rate / Double(bins)))
        headSlots = max(8, Int((Self.headTime / slotTime).rounded(.up)))
        let keep = max(headSlots, Self.warmUpSlots) * spectrum.step + (gapSlots + 24) * spectrum.step
        memory = SampleMemory(keep: keep, piece: RadioRecording.piece)
        func row(_ count: Int) -> UnsafeMutablePointer<Double> {
            let row = UnsafeMutablePointer<Double>.allocate(capacity: count)
            row.initialize(repeating: 0, count: count)
            return row
        }
        ratio = row(bins + 8)
        smooth = row(bins)
        before = row(bins)
        onRatio = pow(10, options.on / 10)
        offRatio = pow(10, options.off / 10)
    }

    deinit {
        spectrum.free()
        floor.free()
        memory.free()
        ratio.deallocate()
        smooth.deallocate()
        before.deallocate()
    }

    /// Takes samples: I and Q by turns, full scale 1.
    public func feed(_ samples: UnsafeBufferPointer<Float>) {
        guard var rest = samples.baseAddress else { return }
        var left = samples.count / 2
        while left > 0 {
            if memory.space < left { memory.forget() }
            let some = min(left, memory.space)
            memory.append(rest, some)
            rest += 2 * some
            left -= some
            while slot * spectrum.step + spectrum.reach <= memory.end {
                spectrum.run(memory.samples(from: slot * spectrum.step))
                spectrum.bridgeCentre(options.centreBins)
                take()
            }
        }
    }

    /// The samples have ended: everything found, in the order of starts.
    public func finish() -> [RadioBurst] {
        if !started { begin() }
        for index in tracks.indices { ended.append(tracks[index]) }
        tracks = []
        flush(all: true)
        return found.sorted { ($0.sample, $0.centre) < ($1.sample, $1.centre) }
    }

    /// Mean noise power in a bin of the middle one, dB relative to full scale.
    public var noiseLevel: Double {
        let sorted = (0..<bins).map { floor.mean[$0] }.sorted()
        return 10 * log10(max(1e-30, sorted[bins / 2]))
    }

    // MARK: - slots

    /// The spectrum of a slot is there.
    private func take() {
        guard started else {
            warmUp.append(Array(UnsafeBufferPointer(start: spectrum.power, count: bins)))
            slot += 1
            if slot == Self.warmUpSlots { begin() }
            return
        }
        detect()
        slot += 1
    }

    /// The first slots are together: the noise is known, so they can be looked at.
    private func begin() {
        started = true
        floor.begin(warmUp)
        let held = warmUp
        warmUp = []
        slot = 0
        for powers in held {
            for (bin, power) in powers.enumerated() { spectrum.power[bin] = power }
            detect()
            slot += 1
        }
    }

    /// Smoothed ratios of this slot; gives their highest.
    @inline(never)
    private func compare() -> Double {
        typealias Four = SIMD4<Double>
        let power = UnsafeRawPointer(spectrum.power), mean = UnsafeRawPointer(floor.mean)
        // Ratios stand one place further, with their mirror at the ends.
        let row = UnsafeMutableRawPointer(ratio)
        var at = 0
        while at < bins {
            let value =
                power.loadUnaligned(fromByteOffset: 8 &* at, as: Four.self)
                / mean.loadUnaligned(fromByteOffset: 8 &* at, as: Four.self)
            row.storeBytes(of: value, toByteOffset: 8 &* (at &+ 1), as: Four.self)
            at &+= 4
        }
        ratio[0] = ratio[1]
        ratio[bins + 1] = ratio[bins]
        let out = UnsafeMutableRawPointer(smooth), old = UnsafeMutableRawPointer(before)
        let sixth = Four(repeating: 1.0 / 6)
        var highest = Four(repeating: 0)
        at = 0
        while at < bins {
            let here =
                (row.loadUnaligned(fromByteOffset: 8 &* at, as: Four.self)
                    + row.loadUnaligned(fromByteOffset: 8 &* (at &+ 1), as: Four.self)
                    + row.loadUnaligned(fromByteOffset: 8 &* (at &+ 2), as: Four.self)) * sixth
            let both = here + old.loadUnaligned(fromByteOffset: 8 &* at, as: Four.self)
            out.storeBytes(of: both, toByteOffset: 8 &* at, as: Four.self)
            old.storeBytes(of: here, toByteOffset: 8 &* at, as: Four.self)
            highest = highest.larger(both)
            at &+= 4
        }
        return highest.max()
    }

    private func detect() {
        let highest = compare()
        var busy = 0
        if !tracks.isEmpty || highest >= onRatio {
            let runs = runs(&busy)
            follow(runs)
        }
        floor.follow(spectrum.power, smooth, quietBelow: offRatio, busy: busy)
        if !tracks.isEmpty { close() }
        if !ended.isEmpty { flush(all: false) }
    }

    /// Bins above the lower threshold, side by side; a single bin below it does not part them.
    private func runs(_ busy: inout Int) -> [BinRun] {
        var runs: [BinRun] = []
        var bin = 0
        while bin < bins {
            guard smooth[bin] > offRatio else {
                bin += 1
                continue
            }
            let first = bin
            var last = bin
            while bin < bins, bin <= last + 1 {
                if smooth[bin] > offRatio {
                    last = bin
                    busy += 1
                }
                bin += 1
            }
            part(first...last, into: &runs)
        }
        return runs
    }

    /// Parts bins that stand above the noise side by side into signals: one reaches from its highest bin down to a hundredth of it; what is left of or
    /// right of that is another one only where it rises again, by 8 dB at least.
    private func part(_ range: ClosedRange<Int>, into runs: inout [BinRun]) {
        guard let top = range.max(by: { smooth[$0] < smooth[$1] }) else { return }
        let level = smooth[top] / 100
        var low = top, high = top
        while low > range.lowerBound, smooth[low - 1] >= level { low -= 1 }
        while high < range.upperBound, smooth[high + 1] >= level { high += 1 }
        var run = BinRun(low: low, high: high, peak: 0, ratio: smooth[top], top: top)
        for bin in low...high { run.peak = max(run.peak, spectrum.power[bin]) }
        runs.append(run)
        for rest in [range.lowerBound..<low, high + 1..<range.upperBound + 1] {
            guard let next = rest.max(by: { smooth[$0] < smooth[$1] }) else { continue }
            let between = next < low ? next..<low : high + 1..<next
            let valley = between.map { smooth[$0] }.min() ?? smooth[next]
            guard smooth[next] > 6 * valley, smooth[next] > 0.03 * level,
                let last = between.min(by: { smooth[$0] < smooth[$1] })
            else { continue }
            part(
                next < low ? rest.lowerBound...max(next, last - 1) : min(next, last + 1)...range.upperBound, into: &runs
            )
        }
    }

    private func follow(_ runs: [BinRun]) {
        for run in runs {
            replace(by: run)
            // What is 20 dB weaker than before is what a stronger neighbour leaves there, or the noise.
            let touched = tracks.indices.filter { tracks[$0].touches(run) && run.peak > tracks[$0].peak * 0.01 }
            for index in touched where tracks[index].last < slot {
                tracks[index].seen(slot: slot, power: spectrum.power)
            }
            if touched.count == 1, let index = touched.first {
                tracks[index].low = min(tracks[index].low, run.low)
                tracks[index].high = max(tracks[index].high, run.high)
                if run.peak > tracks[index].peak { (tracks[index].peak, tracks[index].top) = (run.peak, run.top) }
            }
            unite(touched.filter { run.low...run.high ~= tracks[$0].top })
            if touched.isEmpty, run.ratio >= onRatio {
                tracks.append(
                    BurstTrack(run, slot: slot, bins: bins, power: spectrum.power, cut: slot <= 1))
            }
        }
    }

    /// A signal that is 15 dB stronger than what was in its place for some slots is another one, which begins now.
    private func replace(by run: BinRun) {
        for index in tracks.indices.reversed()
        where tracks[index].touches(run) && run.peak > tracks[index].peak * 30 && slot - tracks[index].first > 3 {
            ended.append(tracks.remove(at: index))
        }
    }

    /// Tracks that one signal without a valley joins for the third time are one: the tones of an FSK, of which one was sent first.
    private func unite(_ joined: [Int]) {
        guard joined.count > 1 else { return }
        let oldest = joined.min { tracks[$0].first < tracks[$1].first } ?? joined[0]
        for index in joined.reversed() where index != oldest {
            tracks[index].joints += 1
            guard tracks[index].joints > 2 else { continue }
            tracks[oldest].low = min(tracks[oldest].low, tracks[index].low)
            tracks[oldest].high = max(tracks[oldest].high, tracks[index].high)
            tracks[index].joints = .min
        }
        tracks.removeAll { $0.joints < 0 }
    }

    /// Tracks that have not been seen for a while have ended; of those that go on, the beginning is looked at in time.
    private func close() {
        var index = 0
        while index < tracks.count {
            if slot - tracks[index].last > gapSlots {
                ended.append(tracks.remove(at: index))
                continue
            }
            if tracks[index].head == nil, slot - tracks[index].first >= headSlots {
                tracks[index].head = head(tracks[index])
            }
            index += 1
        }
    }
}
