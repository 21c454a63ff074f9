/// Reads sound files: RIFF WAVE with PCM of 16, 24 or 32 bits or 32-bit float, also WAVE_FORMAT_EXTENSIBLE and RF64.
///
/// Sources: Multimedia Programming Interface and Data Specifications 1.0 (IBM and Microsoft, 1991), chapter 3; Microsoft,
/// Multiple Channel Audio Data and WAVE Files (2007); EBU Tech 3306 (RF64, 2009).
public enum WaveFile {
    /// Reads a recording. Channels are named `1`, `2` … and count parts of the full scale (integers) or the file's own numbers
    /// (floats), unless `channels` says what they are. Throws `RecordingTrouble`.
    public static func read(
        _ path: String, channels: [RecordedChannel]? = nil, start: String? = nil
    ) throws(RecordingTrouble) -> Recording {
        let bytes = try RecordingTrouble.read(path)
        let parts = try Parts(path, bytes, bytes.count)
        let format = try Format(path, bytes, parts)
        let frame = format.form.width * format.channels
        guard parts.data.count % frame == 0 else {
            throw RecordingTrouble(
                path, .byte(parts.data.lowerBound + parts.data.count / frame * frame),
                "the data end with \(parts.data.count % frame) bytes of a frame of \(frame): truncated")
        }
        if let channels, channels.count != format.channels {
            throw RecordingTrouble(
                path, .byte(format.at + 2), "has \(format.channels) channels, not the \(channels.count) that were named"
            )
        }
        let recording = Recording(
            channels: channels ?? format.described, rate: Double(format.rate), start: start,
            samples: format.form.samples(bytes[parts.data]))
        return try recording.checked(path)
    }

    /// A file that is read piece by piece; `nil` where only all of it says what it is, or what is wrong with it.
    static func source(_ path: String) throws(RecordingTrouble) -> (any SampleSource)? {
        let file = try FileWindow(path)
        let head = try file.read(0, min(file.length, 1 << 16))
        guard let parts = try? Parts(path, head, file.length), let format = try? Format(path, head, parts) else {
            return nil
        }
        let frame = format.form.width * format.channels
        guard parts.data.count % frame == 0, !parts.data.isEmpty else { return nil }
        let form = format.form
        let header = Recording(
            channels: format.described, rate: Double(format.rate), samples: form.samples(ArraySlice()))
        try header.checkHeader(path)
        return FramedFile(
            path: path, header: header, frames: parts.data.count / frame, begin: parts.data.lowerBound, size: frame
        ) { bytes, _, _ in form.samples(bytes[...]) }
    }

    fileprivate static func number(_ bytes: [UInt8], _ at: Int, _ width: Int) -> UInt64 {
        (0..<width).reduce(0) { $0 | UInt64(bytes[at + $1]) << UInt64(8 * $1) }
    }

    fileprivate static func name(_ bytes: [UInt8], _ at: Int) -> String { RecordingText.decode(bytes[at..<at + 4]) }

    /// Where the chunks `fmt ` and `data` stand.
    private struct Parts {
        var format: Range<Int>
        var data: Range<Int>

        /// - Parameters:
        ///   - bytes: the file, or its beginning up to the data at least.
        ///   - size: length of the whole file.
        init(_ path: String, _ bytes: [UInt8], _ size: Int) throws(RecordingTrouble) {
            let total = size
            let kind = bytes.count >= 12 ? WaveFile.name(bytes, 0) : ""
            guard ["RIFF", "RF64"].contains(kind), WaveFile.name(bytes, 8) == "WAVE" else {
                throw RecordingTrouble(path, .byte(0), "is no WAVE file: it does not begin with «RIFF….WAVE»")
            }
            var sizes: (riff: UInt64, data: UInt64)?
            var (format, data): (Range<Int>?, Range<Int>?)
            var at = 12
            while at + 8 <= bytes.count {
                let name = WaveFile.name(bytes, at)
                var size = WaveFile.number(bytes, at + 4, 4)
                if name == "data", let sizes, size == 0xFFFF_FFFF { size = sizes.data }
                guard size <= UInt64(total - at - 8) else {
                    throw RecordingTrouble(
                        path, .byte(at + 4),
                        "the chunk «\(name)» should have \(size) bytes, and \(total - at - 8) follow: truncated")
                }
                let content = at + 8..<at + 8 + Int(size)
                switch name {
                case "ds64" where kind == "RF64" && content.count >= 24:
                    sizes = (
                        WaveFile.number(bytes, content.lowerBound, 8), WaveFile.number(bytes, content.lowerBound + 8, 8)
                    )
                case "fmt ": format = format ?? content
                case "data":
                    guard data == nil else { throw RecordingTrouble(path, .byte(at), "a second chunk «data»") }
                    data = content
                default: break
                }
                // Chunks begin at even places.
                at = content.upperBound + content.count % 2
            }
            guard let format else { throw RecordingTrouble(path, .byte(at), "has no chunk «fmt »: truncated") }
            guard let data else { throw RecordingTrouble(path, .byte(at), "has no chunk «data»: truncated") }
            guard format.upperBound <= data.lowerBound else {
                throw RecordingTrouble(path, .byte(format.lowerBound), "the chunk «fmt » stands behind the data")
            }
            let stated = kind == "RF64" ? sizes?.riff : WaveFile.number(bytes, 4, 4)
            guard let stated, stated <= UInt64(total - 7),
                stated >= UInt64(data.upperBound) - 8
            else {
                throw RecordingTrouble(
                    path, .byte(4),
                    "says \(stated.map { String($0) } ?? "no") bytes follow, and \(total - 8) do: truncated, or not finished by its recorder"
                )
            }
            self.format = format
            self.data = data
        }
    }

    /// What the chunk `fmt ` says.
    private struct Format {
        let at: Int
        let channels: Int
        let rate: UInt64
        let form: SampleForm
        /// Bits of a number that count, from the top.
        let valid: Int

        init(_ path: String, _ bytes: [UInt8], _ parts: Parts) throws(RecordingTrouble) {
            at = parts.format.lowerBound
            guard parts.format.count >= 16 else {
                throw RecordingTrouble(
                    path, .byte(at), "the chunk «fmt » has \(parts.format.count) bytes; at least 16 belong there")
            }
            channels = Int(WaveFile.number(bytes, at + 2, 2))
            rate = WaveFile.number(bytes, at + 4, 4)
            let bits = Int(WaveFile.number(bytes, at + 14, 2))
            var tag = WaveFile.number(bytes, at, 2)
            var valid = bits
            if tag == 0xFFFE {
                guard parts.format.count >= 40 else {
                    throw RecordingTrouble(
                        path, .byte(at), "the extensible «fmt » has \(parts.format.count) bytes; 40 belong there")
                }
                // KSDATAFORMAT_SUBTYPE_…: the old tag, then the same fourteen bytes.
                let rest: [UInt8] = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71]
                tag = Array(bytes[at + 26..<at + 40]) == rest ? WaveFile.number(bytes, at + 24, 2) : 0xFFFE
                let stated = Int(WaveFile.number(bytes, at + 18, 2))
                if stated > 0, stated <= bits { valid = stated }
            }
            self.valid = valid
            switch (tag, bits) {
            case (1, 16): form = .int16
            case (1, 24): form = .int24
            case (1, 32): form = .int32
            case (3, 32): form = .float32
            default:
                throw RecordingTrouble(
                    path, .byte(at),
                    "holds samples of \(bits) bits in format \(tag); PCM (1) of 16, 24 or 32 bits and float (3) of 32 can be read"
                )
            }
            guard channels > 0 else { throw RecordingTrouble(path, .byte(at + 2), "has no channel") }
            let block = WaveFile.number(bytes, at + 12, 2)
            guard block == UInt64(channels * form.width) else {
                throw RecordingTrouble(
                    path, .byte(at + 12),
                    "says \(block) bytes a frame; \(channels) channels of \(bits) bits have \(channels * form.width)")
            }
        }

        /// Channels as the file knows them.
        var described: [RecordedChannel] {
            (1...channels).map { number in
                guard form != .float32 else { return RecordedChannel(name: "\(number)", unit: "") }
                let full = Double(Int64(1) << (8 * form.width - 1))
                let step = Double(Int64(1) << (8 * form.width - valid))
                return RecordedChannel(
                    name: "\(number)", unit: "", scale: 1 / full, lowest: -full, highest: full - step)
            }
        }
    }
}
