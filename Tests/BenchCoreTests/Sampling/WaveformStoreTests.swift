import TestSupport
import Testing

@testable import BenchCore

#if canImport(Glibc)
    import Glibc
#endif

@Suite struct WaveformStoreTests {
    static func header(_ recording: Recording, chunkFrames: Int) -> WaveformHeader {
        let bits = if case .integer(_, let bits) = recording.samples { bits } else { 32 }
        let kind: WaveformHeader.Kind = if case .float = recording.samples { .float } else { .integer }
        return WaveformHeader(
            kind: kind, bits: bits, channels: recording.channels, rate: recording.rate, start: recording.start,
            nominalFrequency: recording.nominalFrequency, chunkFrames: chunkFrames)
    }

    /// A folder of five chunks of 20 frames.
    static func folder(_ recording: Recording = SampleRecordings.integers(frames: 100)) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        let writer = try WaveformWriter(folder.path, header(recording, chunkFrames: 20))
        try writer.append(recording.samples)
        try writer.finish()
        return folder
    }

    @Test(
        "every kind of number comes back exactly, whatever the size of blocks", arguments: [16, 18, 24, 31, 32, 0],
        [1, 7, 1000])
    func roundTrip(bits: Int, block: Int) throws {
        var recording = SampleRecordings.integers(frames: 1000, bits: bits == 0 ? 24 : bits)
        if case .integer(var values, _) = recording.samples {
            let top = Int32(truncatingIfNeeded: Int64(1) << ((bits == 0 ? 24 : bits) - 1))
            values[10] = top &- 1
            values[11] = 0 &- top
            recording.samples = .integer(values, bits: bits == 0 ? 24 : bits)
            if bits == 0 {
                // Odd floats too: the lowest, the smallest, a negative zero.
                recording.samples = .float(
                    values.map { Float($0) / 7 } + [-.greatestFiniteMagnitude, .leastNonzeroMagnitude, -0.0])
            }
        }
        let folder = try TemporaryFolder()
        let writer = try WaveformWriter(folder.path + "/waveforms", Self.header(recording, chunkFrames: 300))
        var at = 0
        while at < recording.samples.count {
            let end = min(recording.samples.count, at + 3 * block)
            try writer.append(recording.samples[at..<end])
            at = end
        }
        let end = try writer.finish()
        let reader = try WaveformReader(folder.path + "/waveforms")
        #expect(reader.chunks.map(\.frames) == [300, 300, 300, recording.frames - 900])
        #expect(try reader.verify() == [])
        #expect(reader.end == end && reader.lastHash == writer.lastHash)
        #expect(end.frames == recording.frames && end.chunks == 4)
        let back = try reader.recording()
        #expect(back.channels == recording.channels && back.rate == recording.rate && back.start == recording.start)
        switch (back.samples, recording.samples) {
        case (.float(let one), .float(let other)): #expect(one.map(\.bitPattern) == other.map(\.bitPattern))
        default: #expect(back.samples == recording.samples)
        }
        // Some frames alone, over the edge of a chunk, with their own start.
        let part = try reader.recording(290..<310)
        #expect(part.samples == recording.samples[870..<930])
        #expect(part.start == RecordingTime("2026-11-21T17:36:33.875463Z")?.adding(290.0 / 12_800)?.text)
    }

    @Test(
        "the size is what the index says, and below what was planned for", arguments: ["sine", "noise", "odd floats"])
    func size(kind: String) throws {
        var recording = SampleRecordings.integers(frames: 20_000, bits: 24)
        var generator = SystemRandomNumberGenerator()
        if kind == "noise" {
            recording.samples = .integer(
                (0..<60_000).map { _ in Int32.random(in: -(1 << 23)..<(1 << 23), using: &generator) }, bits: 24)
        } else if kind == "odd floats" {
            recording.samples = .float((0..<60_000).map { _ in Float(bitPattern: generator.next()) })
        }
        let folder = try TemporaryFolder()
        let header = Self.header(recording, chunkFrames: 3000)
        let writer = try WaveformWriter(folder.path, header)
        try writer.append(recording.samples)
        let end = try writer.finish()
        var sizes = 0
        for name in try Disk.names(in: folder.path) { sizes += try Disk.length(folder.path + "/" + name) }
        let index = try Disk.length(folder.path + "/index.jsonl")
        #expect(sizes == end.bytes + index)
        #expect(sizes <= header.largestBytes(frames: 20_000))
        if case .float(let values) = recording.samples {
            // Not one bit is lost, of NaN either; as a recording it is refused.
            let reader = try WaveformReader(folder.path)
            let back = try reader.chunks.indices.flatMap { index -> [UInt32] in
                guard case .float(let part) = try reader.samples(index) else { return [] }
                return part.map(\.bitPattern)
            }
            #expect(back == values.map(\.bitPattern))
            #expect(SampleRecordings.trouble { _ = try reader.recording() }?.contains("which is no number") == true)
        }
        // A sine takes less than its three bytes a sample; noise cannot.
        #expect(kind == "sine" ? end.bytes < 180_000 : end.bytes > 175_000)
    }

    @Test("each chunk that was altered, truncated, exchanged or taken away is named")
    func tampering() throws {
        let folder = try Self.folder()
        func path(_ n: Int) -> String { "\(folder.path)/00000\(n).wv" }
        let files = try (1...5).map { try Disk.read(path($0)) }
        func findings() throws -> [String] {
            try WaveformReader(folder.path).verify().map { "\($0.chunk ?? 0) \($0.kind.rawValue)" }
        }
        #expect(try findings() == [])
        var altered = files[1]
        altered[altered.count / 2] ^= 1
        try Disk.write(altered, to: path(2))
        #expect(try findings() == ["2 altered"])
        #expect(
            SampleRecordings.trouble { _ = try WaveformReader(folder.path).samples(1) }
                == "000002.wv: chunk 2 is not what was recorded: its bytes were altered or exchanged")
        try Disk.write(Array(files[1].dropLast(3)), to: path(2))
        #expect(try findings() == ["2 truncated"])
        #expect(
            try WaveformReader(folder.path).verify()[0].text.hasSuffix(
                "000002.wv: chunk 2 has \(files[1].count - 3) of \(files[1].count) bytes: it was truncated"))
        try Disk.write(files[3], to: path(2))
        try Disk.write(files[1], to: path(4))
        #expect(try findings() == ["2 exchanged", "4 exchanged"])
        try Disk.remove(path(2))
        try Disk.write([1], to: folder.path + "/000006.wv")
        #expect(try findings() == ["2 missing", "4 exchanged", "0 unknown"])
        #expect(SampleRecordings.trouble { _ = try WaveformReader(folder.path).recording(0..<10) } == nil)
        #expect(
            SampleRecordings.trouble { _ = try WaveformReader(folder.path).recording() }
                == "000002.wv: cannot be opened: No such file or directory")
    }

    @Test("a line of the index that was altered, taken out, put in or exchanged is found")
    func index() throws {
        let folder = try Self.folder()
        let path = folder.path + "/index.jsonl"
        let lines = try Disk.read(path).split(separator: 10).map { String(decoding: $0, as: UTF8.self) }
        #expect(lines.count == 7)
        func trouble(_ lines: [String]) throws -> String? {
            try Disk.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: path)
            return SampleRecordings.trouble { _ = try WaveformReader(folder.path) }
        }
        #expect(try trouble(lines) == nil)
        var changed = lines
        changed[2] = changed[2].replacing("\"frames\":20", with: "\"frames\":19")
        #expect(
            try trouble(changed)
                == "index.jsonl:4:1: does not follow from line 3: one of the two was altered, taken out or put in")
        changed = lines
        changed.remove(at: 3)
        #expect(try trouble(changed)?.hasPrefix("index.jsonl:4:1: does not follow from line 3") == true)
        #expect(try trouble(Array(lines.dropFirst()))?.hasPrefix("index.jsonl:1:1: does not begin an index") == true)
        changed = lines
        changed.swapAt(2, 3)
        #expect(try trouble(changed)?.hasPrefix("index.jsonl:3:1: does not follow from line 2") == true)
        changed = lines
        changed[1] = changed[1].replacing(",", with: ", ")
        #expect(try trouble(changed) == "index.jsonl:2:1: is not written as this program writes it: it was altered")
        changed[1] = "{}"
        #expect(try trouble(changed)?.hasPrefix("index.jsonl:2:1: cannot be read") == true)
        // Without its end, the recording was cut off; that is a finding, and what is there can be read.
        #expect(try trouble(Array(lines.dropLast())) == nil)
        #expect(try WaveformReader(folder.path).verify().map(\.kind) == [.cutOff])
        #expect(try WaveformReader(folder.path).recording().frames == 100)
    }

    @Test("a chain made anew says something else than the journal noted")
    func anew() throws {
        let folder = try Self.folder()
        let noted = try WaveformReader(folder.path).lastHash
        let other = try Self.folder(SampleRecordings.integers(frames: 99))
        #expect(try WaveformReader(other.path).lastHash != noted)
    }

    @Test("a gap is a line of its own; chunks do not cross it, and no recording hides it")
    func gaps() throws {
        let recording = SampleRecordings.integers(frames: 30)
        let folder = try TemporaryFolder()
        let writer = try WaveformWriter(folder.path, Self.header(recording, chunkFrames: 20))
        try writer.append(recording.samples)
        try writer.gap(frames: 12, reason: "ring overrun")
        try writer.stamp(utc: "2026-11-21T17:36:34Z", traceability: "none")
        try writer.append(recording.samples)
        try writer.gap(frames: nil, reason: "digitizer lost its connection")
        try writer.append(recording.samples[0..<30])
        try writer.finish()
        let reader = try WaveformReader(folder.path)
        #expect(reader.chunks.map(\.first) == [0, 20, 42, 62, 72])
        #expect(reader.chunks.map(\.frames) == [20, 10, 20, 10, 10])
        #expect(
            reader.gaps == [
                WaveformGap(first: 30, frames: 12, reason: "ring overrun"),
                WaveformGap(first: 72, frames: nil, reason: "digitizer lost its connection"),
            ])
        #expect(reader.stamps == [WaveformStamp(frame: 42, utc: "2026-11-21T17:36:34Z", traceability: "none")])
        #expect(try reader.verify() == [])
        #expect(try reader.recording(0..<30).samples == recording.samples)
        #expect(try reader.recording(42..<72).samples == recording.samples)
        #expect(try reader.recording(72..<82).frames == 10)
        for range in [0..<31, 0..<82, 30..<42, 41..<50] {
            #expect(
                SampleRecordings.trouble { _ = try reader.recording(range) }?.contains(
                    "12 frames were lost at frame 30 (ring overrun)")
                    == true)
        }
        #expect(
            SampleRecordings.trouble { _ = try reader.recording(71..<73) }?.contains(
                "an unknown number of frames were lost at frame 72") == true)
        #expect(SampleRecordings.trouble { _ = try reader.recording(80..<83) }?.contains("82 were recorded") == true)
    }

    @Test("after a fault of the disk nothing more is taken, and what was kept can be read")
    func broken() throws {
        let recording = SampleRecordings.integers(frames: 20)
        let folder = try TemporaryFolder()
        let writer = try WaveformWriter(folder.path, Self.header(recording, chunkFrames: 20))
        try writer.append(recording.samples)
        // A folder that stands where the next chunk wants to be.
        try Disk.makeFolder(folder.path + "/000002.wv")
        #expect(throws: Fault.self) { try writer.append(recording.samples) }
        #expect(rmdir(folder.path + "/000002.wv") == 0)
        #expect(throws: Fault.self) { try writer.append(recording.samples) }
        #expect(throws: Fault.self) { try writer.gap(frames: 1, reason: "x") }
        #expect(throws: Fault.self) { try writer.finish() }
        // What was being written when the disk failed stays beside the chunks, and is named.
        let reader = try WaveformReader(folder.path)
        #expect(try reader.verify().map(\.kind) == [.unknown, .cutOff])
        #expect(try reader.recording().samples == recording.samples)
    }

    @Test("a run's seal names every file of its waveforms")
    func sealed() throws {
        let folder = try TemporaryFolder()
        let run = RunFolder(path: folder.path + "/R-1")
        let recording = SampleRecordings.integers(frames: 30)
        let writer = try WaveformWriter(run.waveforms + "/dip-1", Self.header(recording, chunkFrames: 20))
        try writer.append(recording.samples)
        try writer.finish()
        let hashes = try Seal.sealedFiles(run)
        #expect(
            hashes.keys.sorted() == ["000001.wv", "000002.wv", "index.jsonl"].map { "waveforms/dip-1/" + $0 })
        #expect(hashes["waveforms/dip-1/000002.wv"] == (try WaveformReader(run.waveforms + "/dip-1").chunks[1].sha256))
    }

    @Test("a rate of any size is kept exactly, also where WavPack rounds it", arguments: [0.25, 44_100.5, 1e6, 1e9])
    func rates(rate: Double) throws {
        var recording = SampleRecordings.integers(frames: 100)
        recording.rate = rate
        let folder = try Self.folder(recording)
        #expect(try WaveformReader(folder.path).recording().rate == rate)
        #expect(try WaveformReader(folder.path).recording().samples == recording.samples)
    }

    @Test("frames are exported as COMTRADE and CSV piece by piece")
    func export() throws {
        let recording = SampleRecordings.integers(frames: 100)
        let folder = try Self.folder(recording)
        let out = try TemporaryFolder()
        let reader = try WaveformReader(folder.path)
        try reader.writeComtrade(to: out.path + "/a.cff", form: .binary)
        let back = try Comtrade.read(out.path + "/a.cff").recording
        #expect(back.samples == recording.samples && back.start == recording.start)
        try reader.writeComtrade(to: out.path + "/b.cff", form: .binary32, frames: 15..<45)
        let part = try Comtrade.read(out.path + "/b.cff").recording
        #expect(part.physical(0) == recording.physical(0, 15..<45))
        #expect(part.start == (try reader.recording(15..<45)).start)
        try reader.writeCSV(to: out.path + "/c.csv", frames: 15..<45)
        let lines = String(decoding: try Disk.read(out.path + "/c.csv"), as: UTF8.self).split(separator: "\r\n")
        #expect(lines.count == 31 && lines[0] == "t/s,U1/V,I1/A,step")
        #expect(lines[1].split(separator: ",").last == "\(15 - 7 - 3)")
    }

    @Test("what cannot be kept is refused")
    func refused() throws {
        let recording = SampleRecordings.integers()
        let folder = try TemporaryFolder()
        func trouble(_ change: (inout WaveformHeader) -> Void) -> String? {
            var header = Self.header(recording, chunkFrames: 20)
            change(&header)
            return SampleRecordings.trouble { _ = try WaveformWriter(folder.path, header) }
        }
        #expect(trouble { $0.chunkFrames = 0 }?.contains("cannot be kept") == true)
        #expect(trouble { $0.chunkFrames = 1 << 40 }?.contains("cannot be kept") == true)
        #expect(trouble { $0.bits = 33 }?.contains("cannot be kept") == true)
        #expect(trouble { $0.channels = [] }?.contains("has no channel") == true)
        #expect(trouble { $0.rate = .nan }?.contains("cannot be") == true)
        #expect(trouble { $0.start = "noon" }?.contains("«noon» is no moment") == true)
        let writer = try WaveformWriter(folder.path, Self.header(recording, chunkFrames: 20))
        #expect(SampleRecordings.trouble { try writer.append(.float([1, 2, 3])) }?.contains("floats belong") == true)
        #expect(
            SampleRecordings.trouble { try writer.append(.integer([1, 2], bits: 16)) }?.contains(
                "no whole number of frames") == true)
        #expect(
            SampleRecordings.trouble { try writer.append(.integer([1, 2, 32_768], bits: 32)) }?.contains(
                "does not fit into 16 bits") == true)
        #expect(throws: Fault.self) { try WaveformWriter(folder.path, Self.header(recording, chunkFrames: 20)) }
        try writer.finish()
        #expect(SampleRecordings.trouble { try writer.append(recording.samples) }?.contains("is finished") == true)
        #expect(try WaveformReader(folder.path).end == WaveformEnd(chunks: 0, frames: 0, bytes: 0))
        #expect(
            SampleRecordings.trouble { _ = try WaveformReader(folder.path).recording() }?.contains("0 were recorded")
                == true)
    }
}
