import BenchCore
import TestSupport
import Testing

@testable import Reports

#if canImport(Glibc)
    import Glibc
#endif

@Suite("Pictures on paper")
struct PicturePaperTests {
    private static func recording() -> Recording {
        let samples = (0..<10_000).flatMap { n -> [Float] in
            let angle = 2 * Double.pi * 50 * Double(n) / 10_000
            return [Float(325 * cos(angle) + 10 * cos(5 * angle)), Float(7 * cos(angle - 0.5))]
        }
        return Recording(
            channels: [RecordedChannel(name: "U1 < 1 kV", unit: "V"), RecordedChannel(name: "I1", unit: "A")],
            rate: 10_000, samples: .float(samples))
    }

    @Test("The picture of a recording becomes a page with the same words, and the same bytes each time")
    func recorded() async throws {
        let recording = Self.recording()
        let svg = RecordingPlot(recording, RecordingAnalysis(recording)).svg
        let bytes = try PicturePaper.bytes(svg: svg, title: "r.wav", created: "2026-11-21T17:00:00Z")
        #expect(bytes.starts(with: Array("%PDF-1.5".utf8)))
        #expect(try PicturePaper.bytes(svg: svg, title: "r.wav", created: "2026-11-21T17:00:00Z") == bytes)
        guard let tool = Checkout.program("pdftotext") else {
            print("skipped: no pdftotext (Scripts/install-test-peers)")
            return
        }
        let folder = try TemporaryFolder()
        let file = folder.path + "/picture.pdf"
        try Disk.write(bytes, to: file)
        let text = try await Peer.run(tool, ["-layout", "-enc", "UTF-8", file, "-"]).output
        for word in ["r.wav", "voltages, first cycles", "U1 < 1 kV", "I1", "harmonic subgroups", "effective values"] {
            #expect(text.contains(word), "\(word) in \(text)")
        }
    }

    @Test(
        "What is no picture of ours is refused in words",
        arguments: [
            "", "<svg>", "<svg width=\"10\" height=\"10\"><circle r=\"1\"/></svg>",
            "<svg width=\"10\" height=\"10\"><line", "hello",
        ])
    func refused(svg: String) {
        #expect(throws: PaperError.self) {
            try PicturePaper.bytes(svg: svg, title: "t", created: "2026-11-21T17:00:00Z")
        }
    }
}
