import BenchCore
import CFigures

/// Power sums and harmonics of eight channels beside the same in C, in one run on one core.
enum SamplingFigures {
    private static let rounds = 41

    static func show(_ sheet: inout Sheet) {
        sheet.section(
            "Sampling",
            "eight channels of raw numbers together; ours beside C, medians of \(rounds) pairs, built \(WideLanes.fused ? "with" : "without") fused multiply-add"
        )
        guard cfigures_has_wide() != 0 else { return sheet.plain("power sums", "skipped: no AVX2 with FMA here") }
        for count in [2_000, 20_000, 200_000] { power(count, &sheet) }
        for count in [2_000, 20_000, 200_000] { harmonics(count, &sheet) }
    }

    private static func window(_ count: Int) -> [Int32] {
        var random = SeededGenerator(seed: UInt64(count))
        return (0..<(8 * count)).map { _ in Int32(random.uniform(in: -8e6...8e6)) }
    }

    /// The median of theirs ÷ ours and the million frames a second of both.
    static func compare(_ frames: Int, _ times: Int, _ ours: () -> Void, _ theirs: () -> Void) -> (
        ratio: Double, ours: Double, theirs: Double
    ) {
        let pairs = Pairs(rounds: rounds, times: times, ours, theirs)
        return (pairs.ratio, Double(frames) / 1e6 / pairs.ours, Double(frames) / 1e6 / pairs.theirs)
    }

    private static func power(_ count: Int, _ sheet: inout Sheet) {
        let numbers = window(count)
        var sums = PowerSums()
        var plain = [Double](repeating: 0, count: 20)
        let found = numbers.withUnsafeBufferPointer { buffer -> (ratio: Double, ours: Double, theirs: Double)? in
            guard let base = buffer.baseAddress else { return nil }
            return compare(
                count, max(1, 4_000_000 / count),
                {
                    sums = PowerSums()
                    sums.add(base, frames: count)
                }, { cfigures_power(base, count, &plain) })
        }
        guard let found, abs(sums.square(0) * Double(count) / plain[8] - 1) < 1e-12 else {
            return sheet.demand("power sums, \(count) frames", "not the same sums", "≥ 0.95 of C", met: false)
        }
        sheet.plain(
            "power sums, \(count) frames: M frames/s, ours / C",
            "\(Decimal.fixed(found.ours, 0)) / \(Decimal.fixed(found.theirs, 0))")
        sheet.demand("  ratio", Decimal.fixed(found.ratio, 3), "≥ 0.95 of C with AVX2", met: found.ratio >= 0.95)
    }

    private static func harmonics(_ count: Int, _ sheet: inout Sheet) {
        guard cfigures_fft_begin(Int32(count)) != 0 else {
            return sheet.plain("harmonics, \(count) frames", "skipped: no libfftw3 (Debian: libfftw3-double3)")
        }
        defer { cfigures_fft_end() }
        guard let engine = EightChannelSpectrum(count: count, cycles: 10) else { return }
        let numbers = window(count)
        var plain = [Double](repeating: 0, count: 400)
        var own = 0.0
        let found = numbers.withUnsafeBufferPointer { buffer -> (ratio: Double, ours: Double, theirs: Double)? in
            guard let base = buffer.baseAddress else { return nil }
            return compare(
                count, max(1, 200_000 / count),
                {
                    engine.take(base)
                    for order in 1...50 { own = engine.subgroups(order: order).voltages[0] }
                }, { cfigures_fft_subgroups(base, 10, &plain) })
        }
        guard let found, abs(own / plain[49] - 1) < 1e-9 else {
            return sheet.demand("harmonics, \(count) frames", "not the same subgroups", "as FFTW", met: false)
        }
        let least = count <= 20_000 ? 1.0 : 0.9
        sheet.plain(
            "harmonics to 50, \(count) frames: M frames/s, ours / FFTW in C",
            "\(Decimal.fixed(found.ours, 1)) / \(Decimal.fixed(found.theirs, 1))")
        sheet.demand(
            "  ratio", Decimal.fixed(found.ratio, 3), "≥ \(Decimal.fixed(least, 1)) of FFTW", met: found.ratio >= least)
    }
}
