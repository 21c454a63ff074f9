import BenchCore
import Testing

@testable import Plugins

/// Times and energies worked out by hand from the formulas of the standards.
@Suite struct KindTimesTests {
    // t = 600e6 / (1000 · 1 · 230 · 100) min = 26.087 min; t = 900e6 / (10000 · 3 · 57.7 · 6) min = 86.655 min
    // (IEC 62053-21:2003 and -22:2003, 8.3.2).
    @Test(
        "The no-load time follows the standard's formula",
        arguments: [
            (600e6, 1000.0, 1, 230.0, 100.0, 26.087), (900e6, 10000.0, 3, 57.7, 6.0, 86.655),
        ])
    func noLoad(_ numerator: Double, _ k: Double, _ m: Int, _ Un: Double, _ Imax: Double, _ minutes: Double) {
        let seconds = NoLoadKind.time(numerator: numerator, constant: k, elements: m, voltage: Un, maximum: Imax)
        #expect(abs(seconds / 60 - minutes) < 0.0006)
    }

    // tau = 3.6e6 / (1 · 1000 · 230 · 0.02) s = 782.609 s (OIML R 46-2:2012, 6.2.5).
    @Test("The nominal pulse time at starting current")
    func starting() {
        let tau = StartingKind.pulseTime(constant: 1000, elements: 1, voltage: 230, current: 0.02)
        #expect(abs(tau - 782.609) < 0.0005)
    }

    @Test("Computed times and energies of the demonstration meter")
    func demonstration() throws {
        let plan = try Checkout.plan("iec62053-22.yaml", try Checkout.demoMeter())
        func point(_ kind: TestKindName, _ direction: EnergyDirection = .import) throws -> TestPoint {
            try #require(plan.points.first { $0.kind == kind && $0.direction == direction })
        }
        let warmUp = try point(.warmUp)
        #expect(warmUp.duration == 3600 && warmUp.limit == nil && warmUp.accept.isEmpty)
        // 600e6 / (10000 · 3 · 230 · 6) min = 14.4928 min = 869.565 s, at 1.15 · 230 V, current open.
        let noLoad = try point(.noLoad)
        #expect(abs((noLoad.duration ?? 0) - 869.565) < 0.001)
        #expect(noLoad.load.phases.allSatisfy { abs($0.voltage - 264.5) < 1e-9 && $0.current == 0 })
        #expect(noLoad.maximumPulses == 1 && noLoad.accept == "pulses <= 1")
        // 1.5 · 3.6e6 / (3 · 10000 · 230 · 0.005) s = 156.522 s.
        for direction in EnergyDirection.allCases {
            let starting = try point(.starting, direction)
            #expect(abs((starting.duration ?? 0) - 156.522) < 0.001)
            #expect(starting.load.phases.allSatisfy { abs($0.current - 0.005) < 1e-12 })
            #expect(starting.rule?.clause == "8.3.3")
        }
        // At least 1000 · 0.1 Wh / 0.5 = 200 Wh (R 46-2, 6.2.6); 0.1 Wh of register and of pulse together are half of a tenth
        // of 0.5 % of 800 Wh.
        let register = try point(.register)
        #expect(abs((register.energy ?? 0) - 800 * 3600) < 1)
        // 800 Wh at 3 · 230 V · 6 A take 695.65 s.
        #expect(abs(register.expectedDuration - 5 - RegisterKind.reading - 695.65) < 0.01)
        #expect(try point(.repeatability).repeats == 10)
    }

    @Test("Phase angles, directions and sides of the power factor stand in the load as the bench applies them")
    func loads() throws {
        let plan = try Checkout.plan("iec62053-22.yaml", try Checkout.demoMeter())
        func load(_ id: String) throws -> LoadSetting { try #require(plan.points.first { $0.id == id }, "\(id)").load }
        let plain = try load("4 accuracy import PF=1 I=5 % In")
        #expect(plain.phases.map(\.voltageAngle) == [0, -120, 120])
        #expect(plain.phases.allSatisfy { $0.voltage == 230 && abs($0.current - 0.25) < 1e-12 && $0.currentLag == 0 })
        #expect(plain.frequency == 50)
        // 3 · 230 V · 5 A · 0.5 = 1725 W.
        let inductive = try load("4 accuracy import PF=0.5 ind I=In")
        #expect(inductive.phases.allSatisfy { abs($0.currentLag - 60) < 1e-9 })
        #expect(abs(inductive.activePower - 1725) < 1e-6)
        let export = try load("4 accuracy export PF=0.8 cap I=In")
        #expect(abs(export.activePower + 3 * 230 * 5 * 0.8) < 1e-6)
        let single = try load("5 accuracy import L2 PF=0.5 ind I=Imax")
        #expect(single.phases.map(\.current) == [0, 6, 0])
        #expect(single.phases.allSatisfy { $0.voltage == 230 })
        #expect(abs(single.activePower - 230 * 6 * 0.5) < 1e-6)
    }
}
