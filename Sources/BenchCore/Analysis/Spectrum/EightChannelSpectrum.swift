/// Lines and harmonic subgroups of the eight channels U1 U2 U3 Un I1 I2 I3 In over one window of whole cycles, from raw numbers, without an
/// allocation: the form for the running analysis. `SpectrumMaker` is the one for everything else.
///
/// Only the lines that are wanted are computed: the window is taken apart into interleaved shorter ones that stay in the processor's cache. Used from
/// one thread at a time.
public final class EightChannelSpectrum {
    /// Points of the window, cycles in it, and the highest order.
    public let count: Int, cycles: Int, highest: Int
    private let transform: BlockedTransform
    /// The window is taken apart into so many, each of every so-manieth frame: `count` = `parts` · points of the transform.
    private let parts: Int
    private let data: UnsafeMutablePointer<Lanes>, scratch: UnsafeMutablePointer<Lanes>
    /// Lines 0, 1, 2 … and behind them −1, −2 … of the eight channels' common spectrum, real and imaginary part in turn.
    private let sums: UnsafeMutablePointer<Lanes>
    /// Squares of the lines' effective values, voltages and currents in turn, in raw units.
    private let powers: UnsafeMutablePointer<Lanes>
    private let lines: Int
    /// Turns of 0 … 511 frames, and of multiples of 512: cosine and sine in turn.
    private let fine: UnsafeMutablePointer<Double>, coarse: UnsafeMutablePointer<Double>
    private static let fineBits = 9
    /// Points of a window that is transformed at once.
    private static let whole = 4000

    /// For windows of `count` points (a product of 2, 3 and 5) that hold `cycles` cycles; `nil` for other numbers, or where the
    /// window has no room for `highest` orders. With `groups` the lines half-way beyond the highest order are computed too, which its group needs.
    public init?(count: Int, cycles: Int, highest: Int = 50, groups: Bool = false) {
        guard count > 0, cycles > 0, highest > 0, FourierTransform(count: count) != nil else { return nil }
        let lines = highest * cycles + (groups ? max(2, cycles / 2 + 1) : 2)
        guard lines - 1 < (count + 1) / 2 else { return nil }
        // A short window at once; of a longer one no line that nobody asked for is computed, and the transform stays in the cache: the shortest one
        // that keeps the wanted lines apart.
        let points =
            count <= Self.whole ? count : (2 * lines...max(2 * lines, count)).first { count % $0 == 0 } ?? count
        guard let transform = BlockedTransform(count: points) else { return nil }
        self.transform = transform
        self.count = count
        self.cycles = cycles
        self.highest = highest
        self.lines = lines
        parts = count / points
        data = .lanes(2 * points)
        scratch = .lanes(2 * points)
        sums = .lanes(4 * lines)
        powers = .lanes(2 * lines)
        func table(_ steps: Int, _ step: Int) -> UnsafeMutablePointer<Double> {
            let made = UnsafeMutablePointer<Double>.allocate(capacity: 2 * steps)
            for n in 0..<steps {
                let (re, im) = FourierTransform.turn(n * step, of: count)
                (made + 2 * n).initialize(to: re)
                (made + 2 * n + 1).initialize(to: im)
            }
            return made
        }
        let block = 1 << Self.fineBits
        fine = table(block, 1)
        coarse = table(count / block + 1, block)
    }

    deinit {
        data.deallocate()
        scratch.deallocate()
        sums.deallocate()
        powers.deallocate()
        fine.deallocate()
        coarse.deallocate()
    }

    /// Takes a window of `count` frames of eight numbers each.
    public func take(_ numbers: UnsafePointer<Int32>) {
        let raw = UnsafeRawPointer(numbers)
        for part in 0..<parts {
            for n in 0..<transform.count {
                let (voltages, currents) = LaneFrames.frame(raw, part &+ parts &* n)
                data[2 &* n] = voltages
                data[2 &* n &+ 1] = currents
            }
            add(data, stride: 1, part)
        }
        square()
    }

    /// Takes a window of `count` points, voltages and currents in turn, in any unit.
    func take(_ window: UnsafePointer<Lanes>) {
        for part in 0..<parts { add(window + 2 &* part, stride: parts, part) }
        square()
    }

    /// Adds what one part has to say of each line, turned by the frames that it begins later: the outer step of a transform in two
    /// (C. Van Loan, «Computational Frameworks for the Fast Fourier Transform», 3.3), for the wanted lines alone.
    private func add(_ source: UnsafePointer<Lanes>, stride: Int, _ part: Int) {
        let points = transform.count, lines = lines
        transform.run(source, stride: stride, data, scratch) { spectrum, first, step, count in
            // Lines 0, 1, 2 … and −1, −2 …, of what is there.
            let ahead = first < lines ? min(count, (lines - 1 - first) / step + 1) : 0
            let behind = max(ahead, (points - lines - first) / step + 1)
            if part == 0 {
                for q in 0..<ahead {
                    let at = sums + 4 &* (first &+ step &* q)
                    at[0] = spectrum[2 &* q]
                    at[1] = spectrum[2 &* q &+ 1]
                }
                for q in behind..<max(behind, count) {
                    let at = sums + 4 &* (points &- first &- step &* q)
                    at[2] = spectrum[2 &* q]
                    at[3] = spectrum[2 &* q &+ 1]
                }
            } else {
                for q in 0..<ahead {
                    let k = first &+ step &* q, at = sums + 4 &* k
                    let (x, y) = turn(k &* part), (re, im) = (spectrum[2 &* q], spectrum[2 &* q &+ 1])
                    at[0] = at[0].plus(re, times: x).minus(im, times: y)
                    at[1] = at[1].plus(re, times: y).plus(im, times: x)
                }
                for q in behind..<max(behind, count) {
                    // Line −k turns the other way.
                    let k = points &- first &- step &* q, at = sums + 4 &* k
                    let (x, y) = turn(k &* part), (re, im) = (spectrum[2 &* q], spectrum[2 &* q &+ 1])
                    at[2] = at[2].plus(re, times: x).plus(im, times: y)
                    at[3] = at[3].plus(im, times: x).minus(re, times: y)
                }
            }
        }
    }

    /// Cosine and sine of so many frames' turn.
    @inline(__always)
    private func turn(_ frames: Int) -> (Lanes, Lanes) {
        let low = 2 &* (frames & (1 << Self.fineBits - 1)), high = 2 &* (frames &>> Self.fineBits)
        let (a, b, c, d) = (coarse[high], coarse[high &+ 1], fine[low], fine[low &+ 1])
        return (Lanes(repeating: a * c - b * d), Lanes(repeating: a * d + b * c))
    }

    /// Line by line the squares of voltages and currents out of their common spectrum (see `SpectrumMaker`).
    private func square() {
        // 2 / count² for an effective value, a quarter for the two halves that were added.
        let scale = Lanes(repeating: 0.5 / (Double(count) * Double(count)))
        for k in 1..<lines {
            let a = sums[4 &* k], b = sums[4 &* k &+ 1], c = sums[4 &* k &+ 2], d = sums[4 &* k &+ 3]
            let (ur, ui, ir, ii) = (a + c, b - d, b + d, c - a)
            powers[2 &* k] = scale * (ur * ur).plus(ui, times: ui)
            powers[2 &* k &+ 1] = scale * (ir * ir).plus(ii, times: ii)
        }
        let mean = Lanes(repeating: 1 / Double(count))
        powers[0] = (sums[0] * mean) * (sums[0] * mean)
        powers[1] = (sums[1] * mean) * (sums[1] * mean)
    }

    /// Square of the effective value of a line, raw units; channels 0 … 3 are voltages, 4 … 7 currents.
    public func power(line: Int, channel: Int) -> Double {
        guard line >= 0, line < lines, (0..<8).contains(channel) else { return 0 }
        return powers[2 * line + channel / 4][channel % 4]
    }

    /// Line `index` of one channel: effective value times cosine and sine of its angle, in the unit of the numbers.
    func line(_ index: Int, channel: Int) -> SpectralLine {
        guard index > 0, index < lines, (0..<8).contains(channel) else { return .zero }
        let (a, b) = (sums[4 * index][channel % 4], sums[4 * index + 1][channel % 4])
        let (c, d) = (sums[4 * index + 2][channel % 4], sums[4 * index + 3][channel % 4])
        let scale = 0.5.squareRoot() / Double(count)
        return channel < 4
            ? SpectralLine(re: (a + c) * scale, im: (b - d) * scale)
            : SpectralLine(re: (b + d) * scale, im: (c - a) * scale)
    }

    /// Squares of the lines from one to another, both included: voltages, currents.
    @inline(__always)
    private func sum(_ from: Int, _ to: Int) -> (voltages: SIMD4<Double>, currents: SIMD4<Double>) {
        var u = Lanes.zero, i = Lanes.zero
        for k in from...to {
            u += powers[2 &* k]
            i += powers[2 &* k &+ 1]
        }
        return (u, i)
    }

    /// Harmonic subgroups of all channels of one order as squares of effective values (IEC 61000-4-7:2002, 5.6): voltages, currents.
    public func subgroups(order: Int) -> (voltages: SIMD4<Double>, currents: SIMD4<Double>) {
        guard (1...highest).contains(order) else { return (.zero, .zero) }
        let middle = 2 * order * cycles
        return (
            powers[middle - 2] + powers[middle] + powers[middle + 2],
            powers[middle - 1] + powers[middle + 1] + powers[middle + 3]
        )
    }

    /// Harmonic groups of all channels of one order as squares of effective values (IEC 61000-4-7:2002, 5.6): all lines up to half-way to the
    /// neighbours, of which those half-way count half. Nothing for the highest order unless the groups were asked for.
    public func groups(order: Int) -> (voltages: SIMD4<Double>, currents: SIMD4<Double>) {
        let middle = order * cycles, half = cycles / 2
        guard (1...highest).contains(order), half > 0, middle + half < lines else { return (.zero, .zero) }
        guard cycles % 2 == 0 else { return sum(middle - half, middle + half) }
        let (u, i) = sum(middle - half + 1, middle + half - 1)
        let (low, high) = (2 * (middle - half), 2 * (middle + half))
        return (u + 0.5 * (powers[low] + powers[high]), i + 0.5 * (powers[low + 1] + powers[high + 1]))
    }

    /// Interharmonic centred subgroups between one order and the next as squares of effective values (IEC 61000-4-7:2002, Annex A).
    public func interharmonicSubgroups(order: Int) -> (voltages: SIMD4<Double>, currents: SIMD4<Double>) {
        let (low, high) = (order * cycles + 2, (order + 1) * cycles - 2)
        guard order >= 0, low <= high, high < lines else { return (.zero, .zero) }
        return sum(low, high)
    }
}
