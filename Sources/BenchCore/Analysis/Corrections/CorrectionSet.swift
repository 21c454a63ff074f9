/// Corrections of the channels of a recording, from one or several files, with what evidence names them by.
public struct CorrectionSet: Sendable, Hashable {
    /// The sampling clock against its nominal rate.
    public struct Clock: Sendable, Hashable, Codable {
        /// True rate over nominal rate less one, and its standard uncertainty.
        public var deviation: Double, uncertainty: Double
        /// Where they come from.
        public var traceability: Traceability

        /// A clock by its parts.
        public init(deviation: Double, uncertainty: Double, traceability: Traceability) {
            self.deviation = deviation
            self.uncertainty = uncertainty
            self.traceability = traceability
        }
    }

    /// One certificate that a result rests on.
    public struct Certificate: Sendable, Hashable, Codable {
        /// The channel, empty for the clock; `digitizer`, `clock`, or the kind of the transducer.
        public var channel: String, part: String
        /// Maker, type and serial number; empty for the clock.
        public var instrument: String
        /// The certificate.
        public var traceability: Traceability
    }

    /// A file as evidence names it.
    public struct Reference: Sendable, Hashable, Codable {
        /// The file as it was named, its identifier, the SHA-256 of its bytes.
        public var file: String, id: String, sha256: String
        /// Its certificates, in the order of the file.
        public var certificates: [Certificate]
    }

    /// Corrections by channel.
    public private(set) var channels: [String: ChannelCorrection] = [:]
    /// The clock; `nil` where nothing is known of it.
    public private(set) var clock: Clock?
    /// The files.
    public private(set) var files: [Reference] = []

    /// No corrections.
    public init() {}

    /// Corrections that come from no file: for tests and simulators.
    init(_ corrections: [ChannelCorrection], clock: Clock? = nil) {
        for correction in corrections { channels[correction.channel] = correction }
        self.clock = clock
    }

    /// Reads a file and adds what it says. Throws `Diagnostics` with every complaint; a channel or clock that an earlier file has is one.
    public mutating func add(_ bytes: [UInt8], file: String) throws {
        let loaded = try CorrectionFile.read(bytes, file: file)
        let contents = loaded.value
        var twice: [Diagnostic] = []
        for (n, correction) in contents.channels.enumerated() where channels[correction.channel] != nil {
            twice.append(
                loaded.diagnostic(
                    "channels[\(n)].channel", "another file corrects channel «\(correction.channel)» already"))
        }
        if contents.clock != nil, clock != nil {
            twice.append(loaded.diagnostic("clock", "another file speaks of the clock already"))
        }
        guard twice.isEmpty else { throw Diagnostics(all: twice) }
        for correction in contents.channels { channels[correction.channel] = correction }
        var certificates = contents.channels.flatMap(Self.certificates)
        if let clock = contents.clock {
            self.clock = clock
            certificates.append(
                Certificate(channel: "", part: "clock", instrument: "", traceability: clock.traceability))
        }
        files.append(
            Reference(file: file, id: contents.id, sha256: Hash.sha256Hex(bytes), certificates: certificates))
    }

    /// Reads files from disk. Throws `Diagnostics`, or `Fault(.storage)`.
    public init(files: [String]) throws {
        for file in files { try add(try Disk.read(file), file: file) }
    }

    /// The corrections of some channels, with the clock; all its files stay named.
    func only(_ names: [String]) -> CorrectionSet {
        var copy = self
        copy.channels = channels.filter { names.contains($0.key) }
        return copy
    }

    /// Certificates that do not cover a day (`YYYY-MM-DD`), each with the file that names it and a sentence.
    public func invalid(on day: String) -> [(file: String, message: String)] {
        files.flatMap { file in
            file.certificates.filter { day > $0.traceability.validUntil || day < $0.traceability.calibrated }.map {
                let part = $0.channel.isEmpty ? $0.part : "\($0.part) of channel \($0.channel)"
                return (
                    file.file,
                    "certificate \($0.traceability.certificate) of the \(part) is for \($0.traceability.calibrated) … "
                        + "\($0.traceability.validUntil), and today is \(day)"
                )
            }
        }
    }

    private static func certificates(_ correction: ChannelCorrection) -> [Certificate] {
        var found: [Certificate] = []
        if let part = correction.digitizer {
            found.append(
                Certificate(
                    channel: correction.channel, part: "digitizer", instrument: part.text,
                    traceability: part.traceability))
        }
        if let transducer = correction.transducer {
            found.append(
                Certificate(
                    channel: correction.channel, part: transducer.kind.rawValue, instrument: transducer.part.text,
                    traceability: transducer.part.traceability))
        }
        return found
    }
}

/// Corrections as they fit one recording: each channel's, for the size of its signal.
public struct AppliedCorrections: Sendable, Hashable {
    /// One for each channel of the recording; `nil` where there is nothing to correct.
    public var channels: [ChannelCorrection?]
    /// Standard uncertainty of the sampling rate, as a share; `nil` where nothing is known of the clock.
    public var clockUncertainty: Double?
    /// The files.
    public var files: [CorrectionSet.Reference]
    /// What a person should know: channels without correction, certificates out of date.
    public var notes: [String]

    /// What the recording itself says, its channels' skews, and nothing else.
    public init(_ recording: Recording) {
        channels = recording.channels.map { channel in
            channel.skew == 0 ? nil : ChannelCorrection(channel: channel.name, skew: channel.skew)
        }
        files = []
        notes = []
    }
}

extension CorrectionSet {
    /// Fits the corrections to a recording: the nominal ratios, offsets and the clock go into its scales and rate, the rest comes back.
    ///
    /// Throws `RecordingTrouble` where a channel is not in the recording, its unit is not the transducer's, or the size of its signal was not calibrated.
    public func apply(to recording: inout Recording, _ file: String) throws(RecordingTrouble) -> AppliedCorrections {
        let levels = recording.channels.indices.map { n in
            channels[recording.channels[n].name] == nil
                ? 0 : Aggregation.rms(recording.physical(n)) * (PhaseAssignment.factor(recording.channels[n]) ?? 1)
        }
        return try apply(to: &recording, file, levels: levels)
    }

    /// The same, with the effective values of the channels, V and A, known from elsewhere.
    func apply(
        to recording: inout Recording, _ file: String, levels: [Double]
    ) throws(RecordingTrouble) -> AppliedCorrections {
        var applied = AppliedCorrections(recording)
        applied.files = files
        let names = recording.channels.map(\.name)
        for name in channels.keys.sorted() where !names.contains(name) {
            throw RecordingTrouble(
                file, .whole,
                "has no channel «\(name)», which the corrections are for; it has \(names.joined(separator: ", "))")
        }
        for n in recording.channels.indices {
            let name = names[n]
            guard let correction = channels[name] else {
                if !channels.isEmpty, PhaseAssignment.factor(recording.channels[n]) != nil {
                    applied.notes.append("\(name) has no correction: its values are as recorded")
                }
                continue
            }
            applied.channels[n] = try Self.fit(correction, &recording.channels[n], levels[n], file, &applied.notes)
        }
        if clock == nil, !channels.isEmpty {
            applied.notes.append(
                "no file speaks of the sampling clock: it is in no uncertainty of frequency and energy")
        }
        if let clock {
            recording.rate *= 1 + clock.deviation
            applied.clockUncertainty = clock.uncertainty
        }
        applied.notes += validity(recording.start)
        return applied
    }

    /// Changes a channel's scale and unit as the correction says, and chooses the rows for the size of its signal.
    private static func fit(
        _ correction: ChannelCorrection, _ channel: inout RecordedChannel, _ level: Double, _ file: String,
        _ notes: inout [String]
    ) throws(RecordingTrouble) -> ChannelCorrection {
        func trouble(_ message: String) -> RecordingTrouble {
            RecordingTrouble(file, .whole, "channel \(channel.name): \(message)")
        }
        var level = level, correction = correction
        if let scale = correction.scale, let unit = correction.scaleUnit {
            guard channel.unit.isEmpty else {
                throw trouble("its values are in \(channel.unit) already; «scale» is for recordings without a unit")
            }
            channel.scale *= scale
            channel.offset *= scale
            channel.unit = unit
            level *= scale
        }
        // V and A without prefix, so that offsets and ratios mean what they say.
        guard let factor = PhaseAssignment.factor(channel), let last = channel.unit.last else {
            throw trouble(
                "its unit is «\(channel.unit)»; corrections are of V and A («scale» gives a unit where there is none)")
        }
        channel.scale *= factor
        channel.offset = channel.offset * factor - correction.offset
        channel.unit = last.uppercased()
        if let transducer = correction.transducer {
            let wanted = transducer.isInRecording ? transducer.inputUnit : transducer.outputUnit
            guard channel.unit == wanted else {
                throw trouble(
                    "its values are in \(channel.unit); with «in-recording: \(transducer.isInRecording ? "yes" : "no")» the \(transducer.kind.rawValue) wants \(wanted)"
                )
            }
            if let side = channel.transducer?.side, (side == .primary) != transducer.isInRecording {
                throw trouble(
                    "the recording says its values are \(side == .primary ? "primary" : "secondary"), the corrections say «in-recording: \(transducer.isInRecording ? "yes" : "no")»"
                )
            }
            if transducer.isInRecording {
                level /= transducer.ratio
            } else {
                channel.scale *= transducer.ratio
                channel.offset *= transducer.ratio
                channel.unit = transducer.inputUnit
                correction.offsetUncertainty *= transducer.ratio
            }
        }
        if correction.skew == nil {
            correction.skew = channel.skew
        } else if channel.skew != 0 {
            notes.append("\(channel.name): the skew of the corrections stands for that of the recording")
        }
        do throws(ValueTrouble) {
            return try correction.at(level: level)
        } catch {
            throw trouble(error.message)
        }
    }

    /// Certificates that do not cover the day of the recording.
    private func validity(_ start: String?) -> [String] {
        let all = files.flatMap(\.certificates)
        guard !all.isEmpty else { return [] }
        guard let day = start?.prefix(10) else {
            return ["the recording does not say when it was made: validity of the certificates was not checked"]
        }
        return all.filter { day > $0.traceability.validUntil || day < $0.traceability.calibrated }.map {
            "\($0.channel.isEmpty ? "" : "\($0.channel) ")\($0.part): certificate \($0.traceability.certificate) is for "
                + "\($0.traceability.calibrated) … \($0.traceability.validUntil), the recording of \(day)"
        }
    }
}
