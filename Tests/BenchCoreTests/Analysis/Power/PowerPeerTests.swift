import TestSupport
import Testing

@testable import BenchCore

#if canImport(Glibc)
    import Glibc
#endif

/// Power and frequency beside a least-squares fit of fundamental and harmonics (IEEE 1057, extended; what QWTB calls MFSF), written with the means of
/// Octave and of numpy: another method in another language.
@Suite("Sampled power beside Octave and numpy")
struct PowerPeerTests {
    static let octave = Checkout.program("octave-cli")
    private static let orders = 25

    /// A signal of harmonics and direct component as a file, and what it holds.
    private static func signal(_ seed: Int, _ folder: TemporaryFolder) throws -> (
        truth: KnownPower, u: [Double], i: [Double], rate: Double, path: String
    ) {
        var random = SeededGenerator(seed: UInt64(seed), label: "peer")
        let truth = KnownPower(
            frequency: random.uniform(in: 45...65), lag: [0, 60, 90][seed % 3], random: &random, harmonics: 20,
            direct: true)
        let rate = 10_000.0
        let (u, i) = truth.sampled(rate: rate, seconds: 1)
        let path = folder.path + "/signal.csv"
        var text = ""
        for n in u.indices { text += "\(Double(n) / rate),\(u[n]),\(i[n])\n" }
        try Disk.write(Array(text.utf8), to: path)
        return (truth, u, i, rate, path)
    }

    /// Compares what a peer printed: frequency, active power, fundamental reactive power.
    private static func compare(
        _ numbers: [Double], _ s: (truth: KnownPower, u: [Double], i: [Double], rate: Double, path: String)
    ) throws {
        try #require(numbers.count == 3)
        var tracker = try #require(
            FrequencyTracker(rate: s.rate, nominal: s.truth.frequency < 55 ? 50 : 60))
        tracker.feed(s.u)
        let frequency = tracker.frequency(from: 0.1, to: 0.9)
        let found = try #require(
            CorrectedPower(voltage: s.u, current: s.i, rate: s.rate, fundamental: s.truth.frequency))
        let apparent = s.truth.apparent
        // Worst found over these signals, the same beside both: 2.6 µHz (the tracker; the fit itself is exact), 0.00003 ppm and 0.0015 ppm of S.
        #expect(abs(try #require(frequency) - numbers[0]) < 5e-6, "\(frequency ?? 0), peer \(numbers[0])")
        #expect(
            abs(found.power.active - numbers[1]) < 0.01e-6 * apparent, "\((found.power.active - numbers[1]) / apparent)"
        )
        #expect(
            abs(found.fundamental.reactive - numbers[2]) < 0.02e-6 * apparent,
            "\((found.fundamental.reactive - numbers[2]) / apparent)")
    }

    @Test(
        "Octave's least squares give the same frequency, active and fundamental reactive power",
        .enabled(if: octave != nil, "skipped: no octave-cli (Debian package octave)"), arguments: 0..<3)
    func octaveFit(seed: Int) async throws {
        let folder = try TemporaryFolder()
        let s = try Self.signal(seed, folder)
        let program = """
            d = csvread("\(s.path)"); t = d(:,1); u = d(:,2); i = d(:,3); H = 1:\(Self.orders);
            f = \(s.truth.frequency < 55 ? 50 : 60) + round(10 * (\(s.truth.frequency) - \(s.truth.frequency < 55 ? 50 : 60))) / 10;
            for k = 1:15
              a = 2 * pi * f * t * H; B = [ones(size(t)), cos(a), sin(a)]; x = B \\ u;
              D = (-sin(a) .* (x(1 + H)') + cos(a) .* (x(1 + numel(H) + H)')) .* (2 * pi * t * H);
              y = [B, sum(D, 2)] \\ u; f = f + y(end);
            end
            a = 2 * pi * f * t * H; B = [ones(size(t)), cos(a), sin(a)]; x = B \\ u; y = B \\ i;
            U = (x(1 + H) - 1i * x(1 + numel(H) + H)) / sqrt(2); I = (y(1 + H) - 1i * y(1 + numel(H) + H)) / sqrt(2);
            S = U .* conj(I);
            printf("%.15g %.15g %.15g\\n", f, x(1) * y(1) + real(sum(S)), imag(S(1)));
            """
        let path = folder.path + "/fit.m"
        try Disk.write(Array(program.utf8), to: path)
        let run = try await Peer.run(try #require(Self.octave), ["--no-gui", "--quiet", path], within: 300)
        #expect(run.exit == 0)
        try Self.compare(run.output.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }, s)
    }

    @Test(
        "numpy's least squares give the same frequency, active and fundamental reactive power",
        .enabled(if: Scipy.present, "skipped: no scipy in .venv (Scripts/install-test-peers)"), arguments: 0..<3)
    func numpyFit(seed: Int) throws {
        let folder = try TemporaryFolder()
        let s = try Self.signal(seed, folder)
        let nominal = s.truth.frequency < 55 ? 50 : 60
        let program = """
            import numpy as n
            t, u, i = n.loadtxt("\(s.path)", delimiter=",").T
            h = n.arange(1, \(Self.orders + 1)); f = \(nominal) + round(10 * (\(s.truth.frequency) - \(nominal))) / 10
            def basis():
                a = 2 * n.pi * f * n.outer(t, h)
                return n.cos(a), n.sin(a)
            def fit(x):
                c, d = basis()
                return n.linalg.lstsq(n.column_stack([n.ones_like(t), c, d]), x, rcond=None)[0]
            for k in range(15):
                x = fit(u); c, d = basis(); m = len(h)
                g = ((d * -x[1:m + 1] + c * x[m + 1:]) * 2 * n.pi * n.outer(t, h)).sum(axis=1)
                f += n.linalg.lstsq(n.column_stack([n.ones_like(t), c, d, g]), u, rcond=None)[0][-1]
            x, y, m = fit(u), fit(i), len(h)
            U = (x[1:m + 1] - 1j * x[m + 1:]) / n.sqrt(2); I = (y[1:m + 1] - 1j * y[m + 1:]) / n.sqrt(2)
            S = U * I.conj()
            print(repr(float(f)), repr(float(x[0] * y[0] + S.sum().real)), repr(float(S[0].imag)))
            """
        let output = try #require(Scipy.run(program))
        try Self.compare(output.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }, s)
    }
}
