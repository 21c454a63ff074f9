import TestSupport
import Testing

@testable import BenchCore

#if canImport(Glibc)
    import Glibc
#endif

/// Every small file cut at every byte, and every byte of it damaged: a trouble or a recording, never a trap.
@Suite struct TruncationTests {
    /// Files by name: what they are made of.
    static func files(_ folder: String) throws -> [(cut: String, read: String)] {
        let recording = SampleRecordings.integers(frames: 3)
        for form in ComtradeForm.allCases {
            try ComtradeWriter.write(recording, to: "\(folder)/\(form.rawValue).cff", form: form)
            try ComtradeWriter.write(recording, to: "\(folder)/\(form.rawValue).cfg", form: form)
        }
        let wave = WaveFileTests.file(
            WaveFileTests.chunk("fmt ", WaveFileTests.format()) + WaveFileTests.chunk("data", [1, 0, 2, 0, 3, 0, 4, 0]))
        try Disk.write(wave, to: folder + "/w.wav")
        return ComtradeForm.allCases.map(\.rawValue).flatMap {
            [("\($0).cff", "\($0).cff"), ("\($0).cfg", "\($0).cfg"), ("\($0).dat", "\($0).cfg")]
        } + [("w.wav", "w.wav")]
    }

    @Test("a file cut anywhere gives a trouble, or all of what was written")
    func everyLength() throws {
        let folder = try TemporaryFolder()
        for (cut, read) in try Self.files(folder.path) {
            let whole = try Disk.read(folder.path + "/" + cut)
            let right = try RecordingFile.read(folder.path + "/" + read)
            #expect(right.frames >= 2)
            for length in 0..<whole.count {
                try Self.put(Array(whole[..<length]), folder.path + "/" + cut)
                do {
                    let back = try RecordingFile.read(folder.path + "/" + read)
                    // Only what stands behind the samples or is not needed for them may be missing.
                    #expect(back.samples == right.samples && back.rate == right.rate, "\(cut) cut to \(length)")
                } catch {
                    #expect(!"\(error)".isEmpty)
                }
            }
            try Self.put(whole, folder.path + "/" + cut)
        }
    }

    @Test("a file with any byte damaged gives a trouble or a recording whose parts fit")
    func everyByte() throws {
        let folder = try TemporaryFolder()
        // The pairs are read by the same code as the single files: one form of them is enough.
        let files = try Self.files(folder.path)
        for (cut, read) in files where !read.hasSuffix("cfg") || read == "BINARY.cfg" {
            let whole = try Disk.read(folder.path + "/" + cut)
            for place in whole.indices {
                for mask in [0x01, 0x90] as [UInt8] {
                    var bytes = whole
                    bytes[place] ^= mask
                    try Self.put(bytes, folder.path + "/" + cut)
                    if let back = try? RecordingFile.read(folder.path + "/" + read) {
                        #expect(back.frames > 0 && back.samples.count == back.frames * back.channels.count)
                        #expect(!back.physical(0).contains { !$0.isFinite }, "\(cut) at \(place)")
                    }
                }
            }
            try Self.put(whole, folder.path + "/" + cut)
        }
    }

    @Test("an index and a chunk cut or damaged anywhere are found out")
    func store() throws {
        let folder = try WaveformStoreTests.folder(SampleRecordings.integers(frames: 30))
        let right = try WaveformReader(folder.path).recording()
        for name in ["index.jsonl", "000001.wv", "000002.wv"] {
            let whole = try Disk.read(folder.path + "/" + name)
            for place in whole.indices {
                try Self.put(Array(whole[..<place]), folder.path + "/" + name)
                #expect(Self.isFound(folder.path, right), "\(name) cut to \(place)")
                var bytes = whole
                bytes[place] ^= 0x10
                try Self.put(bytes, folder.path + "/" + name)
                #expect(Self.isFound(folder.path, right), "\(name) damaged at \(place)")
            }
            try Self.put(whole, folder.path + "/" + name)
        }
        #expect(!Self.isFound(folder.path, right))
    }

    /// Damaged chunks that pass their hash cannot be, but the unpacker has to stand them all the same.
    @Test("the unpacker stands any damage")
    func unpacker() throws {
        let recording = SampleRecordings.integers(frames: 30)
        guard case .integer(let values, _) = recording.samples else { return }
        for form in [WavPack.Form.integer(bytes: 2), .integer(bytes: 4), .float] {
            var numbers = values
            let whole = try WavPack.encode(&numbers, form: form, channels: 3, rate: 12_800)
            #expect(try WavPack.decode(whole, frames: 30, channels: 3).values == values)
            for place in whole.indices {
                var bytes = whole
                bytes[place] ^= 0x55
                _ = try? WavPack.decode(bytes, frames: 30, channels: 3)
                #expect(throws: WavPack.Refusal.self) {
                    try WavPack.decode(Array(whole[..<place]), frames: 30, channels: 3)
                }
            }
        }
    }

    /// Whether damage is noticed: a trouble, a finding, or (in the last line alone) another last hash.
    private static func isFound(_ folder: String, _ right: Recording) -> Bool {
        guard let reader = try? WaveformReader(folder), (try? reader.verify()) == [] else { return true }
        #expect((try? reader.recording()) == right)
        return reader.end?.frames != 30
    }

    private static func put(_ bytes: [UInt8], _ path: String) throws {
        // Without the flush of `Disk.write`: thousands of files are written.
        let file = try #require(fopen(path, "w"))
        defer { fclose(file) }
        #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
    }
}
