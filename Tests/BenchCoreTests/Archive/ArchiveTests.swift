import TestSupport
import Testing

@testable import BenchCore

@Suite struct ArchiveTests {
    /// A run folder with a journal; `passing` says which position passes.
    static func run(in runs: String, passing: Int, finished: Bool = true) async throws -> RunFolder {
        let folder = try RunFolderTests.make(in: runs)
        let journal = try Journal.create(folder.journal, time: StepTime())
        try await journal.append(
            .runStarted(
                RunStarted(
                    run: folder.id, order: SamplePlan.order, bench: "bench", files: try folder.fileHashes(),
                    softwareVersion: "0", softwareHash: Hash.none, simulated: true, timeScale: nil)))
        for position in 1...2 {
            for point in ["2 accuracy", "3 accuracy"] {
                let verdict = position == passing ? Verdict.pass : .fail(reason: "above the limit")
                try await journal.append(.result(SamplePlan.result(position, point, verdict)))
            }
            try await journal.append(.result(SamplePlan.result(position, "1 warm-up", .notJudged)))
        }
        if finished { try await journal.append(.runFinished(RunFinished(complete: true, verdicts: [:]))) }
        journal.close()
        try Disk.write([1, 2], to: folder.reports + "/certificate-S-1.pdf")
        return folder
    }

    @Test("the index rebuilt from the folders knows runs, meters and certificates")
    func rebuild() async throws {
        let runs = try TemporaryFolder()
        let first = try await Self.run(in: runs.path, passing: 1)
        let second = try await Self.run(in: runs.path, passing: 2, finished: false)
        let archive = try Archive(runs.path + "/archive.sqlite")
        #expect(try archive.rebuild(from: runs.path) == Archive.Rebuilt(runs: 2, troubles: []))
        // Twice gives the same index.
        #expect(try archive.rebuild(from: runs.path).runs == 2)
        let found = try archive.runs()
        #expect(found.map(\.id) == ["ORD-7-1", "ORD-7-2"])
        #expect(found.map(\.state) == ["complete", "interrupted"])
        #expect(found.map { [$0.meters, $0.passed, $0.failed] } == [[2, 1, 1], [2, 1, 1]])
        let tests = try archive.find(serial: "S-1")
        #expect(tests.map(\.folder) == [first.path, second.path])
        #expect(tests.map(\.verdict) == ["pass", "fail"])
        #expect(tests.map(\.certificates) == [["certificate-S-1.pdf"], ["certificate-S-1.pdf"]])
        #expect(try archive.find(serial: "S-9").isEmpty)
        #expect(try archive.story(serial: "S-9") == nil)
        #expect(try archive.find(serial: "S-1' OR '1'='1").isEmpty)
    }

    @Test("a run added twice stands once; a folder that cannot be read is named and left out")
    func add() async throws {
        let runs = try TemporaryFolder()
        let folder = try await Self.run(in: runs.path, passing: 1)
        let archive = try Archive(runs.path + "/archive.sqlite")
        try archive.add(folder)
        try archive.add(folder)
        #expect(try archive.runs().count == 1)
        let broken = try await Self.run(in: runs.path, passing: 1)
        try Disk.write(Array("{}\n".utf8), to: broken.journal)
        let rebuilt = try archive.rebuild(from: runs.path)
        #expect(rebuilt.runs == 1)
        #expect(rebuilt.troubles.count == 1 && rebuilt.troubles[0].contains("line 1"), "\(rebuilt.troubles)")
    }

    @Test("a file that is no index is refused, not overwritten")
    func strange() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/archive.sqlite"
        let text = Array("this is a letter, not a database, and it is longer than a header of SQLite\n".utf8)
        try Disk.write(text, to: path)
        #expect(throws: ArchiveError.self) { try Archive(path) }
        #expect(try Disk.read(path) == text)
    }
}
