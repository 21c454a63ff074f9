public import BenchCore
import Glibc

/// Records what a digitizer sends as a bare stream of frames over TCP.
public enum StreamRecording {
    /// What has to be told, because a bare stream says nothing of itself.
    public struct Setup: Sendable {
        /// Where the digitizer listens.
        public var host: String, port: Int
        /// How its numbers stand, which channels they are, frames a second.
        public var form: SampleForm, channels: [RecordedChannel], rate: Double
        /// How long to record, s; the folder to record into.
        public var seconds: Double, folder: String

        /// A setup by its parts.
        public init(
            host: String, port: Int, form: SampleForm, channels: [RecordedChannel], rate: Double, seconds: Double,
            folder: String
        ) {
            self.host = host
            self.port = port
            self.form = form
            self.channels = channels
            self.rate = rate
            self.seconds = seconds
            self.folder = folder
        }
    }

    /// What came of it.
    public struct Outcome: Sendable {
        /// What stands in the folder; frames lost on the way.
        public var written: WaveformEnd, lost: Int
        /// Frames a second by this machine's clock; `nil` for a short record.
        public var measuredRate: Double?
        /// What the machine granted the sampling thread; the fullest that the ring was, in blocks, and how many it holds.
        public var grant: RealTimeGrant, fill: (highest: Int, capacity: Int)
        /// Why it ended before its time, as a sentence; `nil` where it did not.
        public var early: String?
    }

    /// Connects, records, and closes the folder. Throws `Fault` (`connectionRefused`, `timeout`, disk) and `RecordingTrouble`.
    public static func record(_ setup: Setup) async throws -> Outcome {
        let stream = try TCPStream(host: setup.host, port: setup.port, within: 5, instrument: "digitizer")
        let frameBytes = setup.form.width * setup.channels.count
        // Blocks of 20 ms; the ring bridges the longest stall of processor and disk: a second at least, five where they are small.
        let blockFrames = max(1, Int(setup.rate / 50))
        let blocks = max(50, min(250, (64 << 20) / (frameBytes * blockFrames)))
        let ring = SampleRing(blocks: blocks, bytes: frameBytes * blockFrames)
        let sampler = DescriptorSampler(
            descriptor: stream.descriptor, frameBytes: frameBytes, blockFrames: blockFrames, into: ring)
        let clock = RealTime()
        let writer = try WaveformWriter(
            setup.folder,
            WaveformHeader(
                kind: setup.form == .float32 ? .float : .integer, bits: setup.form.width * 8, channels: setup.channels,
                rate: setup.rate, start: clock.utc(clock.now), chunkFrames: max(1, Int(setup.rate))))
        try writer.stamp(utc: clock.utc(clock.now), traceability: "the clock of this computer when recording began")
        let limit = Int((setup.seconds * setup.rate).rounded())
        var recorder = WaveformRecorder(writer, form: setup.form, from: ring.consumer(), limit: limit)
        try sampler.start()
        do {
            while !recorder.isAtEnd() {
                if !(try recorder.drain()) { try await ContinuousClock().sleep(for: .milliseconds(5)) }
            }
        } catch {
            sampler.stop()
            throw error
        }
        sampler.stop()
        let early = recorder.frames + recorder.lost < limit
        let written = try recorder.finish(lostAtEnd: early ? sampler.lostAtEnd : 0)
        return Outcome(
            written: written, lost: recorder.lost, measuredRate: recorder.measuredRate, grant: sampler.grant,
            fill: recorder.fill, early: early ? reason(sampler) : nil)
    }

    private static func reason(_ sampler: DescriptorSampler) -> String {
        let cut = sampler.rest > 0 ? ", in the middle of a frame" : ""
        switch sampler.end {
        case .closed: return "the digitizer closed the connection\(cut)"
        case .failed(let code): return "the connection broke: \(String(cString: strerror(code)))\(cut)"
        case .running, .stopped: return "it was stopped\(cut)"
        }
    }
}
