import TestSupport
import Testing

@testable import BenchCore

@Suite struct RunFolderTests {
    static func make(in path: String) throws -> RunFolder {
        try RunFolder.create(
            in: path, order: SamplePlan.order, frozen: SamplePlan.frozen, bench: SamplePlan.bench,
            plans: ["m": SamplePlan.plan])
    }

    @Test("each run of an order gets the next number, and its files come back as they were")
    func create() async throws {
        let runs = try TemporaryFolder()
        let first = try Self.make(in: runs.path + "/Runs")
        let second = try Self.make(in: runs.path + "/Runs")
        #expect([first.id, second.id] == ["ORD-7-1", "ORD-7-2"])
        #expect(try first.plans() == ["m": SamplePlan.plan])
        #expect(try first.bench() == SamplePlan.bench)
        let hashes = try first.fileHashes()
        #expect(hashes.keys.sorted() == ["bench.json", "frozen/order/o.yaml", "plans/m.json"])
        #expect(hashes["frozen/order/o.yaml"] == Hash.sha256Hex("order: ORD-7\n"))
        #expect(throws: Fault.self) { try RunFolder.open(first.path) }
        _ = try Journal.create(first.journal, time: StepTime())
        #expect(try RunFolder.open(first.path + "/").id == "ORD-7-1")
        #expect(try RunFolder.list(runs.path + "/Runs").map(\.id) == ["ORD-7-1"])
    }

    @Test("numbers count beyond nine, and an order's id never leads out of the folder")
    func names() throws {
        let runs = try TemporaryFolder()
        for n in [2, 10] {
            try Disk.makeFolder("\(runs.path)/ORD-7-\(n)")
            _ = try Journal.create("\(runs.path)/ORD-7-\(n)/journal.jsonl", time: StepTime())
        }
        #expect(try RunFolder.list(runs.path).map(\.id) == ["ORD-7-2", "ORD-7-10"])
        #expect(try Self.make(in: runs.path).id == "ORD-7-11")
        #expect(RunFolder.safeName("../a b/ß") == "_.._a_b__")
        var twice = SamplePlan.frozen
        for name in ["../x", "/x", "a//b", "order/o.yaml"] {
            twice.append(FrozenFile(name: name, bytes: []))
            #expect(throws: Fault.self, "\(name)") {
                try RunFolder.create(
                    in: runs.path, order: SamplePlan.order, frozen: twice, bench: SamplePlan.bench, plans: [:])
            }
            twice.removeLast()
        }
    }

    @Test("a plan with a byte changed is refused by name")
    func altered() throws {
        let runs = try TemporaryFolder()
        let folder = try Self.make(in: runs.path)
        var bytes = try Disk.read(folder.path + "/plans/m.json")
        bytes.insert(UInt8(ascii: " "), at: 1)
        try Disk.write(bytes, to: folder.path + "/plans/m.json")
        #expect {
            try folder.plans()
        } throws: {
            ($0 as? Fault)?.instrument == folder.path + "/plans/m.json"
        }
    }
}

@Suite struct RunRecordTests {
    static func record(_ events: [JournalEvent]) async throws -> RunRecord {
        let journal = MemoryJournal(time: StepTime())
        try await journal.append(
            .runStarted(
                RunStarted(
                    run: "ORD-7-1", order: SamplePlan.order, bench: "bench", files: [:], softwareVersion: "0",
                    softwareHash: Hash.none, simulated: true, timeScale: nil)))
        for event in events { try await journal.append(event) }
        let content = try JournalReader.parse(journal.bytes, name: "j")
        return try RunRecord(
            entries: content.entries, lastHash: content.lastHash, bench: SamplePlan.bench,
            plans: ["m": SamplePlan.plan], name: "j")
    }

    @Test("the last attempt counts, whatever it says")
    func lastAttempt() async throws {
        let record = try await Self.record([
            .result(SamplePlan.result(1, "2 accuracy", .fail(reason: "x"))),
            .repeated(PointRepeated(point: "2 accuracy", attempt: 2, positions: [1], by: "bench", reason: "r")),
            .result(SamplePlan.result(1, "2 accuracy", .pass, attempt: 2)),
        ])
        #expect(record.results[1]?["2 accuracy"]?.attempt == 2)
        #expect(record.allResults.map(\.line) == [2, 4])
        #expect(record.table(record.orderedMeters[0]).map(\.result?.attempt) == [nil, 2, nil])
    }

    @Test("a journal that does not begin with a start is no run")
    func noStart() {
        #expect(throws: Fault.self) {
            try RunRecord(entries: [], lastHash: Hash.none, bench: SamplePlan.bench, plans: [:], name: "j")
        }
    }

    @Test("the verdict on a meter follows from those at its points")
    func overall() {
        let warm = SamplePlan.result(1, "1 warm-up", .notJudged)
        func overall(_ a: PointResult?, _ b: PointResult?, warm: PointResult? = warm) -> String {
            var results: [String: PointResult] = [:]
            for r in [warm, a, b].compactMap({ $0 }) { results[r.point] = r }
            return OverallVerdict.of(SamplePlan.plan, results).word
        }
        func two(_ v: Verdict) -> PointResult { SamplePlan.result(1, "2 accuracy", v) }
        func three(_ v: Verdict) -> PointResult { SamplePlan.result(1, "3 accuracy", v) }
        let lost = SamplePlan.result(
            1, "3 accuracy", .notTested(reason: "t"), measurement: .notTaken(Fault(.timeout, "m", "t")))
        let cold = SamplePlan.result(
            1, "1 warm-up", .notTested(reason: "t"), measurement: .notTaken(Fault(.sourceFault, "s", "t")))
        #expect(overall(two(.pass), three(.pass)) == "pass")
        #expect(overall(two(.pass), three(.fail(reason: ""))) == "fail")
        #expect(overall(two(.inconclusive(reason: "")), three(.fail(reason: ""))) == "fail")
        #expect(overall(two(.pass), three(.inconclusive(reason: ""))) == "inconclusive")
        #expect(overall(two(.pass), nil) == "inconclusive")
        #expect(overall(two(.pass), lost) == "inconclusive")
        #expect(overall(nil, lost) == "inconclusive")
        #expect(overall(two(.pass), three(.pass), warm: nil) == "inconclusive")
        #expect(overall(two(.pass), three(.pass), warm: cold) == "inconclusive")
    }
}
