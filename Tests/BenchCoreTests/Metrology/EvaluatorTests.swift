import FoundationEssentials
import Testing

@testable import BenchCore

@Suite("Evaluation of test points")
struct EvaluatorTests {
    static let bench = PlantedWorld.bench()
    static let meter = PlantedWorld.meter()

    /// A clean measurement of a meter with this error at PF 1 and 5 A, no jitter and a fine reference count.
    static func seen(_ error: Double, gates: Int = 3, spread: Double = 0, temperature: Double? = 23) -> PulseObservation
    {
        var time = 0.0
        var edges = [PulseEdge(tick: 0, referenceCount: 0)]
        for i in 0..<gates {
            let e = error + spread * Double(i - (gates - 1) / 2)
            time += 100 * 3.6e6 / (10000 * 3450) / (1 + e / 100)
            edges.append(PulseEdge(tick: Int64((time * 1e9).rounded()), referenceCount: time * 3450 * 1e9 / 3.6e6))
        }
        let point = PlantedWorld.point()
        return PulseObservation(
            meterConstant: 10000, referenceConstant: 1e9,
            gates: zip(edges, edges.dropFirst()).map { PulseGate(pulses: 100, first: $0, last: $1) },
            findings: EdgeFindings(missing: 0, double: 0, jitter: 0), before: PlantedWorld.reading(point),
            after: PlantedWorld.reading(point), temperature: temperature)
    }

    func judge(
        _ point: TestPoint, _ measurement: Measurement, _ rule: DecisionRule = .guardBandU,
        bench: BenchDescription = bench, meter: MeterType = meter
    ) -> Evaluation {
        Evaluator.evaluate(point: point, measurement: measurement, bench: bench, meter: meter, rule: rule)
    }

    @Test("error, U, k and budget of a clean measurement belong together")
    func numbers() throws {
        let result = judge(PlantedWorld.point(), .pulses(Self.seen(0.123, spread: 0.01)))
        let (error, U, k, u) = (
            try #require(result.error), try #require(result.U), try #require(result.k), try #require(result.u)
        )
        #expect(abs(error - 0.123) < 1e-6)
        let s = try #require(result.standardDeviation)
        #expect(result.errors.count == 3 && abs(s - 0.01) < 1e-5)
        #expect(U == k * u && k >= 2)
        #expect(Evaluator.budget(result).standardUncertainty == u)
        #expect(result.verdict == .pass && result.findings.isEmpty)
    }

    @Test(
        "guard band w = U: pass up to limit less U, fail beyond limit plus U, inconclusive between",
        arguments: [
            (0.0, "pass"), (0.47, "pass"), (-0.47, "pass"), (0.49, "inconclusive"), (0.51, "inconclusive"),
            (-0.51, "inconclusive"), (0.53, "fail"), (-0.53, "fail"), (60, "fail"),
        ])
    func guardBand(error: Double, word: String) throws {
        for accept in ["", "abs(error) <= limit", "error >= limit.lower and error <= limit.upper"] {
            let result = judge(PlantedWorld.point(accept: accept), .pulses(Self.seen(error)))
            // U = 2·√(0.01² + 0.0029² + 0.005²) and a little: 0.024 %.
            #expect(abs(try #require(result.U) - 0.0234) < 0.0005)
            #expect(result.verdict.word == word, "\(accept): \(result.verdict)")
        }
    }

    @Test("0.93 % against ±1 % with U = 0.1 % is not accepted with w = U, and is with simple acceptance")
    func ilac() throws {
        // c-uncertainty-decision.json, guard-band-verdict (ILAC-G8): acceptance limit 0.9 %, reject in binary form.
        let bench = PlantedWorld.bench(certificateU: 0.1, drift: 0, temperature: 0, jitter: 1e-9, stability: 0)
        let point = PlantedWorld.point(limit: 1, targetU: 0.2)
        let seen = Measurement.pulses(Self.seen(0.93))
        #expect(abs(try #require(judge(point, seen, bench: bench).U) - 0.1) < 1e-5)
        #expect(judge(point, seen, .guardBandU, bench: bench).verdict.word == "inconclusive")
        #expect(judge(point, seen, .simpleAcceptance, bench: bench).verdict == .pass)
        #expect(judge(point, seen, DecisionRule(guardFactor: 0.83), bench: bench).verdict.word == "inconclusive")
        #expect(judge(point, .pulses(Self.seen(0.91)), DecisionRule(guardFactor: 0.83), bench: bench).verdict == .pass)
        let over = judge(point, .pulses(Self.seen(1.001)), .simpleAcceptance, bench: bench).verdict
        #expect(over == .fail(reason: "error +1.00 % with U = 0.10 % against ±1 % (simple acceptance)"))
    }

    @Test("asymmetric limits are taken with their signs")
    func asymmetric() {
        var point = PlantedWorld.point()
        point.limit?.lowerPercent = -1
        #expect(judge(point, .pulses(Self.seen(-0.9))).verdict == .pass)
        #expect(judge(point, .pulses(Self.seen(0.9))).verdict.word == "fail")
    }

    @Test("missing or doubled pulses, or fewer gates than asked for, decide nothing, and are named")
    func unclean() throws {
        var seen = Self.seen(0)
        seen.findings.missing = 2
        let result = judge(PlantedWorld.point(), .pulses(seen))
        #expect(result.verdict == .inconclusive(reason: "the pulse train is not clean: 2 pulses missing"))
        #expect(result.findings.contains("2 pulses missing") && result.error != nil)
        seen.findings.double = 1
        #expect(try #require(judge(PlantedWorld.point(), .pulses(seen)).verdict.reason).contains("1 edges doubled"))
        #expect(
            judge(PlantedWorld.point(), .pulses(Self.seen(0, gates: 2))).verdict
                == .inconclusive(reason: "2 of 3 determinations were completed"))
        var none = Self.seen(0)
        none.gates = []
        #expect(judge(PlantedWorld.point(), .pulses(none)).verdict == .inconclusive(reason: "no gate was completed"))
        var gap = Self.seen(0)
        gap.gates.remove(at: 1)
        #expect(
            judge(PlantedWorld.point(repeats: 2), .pulses(gap)).verdict.reason == "the gates do not follow one another")
    }

    @Test("a constant that is not the meter type's is not reckoned with")
    func constant() {
        let result = judge(PlantedWorld.point(), .pulses(Self.seen(0)), meter: PlantedWorld.meter(constant: 1000))
        #expect(result.error == nil)
        #expect(result.verdict.reason == "reckoned with 10000 imp/kWh where the meter type says 1000 imp/kWh")
    }

    @Test("a limit of low confidence decides nothing, neither pass nor fail")
    func lowConfidence() {
        for error in [0.0, 5] {
            let verdict = judge(PlantedWorld.point(confidence: .low), .pulses(Self.seen(error))).verdict
            #expect(verdict.word == "inconclusive")
            #expect(verdict.reason?.contains("IEC 62053-22:2003, 8.1") == true)
        }
        let idle = Measurement.noLoad(NoLoadObservation(seconds: 100, pulses: 9))
        #expect(judge(PlantedWorld.point(.noLoad, confidence: .low), idle).verdict.word == "inconclusive")
    }

    @Test("a U above what is asked is reported; a U above the limit decides nothing")
    func wide() {
        let asked = judge(PlantedWorld.point(targetU: 0.01), .pulses(Self.seen(0)))
        #expect(asked.verdict == .pass)
        #expect(asked.findings == ["U = 0.023 % where at most 0.010 % is asked for"])
        for rule in [DecisionRule.simpleAcceptance, .guardBandU] {
            let wide = judge(PlantedWorld.point(limit: 0.02, targetU: nil), .pulses(Self.seen(0)), rule)
            #expect(wide.verdict == .inconclusive(reason: "U = 0.023 % is larger than the limit of ±0.02 %"))
        }
    }

    @Test("one determination says that repeatability is not contained, no thermometer that 5 K are assumed")
    func remarks() {
        let one = judge(PlantedWorld.point(repeats: 1), .pulses(Self.seen(0, gates: 1, temperature: nil)))
        #expect(
            one.verdict == .pass && one.standardDeviation == nil && one.effectiveDegreesOfFreedom == nil && one.k == 2)
        #expect(one.findings.contains("one determination: U does not contain the meter's own repeatability"))
        #expect(one.findings.contains("no temperature: 23 °C ± 5 K is assumed"))
    }

    @Test("repeatability: the spread of determinations against a tenth of the limit")
    func repeatability() {
        for accept in ["", "stdev(error) <= limit / 10"] {
            let point = PlantedWorld.point(.repeatability, accept: accept, repeats: 5, targetU: nil)
            // Steps d between five determinations: s = d·√2.5; a tenth of the limit is 0.05 %.
            #expect(judge(point, .pulses(Self.seen(0.3, gates: 5, spread: 0.031))).verdict == .pass)
            #expect(judge(point, .pulses(Self.seen(0.3, gates: 5, spread: 0.033))).verdict.word == "fail")
        }
        let point = PlantedWorld.point(.repeatability, accept: "max(error) - min(error) <= limit / 10", repeats: 5)
        #expect(judge(point, .pulses(Self.seen(0, gates: 5, spread: 0.013))).verdict.word == "fail")
        #expect(judge(point, .pulses(Self.seen(0, gates: 5, spread: 0.012))).verdict == .pass)
        // 10 ms of jitter over gates of 10.4 s explain 0.15 %: nothing is said of the meter.
        let shaky = judge(
            PlantedWorld.point(.repeatability, repeats: 5), .pulses(Self.seen(0, gates: 5, spread: 0.05)),
            bench: PlantedWorld.bench(jitter: 1e-2))
        #expect(shaky.verdict.reason?.hasSuffix("the bench's own scatter explains it") == true)
    }

    @Test(
        "no-load: at most one pulse over at least the computed time",
        arguments: [
            (1000.0, 0, "pass"), (1000, 1, "pass"), (1000, 2, "fail"), (500, 2, "fail"), (999, 0, "inconclusive"),
        ])
    func noLoad(seconds: Double, pulses: Int, word: String) {
        for accept in ["", "pulses <= 1"] {
            let point = PlantedWorld.point(.noLoad, current: 0, limit: nil, accept: accept, duration: 1000)
            let result = judge(point, .noLoad(NoLoadObservation(seconds: seconds, pulses: pulses)))
            #expect(result.verdict.word == word)
        }
    }

    @Test(
        "starting: the first pulse in time, and the next in time after it",
        arguments: [
            ([10.0, 20], "pass"), ([100, 200], "pass"), ([101, 102], "fail"), ([], "fail"), ([10, 111], "fail"),
            ([10], "fail"),
        ])
    func starting(edges: [Double], word: String) {
        for accept in ["", "registers"] {
            let point = PlantedWorld.point(.starting, current: 0.005, limit: nil, accept: accept, duration: 100)
            let seen = Measurement.starting(StartingObservation(allowed: 100, edges: edges))
            #expect(judge(point, seen).verdict.word == word)
        }
    }

    /// A register test over 1 kWh with these relative errors of register and pulses.
    func registered(
        _ register: Double, pulses: Double? = 0, energy: Double = 3.6e6, export: Double = 0,
        name: String = "energy-import"
    ) -> Measurement {
        let moved = (energy / 3.6e6 * (1 + register / 100) * 1e4).rounded() / 1e4
        return .register(
            RegisterObservation(
                tested: RegisterPair(name: name, begin: 0, end: moved, resolution: 1e-4),
                still: [RegisterPair(name: "energy-export", begin: 3, end: 3 + export, resolution: 1e-4)],
                referenceEnergy: energy, meterConstant: pulses == nil ? nil : 10000,
                pulses: pulses.map { Int((energy / 360 * (1 + $0 / 100)).rounded()) },
                during: PlantedWorld.reading(PlantedWorld.point()), temperature: 23))
    }

    @Test("register test: within the limit, in step with the pulses, and the other direction still")
    func register() {
        let both = "abs(error) <= limit and abs(pulses-deviation) <= limit / 10"
        let point = PlantedWorld.point(.register, accept: both, energy: 3.6e6)
        #expect(judge(point, registered(0.1, pulses: 0.1)).verdict == .pass)
        let result = judge(point, registered(0.1, pulses: 0.1))
        #expect(abs((result.error ?? 9) - 0.1) < 1e-9 && (result.U ?? 0) > 0.02)
        // Pulses right, register 1.2 % wrong: the planted fault of position 5.
        let wrong = judge(point, registered(1.2, pulses: 0.1)).verdict
        #expect(wrong.word == "fail" && wrong.reason?.contains("register against pulses +1.099 %") == true)
        // Within the limit, but out of step with the pulses by more than b/10 = 0.05 % and resolution (0.02 %).
        #expect(judge(point, registered(0.3, pulses: 0.1)).verdict.word == "fail")
        #expect(judge(point, registered(0.16, pulses: 0.1)).verdict.word == "inconclusive")
        #expect(judge(point, registered(0.14, pulses: 0.1)).verdict == .pass)
        #expect(judge(point, registered(0.6, pulses: 0.6)).verdict.word == "fail")
        #expect(judge(point, registered(0.49, pulses: 0.49)).verdict.word == "inconclusive")
    }

    @Test("a register of the other direction that moves fails the meter, and is named")
    func wrongDirection() {
        let moved = judge(PlantedWorld.point(.register), registered(0, export: 0.0002))
        #expect(moved.verdict == .fail(reason: moved.findings.last ?? ""))
        #expect(moved.findings.last?.hasPrefix("«energy-export» moved by 0.00020 kWh") == true)
        let swapped = judge(PlantedWorld.point(.register), registered(0, name: "energy-export"))
        #expect(swapped.verdict.reason == "«energy-export» was read where «energy-import» counts import")
    }

    @Test("without pulses the register is compared with the standard only, and without energy with nothing")
    func noPulses() {
        let alone = judge(PlantedWorld.point(.register), registered(0.1, pulses: nil))
        #expect(alone.verdict == .pass)
        #expect(alone.findings.contains("no pulses: the register is compared with the standard only"))
        #expect(judge(PlantedWorld.point(.register), registered(0, energy: 0)).verdict.word == "inconclusive")
    }

    @Test("from the decisive energy on, resolution cannot make a good meter doubtful")
    func decisive() throws {
        let energy = RegisterError.decisiveEnergy(resolution: 1e-4, meterConstant: 10000, limit: 0.5)
        #expect(abs(energy - 0.8) < 1e-12)
        let both = "abs(error) <= limit and abs(pulses-deviation) <= limit / 10"
        let point = PlantedWorld.point(.register, accept: both)
        for offset in [-1, 0, 1] {
            guard case .register(var seen) = registered(0, energy: energy * 3.6e6) else { continue }
            seen.pulses = try #require(seen.pulses) + offset
            seen.tested.end -= 1e-4 * Double(offset)
            #expect(judge(point, .register(seen)).verdict == .pass)
        }
    }

    @Test("warm-up is not judged, what was not taken is not tested, and mixed-up evidence decides nothing")
    func others() {
        #expect(judge(PlantedWorld.point(.warmUp), .held(seconds: 3600)).verdict == .notJudged)
        let fault = Fault(.timeout, "meter 4", "no answer within 1 s")
        #expect(
            judge(PlantedWorld.point(), .notTaken(fault)).verdict
                == .notTested(reason: "meter 4: timeout: no answer within 1 s"))
        #expect(judge(PlantedWorld.point(), .held(seconds: 1)).verdict.word == "inconclusive")
        #expect(judge(PlantedWorld.point(accept: "volts > 3"), .pulses(Self.seen(0))).verdict.word == "inconclusive")
        #expect(
            judge(PlantedWorld.point(current: 121), .pulses(Self.seen(0))).verdict.reason
                == "no uncertainty: no range of the reference standard answers 230 V, 121 A")
    }

    @Test("evidence written to JSON and read back gives the same evaluation, bit for bit")
    func reproducible() throws {
        var random = SeededGenerator(seed: 12)
        for _ in 0..<50 {
            let measurement = Measurement.pulses(
                Self.seen(
                    random.uniform(in: -1...1), spread: random.uniform(in: 0...0.1),
                    temperature: random.uniform(in: 21...25)))
            let first = judge(PlantedWorld.point(), measurement)
            let copy = try JSONDecoder().decode(Measurement.self, from: try JSONEncoder().encode(measurement))
            let read = try JSONDecoder().decode(Evaluation.self, from: try JSONEncoder().encode(first))
            #expect(judge(PlantedWorld.point(), copy) == first)
            #expect(read == first)
        }
    }
}
