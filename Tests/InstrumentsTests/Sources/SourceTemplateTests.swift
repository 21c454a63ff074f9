import BenchCore
import Testing

@testable import Instruments

@Suite("Lines of commands with places for values")
struct SourceTemplateTests {
    /// Two phases of 230 V and 5 A, the second at −120° with 60° of lag.
    private let load = LoadSetting(
        frequency: 50,
        phases: [
            PhaseLoad(voltage: 230, voltageAngle: 0, current: 5, currentLag: 0),
            PhaseLoad(voltage: 230, voltageAngle: -120, current: 0.0125, currentLag: 60),
            PhaseLoad(voltage: 0, voltageAngle: 120, current: 0, currentLag: 0),
        ])

    private func table(_ angles: SourceTable.Angles = .signed) throws -> SourceTable {
        SourceTable(
            identity: [], dialect: .standard, response: nil,
            capability: SourceCapability(
                phases: 3, voltage: 1...300, current: 0.001...10, frequency: 45...65, independentPhases: true),
            angles: angles, phaseNames: ["A", "B", "C"],
            voltageRanges: [.init(upTo: 150, name: "LOW"), .init(upTo: 300, name: "HIGH")], currentRanges: [],
            settle: 1,
            setup: [], load: [], on: [], currentOff: [], voltageOff: [], local: [],
            isOn: .init(ask: try SourceTemplate("OUTP?"), value: 1, yes: ["1"], no: ["0"]), currentOn: nil,
            settled: nil, faults: [], shape: nil)
    }

    private func sent(_ rows: [SourceTable.Row], _ angles: SourceTable.Angles = .signed) throws -> [String] {
        try table(angles).lines(rows, SourceContext(limits: .init(voltage: 264, current: 6), load: load)).map(\.text)
    }

    @Test("values of a phase are written for each phase, in the unit and with the decimals asked for")
    func values() throws {
        let row = SourceTable.Row(send: try SourceTemplate("I{phase} {current mA .2},{-current-lag};{current-angle}"))
        #expect(try sent([row]) == ["IA 5000.00,0;0", "IB 12.50,-60;180", "IC 0.00,0;120"])
    }

    @Test("lines of a phase that follow each other go out phase by phase, others once")
    func order() throws {
        let rows = [
            SourceTable.Row(send: try SourceTemplate("FREQ {frequency .1}")),
            SourceTable.Row(send: try SourceTemplate("NSEL {phase}")),
            SourceTable.Row(send: try SourceTemplate("RANG {voltage-range}"), when: .voltage),
            SourceTable.Row(send: try SourceTemplate("OFF"), when: .noVoltage),
            SourceTable.Row(send: try SourceTemplate("PHAS {voltage-angle}"), phases: [2, 3]),
            SourceTable.Row(send: try SourceTemplate("MAX {highest-voltage},{voltage-limit},{current-limit}")),
        ]
        #expect(
            try sent(rows) == [
                "FREQ 50.0", "NSEL A", "RANG HIGH", "NSEL B", "RANG HIGH", "PHAS -120", "NSEL C", "OFF", "PHAS 120",
                "MAX 230,264,6",
            ])
    }

    @Test("angles stay within the turn that the source writes")
    func angles() throws {
        let row = SourceTable.Row(send: try SourceTemplate("{voltage-angle}"))
        #expect(try sent([row], .positive) == ["0", "240", "120"])
        #expect(SourceTable.turned(-180, .signed) == 180)
        #expect(SourceTable.turned(540, .signed) == 180)
        #expect(SourceTable.turned(-1, .positive) == 359)
        #expect(SourceTable.turned(720, .positive) == 0)
    }

    @Test(
        "what is no line is refused with what would be right",
        arguments: [
            ("VOLT {voltge}", "did you mean «{voltage}»?"), ("VOLT {voltage", "«{» has a «}»"),
            ("VOLT }", "«{» has a «}»"),
            ("VOLT {}", "names no value"), ("VOLT {voltage mA}", "neither a unit of"),
            ("V {voltage .x}", "neither a unit"),
            ("V {-phase}", "is no number"), ("VOLT 1\nOUTP ON", "no line of commands"),
            ("DISP \"x", "no line of commands"),
            ("VOLT 1µ", "no line of commands"),
        ])
    func refused(text: String, hint: String) {
        do throws(ValueTrouble) {
            _ = try SourceTemplate(text)
            Issue.record("taken")
        } catch {
            #expect(error.message.contains(hint), "\(error.message)")
        }
    }
}
