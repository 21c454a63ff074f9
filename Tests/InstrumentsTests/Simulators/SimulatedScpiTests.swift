import BenchCore
import Testing

@testable import Instruments

@Suite("SCPI answers of the simulators")
struct SimulatedScpiTests {
    private let time = SteppedTime()
    private let world: World

    init() {
        let maker = WorldMaker(positions: 2, constant: 10_000)
        world = World(maker.world, bench: maker.bench, types: maker.types)
        world.at(time.now) { state, _ in state.setContactor(closed: true) }
    }

    private func session(_ id: String, _ role: ScpiRole) throws -> SimulatedScpiSession {
        let instrument = try #require(world.bench.instruments.first { $0.id == id })
        return SimulatedScpiSession(
            spoken: SimulatedScpi(world: world, time: time, description: instrument, role: role))
    }
    private func say(_ lines: String, _ session: inout SimulatedScpiSession) -> String {
        var buffer = Array((lines + "\n").utf8)
        return String(decoding: session.consume(&buffer).flatMap(\.bytes), as: UTF8.self)
    }
    private let load = "SOUR:FREQ 50\nSOUR:PHAS1:VOLT 230,0\nSOUR:PHAS1:CURR 5,60"

    @Test("A source stores, checks, applies, and says how it is")
    func source() async throws {
        var s = try session("source", .source)
        #expect(say("*IDN?", &s) == "MeterBench,Simulated Source,SY-source,1\n")
        #expect(say(load + "\nSOUR:CHEC?", &s) == "OK\n")
        #expect(say("OUTP:STAT?", &s) == "0,0,\"\"\n", "storing energises nothing")
        #expect(say("OUTP:APPL\nOUTP:STAT?", &s) == "1,0,\"\"\n")
        try await time.sleep(seconds: 2)
        #expect(say("OUTP:STAT?", &s) == "1,1,\"\"\n")
        #expect(say("OUTP:CURR OFF\nOUTP:STAT?", &s).hasPrefix("1,"))
        #expect(say("OUTP:VOLT OFF\nOUTP:STAT?", &s) == "0,0,\"\"\n")
    }

    @Test("A source refuses what it cannot give, and commands it does not know")
    func refusals() throws {
        var s = try session("source", .source)
        #expect(say("SOUR:PHAS2:CURR 500,0\nSOUR:CHEC?", &s).hasPrefix("REFUSED,\"L2: 500 A is outside"))
        #expect(say("OUTP:APPL\nSYST:ERR?", &s).hasPrefix("-221,\"L2: 500 A"))
        #expect(say("SOUR:PHAS4:VOLT 1,0\nSYST:ERR?", &s) == "-220,\"phases are 1, 2 and 3\"\n")
        #expect(say("NONSENSE 1\nSYST:ERR?\nSYST:ERR?", &s) == "-113,\"Undefined header\"\n0,\"No error\"\n")
        #expect(say("OUTP:STAT?", &s) == "0,0,\"\"\n")
    }

    @Test("A standard measures what is applied and integrates it")
    func standard() async throws {
        var source = try session("source", .source)
        var s = try session("standard", .standard)
        // 690 W … full range 3 · 300 V · 5 A = 4500 W: 5·10⁷ imp/kWh give 62.5 kHz.
        #expect(say("CONF:RANG 230,5\nCONF:CONS?", &s) == "50000000\n")
        #expect(say("CONF:RANG 1000,5\nSYST:ERR?", &s).hasPrefix("-220"))
        _ = say(load + "\nOUTP:APPL", &source)
        try await time.sleep(seconds: 5)
        let numbers = say("MEAS:ALL?", &s).dropLast().split(separator: ",").compactMap { Decimal.parse($0) }
        #expect(numbers.count == 13)
        // 230 V · 5 A · cos 60° = 575 W; settled to e⁻³⁰.
        #expect(abs(numbers[0] - 230) < 1e-6 && abs(numbers[3] - 5) < 1e-6 && abs(numbers[6] - 575) < 1e-6)
        #expect(numbers[9] == 50 && numbers[10] == 0.3 && numbers[11] == 0)
        #expect(say("ENER?", &s) == "9.91E37\n")
        _ = say("ENER:STAR", &s)
        try await time.sleep(seconds: 100)
        let energy = try #require(Decimal.parse(say("ENER:STOP?", &s).dropLast()))
        #expect(abs(energy / 57_500 - 1) < 1e-9)
    }

    @Test("A counter gives its edges as a definite block")
    func counter() async throws {
        var source = try session("source", .source)
        var s = try session("counter", .counter)
        _ = say(load + "\nOUTP:APPL", &source)
        #expect(say("PULS:ARM (@1,9)\nSYST:ERR?", &s).hasPrefix("-220"))
        _ = say("PULS:ARM (@1:2)", &s)
        try await time.sleep(seconds: 10)
        var buffer = Array("PULS:DATA? 1,0\n".utf8)
        let bytes = s.consume(&buffer).flatMap(\.bytes)
        let hash = try #require(bytes.firstIndex(of: UInt8(ascii: "#")))
        let head = String(decoding: bytes[..<hash], as: UTF8.self).split(separator: ",")
        let next = try #require(Int(head[1]))
        // 575 W · 10 000 imp/kWh = 1.597 pulses a second.
        #expect((14...17).contains(next))
        #expect(head[2] == "0")
        let digits = Int(bytes[hash + 1] - UInt8(ascii: "0"))
        let length = try #require(Int(String(decoding: bytes[(hash + 2)..<(hash + 2 + digits)], as: UTF8.self)))
        #expect(length == 16 * next)
        let block = bytes[(hash + 2 + digits)...].dropLast()
        #expect(block.count == length && bytes.last == 0x0A)
        let stamps = stride(from: block.startIndex, to: block.endIndex, by: 16).map { i in
            block[i..<(i + 8)].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        }
        let gaps = zip(stamps, stamps.dropFirst()).map { Double($1 - $0) / 1e9 }
        #expect(gaps.dropFirst(2).allSatisfy { abs($0 * 575 * 10_000 / 3.6e6 - 1) < 0.01 })
    }
}
