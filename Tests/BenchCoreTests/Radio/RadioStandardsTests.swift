import FoundationEssentials
import TestSupport
import Testing

@testable import BenchCore

/// `../shared/standards/e-rf.json`: tables and test cases.
private struct Standards: Decodable {
    struct Row: Decodable {
        var lower_MHz: Double?, upper_MHz: Double?, max_erp_mW: Double?, max_duty_cycle_percent: Double?
        var population: String?, f_lower_MHz: Double?, f_upper_MHz: Double?, S_mW_per_cm2: String?
        var averaging_min: Double?, verified: String?, confidence: String?
    }
    struct Table: Decodable {
        var id: String, verified: String, confidence: String, rows: [Row]

        private enum Key: String, CodingKey { case id, verified, confidence, rows }

        /// Reads rows of the tables that rules come from only: others have rows of other shapes.
        init(from decoder: any Decoder) throws {
            let c = try decoder.container(keyedBy: Key.self)
            id = try c.decode(String.self, forKey: .id)
            verified = try c.decode(String.self, forKey: .verified)
            confidence = try c.decode(String.self, forKey: .confidence)
            rows = id.hasPrefix("srd") || id == "fcc-mpe" ? try c.decode([Row].self, forKey: .rows) : []
        }
    }
    struct Case: Decodable {
        struct Inputs: Decodable {
            var P_mW: Double?, G_dBi: Double?, duty: Double?, R_cm: Double?, reflection_factor: Double?, f_MHz: Double?
            var EIRP_mW: Double?, payload_and_overhead_chips: Double?, chip_rate_cps: Double?, interval_s: Double?
            var band_limit_percent: Double?, bursts_ms: [Double]?, window_s: Double?, limit_percent: Double?
            var channels: Int?, hop_time_s: Double?, ERP_mW: Double?, limit_dBm: Double?
        }
        struct Expected: Decodable {
            var S_mW_per_cm2: Double?, limit_general_mW_per_cm2: Double?, percent_of_limit: Double?, pass: Bool?
            var general_mW_per_cm2: Double?, occupational_mW_per_cm2: Double?, R_min_cm: Double?, air_time_ms: Double?
            var duty_percent: Double?, on_time_s: Double?, max_occupancy_s: Double?, EIRP_mW: Double?, ERP_dBm: Double?
            var EIRP_dBm: Double?, allowed_conducted_dBm: Double?
        }
        var id: String, inputs: Inputs, expected: Expected
    }
    var tables: [Table]
    var test_cases: [Case]

    static let path = Checkout.path("../shared/standards/e-rf.json")
    static let isThere = FileManager.default.fileExists(atPath: path)
    static func read() throws -> Standards {
        try JSONDecoder().decode(Standards.self, from: Data(Disk.read(path)))
    }
}

enum ShippedRules {
    static func load(_ name: String) throws -> RadioRules {
        let path = Checkout.path("Procedures/Radio/\(name).yaml")
        return try RadioRuleFile.load(Disk.read(path), file: path)
    }
}

@Suite("Radio standards", .enabled(if: Standards.isThere, "skipped: no ../shared/standards/e-rf.json"))
struct RadioStandardsTests {
    private func limit(_ population: RadioRules.ExposureRow.Population, _ megahertz: Double) throws -> Double {
        let rules = try ShippedRules.load("fcc-exposure")
        let row = try #require(
            rules.exposure.first { $0.population == population && $0.band.contains(megahertz * 1e6) })
        return row.limit(megahertz * 1e6)
    }

    private func near(_ found: Double, _ stated: Double?, _ share: Double = 2e-5) -> Bool {
        guard let stated else { return true }
        return abs(found - stated) <= share * abs(stated)
    }

    @Test("every test case of the file comes out, and none is left out")
    func cases() throws {
        var done = 0
        for one in try Standards.read().test_cases {
            let (i, e) = (one.inputs, one.expected)
            if let power = i.P_mW, let gain = i.G_dBi, let duty = i.duty, let distance = i.R_cm,
                let reflection = i.reflection_factor, let f = i.f_MHz
            {
                let density = Exposure.density(
                    eirp: power * Exposure.ratio(gain), duty: duty, reflection: reflection, distance: distance)
                let limit = try limit(.general, f)
                #expect(near(density, e.S_mW_per_cm2), "\(one.id)")
                #expect(near(limit, e.limit_general_mW_per_cm2), "\(one.id)")
                #expect(near(density / limit * 100, e.percent_of_limit, 2e-4), "\(one.id)")
                #expect((density <= limit) == e.pass, "\(one.id)")
            } else if let eirp = i.EIRP_mW, let f = i.f_MHz {
                let distance = Exposure.distance(
                    eirp: eirp, duty: i.duty ?? 1, reflection: i.reflection_factor ?? 1, limit: try limit(.general, f))
                #expect(near(distance, e.R_min_cm), "\(one.id)")
            } else if let f = i.f_MHz {
                #expect(near(try limit(.general, f), e.general_mW_per_cm2, 1e-6), "\(one.id)")
                #expect(near(try limit(.occupational, f), e.occupational_mW_per_cm2, 1e-6), "\(one.id)")
            } else if let chips = i.payload_and_overhead_chips, let rate = i.chip_rate_cps, let every = i.interval_s {
                let share = DutyCycle.share(airTime: chips / rate, interval: every)
                #expect(near(chips / rate * 1e3, e.air_time_ms), "\(one.id)")
                #expect(near(share * 100, e.duty_percent), "\(one.id)")
                #expect((share * 100 <= i.band_limit_percent ?? 0) == e.pass, "\(one.id)")
            } else if let bursts = i.bursts_ms, let window = i.window_s {
                // One burst every 40 s: all of them in an hour.
                let times = bursts.enumerated().map { Double($0) * 40...Double($0) * 40 + $1 / 1e3 }
                let worst = DutyCycle.worst(times, window: window)
                #expect(near(worst.onTime, e.on_time_s), "\(one.id)")
                #expect(near(worst.share * 100, e.duty_percent), "\(one.id)")
                #expect((worst.share * 100 <= i.limit_percent ?? 0) == e.pass, "\(one.id)")
            } else if let channels = i.channels, let hop = i.hop_time_s, let window = i.window_s {
                // Every channel in its turn, three rounds: on any channel, in any 20 s.
                let round = hop * Double(channels)
                let worst =
                    (0..<channels).map { channel in
                        DutyCycle.worst(
                            (0..<3).map {
                                let start = Double($0) * round + Double(channel) * hop
                                return start...start + hop
                            }, window: window
                        ).onTime
                    }.max() ?? 0
                #expect(near(worst, e.max_occupancy_s, 1e-9), "\(one.id)")
                #expect((worst <= 0.4 * (1 + 1e-9)) == e.pass, "\(one.id)")
            } else if let erp = i.ERP_mW {
                #expect(near(erp * Exposure.dipoleGain, e.EIRP_mW), "\(one.id)")
                var setup = RadioSetup()
                setup.fullScale = e.ERP_dBm
                setup.level = .erp
                #expect(near(setup.power(0, at: .eirp) ?? 0, e.EIRP_dBm, 1e-4), "\(one.id)")
            } else if let gain = i.G_dBi, let limit = i.limit_dBm {
                #expect(Exposure.conductedLimit(limit, gain: gain) == e.allowed_conducted_dBm, "\(one.id)")
            } else {
                Issue.record("nobody computes \(one.id)")
            }
            done += 1
        }
        #expect(done == 13)
    }

    @Test("the rows of the shipped rules are those of the tables, with their confirmation")
    func rows() throws {
        let standards = try Standards.read()
        let srd = standards.tables.filter { $0.id.hasPrefix("srd") }
        let bands = try ShippedRules.load("etsi-en-300-220").bands
        let stated = srd.flatMap { table in table.rows.map { (table, $0) } }
        #expect(bands.count == stated.count && bands.count == 20)
        for (row, (table, cells)) in zip(bands, stated) {
            #expect(near(row.band.lower, (cells.lower_MHz ?? 0) * 1e6, 1e-12))
            #expect(near(row.band.upper, (cells.upper_MHz ?? 0) * 1e6, 1e-12))
            #expect(near(row.erp, cells.max_erp_mW, 1e-12))
            #expect(near(row.dutyCycle * 100, cells.max_duty_cycle_percent, 1e-12))
            #expect(row.citation.verified.rawValue == cells.verified ?? table.verified)
            #expect(row.citation.confidence.rawValue == cells.confidence ?? table.confidence)
        }
        let mpe = try #require(standards.tables.first { $0.id == "fcc-mpe" })
        let exposure = try ShippedRules.load("fcc-exposure").exposure
        #expect(exposure.count == mpe.rows.count)
        for (row, cells) in zip(exposure, mpe.rows) {
            #expect(row.population.rawValue == cells.population)
            #expect(near(row.band.lower, (cells.f_lower_MHz ?? 0) * 1e6, 1e-12))
            #expect(row.averaging == (cells.averaging_min ?? 0) * 60)
            let density = (cells.S_mW_per_cm2 ?? "").split(separator: " ")[0]
            let text = density.split(separator: "^").first.map(String.init) ?? ""
            let read = try RadioRuleFile.readDensity(text + (density.contains("^2") ? "²" : "") + " mW/cm²")
            #expect(read.factor == row.factor && read.exponent == row.exponent)
        }
    }
}
