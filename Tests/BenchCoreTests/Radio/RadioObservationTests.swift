import Testing

@testable import BenchCore

/// Shares of time on the air out of sweeps, against sums by hand.
@Suite("Sweeps of a receiver")
struct RadioObservationTests {
    private static func burst(_ start: Double, _ length: Double, U: Double = 0) -> RadioBurst {
        RadioBurst(
            sample: 0, samples: 0, start: start, length: length, lengthU: U, centre: 868.95e6, bandwidth99: 3e5,
            bandwidth20dB: nil, power: -40, noise: -90, cutAtStart: false, cutAtEnd: false, telegram: nil)
    }
    private static func seen(_ sweeps: [RadioSweep]) -> RadioObservation {
        RadioObservation(
            receive: ZeroSpan(center: 868.95e6, bandwidth: 3e5, duration: 10, referenceLevel: 0), least: 10,
            sweeps: sweeps, senders: 1)
    }

    @Test("Without pauses the share is exact, and its uncertainty that of the edges")
    func whole() throws {
        let sweeps = (0..<10).map {
            RadioSweep(start: Double($0) * 10, seconds: 10, bursts: [Self.burst(2, 0.1, U: 0.002)])
        }
        let found = try #require(Self.seen(sweeps).share(window: 100))
        // 1 s of 100 s; ten edges' uncertainties of 2 ms together are 20 ms of 100 s.
        #expect(abs(found.share - 0.01) < 1e-12 && abs(found.U - 0.0002) < 1e-12)
    }

    @Test("A window that slides takes the worst part of a longer watch, wherever it begins")
    func sliding() throws {
        var sweeps = (0..<100).map { RadioSweep(start: Double($0) * 10, seconds: 10, bursts: []) }
        sweeps[40].bursts = [Self.burst(8, 2)]
        sweeps[41].bursts = [Self.burst(0, 1)]
        sweeps[49].bursts = [Self.burst(6, 1)]
        // 100 s from 408 s on hold 2 + 1 + 1 s; windows that begin with a sweep (400 s) as well.
        let found = try #require(Self.seen(sweeps).share(window: 100))
        #expect(abs(found.share - 0.04) < 1e-12, "\(found)")
        // 89 s from 408 s on end at 497 s.
        let shorter = try #require(Self.seen(sweeps).share(window: 88.5))
        #expect(abs(shorter.share - 3.5 / 88.5) < 1e-12, "\(shorter)")
    }

    @Test(
        "Half of the time unseen: the share is that of the seen half, with the spread of a random number of transmissions"
    )
    func pauses() throws {
        let sweeps = (0..<50).map { RadioSweep(start: Double($0) * 20, seconds: 10, bursts: [Self.burst(5, 0.01)]) }
        let found = try #require(Self.seen(sweeps).share(window: 1000))
        #expect(abs(found.share - 0.001) < 1e-12)
        // 50 transmissions: √(0.5 / 50) = 10 % of the share is one standard deviation; the last pause is no part of the watch.
        #expect(abs(found.U / found.share - 2 * (0.5 / 50).squareRoot()) < 0.01, "\(found)")
    }
}
