import BenchCore
import TestSupport
import Testing

@testable import Instruments

@Suite("Conversations with sources, byte by byte")
struct SourceTranscriptTests {
    private func play(
        _ name: String, _ body: (SCPITableSource) async throws -> Void
    ) async throws {
        let path = "Fixtures/Transcripts/\(name).txt"
        let transcript = try TranscriptWire(try Disk.read(Checkout.path(path)), file: path)
        let server = try LoopbackServer(transcript)
        let source = try await SourceFixture.source(name, at: server.address)
        try await body(source)
        #expect(await transcript.spoken() == nil)
    }

    @Test("Fluke 6105A: 230 V, 5 A at 60° on three phases, then safe")
    func fluke() async throws {
        try await play("fluke-6105a") { source in
            try await source.prepare(Loads.balanced(5, lag: 60))
            try await source.apply()
            #expect(try await source.state().on)
            try await source.perform(.currentOff)
            try await source.perform(.voltageOff)
        }
    }

    @Test("Chroma 61500: 230 V, a dip to 40 %, then safe")
    func chroma() async throws {
        try await play("chroma-61500") { source in
            let dip = LoadShape.Event(residual: 40, duration: 0.2)
            try await source.prepare(
                SourceFixture.single(230),
                shape: LoadShape(parts: [.init(output: .init(phase: 1, quantity: .voltage), event: dip)]))
            try await source.apply()
            try await source.trigger()
            try await source.perform(.voltageOff)
        }
    }

    @Test(
        "Chroma 61600, Keysight 6834B, Pacific: one voltage, then safe",
        arguments: ["chroma-61600", "keysight-6834b", "pacific-upc"])
    func voltages(name: String) async throws {
        try await play(name) { source in
            try await source.prepare(name == "chroma-61600" ? SourceFixture.single(230) : SourceFixture.voltages)
            try await source.apply()
            try await source.perform(.voltageOff)
        }
    }
}
