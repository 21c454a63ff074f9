import Glibc
import Testing

@testable import BenchCore

/// Bursts in traces of a spectrum analyzer.
@Suite("Bursts in zero span")
struct ZeroSpanBurstsTests {
    /// A trace of the mean power in each point of 100 µs: noise at −90 dBm, bursts at −40 dBm.
    private func trace(_ bursts: [ClosedRange<Double>], points: Int) -> PowerTrace {
        let interval = 1e-4
        let power = (0..<points).map { point -> Double in
            let from = Double(point) * interval
            let on = bursts.reduce(0) {
                $0 + max(0, min($1.upperBound, from + interval) - max($1.lowerBound, from)) / interval
            }
            // Noise of a mean over many independent values: within some percent.
            return 10 * log10(1e-9 * (1 + 0.05 * sin(Double(point * point))) + on * 1e-4)
        }
        return PowerTrace(
            interval: interval, power: power,
            setting: ZeroSpan(
                center: 868.95e6, bandwidth: 300e3, duration: Double(points) * interval, referenceLevel: -30))
    }

    @Test("edges are known to a fraction of a point, and lengths within 1 %")
    func edges() {
        let planted = [0.01003...0.01508, 0.02...0.0291, 0.05...0.05337]
        let found = ZeroSpanBursts.find(trace(planted, points: 1000))
        #expect(found.count == 3)
        for (burst, truth) in zip(found, planted) {
            let length = truth.upperBound - truth.lowerBound
            #expect(abs(burst.start - truth.lowerBound) < 0.01 * length)
            #expect(abs(burst.length - length) < 0.01 * length)
            #expect(abs(burst.length - length) <= burst.lengthU)
            #expect(abs(burst.power + 40) < 0.1 && abs(burst.noise + 90) < 1)
            #expect(!burst.cutAtStart && !burst.cutAtEnd)
        }
    }

    @Test("what is cut by the sweep says so, and noise is no burst")
    func cut() {
        let found = ZeroSpanBursts.find(trace([0...0.004, 0.09...0.1], points: 1000))
        #expect(found.map(\.cutAtStart) == [true, false])
        #expect(found.map(\.cutAtEnd) == [false, true])
        #expect(ZeroSpanBursts.find(trace([], points: 1000)).isEmpty)
    }

    @Test("a verdict on them takes dBm as they are")
    func verdict() throws {
        let found = ZeroSpanBursts.find(trace([0.01...0.02], points: 1000))
        var setup = RadioSetup()
        (setup.fullScale, setup.representative) = (0, true)
        let judge = RadioJudge(bursts: found, setup: setup, duration: 0.1, seen: [868.8e6...869.1e6])
        let duty = try #require(judge.bands(try ShippedRules.load("etsi-en-300-220")).last)
        #expect(duty.verdict.word == "fail")
        #expect(abs((duty.value ?? 0) - 10) < 0.1)
    }
}
