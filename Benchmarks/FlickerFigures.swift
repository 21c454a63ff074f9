import BenchCore
import CFigures
import Glibc

/// Flicker meters of eight channels together beside the same in C, from raw frames to classes.
enum FlickerFigures {
    private static let rounds = 31

    static func show(_ sheet: inout Sheet) {
        sheet.section(
            "Flicker",
            "eight channels together, blocks 1 to 5 from raw numbers; ours beside C, medians of \(rounds) pairs")
        guard cfigures_has_wide() != 0 else { return sheet.plain("flicker", "skipped: no AVX2 with FMA here") }
        for count in [2_000, 20_000, 200_000] { window(count, &sheet) }
    }

    /// One window of ten cycles of 230 V, 24 bits, with 8.8 Hz on it: `count` frames.
    static func signal(_ count: Int, rate: Double, from first: Int = 0) -> [Int32] {
        var numbers = [Int32](repeating: 0, count: 8 * count)
        for n in 0..<count {
            let t = Double(first + n) / rate
            let level = 5e6 * (1 + 0.00125 * sin(2 * .pi * 8.8 * t))
            for channel in 0..<8 {
                numbers[8 * n + channel] = Int32(level * sin(2 * .pi * (50 * t - Double(channel) / 3)))
            }
        }
        return numbers
    }

    private static func window(_ count: Int, _ sheet: inout Sheet) {
        let rate = Double(count) * 5, name = "flicker, \(count) frames"
        // What is compared by time ten times over is right: twelve seconds of both give the same Pst.
        guard let theirs = cfigures_flicker_make(rate),
            let check = try? EightChannelFlicker(.v230f50, rate: rate, interval: 4, begin: 8),
            let ours = try? EightChannelFlicker(.v230f50, rate: rate, begin: 0)
        else { return sheet.demand(name, "no meters", "≥ 0.9 of C with AVX2", met: false) }
        defer { cfigures_flicker_free(theirs) }
        var found: [[FlickerSeverity]] = []
        for piece in 0..<61 {
            let numbers = signal(count, rate: rate, from: piece * count)
            numbers.withUnsafeBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return }
                found += check.process(base, frames: count)
                if piece < 60 { cfigures_flicker(theirs, base, count, piece < 40 ? 0 : 1) }
            }
        }
        let pst = found.first?.first?.pst ?? 0, their = cfigures_flicker_severity(theirs, 0)
        guard pst > 0.1, abs(pst / their - 1) < 0.005 else {
            return sheet.demand(
                name, "Pst \(Decimal.fixed(pst, 4)), not \(Decimal.fixed(their, 4))", "the same", met: false)
        }
        let numbers = signal(count, rate: rate)
        let pairs = numbers.withUnsafeBufferPointer { buffer -> Pairs? in
            guard let base = buffer.baseAddress else { return nil }
            return Pairs(
                rounds: rounds, times: max(1, 1_000_000 / count), { _ = ours.process(base, frames: count) },
                { cfigures_flicker(theirs, base, count, 1) })
        }
        guard let pairs else { return }
        func speed(_ seconds: Double) -> String { Decimal.fixed(Double(count) / seconds / 1e6, 1) }
        sheet.plain("\(name): M frames/s, ours / C", "\(speed(pairs.ours)) / \(speed(pairs.theirs))")
        sheet.demand("  ratio", Decimal.fixed(pairs.ratio, 3), "≥ 0.9 of C with AVX2", met: pairs.ratio >= 0.9)
    }
}
