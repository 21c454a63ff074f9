/// What a waveform folder begins with: everything about the samples but the samples.
public struct WaveformHeader: Sendable, Hashable, Codable {
    /// `meterbench-waveforms-1`.
    public var format: String
    /// `integer` or `float` (32-bit IEEE 754).
    public var kind: Kind
    /// Bits of an integer, 1 … 32; 32 for floats.
    public var bits: Int
    /// The channels in order of their numbers in a frame.
    public var channels: [RecordedChannel]
    /// Frames a second.
    public var rate: Double
    /// Time of the first frame, UTC; absent where nobody knows.
    public var start: String?
    /// Nominal frequency of the line, Hz; absent where nobody said.
    public var nominalFrequency: Double?
    /// Frames of a full chunk.
    public var chunkFrames: Int

    /// What the numbers are.
    public enum Kind: String, Sendable, Hashable, Codable { case integer, float }

    /// The only form there is today.
    public static let form = "meterbench-waveforms-1"

    /// A header by its parts. One chunk a second is a good length: short enough to lose little, long enough to compress well.
    public init(
        kind: Kind, bits: Int, channels: [RecordedChannel], rate: Double, start: String? = nil,
        nominalFrequency: Double? = nil, chunkFrames: Int
    ) {
        format = Self.form
        self.kind = kind
        self.bits = kind == .float ? 32 : bits
        self.channels = channels
        self.rate = rate
        self.start = start
        self.nominalFrequency = nominalFrequency
        self.chunkFrames = chunkFrames
    }

    /// How the numbers are compressed.
    var packed: WavPack.Form { kind == .float ? .float : .integer(bytes: max(2, (bits + 7) / 8)) }

    /// What the parts have to be.
    func check(_ file: String) throws(RecordingTrouble) {
        let recording = Recording(channels: channels, rate: rate, start: start, samples: .float([]))
        try recording.checkHeader(file)
        // WavPack 5: at most 4096 channels (WAVPACK_MAX_CHANS); 256 are what its programs open.
        guard format == Self.form, (1...32).contains(bits), channels.count <= 256,
            (1...(1 << 28) / channels.count).contains(chunkFrames)
        else {
            throw RecordingTrouble(
                file, .whole,
                "\(channels.count) channels of \(bits) bits in chunks of \(chunkFrames) frames (\(format)) cannot be kept: "
                    + "1 … 256 channels, 1 … 32 bits, at most \((1 << 28) / max(1, channels.count)) frames")
        }
    }

    /// The most bytes that so many frames can take in chunks, with the index: an upper bound for planning, since
    /// compression can only be measured. Noise that fills all bits takes about this much.
    public func largestBytes(frames: Int) -> Int {
        let chunks = (frames + chunkFrames - 1) / chunkFrames
        let raw = frames * channels.count * (packed.bytes + (kind == .float ? 1 : 0))
        // A block of WavPack has a header of 32 bytes and side information below 512; blocks of one or two channels.
        let blocks = chunks * (1 + chunkFrames / 4096) * ((channels.count + 1) / 2)
        return raw + raw / 16 + blocks * 640 + chunks * 400 + 1024 + channels.count * 400
    }
}

/// A chunk of a waveform folder: one file of contiguous frames.
public struct WaveformChunk: Sendable, Hashable, Codable {
    /// Number, from 1; the file is named after it in at least six digits: `000001.wv`.
    public var number: Int
    /// Number of its first frame, from 0; frames known to be lost are counted.
    public var first: Int
    /// How many frames.
    public var frames: Int
    /// Length of the file in bytes.
    public var bytes: Int
    /// SHA-256 of the file.
    public var sha256: String

    /// The file's name.
    public var file: String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 6 - digits.count)) + digits + ".wv"
    }
}

/// Frames that were lost between two chunks.
public struct WaveformGap: Sendable, Hashable, Codable {
    /// Number of the first frame lost.
    public var first: Int
    /// How many; absent where nobody knows.
    public var frames: Int?
    /// Why, as the digitizer or the ring says it.
    public var reason: String
}

/// The time of a frame, with where that time came from.
public struct WaveformStamp: Sendable, Hashable, Codable {
    /// Number of the frame.
    public var frame: Int
    /// UTC.
    public var utc: String
    /// Traceability of the clock.
    public var traceability: String
}

/// The end of a recording that was ended, not cut off.
public struct WaveformEnd: Sendable, Hashable, Codable {
    /// How many chunks there are, frames in them, and bytes of their files.
    public var chunks: Int, frames: Int, bytes: Int
}

/// One line of `index.jsonl`: exactly one of its kinds, and the hash of the line before.
struct WaveformLine: Sendable, Hashable, Codable {
    var header: WaveformHeader?
    var chunk: WaveformChunk?
    var gap: WaveformGap?
    var stamp: WaveformStamp?
    var end: WaveformEnd?
    /// SHA-256 of the line before without its newline; 64 zeros on the first.
    var prev = ""

    var kinds: Int {
        (header == nil ? 0 : 1) + (chunk == nil ? 0 : 1) + (gap == nil ? 0 : 1) + (stamp == nil ? 0 : 1)
            + (end == nil ? 0 : 1)
    }
}
