import BenchCore
import Testing

@testable import Instruments

@Suite("SCPI messages, identities, error queues, registers")
struct SCPICodecTests {
    @Test("parameters are written as IEEE 488.2-1992, 7.7 wants them")
    func parameters() throws {
        let message = try SCPIMessage(
            ":SOUR:LIST_1:VOLT",
            [.number(11.5), .integer(-3), .flag(true), .word("MAX"), .text("say \"no\""), .channels([1, 3])])
        #expect(message.text == ":SOUR:LIST_1:VOLT 11.5,-3,1,MAX,\"say \"\"no\"\"\",(@1,3)")
        #expect(try SCPIMessage("*IDN?").text == "*IDN?")
        #expect(try SCPIMessage("V", [.number(.infinity), .number(.nan)]).text == "V 9.9E37,9.91E37")
    }

    @Test("blocks are written and read back, with any bytes inside")
    func blocks() throws {
        let bytes: [UInt8] = [10, 13, 44, 35, 0, 255]
        let definite = try SCPIMessage("DATA", [.block(bytes)]).bytes
        #expect(definite == Array("DATA #16".utf8) + bytes)
        #expect(try SCPIAnswer.parse(Array(definite.dropFirst(5)) + [10])?.values == [.block(bytes)])
        #expect(SCPIMessage.indefinite(bytes, transportMarksEnd: false) == nil)
        let open = try #require(SCPIMessage.indefinite([1, 2], transportMarksEnd: false))
        #expect(try SCPIAnswer.parse(open)?.values == [.block([1, 2])])
    }

    @Test(
        "nothing in a parameter can end the command or begin another",
        arguments: [
            .word("ON;*RST"), .word("ON\n*RST"), .word(""), .word("1A"), .text("a\nOUTP ON"), .text("a\rb"),
            .text("\u{0}"),
            .text("é"),
        ] as [SCPIParameter])
    func smuggled(parameter: SCPIParameter) {
        #expect(throws: SCPIMessage.Refused.self) { try SCPIMessage("X", [parameter]) }
    }

    @Test(
        "what is no header is refused",
        arguments: ["", "?", "*", "A B", "A;B", "A\n", "A::B", "*A:B", "A:", "1A", "A??", "A,B", "{phase}"])
    func headers(header: String) { #expect(throws: SCPIMessage.Refused.self) { try SCPIMessage(header) } }

    @Test("channel lists keep their commas, whatever follows")
    func channels() throws {
        #expect(try SCPIAnswer.parse(Array("(@1,3),5\n".utf8))?.values == [.word("(@1,3)"), .word("5")])
        #expect(try SCPIAnswer.parse(Array("(open,2\n".utf8))?.values.count == 2)
    }

    // Real answers: IEEE 488.2-1992, 10.14; Chroma 61501 user's manual, 8-7; Fluke 6105A quotes nothing.
    @Test(
        "identities as real instruments give them",
        arguments: [
            ("FLUKE,6105A,1234567,1.2\n", ["FLUKE", "6105A", "1234567", "1.2"]),
            ("Chroma ATE 61500,123456,1.00,1.01,1.02\n", ["Chroma ATE", "61500", "123456", "1.00 1.01 1.02"]),
            ("CHROMA,61604,616040000001,1.00,1.01\n", ["CHROMA", "61604", "616040000001", "1.00 1.01"]),
            ("Agilent Technologies,6834B,0,A.00.01\n", ["Agilent Technologies", "6834B", "0", "A.00.01"]),
            ("\"ZES ZIMMER,LMG671,123,4.5\"\n", ["ZES ZIMMER", "LMG671", "123", "4.5"]),
            ("Maker, \"M 1\" , 17 \r\n", ["Maker", "M 1", "17", ""]),
            ("Maker,M1,,\n", ["Maker", "M1", "", ""]),
        ] as [(String, [String])])
    func identities(line: String, fields: [String]) throws {
        let answer = try #require(try SCPIAnswer.parse(Array(line.utf8)))
        let who = try SCPIIdentity.read(answer.values, "x")
        #expect([who.manufacturer, who.model, who.serial, who.firmware] == fields)
    }

    @Test("what is no identity is a bad answer", arguments: ["0\n", "Maker,M1\n", "\n", ",,,\n"])
    func noIdentity(line: String) throws {
        let answer = try #require(try SCPIAnswer.parse(Array(line.utf8)))
        #expect(throws: Fault.self) { try SCPIIdentity.read(answer.values, "x") }
    }

    @Test(
        "error entries as makers write them",
        arguments: [
            ("0\n", 0, ""), ("+0,\"No error\"\n", 0, "No error"), ("0,No error\n", 0, "No error"),
            ("0 No error\n", 0, "No error"),
            ("-222,\"Data out of range;VOLT 400\"\n", -222, "Data out of range;VOLT 400"),
            ("5,\"Amp, hot\"\n", 5, "Amp, hot"), ("-113,Undefined header,VOLTT\n", -113, "Undefined header, VOLTT"),
        ] as [(String, Int, String)])
    func errorEntries(line: String, code: Int, text: String) throws {
        let answer = try #require(try SCPIAnswer.parse(Array(line.utf8)))
        let entry = try #require(SCPIErrorEntry(answer.values))
        #expect(entry.code == code && entry.text == text)
    }

    // SCPI-1999 Volume 2, 21.8.1.
    @Test("the whole queue at once")
    func all() throws {
        let answer = try #require(try SCPIAnswer.parse(Array("-222,\"Data\",-113,\"Header\",0,\"No error\"\n".utf8)))
        #expect(SCPIErrorEntry.list(answer.values)?.map(\.code) == [-222, -113])
        #expect(SCPIErrorEntry.list([.word("0"), .text("No error")]) == [])
        #expect(SCPIErrorEntry.list([.text("x")]) == nil)
        #expect(SCPIErrorEntry.list([]) == nil)
    }

    @Test("bits of registers have the standard's names")
    func registers() {
        #expect(SCPIStandardEvent(rawValue: 0b1011_0000).words == ["execution error", "command error", "power on"])
        #expect(SCPIStatusByte(rawValue: 0x54).words == ["error queue", "message available", "service request"])
        #expect(SCPIOperation(rawValue: 2).contains(.settling))
        #expect(SCPIQuestionable(rawValue: 1 << 3 | 1 << 9).words == ["temperature", "bit 9"])
    }

    /// Bytes that look like answers, cut, joined and spoiled: reading them never traps, and what is complete stays the same
    /// whatever follows.
    @Test("garbage is refused or read, never a trap")
    func garbage() throws {
        var random = SeededGenerator(seed: 20_261_121, label: "SCPI garbage")
        let seeds = [
            "1.5,ON,\"a,\"\"b\"\"\"\n", "#15hello\n", "#0xyz\n", "-222,\"Data out of range\"\n", "(@1,2),3\n",
            "Chroma ATE 61500,1,2,3,4\n", "#9999999999\n", "#H1F,#Q7,#B1\n", "''\n", ",,,\n", "9.91E37,NAN\n",
        ].map { Array($0.utf8) }
        var read = 0
        var refused = 0
        for _ in 0..<20_000 {
            var bytes = seeds[Int(random.next() % UInt64(seeds.count))]
            for _ in 0..<(random.next() % 4) {
                let place = Int(random.next() % UInt64(bytes.count + 1))
                switch random.next() % 3 {
                case 0: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
                case 1 where place < bytes.count: bytes.remove(at: place)
                default: bytes.insert(contentsOf: seeds[Int(random.next() % UInt64(seeds.count))], at: place)
                }
                if bytes.isEmpty { bytes = [10] }
            }
            do throws(SCPIAnswer.Malformed) {
                guard let (values, used) = try SCPIAnswer.parse(bytes) else { continue }
                read += 1
                #expect(used > 0 && used <= bytes.count)
                #expect(try SCPIAnswer.parse(Array(bytes[..<used]) + [65, 66])?.used == used)
                _ = values.map { ($0.number, $0.integer) }
                _ = SCPIErrorEntry(values)
                _ = SCPIErrorEntry.list(values)
                _ = try? SCPIIdentity.read(values, "x")
            } catch {
                refused += 1
            }
        }
        #expect(read > 1000 && refused > 1000)
    }
}
