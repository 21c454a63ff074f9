/// Reads a folder of waveforms and believes nothing: the chain of the index, and each chunk against its hash.
public struct WaveformReader: Sendable {
    /// Where it is.
    public let folder: String
    /// What it began with.
    public let header: WaveformHeader
    /// The chunks in order.
    public private(set) var chunks: [WaveformChunk] = []
    /// What was lost.
    public private(set) var gaps: [WaveformGap] = []
    /// Times of frames.
    public private(set) var stamps: [WaveformStamp] = []
    /// The end; `nil` where the recording was cut off.
    public private(set) var end: WaveformEnd?
    /// SHA-256 of the last line: compare it with the journal's, for a chain alone does not hold its own last line.
    public private(set) var lastHash = Hash.none

    /// Reads and checks the index; no chunk is opened yet. Throws `RecordingTrouble` with the first line that is not as it was written.
    public init(_ folder: String) throws(RecordingTrouble) {
        self.folder = folder
        let path = folder + "/index.jsonl"
        let bytes = try RecordingTrouble.read(path)
        var header: WaveformHeader?
        var position = 0
        var number = 0
        var rest = bytes[...]
        func trouble(_ message: String) -> RecordingTrouble {
            RecordingTrouble(path, .text(line: number, column: 1), message)
        }
        while !rest.isEmpty {
            number += 1
            guard let feed = rest.firstIndex(of: 10) else {
                throw trouble("the line is cut off: the recording was interrupted here, or the index truncated")
            }
            let bytes = Array(rest[..<feed])
            rest = rest[(feed + 1)...]
            let line: WaveformLine
            do {
                line = try CanonicalJSON.decode(WaveformLine.self, bytes, path)
            } catch {
                throw trouble((error as? Fault)?.detail ?? "\(error)")
            }
            guard line.prev == lastHash else {
                throw trouble(
                    number == 1
                        ? "does not begin an index: lines before it were taken away"
                        : "does not follow from line \(number - 1): one of the two was altered, taken out or put in")
            }
            lastHash = Hash.sha256Hex(bytes)
            guard line.kinds == 1, (line.header != nil) == (number == 1), end == nil else {
                throw trouble(
                    "an index is a header, then one chunk, gap, stamp or end a line, and nothing behind the end")
            }
            if let first = line.header {
                try first.check(path)
                header = first
            }
            if let chunk = line.chunk {
                guard let header, chunk.number == chunks.count + 1, chunk.first == position,
                    (1...header.chunkFrames).contains(chunk.frames), chunk.bytes > 0
                else {
                    throw trouble(
                        "chunk \(chunk.number) of frames from \(chunk.first) does not follow what is before it")
                }
                chunks.append(chunk)
                position += chunk.frames
            }
            if let gap = line.gap {
                let (next, overflow) = position.addingReportingOverflow(gap.frames ?? 0)
                guard gap.first == position, gap.frames.map({ $0 > 0 }) ?? true, !overflow, next < 1 << 60 else {
                    throw trouble("a gap at frame \(gap.first) does not follow what is before it")
                }
                gaps.append(gap)
                position = next
            }
            if let stamp = line.stamp { stamps.append(stamp) }
            if let last = line.end {
                guard last.chunks == chunks.count, last.frames == chunks.reduce(0, { $0 + $1.frames }),
                    last.bytes == chunks.reduce(0, { $0 &+ $1.bytes })
                else { throw trouble("the end counts other chunks, frames or bytes than stand above it") }
                end = last
            }
        }
        guard let header else {
            throw RecordingTrouble(path, .text(line: 1, column: 1), "is empty; a header belongs here")
        }
        self.header = header
    }

    /// Frames in all chunks.
    public var frames: Int { chunks.reduce(0) { $0 + $1.frames } }

    /// What is wrong with one chunk, or with the folder.
    public struct Finding: Sendable, Hashable, CustomStringConvertible {
        /// What was done.
        public enum Kind: String, Sendable, Hashable { case missing, truncated, exchanged, altered, unknown, cutOff }
        /// The kind.
        public var kind: Kind
        /// Number of the chunk; `nil` for what is no chunk.
        public var chunk: Int?
        /// The sentence.
        public var text: String
        /// What people read.
        public var description: String { text }
    }

    /// Compares every file with the index; empty where all is as it was recorded.
    public func verify() throws(RecordingTrouble) -> [Finding] {
        let owners = Dictionary(chunks.map { ($0.sha256, $0.number) }, uniquingKeysWith: { first, _ in first })
        var findings: [Finding] = []
        func note(_ kind: Finding.Kind, _ chunk: WaveformChunk?, _ text: String) {
            findings.append(
                Finding(kind: kind, chunk: chunk?.number, text: "\(folder)/\(chunk?.file ?? "index.jsonl"): \(text)"))
        }
        for chunk in chunks {
            let path = folder + "/" + chunk.file
            guard Disk.exists(path) else {
                note(.missing, chunk, "chunk \(chunk.number) is missing")
                continue
            }
            let hash: String
            let length: Int
            do {
                (hash, length) = (try Hash.sha256Hex(file: path), try Disk.length(path))
            } catch {
                throw RecordingTrouble(path, .whole, (error as? Fault)?.detail ?? "\(error)")
            }
            if hash == chunk.sha256 { continue }
            if let owner = owners[hash] {
                note(
                    .exchanged, chunk,
                    "chunk \(chunk.number) holds the bytes of chunk \(owner): files were exchanged or copied")
            } else if length < chunk.bytes {
                note(.truncated, chunk, "chunk \(chunk.number) has \(length) of \(chunk.bytes) bytes: it was truncated")
            } else {
                note(.altered, chunk, "chunk \(chunk.number) is not what was recorded: its bytes were altered")
            }
        }
        let known = Set(chunks.map(\.file) + ["index.jsonl"])
        let names: [String]
        do { names = try Disk.names(in: folder) } catch {
            throw RecordingTrouble(folder, .whole, (error as? Fault)?.detail ?? "\(error)")
        }
        for name in names where !known.contains(name) {
            findings.append(Finding(kind: .unknown, text: "\(folder)/\(name): is no chunk that the index names"))
        }
        if end == nil {
            note(.cutOff, nil, "has no end: the recording was cut off after frame \(frames), or lines were taken away")
        }
        return findings
    }

    /// The samples of a chunk, by its place in `chunks`, after its hash was found right. Throws `RecordingTrouble`.
    public func samples(_ index: Int) throws(RecordingTrouble) -> RecordedSamples {
        let chunk = chunks[index]
        let path = folder + "/" + chunk.file
        let bytes = try RecordingTrouble.read(path)
        guard Hash.sha256Hex(bytes) == chunk.sha256 else {
            throw RecordingTrouble(
                path, .whole,
                bytes.count < chunk.bytes
                    ? "chunk \(chunk.number) has \(bytes.count) of \(chunk.bytes) bytes: it was truncated"
                    : "chunk \(chunk.number) is not what was recorded: its bytes were altered or exchanged")
        }
        let content: WavPack.Content
        do {
            content = try WavPack.decode(bytes, frames: chunk.frames, channels: header.channels.count)
        } catch {
            throw RecordingTrouble(path, .whole, "chunk \(chunk.number) cannot be unpacked: \(error.text)")
        }
        guard content.form == header.packed else {
            throw RecordingTrouble(path, .whole, "chunk \(chunk.number) holds other numbers than the header says")
        }
        return header.kind == .float
            ? .float(content.values.map { Float(bitPattern: UInt32(bitPattern: $0)) })
            : .integer(content.values, bits: header.bits)
    }
}
