import FoundationEssentials
import TestSupport
import Testing

@testable import BenchCore

/// Duty cycle in the worst window.
@Suite("Duty cycle")
struct DutyCycleTests {
    @Test("the worst window is found on the edges of bursts, wherever it begins")
    func worst() {
        // On for 1 s at 0, 1 s at 10, 1 s at 11.5: any 3 s hold 2 s at most; any 12.5 s hold all three.
        let bursts = [0.0...1.0, 10.0...11.0, 11.5...12.5]
        let short = DutyCycle.worst(bursts, window: 3)
        #expect(short.onTime == 2)
        #expect(short.bursts == [1, 2])
        #expect(DutyCycle.worst(bursts, window: 12.5).onTime == 3)
        // A window that ends with the last burst: 0.6 s of the first is lost at 11.9 s.
        #expect(abs(DutyCycle.worst(bursts, window: 11.9).onTime - 2.4) < 1e-12)
        #expect(DutyCycle.worst([], window: 3600).onTime == 0)
    }

    @Test("times that overlap count once")
    func union() {
        #expect(DutyCycle.union([3.0...4, 1.0...2, 1.5...2.5]) == [1.0...2.5, 3.0...4])
        #expect(DutyCycle.worst([0.0...2, 1.0...3], window: 10).onTime == 3)
    }

    @Test("no window of a brute-force search is worse")
    func search() {
        var random = SeededGenerator(seed: 3, label: "duty")
        for _ in 0..<20 {
            var at = 0.0
            let bursts = (0..<12).map { _ -> ClosedRange<Double> in
                at += random.uniform(in: 0.05...3)
                let end = at + random.uniform(in: 0.01...1)
                defer { at = end }
                return at...end
            }
            let worst = DutyCycle.worst(bursts, window: 5)
            for step in 0..<4000 {
                let from = -5 + Double(step) * 0.01
                let on = bursts.reduce(0) {
                    $0 + max(0, min($1.upperBound, from + 5) - max($1.lowerBound, from))
                }
                #expect(on <= worst.onTime + 1e-9)
            }
        }
    }
}
