import Testing

@testable import BenchCore

@Suite struct RunSummaryTests {
    @Test("a run is told with its points, incidents, safe chain and losses")
    func text() async throws {
        var judged = SamplePlan.result(1, "2 accuracy", .fail(reason: "above the limit"), attempt: 2)
        judged.evaluation.error = 0.61234
        judged.evaluation.U = 0.0234
        judged.evaluation.k = 2.05
        let record = try await RunRecordTests.record([
            .instrument(
                InstrumentMet(
                    id: "standard",
                    identity: InstrumentIdentity(
                        manufacturer: "Maker", model: "R", serial: "77", firmware: "1", simulated: true))),
            .repeated(PointRepeated(point: "2 accuracy", attempt: 2, positions: [1], by: "O.", reason: "noise")),
            .result(judged),
            .fault(FaultNoted(fault: Fault(.timeout, "meter 2", "no answer in 1 s"), position: 2)),
            .safe(SafeStepDone(step: SamplePlan.bench.safe[0], took: 0.0123, fault: nil)),
            .efficiency(Efficiency(bound: 90, actual: 100, losses: ["settle": 7, "idle": 3])),
            .runFinished(RunFinished(complete: false, verdicts: [:])),
        ])
        let lines = RunSummary(record).text.split(separator: "\n").map {
            $0.split(separator: " ").joined(separator: " ")
        }
        for line in [
            "Run ORD-7-1 SIMULATED – not for certification", "decision guard band w = U",
            "standard Maker R 77 C-1, NMI 2026-01-01 2027-01-01",
            // U with two significant digits, the error to the same place (ILAC-P14).
            "2 accuracy +0.612 0.023 2.05 ±0.5 fail attempt 2; above the limit", "3 accuracy ±0.5 no result",
            "Meter S-1: FAIL – 1 test point failed: above the limit",
            "line 3 «2 accuracy» repeated (attempt 2) at positions 1 by O.: noise",
            "line 5 fault at position 2: meter 2: timeout: no answer in 1 s",
            "source: current-off in 12.3 ms of 500 ms allowed", "Bench efficiency η = 0.900: 90.0 s of 100.0 s",
            "settle: 7.0 s", "The run was stopped before its end.",
        ] {
            #expect(lines.contains(line), "\(line)\n--\n\(lines.joined(separator: "\n"))")
        }
    }
}
