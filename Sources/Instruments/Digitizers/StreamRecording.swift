public import BenchCore

/// Records what a digitizer samples, as `meterbench record` does.
public enum StreamRecording {
    /// What came of it.
    public struct Outcome: Sendable {
        /// What stands in the folder; frames lost on the way.
        public var written: WaveformEnd, lost: Int
        /// Frames a second by this machine's clock; `nil` for a short record.
        public var measuredRate: Double?
        /// How sampling went; the fullest that the ring was, in blocks, and how many it holds.
        public var end: SamplingEnd, fill: (highest: Int, capacity: Int)
        /// Why it ended before its time, as a sentence; `nil` where it did not.
        public var early: String?
    }

    /// The driver of a digitizer as bench files name it. Throws `Fault(.notFound)` for one that is none.
    public static func digitizer(_ description: InstrumentDescription) async throws -> any Digitizer {
        let entry = try DriverRegistry.entry(for: description, types: [:])
        let made = try await entry.make(
            DriverContext(description: description, wires: Wires(scpi: .scpi, modbus: .modbus), time: RealTime()))
        guard let digitizer = made as? any Digitizer else {
            throw Fault(.notFound, description.id, "driver «\(description.driver)» is no digitizer")
        }
        return digitizer
    }

    /// Records for some seconds into a new folder and closes it. Throws `Fault` (`connectionRefused`, `timeout`, disk) and `RecordingTrouble`.
    public static func record(
        _ digitizer: any Digitizer, rate: Double, seconds: Double, into folder: String
    ) async throws -> Outcome {
        let stream = try await digitizer.start(rate: rate)
        do {
            return try await keep(stream, digitizer, seconds: seconds, into: folder)
        } catch {
            _ = try? await digitizer.stop()
            throw error
        }
    }

    private static func keep(
        _ stream: SampleStream, _ digitizer: any Digitizer, seconds: Double, into folder: String
    ) async throws -> Outcome {
        let writer = try WaveformWriter(folder, WaveformHeader(stream))
        try writer.stamp(utc: stream.start, traceability: stream.traceability)
        let limit = Int((seconds * stream.rate).rounded())
        var recorder = WaveformRecorder(writer, form: stream.form, from: stream.ring.consumer(), limit: limit)
        while !recorder.isAtEnd() {
            if !(try recorder.drain()) { try await digitizer.wait() }
        }
        let end = try await digitizer.stop()
        let early = recorder.frames + recorder.lost < limit
        let written = try recorder.finish(lostAtEnd: early ? end.lostAtEnd : 0)
        return Outcome(
            written: written, lost: recorder.lost, measuredRate: recorder.measuredRate, end: end, fill: recorder.fill,
            early: early ? end.reason ?? "it was stopped" : nil)
    }
}
