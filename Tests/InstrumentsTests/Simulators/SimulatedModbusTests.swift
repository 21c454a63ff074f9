import BenchCore
import Testing

@testable import Instruments

@Suite("Modbus answers of the simulators")
struct SimulatedModbusTests {
    private func session(_ framing: SimulatedModbus.Framing, faults: [PlannedFault] = []) -> SimulatedModbusSession {
        var maker = WorldMaker(positions: 1, constant: 10_000)
        maker.world.ambient.temperature = -3.21
        maker.world.faults = faults
        for i in maker.bench.instruments.indices { maker.bench.instruments[i].climate?.temperatureU = 0 }
        let world = World(maker.world, bench: maker.bench, types: maker.types)
        let context = UnitContext(world: world, time: SteppedTime())
        let climate = ClimateUnit(context: context, place: .instrument("climate"))
        return SimulatedModbusSession(
            spoken: SimulatedModbus(context: context, framing: framing, units: [7: climate]))
    }

    private func rtu(_ request: [UInt8], faults: [PlannedFault] = []) -> [[UInt8]] {
        var session = session(.rtu(character: 0), faults: faults)
        var buffer = request
        return session.consume(&buffer).map(\.bytes)
    }

    /// Unit 7, function 4, address 0, two registers, with its checksum.
    private var question: [UInt8] {
        let body: [UInt8] = [7, 4, 0, 0, 0, 2]
        let crc = SimulatedModbus.checksum(body)
        return body + [UInt8(crc & 0xFF), UInt8(crc >> 8)]
    }

    @Test("The checksum is that of the specification's example")
    func checksum() {
        // MODBUS over Serial Line V1.02, 6.2.2: the message 02 07 has the CRC 1241 hexadecimal.
        #expect(SimulatedModbus.checksum([0x02, 0x07]) == 0x1241)
    }

    @Test("A sensor answers its registers: −3.21 °C as Int16, 45 % as 4500")
    func climate() {
        // −321 as two's complement is FEBF; 4500 is 1194.
        #expect(rtu(question).map { $0.dropLast(2) } == [[7, 4, 4, 0xFE, 0xBF, 0x11, 0x94]])
    }

    @Test("Other units keep silent, and noise before a request is skipped")
    func bus() {
        let body: [UInt8] = [8, 4, 0, 0, 0, 2]
        let crc = SimulatedModbus.checksum(body)
        #expect(rtu(body + [UInt8(crc & 0xFF), UInt8(crc >> 8)]) == [[]])
        #expect(rtu([0x00, 0xFF, 0x13] + question).map(\.count) == [9])
        #expect(rtu(Array(question.dropLast())).isEmpty, "half a request has no answer yet")
    }

    @Test("Exceptions have their codes: function 1, address 2, count 3")
    func exceptions() {
        func answer(_ body: [UInt8]) -> [[UInt8]] {
            let crc = SimulatedModbus.checksum(body)
            return rtu(body + [UInt8(crc & 0xFF), UInt8(crc >> 8)]).map { Array($0.prefix(3)) }
        }
        #expect(answer([7, 3, 0, 0, 0, 1]) == [[7, 0x83, 1]])
        #expect(answer([7, 4, 0, 2, 0, 2]) == [[7, 0x84, 2]])
        #expect(answer([7, 4, 0, 0, 0, 126]) == [[7, 0x84, 3]])
    }

    @Test("Every wire fault shows in the bytes")
    func faults() {
        func first(_ kind: PlannedFault.Kind) -> [UInt8] {
            rtu(question, faults: [PlannedFault(.instrument("climate"), kind)]).first ?? [0]
        }
        let good = rtu(question).first ?? []
        #expect(first(.silent).isEmpty)
        #expect(first(.exception(4)).prefix(3) == [7, 0x84, 4])
        #expect(first(.wrongUnit(9)).first == 9)
        #expect(first(.wrongUnit(9)).count == good.count)
        #expect(first(.halfFrame) == Array(good.prefix(4)))
        let broken = first(.brokenFrame)
        #expect(broken.dropLast() == good.dropLast() && broken.last != good.last)
        var late = session(.rtu(character: 0), faults: [PlannedFault(.instrument("climate"), .late(0.4))])
        var buffer = question
        #expect(late.consume(&buffer) == [WireReply(bytes: good, delay: 0.4)])
    }

    @Test("«every: 3» strikes the third, sixth … request")
    func every() {
        let planned = [PlannedFault(.instrument("climate"), .silent, every: 3)]
        let answers = rtu(question + question + question + question + question + question, faults: planned)
        #expect(answers.map(\.isEmpty) == [false, false, true, false, false, true])
    }

    @Test("TCP frames keep their transaction, and a request in pieces waits for its rest")
    func tcp() {
        var session = session(.tcp)
        var buffer: [UInt8] = [0x12, 0x34, 0, 0, 0, 6, 7, 4, 0]
        #expect(session.consume(&buffer).isEmpty)
        buffer += [0, 0, 1]
        #expect(session.consume(&buffer) == [WireReply(bytes: [0x12, 0x34, 0, 0, 0, 5, 7, 4, 2, 0xFE, 0xBF])])
        #expect(buffer.isEmpty)
    }

    @Test("Values become words as IEEE 754 and two's complement say")
    func image() {
        func words(_ value: Double?, _ encoding: RegisterEncoding, _ order: WordOrder = .bigEndian) -> [UInt16] {
            RegisterImage.words(
                RegisterValue(name: "", number: value, text: "AB1", unit: ""), 0.1, encoding, order)
        }
        // 23.0/0.1 = 230: 4366 0000 as float32; −12.3/0.1 = −123: FF85; 7000.0/0.1 = 70000: 0001 1170.
        #expect(words(23, .float(bits: 32)) == [0x4366, 0])
        #expect(words(23, .float(bits: 32), .littleEndian) == [0, 0x4366])
        #expect(words(-12.3, .signed(bits: 16)) == [0xFF85])
        #expect(words(7000, .unsigned(bits: 32)) == [1, 0x1170])
        #expect(words(7000, .unsigned(bits: 16)) == [0xFFFF])
        #expect(words(nil, .signed(bits: 16)) == [0x8000])
        #expect(words(nil, .text(words: 2)) == [0x4142, 0x3100])
    }
}
