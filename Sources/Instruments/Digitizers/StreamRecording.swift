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

        /// Why the samples are not what they are said to be, as a sentence: by this machine's clock they took another time, by more than 2 % and
        /// more than three seconds, by which the first or last may have come late. `nil` where they did not.
        public func lie(_ nominal: Double) -> String? {
            guard let measuredRate else { return nil }
            let due = Double(written.frames) / nominal, took = Double(written.frames) / measuredRate
            guard abs(took - due) > max(0.02 * due, 3) else { return nil }
            return "the digitizer does not sample at \(Decimal.shortest(nominal)) a second, as it is said to: "
                + "this computer's clock finds \(Decimal.fixed(measuredRate, 1))"
        }
    }

    /// Somebody who looks on while it is recorded.
    public struct Onlooker: Sendable {
        /// What is known of the supply.
        public var options: LiveClassA.Options
        /// Told what was found, and how many s after its last sample the newest window was known.
        public var tell: @Sendable (LiveClassA.Findings, Double) -> Void

        /// An onlooker by its parts.
        public init(
            _ options: LiveClassA.Options, tell: @escaping @Sendable (LiveClassA.Findings, Double) -> Void
        ) {
            self.options = options
            self.tell = tell
        }
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
        _ digitizer: any Digitizer, rate: Double, seconds: Double, into folder: String,
        watched onlooker: Onlooker? = nil, until stopped: @Sendable () -> Bool = { false }
    ) async throws -> Outcome {
        let stream = try await digitizer.start(rate: rate)
        do {
            return try await keep(stream, digitizer, seconds: seconds, into: folder, onlooker, stopped)
        } catch {
            _ = try? await digitizer.stop()
            throw error
        }
    }

    private static func keep(
        _ stream: SampleStream, _ digitizer: any Digitizer, seconds: Double, into folder: String,
        _ onlooker: Onlooker?, _ stopped: @Sendable () -> Bool
    ) async throws -> Outcome {
        let writer = try WaveformWriter(folder, WaveformHeader(stream))
        try writer.stamp(utc: stream.start, traceability: stream.traceability)
        let limit = Int((seconds * stream.rate).rounded())
        var recorder = WaveformRecorder(writer, form: stream.form, from: stream.ring.consumer(), limit: limit)
        let live = onlooker.map { LiveClassA(stream, $0.options) }
        func look(_ header: BlockHeader, _ samples: RecordedSamples) {
            guard let live, let onlooker else { return }
            let found = live.feed(samples, first: header.first)
            guard !found.windows.isEmpty || !found.events.isEmpty || found.note != nil else { return }
            let end = Double(header.first + Int64(header.frames)) / stream.rate
            let late = Double(MachineClock.nanoseconds - header.stamp) / 1e9 + end - (found.windows.last?.end ?? end)
            onlooker.tell(found, late)
        }
        while !recorder.isAtEnd(), !stopped() {
            if !(try recorder.drain(look)) { try await digitizer.wait() }
        }
        let end = try await digitizer.stop()
        let early = recorder.frames + recorder.lost < limit
        let written = try recorder.finish(lostAtEnd: early ? end.lostAtEnd : 0)
        return Outcome(
            written: written, lost: recorder.lost, measuredRate: recorder.measuredRate, end: end, fill: recorder.fill,
            early: early && !stopped() ? end.reason ?? "it was stopped" : nil)
    }
}
