import Testing

@testable import Instruments

@Suite("Frames in the bytes of a serial line")
struct ModbusRTUTests {
    private let sent = ModbusRTU.frame(unit: 7, pdu: [4, 0, 0, 0, 2])
    private let answer = ModbusRTU.frame(unit: 7, pdu: [4, 4, 0x43, 0x66, 0x19, 0x9A])
    private let write = ModbusRTU.frame(unit: 7, pdu: [5, 0, 0, 0xFF, 0])

    private func read(_ bytes: [UInt8], echoes: Bool? = nil, quiet: Bool = false) -> ModbusRTU.Reading {
        ModbusRTU.read(bytes, sent: sent, echoes: echoes, quiet: quiet)
    }

    @Test("a frame counts as soon as its last byte is there")
    func plain() {
        #expect(read(answer) == .frame(0..<9, echo: false))
        #expect(read(Array(answer.dropLast())) == .more)
        #expect(read(Array(answer.dropLast()), quiet: true) == .broken("cut short: 8 of 9 bytes"))
        #expect(read([7], quiet: true) == .broken("cut short: 1 bytes"))
        let exception = ModbusRTU.frame(unit: 7, pdu: [0x84, 2])
        #expect(read(exception) == .frame(0..<5, echo: false))
    }

    @Test("a wrong check is a broken frame once the line is quiet, never before")
    func check() {
        var bytes = answer
        bytes[8] ^= 0x55
        #expect(read(bytes) == .more)
        #expect(read(bytes, quiet: true) == .broken("the check sum (CRC) does not fit the frame"))
    }

    // Adapters drive the line a little before or after the unit does, which reads as 00 or FF.
    @Test(
        "an answer is found behind rubbish, once the line is quiet", arguments: [[0x00], [0xFF, 0xFF], [7, 4, 200]])
    func rubbishBefore(_ rubbish: [UInt8]) {
        let bytes = rubbish + answer
        #expect(read(bytes) == .more)
        #expect(read(bytes, quiet: true) == .frame(rubbish.count..<bytes.count, echo: false))
    }

    @Test("rubbish behind an answer is not part of it")
    func rubbishBehind() {
        #expect(read(answer + [0, 0xFF]) == .frame(0..<9, echo: false))
    }

    @Test("behind rubbish only the unit and function that were asked count")
    func strangers() {
        let stranger = ModbusRTU.frame(unit: 9, pdu: [4, 4, 1, 2, 3, 4])
        #expect(read(stranger) == .frame(0..<9, echo: false))
        #expect(read([0] + stranger, quiet: true) == .broken("10 bytes that are no frame"))
    }

    @Test("a copy of the request before the answer is passed over")
    func echo() {
        #expect(read(sent) == .more)
        #expect(read(sent + answer) == .frame(8..<17, echo: true))
        #expect(read([0] + sent + answer, quiet: true) == .frame(9..<18, echo: true))
        #expect(read(sent, quiet: true) == .broken("nothing but a copy of the request"))
    }

    // 03 in the third byte makes the request a frame of 8 bytes by itself: an answer with three bytes of coils.
    @Test("a copy of a request is not taken for its answer even where it would be one by its length")
    func echoThatLooksLikeAnAnswer() {
        let sent = ModbusRTU.frame(unit: 7, pdu: [1, 3, 0, 0, 20])
        let answer = ModbusRTU.frame(unit: 7, pdu: [1, 3, 1, 2, 3])
        #expect(ModbusRTU.read(sent, sent: sent, echoes: nil, quiet: false) == .more)
        #expect(ModbusRTU.read(sent + answer, sent: sent, echoes: nil, quiet: false) == .frame(8..<16, echo: true))
        #expect(ModbusRTU.read([9] + sent, sent: sent, echoes: nil, quiet: true) != .frame(1..<9, echo: false))
    }

    @Test("a confirmation that equals its request is believed only where the line is known to have no echoes")
    func confirmation() {
        func read(_ bytes: [UInt8], _ echoes: Bool?) -> ModbusRTU.Reading {
            ModbusRTU.read(bytes, sent: write, echoes: echoes, quiet: false)
        }
        #expect(read(write, false) == .frame(0..<8, echo: false))
        #expect(read(write, true) == .more)
        #expect(read(write, nil) == .more)
        #expect(read(write + write, true) == .frame(8..<16, echo: true))
        #expect(read(write + write, nil) == .frame(8..<16, echo: true))
    }

    // Modbus over Serial Line V1.02, 2.5.1.1: t3.5; at more than 19 200 Bd 1.750 ms.
    @Test("the silence between frames is 3.5 characters, and 1.75 ms above 19 200 baud")
    func gaps() throws {
        #expect(try #require(SerialSettings(baud: 19200, format: "8E1")).frameGap == 3.5 * 11 / 19200)
        #expect(try #require(SerialSettings(baud: 9600, format: "8N2")).frameGap == 3.5 * 11 / 9600)
        #expect(try #require(SerialSettings(baud: 38400, format: "8N1")).frameGap == 1.75e-3)
        #expect(try #require(SerialSettings(baud: 1_000_000, format: "8N1")).frameGap == 1.75e-3)
    }
}

@Suite("Device identification (function 43/14)")
struct ModbusIdentificationTests {
    private func object(_ id: UInt8, _ text: String) -> ModbusIdentification.Object {
        ModbusIdentification.Object(id: id, bytes: Array(text.utf8))
    }

    // Modbus Application Protocol V1.1b3, 6.21: the example of a response in one transaction.
    @Test("the example of the standard")
    func example() throws {
        let request = ModbusRequest.readDeviceIdentification(.basic, object: 0)
        #expect(request.pdu == [0x2B, 0x0E, 0x01, 0x00])
        let pdu: [UInt8] =
            [0x2B, 0x0E, 0x01, 0x01, 0x00, 0x00, 0x03, 0x00, 0x16] + Array("Company identification".utf8)
            + [0x01, 0x0D] + Array("Product codeX".utf8) + [0x02, 0x05] + Array("V2.11".utf8)
        guard case .identification(let part) = try ModbusFrame.answer(pdu, to: request) else {
            Issue.record("no identification")
            return
        }
        var identification = ModbusIdentification()
        let taken = identification.take(part)
        #expect(taken)
        #expect(part.next == nil && identification.conformity == 1)
        #expect(identification.manufacturer == "Company identification")
        #expect(identification.model == "Product codeX" && identification.revision == "V2.11")
    }

    @Test("a stream in several answers comes back whole, whatever its length", arguments: [40, 60, 253])
    func stream(_ most: Int) throws {
        let all = [
            object(0, "Example Meters"), object(1, "EM-3"), object(2, "1.2"), object(4, "Meter"), object(5, "EM-3 L"),
            object(0x80, "own"), object(0x90, "more of its own"),
        ]
        for access in [ModbusIdentification.Access.basic, .regular, .extended] {
            var found = ModbusIdentification()
            var next: UInt8? = 0
            var answers = 0
            while let object = next {
                let data = try #require(ModbusIdentification.answer(all, access, object: object, most: most))
                #expect(data.count + 1 <= most)
                let request = ModbusRequest.readDeviceIdentification(access, object: object)
                guard case .identification(let part) = try ModbusFrame.answer([43] + data, to: request) else { break }
                let more = found.take(part)
                #expect(more)
                next = part.next
                answers += 1
            }
            let last: UInt8 = access == .basic ? 2 : access == .regular ? 6 : 255
            #expect(
                found.objects
                    == Dictionary(uniqueKeysWithValues: all.filter { $0.id <= last }.map { ($0.id, $0.bytes) }))
            #expect(most > 60 ? answers == 1 : answers >= 1)
        }
    }

    @Test("one object by its number, and none where it is not")
    func individual() throws {
        let all = [object(0, "Example Meters"), object(5, "EM-3")]
        let data = try #require(ModbusIdentification.answer(all, .individual, object: 5))
        let request = ModbusRequest.readDeviceIdentification(.individual, object: 5)
        #expect(
            try ModbusFrame.answer([43] + data, to: request)
                == .identification(.init(conformity: 0x83, next: nil, objects: [object(5, "EM-3")])))
        #expect(ModbusIdentification.answer(all, .individual, object: 4) == nil)
        let other = ModbusRequest.readDeviceIdentification(.individual, object: 0)
        #expect(throws: ModbusFrame.Trouble.self) { try ModbusFrame.answer([43] + data, to: other) }
    }

    @Test("objects that are cut, too many or of another type are no identification")
    func broken() {
        let request = ModbusRequest.readDeviceIdentification(.basic, object: 0)
        for pdu: [UInt8] in [
            [43], [43, 14, 1, 1, 0, 0], [43, 13, 1, 1, 0, 0, 0], [43, 14, 2, 1, 0, 0, 0], [43, 14, 1, 1, 0, 0, 1],
            [43, 14, 1, 1, 0, 0, 1, 0, 3, 65, 66], [43, 14, 1, 1, 0, 0, 1, 0, 1, 65, 66],
        ] {
            #expect(throws: ModbusFrame.Trouble.self, "\(pdu)") { try ModbusFrame.answer(pdu, to: request) }
        }
    }

    @Test("a device that promises more and says the same again is not believed for ever")
    func endless() {
        var identification = ModbusIdentification()
        let part = ModbusIdentification.Part(conformity: 1, next: 0, objects: [object(0, "A")])
        let taken = [identification.take(part), identification.take(part)]
        #expect(taken == [true, false])
    }

    @Test("text is printable and has no blanks at its ends; nothing is no text")
    func texts() {
        var identification = ModbusIdentification()
        _ = identification.take(
            .init(
                conformity: 1, next: nil,
                objects: [
                    object(0, "  A B "), .init(id: 1, bytes: [65, 7, 66]), .init(id: 2, bytes: [65, 0, 66]),
                    object(5, ""),
                ]))
        #expect(identification.manufacturer == "A B" && identification.productCode == "A?B")
        #expect(identification.revision == "A" && identification.modelName == nil && identification.model == "A?B")
    }
}
