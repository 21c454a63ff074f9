#if canImport(Glibc)
    import Glibc
#endif

/// Samples of a recording in pieces, from the first to the last, as often as they are asked for: nobody needs to hold them all.
public protocol SampleSource: Sendable {
    /// Channels, rate and times, without samples.
    var header: Recording { get }
    /// Frames that will come.
    var frames: Int { get }
    /// Hands over all samples in order, whole frames at a time. Throws `RecordingTrouble` at the first that cannot be used.
    func pieces(_ take: (RecordedSamples) -> Void) throws(RecordingTrouble)
}

/// A recording that is held already.
public struct HeldSamples: SampleSource {
    /// The recording.
    public let recording: Recording

    /// A recording as a source.
    public init(_ recording: Recording) { self.recording = recording }

    /// Channels, rate and times.
    public var header: Recording { recording.header }
    /// Its frames.
    public var frames: Int { recording.frames }

    /// Hands over all samples.
    public func pieces(_ take: (RecordedSamples) -> Void) { recording.pieces(take) }
}

extension Recording {
    /// The same without samples.
    var header: Recording {
        var copy = self
        switch samples {
        case .integer(_, let bits): copy.samples = .integer([], bits: bits)
        case .float: copy.samples = .float([])
        }
        return copy
    }

    /// Frames that are handed on at a time: a fifth of a second, and not so many that they fill a cache.
    static func piece(_ rate: Double) -> Int { max(1, min(1 << 17, Int(rate / 5))) }

    func pieces(_ take: (RecordedSamples) -> Void) {
        let step = Self.piece(rate)
        for begin in stride(from: 0, to: frames, by: step) {
            take(samples[begin * channels.count..<min(frames, begin + step) * channels.count])
        }
    }
}

/// A folder of our own waveforms, chunk by chunk, each compared with its hash.
struct StoredSamples: SampleSource {
    let reader: WaveformReader
    let header: Recording
    var frames: Int { reader.frames }

    init(_ folder: String) throws(RecordingTrouble) {
        reader = try WaveformReader(folder)
        header = try reader.wholeHeader()
    }

    func pieces(_ take: (RecordedSamples) -> Void) throws(RecordingTrouble) {
        var first = 0
        for index in reader.chunks.indices {
            let samples = try reader.samples(index)
            try header.checkSamples(reader.folder + "/" + reader.chunks[index].file, samples, from: first)
            first += reader.chunks[index].frames
            take(samples)
        }
    }
}

/// A file whose frames have one size, read piece by piece.
struct FramedFile: SampleSource {
    let path: String
    let header: Recording
    let frames: Int
    /// Where the first frame stands, and bytes of a frame.
    let begin: Int, size: Int
    /// Makes samples of bytes: the bytes, number of the first frame, offset of the first byte in the file.
    let decode: @Sendable ([UInt8], Int, Int) throws(RecordingTrouble) -> RecordedSamples

    func pieces(_ take: (RecordedSamples) -> Void) throws(RecordingTrouble) {
        let step = Recording.piece(header.rate)
        let file = try FileWindow(path)
        for first in stride(from: 0, to: frames, by: step) {
            let count = min(frames - first, step)
            let at = begin + first * size
            let bytes = try file.read(at, count * size)
            let samples = try decode(bytes, first, at)
            try header.checkSamples(path, samples, from: first)
            take(samples)
        }
    }
}

/// Parts of a file.
final class FileWindow {
    private let path: String
    private let descriptor: Int32
    /// Length of the file, bytes.
    let length: Int

    init(_ path: String) throws(RecordingTrouble) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw RecordingTrouble(path, .whole, "cannot be opened: \(String(cString: strerror(errno)))")
        }
        var information = stat()
        length = fstat(descriptor, &information) == 0 ? Int(information.st_size) : 0
    }

    deinit { close(descriptor) }

    /// So many bytes from a place; a file that has fewer is truncated.
    func read(_ at: Int, _ count: Int) throws(RecordingTrouble) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let got = bytes.withUnsafeMutableBytes { room in
                room.baseAddress.map { pread(descriptor, $0 + done, count - done, off_t(at + done)) } ?? 0
            }
            if got < 0, errno == EINTR { continue }
            guard got > 0 else {
                throw RecordingTrouble(path, .byte(at + done), "cannot be read further: truncated while it was read")
            }
            done += got
        }
        return bytes
    }
}
