import BenchCore
import CFigures
import Glibc

/// The whole class A chain of eight channels beside the same in C with FFTW, beside pqopen-lib, and what it costs at 1 MS/s.
enum ChainFigures {
    private static let rounds = 21, scale = 1e-4

    static func show(_ sheet: inout Sheet) {
        sheet.section(
            "Class A chain",
            "eight channels: windows of ten cycles with rms, power, harmonics, groups, unbalance; Urms(1/2), events, flicker; medians of \(rounds) pairs"
        )
        if cfigures_has_wide() != 0 {
            for count in [2_000, 20_000, 200_000] { window(count, &sheet) }
        } else {
            sheet.plain("class A chain ÷ C", "skipped: no AVX2 with FMA here")
        }
        pqopen(everything: true, &sheet)
        pqopen(everything: false, &sheet)
        share(&sheet)
    }

    /// Ten cycles of 50 Hz with harmonics: 230 V, 10 A, as raw steps of 0.1 mV and 0.1 mA.
    static func signal(_ count: Int) -> [Int32] {
        var numbers = [Int32](repeating: 0, count: 8 * count)
        for n in 0..<count {
            for channel in 0..<8 {
                let angle = 20 * Double.pi * Double(n) / Double(count) - Double(channel % 4) * 2 * .pi / 3
                let wave = sin(angle) + 0.05 * sin(5 * angle + 0.3) + 0.03 * sin(7 * angle) + 0.01 * sin(49 * angle)
                let peak = (channel < 4 ? 230 : 10) * 2.0.squareRoot() * (channel % 4 == 3 ? 0.01 : 1)
                numbers[8 * n + channel] = Int32((peak / scale * wave).rounded())
            }
        }
        return numbers
    }

    static func meter(_ rate: Double) -> ClassAMeter? {
        guard let thresholds = try? VoltageThresholds(declared: 230) else { return nil }
        return try? ClassAMeter(
            ClassAMeter.Setup(
                rate: rate, nominal: .fifty, thresholds: thresholds, lamp: .v230f50,
                scales: [Double](repeating: scale, count: 8), flickerBegin: 0))
    }

    private static func window(_ count: Int, _ sheet: inout Sheet) {
        let name = "class A chain, \(count) frames", rate = Double(5 * count)
        guard let theirs = cfigures_class_a_make(rate, scale, 230) else {
            return sheet.plain(name, "skipped: no libfftw3 (Debian: libfftw3-double3)")
        }
        defer { cfigures_class_a_free(theirs) }
        guard let ours = meter(rate) else { return sheet.demand(name, "no meter", "≥ 0.95 of C", met: false) }
        let numbers = signal(count)
        var newest: EightChannelWindow?
        var their: UnsafePointer<cfigures_class_a>?
        var pairs: Pairs?
        numbers.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            pairs = Pairs(
                rounds: rounds, times: max(2, 200_000 / count),
                { newest = ours.process(base, frames: count).windows.last ?? newest },
                { their = cfigures_class_a(theirs, base, count) })
        }
        guard let pairs, let newest, let found = their?.pointee, same(newest, found) else {
            return sheet.demand(name, "not the same values", "≥ 0.95 of C", met: false)
        }
        func speed(_ seconds: Double) -> String { Decimal.fixed(Double(count) / seconds / 1e6, 1) }
        sheet.plain("\(name): M frames/s, ours / C", "\(speed(pairs.ours)) / \(speed(pairs.theirs))")
        sheet.demand(
            "  ratio", Decimal.fixed(pairs.ratio, 3), "≥ 0.95 of C with FFTW", met: pairs.ratio >= 0.95)
    }

    /// Whether both know the same of the same signal, within 1 ppm of it or 0.1 mV: where the points of their windows differ, so does what little
    /// the resampling leaves between the harmonics.
    private static func same(_ ours: EightChannelWindow, _ theirs: cfigures_class_a) -> Bool {
        func near(_ one: Double, _ other: Double) -> Bool { abs(one - other) <= 1e-6 * max(abs(one), 100) }
        return near(ours.frequency, theirs.frequency) && near(ours.rms[0], theirs.rms.0)
            && near(ours.rms[7], theirs.rms.7)
            && near(ours.active[1], theirs.active.1)
            && withUnsafeBytes(of: theirs.subgroups) { bytes in
                zip(ours.subgroups, bytes.bindMemory(to: Double.self)).allSatisfy(near)
            }
            && withUnsafeBytes(of: theirs.groups) { bytes in
                zip(ours.groups, bytes.bindMemory(to: Double.self)).allSatisfy(near)
            } && theirs.events == 0 && theirs.values > 0
    }

    /// Ours and pqopen-lib in turn, at 50 kS/s: the same windows, the same kinds of values. Ours is taken right before and after theirs.
    ///
    /// - Parameter everything: with the fundamentals of single periods, which ours has too (`HalfCycleValue`); without them a harder comparison,
    ///   as ours goes on making them.
    private static func pqopen(everything: Bool, _ sheet: inout Sheet) {
        let name = "class A chain ÷ pqopen-lib" + (everything ? "" : " without fundamentals of single periods")
        let python = ".venv/bin/python", rate = 50_000.0, turns = 7
        guard access(python, X_OK) == 0, let ours = meter(rate) else {
            return sheet.plain(name, "skipped: no pqopen-lib in .venv")
        }
        let numbers = signal(Int(rate / 5))
        func own() -> Double {
            numbers.withUnsafeBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return 0 }
                let begin = MachineClock.nanoseconds
                for _ in 0..<200 { _ = ours.process(base, frames: buffer.count / 8) }
                return Double(MachineClock.nanoseconds - begin) / 1e9 / Double(200 * buffer.count / 8)
            }
        }
        var found: [(ours: Double, theirs: Double)] = []
        var before = own()
        for _ in 0..<turns {
            guard let theirs = pqopenRound(python, rate, everything) else { break }
            let after = own()
            found.append(((before + after) / 2, theirs))
            before = after
        }
        guard found.count == turns else {
            return sheet.plain(name, "skipped: no pqopen-lib in .venv")
        }
        let ratio = Decimal.fixed(Pairs.median(found.map { $0.theirs / $0.ours }), 1)
        sheet.plain(
            "\(name) at 50 kS/s: M frames/s, ours / theirs",
            "\(Decimal.fixed(1e-6 / Pairs.median(found.map(\.ours)), 1)) / \(Decimal.fixed(1e-6 / Pairs.median(found.map(\.theirs)), 2))"
        )
        guard everything else { return sheet.plain("  ratio", ratio) }
        sheet.demand("  ratio", ratio, "≥ 30 of pqopen-lib", met: (Double(ratio) ?? 0) >= 30)
    }

    /// Seconds that pqopen-lib takes for a frame; `nil` where it is not there.
    private static func pqopenRound(_ python: String, _ rate: Double, _ everything: Bool) -> Double? {
        let command =
            "\(python) Benchmarks/Python/pqopen-chain.py \(Int(rate)) 3 1 \(everything ? "" : "less") 2>/dev/null"
        guard let stream = popen(command, "r") else { return nil }
        defer { pclose(stream) }
        var line = [CChar](repeating: 0, count: 256)
        guard fgets(&line, Int32(line.count), stream) != nil else { return nil }
        return Double(String(decoding: line.prefix { $0 > 32 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }

    // MARK: 1 MS/s

    /// Processor time of this thread, s.
    private static var processorTime: Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// What class A of eight channels at 1 MS/s costs, in processor time for each second of signal.
    private static func share(_ sheet: inout Sheet) {
        let rate = 1e6, block = 1000
        guard let meter = meter(rate) else { return }
        let numbers = signal(Int(rate / 5))
        var shares: [Double] = []
        numbers.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            for _ in 0..<11 {
                let begin = processorTime
                // A second, in blocks of a millisecond as they come from the ring.
                for n in 0..<1000 { _ = meter.process(base + 8 * block * (n % 200), frames: block) }
                shares.append(processorTime - begin)
            }
        }
        let cost = Pairs.median(shares)
        sheet.demand(
            "class A at 1 MS/s: share of a core", "\(Decimal.fixed(100 * cost, 2)) %", "≤ 6 %", met: cost <= 0.06)
        keeping(numbers, &sheet)
    }

    /// What keeping the waveforms costs beside it.
    private static func keeping(_ numbers: [Int32], _ sheet: inout Sheet) {
        for (bits, shift) in [(16, 8), (24, 0)] {
            var random = SeededGenerator(seed: UInt64(bits))
            // The noise of a real converter: two steps.
            let raw = numbers.map { Int32(truncatingIfNeeded: ($0 >> Int32(shift)) &+ Int32(random.normal() * 2)) }
            guard let (cost, bytes) = WaveformCost.measure(raw, bits: bits, processorTime: { processorTime }) else {
                sheet.plain("keeping 8 channels at 1 MS/s, \(bits) bits", "not possible here")
                continue
            }
            sheet.plain(
                "keeping 8 channels of \(bits) bits at 1 MS/s (WavPack): share, bytes",
                "\(Decimal.fixed(100 * cost, 0)) %, \(Decimal.fixed(100 * bytes, 0)) %")
        }
    }
}
