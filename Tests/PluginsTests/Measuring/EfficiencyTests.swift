import BenchCore
import Instruments
import Testing

@Suite struct EfficiencyTests {
    @Test(
        "The whole procedure comes within 5 % of the lower bound on own ports, within 20 % on a shared line, and the losses add up",
        arguments: [(1, 10_000.0, false), (1, 100_000, false), (6, 1000, true), (6, 10_000, true)])
    func eta(positions: Int, constant: Double, shared: Bool) throws {
        let run = try TestBench.synthetic(positions, constant: constant, sharedBus: shared).run()
        let e = run.outcome.efficiency
        // performance.md §5 gives the bound, the issue the two figures.
        #expect(e.eta >= (shared ? 0.80 : 0.95), "\(e)")
        #expect(e.eta <= 1.02, "\(e)")
        let sum = e.losses.values.reduce(0, +)
        #expect(abs(sum - (e.actual - e.bound)) <= 0.01 * e.actual)
        // What is left over after everything that was measured by itself must not hide much.
        #expect(abs(e.losses["idle"] ?? .infinity) <= 0.01 * e.actual, "\(e)")
        #expect(Set(e.losses.keys) == Set(EfficiencyAccount.names))
        #expect(run.events.contains { if case .efficiency(let j) = $0 { j == e } else { false } })
    }

    @Test("Forty-eight positions: the journal is the same, byte for byte, in 20 of 20 runs")
    func deterministic() throws {
        let bench = try TestBench.synthetic(48, constant: 1000) {
            $0.id.contains("import PF=1 I=1 % In") || $0.id.contains("import PF=1 I=In") && $0.kind == .accuracy
        }
        let first = try bench.run().bytes
        #expect(first.count > 10_000)
        for _ in 2...20 { #expect(try bench.run().bytes == first) }
    }

    @Test("A display sees every position, and changes nothing")
    func progress() throws {
        let bench = try TestBench.synthetic(3) { $0.id.contains("import PF=1 I=1 % In") }
        let display = Display()
        let shown = try bench.run(progress: display)
        #expect(shown.bytes == (try bench.run().bytes))
        let all = display.all
        #expect(all.contains { $0.state == .settling } && all.contains { $0.state == .measuring })
        #expect(all.last?.state == .finished)
        let last = all.last { $0.state == .measuring }
        #expect(last?.positions.count == 3)
        #expect(last?.positions.values.allSatisfy { $0.done && $0.error != nil && $0.seen == $0.wanted } == true)
        #expect(all.allSatisfy { $0.secondsLeft >= 0 })
    }
}

private final class Display: ProgressSink {
    private let shown = Noted<[RunProgress]>([])
    func show(_ progress: RunProgress) { shown.withLock { $0.append(progress) } }
    var all: [RunProgress] { shown.withLock { $0 } }
}
