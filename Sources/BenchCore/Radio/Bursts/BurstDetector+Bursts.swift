#if canImport(Glibc)
    import Glibc
#endif

/// From tracks that have ended to bursts with their edges.
extension BurstDetector {
    /// Makes bursts of tracks that have ended, once those that belong with them must have ended too.
    func flush(all: Bool) {
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
    func head(_ track: BurstTrack) -> BurstHead {
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
