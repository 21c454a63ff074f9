import BenchCore
import TestSupport
import Testing

@testable import Instruments

@Suite("Modbus with implementations that are not ours")
struct ModbusPeersTests {
    private static let noUmodbus = !Checkout.hasPython("umodbus")
    private static let noMbpoll = !Checkout.hasProgram("mbpoll")
    private static let script = Checkout.path("Tests/InstrumentsTests/Peers/umodbus_peer.py")

    // MARK: 43/14

    @Test(
        "a device that identifies itself in two answers is read whole, on TCP and RTU",
        .disabled(if: ModbusPeer.missing, "\(ModbusPeer.skipped)"), arguments: [false, true])
    func identification(rtu: Bool) async throws {
        let peer = try await ModbusPeer.start(rtu: rtu, ["identity", "1=sdm630"])
        let unit = ModbusUnit(line: ModbusLine(peer.address, timeouts: .patient), unit: 1, id: "meter")
        let said = try #require(try await unit.identification())
        #expect(said.manufacturer == "Example Meters" && said.productCode == "EM" && said.revision == "2.10")
        #expect(said.productName == "Energy meter" && said.model == "EM-3000")
        #expect(said.objects[3]?.count == 140 && said.objects[6]?.count == 120)
        let basic = try #require(try await unit.identification(.basic))
        #expect(basic.objects.keys.sorted() == [0, 1, 2])
        guard case .identification(let one) = try await unit.read(.readDeviceIdentification(.individual, object: 5))
        else {
            Issue.record("no identification")
            return
        }
        #expect(one.objects == [.init(id: 5, bytes: Array("EM-3000".utf8))])
    }

    @Test(
        "a meter whose type says so is asked by function 43/14, another is not",
        .disabled(if: ModbusPeer.missing, "\(ModbusPeer.skipped)"))
    func meterIdentifies() async throws {
        let peer = try await ModbusPeer.start(rtu: false, ["identity", "1=sdm630"])
        var type = try meterType("eastron-sdm630")
        func identity() async throws -> InstrumentIdentity {
            try await WiredBench.meter(id: "meter", type: type, wire: peer.wire(1), modbus: .patient).identify()
        }
        #expect(try await identity().manufacturer == type.nameplate.manufacturer)
        type.answersIdentification = true
        let said = try await identity()
        #expect(said.manufacturer == "Example Meters" && said.firmware == "2.10" && !said.simulated)
    }

    @Test(
        "a device without the function refuses it, and that is an answer: not there",
        .disabled(if: noUmodbus, "skipped: no umodbus"))
    func withoutIdentification() async throws {
        let (peer, line) = try await umodbus()
        let unit = ModbusUnit(line: line, unit: 1, id: "meter")
        #expect(try await unit.identification() == nil)
        #expect(try await unit.words(function: 3, address: 7, count: 2) == [21, 24])
        withExtendedLifetime(peer) {}
    }

    // MARK: umodbus

    private func umodbus() async throws -> (Peer, ModbusLine) {
        let peer = try Peer(try #require(Checkout.python), [Self.script, "server"])
        let port = Int(try await peer.expect("ready ")) ?? 0
        return (peer, ModbusLine(.tcp(host: "127.0.0.1", port: port), timeouts: .patient))
    }

    @Test(
        "umodbus as the device: words, bits, writes of one and of many", .disabled(if: noUmodbus, "skipped: no umodbus")
    )
    func device() async throws {
        let (peer, line) = try await umodbus()
        func ask(_ request: ModbusRequest) async throws -> ModbusAnswer {
            try await line.exchange(request, unit: 1, for: "peer")
        }
        #expect(try await ask(.readHoldingRegisters(address: 100, count: 125)) == .words((100..<225).map { 3 * $0 }))
        #expect(try await ask(.readInputRegisters(address: 2, count: 1)) == .words([6]))
        #expect(try await ask(.writeCoil(address: 3, on: true)) == .done)
        #expect(try await ask(.writeCoils(address: 5, [true, false, true])) == .done)
        #expect(
            try await ask(.readCoils(address: 0, count: 10))
                == .bits([false, false, false, true, false, true, false, true, false, false]))
        #expect(await faultCode { try await ask(.readHoldingRegisters(address: 5000, count: 1)) } == .modbusException)
        withExtendedLifetime(peer) {}
    }

    @Test("umodbus as the client of our simulator, on TCP and RTU", .disabled(if: noUmodbus, "skipped: no umodbus"))
    func client() async throws {
        let played = try PlayedBench { $0.ambient.humidity = 45 }
        func ask(_ words: String...) async throws -> String {
            let result = try await Peer.run(try #require(Checkout.python), [Self.script] + words)
            return result.output.trimmingSuffix("\n")
        }
        let devices = "127.0.0.1:\(played.port(played.bench.instruments[3].wire))"
        #expect(try await ask("tcp", devices, "1", "4", "1", "2") == "4500 \(0x4D42)")
        #expect(try await ask("tcp", devices, "2", "2", "0", "1") == "0")
        #expect(try await ask("tcp", devices, "1", "3", "0", "1") == "IllegalFunctionError")
        let bus = played.folder.path + "/wires/bus"
        // «T-3» is 542D 3300.
        #expect(try await ask("rtu", bus, "3", "4", "0", "2") == "\(0x542D) \(0x3300)")
    }

    // MARK: mbpoll

    @Test("mbpoll as the client of our simulator, on TCP and RTU", .disabled(if: noMbpoll, "skipped: no mbpoll"))
    func mbpoll() async throws {
        let played = try PlayedBench { $0.ambient.humidity = 45 }
        let program = try #require(Checkout.program("mbpoll"))
        let port = String(played.port(played.bench.instruments[3].wire))
        let tcp = try await Peer.run(
            program, ["-m", "tcp", "-p", port, "-a", "1", "-t", "3", "-0", "-r", "1", "-c", "2", "-1", "127.0.0.1"])
        #expect(tcp.exit == 0, "\(tcp.output)")
        #expect(Self.values(tcp.output) == [1: "4500", 2: "19778"])
        let bus = played.folder.path + "/wires/bus"
        let rtu = try await Peer.run(
            program,
            [
                "-m", "rtu", "-b", "9600", "-P", "none", "-a", "3", "-t", "3:hex", "-0", "-r", "0", "-c", "2", "-o",
                "5", "-1", bus,
            ])
        #expect(rtu.exit == 0, "\(rtu.output)")
        #expect(Self.values(rtu.output) == [0: "0x542D", 1: "0x3300"])
    }

    /// Lines `[1]: 	4500`, by address.
    private static func values(_ output: String) -> [Int: String] {
        var found: [Int: String] = [:]
        for line in output.split(separator: "\n") where line.hasPrefix("[") {
            guard let end = line.firstIndex(of: "]"), let address = Int(line[line.index(after: line.startIndex)..<end])
            else { continue }
            let value = line[line.index(end, offsetBy: 2)...].split(whereSeparator: { $0 == " " || $0 == "\t" })
            found[address] = value.first.map(String.init)
        }
        return found
    }
}
