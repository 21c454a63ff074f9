#if canImport(Glibc)
    import Glibc
#endif

/// Keeps samples as evidence: a folder of compressed chunks and an index in which every line holds the hash of the line before.
///
/// Each chunk is flushed before its line is written, and each line before the call returns. Memory does not grow: at
/// most one chunk is held. Blocks may be of any size. Belongs to one thread at a time; after a fault nothing more is accepted.
public final class WaveformWriter {
    /// Where it is, and what it began with.
    public let folder: String, header: WaveformHeader
    /// What stands in the folder so far.
    public private(set) var written = WaveformEnd(chunks: 0, frames: 0, bytes: 0)
    /// SHA-256 of the last line of the index: what a journal has to note for the index to be beyond doubt.
    public private(set) var lastHash = Hash.none

    private let index: JournalWriter
    private var waiting: [Int32] = []
    /// Number of the next frame to be appended.
    private var position = 0
    private var isFinished = false
    /// What went wrong once: part of a block may be lost since, so nothing more is taken.
    private var broken: (any Error)?

    /// Begins a folder, which must hold no index yet. Throws `RecordingTrouble` for a header that cannot be, `Fault` of the disk.
    public init(_ folder: String, _ header: WaveformHeader) throws {
        try header.check(folder)
        self.folder = folder
        self.header = header
        try Disk.makeFolder(folder)
        let path = folder + "/index.jsonl"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Disk.fault(path, "cannot be created", errno) }
        index = try JournalWriter(path: path, descriptor: descriptor, length: 0, threaded: false)
        waiting.reserveCapacity(header.chunkFrames * header.channels.count)
        try Disk.flushFolder(of: path)
        try add(WaveformLine(header: header))
    }

    deinit { index.stop() }

    /// Adds whole frames. Throws `RecordingTrouble` for samples of another kind or outside their bits, `Fault` of the disk.
    public func append(_ samples: RecordedSamples) throws {
        switch samples {
        case .integer(let values, _):
            guard header.kind == .integer else { throw trouble("integers belong into a folder of integers") }
            try values.withUnsafeBufferPointer { try append($0) }
        case .float(let values):
            guard header.kind == .float else { throw trouble("floats belong into a folder of floats") }
            try append(count: values.count) { Int32(bitPattern: values[$0].bitPattern) }
        }
    }

    /// Adds whole frames of integers from a ring, without another copy.
    public func append(_ integers: UnsafeBufferPointer<Int32>) throws {
        guard header.kind == .integer else { throw trouble("integers belong into a folder of integers") }
        let limit = Int64(1) << (header.bits - 1)
        if let bad = integers.firstIndex(where: { Int64($0) < -limit || Int64($0) >= limit }) {
            throw trouble("\(integers[bad]) does not fit into \(header.bits) bits")
        }
        try append(count: integers.count) { integers[$0] }
    }

    private func append(count: Int, _ value: (Int) -> Int32) throws {
        let width = header.channels.count
        try checkOpen()
        guard count % width == 0 else {
            throw trouble("\(count) samples are no whole number of frames of \(width) channels")
        }
        let full = header.chunkFrames * width
        var at = 0
        while at < count {
            let end = min(count, at + full - waiting.count)
            while at < end {
                waiting.append(value(at))
                at += 1
            }
            if waiting.count == full { try cut() }
        }
    }

    /// Notes lost frames, on a line of their own; what came before is cut into a chunk, so that no chunk has a hole.
    public func gap(frames: Int?, reason: String) throws {
        try checkOpen()
        guard frames.map({ $0 > 0 }) ?? true else { throw trouble("a gap of \(frames ?? 0) frames is none") }
        try cut()
        try add(WaveformLine(gap: WaveformGap(first: position, frames: frames, reason: reason)))
        position += frames ?? 0
    }

    /// Notes the time of the next frame to be appended, and where that time comes from.
    public func stamp(utc: String, traceability: String) throws {
        try checkOpen()
        guard RecordingTime(utc) != nil else { throw trouble("«\(utc)» is no moment") }
        let frame = position + waiting.count / header.channels.count
        try add(WaveformLine(stamp: WaveformStamp(frame: frame, utc: utc, traceability: traceability)))
    }

    /// Cuts the last chunk and writes the last line. Returns what stands in the folder.
    @discardableResult
    public func finish() throws -> WaveformEnd {
        guard !isFinished else { return written }
        try checkOpen()
        try cut()
        try add(WaveformLine(end: written))
        isFinished = true
        index.stop()
        return written
    }

    private func checkOpen() throws {
        if let broken { throw broken }
        guard !isFinished else { throw trouble("the recording is finished") }
    }

    /// Compresses what waits into a chunk, if anything does.
    private func cut() throws {
        guard !waiting.isEmpty else { return }
        do { try keep() } catch {
            broken = error
            throw error
        }
    }

    private func keep() throws {
        let frames = waiting.count / header.channels.count
        let bytes: [UInt8]
        do {
            bytes = try WavPack.encode(
                &waiting, form: header.packed, channels: header.channels.count, rate: header.rate)
        } catch {
            throw Fault(
                .internalError, folder,
                "a chunk cannot be compressed: \(error.text)")
        }
        let chunk = WaveformChunk(
            number: written.chunks + 1, first: position, frames: frames, bytes: bytes.count,
            sha256: Hash.sha256Hex(bytes))
        try Disk.write(bytes, to: folder + "/" + chunk.file)
        try add(WaveformLine(chunk: chunk))
        written.chunks += 1
        written.frames += frames
        written.bytes += bytes.count
        position += frames
        waiting.removeAll(keepingCapacity: true)
    }

    private func add(_ line: WaveformLine) throws {
        var line = line
        line.prev = lastHash
        do {
            let bytes = try CanonicalJSON.encode(line)
            try index.write(bytes + [10])
            lastHash = Hash.sha256Hex(bytes)
        } catch {
            broken = error
            throw error
        }
    }

    private func trouble(_ message: String) -> RecordingTrouble { RecordingTrouble(folder, .whole, message) }
}
