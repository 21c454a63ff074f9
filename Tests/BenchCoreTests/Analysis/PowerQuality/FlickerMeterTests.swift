import Glibc
import Testing

@testable import BenchCore

@Suite("Flicker meter (IEC 61000-4-15:2010)")
struct FlickerMeterTests {
    // The tables round ΔV/V to three digits: 0.2 % of 0.250 % alone are 0.4 % of Pinst. At 20 kS/s, 60 s settled, the worst
    // of all rows is 0.44 % of Pinst and 0.39 % of Pst.
    @Test("sinusoidal modulation of tables 1a and 1b gives Pinst,max = 1 within 1 %", arguments: FlickerLamp.allCases)
    func sinusoidal(_ lamp: FlickerLamp) throws {
        for row in FlickerTables.sinusoidal(lamp) {
            var signal = FlickerSignal(
                lamp, rectangular: false, hertz: row.hertz, percent: row.percent, rate: 2000)
            let found = try signal.severity(interval: 4, begin: 20)
            #expect(abs(found.pinstMax - 1) < 0.01, "\(lamp.rawValue), \(row.hertz) Hz: Pinst,max \(found.pinstMax)")
        }
    }

    // A rectangle has overtones without end: what a sampled one folds back counts, the less the higher the rate
    // (30.5 Hz at 2 kS/s: 3.3 %, at 4.8 kS/s: 0.8 %, at 20 kS/s: 0.1 %).
    @Test("rectangular modulation of tables 2a and 2b gives Pinst,max = 1 within 1 %", arguments: FlickerLamp.allCases)
    func rectangular(_ lamp: FlickerLamp) throws {
        for row in FlickerTables.rectangular(lamp) {
            let rate: Double = row.hertz < 16 ? 3200 : row.hertz == 37 ? 20_000 : 6400
            var signal = FlickerSignal(
                lamp, rectangular: true, hertz: row.hertz, percent: row.percent, rate: rate)
            let found = try signal.severity(interval: 4, begin: 20)
            #expect(abs(found.pinstMax - 1) < 0.01, "\(lamp.rawValue), \(row.hertz) Hz: Pinst,max \(found.pinstMax)")
        }
    }

    // Two minutes hold whole periods of every row (1, 2, 7, 39, 110, 1 620 changes a minute and more), so their
    // quantiles are those of ten minutes.
    @Test("rectangular changes of table 5 give Pst = 1.00 within 0.5 %", arguments: FlickerLamp.allCases)
    func severity(_ lamp: FlickerLamp) throws {
        for row in FlickerTables.severity(lamp) {
            let wait: Double = row.changes < 10 ? 120 : 30
            var signal = FlickerSignal(
                lamp, rectangular: true, hertz: row.changes / 120, percent: row.percent, rate: 2000)
            let found = try signal.severity(interval: row.changes < 39 ? 120 : 60, begin: wait)
            #expect(abs(found.pst - 1) < 0.005, "\(lamp.rawValue), \(row.changes)/min: Pst \(found.pst)")
            #expect(!found.isStandard)
        }
    }

    @Test("ten minutes give a Pst of the standard, and Pst grows with ΔV/V from 0.2 to 10")
    func linear() throws {
        // IEC 61000-4-15, table 5: 39 changes a minute of 0.894 %; Pst is proportional to ΔV/V.
        var signal = FlickerSignal(.v230f50, rectangular: true, hertz: 39.0 / 120, percent: 0.894, rate: 2000)
        let found = try signal.severity(interval: 600, begin: 60)
        #expect(found.isStandard)
        #expect(abs(found.pst - 1) < 0.003)
        for factor in [0.2, 0.6, 4, 10] {
            var signal = FlickerSignal(
                .v230f50, rectangular: true, hertz: 39.0 / 120, percent: 0.894 * factor, rate: 2000)
            let found = try signal.severity(interval: 120, begin: 60)
            #expect(abs(found.pst / factor - 1) < 0.005, "× \(factor): \(found.pst)")
        }
    }

    @Test(
        "the same signal gives the same Pst at every rate of a digitizer",
        arguments: [2000.0, 3999.5, 4000, 7999, 10_000, 51_200, 131_072, 262_144])
    func rates(_ rate: Double) throws {
        var signal = FlickerSignal(.v230f50, rectangular: false, hertz: 8.8, percent: 0.25, rate: rate)
        let found = try signal.severity(interval: 1, begin: 7)
        #expect(abs(found.pinstMax - 1) < 0.003, "\(rate) S/s: \(found.pinstMax)")
    }

    @Test("neither the voltage nor harmonics change what is seen")
    func level() throws {
        // Squaring makes nothing of frequencies below 40 Hz from steady harmonics.
        var signal = FlickerSignal(.v230f50, rectangular: false, hertz: 8.8, percent: 0.25, rate: 10_000)
        var meter = try FlickerMeter(.v230f50, rate: 10_000, interval: 4, begin: 20)
        var found: FlickerSeverity?
        var n = 0
        while found == nil {
            var piece = signal.next(10_000)
            for k in piece.indices {
                let turn = 2 * Double.pi * Double(n) / 10_000
                let overtones: Double = 32 * sin(150 * turn + 1) + 16 * sin(250 * turn)
                piece[k] = 0.37 * (piece[k] + overtones)
                n += 1
            }
            found = meter.process(piece).first
        }
        // The harmonics add to the rms that block 1 refers to: (1 + (32² + 16²)/(2·230²)) of the mean square.
        let share: Double = 1 / (1 + 1280.0 / 105_800)
        let expected = share * share
        #expect(abs((found?.pinstMax ?? 0) / expected - 1) < 0.005)
    }

    @Test("pieces of any size give the same to the last bit")
    func pieces() throws {
        var signal = FlickerSignal(.v120f60, rectangular: true, hertz: 7, percent: 1, rate: 80_000)
        let samples = signal.next(400_000)
        var results: [[FlickerSeverity]] = []
        for size in [400_000, 1, 7, 4096, 99_991] {
            var meter = try FlickerMeter(.v120f60, rate: 80_000, interval: 1.5, begin: 1.25)
            var found: [FlickerSeverity] = []
            // Pieces of one sample are slow here: a second of them is enough beside larger ones.
            var from = 0
            while from < samples.count {
                let step = size == 1 && from >= 80_000 ? 4096 : size
                found += meter.process(Array(samples[from..<min(samples.count, from + step)]))
                from += step
            }
            results.append(found)
        }
        #expect(results[0].count == 2)
        #expect(results.allSatisfy { $0 == results[0] })
    }

    @Test("a steady voltage does not flicker, and a dead one is no trap")
    func steady() throws {
        var signal = FlickerSignal(.v230f50, rectangular: false, hertz: 1, percent: 0, rate: 4000)
        #expect(try signal.severity(interval: 5, begin: 25).pst < 0.03)
        var meter = try FlickerMeter(.v230f50, rate: 4000, interval: 1, begin: 0)
        let nothing = meter.process([Double](repeating: 0, count: 4000))
        #expect(nothing.map(\.pst) == [0] || (nothing.first?.pst ?? 1) < 1e-3)
    }

    @Test("samples that are no numbers are counted and make the interval invalid, that one alone")
    func invalid() throws {
        var signal = FlickerSignal(.v230f50, rectangular: false, hertz: 8.8, percent: 0.25, rate: 4000)
        var meter = try FlickerMeter(.v230f50, rate: 4000, interval: 1, begin: 0)
        var samples = signal.next(12_000)
        samples[5000] = .nan
        samples[5001] = .infinity
        samples[5002] = -1e12
        let found = meter.process(samples)
        #expect(found.map(\.invalidSamples) == [0, 3, 0])
        #expect(found.allSatisfy { $0.pst.isFinite })
    }

    @Test("rates, intervals and beginnings out of range are refused with what would be right")
    func refused() {
        #expect(throws: PowerQualityTrouble("a flicker meter needs 2 kS/s to 100 MS/s, not 1000.0 S/s")) {
            try FlickerMeter(.v230f50, rate: 1000)
        }
        for rate in [Double.nan, .infinity, -1, 0] {
            #expect(throws: PowerQualityTrouble.self) { try FlickerMeter(.v230f50, rate: rate) }
        }
        #expect(throws: PowerQualityTrouble.self) { try FlickerMeter(.v230f50, rate: 4000, interval: 0) }
        #expect(throws: PowerQualityTrouble.self) { try FlickerMeter(.v230f50, rate: 4000, begin: .nan) }
    }

    @Test("constant Pinst of 1 is Pst 0.713863, eleven Pst of 0.5 and one of 2 are Plt 0.921008")
    func formulas() throws {
        // d-power-quality.json, pst-constant and plt-11x0.5-1x2.
        let constant = try #require(FlickerSeverity.shortTerm(levels: [Double](repeating: 1, count: 15)))
        #expect(abs(constant - 0.713863) < 5e-7)
        let long = try #require(FlickerSeverity.longTerm([Double](repeating: 0.5, count: 11) + [2]))
        #expect(abs(long - 0.921008) < 5e-7)
        #expect(FlickerSeverity.longTerm([]) == nil)
        #expect(FlickerSeverity.shortTerm(levels: [1]) == nil)
    }

    @Test("the classifier's levels are right to 0.1 % from the smallest to the largest flicker")
    func classes() {
        for scale in [1e-5, 0.01, 1, 300, 10_000] {
            var classes = FlickerClasses()
            for n in 0..<100_000 { classes.add(scale * (0.001 + Double(n) / 100_000)) }
            for (percent, level) in zip(FlickerSeverity.percents, classes.levels(FlickerSeverity.percents)) {
                let exact = scale * (1.001 - percent / 100)
                #expect(abs(level / exact - 1) < 1e-3, "\(scale), \(percent) %: \(level) for \(exact)")
            }
        }
    }

    @Test(
        "the tables typed here are those of the shared file",
        .enabled(if: FlickerMeterTests.shared != nil, "skipped: no ../shared/standards/d-power-quality.json"))
    func sharedTables() throws {
        let tables = try #require(Self.shared)["tables"]
        for (lamp, key) in [
            (FlickerLamp.v230f50, "230V_50Hz"), (.v120f60, "120V_60Hz"), (.v120f50, "120V_50Hz"),
            (.v230f60, "230V_60Hz"),
        ] {
            for (name, own, place) in [
                (
                    "61000-4-15-sinusoidal-pinst1", FlickerTables.sinusoidal(lamp).map { ($0.hertz, $0.percent) },
                    "modulation_Hz"
                ),
                (
                    "61000-4-15-rectangular-pinst1", FlickerTables.rectangular(lamp).map { ($0.hertz, $0.percent) },
                    "modulation_Hz"
                ),
                (
                    "61000-4-15-pst1-rectangular", FlickerTables.severity(lamp).map { ($0.changes, $0.percent) },
                    "changes_per_minute"
                ),
            ] {
                let rows = tables.entry(name)["rows"].list.compactMap { row -> (Double, Double)? in
                    guard let at = row[place].number, let percent = row["dV_over_V_percent_" + key].number else {
                        return nil
                    }
                    return (at, percent)
                }
                // Only table 5 has all four lamps there.
                if rows.isEmpty, name != "61000-4-15-pst1-rectangular", [.v120f50, .v230f60].contains(lamp) {
                    continue
                }
                #expect(rows.count == own.count, "\(name), \(key)")
                for (theirs, ours) in zip(rows, own) {
                    #expect(
                        abs(theirs.0 - ours.0) < 1e-3 && theirs.1 == ours.1, "\(name), \(key): \(theirs) and \(ours)")
                }
            }
        }
    }

    static let shared = SharedStandards.read("d-power-quality.json")
}
