import BenchCore
import FoundationEssentials
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
            Product.path("meterbench"), ["verify", folder, "--anchor", bench.anchor], mergeErrors: true, within: 120)
    }

    @Test("waveforms of a run are kept, analysed, exported and verified; an altered one is named")
    func whole() async throws {
        let bench = try await fixture()
        let end = try await bench.run().finish(within: 300)
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

        let told = try await Peer.run(Product.path("meterbench"), ["show", summary.folder], within: 60)
        #expect(told.output.contains("Sampling") && told.output.contains("sampling thread:"), "\(told.output)")

        let kept = try #require(sampled.last?.captures.last)
        let folder = summary.folder + "/waveforms/" + kept.folder
        let shown = try await Peer.run(Product.path("meterbench"), ["analyze", folder], mergeErrors: true, within: 60)
        #expect(shown.exit == 0 && shown.output.contains("U1") && shown.output.contains("I3"), "\(shown.output)")

        // One bit of a chunk.
        let chunk = folder + "/000001.wv"
        var bytes = try Disk.read(chunk)
        bytes[bytes.count / 2] ^= 1
        try Data(bytes).write(to: URL(filePath: chunk))
        let altered = try await verify(bench, summary.folder)
        #expect(altered.exit != 0 && altered.output.contains("waveforms/\(kept.folder)"), "\(altered.output)")
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
        let end = try await bench.run().finish(within: 60)
        #expect(end.exit == 69 || end.exit == 75, "\(end.exit): \(end.output)")
        #expect(!(try bench.journal()).contains("\"applied\""))

        let plan = try await Peer.run(
            Product.path("meterbench"),
            [
                "plan", bench.path + "/Procedures/waveform-evidence-class-0.5S.yaml", "--bench",
                bench.path + "/Benches/demo.yaml", "--meter", bench.path + "/Meters/demo-05s.yaml",
            ], mergeErrors: true, within: 60)
        #expect(plan.exit != 0 && plan.output.contains("has no digitizer"), "\(plan.output)")
    }
}
