import BenchCore
import Testing

@testable import Instruments

@Suite("Modbus bytes")
struct ModbusTests {
    // The worked examples of the Modbus Application Protocol V1.1b3: 6.1, 6.3, 6.5.
    @Test("requests and answers of the standard's own examples")
    func examples() throws {
        let registers = ModbusRequest.readHoldingRegisters(address: 0x6B, count: 3)
        #expect(registers.pdu == [3, 0, 0x6B, 0, 3])
        #expect(
            try ModbusFrame.answer([3, 6, 2, 0x2B, 0, 0, 0, 0x64], to: registers) == .words([0x22B, 0, 0x64]))
        let coils = ModbusRequest.readCoils(address: 0x13, count: 19)
        #expect(coils.pdu == [1, 0, 0x13, 0, 0x13])
        guard case .bits(let bits) = try ModbusFrame.answer([1, 3, 0xCD, 0x6B, 0x05], to: coils) else {
            Issue.record("no bits")
            return
        }
        // CD = 1100 1101: outputs 27 … 20, so the first is 1, the second 0.
        #expect(bits.count == 19 && bits.prefix(4) == [true, false, true, true] && bits[18])
        let write = ModbusRequest.writeCoil(address: 0xAC, on: true)
        #expect(write.pdu == [5, 0, 0xAC, 0xFF, 0])
        #expect(try ModbusFrame.answer([5, 0, 0xAC, 0xFF, 0], to: write) == .done)
    }

    // Modbus over Serial Line V1.02, 6.2.2: 02 07 has the check 41 12 on the wire (low byte first).
    @Test("the check sum of the standard's example")
    func crc() {
        #expect(ModbusRTU.crc([2, 7]) == 0x1241)
        #expect(ModbusRTU.hasGoodCheck([2, 7, 0x41, 0x12]))
        #expect(!ModbusRTU.hasGoodCheck([2, 7, 0x41, 0x13]))
        #expect(ModbusRTU.frame(unit: 2, pdu: [7]) == [2, 7, 0x41, 0x12])
    }

    @Test("exceptions, wrong functions and wrong lengths are told apart")
    func troubles() {
        let request = ModbusRequest.readInputRegisters(address: 0, count: 2)
        #expect(throws: ModbusFrame.Trouble.exception(2)) { try ModbusFrame.answer([0x84, 2], to: request) }
        for bytes: [UInt8] in [[3, 4, 0, 0, 0, 0], [4, 2, 0, 0], [4, 4, 0, 0], [], [4], [0x84], [0x83, 2]] {
            #expect(throws: ModbusFrame.Trouble.self) { try ModbusFrame.answer(bytes, to: request) }
        }
        let write = ModbusRequest.writeCoil(address: 1, on: true)
        #expect(throws: ModbusFrame.Trouble.self) { try ModbusFrame.answer([5, 0, 1, 0, 0], to: write) }
    }

    @Test("serial settings: what Modbus RTU can use and what it cannot")
    func settings() {
        #expect(SerialSettings(baud: 9600, format: "8N1")?.parity == "N")
        #expect(SerialSettings(baud: 19200, format: "8e1")?.parity == "E")
        #expect(SerialSettings(baud: 9600, format: "7E1") == nil)
        #expect(SerialSettings(baud: 9601, format: "8N1")?.baud == 9601)
        #expect(SerialSettings(baud: 49, format: "8N1") == nil)
        #expect(SerialSettings(baud: 5_000_000, format: "8N1") == nil)
        #expect(SerialSettings(baud: 9600, format: "8N3") == nil)
        // 3.5 characters of 10 bits at 9600 baud.
        #expect(abs((SerialSettings(baud: 9600, format: "8N1")?.frameGap ?? 0) - 35.0 / 9600) < 1e-12)
    }
}

@Suite("Register words")
struct RegisterWireTests {
    private func value(
        _ words: [UInt16], _ encoding: RegisterEncoding, _ order: WordOrder = .bigEndian, scale: Double = 1,
        role: RegisterRole = .other
    ) -> RegisterValue {
        RegisterWire.value(
            words,
            of: RegisterDefinition(
                name: "r", role: role,
                place: .modbus(function: 3, address: 0, encoding: encoding, order: order), scale: scale, unit: "",
                resolution: nil))
    }

    @Test("whole numbers of 16, 32 and 64 bits, with and without sign, in both orders of words")
    func whole() {
        #expect(value([0xFFFF], .unsigned(bits: 16)).number == 65535)
        #expect(value([0xFFFF], .signed(bits: 16)).number == -1)
        #expect(value([0x0001, 0x86A0], .unsigned(bits: 32)).number == 100_000)
        #expect(value([0x86A0, 0x0001], .unsigned(bits: 32), .littleEndian).number == 100_000)
        #expect(value([0x7960, 0xFFFE], .signed(bits: 32), .littleEndian).number == -100_000)
        #expect(value([0xFFFF, 0xFFFF, 0xFFFF, 0xFFFE], .signed(bits: 64)).number == -2)
        #expect(value([0, 0, 0x0001, 0x86A0], .unsigned(bits: 64)).number == 100_000)
        #expect(value([0x8000], .signed(bits: 16)).number == -32768)
    }

    @Test("single-precision numbers read as the decimal number the meter means")
    func floats() {
        // IEEE 754: 230.1 is 0x4366199A as a single.
        #expect(value([0x4366, 0x199A], .float(bits: 32)).number == 230.1)
        #expect(value([0x199A, 0x4366], .float(bits: 32), .littleEndian).number == 230.1)
        #expect(value([0x3FF8, 0, 0, 0], .float(bits: 64)).number == 1.5)
    }

    @Test("not-a-number and infinity are not available")
    func notAvailable() {
        for words: [UInt16] in [[0x7FC0, 0], [0x7F80, 0], [0xFF80, 0]] {
            #expect(value(words, .float(bits: 32)).number == nil)
        }
    }

    // Carlo Gavazzi EM300/ET300 protocol V2 R6, 2.3: an overflow is 7FFFFFFFh, words FFFF 7FFF on the wire.
    @Test("the mark of a meter type for «not available» is no number")
    func marked() {
        var register = RegisterDefinition(
            name: "r", role: .other,
            place: .modbus(function: 4, address: 0, encoding: .signed(bits: 32), order: .littleEndian), scale: 0.1,
            unit: "V", resolution: nil)
        #expect(RegisterWire.value([0xFFFF, 0x7FFF], of: register).number == 214748364.7)
        register.notAvailable = 0x7FFF_FFFF
        #expect(RegisterWire.value([0xFFFF, 0x7FFF], of: register).number == nil)
        #expect(RegisterWire.value([0xFFFE, 0x7FFF], of: register).number == 214748364.6)
    }

    @Test("a scale of 0.1 gives the decimal number, not its binary neighbour")
    func scales() {
        #expect(value([0x614E, 0x00BC], .signed(bits: 32), .littleEndian, scale: 0.1).number == 1234567.8)
        #expect(value([2301], .unsigned(bits: 16), scale: 0.1).number == 230.1)
        #expect(value([5], .unsigned(bits: 16), scale: 1000).number == 5000)
    }

    @Test("text ends at the first zero and has no blanks at its ends; a serial number keeps all digits")
    func texts() {
        #expect(value([0x4B58, 0x3132, 0x2000], .text(words: 3)).text == "KX12")
        #expect(value([0x0134, 0x5678], .unsigned(bits: 32), role: .serialNumber).text == "20207224")
    }
}
