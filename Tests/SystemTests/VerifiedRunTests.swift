import BenchCore
import FoundationEssentials
import Instruments
import Plugins
import Reports
import TestSupport
import Testing

/// A whole run of the demonstration bench in virtual time, sealed, signed and verified as a regulator would.
@Suite struct VerifiedRunTests {
    /// Runs, interrupts where asked, resumes, seals and signs; returns the run folder.
    static func run(in runs: String, stopAt: Int? = nil) throws -> RunFolder {
        func file(_ shelf: String, _ path: String) throws -> FrozenFile {
            try FrozenFile(shelf: shelf, reading: Checkout.path(path))
        }
        let files = try [
            file("order", "Fixtures/Orders/demo.yaml"), file("bench", "Fixtures/Benches/demo.yaml"),
            file("meters", "Fixtures/Meters/demo-05s.yaml"),
        ]
        let bench = try BenchFile.load(files[1].bytes, file: "demo.yaml")
        let type = try MeterTypeFile.load(files[2].bytes, file: "demo-05s.yaml")
        let order = try OrderFile.read(files[0].bytes, file: "order.yaml")
        let world = try WorldFile.load(
            try file("bench", "Fixtures/Benches/demo-world.yaml").bytes, file: "demo-world.yaml", bench: bench,
            types: [type.id: type])
        let procedure = try ProcedureFile.load(
            Checkout.path("Procedures/iec62053-22.yaml"), kinds: BuiltIn.stepKinds)
        let frozen = files + procedure.sources.map { FrozenFile(name: "procedure/" + $0.path, bytes: $0.bytes) }
        let limits = try LimitTableFile.load(
            procedure.sources.first { $0.path == procedure.limits }?.bytes ?? [], file: procedure.limits)
        let plans = try OrderPlans.make(
            order: order, procedure: procedure, limits: limits, types: [type.id: type], bench: bench,
            kinds: BuiltIn.stepKinds)
        let folder = try RunFolder.create(
            in: runs, order: order.value, frozen: frozen, bench: bench, plans: plans.plans)
        let started = RunStarted(
            run: folder.id, order: order.value, bench: bench.id, files: try folder.fileHashes(),
            softwareVersion: "test", softwareHash: try Hash.ofRunningProgram(), simulated: true, timeScale: nil)
        let work = RunWork(started: started, bench: bench, schedule: plans.schedule, plans: plans.plans)
        var stop = stopAt
        var outcome: RunOutcome
        repeat {
            outcome = try leg(folder, work, world, type, stopAfter: stop)
            stop = nil
        } while !outcome.complete
        let keys = Checkout.path("Fixtures/Keys")
        let signer = try FileSigner(
            keyPath: keys + "/demonstration-seal.key.pem", certificatePath: keys + "/demonstration-seal.pem")
        let utc = "2026-11-30T00:00:00Z"
        try RunSealer.seal(folder, by: signer, softwareVersion: "test", softwareHash: Hash.none, at: utc)
        for file in try CertificateWriter.write(try CertificateSource(folder), into: folder.reports).files {
            try RunSealer.signReport(file.name, of: folder, by: signer, at: utc)
        }
        return folder
    }

    /// One leg of the run, to its end or to a stop when so many events are journalled.
    private static func leg(
        _ folder: RunFolder, _ work: RunWork, _ world: WorldDescription, _ type: MeterType, stopAfter: Int?
    ) throws -> RunOutcome {
        let time = VirtualTime()
        var resumption: Resumption?
        let journal: Journal
        if Disk.exists(folder.journal) {
            let resumed = try Journal.resume(folder.journal, time: time)
            journal = resumed.journal
            resumption = Resumption(
                entries: resumed.entries,
                line: RunResumed(
                    by: "A. Tester", complete: 0, tornHash: resumed.tornHash, tornBytes: resumed.tornBytes,
                    softwareVersion: "test", softwareHash: Hash.none))
        } else {
            journal = try Journal.create(folder.journal, time: time)
        }
        defer { journal.close() }
        let instruments = SimulatedBench.instruments(
            World(world, bench: work.bench, types: [type.id: type]), time: time)
        let counting = CountingSink(journal)
        let orchestrator = Orchestrator(
            work: work, instruments: instruments, kinds: BuiltIn.pointKinds, time: time, journal: counting)
        let begin = resumption
        return try time.run {
            let stopper = time.start {
                guard let stopAfter else { return }
                while await counting.count < stopAfter { try? await time.sleep(seconds: 1) }
                orchestrator.stop(.all, cause: "the test")
            }
            let outcome = await orchestrator.run(resuming: begin)
            stopper.cancel()
            return outcome
        }
    }

    static func verify(_ folder: RunFolder) throws -> VerificationReport {
        let anchor = try TrustAnchor.read(Checkout.path("Fixtures/Keys/demonstration-root.pem"))
        let at = try #require(SigningTime("2098-01-01"))
        return RunVerifier(anchor: anchor, at: at).verify(run: folder)
    }

    @Test("a whole run with its certificates is valid to the last digit")
    func whole() throws {
        let runs = try TemporaryFolder()
        let folder = try Self.run(in: runs.path)
        let report = try Self.verify(folder)
        #expect(report.outcome == .valid, "\(report.text)")
        #expect(report.findings.filter { $0.check == "report" }.count >= 7)
        #expect(RunSummary(try RunRecord.load(folder), folder: folder).text.contains("The run is complete."))
    }

    @Test("a run that was stopped in its middle and resumed is valid too", arguments: [250])
    func resumed(stopAt: Int) throws {
        let runs = try TemporaryFolder()
        let report = try Self.verify(try Self.run(in: runs.path, stopAt: stopAt))
        #expect(report.outcome == .valid, "\(report.text)")
    }
}

/// Counts what passes to the journal.
private actor CountingSink: EventSink {
    private let journal: Journal
    private(set) var count = 0

    init(_ journal: Journal) { self.journal = journal }

    func append(_ event: JournalEvent) async throws {
        count += 1
        try await journal.append(event)
    }
}
