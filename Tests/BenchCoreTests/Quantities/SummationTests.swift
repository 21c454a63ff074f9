import Testing

@testable import BenchCore

@Suite("Energy by direction, and how registers add the phases")
struct SummationTests {
    private static let absent = "skipped: no ../shared/standards/g-bidirectional.json"
    private static let facts = SharedStandards.read("g-bidirectional.json")

    private func flowed(_ powers: [Double], hours: Double) -> SplitEnergy {
        let phases = powers.map { power -> DirectedEnergy in
            var energy = DirectedEnergy()
            energy.add(power: power, seconds: hours * 3600)
            return energy
        }
        var total = DirectedEnergy()
        total.add(power: powers.reduce(0, +), seconds: hours * 3600)
        return SplitEnergy(total: total, phases: phases)
    }

    @Test(
        "The standards' own examples of vectorial, arithmetic and absolute summation",
        .enabled(if: facts != nil, Comment(rawValue: absent)))
    func summation() throws {
        let cases = try #require(Self.facts)["test_cases"].list.filter { $0["id"].text?.hasPrefix("sum-") == true }
        #expect(cases.count == 4)
        for one in cases {
            let hours = try #require(one["inputs"]["duration_h"].number)
            let energy = flowed(one["inputs"]["P_W"].numbers, hours: hours)
            for (summation, key) in [(Summation.vectorial, "netting"), (.arithmetic, "by_phase")] {
                let found = summation.registered(energy), wanted = one["expected"][key]
                #expect(found.imported / 3600 == wanted["import_Wh"].number, "\(one["id"].text ?? "")")
                #expect(found.exported / 3600 == wanted["export_Wh"].number, "\(one["id"].text ?? "")")
            }
            let absolute = Summation.absolute.registered(energy)
            #expect(absolute.imported / 3600 == one["expected"]["absolute_Wh"].number && absolute.exported == 0)
            #expect(energy.throughput == absolute.imported)
        }
    }

    @Test("Net and absolute registers, and netting over an hour", .enabled(if: facts != nil, Comment(rawValue: absent)))
    func netting() throws {
        let cases = try #require(Self.facts)["test_cases"]
        let net = cases.entry("net-metering")
        let energy = DirectedEnergy(
            imported: try #require(net["inputs"]["import_Wh"].number),
            exported: try #require(net["inputs"]["export_Wh"].number))
        #expect(energy.net == net["expected"]["net_16.8.0_Wh"].number)
        #expect(energy.throughput == net["expected"]["absolute_15.8.0_Wh"].number)
        let window = cases.entry("netting-window")
        var hour = DirectedEnergy()
        hour.add(power: try #require(window["inputs"]["P_W_first_half_hour"].number), seconds: 1800)
        hour.add(power: try #require(window["inputs"]["P_W_second_half_hour"].number), seconds: 1800)
        let instant = window["expected"]["instant_netting"], hourly = window["expected"]["hourly_netting"]
        #expect(
            hour.imported / 3600 == instant["import_Wh"].number && hour.exported / 3600 == instant["export_Wh"].number)
        #expect(
            hour.netted.imported == hourly["import_Wh"].number && hour.netted.exported == hourly["export_Wh"].number)
    }
}
