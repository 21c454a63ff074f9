/// Writes a recording as COMTRADE of 2013 (IEEE C37.111-2013, IEC 60255-24:2013): in pieces, so that its length does not matter.
///
/// The name decides the packaging: `NAME.cfg` is written with `NAME.dat` beside it, `NAME.cff` as one file. Raw numbers,
/// scales and offsets are kept exactly; what a form cannot hold exactly is refused, never rounded. Commas in names
/// become semicolons, which COMTRADE cannot quote. Nothing is there before `finish`.
public final class ComtradeWriter {
    private let path: String
    private let header: Recording
    private let form: ComtradeForm
    private let frames: Int
    private let configuration: [UInt8]
    private let file: PiecewiseFile
    private let isSingle: Bool
    private var written = 0

    /// Begins a recording of so many frames, with the channels, rate and times of `header` (its samples do not count).
    ///
    /// Throws `RecordingTrouble` for what cannot be written, `Fault` of the disk.
    public init(
        _ path: String, like header: Recording, frames: Int, form: ComtradeForm, station: String = "MeterBench",
        device: String = ""
    ) throws {
        let suffix = path.suffix(4).lowercased()
        guard suffix == ".cfg" || suffix == ".cff" else {
            throw RecordingTrouble(path, .whole, "a COMTRADE recording is named .cfg (with .dat beside it) or .cff")
        }
        try header.checkHeader(path)
        guard frames > 0, frames < Int(UInt32.max) else {
            throw RecordingTrouble(path, .whole, "\(frames) frames cannot be numbered; 1 … 4294967294 can")
        }
        guard header.channels.count <= 999_999 else {
            throw RecordingTrouble(path, .whole, "\(header.channels.count) channels; COMTRADE ends at 999999")
        }
        self.path = path
        self.header = header
        self.form = form
        self.frames = frames
        isSingle = suffix == ".cff"
        configuration = Array(Self.text(header, frames, form, station, device).utf8)
        file = try PiecewiseFile(isSingle ? path : path.dropLast(3) + (path.last == "G" ? "DAT" : "dat"))
        guard isSingle else { return }
        try file.write("--- file type: CFG ---\r\n".utf8)
        try file.write(configuration)
        try file.write("--- file type: INF ---\r\n--- file type: HDR ---\r\n".utf8)
        let length = form == .ascii ? "" : ": \(frames * form.frameBytes(analog: header.channels.count, digital: 0))"
        try file.write("--- file type: DAT \(form.rawValue)\(length) ---\r\n".utf8)
    }

    /// Writes a whole recording.
    public static func write(
        _ recording: Recording, to path: String, form: ComtradeForm, station: String = "MeterBench", device: String = ""
    ) throws {
        let recording = try recording.checked(path)
        let writer = try ComtradeWriter(
            path, like: recording, frames: recording.frames, form: form, station: station, device: device)
        try writer.append(recording.samples)
        try writer.finish()
    }

    /// Adds frames. Throws `RecordingTrouble` for a number that the form cannot hold exactly.
    public func append(_ samples: RecordedSamples) throws {
        let width = header.channels.count
        let count = samples.count / width
        guard count * width == samples.count, written + count <= frames else {
            throw RecordingTrouble(
                path, .whole,
                "\(samples.count) samples after frame \(written) are no whole frames, or more than the \(frames) announced"
            )
        }
        for frame in 0..<count {
            var line: [UInt8] = []
            begin(&line)
            for channel in 0..<width {
                switch samples {
                case .integer(let values, _): try put(values[frame * width + channel], channel, &line)
                case .float(let values): try put(values[frame * width + channel], channel, &line)
                }
            }
            if form == .ascii { line += [13, 10] }
            try file.write(line)
            written += 1
        }
    }

    /// Puts the files in place. Throws where fewer frames came than announced.
    public func finish() throws {
        guard written == frames else {
            throw RecordingTrouble(path, .whole, "\(written) frames were written and \(frames) announced")
        }
        try file.finish()
        if !isSingle { try Disk.write(configuration, to: path) }
    }

    /// Number and time stamp of the next frame; the stamp is in µs, and left out where 32 bits do not hold it (8.4, 8.6).
    private func begin(_ line: inout [UInt8]) {
        let stamp = (Double(written) * 1e6 / header.rate).rounded()
        let fits = stamp < Double(UInt32.max)
        if form == .ascii {
            line += "\(written + 1),\(fits ? String(UInt32(stamp)) : "")".utf8
        } else {
            Self.put(UInt32(written + 1), &line)
            Self.put(fits ? UInt32(stamp) : .max, &line)
        }
    }

    private func put(_ value: Int32, _ channel: Int, _ line: inout [UInt8]) throws {
        switch form {
        case .ascii: line += ",\(value)".utf8
        case .binary:
            guard let short = Int16(exactly: value), short != .min else { throw cannot("\(value)", channel) }
            let bits = UInt16(bitPattern: short)
            line += [UInt8(truncatingIfNeeded: bits), UInt8(truncatingIfNeeded: bits >> 8)]
        case .binary32:
            guard value != .min else { throw cannot("\(value)", channel) }
            Self.put(UInt32(bitPattern: value), &line)
        case .float32:
            guard let float = Float(exactly: value) else { throw cannot("\(value)", channel) }
            Self.put(float.bitPattern, &line)
        }
    }

    private func put(_ value: Float, _ channel: Int, _ line: inout [UInt8]) throws {
        guard value.isFinite else { throw cannot("\(value)", channel) }
        switch form {
        case .ascii: line += ",\(Self.shortest(value))".utf8
        case .float32:
            guard value != -.greatestFiniteMagnitude else { throw cannot("\(value)", channel) }
            Self.put(value.bitPattern, &line)
        case .binary, .binary32:
            guard let whole = Int32(exactly: value) else { throw cannot("\(value)", channel) }
            try put(whole, channel, &line)
        }
    }

    private func cannot(_ value: String, _ channel: Int) -> RecordingTrouble {
        RecordingTrouble(
            path, .whole,
            "channel \(header.channels[channel].name), frame \(written): \(form.rawValue) cannot hold \(value) exactly; "
                + (form == .binary
                    ? "-32767 … 32767 can be written, BINARY32 or FLOAT32 holds more" : "another form does"))
    }

    private static func put(_ word: UInt32, _ line: inout [UInt8]) {
        for shift in stride(from: 0, to: 32, by: 8) { line.append(UInt8(truncatingIfNeeded: word >> UInt32(shift))) }
    }

    /// The shortest text that reads back as the same 32-bit float.
    private static func shortest(_ value: Float) -> String {
        let text = value.description
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text.uppercased()
    }

    /// The configuration (clause 7).
    private static func text(
        _ header: Recording, _ frames: Int, _ form: ComtradeForm, _ station: String, _ device: String
    ) -> String {
        func name(_ text: String) -> String {
            String(text.map { $0 == "," ? ";" : $0.isNewline || $0 == "\u{1A}" ? " " : $0 })
        }
        // Floating point numbers have a capital E (4.5).
        func number(_ value: Double) -> String { Decimal.shortest(value).uppercased() }
        var lines = ["\(name(station)),\(name(device)),2013", "\(header.channels.count),\(header.channels.count)A,0D"]
        let (floor, ceiling) = limits(form, header.samples)
        for (index, channel) in header.channels.enumerated() {
            let ratio = channel.transducer ?? TransducerRatio(primary: 1, secondary: 1, side: .primary)
            lines.append(
                [
                    "\(index + 1)", name(channel.name), name(channel.phase), name(channel.component),
                    name(channel.unit), number(channel.scale), number(channel.offset), number(channel.skew * 1e6),
                    number(max(channel.lowest ?? floor, floor)), number(min(channel.highest ?? ceiling, ceiling)),
                    number(ratio.primary), number(ratio.secondary), ratio.side.rawValue,
                ].joined(separator: ","))
        }
        let start = ComtradeMoment.fields(header.start)
        lines += [
            number(header.nominalFrequency ?? 0), "1", "\(number(header.rate)),\(frames)", start,
            header.trigger.map { ComtradeMoment.fields($0) } ?? start, form.rawValue, "1",
            // Stamps are UTC where there are any; how good the clock was is not vouched for (F), nor leap seconds (3).
            header.start == nil ? "x,x" : "0,0", "F,3",
        ]
        return lines.joined(separator: "\r\n") + "\r\n"
    }

    /// The lowest and highest number that a form holds, for channels whose own range is not known.
    private static func limits(_ form: ComtradeForm, _ samples: RecordedSamples) -> (Double, Double) {
        switch form {
        case .binary: return (-32_767, 32_767)
        case .binary32: return (-2_147_483_647, 2_147_483_647)
        case .float32: return (-3.4028234e38, 3.4028234e38)
        case .ascii:
            guard case .integer(_, let bits) = samples else { return (-3.4028234e38, 3.4028234e38) }
            return (-Double(Int64(1) << (bits - 1)), Double(Int64(1) << (bits - 1)) - 1)
        }
    }
}
