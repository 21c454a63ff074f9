import TestSupport
import Testing

@testable import BenchCore

@Suite struct WaveFileTests {
    static func chunk(_ name: String, _ bytes: [UInt8]) -> [UInt8] {
        Array(name.utf8) + word(bytes.count) + bytes + (bytes.count % 2 == 0 ? [] : [0])
    }

    static func word(_ value: Int, _ width: Int = 4) -> [UInt8] {
        (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    static func format(tag: Int = 1, channels: Int = 2, rate: Int = 48_000, bits: Int = 16) -> [UInt8] {
        let block = channels * bits / 8
        return word(tag, 2) + word(channels, 2) + word(rate) + word(rate * block) + word(block, 2) + word(bits, 2)
    }

    static func file(_ chunks: [UInt8]) -> [UInt8] {
        Array("RIFF".utf8) + word(chunks.count + 4) + Array("WAVE".utf8) + chunks
    }

    static func read(_ bytes: [UInt8], channels: [RecordedChannel]? = nil) throws -> Recording {
        let folder = try TemporaryFolder()
        try Disk.write(bytes, to: folder.path + "/r.wav")
        return try WaveFile.read(folder.path + "/r.wav", channels: channels)
    }

    @Test("PCM of 16 bits is whole numbers, scaled to the full scale")
    func pcm16() throws {
        let data: [UInt8] = [1, 0, 0xFF, 0x7F, 0, 0x80, 0xFE, 0xFF]
        // A chunk of odd length before the data is padded to an even one.
        let bytes = Self.file(
            Self.chunk("fmt ", Self.format()) + Self.chunk("LIST", [1, 2, 3]) + Self.chunk("data", data))
        let recording = try Self.read(bytes)
        #expect(recording.samples == .integer([1, 32_767, -32_768, -2], bits: 16))
        #expect(recording.rate == 48_000)
        #expect(recording.channels.map(\.name) == ["1", "2"])
        #expect(recording.physical(0) == [1.0 / 32_768, -1])
        #expect(recording.saturated(0) == [1..<2] && recording.saturated(1) == [0..<1])
        let named = [RecordedChannel(name: "U1", unit: "V", scale: 0.01), RecordedChannel(name: "I1", unit: "A")]
        #expect(try Self.read(bytes, channels: named).channels == named)
        #expect(
            SampleRecordings.trouble { _ = try Self.read(bytes, channels: [named[0]]) }
                == "r.wav: at byte 22: has 2 channels, not the 1 that were named")
    }

    @Test("24 and 32 bits, floats, and the extensible form with 20 bits of 24")
    func forms() throws {
        func samples(_ format: [UInt8], _ data: [UInt8]) throws -> Recording {
            try Self.read(Self.file(Self.chunk("fmt ", format) + Self.chunk("data", data)))
        }
        #expect(
            try samples(Self.format(channels: 1, bits: 24), [1, 0, 0, 0xFF, 0xFF, 0x7F, 0, 0, 0x80]).samples
                == .integer([1, 8_388_607, -8_388_608], bits: 24))
        #expect(
            try samples(Self.format(channels: 1, bits: 32), [1, 0, 0, 0, 0, 0, 0, 0x80]).samples
                == .integer([1, .min], bits: 32))
        let float = try samples(Self.format(tag: 3, channels: 1, bits: 32), [0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0])
        #expect(float.samples == .float([1, -2]) && float.channels[0].scale == 1 && float.saturated(0) == [])
        let guid: [UInt8] = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71]
        let extensible =
            Self.format(tag: 0xFFFE, channels: 1, bits: 24) + Self.word(22, 2) + Self.word(20, 2) + Self.word(0)
        let twenty = try samples(extensible + [1, 0] + guid, [0xF0, 0xFF, 0x7F])
        #expect(twenty.samples == .integer([8_388_592], bits: 24) && twenty.saturated(0) == [0..<1])
        #expect(
            SampleRecordings.trouble { _ = try samples(extensible + [1, 0] + guid.reversed(), [0, 0, 0]) }?
                .contains("holds samples of 24 bits in format 65534") == true)
    }

    @Test("RF64 has its sizes in a chunk of its own")
    func rf64() throws {
        let data: [UInt8] = [1, 0, 2, 0]
        func bytes(_ size: Int) -> [UInt8] {
            let sizes = Self.word(4 + 36 + 24 + 8 + data.count, 8) + Self.word(size, 8) + Self.word(1, 8) + Self.word(0)
            return Array("RF64".utf8) + Self.word(-1) + Array("WAVE".utf8) + Self.chunk("ds64", sizes)
                + Self.chunk("fmt ", Self.format()) + Array("data".utf8) + Self.word(-1) + data
        }
        #expect(try Self.read(bytes(4)).samples == .integer([1, 2], bits: 16))
        #expect(
            SampleRecordings.trouble { _ = try Self.read(bytes(8)) }?.contains("should have 8 bytes, and 4 follow")
                == true)
    }

    @Test(
        "wrong files are refused with the place",
        arguments: [
            ([], "r.wav: at byte 0: is no WAVE file"),
            (file([]), "r.wav: at byte 12: has no chunk «fmt »: truncated"),
            (file(chunk("fmt ", format())), "r.wav: at byte 36: has no chunk «data»: truncated"),
            (
                file(chunk("data", [0, 0, 0, 0]) + chunk("fmt ", format())),
                "r.wav: at byte 32: the chunk «fmt » stands behind the data"
            ),
            (file(chunk("fmt ", [1, 0]) + chunk("data", [])), "r.wav: at byte 20: the chunk «fmt » has 2 bytes"),
            (
                file(chunk("fmt ", format(bits: 8)) + chunk("data", [])),
                "r.wav: at byte 20: holds samples of 8 bits in format 1"
            ),
            (
                file(chunk("fmt ", format(tag: 85)) + chunk("data", [])),
                "r.wav: at byte 20: holds samples of 16 bits in format 85"
            ),
            (file(chunk("fmt ", format(channels: 0)) + chunk("data", [])), "r.wav: at byte 22: has no channel"),
            (file(chunk("fmt ", format(rate: 0)) + chunk("data", [0, 0, 0, 0])), "r.wav: 0 frames a second cannot be"),
            (file(chunk("fmt ", format()) + chunk("data", [])), "r.wav: holds no sample"),
            (
                file(chunk("fmt ", format()) + chunk("data", [0, 0, 0])),
                "r.wav: at byte 44: the data end with 3 bytes of a frame of 4"
            ),
            (
                file(chunk("fmt ", format()) + chunk("data", [0, 0, 0, 0]) + chunk("data", [])),
                "r.wav: at byte 48: a second chunk «data»"
            ),
            (
                file(chunk("fmt ", format(tag: 3, channels: 1, bits: 32)) + chunk("data", [0, 0, 0xC0, 0x7F])),
                "r.wav: channel 1, frame 0: the sample is nan"
            ),
        ] as [([UInt8], String)])
    func wrong(bytes: [UInt8], text: String) {
        let said = SampleRecordings.trouble { _ = try Self.read(bytes) } ?? "no trouble"
        #expect(said.hasPrefix(text), "\(said)")
    }

    @Test("a recorder that did not finish its header is found out")
    func unfinished() {
        var bytes = Self.file(Self.chunk("fmt ", Self.format()) + Self.chunk("data", [1, 0, 2, 0]))
        bytes.replaceSubrange(4..<8, with: [0, 0, 0, 0])
        #expect(
            SampleRecordings.trouble { _ = try Self.read(bytes) }
                == "r.wav: at byte 4: says 0 bytes follow, and 40 do: truncated, or not finished by its recorder")
    }

    @Test(
        "bare numbers are read as told",
        arguments: [
            (SampleForm.int16, [1, 0, 0xFE, 0xFF] as [UInt8], RecordedSamples.integer([1, -2], bits: 16)),
            (.int24, [1, 0, 0, 0xFE, 0xFF, 0xFF], .integer([1, -2], bits: 24)),
            (.int32, [1, 0, 0, 0, 0xFE, 0xFF, 0xFF, 0xFF], .integer([1, -2], bits: 32)),
            (.float32, [0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0], .float([1, -2])),
        ])
    func raw(form: SampleForm, bytes: [UInt8], samples: RecordedSamples) throws {
        let folder = try TemporaryFolder()
        let channels = [RecordedChannel(name: "U1", unit: "V"), RecordedChannel(name: "I1", unit: "A")]
        func read(_ bytes: [UInt8], rate: Double = 10) throws -> Recording {
            try Disk.write(bytes, to: folder.path + "/r.bin")
            return try RawRecording.read(folder.path + "/r.bin", form: form, channels: channels, rate: rate)
        }
        #expect(try read(bytes) == Recording(channels: channels, rate: 10, samples: samples))
        for count in 1..<bytes.count {
            let said = SampleRecordings.trouble { _ = try read(Array(bytes[..<count])) }
            #expect(said?.contains("truncated, or another number of channels or form") == true)
        }
        #expect(SampleRecordings.trouble { _ = try read([]) } == "r.bin: holds no sample")
        #expect(
            SampleRecordings.trouble { _ = try read(bytes, rate: .nan) }?.contains("nan frames a second cannot be")
                == true)
    }
}
