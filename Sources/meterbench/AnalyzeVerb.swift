import BenchCore
import FoundationEssentials
import Reports

extension Verb {
    static let analyze = Verb(
        "analyze",
        "FILE|DIGITIZER [--nominal 50|60] [--udin VOLTS] [--corrections FILE[,FILE…]] [--edges CHANNEL [--falling] [--least STEP] [--constant IMP/KWH]] "
            + "[--svg FILE] [--pdf FILE] [--json] [--seconds S [--into FOLDER] [--channels … --form … --rate R]]",
        "power, harmonics, events, unbalance, flicker and pulse edges of a recording: COMTRADE (.cfg, .dat, .cff), .wav, a waveforms folder; or of what "
            + "a digitizer (named as for «record») samples for some seconds, window by window while it does",
        options: DigitizerWords.options.union([
            "--nominal", "--udin", "--corrections", "--edges", "--least", "--constant", "--svg", "--pdf",
        ]),
        flags: ["--falling", "--json"]
    ) { arguments in
        let live = LiveAnalysis.isWanted(arguments)
        guard arguments.words.count == 1 || live else {
            Terminal.error("meterbench analyze: name one recording, or a digitizer with --seconds")
            return ExitCode.usage
        }
        var options = RecordingAnalysis.Options()
        options.trials = 200_000
        if let text = arguments.options["--nominal"] {
            guard let value = Double(text), value == 50 || value == 60 else {
                Terminal.error("meterbench analyze: --nominal is 50 or 60, not «\(text)»")
                return ExitCode.usage
            }
            options.nominal = value
        }
        if let text = arguments.options["--udin"] {
            guard let value = Double(text), value > 0, value < 1e9 else {
                Terminal.error("meterbench analyze: --udin is a voltage above 0, e.g. 230, not «\(text)»")
                return ExitCode.usage
            }
            options.declared = value
        }
        options.edges = arguments.options["--edges"]
        if arguments.flags.contains("--falling") { options.edgeOptions.direction = .falling }
        for (name, what) in [("--least", "a step above 0"), ("--constant", "imp/kWh above 0, e.g. 1000")] {
            guard let text = arguments.options[name] else { continue }
            guard options.edges != nil else {
                Terminal.error("meterbench analyze: \(name) belongs to --edges CHANNEL")
                return ExitCode.usage
            }
            guard let value = Decimal.parse(text), value > 0 else {
                Terminal.error("meterbench analyze: \(name) is \(what), not «\(text)»")
                return ExitCode.usage
            }
            if name == "--least" { options.edgeOptions.threshold = value } else { options.constant = value }
        }
        var path = arguments.words[0]
        var folder: LiveAnalysis.Folder?
        if live {
            switch await LiveAnalysis.sample(arguments, options) {
            case .failure(let end): return end.code
            case .success(let kept): folder = kept
            }
            path = folder?.path ?? path
        }
        defer { folder?.leave() }
        guard FileManager.default.fileExists(atPath: path) else {
            Terminal.error("meterbench analyze: \(path): there is no such file")
            return ExitCode.noInput
        }
        do {
            let files = arguments.options["--corrections"]?.split(separator: ",").map(String.init)
            let (analysis, recording) = try RecordingAnalysis.analyze(
                try RecordingFile.source(path), options, corrections: try files.map { try CorrectionSet(files: $0) },
                file: path)
            if let file = arguments.options["--svg"] {
                try Data(RecordingPlot(recording, analysis).svg.utf8).write(to: URL(fileURLWithPath: file))
            }
            if let file = arguments.options["--pdf"] {
                let made = recording.start.map { $0.prefix(19) + "Z" } ?? "1970-01-01T00:00:00Z"
                let bytes = try PicturePaper.bytes(
                    svg: RecordingPlot(recording, analysis).svg, title: Disk.name(path), created: String(made))
                try Data(bytes).write(to: URL(fileURLWithPath: file))
            }
            if arguments.flags.contains("--json") {
                try Terminal.json(analysis)
            } else {
                Terminal.out(analysis.text)
            }
            return folder?.code ?? ExitCode.ok
        } catch let trouble as RecordingTrouble {
            Terminal.error("meterbench analyze: \(trouble)")
            return ExitCode.dataError
        } catch let trouble as Diagnostics {
            Terminal.error("\(trouble)")
            return ExitCode.dataError
        } catch let fault as Fault {
            Terminal.error("meterbench analyze: \(fault)")
            return ExitCode.noInput
        } catch {
            Terminal.error(
                "meterbench analyze: \(arguments.options["--svg"] ?? arguments.options["--pdf"] ?? path): \(error)")
            return ExitCode.cannotCreate
        }
    }
}
