import Testing

@testable import BenchCore

@Suite struct EfficiencyAccountTests {
    private func at(_ seconds: Double) -> BenchInstant { BenchInstant(seconds: seconds) }

    @Test("Bound and losses of a small run, reckoned by hand")
    func byHand() {
        var account = EfficiencyAccount()
        // Load point 1: settles in 2.5 s of which 2.0 are needed; dwell of 12 s, bound 10, the last position 1.5 s behind the one before.
        account.settled(took: 2.5, bound: 2)
        account.dwelt(from: at(2.5), bound: 10, ends: [at(12), at(13), at(14.5)])
        account.waitedForLines(took: 0.4, bound: 0.1)
        account.attemptEnded(took: 15, kept: true)
        // One meter again.
        account.settled(took: 0.1, bound: 0)
        account.dwelt(from: at(15), bound: 10, ends: [at(25)])
        account.attemptEnded(took: 10.2, kept: false)
        let e = account.efficiency(actual: 26)
        #expect(abs(e.bound - 12.1) < 1e-9)
        let expected = [
            "settle": 0.5, "dwell excess": 0.5, "straggler": 1.5, "serial": 0.3, "repeats": 10.2,
            "idle": 26 - 2.5 - 12 - 0.4 - 10.2,
        ]
        for (name, seconds) in expected { #expect(abs((e.losses[name] ?? .nan) - seconds) < 1e-9, "\(name)") }
        #expect(abs(e.losses.values.reduce(0, +) - (e.actual - e.bound)) < 1e-9)
    }

    @Test("A straggler is only what lies beyond the bound")
    func straggler() {
        var account = EfficiencyAccount()
        account.dwelt(from: at(0), bound: 10, ends: [at(4), at(11)])
        account.attemptEnded(took: 11, kept: true)
        let e = account.efficiency(actual: 11)
        #expect(abs((e.losses["straggler"] ?? .nan) - 1) < 1e-9)
        #expect(abs(e.losses["dwell excess"] ?? .nan) < 1e-9)
    }
}

@Suite struct SettleCriteriaTests {
    private let load = LoadSetting(
        frequency: 50,
        phases: [
            PhaseLoad(voltage: 230, voltageAngle: 0, current: 5, currentLag: 60),
            PhaseLoad(voltage: 230, voltageAngle: -120, current: 5, currentLag: 60),
            PhaseLoad(voltage: 230, voltageAngle: 120, current: 0, currentLag: 0),
        ])

    private func reading(current: Double = 5, power: Double = 575, open: Double = 0) -> StandardReading {
        StandardReading(
            voltages: [230, 230, 230], currents: [current, 5, open], powers: [power, 575, 0], frequency: 50,
            voltageDistortion: [0, 0, 0])
    }

    // 230 V · 5 A · cos 60° = 575 W.
    @Test("Inside the window nothing is said; outside, what and how much")
    func window() {
        let criteria = SettleCriteria()
        #expect(criteria.complaints(reading(), load).isEmpty)
        #expect(criteria.complaints(reading(current: 5.03), load) == ["I1 is 5.0300 A instead of 5.0000 A"])
        // The right voltage and current at the wrong angle.
        #expect(criteria.complaints(reading(power: 1150), load).first?.hasPrefix("P1") == true)
        #expect(criteria.complaints(reading(open: 0.01), load).first?.hasPrefix("I3") == true)
        #expect(criteria.complaints(reading(current: .nan), load).count == 1)
    }

    @Test("Two readings that differ by more than the drift do not stand still")
    func still() {
        let criteria = SettleCriteria()
        #expect(criteria.still(reading(), reading(current: 5.001), load))
        #expect(!criteria.still(reading(), reading(current: 5.004), load))
    }
}
