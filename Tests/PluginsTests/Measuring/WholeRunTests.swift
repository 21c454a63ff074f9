import BenchCore
import Testing

@Suite struct WholeRunTests {
    @Test("The demonstration batch: four pass, one fails at low current, one by its register")
    func demo() throws {
        let run = try TestBench.demo().run()
        #expect(run.outcome.fault == nil)
        #expect(run.outcome.complete)
        // What `Fixtures/Benches/demo-world.yaml` planted: an offset of 0.9 W at position 3, a register gain of 1.2 % at position 5.
        let failed = { (position: Int) -> Set<String> in
            Set(run.results(position).values.filter { $0.evaluation.verdict.word == "fail" }.map(\.point))
        }
        #expect(run.outcome.verdicts[3]?.word == "fail")
        #expect(failed(3).contains { $0.contains("accuracy") && $0.contains("I=1 % In") })
        #expect(run.outcome.verdicts[5]?.word == "fail")
        #expect(failed(5).contains { $0.contains("register") })
        for position in [1, 2, 4, 6] {
            #expect(run.outcome.verdicts[position] == .pass, "position \(position): \(failed(position))")
        }
    }
}
