import BenchCore
import FoundationEssentials
import Instruments

#if canImport(Glibc)
    import Glibc
#endif

extension Verb {
    static let instruments = Verb(
        "instruments",
        "scan [HOST|HOST:PORT…] [--serial \"PORT,9600 8N1\"] [--bench FILE] [--types FOLDER] [--json]\n"
            + "      or  check BENCH [--json]   or   console ID --bench BENCH [--log FILE]\n"
            + "      or  conform ID --bench BENCH [--simulated] [--type FILE] [--json]",
        "finds instruments (nothing is written, energised or reset), checks those of a bench, talks to one, holds one to its contract",
        options: ["--serial", "--bench", "--types", "--type", "--log"], flags: ["--json", "--simulated"]
    ) { arguments in
        switch arguments.words.first {
        case "scan": return await scan(arguments)
        case "check": return await check(arguments)
        case "console": return await console(arguments)
        case "conform": return await conform(arguments)
        default: return usage("«scan», «check», «console» or «conform» is wanted")
        }
    }

    private static func usage(_ message: String) -> Int32 {
        Terminal.error("meterbench instruments: \(message)\nusage: meterbench instruments \(instruments.usage)")
        return ExitCode.usage
    }

    // MARK: scan

    private static func scan(_ arguments: Arguments) async -> Int32 {
        var request = InstrumentScan.Request()
        request.hosts = Array(arguments.words.dropFirst())
        if let text = arguments.options["--serial"] {
            guard let port = serialPort(text) else {
                return usage("«\(text)» is no serial port with its settings; write e.g. \"/dev/ttyUSB0,9600 8N1\"")
            }
            request.ports = [port]
        }
        let file = arguments.options["--bench"]
        if let file, Disk.exists(file) {
            Terminal.error("meterbench instruments: \(file) is there already; a scan overwrites nothing")
            return ExitCode.cannotCreate
        }
        do {
            let folder = arguments.options["--types"] ?? "Fixtures/Instruments"
            let types = try typesAtHand(folder, named: arguments.options["--types"] != nil)
            let found = await InstrumentScan.run(request)
            if arguments.flags.contains("--json") {
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
                Terminal.out(String(decoding: try encoder.encode(found), as: UTF8.self))
            } else {
                for one in found { Terminal.out("# " + one.line) }
                if found.isEmpty { Terminal.out("# nothing found") }
            }
            let proposal = BenchProposal.text(found, types: types, folder: folder, day: RunStart.today())
            if let file {
                try Disk.write(Array(proposal.utf8), to: file)
                Terminal.error(
                    "the proposed bench file is \(file); fill in what it marks and run «meterbench check \(file)»")
            } else if !arguments.flags.contains("--json") {
                Terminal.out(proposal)
            }
            return found.isEmpty ? ExitCode.unavailable : ExitCode.ok
        } catch { return Trouble.report(error) }
    }

    private static func serialPort(_ text: String) -> (device: String, format: SerialFormat)? {
        guard let comma = text.lastIndex(of: ","), comma > text.startIndex,
            let line = try? WireFields.serialSettings(
                text[text.index(after: comma)...].split(separator: " ").joined(separator: " "))
        else { return nil }
        return (String(text[..<comma]), SerialFormat(baud: line.baud, format: line.format))
    }

    /// The instrument types of a folder; one that nobody named may be missing.
    private static func typesAtHand(_ folder: String, named: Bool) throws -> [InstrumentType] {
        guard named || Disk.isFolder(folder) else { return [] }
        return try Disk.names(in: folder).filter { $0.hasSuffix(".yaml") }.sorted().map {
            try InstrumentTypeFile.load(try Disk.read(folder + "/" + $0), file: folder + "/" + $0)
        }
    }

    // MARK: check

    private static func check(_ arguments: Arguments) async -> Int32 {
        guard arguments.words.count == 2 else { return usage("«check» takes one bench file") }
        do {
            let (bench, types) = try benchFile(arguments.words[1])
            let findings = await InstrumentCheck.run(bench, types: types, day: RunStart.today())
            Terminal.out(
                arguments.flags.contains("--json") ? try findings.json() : findings.map(\.line).joined(separator: "\n"))
            let faults = findings.filter { $0.grade == .failed }.compactMap(\.fault)
            guard !faults.isEmpty else { return ExitCode.ok }
            // Absent instruments outrank wrong ones: they say less about the file.
            let codes = faults.map { ExitCode.of($0.code) }
            return codes.contains(ExitCode.unavailable) ? ExitCode.unavailable : codes[0]
        } catch { return Trouble.report(error) }
    }

    /// A bench and the instrument types that its drivers name.
    static func benchFile(_ path: String) throws -> (BenchDescription, [String: InstrumentType]) {
        let bench = try BenchFile.load(try Disk.read(path), file: path)
        var types: [String: InstrumentType] = [:]
        for (name, file) in InstrumentTypes.files(bench, folder: Disk.parent(path)) where Disk.exists(file) {
            types[name] = try InstrumentTypeFile.load(try Disk.read(file), file: file)
        }
        return (bench, types)
    }

    // MARK: console

    private static func console(_ arguments: Arguments) async -> Int32 {
        guard arguments.words.count == 2, let path = arguments.options["--bench"] else {
            return usage("«console» takes the id of one instrument, and --bench its bench file")
        }
        do {
            let (bench, types) = try benchFile(path)
            let id = arguments.words[1]
            let file = arguments.options["--log"] ?? "Runs/console/\(id)-\(stamp()).jsonl"
            guard !Disk.exists(file) else {
                Terminal.error("meterbench instruments: \(file) is there already; a log is never overwritten")
                return ExitCode.cannotCreate
            }
            let log = try WireLog(path: file)
            let time = RealTime()
            let talk = try await InstrumentConsole.open(id, of: bench, types: types, time: time, log: log)
            Terminal.error("talking to \(id); everything is written to \(file); «help» tells what can be said")
            return try await GuardWatch.beside(bench, types) { watch in
                await ConsoleLoop(talk: talk, id: id, watch: watch).run()
            }
        } catch { return Trouble.report(error) }
    }

    /// Now as part of a file name.
    private static func stamp() -> String {
        String(RealTime().utc(BenchInstant(nanoseconds: 0)).prefix(19).map { $0 == ":" ? "-" : $0 })
    }
}
