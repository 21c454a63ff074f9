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
    public private(set) var found: [RadioBurst] = []
    /// Width of a bin, Hz.
    public var binWidth: Double { rate / Double(bins) }
    /// Seconds from slot to slot.
    public var slotTime: Double { Double(spectrum.step) / rate }

    private let spectrum: SlotSpectrum
    private let bins: Int
    private var floor: NoiseFloor
    private var memory: SampleMemory
    /// Two more places at either end.
    private let ratio: UnsafeMutablePointer<Double>, smooth: UnsafeMutablePointer<Double>,
        before: UnsafeMutablePointer<Double>
    private var slot = 0
    private var started = false
    private var warmUp: [[Double]] = []
    private var tracks: [BurstTrack] = []
    private var ended: [BurstTrack] = []
    private var recent: [BurstTrace] = []
    private let onRatio: Double, offRatio: Double
    private let gapSlots: Int, joinBins: Int, headSlots: Int

    /// Slots from which the noise is known at first.
    private static let warmUpSlots = 64
    /// Seconds after which a burst that goes on is looked at: the longest start of a telegram, S1 with its long preamble, takes 24 ms.
    private static let headTime = 0.045

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
        guard started else { return -Double.infinity }
        let sorted = (0..<bins).map { floor.mean[$0] }.sorted()
        return 10 * log10(sorted[bins / 2])
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

    // MARK: - bursts

    /// Makes bursts of tracks that have ended, once those that belong with them must have ended too.
    private func flush(all: Bool) {
        guard all || ended.contains(where: { slot - $0.last > gapSlots + 4 }) else { return }
        ended.sort { $0.peak > $1.peak }
        var kept: [BurstTrack] = []
        for track in ended {
            if let index = kept.firstIndex(where: { together($0, track) }) {
                kept[index].low = min(kept[index].low, track.low)
                kept[index].high = max(kept[index].high, track.high)
                kept[index].first = min(kept[index].first, track.first)
                kept[index].last = max(kept[index].last, track.last)
            } else if !isShadow(track, kept) {
                kept.append(track)
            }
        }
        ended = []
        for track in kept {
            make(track)
            recent.append(BurstTrace(track))
        }
        recent.removeAll { slot - $0.last > 64 }
    }

    /// Whether two tracks are the two tones of one signal: they come and go together, near each other, about as strong.
    private func together(_ a: BurstTrack, _ b: BurstTrack) -> Bool {
        abs(a.first - b.first) <= 3 && abs(a.last - b.last) <= 3 && b.peak > a.peak / 10
            && max(a.low, b.low) - min(a.high, b.high) <= joinBins
    }

    /// Whether a track is but a side lobe of a stronger signal, or the click with which one comes or goes: there while it is there only, 20 dB weaker
    /// and near it, or 35 dB weaker.
    private func isShadow(_ track: BurstTrack, _ kept: [BurstTrack]) -> Bool {
        tracks.contains { BurstTrace($0, going: slot).shadows(track) } || recent.contains { $0.shadows(track) }
            || kept.contains { BurstTrace($0).shadows(track) }
    }

    /// Parts of a track's range that stand apart: neighbours that came on in the same slot.
    private func parts(_ track: BurstTrack, _ mean: [Double]) -> [ClosedRange<Int>] {
        guard track.slots >= 3 else { return [track.low...track.high] }
        var parts: [ClosedRange<Int>] = []
        for bin in track.low...track.high where mean[bin] > 1.8 * floor.mean[bin] && mean[bin] > track.peak * 1e-4 {
            if let last = parts.last, bin - last.upperBound <= max(joinBins, 2) {
                parts[parts.count - 1] = last.lowerBound...bin
            } else {
                parts.append(bin...bin)
            }
        }
        return parts.isEmpty ? [track.low...track.high] : parts
    }

    private func make(_ track: BurstTrack) {
        let mean = track.spectrum
        let parts = parts(track, mean)
        for part in parts {
            guard
                let channel = BurstChannel(
                    mean, floor.mean, low: part.lowerBound, high: part.upperBound, binWidth: binWidth)
            else { continue }
            let filter = filter(channel)
            var start = Double(track.first * spectrum.step)
            var cutStart = track.wasCut
            let head = parts.count == 1 ? track.head : nil
            start = head?.start ?? rise(channel, filter, nearSlot: track.first, last: track.last) ?? start
            let stop = fall(channel, filter, nearSlot: track.last, behind: start)
            let end = stop ?? Double((track.last + 1) * spectrum.step + bins)
            let telegram = head.map(\.telegram) ?? decode(channel, from: start, to: end)
            // What reaches the end of what there is has not been seen to end.
            let cutEnd = track.last >= slot - 2 && end > Double(memory.end - 2 * filter.half - 2 * filter.stride)
            if start > Double(spectrum.reach) { cutStart = false }
            let begin = cutStart ? 0 : start
            let finish = cutEnd ? Double(memory.end) : end
            // Less than 3 dB above the noise in its own band, nothing is sure of it.
            guard finish > begin, channel.power > 2 * channel.noise else { continue }
            let width = filterWidth(channel)
            found.append(
                RadioBurst(
                    sample: begin, samples: finish - begin, start: begin / rate, length: (finish - begin) / rate,
                    lengthU: Self.lengthU(channel, width), centre: centre + channel.offset,
                    bandwidth99: channel.width99,
                    bandwidth20dB: channel.width20, power: 10 * log10(channel.power), noise: 10 * log10(channel.noise),
                    cutAtStart: cutStart, cutAtEnd: cutEnd, telegram: telegram))
        }
    }

    /// Expanded uncertainty of a length, k = 2, seconds: the time that the filter through which its edges were found needs to rise, the more the nearer
    /// the noise is. By trial: the lengths of 95 % of 461 bursts of 5 to 20 ms from 6 to 30 dB erred by less.
    private static func lengthU(_ channel: BurstChannel, _ width: Double) -> Double {
        (3 + 20 * channel.noise / channel.power) / width
    }

    /// What the beginning of a burst says.
    private func head(_ track: BurstTrack) -> BurstHead {
        let mean = track.spectrum
        let nominal = Double(track.first * spectrum.step)
        guard
            let channel = BurstChannel(mean, floor.mean, low: track.low, high: track.high, binWidth: binWidth)
        else { return BurstHead(start: nominal, telegram: nil) }
        let start = rise(channel, filter(channel), nearSlot: track.first, last: slot) ?? nominal
        return BurstHead(start: start, telegram: decode(channel, from: start, to: Double(slot * spectrum.step)))
    }

    private func filterWidth(_ channel: BurstChannel) -> Double { max(1.3 * channel.width99, 2.5 * binWidth) }

    private func filter(_ channel: BurstChannel) -> ChannelFilter {
        let width = filterWidth(channel) / rate
        return ChannelFilter(offset: channel.offset / rate, width: width, stride: Int(1 / (8 * width)))
    }

    /// The sample at which the burst begins, near the slot in which it was seen first.
    private func rise(_ channel: BurstChannel, _ filter: ChannelFilter, nearSlot slot: Int, last: Int) -> Double? {
        let step = spectrum.step
        return edge(
            channel, filter, from: (slot - 8) * step, to: min(slot + 3, max(last + 2, slot + 1)) * step, rising: true)
    }

    /// The sample at which it ends, near the slot in which it was seen last and behind its start.
    private func fall(_ channel: BurstChannel, _ filter: ChannelFilter, nearSlot slot: Int, behind start: Double)
        -> Double?
    {
        let step = spectrum.step
        return edge(channel, filter, from: max((slot - 8) * step, Int(start)), to: (slot + 5) * step, rising: false)
    }

    private func edge(
        _ channel: BurstChannel, _ filter: ChannelFilter, from: Int, to: Int, rising: Bool
    ) -> Double? {
        let (first, re, im) = filter.run(memory, from: from, to: to)
        let power = re.indices.map { re[$0] * re[$0] + im[$0] * im[$0] }
        let quiet = channel.density * Double(bins) * filter.noiseGain
        guard let place = EdgeSearch.edge(power, quiet: quiet, loud: channel.power + quiet, rising: rising) else {
            return nil
        }
        return Double(first) + (Double(place) - 0.5) * Double(filter.stride)
    }

    private func decode(_ channel: BurstChannel, from start: Double, to end: Double) -> WirelessMBusTelegram? {
        guard options.decodes else { return nil }
        let latest = start + 1.2 * Self.headTime * rate
        return WirelessMBus.find(
            memory, rate: rate, offset: channel.offset, from: Int(start), to: Int(min(end, latest)), binWidth: binWidth,
            width: channel.width99)
    }
}
