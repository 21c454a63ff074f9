import BenchCore
import Instruments
import Testing

@Suite struct ResumeTests {
    private static let line = RunResumed(
        by: "A. Tester", complete: 0, tornHash: nil, tornBytes: nil, softwareVersion: "test", softwareHash: "")

    /// Warm-up and four short points; position 2 is out of class at low current.
    private static func bench() throws -> TestBench {
        var bench = try TestBench.synthetic(2, constant: 1000) {
            $0.kind == .warmUp || $0.id.contains("accuracy import PF=1 I=1 % In") || $0.id.contains("export PF=1 I=In")
                || $0.id.contains("L1 PF=1 I=Imax") || $0.kind == .register && $0.id.contains("import")
        }
        bench.world.meters[1].offset = 3
        return bench
    }

    private func verdicts(_ outcome: RunOutcome) -> [Int: String] { outcome.verdicts.mapValues(\.word) }

    /// No point lost, none silently repeated: over the whole journal.
    private func expectWhole(_ entries: [JournalEntry], _ bench: TestBench, _ cut: Int) {
        var complete: [String: [Int]] = [:]
        var announced: Set<String> = []
        for entry in entries {
            switch entry.what {
            case .pointComplete(let c): complete[c.point, default: []].append(c.attempt)
            case .repeated(let r): announced.insert("\(r.point)/\(r.attempt)")
            case .result(let r) where r.attempt > 1:
                #expect(announced.contains("\(r.point)/\(r.attempt)"), "cut at \(cut): \(r.point) repeated silently")
            case .loadPoint(let l) where complete[l.point] != nil && l.point.contains("accuracy"):
                Issue.record("cut at \(cut): \(l.point) was complete and is applied again")
            default: break
            }
        }
        for point in bench.work.schedule.points {
            let attempts = complete[point.id] ?? []
            #expect(point.kind == .warmUp ? !attempts.isEmpty : attempts.count == 1, "cut at \(cut): \(point.id)")
        }
    }

    @Test("Cut after every line and resumed: no load point lost or silently repeated, same verdicts")
    func everyPrefix() throws {
        let bench = try Self.bench()
        let whole = try bench.run()
        #expect(verdicts(whole.outcome) == [1: "pass", 2: "fail"])
        for cut in 1..<whole.entries.count {
            let kept = Array(whole.entries[..<cut])
            let resumed = try bench.run(resuming: Resumption(entries: kept, line: Self.line))
            #expect(resumed.outcome.complete && resumed.outcome.fault == nil, "cut at \(cut)")
            #expect(verdicts(resumed.outcome) == verdicts(whole.outcome), "cut at \(cut)")
            expectWhole(kept + resumed.entries, bench, cut)
        }
    }

    @Test("A run that was stopped and resumed, and cut and resumed again, comes to the same verdicts")
    func twice() throws {
        let bench = try Self.bench()
        let stopped = try bench.run(meanwhile: { orchestrator, time in
            try? await time.sleep(seconds: 3610)
            orchestrator.stop(.all, cause: "operator")
        })
        #expect(!stopped.outcome.complete)
        let first = try bench.run(resuming: Resumption(entries: stopped.entries, line: Self.line))
        #expect(first.outcome.complete)
        let cut = first.entries.count * 2 / 3
        let kept = stopped.entries + first.entries[..<cut]
        let second = try bench.run(resuming: Resumption(entries: kept, line: Self.line))
        #expect(verdicts(second.outcome) == [1: "pass", 2: "fail"])
        expectWhole(kept + second.entries, bench, cut)
        let resumed = second.events.compactMap { if case .resumed(let r) = $0 { r } else { nil } }
        #expect(resumed.count == 1 && resumed[0].complete > 0)
    }

    @Test("A finished run is not resumed: nothing is energised, nothing written")
    func finished() throws {
        let bench = try Self.bench()
        let whole = try bench.run()
        let again = try bench.run(resuming: Resumption(entries: whole.entries, line: Self.line))
        #expect(again.outcome.fault?.code == .refused)
        #expect(again.entries.isEmpty)
    }

    @Test("Meters that lost their supply warm up again before the first open point, once, and the journal says why")
    func warmUpAgain() throws {
        let bench = try Self.bench()
        let whole = try bench.run()
        let firstDone = whole.entries.firstIndex { $0.what.name == "point-complete" } ?? 0
        let kept = Array(whole.entries[...firstDone])
        let resumed = try bench.run(resuming: Resumption(entries: kept, line: Self.line))
        let repeated = resumed.events.compactMap { if case .repeated(let r) = $0 { r } else { nil } }
        #expect(repeated.map(\.by) == ["resume"])
        #expect(repeated.first?.attempt == 2 && repeated.first?.reason.contains("warm up again") == true)
    }
}
