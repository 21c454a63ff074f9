import BenchCore
import FoundationEssentials
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// `analyze` and `doctor` as a person types them.
@Suite("Recordings on the command line")
struct AnalyzeVerbTests {
    private func meterbench(_ words: String...) async throws -> (exit: Int32, output: String) {
        try await Peer.run(
            Product.path("meterbench"), words, folder: Checkout.root, mergeErrors: true, within: 300)
    }

    /// Two seconds of 230 V and 5 A at 49.9 Hz, lagging by 60°, as a COMTRADE file of one piece.
    private func recording(in folder: TemporaryFolder) throws -> String {
        let samples = (0..<20_000).flatMap { n -> [Int32] in
            let turn = 2 * Double.pi * 49.9 * Double(n) / 10_000
            return [
                Int32((230_000 * 2.0.squareRoot() * cos(turn)).rounded()),
                Int32((5_000_000 * 2.0.squareRoot() * cos(turn - .pi / 3)).rounded()),
            ]
        }
        let recording = Recording(
            channels: [
                RecordedChannel(name: "UL1", unit: "V", scale: 1e-3),
                RecordedChannel(name: "IL1", unit: "A", scale: 1e-6),
            ], rate: 10_000, start: "2026-11-21T10:00:00.000000Z", samples: .integer(samples, bits: 32))
        let path = folder.path + "/one.cff"
        try ComtradeWriter.write(recording, to: path, form: .binary32)
        return path
    }

    @Test("analyze prints power and harmonics of a COMTRADE file, as text and as JSON, and draws them")
    func analyze() async throws {
        let folder = try TemporaryFolder()
        let path = try recording(in: folder)
        let shown = try await meterbench("analyze", path, "--svg", folder.path + "/one.svg")
        #expect(shown.exit == 0, "\(shown.output)")
        #expect(shown.output.contains("49.90000 Hz") && shown.output.contains("575.00"), "\(shown.output)")
        let svg = String(decoding: try Data(contentsOf: URL(fileURLWithPath: folder.path + "/one.svg")), as: UTF8.self)
        #expect(svg.contains("<polyline"))
        let json = try await meterbench("analyze", path, "--json")
        let read = try JSONDecoder().decode(RecordingAnalysis.self, from: Data(json.output.utf8))
        #expect(abs((read.phases.first?.power?.active ?? 0) - 575) < 0.01)
        #expect(read.start == "2026-11-21T10:00:00.000000Z")
    }

    @Test("a missing file is 66, a broken one 65 with its place, a wrong option 64")
    func broken() async throws {
        let folder = try TemporaryFolder()
        let path = try recording(in: folder)
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        try whole.prefix(whole.count - 5).write(to: URL(fileURLWithPath: folder.path + "/cut.cff"))
        let cut = try await meterbench("analyze", folder.path + "/cut.cff")
        #expect(cut.exit == 65 && cut.output.contains("cut.cff:"), "\(cut.output)")
        #expect(try await meterbench("analyze", folder.path + "/none.cff").exit == 66)
        #expect(try await meterbench("analyze").exit == 64)
        #expect(try await meterbench("analyze", path, "--nominal", "55").exit == 64)
        #expect(try await meterbench("analyze", path, "--udin", "-3").exit == 64)
        #expect(try await meterbench("analyze", path, "--svg", folder.path + "/no/where.svg").exit == 73)
    }

    @Test("doctor says what the machine grants and how late it wakes, as text and as JSON")
    func doctor() async throws {
        let shown = try await meterbench("doctor", "--seconds", "0.2")
        #expect(shown.exit == 0 && shown.output.hasPrefix("granted: "), "\(shown.output)")
        #expect(shown.output.contains("1 kHz") && shown.output.contains("10 kHz"))
        let json = try await meterbench("doctor", "--seconds", "0.2", "--json")
        #expect(json.exit == 0 && json.output.contains("\"rate\" : 10000"), "\(json.output)")
        #expect(try await meterbench("doctor", "--seconds", "soon").exit == 64)
    }
}
