import BenchCore
import TestSupport

@testable import Instruments

/// pymodbus playing one device whose registers a test writes down as its manual does; Python's struct encodes them.
struct ModbusTable {
    let process: Peer, port: Int

    /// Lines of `Peers/modbus_table.py`: `1 hr 3203 >q 1234567`.
    static func serve(_ lines: [String]) async throws -> ModbusTable {
        guard let python = Checkout.python else { throw PeerError("no Python") }
        let process = try Peer(python, [Checkout.path("Tests/InstrumentsTests/Peers/modbus_table.py")])
        for line in lines + ["serve"] { process.tell(line) }
        return ModbusTable(process: process, port: Int(try await process.expect("ready ")) ?? 0)
    }

    /// The wire of a unit.
    func wire(_ unit: Int = 1) -> WireAddress { .modbusTCP(host: "127.0.0.1", port: port, unit: unit) }

    /// What a register, coil or input holds now.
    func value(_ place: String) async throws -> Int {
        process.tell("get " + place)
        return Int(try await process.expect("value ")) ?? -1
    }

    /// Changes registers, coils or inputs.
    func set(_ line: String) async throws {
        process.tell("set " + line)
        try await process.expect("set")
    }
}
