import Glibc
import Testing

@testable import BenchCore

@Suite("Power and unbalance from phasors")
struct PowerFormulaTests {
    private static func three(_ a: Double, _ b: Double, _ c: Double) -> SymmetricalComponents {
        SymmetricalComponents(
            Phasor(rms: a, angle: 0), Phasor(rms: b, angle: -120), Phasor(rms: c, angle: 120))
    }

    // d-power-quality.json, test cases unbalance-(…): Ua, Ub, Uc at 0°, −120°, 120°; u2 = u0 in percent.
    @Test(
        "unequal magnitudes give u2 and u0 of IEC 61000-4-30, 5.7",
        arguments: [
            (1, 0.9, 1, 3.448276), (0.73, 0.8, 0.87, 5.051815), (1.52, 1.4, 1.28, 4.948717),
            (1, 1.157894737, 1, 5.0), (1, 1.333333333, 1, 10), (1, 1.529411765, 1, 15), (1, 1.75, 1, 20),
        ])
    func unbalance(_ a: Double, _ b: Double, _ c: Double, _ percent: Double) throws {
        let found = Self.three(a, b, c)
        #expect(abs(try #require(found.negativeUnbalance) - percent) < 1e-6)
        #expect(abs(try #require(found.zeroUnbalance) - percent) < 1e-6)
    }

    @Test("an offset of 10 in phase with L1 is zero sequence alone (unbalance-offset)")
    func offset() throws {
        let shift = Phasor(rms: 10, angle: 0).plane
        let found = SymmetricalComponents(
            Phasor(plane: Phasor(rms: 100, angle: 0).plane + shift),
            Phasor(plane: Phasor(rms: 100, angle: -120).plane + shift),
            Phasor(plane: Phasor(rms: 100, angle: 120).plane + shift))
        #expect(abs(try #require(found.negativeUnbalance)) < 1e-9)
        #expect(abs(try #require(found.zeroUnbalance) - 10) < 1e-9)
    }

    @Test("u2 from line voltages alone is u2 from phasors, whatever the zero sequence")
    func lineVoltages() throws {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<200 {
            let phasors = [0.0, -120, 120].map {
                Phasor(
                    rms: 230 * Double.random(in: 0.7...1.3, using: &generator),
                    angle: $0 + Double.random(in: -15...15, using: &generator)
                ).plane + SIMD2(17, -9)
            }
            func size(_ p: SIMD2<Double>) -> Double { hypot(p.x, p.y) }
            let line = SymmetricalComponents.negativeUnbalance(
                lineVoltages: size(phasors[0] - phasors[1]), size(phasors[1] - phasors[2]),
                size(phasors[2] - phasors[0]))
            let sequence = SymmetricalComponents(
                Phasor(plane: phasors[0]), Phasor(plane: phasors[1]), Phasor(plane: phasors[2]))
            #expect(abs(try #require(line) - (try #require(sequence.negativeUnbalance))) < 1e-6)
        }
        #expect(SymmetricalComponents.negativeUnbalance(lineVoltages: 1, 1, 1) ?? 1 < 1e-6)
        #expect(SymmetricalComponents.negativeUnbalance(lineVoltages: 1, 1, 5) == nil)
        #expect(SymmetricalComponents.negativeUnbalance(lineVoltages: 0, 0, 0) == nil)
        #expect(Self.three(0, 0, 0).negativeUnbalance == nil)
        // Three equal voltages in phase have no positive sequence.
        let same = Phasor(rms: 230, angle: 0)
        #expect(SymmetricalComponents(same, same, same).zeroUnbalance == nil)
    }

    @Test("under- and overdeviation count one side alone (underdeviation, overdeviation)")
    func deviation() throws {
        // d-power-quality.json: five values of 0.7875 and five of 1; five of 1.1917 and five of 1, Udin = 1.
        let low = [Double](repeating: 0.7875, count: 5) + [Double](repeating: 1, count: 5)
        let high = [Double](repeating: 1.1917, count: 5) + [Double](repeating: 1, count: 5)
        #expect(abs(try #require(VoltageDeviation.under(low, declared: 1)) - 9.9957) < 5e-5)
        #expect(abs(try #require(VoltageDeviation.over(high, declared: 1)) - 10.0034) < 5e-5)
        #expect(abs(try #require(VoltageDeviation.over(low, declared: 1))) < 1e-12)
        #expect(VoltageDeviation.under([], declared: 230) == nil)
        #expect(VoltageDeviation.under([230], declared: 0) == nil)
    }

    @Test("mains signalling is the root of the squares of the four nearest bins (IEC 61000-4-30, 5.10)")
    func signalling() {
        // 5 Hz bins; a carrier of 316.67 Hz lies between 315 and 320: bins 62 (310) to 65 (325) by the formula of
        // d-power-quality.json.
        var bins = [Double](repeating: 0, count: 200)
        bins[62] = 1
        bins[63] = 2
        bins[64] = 3
        bins[65] = 4
        bins[61] = 100
        bins[66] = 100
        #expect(MainsSignalling.voltage(bins: bins, carrier: 316.67, width: 5) == 30.0.squareRoot())
        #expect(MainsSignalling.voltageOfBin(bins: bins, carrier: 316.67, width: 5) == 2)
        for carrier in [0, -5, 2, 995, 1e9, Double.nan] {
            #expect(MainsSignalling.voltage(bins: bins, carrier: carrier, width: 5) == nil)
        }
    }

    @Test("harmonic power of the fifth adds to that of the fundamental (harmonic-power)")
    func harmonicPower() {
        // d-power-quality.json, harmonic-power: 230 V, 10 A, 10 % U5, 40 % I5, in phase.
        let found = SinglePhasePower([
            HarmonicPair(order: 1, u: Phasor(rms: 230, angle: 0), i: Phasor(rms: 10, angle: 0)),
            HarmonicPair(order: 5, u: Phasor(rms: 23, angle: 0), i: Phasor(rms: 4, angle: 0)),
        ])
        #expect(abs(found.fundamentalActive - 2300) < 1e-9)
        #expect(abs(found.harmonicActive - 92) < 1e-9)
        #expect(abs(found.active - 2392) < 1e-9)
        #expect(abs(found.u - 231.1471) < 5e-5)
        #expect(abs(found.i - 10.77033) < 5e-6)
        #expect(abs(found.apparent - 2489.531) < 5e-4)
    }

    @Test("IEEE 1459 and Budeanu of one phase (ieee1459-single-phase)")
    func singlePhase() throws {
        // d-power-quality.json, ieee1459-single-phase: 100 V, 10 A lagging 30°; third harmonic 10 V, 5 A lagging 70°.
        let found = SinglePhasePower([
            HarmonicPair(order: 1, u: Phasor(rms: 100, angle: 0), i: Phasor(rms: 10, angle: -30)),
            HarmonicPair(order: 3, u: Phasor(rms: 10, angle: 0), i: Phasor(rms: 5, angle: -70)),
        ])
        let expected: [(Double, Double)] = [
            (found.fundamentalApparent, 1000), (found.fundamentalActive, 866.0254), (found.fundamentalReactive, 500),
            (found.u, 100.4988), (found.i, 11.1803), (found.apparent, 1123.6103), (found.active, 883.1264),
            (found.harmonicActive, 17.101), (found.nonfundamentalApparent, 512.3475), (found.currentDistortion, 500),
            (found.voltageDistortion, 100), (found.harmonicApparent, 50), (found.harmonicDistortion, 46.9846),
            (found.nonactive, 694.6854), (found.budeanuReactive, 546.9846), (found.budeanuDistortion, 428.2471),
        ]
        for (ours, theirs) in expected { #expect(abs(ours - theirs) < 6e-5, "\(ours) for \(theirs)") }
        #expect(abs(try #require(found.powerFactor) - 0.786) < 5e-4)
        #expect(abs(try #require(found.fundamentalPowerFactor) - 0.866) < 5e-4)
        let (s, s1, sn) = (found.apparent, found.fundamentalApparent, found.nonfundamentalApparent)
        #expect(abs(s * s - s1 * s1 - sn * sn) < 1e-6)
        #expect(SinglePhasePower([]).powerFactor == nil)
    }

    @Test("arithmetic and vector apparent power differ where phases differ (arith-vs-vector)")
    func arithmeticAndVector() throws {
        // d-power-quality.json, arith-vs-vector: P 1000, 500, 0 W; Q 0, 500, 866 var.
        let p = [1000.0, 500, 0]
        let q = [0.0, 500, 866]
        #expect(abs(ThreePhasePower.arithmeticApparent(active: p, reactive: q) - 2573.107) < 5e-4)
        #expect(abs(ThreePhasePower.vectorApparent(active: p, reactive: q) - 2028.782) < 5e-4)
        // The same from phasors: 1 V, so that I = P − jQ.
        let phases = zip(p, q).enumerated().map { phase, power in
            let turn = -120.0 * Double(phase)
            return [
                HarmonicPair(
                    order: 1, u: Phasor(rms: 1, angle: turn),
                    i: Phasor(rms: hypot(power.0, power.1), angle: turn - atan2(power.1, power.0) * 180 / .pi))
            ]
        }
        let found = try ThreePhasePower(phases, wires: .four)
        #expect(abs(found.arithmeticApparent - 2573.107) < 5e-4)
        #expect(abs(found.vectorApparent - 2028.782) < 5e-4)
        #expect(found.effectiveApparent > found.arithmeticApparent)
    }

    @Test("effective powers of a balanced system are those of the phases, three or four wires")
    func balanced() throws {
        let phases = [0.0, -120, 120].map { turn in
            [
                HarmonicPair(order: 1, u: Phasor(rms: 230, angle: turn), i: Phasor(rms: 10, angle: turn - 30)),
                HarmonicPair(order: 5, u: Phasor(rms: 23, angle: -turn), i: Phasor(rms: 4, angle: -turn)),
            ]
        }
        for wires in PhaseWires.allCases {
            let found = try ThreePhasePower(phases, wires: wires)
            #expect(abs(found.effectiveVoltage - (230.0 * 230 + 23 * 23).squareRoot()) < 1e-9)
            #expect(abs(found.effectiveCurrent - 116.0.squareRoot()) < 1e-9)
            #expect(abs(found.positiveActive - 3 * 2300 * cos(.pi / 6)) < 1e-9)
            #expect(abs(found.positiveReactive - 3 * 1150) < 1e-9)
            #expect(found.unbalancePower < 1e-3)
            let (se, se1, sen) = (
                found.effectiveApparent, found.fundamentalEffectiveApparent, found.nonfundamentalApparent
            )
            #expect(abs(se * se - se1 * se1 - sen * sen) < 1e-3)
        }
    }

    @Test("a single loaded phase of a four-wire system: Se is the root of six of S over the phase's S (IEEE 1459, 3.2)")
    func singleLoad() throws {
        // U = 100 V balanced, 10 A in L1 and back in N: Ie = √((I² + I²)/3), Ue = U, Se = 3·U·I·√(2/3) = √6·U·I.
        let phases = [0.0, -120, 120].enumerated().map { phase, turn in
            [
                HarmonicPair(
                    order: 1, u: Phasor(rms: 100, angle: turn), i: Phasor(rms: phase == 0 ? 10 : 0, angle: turn))
            ]
        }
        let found = try ThreePhasePower(phases, wires: .four)
        #expect(abs(found.effectiveApparent - 6.0.squareRoot() * 1000) < 1e-9)
        #expect(abs(found.arithmeticApparent - 1000) < 1e-9)
        // I1⁺ = I/3: S1⁺ = U·I, SU1 = √5·U·I.
        #expect(abs(found.positiveApparent - 1000) < 1e-9)
        #expect(abs(found.unbalancePower - 5.0.squareRoot() * 1000) < 1e-9)
        let measured = try ThreePhasePower(phases, wires: .four, neutral: (rms: 0, fundamental: 0))
        #expect(abs(measured.effectiveCurrent - (100.0 / 3).squareRoot()) < 1e-12)
    }

    @Test("wrong numbers of phases and doubled orders are refused")
    func refused() {
        let pair = HarmonicPair(order: 1, u: Phasor(rms: 1, angle: 0), i: Phasor(rms: 1, angle: 0))
        #expect(throws: PowerQualityTrouble.self) { try ThreePhasePower([[pair], [pair]], wires: .four) }
        #expect(throws: PowerQualityTrouble.self) {
            try ThreePhasePower([[pair, pair], [pair], [pair]], wires: .four)
        }
    }

    @Test("distortion against the fundamental and against all differ as they must")
    func distortion() throws {
        let orders = [5.0, 100, 0, 30, 0, 40]
        #expect(try #require(TotalDistortion.ofFundamental(orders)) == 0.5)
        #expect(abs(try #require(TotalDistortion.ofRms(orders)) - 50 / 12_500.0.squareRoot()) < 1e-15)
        #expect(try #require(TotalDistortion.ofFundamental(orders, highest: 4)) == 0.3)
        #expect(abs(try #require(TotalDistortion.ofTotal(rms: 12_500.0.squareRoot(), fundamental: 100)) - 0.5) < 1e-12)
        #expect(TotalDistortion.ofFundamental([1]) == nil)
        #expect(TotalDistortion.ofFundamental([1, 0, 1]) == nil)
        #expect(TotalDistortion.ofRms([]) == nil)
    }

    @Test(
        "the test cases typed here are those of the shared file",
        .enabled(if: FlickerMeterTests.shared != nil, "skipped: no ../shared/standards/d-power-quality.json"))
    func sharedCases() throws {
        let cases = try #require(FlickerMeterTests.shared)["test_cases"].list
        var seen = 0
        for entry in cases {
            let name = try #require(entry["id"].text)
            let inputs = entry["inputs"]
            func wanted(_ key: String) throws -> Double {
                try #require(entry["expected"][key].number, "\(name) \(key)")
            }
            func given(_ key: String) throws -> Double { try #require(inputs[key].number, "\(name) \(key)") }
            if name.hasPrefix("unbalance-(") {
                let found = Self.three(try given("Ua"), try given("Ub"), try given("Uc"))
                #expect(abs(try #require(found.negativeUnbalance) - (try wanted("u2_percent"))) < 1e-6, "\(name)")
                #expect(abs(try #require(found.zeroUnbalance) - (try wanted("u0_percent"))) < 1e-6, "\(name)")
            } else if name == "ieee1459-single-phase" {
                let found = SinglePhasePower([
                    HarmonicPair(
                        order: 1, u: Phasor(rms: try given("U1_V"), angle: 0),
                        i: Phasor(rms: try given("I1_A"), angle: -(try given("phi1_deg")))),
                    HarmonicPair(
                        order: 3, u: Phasor(rms: try given("U3_V"), angle: 0),
                        i: Phasor(rms: try given("I3_A"), angle: -(try given("phi3_deg")))),
                ])
                #expect(abs(found.apparent - (try wanted("S_VA"))) < 6e-5)
                #expect(abs(found.budeanuDistortion - (try wanted("DB_var"))) < 6e-5)
                #expect(abs(found.nonfundamentalApparent - (try wanted("SN_VA"))) < 6e-5)
                #expect(abs(found.nonactive - (try wanted("N_var"))) < 6e-5)
            } else if name.hasPrefix("plt") {
                let found = try #require(FlickerSeverity.longTerm(inputs["Pst"].numbers))
                #expect(abs(found - (try wanted("Plt"))) < 5e-7)
            } else if name == "arith-vs-vector" {
                let p = inputs["P_W"].numbers
                let q = inputs["Q_var"].numbers
                #expect(
                    abs(ThreePhasePower.arithmeticApparent(active: p, reactive: q) - (try wanted("S_arithmetic_VA")))
                        < 5e-4)
                #expect(
                    abs(ThreePhasePower.vectorApparent(active: p, reactive: q) - (try wanted("S_vector_VA"))) < 5e-4)
            } else if name == "harmonic-power" {
                let u = try given("U1")
                let i = try given("I1")
                let found = SinglePhasePower([
                    HarmonicPair(
                        order: 1, u: Phasor(rms: u, angle: 0), i: Phasor(rms: i, angle: -(try given("phi1_deg")))),
                    HarmonicPair(
                        order: 5, u: Phasor(rms: u * (try given("U5_percent")) / 100, angle: 0),
                        i: Phasor(rms: i * (try given("I5_percent")) / 100, angle: -(try given("angle5_deg")))),
                ])
                #expect(abs(found.active - (try wanted("P_W"))) < 1e-6)
                #expect(abs(found.apparent - (try wanted("S_VA"))) < 5e-4)
            } else {
                // Said in words there; their numbers stand in the tests above.
                #expect(
                    ["unbalance-offset", "underdeviation", "overdeviation", "pst-constant"].contains(name), "\(name)")
            }
            seen += 1
        }
        #expect(seen == 15)
    }
}
