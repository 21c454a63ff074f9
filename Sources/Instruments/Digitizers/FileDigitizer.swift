import BenchCore

/// A recording that is played as if it were being sampled: COMTRADE, WAVE or waveforms of an earlier run, to rehearse with what a grid really did.
final class FileDigitizer: Digitizer {
    static let entry = DriverEntry(name: "file-digitizer", role: .digitizer, wires: [.file]) { context in
        guard case .file(let path) = context.description.wire else {
            throw Fault(.notFound, context.id, "a file digitizer is reached by { file: path }")
        }
        do {
            return FileDigitizer(
                id: context.id, expected: context.expected, recording: try RecordingFile.read(path),
                time: context.time)
        } catch let trouble as RecordingTrouble {
            throw Fault(.notFound, context.id, "\(trouble)")
        }
    }

    let id: String, capability: DigitizerCapability
    private let expected: InstrumentIdentity, recording: Recording, time: any Timekeeper
    private let running = RunningFeed()

    /// Plays a recording.
    init(id: String, expected: InstrumentIdentity, recording: Recording, time: any Timekeeper) {
        self.id = id
        self.expected = expected
        self.recording = recording
        self.time = time
        let form: SampleForm
        switch recording.samples {
        case .integer: form = .int32
        case .float: form = .float32
        }
        capability = DigitizerCapability(channels: recording.channels, rates: [recording.rate], form: form)
    }

    /// What the bench file says; a run with a recording for a digitizer is a simulated one.
    func identify() async throws -> InstrumentIdentity {
        var identity = expected
        identity.simulated = true
        return identity
    }

    func start(rate: Double) async throws -> SampleStream {
        try capability.check(rate, id)
        let (recording, width) = (recording, capability.channels.count)
        let feed = PacedFeed(
            capability, rate: rate, time: time, traceability: "a recording played by the bench's clock",
            frames: Int64(recording.frames)
        ) { first, frames, room in
            let range = (Int(first) * width)..<((Int(first) + frames) * width)
            switch recording.samples {
            case .integer(let values, _):
                values.withUnsafeBytes { room.copyMemory(from: .init(rebasing: $0[range.bytes])) }
            case .float(let values):
                values.withUnsafeBytes { room.copyMemory(from: .init(rebasing: $0[range.bytes])) }
            }
        }
        return try running.begin(feed, id)
    }

    func wait() async throws { try await running.wait(id) }

    func stop() async throws -> SamplingEnd { running.stop() }
}

extension Range<Int> {
    /// The bytes of numbers of four bytes.
    fileprivate var bytes: Range<Int> { (4 * lowerBound)..<(4 * upperBound) }
}
