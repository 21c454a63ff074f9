/// Writes a recording as comma-separated values (RFC 4180): a line of headings, then time and physical values of each frame.
///
/// The first column is the time since the first frame, s; headings are `t/s`, `U1/V`, `I1/A` … Every number is the shortest
/// text that reads back as the same 64-bit float.
public final class CSVRecording {
    private let header: Recording
    private let path: String
    private let file: PiecewiseFile
    private var written = 0

    /// Begins a file for recordings with the channels and rate of `header`. Throws `RecordingTrouble`, `Fault` of the disk.
    public init(_ path: String, like header: Recording) throws {
        try header.checkHeader(path)
        self.path = path
        self.header = header
        file = try PiecewiseFile(path)
        let names = ["t/s"] + header.channels.map { $0.unit.isEmpty ? $0.name : "\($0.name)/\($0.unit)" }
        try file.write((names.map(Self.quoted).joined(separator: ",") + "\r\n").utf8)
    }

    /// Writes a whole recording.
    public static func write(_ recording: Recording, to path: String) throws {
        let recording = try recording.checked(path)
        let writer = try CSVRecording(path, like: recording)
        try writer.append(recording.samples)
        try writer.finish()
    }

    /// Adds frames.
    public func append(_ samples: RecordedSamples) throws {
        let width = header.channels.count
        guard samples.count % width == 0 else {
            throw RecordingTrouble(path, .whole, "\(samples.count) samples are no whole frames of \(width) channels")
        }
        for frame in 0..<samples.count / width {
            var line = Decimal.shortest(Double(written) / header.rate)
            for (index, channel) in header.channels.enumerated() {
                let raw =
                    switch samples {
                    case .integer(let values, _): Double(values[frame * width + index])
                    case .float(let values): Double(values[frame * width + index])
                    }
                line += "," + Decimal.shortest(channel.scale * raw + channel.offset)
            }
            try file.write((line + "\r\n").utf8)
            written += 1
        }
    }

    /// Puts the file in place.
    public func finish() throws { try file.finish() }

    /// A heading, in quotes where it needs them.
    private static func quoted(_ text: String) -> String {
        guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}
