import Testing

@testable import Instruments

@Suite("SCPI bytes")
struct SCPITests {
    @Test(
        "numbers in every form of IEEE 488.2-1992, 8.7",
        arguments: [
            ("5", 5), ("+5.0", 5), ("-0.5", -0.5), (".5", 0.5), ("5.", 5), ("1.25E+03", 1250), ("1e-3", 0.001),
            ("-2.E1", -20), ("#H1F", 31), ("#Q17", 15), ("#B101", 5), ("#hff", 255),
        ] as [(String, Double)])
    func numbers(text: String, value: Double) { #expect(SCPINumber.parse(text) == value) }

    // SCPI-1999 Volume 1, 7.2.1.4 and 7.2.1.5.
    @Test("infinity and not-a-number by word and by number")
    func specials() {
        #expect(SCPINumber.parse("9.9E37") == .infinity)
        #expect(SCPINumber.parse("-9.9E+37") == -.infinity)
        #expect(SCPINumber.parse("NINF") == -.infinity)
        #expect(SCPINumber.parse("9.91E37")?.isNaN == true)
        #expect(SCPINumber.parse("NAN")?.isNaN == true)
    }

    @Test(
        "what is no number is refused",
        arguments: ["", ".", "+", "1,5", "1.2.3", "0x10", "#H", "#HG", "1e", "five", "#H-1"])
    func noNumbers(text: String) { #expect(SCPINumber.parse(text) == nil) }

    @Test("a line of numbers, words and quoted text with a doubled quote and a comma")
    func line() throws {
        let answer = try SCPIAnswer.parse(Array("1.5, ON,\"say \"\"no\"\", twice\" ,-222\r\nnext".utf8))
        #expect(answer?.values == [.word("1.5"), .word("ON"), .text("say \"no\", twice"), .word("-222")])
        #expect(answer?.used == "1.5, ON,\"say \"\"no\"\", twice\" ,-222\r\n".utf8.count)
    }

    @Test("a definite block holds line feeds, commas and quotes as they are")
    func definite() throws {
        let bytes = Array("7,#15".utf8) + [10, 44, 34, 0, 255] + Array(",2\n".utf8)
        #expect(try SCPIAnswer.parse(bytes)?.values == [.word("7"), .block([10, 44, 34, 0, 255]), .word("2")])
    }

    @Test("an indefinite block ends with the line")
    func indefinite() throws {
        #expect(try SCPIAnswer.parse(Array("#0abc\n".utf8))?.values == [.block(Array("abc".utf8))])
    }

    @Test("an answer cut anywhere is incomplete, never wrong")
    func cut() throws {
        let bytes = Array("12,\"a\"\"b\",#213".utf8) + Array(repeating: 10, count: 13) + Array(",5\n".utf8)
        for length in 0..<bytes.count { #expect(try SCPIAnswer.parse(Array(bytes[..<length])) == nil, "at \(length)") }
        #expect(try SCPIAnswer.parse(bytes)?.values.count == 4)
    }

    @Test("what no instrument may answer is malformed", arguments: ["5\"\n", "\"a\"b\n", "#3x12\n", "1,\u{7}\n"])
    func malformed(text: String) {
        #expect(throws: SCPIAnswer.Malformed.self) { try SCPIAnswer.parse(Array(text.utf8)) }
    }

    @Test("entries of the error queue")
    func errors() throws {
        let answer = try #require(try SCPIAnswer.parse(Array("-222,\"Data out of range\"\n".utf8)))
        let entry = try #require(SCPIErrorEntry(answer.values))
        #expect(entry.code == -222)
        #expect(entry.text == "Data out of range")
        #expect(SCPIErrorEntry([.text("no code")]) == nil)
    }
}
