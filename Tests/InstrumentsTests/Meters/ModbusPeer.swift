import BenchCore
import TestSupport

@testable import Instruments

/// pymodbus playing meters: units with a map and a trouble each.
struct ModbusPeer {
    let process: Peer
    let address: ModbusAddress

    static let missing = !Checkout.hasPython("pymodbus")
    static let skipped = "skipped: no pymodbus (Scripts/install-test-peers installs it)"

    /// `units` as `1=sdm630`, `2=sdm630:late=1.5`.
    static func start(rtu: Bool, _ units: [String]) async throws -> ModbusPeer {
        guard let python = Checkout.python else { throw PeerError("no Python") }
        let script = Checkout.path("Tests/InstrumentsTests/Peers/modbus_meter.py")
        let process = try Peer(python, [script, rtu ? "rtu" : "tcp"] + units)
        let place = try await process.expect("ready ")
        guard rtu else { return ModbusPeer(process: process, address: .tcp(host: "127.0.0.1", port: Int(place) ?? 0)) }
        guard let settings = SerialSettings(baud: 9600, format: "8N1") else { throw PeerError("no settings") }
        return ModbusPeer(process: process, address: .rtu(device: place, settings))
    }

    /// The wire of a unit, as a bench file has it.
    func wire(_ unit: Int) -> WireAddress {
        switch address {
        case .tcp(let host, let port): return .modbusTCP(host: host, port: port, unit: unit)
        case .rtu(let device, _): return .modbusRTU(device: device, baud: 9600, format: "8N1", unit: unit)
        }
    }

    /// A meter of a shipped type on a unit.
    func meter(_ unit: Int, _ type: String, _ timeouts: WireTimeouts = .patient) async throws -> ModbusMeter {
        try await WiredBench.meter(id: "meter", type: try meterType(type), wire: wire(unit), modbus: timeouts)
    }
}

/// A type of `Fixtures/Meters`.
func meterType(_ name: String) throws -> MeterType {
    let path = Checkout.path("Fixtures/Meters/\(name).yaml")
    return try MeterTypeFile.load(try Disk.read(path), file: path)
}

extension WireTimeouts {
    /// For peers on a busy machine, where no time-out is meant to happen.
    static let patient = WireTimeouts(connect: 10, response: 10, late: 1)
}

/// The fault code that an action ends with; `nil` where it succeeds.
func faultCode(_ action: () async throws -> some Any) async -> Fault.Code? {
    do {
        _ = try await action()
        return nil
    } catch {
        return (error as? Fault)?.code
    }
}
