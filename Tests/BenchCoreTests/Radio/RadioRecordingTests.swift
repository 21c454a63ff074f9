import FoundationEssentials
import TestSupport
import Testing

@testable import BenchCore

/// Recordings of receivers, and what is said of broken ones.
@Suite("Radio recordings")
struct RadioRecordingTests {
    private func write(_ bytes: [UInt8], _ path: String) throws { try Disk.write(bytes, to: path) }

    private func all(_ recording: RadioRecording) throws -> [Float] {
        var samples: [Float] = []
        for capture in recording.captures {
            try recording.pieces(of: capture) { samples.append(contentsOf: $0) }
        }
        return samples
    }

    private func trouble(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "nothing"
        } catch {
            return "\(error)"
        }
    }

    @Test("each form of bare samples has full scale 1")
    func bare() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/x.bin"
        func read(_ bytes: [UInt8], _ form: RadioForm) throws -> [Float] {
            try write(bytes, path)
            return try all(RadioRecording.bare(path, form: form, rate: 1e6, centre: 868e6))
        }
        #expect(try read([0x80, 0x7F, 0, 64], .ci8) == [-1, 0.9921875, 0, 0.5])
        #expect(try read([0, 255], .cu8) == [-1, 1])
        #expect(try read([0, 0x80, 0, 0x40], .ci16) == [-1, 0.5])
        #expect(try read([0, 0, 0x80, 0x3F, 0, 0, 0, 0xBF], .cf32) == [1, -0.5])
        #expect(RadioForm(named: "cs16") == .ci16)
        #expect(RadioForm(named: "cf64_le") == nil)
    }

    private func sigMF(_ folder: TemporaryFolder, _ meta: String, samples: Int = 100) throws -> String {
        try write([UInt8](repeating: 1, count: 2 * samples), folder.path + "/r.sigmf-data")
        try write(Array(meta.utf8), folder.path + "/r.sigmf-meta")
        return folder.path + "/r.sigmf-meta"
    }

    @Test("a SigMF recording gives its captures with frequency and time, gaps by their dates")
    func captures() throws {
        let folder = try TemporaryFolder()
        let path = try sigMF(
            folder,
            """
            {"global": {"core:datatype": "ci8", "core:sample_rate": 1000, "core:version": "1.0.0"},
             "captures": [{"core:sample_start": 0, "core:frequency": 868.3e6, "core:datetime": "2026-11-22T10:00:00Z"},
                          {"core:sample_start": 60, "core:frequency": 868.95e6, "core:datetime": "2026-11-22T10:00:05.5Z"}],
             "annotations": []}
            """)
        let recording = try SigMF.open(path)
        #expect(recording.captures.map(\.count) == [60, 40])
        #expect(recording.captures.map(\.centre) == [868.3e6, 868.95e6])
        #expect(recording.captures.map(\.start) == [0, 5.5])
        #expect(abs(recording.duration - 5.54) < 1e-9)
        #expect(try all(recording).count == 200)
        #expect(try SigMF.open(folder.path + "/r.sigmf-data") == recording)
    }

    @Test(
        "bad metadata are told in one sentence",
        arguments: [
            (#"{"global": {"core:datatype": "cf64_le", "core:sample_rate": 1000}}"#, "«cf64_le»"),
            (#"{"global": {"core:sample_rate": 1000}}"#, "no «core:datatype»"),
            (#"{"global": {"core:datatype": "ci8"}}"#, "no «core:sample_rate»"),
            (#"{"global": {"core:datatype": "ci8", "core:sample_rate": -5}}"#, "sample rate of -5"),
            (
                #"{"global": {"core:datatype": "ci8", "core:sample_rate": 1000, "core:num_channels": 2}}"#,
                "one receiver channel"
            ),
            (#"{"global": {"core:datatype": "ci8", "core:sample_rate": 1000}}"#, "--centre"),
            (
                #"{"global": {"core:datatype": "ci16_le", "core:sample_rate": 1000}, "captures": [{"core:sample_start": 50, "core:frequency": 1}]}"#,
                "50 samples"
            ),
            (#"{"global": {"core:datatype": "ci8", "core:sample_rate": "fast"}}"#, "core:sample_rate"),
            (#"{"global": "#, "no JSON"),
            (#"[]"#, "r.sigmf-meta"),
        ])
    func badMetadata(meta: String, says: String) throws {
        let folder = try TemporaryFolder()
        let path = try sigMF(folder, meta)
        #expect(trouble { _ = try SigMF.open(path) }.contains(says))
    }

    @Test("samples that are cut, altered or no numbers are told with their place")
    func badSamples() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/x.bin"
        try write([UInt8](repeating: 0, count: 11), path)
        #expect(
            trouble { _ = try RadioRecording.bare(path, form: .cf32, rate: 1e6, centre: 0) }.contains("at byte 8"))
        try write([], path)
        #expect(trouble { _ = try RadioRecording.bare(path, form: .cf32, rate: 1e6, centre: 0) }.contains("empty"))
        try write([UInt8](repeating: 0, count: 8) + [0, 0, 0xC0, 0x7F, 0, 0, 0, 0], path)
        let bad = trouble { _ = try all(RadioRecording.bare(path, form: .cf32, rate: 1e6, centre: 0)) }
        #expect(bad.contains("sample 1 ") && bad.contains("at byte 8"))
        let hashed = try sigMF(
            folder,
            #"{"global": {"core:datatype": "ci8", "core:sample_rate": 1000, "core:sha512": "00"}, "captures": [{"core:sample_start": 0, "core:frequency": 1}]}"#
        )
        #expect(trouble { _ = try SigMF.open(hashed) }.contains("SHA-512"))
        #expect(trouble { _ = try SigMF.open(folder.path + "/none.sigmf-meta") }.contains("none.sigmf-meta"))
    }
}
