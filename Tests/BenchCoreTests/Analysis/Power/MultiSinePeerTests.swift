import TestSupport
import Testing

@testable import BenchCore

#if canImport(Glibc)
    import Glibc
#endif

/// The fit of short records beside others: scipy's least squares over all parameters at once, with derivatives that it takes itself, and the fit of one
/// sine by four parameters (IEEE 1057) in Octave.
///
/// Measured once beside QWTB (MFSF with orders 1 … 50, PSFE; as of April 2025, Octave 7.3) on 24 noise-free signals of 200 ms of `MultiSineKind`: without
/// interharmonics MFSF and this fit agree within 10⁻⁸ ppm of S and 10⁻⁸ µHz; with them MFSF, which knows none, is off by 4 to 2 700 ppm of S, the window of
/// `ReferencePower` by up to 8 000 ppm, this fit by 10⁻⁸ ppm. PSFE finds the frequency within 6 µHz with harmonics, 5 mHz with interharmonics.
@Suite("Multi-sine fit beside scipy and Octave")
struct MultiSinePeerTests {
    private static let rate = 5_000.0

    private static func signal(
        _ seed: Int, _ kind: MultiSineKind?, noise: Double, _ folder: TemporaryFolder
    ) throws -> (truth: KnownPower, u: [Double], i: [Double], path: String) {
        var random = SeededGenerator(seed: UInt64(seed), label: "peer")
        let truth = (kind ?? .plain).signal(
            random.uniform(in: 42.5...57.5), [0, 60, 90][seed % 3], seconds: 0.2, &random)
        var (u, i) = truth.sampled(rate: rate, seconds: 0.2)
        u = u.map { $0 + 230 * noise * random.normal() }
        i = i.map { $0 + 5 * noise * random.normal() }
        let path = folder.path + "/signal.csv"
        var text = ""
        for n in u.indices { text += "\(Double(n) / rate),\(u[n]),\(i[n])\n" }
        try Disk.write(Array(text.utf8), to: path)
        return (truth, u, i, path)
    }

    @Test(
        "scipy.optimize.least_squares finds the same power, frequencies and rest",
        .enabled(if: Scipy.present, "skipped: no scipy in .venv (Scripts/install-test-peers)"),
        arguments: [(0, MultiSineKind.one, 0.0), (1, .near, 0), (2, .two, 0), (3, .near, 1e-4), (4, .two, 1e-4)])
    func scipy(seed: Int, kind: MultiSineKind, noise: Double) throws {
        let folder = try TemporaryFolder()
        let s = try Self.signal(seed, kind, noise: noise, folder)
        let fit = try MultiSineFit(voltage: s.u, current: s.i, rate: Self.rate, orders: 3)
        // The peer is told how many tones there are and begins near them; channels weigh as their effective values do, which noise shares.
        let free = s.truth.parts.dropFirst().map { $0.frequency + 0.3 }
        let program = """
            import numpy as n, scipy.optimize as o
            t, u, i = n.loadtxt("\(s.path)", delimiter=",").T
            su, si = u.std(), i.std()
            start = n.array([\(s.truth.frequency + 0.05), \(free.map { "\($0)" }.joined(separator: ", "))])
            def basis(f):
                all = n.concatenate([f[0] * n.arange(1, 4), f[1:]])
                a = 2 * n.pi * n.outer(t - t.mean(), all)
                return n.column_stack([n.ones_like(t), n.cos(a), n.sin(a)])
            m = 1 + 2 * (3 + len(start) - 1)
            def rest(p):
                B = basis(p[2 * m:] * start)
                return n.concatenate([u / su - B @ p[:m], i / si - B @ p[m:2 * m]])
            B = basis(start)
            x0 = n.concatenate([n.linalg.lstsq(B, u / su, rcond=None)[0], n.linalg.lstsq(B, i / si, rcond=None)[0], n.ones_like(start)])
            r = o.least_squares(rest, x0, method="lm", xtol=1e-15, ftol=1e-15, gtol=1e-15, x_scale="jac", max_nfev=100000)
            a, b = r.x[:m] * su, r.x[m:2 * m] * si
            f = r.x[2 * m:] * start
            print(repr(float(a[0] * b[0] + a[1:] @ b[1:] / 2)), repr(float(n.sqrt(2 * r.cost / (2 * len(t))))), *[repr(float(v)) for v in f])
            """
        let numbers = try #require(Scipy.run(program)).split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
        try #require(numbers.count == 3 + free.count)
        let scale = 1 / (fit.power.voltage * fit.power.current)
        // With noise the two weigh the channels a little differently: by what was left, and by what there is.
        let least = noise == 0 ? 0.001e-6 : 0.02 * fit.power.activeNoise * scale
        #expect(abs(fit.power.active - numbers[0]) * scale < least, "\((fit.power.active - numbers[0]) * scale)")
        if noise > 0 {
            let rest = (fit.voltageRest / fit.power.voltage + fit.currentRest / fit.power.current) / 2
            #expect(abs(numbers[1] / rest - 1) < 0.02, "\(numbers[1]), \(rest)")
        }
        let ours = [fit.fundamental] + fit.interharmonics
        #expect(ours.count == numbers.count - 2)
        for (tone, peer) in zip(ours, [numbers[2]] + numbers[3...].sorted()) {
            #expect(abs(tone.frequency - peer) < 1e-7 + 0.1 * tone.frequencyNoise, "\(tone.frequency), \(peer)")
        }
    }

    @Test(
        "Octave's four-parameter fit of a sine (IEEE 1057) gives the same frequency and power, noise or none",
        .enabled(if: PowerPeerTests.octave != nil, "skipped: no octave-cli (Debian package octave)"),
        arguments: [0.0, 1e-4])
    func octave(noise: Double) async throws {
        let folder = try TemporaryFolder()
        let s = try Self.signal(5, nil, noise: noise, folder)
        let fit = try MultiSineFit(voltage: s.u, current: s.i, rate: Self.rate, orders: 1)
        let program = """
            d = csvread("\(s.path)"); t = d(:,1); u = d(:,2); i = d(:,3); w = 2 * pi * \(s.truth.frequency + 0.2);
            for k = 1:20
              c = cos(w * t); s = sin(w * t); x = [c, s, ones(size(t))] \\ u;
              x = [c, s, ones(size(t)), t .* (x(2) * c - x(1) * s)] \\ u; w = w + x(4);
            end
            B = [cos(w * t), sin(w * t), ones(size(t))]; x = B \\ u; y = B \\ i;
            printf("%.15g %.15g\\n", w / 2 / pi, (x(1) * y(1) + x(2) * y(2)) / 2 + x(3) * y(3));
            """
        let path = folder.path + "/fit.m"
        try Disk.write(Array(program.utf8), to: path)
        let run = try await Peer.run(
            try #require(PowerPeerTests.octave), ["--no-gui", "--quiet", path], within: 300)
        #expect(run.exit == 0)
        let numbers = run.output.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
        try #require(numbers.count == 2)
        // The peer has the frequency from the voltage alone.
        let tone = fit.fundamental
        #expect(abs(tone.frequency - numbers[0]) < 1e-9 + 3 * tone.frequencyNoise, "\(tone.frequency), \(numbers[0])")
        #expect(abs(fit.power.active - numbers[1]) < 0.001e-6 * s.truth.apparent + 0.1 * fit.power.activeNoise)
    }
}
