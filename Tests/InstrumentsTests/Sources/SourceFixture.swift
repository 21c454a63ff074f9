import BenchCore
import TestSupport

@testable import Instruments

/// Drivers of `Fixtures/Instruments` on any wire, as a bench file makes them.
enum SourceFixture {
    static func type(_ name: String) throws -> InstrumentType {
        try InstrumentTypeFile.load(
            try Disk.read(Checkout.path("Fixtures/Instruments/\(name).yaml")), file: name + ".yaml")
    }

    /// A source of a shipped type. `range`: what the bench allows.
    static func source(
        _ name: String, at address: WireAddress, time: any Timekeeper = SteppedTime(), range: SourceRange? = nil,
        response: Double = 30
    ) async throws -> SCPITableSource {
        try await source(try type(name), at: address, time: time, range: range, response: response)
    }

    static func source(
        _ type: InstrumentType, at address: WireAddress, time: any Timekeeper = SteppedTime(),
        range: SourceRange? = nil, response: Double = 30, wires: Wires? = nil
    ) async throws -> SCPITableSource {
        let description = InstrumentDescription(
            id: "source", role: .referenceSource, driver: type.name, wire: address, manufacturer: "", model: "",
            serial: "", traceability: nil, source: range, accuracy: [], counter: nil, climate: nil)
        let entry = try DriverRegistry.entry(for: description, types: [type.name: type])
        let wires =
            wires ?? Wires(scpi: WireTimeouts(connect: 10, response: response, late: 0), modbus: .modbus, log: nil)
        let made = try await entry.make(DriverContext(description: description, wires: wires, time: time))
        guard let source = made as? SCPITableSource else { throw PeerError("no source of a table") }
        return source
    }

    /// Three phases of 230 V without currents.
    static let voltages = Loads.balanced(0)
    /// L1 alone.
    static func single(_ voltage: Double, current: Double = 0) -> LoadSetting {
        var load = LoadSetting(
            frequency: 50,
            phases: (0..<3).map { _ in PhaseLoad(voltage: 0, voltageAngle: 0, current: 0, currentLag: 0) })
        load.phases[0].voltage = voltage
        load.phases[0].current = current
        return load
    }
}
