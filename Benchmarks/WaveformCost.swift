import BenchCore
import Glibc

/// What it costs to keep eight channels at 1 MS/s as evidence: compressed, hashed and written.
enum WaveformCost {
    /// Processor time for each second of signal, and bytes of the files for each byte of samples; `nil` where nothing can be written.
    static func measure(_ frames: [Int32], bits: Int, processorTime: () -> Double) -> (cost: Double, bytes: Double)? {
        var template = Array("/tmp/meterbench-figures-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { return nil }
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { remove(folder) }
        let channels = (0..<8).map { RecordedChannel(name: "C\($0)", unit: "V", scale: 1e-4) }
        do {
            let header = WaveformHeader(
                kind: .integer, bits: bits, channels: channels, rate: 1e6, chunkFrames: 1_000_000)
            let writer = try WaveformWriter(folder + "/waveforms", header)
            let begin = processorTime()
            var seconds = 0.0
            while seconds < 2 {
                try frames.withUnsafeBufferPointer { try writer.append($0) }
                seconds += Double(frames.count / 8) / 1e6
            }
            let end = try writer.finish()
            return ((processorTime() - begin) / seconds, Double(end.bytes) / (seconds * 8e6 * Double(bits / 8)))
        } catch {
            return nil
        }
    }

    private static func remove(_ folder: String) {
        if let stream = popen("rm -r '\(folder)'", "r") { pclose(stream) }
    }
}
