#if canImport(Glibc)
    import Glibc
#endif

/// Finds who sends in bursts of the modes S, T and C of EN 13757-4: 2-FSK, preamble and synchronisation, coding, first CRC.
///
/// Chip rates and synchronisation words: EN 13757-4, clauses on modes S, T and C; compared with the decoder of rtl_433 (Debian package
/// rtl-433), a program that others wrote, in our tests.
enum WirelessMBus {
    /// What follows the alternating preamble, chips in order.
    private struct Family {
        var chipRate: Double
        var sync: [UInt8]
        /// Half the width that has to pass, Hz.
        var pass: Double
    }
    private static let families = [
        // T and C: …01 0000111101, mode C with the word 0x54CD (format A) or 0x543D (format B) behind it.
        Family(chipRate: 100_000, sync: chips(0x543D, 16), pass: 110_000),
        // S: …01 000111011010010110.
        Family(chipRate: 32_768, sync: chips(0x7696, 18), pass: 85_000),
    ]

    private static func chips(_ word: UInt32, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(word >> UInt32(count - 1 - $0) & 1) }
    }

    /// The telegram in a burst; nothing where no CRC is right.
    /// - Parameters:
    ///   - offset: middle of the burst's channel from the centre of the recording, Hz.
    ///   - from: number of its first sample; `to`, behind its last.
    static func find(
        _ memory: SampleMemory, rate: Double, offset: Double, from: Int, to: Int, binWidth: Double, width: Double
    ) -> WirelessMBusTelegram? {
        // Narrower than a third of the slowest mode, or shorter than its preamble and first block, it is none of them.
        guard width > 15_000 || binWidth > 15_000, width < 500_000, to - from > Int(1.4e-3 * rate) else { return nil }
        for family in families {
            let stride = max(1, Int(rate / (family.chipRate * 8)))
            let perChip = rate / Double(stride) / family.chipRate
            guard perChip >= 3 else { continue }
            let filter = ChannelFilter(offset: offset / rate, width: 2 * family.pass / rate, stride: stride)
            let margin = Int(2 * rate / family.chipRate)
            let (_, re, im) = filter.run(memory, from: from - margin, to: to + margin)
            guard let signal = demodulate(re, im, perChip: perChip) else { continue }
            let reader = ChipReader(signal.values, nominal: perChip)
            var change = 0
            for _ in 0..<12 {
                guard let read = reader.chips(fromChange: change) else { break }
                change = read.next
                if var telegram = telegram(read.chips, family) {
                    let outputs = rate / Double(stride)
                    telegram.chipRate = outputs / read.samples
                    // A fifth of a chip at either end of all that were read.
                    telegram.chipRateU = telegram.chipRate * 0.4 / Double(read.chips.count)
                    telegram.deviation = signal.deviation * outputs / (2 * .pi)
                    return telegram
                }
            }
        }
        return nil
    }

    /// The frequency from sample to sample, smoothed over most of a chip, its middle between both tones taken off.
    static func demodulate(_ re: [Double], _ im: [Double], perChip: Double) -> (values: [Double], deviation: Double)? {
        guard re.count > 100 else { return nil }
        var turns = [Double](repeating: 0, count: re.count - 1)
        for n in turns.indices {
            turns[n] = atan2(im[n + 1] * re[n] - re[n + 1] * im[n], re[n + 1] * re[n] + im[n + 1] * im[n])
        }
        let width = max(1, Int((0.7 * perChip).rounded()))
        var sum = 0.0
        var values: [Double] = []
        values.reserveCapacity(turns.count)
        for n in turns.indices {
            sum += turns[n]
            if n >= width { sum -= turns[n - width] }
            if n >= width - 1 { values.append(sum / Double(width)) }
        }
        // The middle of both tones: the means of what lies above and below it, until it stands.
        var middle = values.reduce(0, +) / Double(values.count)
        for _ in 0..<6 {
            var (low, high, lows, highs) = (0.0, 0.0, 0, 0)
            for value in values {
                if value > middle {
                    high += value
                    highs += 1
                } else {
                    low += value
                    lows += 1
                }
            }
            guard lows > 0, highs > 0 else { return nil }
            middle = (low / Double(lows) + high / Double(highs)) / 2
        }
        // Chips that stand alone do not reach their tone through the filter; a quarter of the time it is reached.
        let swings = values.map { abs($0 - middle) }.sorted()
        return (values.map { $0 - middle }, swings[swings.count * 3 / 4])
    }

    private static func telegram(_ chips: [UInt8], _ family: Family) -> WirelessMBusTelegram? {
        let sync = family.sync
        guard chips.count > sync.count + 96 else { return nil }
        for begin in 0...(chips.count - sync.count) where chips[begin..<begin + sync.count].elementsEqual(sync) {
            let rest = chips[(begin + sync.count)...]
            if family.chipRate < 50_000 {
                if let telegram = read(manchester(rest), .s, "A") { return telegram }
                continue
            }
            let word = rest.prefix(16).reduce(0) { $0 << 1 | Int($1) }
            if word == 0x54CD, let telegram = read(plain(rest.dropFirst(16)), .c, "A") { return telegram }
            if word == 0x543D, let telegram = read(plain(rest.dropFirst(16)), .c, "B") { return telegram }
            if let telegram = read(threeOfSix(rest), .t, "A") { return telegram }
        }
        return nil
    }

    private static func read(
        _ bytes: [UInt8], _ mode: WirelessMBusTelegram.Mode, _ format: String
    ) -> WirelessMBusTelegram? { WirelessMBusFrame.read(bytes, mode: mode, format: format) }

    // MARK: - coding

    /// Eight chips a byte.
    static func plain(_ chips: ArraySlice<UInt8>) -> [UInt8] {
        stride(from: chips.startIndex, to: chips.endIndex - 7, by: 8).map { at in
            chips[at..<at + 8].reduce(0) { $0 << 1 | $1 }
        }
    }

    /// Two chips a bit, 01 is 1 and 10 is 0; ends where chips are neither.
    static func manchester(_ chips: ArraySlice<UInt8>) -> [UInt8] {
        var bits: [UInt8] = []
        for at in stride(from: chips.startIndex, to: chips.endIndex - 1, by: 2) {
            guard chips[at] != chips[at + 1] else { break }
            bits.append(chips[at + 1])
        }
        return plain(bits[...])
    }

    /// The six chips of each half byte, 0 to 15 (EN 13757-4, «3 out of 6»).
    static let sixes: [UInt8] = [22, 13, 14, 11, 28, 25, 26, 19, 44, 37, 38, 35, 52, 49, 50, 41]

    /// Six chips a half byte, the higher first; ends where six chips are none.
    static func threeOfSix(_ chips: ArraySlice<UInt8>) -> [UInt8] {
        var halves: [UInt8] = []
        for at in stride(from: chips.startIndex, to: chips.endIndex - 5, by: 6) {
            let six = chips[at..<at + 6].reduce(0) { $0 << 1 | $1 }
            guard let half = sixes.firstIndex(of: six) else { break }
            halves.append(UInt8(half))
        }
        return stride(from: 0, to: halves.count - 1, by: 2).map { halves[$0] << 4 | halves[$0 + 1] }
    }
}
