import BenchCore
import TestSupport
import Testing

@testable import Instruments

@Suite("Wire log, shown")
struct WireShowTests {
    private func log(_ language: String, _ traffic: [(Double, String, [UInt8])], tail: String = "") -> [String] {
        var text = "{\"wires\":1,\"utc\":\"2026-11-21T10:00:00.000000Z\"}\n"
        text += "{\"wire\":1,\"place\":\"192.0.2.7:5025\",\"language\":\"\(language)\"}\n"
        for (index, (time, direction, bytes)) in traffic.enumerated() {
            text +=
                "{\"t\":\(time),\"w\":1,\"d\":\"\(direction)\",\"i\":\"source\",\"r\":\(index),\"x\":\"\(WireTap.hex(bytes))\"}\n"
        }
        return WireShow().lines(WireLogReader.read(Array((text + tail).utf8), file: "wire.jsonl"))
    }

    @Test("SCPI is text, blocks are abbreviated, silences are pointed out")
    func scpi() {
        let lines = log(
            "scpi",
            [(0.5, ">", Array("CURV?\n".utf8)), (2, "<", Array("1,#15ab#cd,2\r\n".utf8))])
        #expect(
            lines == [
                "# began 2026-11-21T10:00:00.000000Z", "# wire 1: 192.0.2.7:5025, scpi",
                "     0.500000 1 source 0 > CURV?\\n", "# wire 1: silent for 1.5 s",
                "     2.000000 1 source 1 < 1,#15<5 bytes>,2\\r\\n",
            ])
    }

    @Test("Modbus is decoded: request, values, exception by name, wrong check sum")
    func modbus() {
        // MODBUS Application Protocol V1.1b3, 6.3: the specification's own example, registers 108 … 110.
        let request: [UInt8] = [0, 9, 0, 0, 0, 6, 17, 3, 0, 0x6B, 0, 3]
        let answer: [UInt8] = [0, 9, 0, 0, 0, 9, 17, 3, 6, 2, 0x2B, 0, 0, 0, 0x64]
        let lines = log(
            "modbus-tcp", [(0, ">", request), (0.1, "<", answer), (0.2, "<", [0, 9, 0, 0, 0, 3, 17, 0x83, 2])])
        #expect(lines[2].hasSuffix("> #9 unit 17: read holding registers 107, 3"))
        #expect(lines[3].hasSuffix("< #9 unit 17: read holding registers: 555 0 100"))
        #expect(lines[4].hasSuffix("read holding registers: exception 2, illegal data address"))
        // MODBUS over Serial Line V1.02, 6.2.2, gives the check of unit 2, function 7: 41 12.
        let rtu = log("modbus-rtu", [(0, ">", [2, 7, 0x41, 0x12]), (0.1, "<", [2, 7, 0x41, 0x13])])
        #expect(rtu[2].hasSuffix("> unit 2: function 7: "))
        #expect(rtu[3].hasSuffix("CRC wrong: 02 07 41 13"))
    }

    @Test("USBTMC, HiSLIP and VXI-11 show their message inside")
    func transports() {
        let usb = log("usbtmc", [(0, ">", [1, 5, 0xFA, 0, 6, 0, 0, 0, 1, 0, 0, 0] + Array("*IDN?\n".utf8) + [0, 0])])
        #expect(usb[2].hasSuffix("> [tag 5] message: *IDN?\\n EOM"))
        let hislip = log(
            "hislip",
            [(0, ">", Array("HS".utf8) + [7, 0, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 2] + Array("1\n".utf8))])
        #expect(hislip[2].hasSuffix("> DataEnd control 0 parameter 4294967040: 1\\n"))
        let call: [UInt8] =
            [0x80, 0, 0, 40, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 2, 0, 6, 7, 0xAF, 0, 0, 0, 1, 0, 0, 0, 15]
            + [UInt8](repeating: 0, count: 16)
        #expect(log("vxi-11", [(0, ">", call)])[2].hasSuffix("> call 7 device_clear: "))
    }

    @Test("a torn last line, garbage and an unknown wire are complained about with their line; the rest is shown")
    func damaged() {
        let text = """
            {"wires":1,"utc":"2026-11-21T10:00:00.000000Z"}
            {"wire":1,"place":"p","language":"scpi"}
            garbage
            {"t":1,"w":9,"d":">","i":"x","r":1,"x":"00"}
            {"t":1,"w":1,"d":">","i":"x","r":1,"x":"4"}
            {"t":1,"w":1,"d":"!","i":"x","r":1,"n":"opened"}
            {"t":2,"w":1,"d":">"
            """
        let content = WireLogReader.read(Array(text.utf8), file: "w")
        #expect(content.entries.count == 1)
        #expect(content.complaints.map(\.mark.line) == [3, 4, 5, 7])
        #expect(content.complaints[3].message == "the last line is cut short")
        #expect(WireShow().lines(content)[2].hasSuffix("! opened"))
    }

    @Test("only one instrument, a span of time, or hexadecimal can be asked for")
    func chosen() {
        let text = """
            {"wires":1,"utc":"2026-11-21T10:00:00.000000Z"}
            {"wire":1,"place":"p","language":"scpi"}
            {"t":1,"w":1,"d":">","i":"a","r":1,"x":"41"}
            {"t":2,"w":1,"d":">","i":"b","r":2,"x":"42"}
            {"t":3,"w":1,"d":">","i":"a","r":3,"x":"43"}
            """
        let content = WireLogReader.read(Array(text.utf8), file: "w")
        var show = WireShow()
        show.instrument = "a"
        show.from = 2
        show.hex = true
        #expect(show.lines(content).last?.hasSuffix("1 a 3 > 43") == true)
        #expect(show.lines(content).count == 3)
    }

    @Test(
        "pass words never reach the log, wherever they stand in a line",
        arguments: [
            ("SYST:PASS:CEN \"abc\"\n", "SYST:PASS:CEN *****\n"),
            ("*CLS;:CAL:SEC:CODE 1234;*OPC?\n", "*CLS;:CAL:SEC:CODE ****;*OPC?\n"),
            ("OUTP:STAT?\n", "OUTP:STAT?\n"), ("SYST:PASSword:NEW x\nA 1\n", "SYST:PASSword:NEW *\nA 1\n"),
        ])
    func secrets(sent: String, logged: String) {
        #expect(WireSecrets.masked(Array(sent.utf8)) == Array(logged.utf8))
    }
}
