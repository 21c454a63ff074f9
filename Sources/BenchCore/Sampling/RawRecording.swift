/// How numbers stand in a file or a stream that says nothing of itself; all little endian.
public enum SampleForm: String, Sendable, Hashable, Codable, CaseIterable {
    case int16, int24, int32, float32

    /// Bytes of a number.
    public var width: Int {
        switch self {
        case .int16: 2
        case .int24: 3
        case .int32, .float32: 4
        }
    }

    /// The numbers that bytes hold; what is left over at the end is not read.
    func samples(_ bytes: ArraySlice<UInt8>) -> RecordedSamples { bytes.withUnsafeBytes { samples($0) } }

    /// The numbers that the bytes of a block hold; what is left over at the end is not read.
    public func samples(_ raw: UnsafeRawBufferPointer) -> RecordedSamples {
        let count = raw.count / width
        func word(_ at: Int) -> UInt32 {
            UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: at, as: UInt32.self))
        }
        switch self {
        case .int16:
            return .integer(
                (0..<count).map {
                    Int32(Int16(littleEndian: raw.loadUnaligned(fromByteOffset: 2 * $0, as: Int16.self)))
                }, bits: 16)
        case .int24:
            return .integer(
                (0..<count).map {
                    Int32(raw[3 * $0]) | Int32(raw[3 * $0 + 1]) << 8 | Int32(Int8(bitPattern: raw[3 * $0 + 2])) << 16
                }, bits: 24)
        case .int32: return .integer((0..<count).map { Int32(bitPattern: word(4 * $0)) }, bits: 32)
        case .float32: return .float((0..<count).map { Float(bitPattern: word(4 * $0)) })
        }
    }
}

/// Reads bare numbers, frame after frame, as digitizers and small programs write them.
public enum RawRecording {
    /// Reads a file of interleaved little-endian numbers; everything else has to be told. Throws `RecordingTrouble`.
    public static func read(
        _ path: String, form: SampleForm, channels: [RecordedChannel], rate: Double, start: String? = nil
    ) throws(RecordingTrouble) -> Recording {
        let bytes = try RecordingTrouble.read(path)
        let header = Recording(channels: channels, rate: rate, start: start, samples: form.samples(ArraySlice()))
        try header.checkHeader(path)
        let frame = form.width * channels.count
        guard bytes.count % frame == 0 else {
            throw RecordingTrouble(
                path, .byte(bytes.count / frame * frame),
                "ends with \(bytes.count % frame) bytes of a frame of \(frame) (\(channels.count) channels of \(form.rawValue)): "
                    + "truncated, or another number of channels or form")
        }
        var recording = header
        recording.samples = form.samples(bytes[...])
        return try recording.checked(path)
    }
}
