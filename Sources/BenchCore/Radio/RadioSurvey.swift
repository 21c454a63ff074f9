/// Everything that was found in one recording of a radio receiver: bursts, duty cycles, hops, exposure, and what the rules say.
public struct RadioSurvey: Sendable, Hashable, Codable {
    /// Time on the air in a band.
    public struct BandDuty: Sendable, Hashable, Codable {
        /// The band, how many bursts, and seconds on the air in the whole recording.
        public var band: String, bursts: Int, onTime: Double
        /// The worst window.
        public var worst: DutyCycle.Worst
    }
    /// One channel of a transmitter that hops.
    public struct Channel: Sendable, Hashable, Codable {
        /// Mean centre frequency, Hz, and its bursts.
        public var centre: Double, bursts: [Int]
        /// Longest burst on it, seconds.
        public var longest: Double
    }

    /// File of the samples, its SHA-256, and the file that describes it.
    public var file: String, sha256: String, description: String?
    /// Form of the samples, samples a second, seconds, captures.
    public var form: RadioForm, rate: Double, duration: Double, captures: [RadioRecording.Capture]
    /// What counted as a burst.
    public var options: BurstOptions
    /// Width of a bin, Hz, and noise in the middle bin, dB of full scale.
    public var binWidth: Double, noise: Double
    /// What was told.
    public var setup: RadioSetup
    /// The bursts by their start.
    public var bursts: [RadioBurst]
    /// Time on the air in each band of the rules in which there was a burst.
    public var bands: [BandDuty]
    /// Channels, where there are bursts on more than one.
    public var channels: [Channel]
    /// Transmissions in a day at the rate of the recording.
    public var perDay: Double
    /// Rule files by identifier and SHA-256.
    public var rules: [String: String]
    /// What the rules say.
    public var verdicts: [RadioVerdict]
    /// What a reader should know.
    public var notes: [String]

    /// The verdict on the whole: the worst of all; «not tested» without rules or without bursts.
    public var overall: Verdict { Verdict.combine(verdicts.map(\.verdict)) }

    /// Surveys a recording. Throws `RecordingTrouble` where a sample cannot be read.
    /// - Parameters:
    ///   - rules: rules with the SHA-256 of their files.
    public static func make(
        _ recording: RadioRecording, _ options: BurstOptions = BurstOptions(), setup: RadioSetup = RadioSetup(),
        rules: [(rules: RadioRules, sha256: String)] = []
    ) throws -> RadioSurvey {
        var bursts: [RadioBurst] = []
        var noise = 0.0, binWidth = 0.0
        var seen: [ClosedRange<Double>] = []
        for capture in recording.captures {
            let detector = BurstDetector(rate: recording.rate, centre: capture.centre, options: options)
            try recording.pieces(of: capture) { detector.feed($0) }
            for var burst in detector.finish() {
                burst.sample += Double(capture.first)
                burst.start += capture.start
                bursts.append(burst)
            }
            (noise, binWidth) = (detector.noiseLevel, detector.binWidth)
            seen.append(capture.centre - recording.rate / 2...capture.centre + recording.rate / 2)
        }
        bursts.sort { ($0.start, $0.centre) < ($1.start, $1.centre) }
        let watched = recording.captures.reduce(0) { $0 + Double($1.count) / recording.rate }
        let judge = RadioJudge(bursts: bursts, setup: setup, duration: watched, seen: seen)
        let verdicts = rules.flatMap {
            judge.bands($0.rules) + judge.hopping($0.rules) + judge.modes($0.rules) + judge.exposure($0.rules)
        }
        let mine = bursts.indices.filter { setup.owner(bursts[$0]) != .other }
        var survey = RadioSurvey(
            file: recording.data, sha256: try Hash.sha256Hex(file: recording.data), description: recording.description,
            form: recording.form, rate: recording.rate, duration: watched, captures: recording.captures,
            options: options, binWidth: binWidth, noise: noise, setup: setup, bursts: bursts, bands: [], channels: [],
            perDay: watched > 0 ? Double(mine.count) / watched * 86_400 : 0,
            rules: Dictionary(rules.map { ($0.rules.id, $0.sha256) }, uniquingKeysWith: { first, _ in first }),
            verdicts: verdicts, notes: [])
        survey.bands = bands(bursts, mine, rules.map(\.rules))
        survey.channels = channels(bursts, mine)
        survey.notes = notes(survey, watched)
        return survey
    }

    private static func bands(_ bursts: [RadioBurst], _ mine: [Int], _ rules: [RadioRules]) -> [BandDuty] {
        var known: Set<RadioRules.Band> = []
        var result: [BandDuty] = []
        func add(_ name: String, _ chosen: [Int], _ window: Double) {
            let times = chosen.map { bursts[$0].interval }
            var worst = DutyCycle.worst(times, window: window)
            worst.bursts = worst.bursts.map { chosen[$0] }
            let sum = DutyCycle.union(times).reduce(0) { $0 + $1.upperBound - $1.lowerBound }
            result.append(BandDuty(band: name, bursts: chosen.count, onTime: sum, worst: worst))
        }
        for row in rules.flatMap(\.bands) where known.insert(row.band).inserted {
            let chosen = mine.filter { row.band.contains(bursts[$0].centre) }
            if !chosen.isEmpty { add(row.band.text, chosen, row.window) }
        }
        add("all", mine, 3600)
        return result
    }

    private static func channels(_ bursts: [RadioBurst], _ mine: [Int]) -> [Channel] {
        guard mine.count > 1 else { return [] }
        let chosen = mine.map { bursts[$0] }
        let width = chosen.map(\.bandwidth99).sorted()[chosen.count / 2]
        let channels = RadioJudge.channels(chosen, spacing: max(width, 10e3))
        guard channels.count > 1 else { return [] }
        return channels.map { list in
            Channel(
                centre: list.reduce(0) { $0 + chosen[$1].centre } / Double(list.count),
                bursts: list.map { mine[$0] }.sorted(),
                longest: list.map { chosen[$0].length }.max() ?? 0)
        }
    }

    private static func notes(_ survey: RadioSurvey, _ watched: Double) -> [String] {
        var notes: [String] = []
        let cut = survey.bursts.count { $0.cutAtStart || $0.cutAtEnd }
        if cut > 0 {
            notes.append("\(cut) bursts were on when the recording or a capture began or ended: they may be longer")
        }
        if survey.options.centreBins >= 0 {
            let width = (Double(survey.options.centreBins) + 0.5) * survey.binWidth
            notes.append(
                "within ± \(Decimal.fixed(width / 1e3, 1)) kHz of the centre frequency, where receivers show a line of their own, nothing narrow is seen"
            )
        }
        if survey.setup.meter != nil {
            let owners = survey.bursts.map(survey.setup.owner)
            notes.append(
                "\(owners.count { $0 == .meter }) bursts are this meter's, \(owners.count { $0 == .other }) another's, "
                    + "\(owners.count { $0 == .unknown }) nobody's that is known")
        } else if !survey.verdicts.isEmpty {
            notes.append(
                "every burst is taken for the meter's: nothing else may send where it was recorded, or name the meter")
        }
        if survey.setup.fullScale == nil {
            notes.append("powers are relative to full scale: nobody told what it is worth in dBm")
        }
        if survey.setup.representative, watched < 3600 {
            notes.append(
                "taken as told: the \(Decimal.fixed(watched, 3)) s of the recording show what goes on all the time")
        }
        return notes
    }
}
