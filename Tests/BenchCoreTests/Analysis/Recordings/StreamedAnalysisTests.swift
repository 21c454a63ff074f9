import FoundationEssentials
import TestSupport
import Testing

@testable import BenchCore

#if canImport(Glibc)
    import Glibc
#endif

/// Samples that are made as they are asked for: nobody holds them.
private struct MadeSamples: SampleSource {
    let header: Recording, frames: Int
    /// Frames of a piece; the recording's samples are repeated.
    let recording: Recording
    var piece = 1234

    init(_ recording: Recording, times: Int) {
        self.recording = recording
        header = recording.header
        frames = recording.frames * times
    }

    func pieces(_ take: (RecordedSamples) -> Void) {
        var at = 0
        while at < frames {
            let begin = at % recording.frames
            let count = min(piece, recording.frames - begin)
            take(recording.samples[begin * 6..<(begin + count) * 6])
            at += count
        }
    }
}

@Suite("Analysis of samples that come by")
struct StreamedAnalysisTests {
    private static func json(_ analysis: RecordingAnalysis) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return String(decoding: try encoder.encode(analysis), as: UTF8.self)
    }

    @Test("A folder of chunks, a sound file and COMTRADE give, piece by piece, what the recording gives as a whole")
    func same() throws {
        var recording = ThreePhases.recording(seconds: 1.3, fifth: 0.03) { phase, t in
            phase == 0 && t > 0.61 && t < 0.75 ? 0.5 : 1
        }
        recording.start = "2026-11-21T17:39:59.500000Z"
        recording.nominalFrequency = 50
        let whole = try Self.json(RecordingAnalysis(recording, .init(declared: 230)))
        let folder = try TemporaryFolder()
        let writer = try WaveformWriter(
            folder.path + "/w", WaveformStoreTests.header(recording, chunkFrames: 3333))
        try writer.append(recording.samples)
        try writer.finish()
        let stored = try RecordingFile.source(folder.path + "/w")
        #expect(stored is StoredSamples && stored.frames == recording.frames)
        let chunked = try Self.json(RecordingAnalysis.analyze(stored, .init(declared: 230)).analysis)
        #expect(chunked == whole)

        try ComtradeWriter.write(recording, to: folder.path + "/c.cfg", form: .binary32)
        let comtrade = try RecordingFile.source(folder.path + "/c.cfg")
        #expect(comtrade is FramedFile)
        let read = try RecordingFile.read(folder.path + "/c.cfg")
        let pieces = try Self.json(RecordingAnalysis.analyze(comtrade, .init(declared: 230)).analysis)
        let held = try Self.json(RecordingAnalysis(read, .init(declared: 230)))
        #expect(pieces == held)

        guard case .integer(let values, _) = recording.samples else { return }
        let data = values.flatMap { WaveFileTests.word(Int($0) & 0xFF_FFFF, 3) }
        let bytes = WaveFileTests.file(
            WaveFileTests.chunk("fmt ", WaveFileTests.format(channels: 6, rate: 10_000, bits: 24))
                + WaveFileTests.chunk("data", data))
        try Disk.write(bytes, to: folder.path + "/s.wav")
        let sound = try RecordingFile.source(folder.path + "/s.wav")
        #expect(sound is FramedFile && sound.frames == recording.frames)
        let heard = try Self.json(RecordingAnalysis.analyze(sound).analysis)
        let all = try Self.json(RecordingAnalysis(try RecordingFile.read(folder.path + "/s.wav")))
        #expect(heard == all)
    }

    @Test("What is wrong in the middle of a file is said with its place, as when it is read whole")
    func wrong() throws {
        let folder = try TemporaryFolder()
        let recording = ThreePhases.recording(seconds: 1)
        let writer = try WaveformWriter(folder.path + "/w", WaveformStoreTests.header(recording, chunkFrames: 2500))
        try writer.append(recording.samples)
        try writer.finish()
        var bytes = try Disk.read(folder.path + "/w/000003.wv")
        bytes[bytes.count / 2] ^= 1
        try Disk.write(bytes, to: folder.path + "/w/000003.wv")
        let error = #expect(throws: RecordingTrouble.self) {
            try RecordingAnalysis.analyze(try RecordingFile.source(folder.path + "/w"))
        }
        #expect(error?.description.contains("chunk 3 is not what was recorded") == true)
        try ComtradeWriter.write(recording, to: folder.path + "/c.cfg", form: .binary32)
        var data = try Disk.read(folder.path + "/c.dat")
        // Frame 7000 bears the number of another.
        let frame = data.count / recording.frames
        data[7000 * frame] ^= 4
        try Disk.write(data, to: folder.path + "/c.dat")
        let streamed = #expect(throws: RecordingTrouble.self) {
            try RecordingAnalysis.analyze(try RecordingFile.source(folder.path + "/c.cfg"))
        }
        let whole = #expect(throws: RecordingTrouble.self) { try RecordingFile.read(folder.path + "/c.cfg") }
        #expect(streamed == whole && streamed?.place == .byte(7000 * frame), "\(streamed.map(\.description) ?? "")")
        for path in ["/none.wav", "/none.cfg", "/w2"] {
            #expect(throws: RecordingTrouble.self) {
                try RecordingAnalysis.analyze(try RecordingFile.source(folder.path + path))
            }
        }
        try Disk.write([1, 2, 3], to: folder.path + "/short.wav")
        #expect(throws: RecordingTrouble.self) { try RecordingFile.source(folder.path + "/short.wav") }
    }

    @Test("A recording longer than anything that is held gives the power and the noise of its parts")
    func long() throws {
        // 50 Hz fits the second exactly: repeated, it goes on without a jump. 30 s are more than a segment of the spectrum and of the noise.
        let second = ThreePhases.recording(seconds: 1, frequency: 50)
        let found = try RecordingAnalysis.analyze(MadeSamples(second, times: 30)).analysis
        #expect(found.frames == 300_000 && found.duration == 30)
        let truth = 2300 * cos(Double.pi / 6)
        for phase in found.phases {
            let power = try #require(phase.power)
            #expect(abs(power.active / truth - 1) < 1e-6)
            let energy = try #require(phase.results.first { $0.quantity == .energy })
            // 0.5 ms at the ends are not in it; they hold up to twice the mean.
            #expect(abs(energy.value / (truth * 29.9995) - 1) < 2e-5)
        }
        #expect(found.windows.count >= 148)
        #expect(abs(try #require(found.frequency) - 50) < 1e-6)
        // 24 bits of 1000 V: a step of 119 µV, 34 µV of rounding.
        let rounding = 1000 / Double(1 << 23) / 12.0.squareRoot()
        let noise = try #require(found.channels[0].noise)
        #expect(abs(noise / rounding - 1) < 0.2, "\(noise)")
    }

    @Test("Ten minutes of UTC are told where a recording says when it began")
    func intervals() throws {
        var recording = ThreePhases.recording(seconds: 6, frequency: 49.9)
        recording.start = "2026-11-21T17:39:57Z"
        let found = RecordingAnalysis(recording)
        #expect(found.intervals.first?.start == "2026-11-21T17:39:57.000000Z" || found.intervals.count >= 2)
        #expect(found.intervals.allSatisfy { !$0.complete } && found.intervals.filter { $0.seconds == 600 }.count == 2)
        #expect(abs(found.intervals[0].rms[0] / 230 - 1) < 1e-5)
        #expect(found.text.contains("ten minutes and two hours of UTC") && found.text.contains("not whole"))
        // A window begins at the tick, 3 s after the first sample.
        #expect(found.windows.contains { abs($0.begin - 3) < 1e-6 })
    }

    @Test("Energy between edges comes from a third passage, to the same as from the whole integral")
    func span() throws {
        var random = SeededGenerator(seed: 3)
        let truth = KnownPower(frequency: 50.3, lag: 40, random: &random, harmonics: 10)
        let rate = 20_000.0
        let (u, i) = truth.sampled(rate: rate, seconds: 1)
        let whole = try #require(EnergyIntegral(voltage: u, current: i, rate: rate))
        for (begin, end) in [(0.0123456, 0.98765), (0.5, 0.5000301), (0.3, 0.30001), (0.00011, 0.9998)] {
            var span = EnergySpan(rate: rate, from: begin, to: end)
            var at = 0
            while at < u.count {
                let next = min(u.count, at + 77)
                span.add(Array(u[at..<next]), Array(i[at..<next]))
                at = next
            }
            let found = try #require(span.energy)
            let wanted = try #require(whole.energy(from: begin, to: end))
            #expect(abs(found - wanted) < 1e-7 * truth.apparent, "\(begin) \(end)")
        }
        var beyond = EnergySpan(rate: rate, from: 0.5, to: 2)
        beyond.add(u, i)
        #expect(beyond.energy == nil)
    }
}
