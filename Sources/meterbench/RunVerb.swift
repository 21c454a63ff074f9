import BenchCore
import FoundationEssentials
import Instruments
import Reports

extension Verb {
    static let run = Verb(
        "run", "ORDER [--runs DIR] [--json] [--virtual]   or   run --resume RUN [--by NAME]",
        "measures, judges, seals, writes and signs the certificates; Ctrl-C stops all, Ctrl-\\ keeps the voltage",
        options: ["--runs", "--resume", "--by"], flags: ["--json", "--virtual"]
    ) { arguments in
        do {
            let start: RunStart
            if let path = arguments.options["--resume"] {
                guard arguments.words.isEmpty else { return usage("--resume takes a run folder and no order") }
                start = try RunStart.resume(
                    path, by: arguments.options["--by"], virtual: arguments.flags.contains("--virtual"))
            } else {
                guard arguments.words.count == 1 else { return usage("one order file is wanted") }
                start = try await RunStart.begin(
                    order: arguments.words[0], runs: arguments.options["--runs"] ?? "Runs",
                    virtual: arguments.flags.contains("--virtual"))
            }
            // A run that was killed after its last line only lacks its seal and certificates.
            let ended = start.job.resumption.flatMap { RunOutcome($0.entries) }
            let outcome: RunOutcome
            if let ended { outcome = ended } else { outcome = try await start.job.run() }
            let ending = try RunEnding(start, outcome)
            Terminal.out(arguments.flags.contains("--json") ? try ending.json() : ending.text())
            return ending.exitCode
        } catch {
            return Trouble.report(error)
        }
    }

    private static func usage(_ message: String) -> Int32 {
        Terminal.error("meterbench run: \(message)\nusage: meterbench run \(run.usage)")
        return ExitCode.usage
    }
}

/// How trouble that ends a verb is told to a person, and which exit code it has.
enum Trouble {
    static func report(_ error: any Error) -> Int32 {
        Terminal.error("\(error)")
        switch error {
        case is Diagnostics: return ExitCode.dataError
        case let fault as Fault:
            switch fault.code {
            case .notFound: return ExitCode.noInput
            case .refused, .expired: return ExitCode.dataError
            default: return ExitCode.of(fault.code)
            }
        default: return ExitCode.software
        }
    }
}

/// A run about to begin, or to go on.
struct RunStart: Sendable {
    var job: RunJob
    /// The key that will seal it, checked before anything is energised; `nil` where the bench names none.
    var signer: FileSigner?
    /// The root to verify with, for the last line that is printed.
    var root: String?

    /// Today in UTC, `YYYY-MM-DD`.
    static func today() -> String { String(RealTime().utc(BenchInstant(nanoseconds: 0)).prefix(10)) }

    /// Reads everything, meets the instruments, and freezes the files of a new run.
    static func begin(order path: String, runs: String, virtual: Bool) async throws -> RunStart {
        let inputs = try RunInputs.load(order: path, today: today())
        guard inputs.expired.isEmpty else { throw Diagnostics(all: inputs.expired) }
        let meters = inputs.meterTypes
        var simulated = virtual || inputs.bench.world != nil || inputs.bench.timeScale != 1
        if !simulated { simulated = try await meetsSimulator(inputs, meters) }
        let (signer, root) = try seal(inputs.bench, folder: inputs.benchFolder, simulated: simulated)
        let folder = try RunFolder.create(
            in: runs, order: inputs.order, frozen: inputs.frozen, bench: inputs.bench, plans: inputs.plans.plans)
        let started = RunStarted(
            run: folder.id, order: inputs.order, bench: inputs.bench.id, files: try folder.fileHashes(),
            softwareVersion: Software.version, softwareHash: try Hash.ofRunningProgram(), simulated: simulated,
            timeScale: virtual ? nil : inputs.bench.timeScale, orderPath: path)
        var world: WorldDescription?
        if virtual, let name = inputs.bench.world {
            let worldPath = Path.join(inputs.benchFolder, name)
            world = try WorldFile.load(
                try Disk.read(worldPath), file: worldPath, bench: inputs.bench, types: inputs.types)
        }
        let work = RunWork(
            started: started, bench: inputs.bench, schedule: inputs.plans.schedule, plans: inputs.plans.plans,
            corrections: inputs.corrections)
        return RunStart(
            job: RunJob(
                folder: folder, work: work, types: meters, instrumentTypes: inputs.instrumentTypes, world: world,
                virtual: virtual, resumption: nil),
            signer: signer, root: root)
    }

    /// Reads an interrupted run; everything comes from its folder, but for the key.
    static func resume(_ path: String, by person: String?, virtual: Bool) throws -> RunStart {
        let folder = try RunFolder.open(path)
        let content = try JournalReader.read(folder.journal)
        guard case .runStarted(let started) = content.entries.first?.what else {
            throw Fault(.storage, folder.journal, "does not begin with the start of a run: there is nothing to resume")
        }
        guard try folder.fileHashes() == started.files else {
            throw Fault(
                .storage, folder.path, "its frozen files are not those the run began with; it cannot be resumed")
        }
        if virtual != (started.timeScale == nil) {
            throw Fault(
                .refused, folder.path,
                virtual ? "the run began on wires; resume it without --virtual" : "the run is virtual; add --virtual")
        }
        let bench = try folder.bench()
        let plans = try folder.plans()
        let work = RunWork(
            started: started, bench: bench, schedule: Schedule(order: started.order, plans: plans), plans: plans,
            corrections: try BenchCorrections.load(bench, frozen: folder.path + "/frozen"))
        var world: WorldDescription?
        if virtual, let name = bench.world {
            let frozen = folder.path + "/frozen/bench/" + Disk.name(name)
            world = try WorldFile.load(
                try Disk.read(frozen), file: frozen, bench: bench, types: RunJob.byType(work))
        }
        let benchFolder = Disk.parent(Path.join(Disk.parent(started.orderPath), started.order.bench))
        let (signer, root) = try seal(bench, folder: benchFolder, simulated: started.simulated)
        let line = RunResumed(
            by: person ?? started.order.operator, complete: 0, tornHash: nil, tornBytes: nil,
            softwareVersion: Software.version, softwareHash: try Hash.ofRunningProgram())
        var types: [Int: MeterType] = [:]
        for meter in started.order.meters { types[meter.position] = plans[meter.type]?.meter }
        return RunStart(
            job: RunJob(
                folder: folder, work: work, types: types,
                instrumentTypes: try InstrumentTypes.load(bench, folder: folder.path + "/frozen/instruments"),
                world: world, virtual: virtual,
                resumption: Resumption(entries: content.entries, line: line)),
            signer: signer, root: root)
    }

    /// The bench's key, refused before anything is energised where it may not sign this run.
    private static func seal(
        _ bench: BenchDescription, folder: String, simulated: Bool
    ) throws -> (FileSigner?, String?) {
        guard let files = bench.seal else { return (nil, nil) }
        let signer = try FileSigner(
            keyPath: Path.join(folder, files.key), certificatePath: Path.join(folder, files.certificate))
        try RunSealer.check(signer.certificates.first, simulated: simulated)
        return (signer, files.root.map { Path.join(folder, $0) })
    }

    /// Whether anything on the wires says that it is a simulator; then the run is simulated, whatever the bench file says.
    private static func meetsSimulator(_ inputs: RunInputs, _ meters: [Int: MeterType]) async throws -> Bool {
        let wired = try await WiredBench.open(
            bench: inputs.bench, meters: meters, types: inputs.instrumentTypes, time: RealTime())
        var found: [any Instrument] = [wired.instruments.source, wired.instruments.standard, wired.instruments.counter]
        if let climate = wired.instruments.climate { found.append(climate) }
        if let contactor = wired.instruments.contactor { found.append(contactor) }
        found += wired.instruments.more
        found += wired.instruments.meters.sorted { $0.key < $1.key }.map(\.value)
        var simulated = false
        for instrument in found {
            // A meter that is silent now is met again, with its fault, when the run begins.
            guard let identity = try? await instrument.identify() else { continue }
            simulated = simulated || identity.simulated
        }
        await wired.close()
        return simulated
    }
}
