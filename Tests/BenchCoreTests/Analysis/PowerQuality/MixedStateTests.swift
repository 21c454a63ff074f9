import Glibc
import Testing

@testable import BenchCore

@Suite("Testing states of IEC 62586-2")
struct MixedStateTests {
    /// States 2 and 3 of d-power-quality.json, 62586-2-testing-states: 50 Hz systems, modulation over the whole voltage.
    struct State: Sendable {
        let name: String
        let frequency: Double
        let levels: [Double]
        let changes: Double
        let percent: Double
        let pst: Double
        /// Order, share of Udin, phase in degrees.
        let orders: [(Double, Double, Double)]

        func samples(_ channel: Int, rate: Double, from: Int, count: Int) -> [Double] {
            let shift = [0.0, -120, 120][channel] * .pi / 180
            let peak = 230 * 2.0.squareRoot()
            return [Double](unsafeUninitializedCapacity: count) { buffer, filled in
                for n in 0..<count {
                    let t = Double(from + n) / rate
                    let angle = 2 * .pi * frequency * t + shift
                    var x = levels[channel] * sin(angle)
                    for (order, share, phase) in orders { x += share * sin(order * angle + phase * .pi / 180) }
                    let turns = changes / 120 * t
                    let m: Double = turns - turns.rounded(.down) < 0.5 ? 1 : -1
                    buffer[n] = peak * x * (1 + percent / 200 * m)
                }
                filled = count
            }
        }

        /// Share of Udin of all orders but the fundamental.
        var rest: Double { orders.reduce(0) { $0 + $1.1 * $1.1 }.squareRoot() }
    }

    static let states = [
        State(
            name: "2", frequency: 49, levels: [0.73, 0.8, 0.87], changes: 39, percent: 0.894, pst: 1,
            orders: [(3, 0.1, 0), (5, 0.05, 0), (29, 0.05, 0), (7.5, 0.01, 0)]),
        State(
            name: "3", frequency: 51, levels: [1.52, 1.4, 1.28], changes: 110, percent: 2.888, pst: 4,
            orders: [(7, 0.1, 180), (13, 0.05, 0), (25, 0.05, 0), (3.5, 0.01, 0)]),
    ]

    // Found: 0.003 % and 0.04 % off.
    @Test("Pst is right to 0.3 % with harmonics, interharmonics and 49 Hz or 51 Hz", arguments: [0, 1])
    func flicker(_ number: Int) throws {
        let state = Self.states[number]
        let rate = 6400.0
        var meter = try FlickerMeter(.v230f50, rate: rate, interval: state.changes == 39 ? 120 : 60, begin: 30)
        var at = 0
        var found: FlickerSeverity?
        while found == nil {
            found = meter.process(state.samples(1, rate: rate, from: at, count: 20_000)).first
            at += 20_000
        }
        #expect(abs((found?.pst ?? 0) / state.pst - 1) < 0.003, "state \(state.name): \(found?.pst ?? 0)")
    }

    // The interharmonic makes half cycles differ by themselves; the mean over two seconds is the signal's.
    @Test("Urms(1/2) and frequency stay in class A", arguments: [0, 1])
    func rms(_ number: Int) throws {
        let state = Self.states[number]
        let rate = 6400.0
        for channel in 0..<3 {
            var meter = try HalfCycleMeter(rate: rate, nominal: .fifty, declared: 230)
            let found = meter.process(state.samples(channel, rate: rate, from: 0, count: 30_000))
            let mean = Aggregation.rms(found.map(\.rms))
            let level = state.levels[channel]
            let modulation = 1 + state.percent * state.percent / 40_000
            let expected = 230 * ((level * level + state.rest * state.rest) * modulation).squareRoot()
            // 39 and 110 changes a minute are no whole number in 4.7 s: their share of the mean.
            let left = 230 * level * state.percent / 200 * 0.4
            #expect(abs(mean - expected) < 0.001 * 230 + left, "state \(state.name), \(channel): \(mean), \(expected)")
            #expect(abs(try #require(meter.frequency) - state.frequency) < 0.01, "state \(state.name)")
        }
    }
}
