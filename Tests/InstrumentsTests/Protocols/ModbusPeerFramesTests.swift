import TestSupport
import Testing

@testable import Instruments

/// What pymodbus makes of the same messages; see `Peers/modbus_frames.py`.
@Suite("Modbus frames against pymodbus", .disabled(if: ModbusPeer.missing, "\(ModbusPeer.skipped)"))
struct ModbusPeerFramesTests {
    private static let bits = [true, false, true, true, false, false, false, true, true, true]
    private static let requests: [String: ModbusRequest] = [
        "coils": .readCoils(address: 0x13, count: 10), "inputs": .readDiscreteInputs(address: 0xC4, count: 10),
        "holding": .readHoldingRegisters(address: 0x6B, count: 3), "input": .readInputRegisters(address: 8, count: 1),
        "coil": .writeCoil(address: 0xAC, on: true), "register": .writeRegister(address: 1, value: 3),
        "write-coils": .writeCoils(address: 0x13, bits), "write-registers": .writeRegisters(address: 1, [10, 0x102]),
        "server-id": .reportServerID, "mask": .maskWriteRegister(address: 4, and: 0xF2, or: 0x25),
        "read-write": .readWriteRegisters(read: 3, count: 6, write: 0xE, [255, 255, 255]),
        "basic": .readDeviceIdentification(.basic, object: 0),
        "regular": .readDeviceIdentification(.regular, object: 0),
        "individual": .readDeviceIdentification(.individual, object: 5),
        "exception": .readHoldingRegisters(address: 0x6B, count: 3),
    ]
    private static func text(_ text: String) -> [UInt8] { Array(text.utf8) }
    private static let answers: [String: ModbusAnswer] = [
        "coils": .bits(bits), "inputs": .bits(bits), "holding": .words([555, 0, 100]), "input": .words([10]),
        "coil": .done, "register": .done, "write-coils": .done, "write-registers": .done,
        "server-id": .serverID(text("Pymodbus") + [0xFF]), "mask": .done,
        "read-write": .words([0xFE, 0xACD, 1, 3, 0xD, 0xFF]),
        "basic": .identification(
            .init(
                conformity: 0x83, next: nil,
                objects: [
                    .init(id: 0, bytes: text("Company identification")), .init(id: 1, bytes: text("Product code XX")),
                    .init(id: 2, bytes: text("V2.11")),
                ])),
        "regular": .identification(
            .init(
                conformity: 0x83, next: 4,
                objects: [
                    .init(id: 0, bytes: text("Example")), .init(id: 1, bytes: [UInt8](repeating: 88, count: 100)),
                    .init(id: 2, bytes: [UInt8](repeating: 89, count: 100)),
                ])),
        "individual": .identification(
            .init(conformity: 0x83, next: nil, objects: [.init(id: 5, bytes: text("EM-1"))])),
    ]

    private static func bytes(_ hex: some StringProtocol) -> [UInt8] {
        let digits = Array(hex)
        return stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...($0 + 1)]), radix: 16) }
    }

    @Test("every request is the same bytes, every answer is understood, on RTU and TCP")
    func frames() async throws {
        let python = try #require(Checkout.python)
        let script = Checkout.path("Tests/InstrumentsTests/Peers/modbus_frames.py")
        let output = try await Peer.run(python, [script]).output
        var seen: Set<String> = []
        for line in output.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 5, let request = Self.requests[String(words[0])] else {
                Issue.record("unknown line: \(line)")
                continue
            }
            let (pdu, rtu, tcp) = (Self.bytes(words[2]), Self.bytes(words[3]), Self.bytes(words[4]))
            let sent = ModbusRTU.frame(unit: 17, pdu: request.pdu)
            if words[1] == "request" {
                #expect(request.pdu == pdu, "\(line)")
                #expect(sent == rtu, "\(line)")
                #expect(ModbusTCP.frame(transaction: 0x1234, unit: 17, pdu: request.pdu) == tcp, "\(line)")
                #expect(ModbusRTU.requestLength(rtu[...]) == .known(rtu.count), "\(line)")
                #expect(request.objection == nil)
                continue
            }
            seen.insert(String(words[0]))
            #expect(
                ModbusTCP.read(tcp) == .frame(transaction: 0x1234, unit: 17, length: tcp.count), "\(line)")
            #expect(
                ModbusRTU.read(rtu, sent: sent, echoes: false, quiet: false) == .frame(0..<rtu.count, echo: false),
                "\(line)")
            // No shorter part of it is taken for a frame.
            for count in 1..<rtu.count {
                #expect(
                    ModbusRTU.read(Array(rtu[..<count]), sent: sent, echoes: false, quiet: false) == .more,
                    "\(count) of \(line)")
            }
            for count in 0..<tcp.count { #expect(ModbusTCP.read(Array(tcp[..<count])) == .more, "\(count) of \(line)") }
            guard let expected = Self.answers[String(words[0])] else {
                #expect(throws: ModbusFrame.Trouble.exception(2)) { try ModbusFrame.answer(pdu, to: request) }
                continue
            }
            #expect(try ModbusFrame.answer(pdu, to: request) == expected, "\(line)")
        }
        #expect(seen.count == Self.requests.count)
    }
}
