import Testing

@testable import BenchCore

@Suite("Formulas of the standards")
struct StandardFormulasTests {
    @Test(
        "test cases of the shared accuracy file agree",
        .enabled(if: SharedStandards.accuracy != nil, "skipped: no ../shared/standards"))
    func shared() throws {
        let cases = try #require(SharedStandards.accuracy)["test_cases"]
        func value(_ id: String, _ part: String, _ key: String) throws -> Double {
            try #require(cases.entry(id)[part][key].number, "\(id) \(part) \(key)")
        }
        let reference = try value("error-from-pulses", "inputs", "N_ref")
        let gate = PulseGate(
            pulses: Int(try value("error-from-pulses", "inputs", "N_dut")),
            first: PulseEdge(tick: 0, referenceCount: 0), last: PulseEdge(tick: 1, referenceCount: reference))
        let error = try #require(
            gate.error(
                meterConstant: try value("error-from-pulses", "inputs", "k_dut"),
                referenceConstant: try value("error-from-pulses", "inputs", "k_ref")))
        #expect(abs(error - (try value("error-from-pulses", "expected", "E_percent"))) < 5e-7)

        let energy = RegisterError.leastEnergy(
            resolution: try value("register-test", "inputs", "R_Wh"),
            limit: try value("register-test", "inputs", "b_percent"))
        #expect(energy == (try value("register-test", "expected", "E_min_Wh")))

        // τ = 3.6·10⁶/(m·k·U·Ist): from the first pulse at starting current to the second.
        let point = PlantedWorld.point(.starting, current: try value("start-tau", "inputs", "Ist_A"))
        var single = point
        single.load.phases[1].current = 0
        single.load.phases[2].current = 0
        let dwell = PulsePlanner.minimumDwell(
            single, bench: PlantedWorld.bench(), meterConstant: try value("start-tau", "inputs", "k_imp_per_kWh"),
            positions: 0)
        #expect(abs(dwell - (try value("start-tau", "expected", "tau_s"))) < 0.001)
    }

    @Test("the composite error is the root of the sum of squares (a-accuracy.json, composite-error)")
    func composite() {
        // Directive 2014/32/EU, Annex V: e = 0.6, δT = 0.9, δU = 0.3, δf = 0.2 gives 1.140175.
        let lines = [0.6, 0.9, 0.3, 0.2].enumerated().map {
            BudgetLine(
                name: "\($0.offset)", distribution: "normal", standardUncertainty: $0.element, unit: "%",
                sensitivity: 1,
                degreesOfFreedom: nil)
        }
        #expect(abs(Budget(lines: lines).standardUncertainty - 1.140175) < 5e-7)
    }

    @Test(
        "resolution of one reference count is 100/N_ref (a-accuracy.json, resolution-pulses)",
        arguments: [
            (10_000.0, 1, 0.01), (1000, 5, 0.02),
        ])
    func resolution(countsPerPulse: Double, pulses: Int, expected: Double) throws {
        let bench = PlantedWorld.bench(jitter: 0, resolution: 1)
        let budget = try BudgetBuilder(PlantedWorld.point(), bench).pulses(
            errors: [0], meanGate: 1, meanReferenceCount: countsPerPulse * Double(pulses), observedEdgeJitter: nil,
            temperature: 23)
        let line = try #require(budget.lines.first { $0.name.hasPrefix("counter.reference") })
        // One count as the half width of the triangle of two ends of ±½ each: u = (100/N_ref)/√6.
        #expect(abs(line.contribution * 6.0.squareRoot() - expected) < 1e-12)
    }

    @Test("a phase error weighs with tan φ: one arc minute is 0.05038 % at PF 0.5")
    func phase() throws {
        // c-uncertainty-decision.json, phase-error: δ = 1′ at cos φ = 0.5.
        let lag = try #require(PowerFactor("0.5 ind")).currentLag(.import)
        let u = Phasor(rms: 230, angle: 0)
        let right = Phasor.power(u, Phasor(rms: 5, angle: -lag)).active
        let off = Phasor.power(u, Phasor(rms: 5, angle: -lag + 1.0 / 60)).active
        #expect(abs(100 * (off / right - 1) - 0.05038) < 5e-6)
    }
}
