import BenchCore
import Testing

@testable import Instruments

/// The suites must be able to fail: each crime is found by the check that is there for it.
@Suite("Conformance finds bad drivers")
struct BadDriverTests {
    private func subject(_ name: String) throws -> ConformanceSubject {
        try #require(try ConformanceSubjects.generic.first { $0.name == name })
    }

    /// The checks of a subject's suite that fail; those beside `name` are not run.
    private func fails(_ name: String, _ subject: ConformanceSubject) async -> Bool {
        let report = await Conformance.run(subject, only: [name])
        return report.failures.contains { $0.name == name }
    }

    @Test(
        "a bad source is found out",
        arguments: [
            (BadSource.Crime.alwaysSettled, "settled-is-honest"), (.settledWhileOff, "off-is-not-settled"),
            (.leavesCurrentOn, "safe-from-any-state"), (.leavesVoltageOn, "safe-from-any-state"),
            (.takesEverything, "refuses-the-rest"), (.preparesByApplying, "takes-what-it-claims"),
            (.hidesTrip, "trip-is-told"), (.anybody, "identity"), (.swallowsTimeouts, "silence"),
            (.believesItself, "off-is-confirmed"),
        ])
    func source(crime: BadSource.Crime, check: String) async throws {
        let good = try subject("scpi-source")
        #expect(await !fails(check, good))
        let bad = good.with { driver in
            (driver as? any ReferenceSource).map { BadSource(base: $0, crime: crime) } ?? driver
        }
        #expect(await fails(check, bad))
    }

    @Test("a source whose switching off waits behind a hanging question is found out")
    func queueing() async throws {
        let bad = try subject("scpi-source").with { driver in
            (driver as? any ReferenceSource).map { QueueingSource($0) } ?? driver
        }
        #expect(await fails("safe-comes-first", bad))
    }

    @Test(
        "a standard that takes whatever line comes first for its answer is found out",
        arguments: ["late-answer", "answer-twice", "unasked-words", "unasked-while-idle"])
    func careless(check: String) async throws {
        var subject = try subject("scpi-standard")
        subject.make = { [make = subject.make] timeouts in
            var rig = try await make(timeouts)
            rig.driver = CarelessStandard(port: rig.proxy?.port ?? 0, timeouts: timeouts)
            return rig
        }
        #expect(await !fails("identity", subject))
        #expect(await fails(check, subject))
    }

    @Test(
        "a bad standard is found out",
        arguments: [
            (BadStandard.Crime.losesSign, "energy-has-its-sign"), (.numberForNothing, "energy-needs-a-start"),
            (.numberForNothing, "restart-is-noticed"), (.numberForNothing, "no-number"),
            (.oldReading, "reads-what-is-applied"),
        ])
    func standard(crime: BadStandard.Crime, check: String) async throws {
        let bad = try subject("scpi-standard").with { driver in
            (driver as? any ReferenceStandard).map { BadStandard(base: $0, crime: crime) } ?? driver
        }
        #expect(await fails(check, bad))
    }

    @Test(
        "a meter that turns «not available» into 0 is found out", arguments: ["modbus-meter TCP", "modbus-meter RTU"])
    func meter(name: String) async throws {
        let bad = try subject(name).with { driver in
            (driver as? any MeterDriver).map { NoughtMeter(base: $0) } ?? driver
        }
        #expect(await fails("not-available-is-no-number", bad))
    }

    @Test("a counter that hides that it was started again is found out")
    func counter() async throws {
        let bad = try subject("scpi-counter").with { driver in
            (driver as? any PulseCounter).map { ForgetfulCounter(base: $0) } ?? driver
        }
        #expect(await fails("restart-is-noticed", bad))
    }

    @Test("a contactor that believes its own command is found out")
    func contactor() async throws {
        let bad = try subject("modbus-contactor").with { driver in
            (driver as? any SupplySwitch).map { TrustingContactor(base: $0) } ?? driver
        }
        #expect(await fails("stuck-contact-is-told", bad))
    }

    @Test("a digitizer that hides a gap is found out")
    func digitizer() async throws {
        let bad = ConformanceSubjects.world.digitizer().with { driver in
            (driver as? any Digitizer).map { SeamlessDigitizer(base: $0) } ?? driver
        }
        #expect(await fails("gap-is-said", bad))
    }
}
