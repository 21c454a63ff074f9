/// Recordings in the common format for transient data exchange: IEEE C37.111-1991, 1999 and 2013 (IEC 60255-24).
public enum Comtrade {
    /// A recording with everything else that its configuration says.
    public struct Content: Sendable, Hashable {
        /// The configuration.
        public var configuration: ComtradeConfiguration
        /// The analog channels.
        public var recording: Recording
    }

    /// Reads a recording: `NAME.cfg` with `NAME.dat` beside it (either may be named), or one `NAME.cff`.
    ///
    /// A recording of several sampling rates is read one section (from 1) at a time. Throws `RecordingTrouble`: for
    /// missing samples, samples out of order, another number of them than stated, numbers that are none.
    public static func read(_ path: String, section: Int? = nil) throws(RecordingTrouble) -> Content {
        let suffix = path.suffix(4).lowercased()
        if suffix == ".cff" { return try ComtradeSections.read(path, RecordingTrouble.read(path), section) }
        guard suffix == ".cfg" || suffix == ".dat" else {
            throw RecordingTrouble(path, .whole, "is no COMTRADE recording by its name: .cfg, .dat or .cff is")
        }
        let (cfg, dat) = (try partner(path, "cfg"), try partner(path, "dat"))
        let bytes = try RecordingTrouble.read(cfg)
        let configuration = try ComtradeConfigurationReader.read(RecordingText(cfg, bytes, 0..<bytes.count))
        let data = try RecordingTrouble.read(dat)
        return try content(
            configuration, cfg,
            ComtradeDataReader(
                file: dat, bytes: data, range: 0..<data.count, firstLine: 1, configuration: configuration,
                configurationFile: cfg), section)
    }

    /// Binary data that are read piece by piece; `nil` for texts, several sections, stamps instead of a rate, and data that are not as the configuration
    /// says: those are read whole.
    static func source(_ path: String) throws(RecordingTrouble) -> (any SampleSource)? {
        guard ["cfg", "dat"].contains(path.suffix(3).lowercased()) else { return nil }
        let (cfg, dat) = (try partner(path, "cfg"), try partner(path, "dat"))
        let bytes = try RecordingTrouble.read(cfg)
        let configuration = try ComtradeConfigurationReader.read(RecordingText(cfg, bytes, 0..<bytes.count))
        let sections = configuration.sections
        guard configuration.form != .ascii, sections.count == 1, sections[0].rate > 0 else { return nil }
        let size = configuration.form.frameBytes(
            analog: configuration.channels.count, digital: configuration.digital)
        let file = try FileWindow(dat)
        let frames = sections[0].end
        guard frames > 0, file.length == frames * size else { return nil }
        let number = try file.read(0, 4).enumerated().reduce(UInt32(0)) {
            $0 | UInt32($1.element) << UInt32(8 * $1.offset)
        }
        let header = Recording(
            channels: configuration.channels, rate: sections[0].rate, start: configuration.startUTC,
            samples: configuration.form == .float32
                ? .float([]) : .integer([], bits: configuration.form == .binary ? 16 : 32),
            trigger: configuration.triggerUTC, nominalFrequency: configuration.frequency)
        try header.checkHeader(dat)
        return FramedFile(path: dat, header: header, frames: frames, begin: 0, size: size) {
            bytes, first, base throws(RecordingTrouble) in
            try ComtradeDataReader(
                file: dat, bytes: bytes, range: 0..<bytes.count, firstLine: 1, configuration: configuration,
                configurationFile: cfg
            ).binary(bytes.count / size, from: first, first: number, base: base).samples
        }
    }

    /// The file of the same name with another ending, in lower or upper case.
    private static func partner(_ path: String, _ ending: String) throws(RecordingTrouble) -> String {
        if path.lowercased().hasSuffix("." + ending) { return path }
        let stem = path.dropLast(3)
        for candidate in [ending, ending.uppercased(), ending.prefix(1).uppercased() + ending.dropFirst()]
        where Disk.exists(stem + candidate) {
            return stem + candidate
        }
        throw RecordingTrouble(
            path, .whole, "there is no \(Disk.name(stem + ending)) beside it: a recording is both files")
    }

    /// Puts configuration and data together.
    static func content(
        _ configuration: ComtradeConfiguration, _ file: String, _ reader: ComtradeDataReader, _ section: Int?
    ) throws(RecordingTrouble) -> Content {
        let sections = configuration.sections
        func place(_ section: ComtradeConfiguration.Section) -> RecordingTrouble.Place {
            .text(line: section.line, column: 1)
        }
        guard let number = section ?? (sections.count == 1 ? 1 : nil) else {
            let rates = sections.map { Decimal.shortest($0.rate) }.joined(separator: ", ")
            throw RecordingTrouble(
                file, place(sections[0]),
                "the recording has \(sections.count) sampling rates (\(rates) frames a second): "
                    + "name the section to read, 1 … \(sections.count)")
        }
        guard sections.indices.contains(number - 1) else {
            throw RecordingTrouble(
                file, place(sections[0]), "there is no section \(number); 1 … \(sections.count) are there")
        }
        let data = try reader.read()
        let width = configuration.channels.count
        var rate = sections[number - 1].rate
        if rate == 0 { rate = try Self.rate(data.stamps, configuration, reader.file) }
        let first = number == 1 ? 0 : sections[number - 2].end
        // The first sample of a section is taken one step of its own rate after the last of the section before.
        var delay = 0.0
        for (index, earlier) in sections[..<(number - 1)].enumerated() {
            delay += Double(earlier.end - (index == 0 ? 1 : sections[index - 1].end)) / earlier.rate
        }
        if number > 1 { delay += 1 / rate }
        let start = configuration.startUTC.flatMap { RecordingTime($0)?.adding(delay)?.text }
        let recording = Recording(
            channels: configuration.channels, rate: rate, start: start,
            samples: sections.count == 1
                ? data.samples : data.samples[first * width..<sections[number - 1].end * width],
            trigger: configuration.triggerUTC, nominalFrequency: configuration.frequency)
        return Content(configuration: configuration, recording: try recording.checked(reader.file))
    }

    /// The rate that time stamps tell, where they are equally spaced to within their rounding.
    private static func rate(
        _ stamps: [Int64], _ configuration: ComtradeConfiguration, _ file: String
    ) throws(RecordingTrouble) -> Double {
        guard stamps.count > 1, let first = stamps.first, let last = stamps.last, last > first else {
            throw RecordingTrouble(file, .whole, "the time stamps tell no sampling rate: they do not rise")
        }
        let step = Double(last - first) / Double(stamps.count - 1)
        for (number, stamp) in stamps.enumerated() {
            let wanted = Double(first) + Double(number) * step
            // Each stamp is rounded or cut to whole units.
            guard abs(Double(stamp) - wanted) <= 1.5 else {
                throw RecordingTrouble(
                    file, .whole,
                    "sample \(number + 1) was taken \(Decimal.shortest(Double(stamp) - wanted)) stamp units away from equal spacing: "
                        + "only equally spaced samples can be analysed")
            }
        }
        return 1 / (step * configuration.stampUnit)
    }
}
