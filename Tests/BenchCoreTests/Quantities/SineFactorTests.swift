import Testing

@testable import BenchCore

@Suite("sin φ and quadrants")
struct SineFactorTests {
    private static let absent = "skipped: no ../shared/standards/g-bidirectional.json"
    private static let facts = SharedStandards.read("g-bidirectional.json")

    @Test("Texts are read and written; what has no side, or is no sine, is refused in words")
    func texts() throws {
        for text in ["1 ind", "0.5 cap", "0.25 ind"] {
            #expect(try QuantityText.sineFactor(text).description == text)
        }
        for text in ["1", "0.5", "0 ind", "1.2 cap", "0.5 lag", "ind", ""] {
            let trouble = #expect(throws: ValueTrouble.self) { try QuantityText.sineFactor(text) }
            #expect(trouble?.message.contains("«1 ind», «0.5 ind» or «0.5 cap»") == true)
        }
    }

    @Test("Side and direction of active energy give the quadrant: import inductive is I, and so on around")
    func quadrants() throws {
        // IEC 62053-23:2003, annex C, drawn for a consumer.
        let inductive = try #require(SineFactor("0.5 ind")), capacitive = try #require(SineFactor("0.5 cap"))
        let all: [(SineFactor, EnergyDirection, Quadrant, Double)] = [
            (inductive, .import, .first, 30), (capacitive, .export, .second, 150), (inductive, .export, .third, 210),
            (capacitive, .import, .fourth, -30),
        ]
        for (sine, direction, quadrant, lag) in all {
            #expect(Quadrant(active: direction, reactive: sine.reactiveDirection(direction)) == quadrant)
            #expect(abs(sine.currentLag(direction) - lag) < 1e-9)
            #expect(abs(sine.powerFactor.currentLag(direction) - lag) < 1e-9)
        }
        #expect(SineFactor("1 ind")?.powerFactor == PowerFactor(0, .inductive))
    }

    @Test(
        "The standards' own examples of the quadrants come out of a load",
        .enabled(if: facts != nil, Comment(rawValue: absent)))
    func examples() throws {
        let cases = try #require(Self.facts)["test_cases"].list.filter {
            $0["id"].text?.hasPrefix("quadrant-") == true
        }
        #expect(cases.count == 4)
        for one in cases {
            let volts = try #require(one["inputs"]["U_V"].number), amps = try #require(one["inputs"]["I_A"].number)
            let phi = try #require(one["inputs"]["phi_deg"].number)
            let load = LoadSetting(
                frequency: 50,
                phases: [PhaseLoad(voltage: volts, voltageAngle: 0, current: amps, currentLag: phi)])
            let (p, q) = (load.activePower, load.reactivePower)
            let name = try #require(one["id"].text?.split(separator: "-").last.map(String.init))
            let quadrant = try #require(Quadrant(rawValue: name))
            #expect(Quadrant(active: p < 0 ? .export : .import, reactive: q < 0 ? .export : .import) == quadrant)
            let expected = one["expected"]
            #expect(abs(max(p, 0) - (expected["1.8.0_Wh"].number ?? .nan)) < 1e-3)
            #expect(abs(max(-p, 0) - (expected["2.8.0_Wh"].number ?? .nan)) < 1e-3)
            for (key, of) in zip(["5", "6", "7", "8"], Quadrant.allCases) {
                let wanted = expected["\(key).8.0_varh"].number ?? .nan
                #expect(abs((of == quadrant ? abs(q) : 0) - wanted) < 1e-9, "\(key).8.0")
                #expect(of.role.quadrants == [of])
            }
            // +Q counts quadrants I and II, −Q III and IV.
            let both: [RegisterRole] = [.reactiveEnergyImport, .reactiveEnergyExport]
            #expect(both.first { $0.quadrants.contains(quadrant) } == (q > 0 ? both[0] : both[1]))
        }
    }
}
