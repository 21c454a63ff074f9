import BenchCore

extension Verb {
    static let radio = Verb(
        "radio",
        "FILE… [--rules RULES[,RULES…]] [--form cs8|cu8|cs16|cf32 --rate R] [--centre HZ] [--meter \"ABC 12345678\"] "
            + "[--full-scale \"14.2 ± 1.5 dBm erp\"] [--antenna-gain DBI] [--uses metering,…] [--distance METRES] [--reflection F] "
            + "[--decision RULE] [--resolution HZ] [--polite] [--representative] [--occupational] [--no-decoding] [--keep-centre] [--json]",
        "bursts, duty cycle, dwell, exposure and verdicts from recordings of a radio receiver: SigMF (.sigmf-meta), or bare I/Q samples",
        options: [
            "--rules", "--form", "--rate", "--centre", "--meter", "--full-scale", "--antenna-gain", "--uses",
            "--distance",
            "--reflection", "--decision", "--resolution",
        ],
        flags: ["--polite", "--representative", "--occupational", "--no-decoding", "--keep-centre", "--json"]
    ) { arguments in
        guard !arguments.words.isEmpty else {
            Terminal.error("meterbench radio: name at least one recording")
            return ExitCode.usage
        }
        let wanted: RadioWords
        switch RadioWords.read(arguments) {
        case .failure(let error):
            Terminal.error("meterbench radio: \(error.message)")
            return ExitCode.usage
        case .success(let read): wanted = read
        }
        do {
            var surveys: [RadioSurvey] = []
            let rules = try wanted.ruleFiles.map { file in
                let bytes = try Disk.read(file)
                return (rules: try RadioRuleFile.load(bytes, file: file), sha256: Hash.sha256Hex(bytes))
            }
            for path in arguments.words {
                guard Disk.exists(path) else {
                    Terminal.error("meterbench radio: \(path): there is no such file")
                    return ExitCode.noInput
                }
                surveys.append(
                    try RadioSurvey.make(try wanted.recording(path), wanted.options, setup: wanted.setup, rules: rules))
            }
            if arguments.flags.contains("--json") {
                try Terminal.json(surveys)
            } else {
                Terminal.out(surveys.map(\.text).joined(separator: "\n\n"))
            }
            guard !rules.isEmpty else { return ExitCode.ok }
            switch Verdict.combine(surveys.flatMap { $0.verdicts.map(\.verdict) }) {
            case .pass: return ExitCode.ok
            case .fail: return ExitCode.fail
            case .inconclusive, .notTested: return ExitCode.inconclusive
            }
        } catch let trouble as RecordingTrouble {
            Terminal.error("meterbench radio: \(trouble)")
            return ExitCode.dataError
        } catch let trouble as Diagnostics {
            Terminal.error("\(trouble)")
            return ExitCode.dataError
        } catch let fault as Fault {
            Terminal.error("meterbench radio: \(fault)")
            return ExitCode.noInput
        } catch {
            Terminal.error("meterbench radio: \(error)")
            return ExitCode.software
        }
    }
}

/// What stands on the command line of `radio`.
struct RadioWords {
    var form: RadioForm?, rate: Double?, centre: Double?
    var setup = RadioSetup(), options = BurstOptions()
    var ruleFiles: [String] = []

    static func read(_ arguments: Arguments) -> Result<RadioWords, UsageError> {
        var words = RadioWords()
        let options = arguments.options
        var wrong: UsageError?
        func number(_ name: String, _ range: ClosedRange<Double>) -> Double? {
            guard let text = options[name] else { return nil }
            guard let value = Decimal.parse(text), range ~= value else {
                wrong =
                    wrong
                    ?? UsageError(
                        "\(name) is a number from \(Decimal.shortest(range.lowerBound)) to \(Decimal.shortest(range.upperBound)), not «\(text)»"
                    )
                return nil
            }
            return value
        }
        words.rate = number("--rate", 1000...1e10)
        words.centre = number("--centre", 0...1e12)
        words.setup.antennaGain = number("--antenna-gain", -60...60)
        if let value = number("--distance", 0.001...1e5) { words.setup.distance = value }
        if let value = number("--reflection", 1...4) { words.setup.reflection = value }
        if let value = number("--resolution", 1...1e8) { words.options.resolution = value }
        if let text = options["--form"] {
            words.form = RadioForm(named: text)
            if words.form == nil { wrong = wrong ?? UsageError("--form is cs8, cu8, cs16 or cf32, not «\(text)»") }
        }
        if let text = options["--full-scale"], !words.setup.readFullScale(text) {
            wrong = wrong ?? UsageError("--full-scale is e.g. «14.2 dBm» or «14.2 ± 1.5 dBm erp», not «\(text)»")
        }
        if let text = options["--decision"] {
            if let rule = DecisionRule(text: text) {
                words.setup.rule = rule
            } else {
                wrong =
                    wrong
                    ?? UsageError(
                        "--decision is «simple acceptance», «guard band U» or «guard band 0.83 U», not «\(text)»")
            }
        }
        if let text = options["--uses"] { words.setup.uses = Set(text.split(separator: ",").map(String.init)) }
        words.setup.meter = options["--meter"]
        words.setup.polite = arguments.flags.contains("--polite")
        words.setup.representative = arguments.flags.contains("--representative")
        if arguments.flags.contains("--occupational") { words.setup.population = .occupational }
        words.options.decodes = !arguments.flags.contains("--no-decoding")
        if arguments.flags.contains("--keep-centre") { words.options.centreBins = -1 }
        words.ruleFiles = options["--rules"]?.split(separator: ",").map(String.init) ?? []
        if let wrong { return .failure(wrong) }
        return .success(words)
    }

    /// The recording behind a name. Throws `RecordingTrouble`.
    func recording(_ path: String) throws -> RadioRecording {
        if SigMF.isName(path) { return try SigMF.open(path, centre: centre) }
        guard let form = form ?? RadioForm(named: String(path.split(separator: ".").last ?? "")) else {
            throw RecordingTrouble(path, .whole, "says not how its samples stand; tell --form cs8, cu8, cs16 or cf32")
        }
        guard let rate, let centre else {
            throw RecordingTrouble(path, .whole, "holds bare samples; tell --rate (samples a second) and --centre (Hz)")
        }
        return try RadioRecording.bare(path, form: form, rate: rate, centre: centre)
    }
}
