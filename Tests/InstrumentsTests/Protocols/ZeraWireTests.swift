import BenchCore
import Testing

@testable import Instruments

@Suite("ZERA text")
struct ZeraWireTests {
    @Test("Angles turn clockwise against the first voltage, as in the maker's own test")
    func angles() {
        // SourceMock, FGSourceTests.cs, Can_Set_IEC_Loadpoint_Async: voltages at 330, 210, 90, currents at 0, 240, 120.
        let phases = zip([330.0, 210, 90], [0.0, 240, 120]).map { u, i in
            PhaseLoad(voltage: 120, voltageAngle: u, current: 10, currentLag: u - i)
        }
        let commands = ZeraSourceWire.on(LoadSetting(frequency: 50, phases: phases), .fg30x).map(\.text)
        #expect(
            commands == [
                "DS1", "FR50.00", "UPAER120.000000.00S120.000120.00T120.000240.00",
                "IPAAR010.000330.00S010.000090.00T010.000210.00", "RE1", "UIEEEPPPAAA",
            ])
    }

    @Test("An angle that rounds to a full turn is written as none")
    func fullTurn() {
        #expect(ZeraSourceWire.turn(359.996) == 0)
        #expect(ZeraSourceWire.turn(-0.001) == 0)
        #expect(ZeraSourceWire.turn(-60) == 300)
        #expect(ZeraSourceWire.fixed(ZeraSourceWire.turn(-0.001), 3, 2) == "000.00")
        #expect(ZeraSourceWire.fixed(5.25, 3, 3) == "005.250")
    }

    @Test("The state word of the maker's own simulator is put in words, and a healthy one is none")
    func stateWord() throws {
        // SerialPortFGMock.cs answers this word; digit by digit after ErrorConditionParser.cs: digit 0 is 4 (fuse), digit 1 is 2
        // (optical identification), digit 7 is 2 (temperature, second half: U2), digit 10 is 2 (overload, first half: I3), digit 17 is 8
        // (data transmission, second half: I1).
        let word = try #require(ZeraFaultWord(line: "SM4200000200200000080000"))
        let fault = try #require(word.fault)
        #expect(
            fault.hasPrefix("fuse; optical identification corrupted; U2 too hot; I1 no data; I3 overload (state word"),
            "\(fault)")
        #expect(try #require(ZeraFaultWord(line: "SSM00000000000000000000")).fault == nil)
        #expect(ZeraFaultWord(line: "SM00") == nil)
        #expect(ZeraFaultWord(line: "SMX0000000000000000000") == nil)
        #expect(ZeraFaultWord(line: "SM08000000000000000000")?.fault?.hasPrefix("emergency stop") == true)
        // A bit without a name is a fault all the same.
        #expect(ZeraFaultWord(line: "SM0000000000000000000001")?.fault?.hasPrefix("unnamed bits") == true)
    }

    @Test("Constant and pulses of an error measurement are clipped to six digits and a power of ten")
    func errorParameters() {
        // SourceMock, SetErrorMeasurementParametersAsync: constant · 10⁵, six digits, power of two digits.
        #expect(ZeraMeterWire.errorParameters(constant: 1000, pulses: 10) == "AEP100000;03;10;0")
        #expect(ZeraMeterWire.errorParameters(constant: 50_000.1234, pulses: 1_234_567) == "AEP500001;04;123457;1")
        #expect(ZeraMeterWire.errorParameters(constant: 0.00001, pulses: 1) == "AEP1;00;1;0")
        // 999 999.96 imp/kWh rounds up to seven digits and then needs a power more.
        #expect(ZeraMeterWire.errorParameters(constant: 999_999.96, pulses: 1) == "AEP100000;06;1;0")
        #expect(ZeraMeterWire.errorParameters(constant: 1e12, pulses: 1) == nil)
        #expect(ZeraMeterWire.errorParameters(constant: 0, pulses: 1) == nil)
    }
}
