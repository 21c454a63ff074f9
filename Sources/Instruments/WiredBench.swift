public import BenchCore

/// A bench on real wires: the instruments of a bench file, each behind its driver.
///
/// Wires are opened at their first request; instruments at one address share one connection and one thread.
public final class WiredBench: Sendable {
    /// What the orchestrator sees.
    public let instruments: BenchInstruments
    /// What of the drivers could not be checked against the makers' manuals, as sentences.
    public let unconfirmed: [String]
    private let wires: Wires

    private init(instruments: BenchInstruments, unconfirmed: [String], wires: Wires) {
        self.instruments = instruments
        self.unconfirmed = unconfirmed
        self.wires = wires
    }

    /// Builds the drivers of a bench. `meters` holds the type of the meter at each position that has one, `types` the
    /// instrument types that the bench's drivers name; every byte goes into `log`, which is closed with the bench.
    ///
    /// Throws `Fault(.notFound)` for an unknown driver, a wire of the wrong kind, or a missing role; nothing is sent yet.
    public static func open(
        bench: BenchDescription, meters: [Int: MeterType], types: [String: InstrumentType] = [:],
        time: any Timekeeper, scpi: WireTimeouts = .scpi, modbus: WireTimeouts = .modbus, log: WireLog? = nil
    ) async throws -> WiredBench {
        let wires = Wires(scpi: scpi, modbus: modbus, log: log)
        var made: [String: any Instrument] = [:]
        var unconfirmed: [String] = []
        for instrument in bench.instruments {
            let entry = try DriverRegistry.entry(for: instrument, types: types)
            unconfirmed += entry.unconfirmed.map { "\(instrument.id) (\(entry.name)): \($0)" }
            made[instrument.id] = try await entry.make(
                DriverContext(description: instrument, wires: wires, time: time))
        }
        func needed<T>(_ role: InstrumentRole, _: T.Type) throws -> T {
            guard let found: T = try optional(role, T.self) else {
                throw Fault(.notFound, bench.id, "the bench has no \(role.rawValue)")
            }
            return found
        }
        func optional<T>(_ role: InstrumentRole, _: T.Type) throws -> T? {
            guard let description = bench.instrument(role) else { return nil }
            guard let found = made.removeValue(forKey: description.id) as? T else {
                throw Fault(
                    .internalError, description.id, "driver «\(description.driver)» is not what its role promises")
            }
            return found
        }
        var drivers: [Int: any MeterDriver] = [:]
        for position in bench.positions {
            guard let type = meters[position.number], let wire = position.wire else { continue }
            drivers[position.number] = try await meter(
                id: "position \(position.number)", type: type, wire: wire, wires: wires)
        }
        var instruments = BenchInstruments(
            source: try needed(.referenceSource, (any ReferenceSource).self),
            standard: try needed(.referenceStandard, (any ReferenceStandard).self),
            counter: try needed(.pulseCounter, (any PulseCounter).self),
            climate: try optional(.environment, (any EnvironmentSensor).self),
            contactor: try optional(.contactor, (any SupplySwitch).self), meters: drivers)
        instruments.digitizer = try optional(.digitizer, (any Digitizer).self)
        instruments.more = bench.instruments.compactMap { made[$0.id] }
        return WiredBench(instruments: instruments, unconfirmed: unconfirmed, wires: wires)
    }

    /// One meter on one wire, without a bench, as `meterbench meter read` needs it.
    public static func meter(id: String, type: MeterType, wire: WireAddress, modbus: WireTimeouts = .modbus)
        async throws
        -> ModbusMeter
    { try await meter(id: id, type: type, wire: wire, wires: Wires(scpi: .scpi, modbus: modbus)) }

    private static func meter(id: String, type: MeterType, wire: WireAddress, wires: Wires) async throws -> ModbusMeter
    {
        let (line, unit) = try await wires.modbus(wire, for: id)
        return ModbusMeter(id: id, line: line, unit: unit, type: type)
    }

    /// Closes all wires; nothing is switched.
    public func close() async { await wires.close() }
}
