import TestSupport
import Testing

@testable import BenchCore

/// Verdicts on bursts that are known.
@Suite("Radio verdicts")
struct RadioJudgeTests {
    private func burst(
        _ start: Double, _ length: Double, _ megahertz: Double, power: Double = -20, width: Double = 100e3,
        from meter: String? = nil
    ) -> RadioBurst {
        var burst = RadioBurst(
            sample: start * 1e6, samples: length * 1e6, start: start, length: length, lengthU: 1e-5,
            centre: megahertz * 1e6, bandwidth99: width, bandwidth20dB: width, power: power, noise: -60,
            cutAtStart: false,
            cutAtEnd: false, telegram: nil)
        if let meter {
            burst.telegram = WirelessMBusTelegram(
                mode: .t, format: "A", length: 15, control: 0x44, manufacturer: "CEN", manufacturerCode: 0x0CAE,
                identification: meter, version: 1, device: 2, chipRate: 100_000, chipRateU: 50, deviation: 50_000,
                block: "")
        }
        return burst
    }

    private func verdicts(
        _ bursts: [RadioBurst], _ rules: String, duration: Double = 7200, _ setup: RadioSetup = RadioSetup(),
        seen: ClosedRange<Double> = 1e6...1e9
    ) throws -> [RadioVerdict] {
        let judge = RadioJudge(bursts: bursts, setup: setup, duration: duration, seen: [seen])
        let rules = try ShippedRules.load(rules)
        return judge.bands(rules) + judge.hopping(rules) + judge.modes(rules) + judge.exposure(rules)
    }

    private func calibrated(_ dBm: Double, U: Double = 1, _ level: RadioSetup.Level) -> RadioSetup {
        var setup = RadioSetup()
        (setup.fullScale, setup.fullScaleU, setup.level) = (dBm, U, level)
        return setup
    }

    @Test(
        "a meter that sends 9 ms every 15 s keeps 0.1 % of an hour; one that sends every 8 s does not, and its bursts are named"
    )
    func dutyCycle() throws {
        func every(_ seconds: Double) -> [RadioBurst] {
            (0..<Int(7200 / seconds)).map { burst(Double($0) * seconds, 0.009, 868.95) }
        }
        let good = try verdicts(every(15), "etsi-en-300-220", calibrated(30, .erp))
        #expect(good.map(\.verdict) == [.pass, .pass])
        let duty = try #require(good.last)
        // 240 bursts of 9 ms, one of them shared by both ends of the window at most.
        #expect(abs((duty.value ?? 0) - 0.06) < 0.0003)
        #expect(duty.citation.clause == "Annex B")
        let bad = try #require(try verdicts(every(8), "etsi-en-300-220", calibrated(30, .erp)).last)
        #expect(bad.verdict.word == "fail")
        #expect(bad.bursts.count == 450 || bad.bursts.count == 451)
    }

    @Test(
        "a recording shorter than the window fails who has sent too long already, and passes nobody unless it is representative"
    )
    func short() throws {
        let few = [burst(1, 0.009, 868.95)]
        let open = try #require(try verdicts(few, "etsi-en-300-220", duration: 60, calibrated(30, .erp)).last)
        #expect(open.verdict.word == "inconclusive")
        var setup = calibrated(30, .erp)
        setup.representative = true
        #expect(try verdicts(few, "etsi-en-300-220", duration: 60, setup).last?.verdict == .pass)
        // 4 s in one minute are more than 3.6 s in any hour.
        let long = [burst(1, 4, 868.95)]
        #expect(try verdicts(long, "etsi-en-300-220", duration: 60, calibrated(30, .erp)).last?.verdict.word == "fail")
    }

    @Test("power is judged with its uncertainty, and not at all where nobody told what full scale is worth")
    func power() throws {
        // Limit 13.98 dBm; −20 dBFS.
        func word(_ setup: RadioSetup) throws -> String? {
            try verdicts([burst(1, 0.005, 868.3)], "etsi-en-300-220", setup).first?.verdict.word
        }
        #expect(try word(calibrated(30, .erp)) == "pass")
        #expect(try word(calibrated(33.5, .erp)) == "inconclusive")
        #expect(try word(calibrated(36, .erp)) == "fail")
        #expect(try word(calibrated(36, .eirp)) == "inconclusive")
        #expect(try word(calibrated(30, .received)) == "inconclusive")
        #expect(try word(RadioSetup()) == "inconclusive")
    }

    @Test("one of several rows for a band is enough; alarms' bands are not a meter's")
    func alternatives() throws {
        // 869.85 MHz: 25 mW with 1 %, or 5 mW always.
        let always = (0..<7).map { burst(Double($0) * 1000, 900, 869.85, power: -30) }
        #expect(try verdicts(always, "etsi-en-300-220", calibrated(30, .erp)).map(\.verdict) == [.pass])
        let strong = (0..<7).map { burst(Double($0) * 1000, 900, 869.85) }
        let words = try verdicts(strong, "etsi-en-300-220", calibrated(30, .erp)).map(\.verdict.word)
        #expect(words.contains("fail"))
        let alarm = try verdicts([burst(1, 0.01, 868.65)], "etsi-en-300-220", calibrated(10, .erp))
        #expect(alarm.map(\.verdict.word) == ["inconclusive"])
    }

    @Test("only the named meter's bursts fail it, and bursts that nobody owns leave it open")
    func owners() throws {
        var setup = calibrated(30, .erp)
        setup.meter = "CEN 12345678"
        let mine = (0..<100).map { burst(Double($0) * 60, 0.01, 868.95, from: "12345678") }
        let others = (0..<600).map { burst(Double($0) * 10 + 3, 0.02, 868.95, from: "87654321") }
        #expect(try verdicts(mine + others, "etsi-en-300-220", setup).map(\.verdict) == [.pass, .pass])
        let unknown = (0..<600).map { burst(Double($0) * 10 + 3, 0.02, 868.95) }
        #expect(try verdicts(mine + unknown, "etsi-en-300-220", setup).last?.verdict.word == "inconclusive")
        #expect(try verdicts(unknown, "etsi-en-300-220", calibrated(30, .erp)).last?.verdict.word == "fail")
    }

    @Test("a hopper with 50 channels of 0.4 s in 20 s passes; one that stays 0.5 s or uses 40 channels does not")
    func hopping() throws {
        func hops(_ channels: Int, _ dwell: Double, every: Double) -> [RadioBurst] {
            (0..<channels * 3).map {
                burst(Double($0) * every, dwell, 903 + 0.4 * Double($0 * 7 % channels), power: 0, width: 80e3)
            }
        }
        func words(_ bursts: [RadioBurst]) throws -> [String] {
            try verdicts(bursts, "fcc-15-247", calibrated(20, .conducted), seen: 900e6...930e6).map(\.verdict.word)
        }
        #expect(try words(hops(50, 0.3999, every: 0.4)) == ["pass", "pass", "pass"])
        #expect(try words(hops(50, 0.4999, every: 0.5)) == ["pass", "fail", "pass"])
        #expect(try words(hops(41, 0.3, every: 0.5)) == ["fail", "pass", "pass"])
        // A receiver that sees 2 MHz cannot say how many channels there are.
        let narrow = try verdicts(
            hops(4, 0.3, every: 5), "fcc-15-247", calibrated(20, .conducted), seen: 902e6...905e6)
        #expect(narrow.first?.verdict.word == "inconclusive")
    }

    @Test("exposure is averaged by the measured duty cycle; nearer than 20 cm it is not judged")
    func exposure() throws {
        // Case exposure-1: 1 W into 6 dBi, 20 cm, always on: 129.84 % of 0.61 mW/cm².
        var setup = calibrated(30, U: 0.1, .conducted)
        setup.antennaGain = 6
        let always = [burst(0, 7200, 915, power: 0)]
        let one = try #require(try verdicts(always, "fcc-exposure", setup).first)
        #expect(one.verdict.word == "fail")
        #expect(abs((one.value ?? 0) - 0.792009) < 1e-4)
        // 5 % of the time, with reflection: case exposure-2, 0.101377 mW/cm².
        setup.reflection = 2.56
        let some = (0..<72).map { burst(Double($0) * 100, 5, 915, power: 0) }
        let two = try #require(try verdicts(some, "fcc-exposure", setup).first)
        #expect(two.verdict == .pass)
        #expect(abs((two.value ?? 0) - 0.101377) < 1e-4)
        setup.distance = 0.1
        #expect(try verdicts(some, "fcc-exposure", setup).first?.verdict.word == "inconclusive")
        // What keeps the limit without ever stopping needs no long recording.
        var weak = calibrated(16.129, U: 1, .eirp)
        weak.distance = 0.2
        #expect(
            try verdicts([burst(1, 0.009, 868.95, power: 0)], "fcc-exposure", duration: 10, weak).first?.verdict
                == .pass)
    }

    @Test("a telegram is held to its mode")
    func modes() throws {
        let good = burst(1, 0.003, 868.95, from: "12345678")
        #expect(try verdicts([good], "en-13757-4").map(\.verdict) == [.pass, .pass, .pass])
        let off = burst(1, 0.003, 869.1, from: "12345678")
        #expect(try verdicts([off], "en-13757-4").map(\.verdict.word) == ["fail", "pass", "pass"])
    }

    @Test("rule files are read strictly")
    func broken() throws {
        func complaint(_ text: String) -> String {
            do {
                _ = try RadioRuleFile.load(Array(text.utf8), file: "r.yaml")
                return "nothing"
            } catch { return "\(error)" }
        }
        let head = "radio-rules: x\nsources:\n  a: { document: D, edition: E, clause: C }\n"
        let rest = "window: 1 h, verified: memory, confidence: low }\n"
        #expect(complaint(head).contains("has no rows"))
        #expect(
            complaint(
                head + "bands:\n  - { source: b, band: 1 MHz to 2 MHz, use: u, erp: 1 mW, duty-cycle: 1 %, " + rest
            ).contains("r.yaml:5:15: «b» is not one of the sources"))
        #expect(
            complaint(head + "bands:\n  - { source: a, band: 1 MHz to 2 MHz, use: u, erp: 1, duty-cycle: 1 %, " + rest)
                .contains("5:"))
        #expect(
            complaint(
                head + "bands:\n  - { source: a, band: 1 MHz to 2 MHz, use: u, erp: 1 mW, duty-cycle: 150 %, " + rest
            ).contains("at most 100 %"))
        #expect(
            complaint(
                head
                    + "exposure:\n  - { source: a, population: general, band: 1 MHz to 2 MHz, density: f*2, averaging: 6 min, verified: memory, confidence: low }\n"
            ).contains("«f*2» is no power density"))
        // A row of low confidence never decides.
        let rules = try RadioRuleFile.load(
            Array(
                (head + "bands:\n  - { source: a, band: 868 MHz to 869 MHz, use: metering, erp: 1 mW, duty-cycle: 1 %, "
                    + rest).utf8),
            file: "r.yaml")
        let judge = RadioJudge(bursts: [burst(1, 3000, 868.5)], setup: calibrated(60, .erp), duration: 7200, seen: [])
        #expect(judge.bands(rules).map(\.verdict.word) == ["inconclusive", "inconclusive"])
    }
}
