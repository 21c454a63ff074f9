/// Lines and harmonic subgroups of the eight channels U1 U2 U3 Un I1 I2 I3 In over one window of whole cycles, from raw numbers, without an
/// allocation: the form for the running analysis. `SpectrumMaker` is the one for everything else.
///
/// Used from one thread at a time.
public final class EightChannelSpectrum {
    /// Points of the window, cycles in it, and the highest order.
    public let count: Int, cycles: Int, highest: Int
    private let transform: FourierTransform
    private let data: UnsafeMutablePointer<Lanes>, scratch: UnsafeMutablePointer<Lanes>
    /// Squares of the lines' effective values, voltages and currents in turn, in raw units.
    private let powers: UnsafeMutablePointer<Lanes>
    private let lines: Int

    /// For windows of `count` points (a product of 2, 3 and 5) that hold `cycles` cycles; `nil` for other numbers, or where the
    /// window has no room for `highest` orders.
    public init?(count: Int, cycles: Int, highest: Int = 50) {
        guard let transform = FourierTransform(count: count), cycles > 0, highest > 0,
            highest * cycles + 1 < (count + 1) / 2
        else { return nil }
        self.transform = transform
        self.count = count
        self.cycles = cycles
        self.highest = highest
        lines = highest * cycles + 2
        data = .allocate(capacity: 2 * count)
        scratch = .allocate(capacity: 2 * count)
        powers = .allocate(capacity: 2 * lines)
        data.initialize(repeating: .zero, count: 2 * count)
        scratch.initialize(repeating: .zero, count: 2 * count)
        powers.initialize(repeating: .zero, count: 2 * lines)
    }

    deinit {
        data.deallocate()
        scratch.deallocate()
        powers.deallocate()
    }

    /// Takes a window of `count` frames of eight numbers each.
    public func take(_ numbers: UnsafePointer<Int32>) {
        let raw = UnsafeRawPointer(numbers)
        for n in 0..<count {
            let frame = raw.loadUnaligned(fromByteOffset: 32 &* n, as: SIMD8<Int32>.self)
            data[2 &* n] = Lanes(frame.lowHalf)
            data[2 &* n &+ 1] = Lanes(frame.highHalf)
        }
        part(transform.run(data, scratch))
    }

    /// Line by line the squares of voltages and currents out of their common spectrum (see `SpectrumMaker`).
    private func part(_ spectrum: UnsafeMutablePointer<Lanes>) {
        // 2 / count² for an effective value, a quarter for the two halves that were added.
        let scale = Lanes(repeating: 0.5 / (Double(count) * Double(count)))
        for k in 1..<lines {
            let m = count &- k
            let a = spectrum[2 &* k], b = spectrum[2 &* k &+ 1], c = spectrum[2 &* m], d = spectrum[2 &* m &+ 1]
            let (ur, ui, ir, ii) = (a + c, b - d, b + d, c - a)
            powers[2 &* k] = scale * (ur * ur).plus(ui, times: ui)
            powers[2 &* k &+ 1] = scale * (ir * ir).plus(ii, times: ii)
        }
        let mean = Lanes(repeating: 1 / Double(count))
        powers[0] = (spectrum[0] * mean) * (spectrum[0] * mean)
        powers[1] = (spectrum[1] * mean) * (spectrum[1] * mean)
    }

    /// Square of the effective value of a line, raw units; channels 0 … 3 are voltages, 4 … 7 currents.
    public func power(line: Int, channel: Int) -> Double {
        guard line >= 0, line < lines, (0..<8).contains(channel) else { return 0 }
        return powers[2 * line + channel / 4][channel % 4]
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
}
