import TestSupport
import Testing

@testable import BenchCore

/// One file with sections (IEEE C37.111-2013, clause 10).
@Suite struct ComtradeSectionsTests {
    static func read(_ bytes: [UInt8]) throws -> Recording {
        let folder = try TemporaryFolder()
        try Disk.write(bytes, to: folder.path + "/r.cff")
        return try Comtrade.read(folder.path + "/r.cff").recording
    }

    static func single(_ form: String, _ data: [UInt8], cfg: String = ComtradeReaderTests.cfg2013) -> [UInt8] {
        SampleRecordings.text(
            "--- file type: CFG ---\n" + cfg.replacing("ASCII", with: form.split(separator: ":")[0])
                + "--- file type: INF ---\n[Public]\nA=1\n--- file type: HDR ---\nany text, --- too\n--- file type: DAT \(form) ---\n"
        )
            + data
    }

    @Test("text data in one file are those of two files")
    func text() throws {
        let recording = try Self.read(Self.single("ASCII", SampleRecordings.text(ComtradeReaderTests.ascii)))
        #expect(recording.samples == .integer([-5, 7, 100, 6, -8, 0, 70_000, 32_000, -1], bits: 24))
    }

    @Test("binary data may hold line feeds and marks, and have their length before them")
    func binary() throws {
        let cfg = ComtradeReaderTests.cfg2013.replacing("5,3A,2D", with: "1,1A,0D")
            .replacing("2,I1,A,,A,0.25,0,0,-1000,1000,1,1,P\n", with: "").replacing(
                "3,x,,,,1,0,0,0,0,0,0,P\n", with: ""
            )
            .replacing("1,trip,,,0\n2,close,,,1\n", with: "").replacing("4000,3", with: "4000,2")
        let data: [UInt8] = [10, 0, 0, 0, 10, 13, 10, 45, 45, 45, 11, 0, 0, 0, 10, 10, 10, 10, 0x0A, 0x0D]
        let values = RecordedSamples.integer([45 << 8 | 45, 0x0D0A], bits: 16)
        #expect(try Self.read(Self.single("BINARY: 20", data, cfg: cfg)).samples == values)
        #expect(try Self.read(Self.single("BINARY", data, cfg: cfg)).samples == values)
        // A line end behind the data is no trouble, anything else is.
        #expect(try Self.read(Self.single("BINARY: 20", data + [13, 10], cfg: cfg)).samples == values)
        #expect(
            SampleRecordings.trouble { _ = try Self.read(Self.single("BINARY: 20", data + [1], cfg: cfg)) }?
                .hasSuffix("something stands behind the binary data that is no section") == true)
        #expect(
            SampleRecordings.trouble { _ = try Self.read(Self.single("BINARY: 21", data, cfg: cfg)) }?
                .hasSuffix("ends 20 bytes into data of 21: truncated") == true)
    }

    @Test("a line number in the data counts from the start of the file")
    func lines() {
        let bytes = Self.single(
            "ASCII", SampleRecordings.text(ComtradeReaderTests.ascii.replacing("2,250,6", with: "2,250,six")))
        // One line of mark, 16 of configuration, six of the other sections, one of data.
        #expect(
            SampleRecordings.trouble { _ = try Self.read(bytes) }
                == "r.cff:25:7: channel U1 is «six»; a number belongs here")
        let wrong = Self.single("ASCII", [], cfg: ComtradeReaderTests.cfg2013.replacing("5,3A,2D", with: "6,3A,2D"))
        #expect(SampleRecordings.trouble { _ = try Self.read(wrong) }?.hasPrefix("r.cff:3:1: 6 channels") == true)
    }

    @Test("missing, doubled and unknown sections are named")
    func odd() {
        func trouble(_ text: String) -> String? {
            SampleRecordings.trouble { _ = try Self.read(SampleRecordings.text(text)) }
        }
        #expect(trouble("") == "r.cff:1:1: has no section «--- file type: CFG ---»")
        #expect(trouble("--- file type: CFG ---\nx\n")?.contains("has no section «--- file type: DAT") == true)
        #expect(trouble("--- file type: CFG ---\n--- FILE TYPE: cfg ---\n") == "r.cff:2:1: a second section CFG")
        #expect(trouble("--- file type: XYZ ---\n")?.hasPrefix("r.cff:1:1: the section is none") == true)
        #expect(trouble("--- file type: DAT BINARY: -4 ---\n")?.hasPrefix("r.cff:1:1: the section is none") == true)
        #expect(
            trouble("--- file type: DAT BINARY: 99999999999999999999 ---\n")?.hasPrefix(
                "r.cff:1:1: the section is none") == true)
        #expect(trouble("--- file type: DAT WORDS ---\n")?.hasPrefix("r.cff:1:1: the section is none") == true)
        let other = Self.single("ASCII", []).map { $0 }
        let text = String(decoding: other, as: UTF8.self).replacing("DAT ASCII", with: "DAT BINARY: 0")
        #expect(
            SampleRecordings.trouble { _ = try Self.read(Array(text.utf8)) }
                == "r.cff:23:1: the data are BINARY here and ASCII in the configuration")
    }
}
