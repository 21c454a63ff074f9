import TestSupport

@testable import BenchCore

#if canImport(Glibc)
    import Glibc
#endif

/// Recordings that the tests of this folder share.
enum SampleRecordings {
    /// Three channels of integers of that many bits: a sine, a cosine and counted steps, with scales that no decimal fraction ends.
    static func integers(frames: Int = 40, bits: Int = 16) -> Recording {
        let top = Double(Int64(1) << (bits - 1)) * 0.9
        let channels = [
            RecordedChannel(
                name: "U1", unit: "V", scale: 325.0 / 32_768 / 3, offset: 0.1, lowest: -32_000, highest: 32_000,
                skew: 2e-6,
                transducer: TransducerRatio(primary: 10_000, secondary: 100, side: .secondary), phase: "A",
                component: "Bus 1"),
            RecordedChannel(name: "I1", unit: "A", scale: 1.0 / 7, offset: 0, lowest: -30_000, highest: 30_000),
            RecordedChannel(name: "step", unit: "", scale: 1, offset: -3, lowest: -20_000, highest: 20_000),
        ]
        var values: [Int32] = []
        for frame in 0..<frames {
            let angle = Double(frame) * 0.3927
            values += [Int32((top * sin(angle)).rounded()), Int32((top * cos(angle)).rounded()), Int32(frame - 7)]
        }
        return Recording(
            channels: channels, rate: 12_800, start: "2026-11-21T17:36:33.875463Z",
            samples: .integer(values, bits: bits), trigger: "2026-11-21T17:36:33.876001Z", nominalFrequency: 50)
    }

    /// The same shape in floats.
    static func floats(frames: Int = 40) -> Recording {
        var recording = integers(frames: frames)
        guard case .integer(let values, _) = recording.samples else { return recording }
        recording.samples = .float(values.map { Float($0) / 3 })
        return recording
    }

    /// Bytes of a text with the line ends of COMTRADE.
    static func text(_ lines: String) -> [UInt8] { Array(lines.replacing("\n", with: "\r\n").utf8) }

    /// Writes `r.cfg` and `r.dat`, and returns the path of the first.
    static func pair(_ folder: TemporaryFolder, _ cfg: String, _ dat: [UInt8]) throws -> String {
        try Disk.write(text(cfg), to: folder.path + "/r.cfg")
        try Disk.write(dat, to: folder.path + "/r.dat")
        return folder.path + "/r.cfg"
    }

    /// The trouble that reading throws, without the folder's name; nil where it throws none.
    static func trouble(_ body: () throws -> Void) -> String? {
        do {
            try body()
            return nil
        } catch {
            let text = "\(error)"
            guard error is RecordingTrouble else { return "not a RecordingTrouble: \(text)" }
            // Messages name other files in the same folder too.
            return text.replacing(/\/tmp\/meterbench-test-[A-Za-z0-9]{6}\//, with: "")
        }
    }
}
