import BenchCore
import Testing

@testable import Instruments

@Suite("Registers read together")
struct RegisterPlanTests {
    static func register(_ address: Int, words: Int = 1, function: Int = 3, name: String? = nil) -> RegisterDefinition {
        RegisterDefinition(
            name: name ?? "r\(address)", role: .other,
            place: .modbus(
                function: function, address: address,
                encoding: words > 4 ? .text(words: words) : .unsigned(bits: 16 * words),
                order: .bigEndian), scale: 1, unit: "", resolution: nil)
    }

    private func plan(_ registers: [RegisterDefinition], _ rules: RegisterReading = RegisterReading()) -> [[Int]] {
        RegisterPlan(registers, rules).reads.map { [$0.function, $0.address, $0.count] }
    }

    @Test("neighbours share a request, whatever order they stand in; another function has its own")
    func neighbours() {
        let registers = [
            Self.register(12), Self.register(10, words: 2), Self.register(13, function: 4), Self.register(11),
        ]
        #expect(plan(registers) == [[3, 10, 3], [4, 13, 1]])
        #expect(RegisterPlan(registers, RegisterReading()).reads.map(\.registers) == [[1, 3, 0], [2]])
    }

    @Test("a gap parts them unless the type allows one so long")
    func gaps() {
        let registers = [Self.register(0), Self.register(3), Self.register(8)]
        #expect(plan(registers) == [[3, 0, 1], [3, 3, 1], [3, 8, 1]])
        #expect(plan(registers, RegisterReading(gap: 2)) == [[3, 0, 4], [3, 8, 1]])
        #expect(plan(registers, RegisterReading(gap: 4)) == [[3, 0, 9]])
    }

    @Test("a border is never crossed, and a request is never longer than the type allows")
    func limits() {
        let registers = (0..<10).map { Self.register($0) }
        #expect(plan(registers, RegisterReading(borders: [4])) == [[3, 0, 4], [3, 4, 6]])
        #expect(plan(registers, RegisterReading(borders: [0, 10])) == [[3, 0, 10]])
        #expect(plan(registers, RegisterReading(most: 4)) == [[3, 0, 4], [3, 4, 4], [3, 8, 2]])
        // A register that is longer by itself stands alone.
        #expect(
            plan([Self.register(0, words: 6), Self.register(6)], RegisterReading(most: 4)) == [[3, 0, 6], [3, 6, 1]])
    }

    @Test("a type may forbid it altogether")
    func alone() {
        #expect(plan((0..<3).map { Self.register($0) }, RegisterReading(together: false)).count == 3)
    }
}

@Suite("Snapshot of a meter")
struct ModbusSnapshotTests {
    private let type: MeterType = {
        var type = SyntheticBench.meterType(constant: 10_000)
        type.registers = [0, 1, 2, 10, 11].map { RegisterPlanTests.register($0) }
        return type
    }()

    /// Each word holds its own address. `refuse` says which reads (address, count) the meter does not know.
    private func meter(
        _ refuse: @escaping @Sendable (Int, Int) -> Bool = { _, _ in false }
    ) throws -> (ScriptedLine, ModbusMeter) {
        let peer = try ScriptedLine { _, request in
            let (address, count) = (Int(request[3]), Int(request[5]))
            let pdu: [UInt8] =
                refuse(address, count)
                ? [request[1] | 0x80, 2]
                : [request[1], UInt8(2 * count)] + (0..<(2 * count)).map { $0 % 2 == 0 ? 0 : UInt8(address + $0 / 2) }
            return [WireReply(bytes: ModbusRTU.frame(unit: request[0], pdu: pdu))]
        }
        return (peer, ModbusMeter(id: "meter", line: ModbusLine(peer.address, timeouts: .patient), unit: 1, type: type))
    }

    private func numbers(_ results: [Result<RegisterValue, Fault>]) -> [Double?] {
        results.map { try? $0.get().number }
    }

    @Test("five registers in two runs take two requests")
    func few() async throws {
        let (peer, meter) = try meter()
        #expect(numbers(try await meter.snapshot(type.registers)) == [0, 1, 2, 10, 11])
        #expect(peer.requests.count == 2)
    }

    @Test("a meter that gives them one by one only is asked so, from then on")
    func refusing() async throws {
        let (peer, meter) = try meter { _, count in count > 1 }
        #expect(numbers(try await meter.snapshot(type.registers)) == [0, 1, 2, 10, 11])
        #expect(peer.requests.count == 1 + 5)
        #expect(numbers(try await meter.snapshot(type.registers)) == [0, 1, 2, 10, 11])
        #expect(peer.requests.count == 1 + 5 + 5)
    }

    @Test("a register that the meter does not have is a fault in its place, not of the others")
    func missing() async throws {
        let (peer, meter) = try meter { address, count in (address..<(address + count)).contains(11) }
        let results = try await meter.snapshot(type.registers)
        withExtendedLifetime(peer) {}
        #expect(numbers(results) == [0, 1, 2, 10, nil])
        guard case .failure(let fault) = results[4] else { return }
        #expect(fault.code == .modbusException && fault.detail.contains("exception 2"))
    }
}
