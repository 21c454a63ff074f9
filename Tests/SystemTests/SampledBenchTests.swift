import BenchCore
import FoundationEssentials
import Glibc
import Reports
import TestSupport
import Testing

/// A bench with a digitizer on a wire of its own: run, sealed, verified, looked at, and tampered with.
@Suite("A bench with a digitizer", .serialized)
struct SampledBenchTests {
    private func fixture(_ edit: (String) throws -> Void = { _ in }) async throws -> WiredFixture {
        try await WiredFixture(
            steps: nil, procedure: "waveform-evidence-class-0.5S", bench: "sampled", number: "DEMO-0002", edit: edit)
    }

    private func verify(_ bench: WiredFixture, _ folder: String) async throws -> (exit: Int32, output: String) {
        try await Peer.run(
            Product.path("meterbench"), ["verify", folder, "--anchor", bench.anchor], mergeErrors: true, within: 300)
    }

    @Test("waveforms of a run are kept, analysed, exported and verified; an altered one is named")
    func whole() async throws {
        let bench = try await fixture { try Self.correct($0) }
        let end = try await bench.run().finish(within: 900)
        #expect(end.exit == 0, "\(end.output)")
        let summary = try Summary.read(end.output)
        #expect(summary.complete && summary.verdicts.values.allSatisfy { $0.word == "pass" })
        let record = try RunRecord.load(RunFolder(path: summary.folder))
        let sampled = record.sampling.map(\.what)
        // One sampling for each attempt at a load point; three points.
        #expect(Set(sampled.map(\.point)).count == 3 && sampled.allSatisfy { $0.instrument == "digitizer" })
        for done in sampled where done.complaints.isEmpty {
            #expect(done.lost == 0 && done.captures.count == 1 && (done.observed?.windows ?? 0) > 10)
            // The rate by this computer's clock, as fast as the bench's time runs.
            #expect(abs((done.measuredRate ?? 0) / 5000 - 1) < 0.05)
            #expect((done.lateness?.count ?? 0) > 50 && done.grant != nil && done.ringHighest < done.ringBlocks)
            // The world's distortion is 0.4 %.
            #expect(abs((done.observed?.voltageDistortion ?? 0) - 0.4) < 0.02, "\(done)")
        }
        let verified = try await verify(bench, summary.folder)
        #expect(verified.exit == 0, "\(verified.output)")
        #expect(verified.output.contains("are whole and as the journal notes them"), "\(verified.output)")

        let told = try await Peer.run(Product.path("meterbench"), ["show", summary.folder], within: 300)
        #expect(told.output.contains("Sampling") && told.output.contains("sampling thread:"), "\(told.output)")

        // The certificate names waveforms and corrections.
        let reports = summary.folder + "/reports/"
        let names = try FileManager.default.contentsOfDirectory(atPath: reports).filter {
            $0.contains("-01-") && $0.hasSuffix(".json")
        }
        let certificate = try JSONDecoder().decode(
            MeterCertificate.self, from: Data(contentsOf: URL(filePath: reports + (try #require(names.first)))))
        #expect(certificate.sampling.count == 3 && certificate.sampling.allSatisfy { $0.lost == 0 && $0.events == 0 })
        #expect(certificate.sampling.flatMap(\.waveforms).count == 3)
        #expect(certificate.corrections.map(\.id) == ["rack"])

        let kept = try #require(sampled.last?.captures.last)
        let folder = summary.folder + "/waveforms/" + kept.folder
        let shown = try await Peer.run(Product.path("meterbench"), ["analyze", folder], mergeErrors: true, within: 300)
        #expect(shown.exit == 0 && shown.output.contains("U1") && shown.output.contains("I3"), "\(shown.output)")

        // One bit of a chunk.
        let chunk = folder + "/000001.wv"
        var bytes = try Disk.read(chunk)
        bytes[bytes.count / 2] ^= 1
        try Data(bytes).write(to: URL(filePath: chunk))
        let altered = try await verify(bench, summary.folder)
        #expect(altered.exit != 0 && altered.output.contains("waveforms/\(kept.folder)"), "\(altered.output)")
    }

    /// Corrections of one voltage, beside the bench file and named in it.
    private static func correct(_ base: String) throws {
        let trace = "{ certificate: X-1, issuer: Institute, calibrated: 2020-01-01, valid-until: 2099-12-31 }"
        try FileManager.default.createDirectory(atPath: base + "/Corrections", withIntermediateDirectories: true)
        try WiredFixture.write(
            """
            corrections: rack
            title: Digitizer of a test
            clock: { deviation: 0 ppm, U-deviation: 1 ppm, k: 2, traceability: \(trace) }
            channels:
              - channel: U1
                digitizer:
                  manufacturer: Maker
                  model: Model
                  serial: "1"
                  traceability: \(trace)
                  k: 2
                  rows:
                    - { frequency: 10 Hz to 2.5 kHz, gain: 1.0001, U-gain: 4 ppm, phase: 0 °, U-phase: 0.001 ° }

            """, base + "/Corrections/rack.yaml")
        let path = base + "/Benches/sampled.yaml"
        try WiredFixture.write(
            try WiredFixture.text(path).replacing(
                "      form: int24\n", with: "      form: int24\n      corrections: [../Corrections/rack.yaml]\n"), path
        )
    }

    @Test("a run that was killed while it sampled goes on; what the killed attempt left is no evidence")
    func killed() async throws {
        let bench = try await fixture()
        let run = try bench.run()
        // The second load point is being measured: its waveform has begun.
        let waveforms = bench.runFolder + "/waveforms"
        try await blocking {
            for _ in 0..<30_000 {
                let names = (try? FileManager.default.contentsOfDirectory(atPath: waveforms)) ?? []
                if names.contains(where: { $0.hasPrefix("point-2") }) { return }
                // Looked at again and again: it is another process that begins the file.
                usleep(10_000)
            }
            throw PeerError("the second load point was never sampled")
        }
        run.signal(SIGKILL)
        _ = try await run.finish(within: 300)
        let end = try await bench.resume(bench.runFolder).finish(within: 900)
        #expect(end.exit == 0, "\(end.output)")
        let summary = try Summary.read(end.output)
        #expect(summary.complete)
        let sampled = try RunRecord.load(RunFolder(path: summary.folder)).sampling.map(\.what)
        #expect(Set(sampled.map(\.point)).count == 3)
        let verified = try await verify(bench, summary.folder)
        #expect(verified.exit == 0, "\(verified.output)")
    }

    @Test("corrections that do not fit are refused at their line before anything is energised")
    func wrongCorrections() async throws {
        let bench = try await fixture { base in
            try Self.correct(base)
            let path = base + "/Corrections/rack.yaml"
            try WiredFixture.write(
                try WiredFixture.text(path).replacing("channel: U1", with: "channel: U9")
                    .replacing("valid-until: 2099-12-31", with: "valid-until: 2021-12-31"), path)
        }
        let end = try await Peer.run(
            Product.path("meterbench"), ["run", bench.order, "--runs", bench.path + "/Runs"], mergeErrors: true)
        #expect(end.exit == 65, "\(end.output)")
        #expect(end.output.contains("sampled.yaml:") && end.output.contains("channel «U9», which is not sampled"))
        try WiredFixture.write(
            try WiredFixture.text(bench.path + "/Corrections/rack.yaml").replacing("U9", with: "U1"),
            bench.path + "/Corrections/rack.yaml")
        let old = try await Peer.run(
            Product.path("meterbench"), ["run", bench.order, "--runs", bench.path + "/Runs"], mergeErrors: true)
        #expect(
            old.exit == 65 && old.output.contains("certificate X-1 of the digitizer of channel U1 is for"),
            "\(old.output)")
    }

    @Test("a digitizer that is not there stops the run before anything is energised; plan says what a bench has not")
    func missing() async throws {
        let bench = try await fixture { base in
            // Nobody listens there.
            let path = base + "/Benches/sampled.yaml"
            let text = try WiredFixture.text(path)
            let end = try #require(text.firstRange(of: "driver: stream-digitizer\n    wire: { tcp: 127.0.0.1:"))
            let port = text[end.upperBound...].prefix { $0.isNumber }
            try WiredFixture.write(text.replacing("127.0.0.1:\(port)", with: "127.0.0.2:1"), path)
            let world = base + "/Benches/sampled-world.yaml"
            try WiredFixture.write(try WiredFixture.text(world) + "not-played: [digitizer]\n", world)
        }
        let end = try await bench.run().finish(within: 300)
        #expect(end.exit == 69 || end.exit == 75, "\(end.exit): \(end.output)")
        #expect(!(try bench.journal()).contains("\"applied\""))

        let plan = try await Peer.run(
            Product.path("meterbench"),
            [
                "plan", bench.path + "/Procedures/waveform-evidence-class-0.5S.yaml", "--bench",
                bench.path + "/Benches/demo.yaml", "--meter", bench.path + "/Meters/demo-05s.yaml",
            ], mergeErrors: true, within: 300)
        #expect(plan.exit != 0 && plan.output.contains("has no digitizer"), "\(plan.output)")
    }
}
