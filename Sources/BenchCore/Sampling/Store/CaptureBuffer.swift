/// Keeps what was sampled around moments that count: the last moments always in memory, what is marked in a folder.
///
/// A moment may be marked a while after it has passed: `history` says how much of the past is still there. Marks that touch become one capture.
struct CaptureBuffer {
    /// Frames of some channels that follow each other.
    private struct Piece {
        var first: Int64, frames: Int64, samples: RecordedSamples
        var end: Int64 { first + frames }
    }
    private struct Open {
        var writer: WaveformWriter, kept: KeptWaveform, next: Int64, end: Int64
    }
    private let stream: SampleStream, columns: [Int], channels: [RecordedChannel]
    private let before: Int64, after: Int64, history: Int64
    private let utc: (Int64) -> String, name: (Int) -> (folder: String, path: String)
    private var pieces: [Piece] = []
    private var open: Open?
    private var kept: [KeptWaveform] = []

    /// - Parameters:
    ///   - columns: numbers of the channels that are kept.
    ///   - before, after, history: frames.
    ///   - utc: time of a frame.
    ///   - name: folder of the n-th capture as the journal names it, and its path.
    init(
        _ stream: SampleStream, columns: [Int], before: Int64, after: Int64, history: Int64,
        utc: @escaping (Int64) -> String, name: @escaping (Int) -> (folder: String, path: String)
    ) {
        self.stream = stream
        self.columns = columns
        channels = columns.map { stream.channels[$0] }
        self.before = before
        self.after = after
        self.history = history
        self.utc = utc
        self.name = name
    }

    /// Takes the frames of a block.
    mutating func feed(_ samples: RecordedSamples, first: Int64, frames: Int64) throws {
        let chosen =
            columns == Array(stream.channels.indices)
            ? samples : samples.columns(columns, of: stream.channels.count)
        pieces.append(Piece(first: first, frames: frames, samples: chosen))
        try write()
        let oldest = first + frames - before - history
        pieces.removeAll { $0.end < oldest }
    }

    /// Marks frames that are to be kept with what surrounds them; `last` may lie in the future.
    mutating func mark(_ first: Int64, _ last: Int64, _ cause: WaveformCapture.Cause) throws {
        let (from, end) = (max(0, first - before), last + after)
        if var running = open {
            running.end = max(running.end, end)
            if !running.kept.causes.contains(cause) { running.kept.causes.append(cause) }
            open = running
        } else {
            let begin = max(from, pieces.first?.first ?? from)
            let place = name(kept.count + 1)
            var header = WaveformHeader(stream, channels: channels)
            header.start = utc(begin)
            let writer = try WaveformWriter(place.path, header)
            try writer.stamp(utc: utc(begin), traceability: stream.traceability)
            open = Open(
                writer: writer,
                kept: KeptWaveform(
                    folder: place.folder, causes: [cause], first: begin, frames: 0, missing: 0, indexHash: ""),
                next: begin, end: end)
        }
        try write()
    }

    /// Writes what belongs to the open capture and has not been written, and closes it where it is complete.
    private mutating func write() throws {
        guard var running = open else { return }
        defer { open = running.next < running.end ? running : nil }
        for piece in pieces where piece.end > running.next && piece.first < running.end {
            if piece.first > running.next {
                try running.writer.gap(frames: Int(piece.first - running.next), reason: "the digitizer lost them")
                running.kept.missing += piece.first - running.next
                running.next = piece.first
            }
            let to = min(piece.end, running.end)
            let range = Int(running.next - piece.first) * columns.count..<Int(to - piece.first) * columns.count
            try running.writer.append(piece.samples[range])
            running.kept.frames += to - running.next
            running.next = to
        }
        if running.next >= running.end { try close(running) }
    }

    private mutating func close(_ running: Open) throws {
        try running.writer.finish()
        var done = running.kept
        done.indexHash = running.writer.lastHash
        kept.append(done)
    }

    /// Closes what is open, though it may be shorter than asked. Returns everything kept.
    mutating func finish() throws -> [KeptWaveform] {
        if let running = open { try close(running) }
        open = nil
        return kept
    }
}

extension RecordedSamples {
    /// Some columns of frames of `width` numbers.
    func columns(_ columns: [Int], of width: Int) -> RecordedSamples {
        func chosen<T>(_ values: [T]) -> [T] {
            var result: [T] = []
            result.reserveCapacity(values.count / width * columns.count)
            for start in stride(from: 0, to: values.count, by: width) {
                for column in columns { result.append(values[start + column]) }
            }
            return result
        }
        switch self {
        case .integer(let values, let bits): return .integer(chosen(values), bits: bits)
        case .float(let values): return .float(chosen(values))
        }
    }
}

extension WaveformHeader {
    /// The header of channels of a stream, in chunks of a second.
    public init(_ stream: SampleStream, channels: [RecordedChannel]? = nil) {
        self.init(
            kind: stream.form == .float32 ? .float : .integer, bits: stream.form.width * 8,
            channels: channels ?? stream.channels, rate: stream.rate, start: stream.start,
            chunkFrames: max(1, Int(stream.rate)))
    }
}
