import BenchCore
import FoundationEssentials
import TestSupport
import Testing

/// Sound cards, as ALSA's own plug-ins play them: a file as the card, no kernel driver needed.
@Suite("Sound card as digitizer")
struct SoundCardTests {
    /// 3 s of two channels of 16 bits.
    private static let frames = 144_000
    private static func sample(_ index: Int) -> (Int16, Int16) {
        (Int16((index * 7) % 30_000 - 15_000), Int16(-(index % 10_000)))
    }

    private func record(_ arguments: [String], in folder: TemporaryFolder) async throws -> (exit: Int32, output: String)
    {
        var bytes: [UInt8] = []
        for index in 0..<Self.frames {
            let (a, b) = Self.sample(index)
            for value in [a, b] { bytes += [UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8)] }
        }
        try Data(bytes).write(to: URL(filePath: folder.path + "/in.raw"))
        let configuration = """
            pcm.null { type null }
            pcm.card { type file slave.pcm "null" file /dev/null infile "\(folder.path)/in.raw" format "raw" }
            pcm.narrow { type hw card 77 }
            """
        try Data(configuration.utf8).write(to: URL(filePath: folder.path + "/asound.conf"))
        return try await Peer.run(
            Product.path("meterbench"), ["record"] + arguments,
            environment: ["ALSA_CONFIG_PATH": folder.path + "/asound.conf"], mergeErrors: true, within: 300)
    }

    private let told = ["--channels", "U1=V*0.01,I1=A*0.001", "--rate", "48000", "--seconds", "1"]

    @Test("every frame of a card is kept, to the bit")
    func whole() async throws {
        let folder = try TemporaryFolder()
        let into = folder.path + "/w"
        let result = try await record(
            ["alsa:card"] + told + ["--form", "int16", "--into", into], in: folder)
        #expect(result.exit == 0 && result.output.contains("48000 frames"), "\(result.output)")
        let reader = try WaveformReader(into)
        #expect(try reader.verify().isEmpty)
        let wanted = (0..<48_000).flatMap { [Int32(Self.sample($0).0), Int32(Self.sample($0).1)] }
        #expect(try reader.recording().samples == .integer(wanted, bits: 16))
    }

    @Test("a card that is not there, or no card at all, is refused in one line")
    func missing() async throws {
        let folder = try TemporaryFolder()
        for (name, text) in [("alsa:narrow", "sound card narrow"), ("alsa:nobody", "sound card nobody")] {
            let result = try await record(
                [name] + told + ["--form", "int16", "--into", folder.path + "/w"], in: folder)
            #expect(result.exit == 69 && result.output.contains(text), "\(result.output)")
            #expect(result.output.split(separator: "\n").count == 1, "\(result.output)")
        }
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/w"))
    }
}
