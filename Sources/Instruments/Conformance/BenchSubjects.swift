public import BenchCore

extension Conformance {
    /// Runs the suite of one instrument of a bench against the instrument itself: only what energises nothing and changes nothing.
    ///
    /// `types` are the instrument types that the bench's drivers name. Throws `Fault(.notFound)` for an id or a driver that is not
    /// there; what the instrument does wrong stands in the report.
    public static func real(
        bench: BenchDescription, types: [String: InstrumentType], id: String, log: WireLog? = nil
    ) async throws -> ConformanceReport {
        let instrument = try find(id, bench)
        let entry = try DriverRegistry.entry(for: instrument, types: types)
        let wires = Wires(scpi: .scpi, modbus: .modbus, log: log)
        let driver = try await entry.make(DriverContext(description: instrument, wires: wires, time: RealTime()))
        var facts = ConformanceFacts()
        facts.expected = InstrumentIdentity(
            manufacturer: instrument.manufacturer, model: instrument.model, serial: instrument.serial, firmware: "",
            simulated: false)
        if let range = bench.instrument(.referenceSource)?.source {
            facts.capability = SourceCapability(
                phases: 3, voltage: range.voltage, current: range.current, frequency: range.frequency,
                independentPhases: true)
        }
        if let channels = instrument.counter?.channels { facts.channels = 1...max(1, channels) }
        let subject = ConformanceSubject(
            name: id, contract: ConformanceContract(instrument.role), mode: .real, facts: facts
        ) { _ in ConformanceRig(driver: driver) }
        let report = await run(subject)
        await wires.close()
        return report
    }

    /// Runs the suite of one meter by its type against the meter itself: reads only.
    public static func real(
        type: MeterType, wire: WireAddress, id: String, log: WireLog? = nil
    ) async throws -> ConformanceReport {
        let wires = Wires(scpi: .scpi, modbus: .modbus, log: log)
        let (line, unit) = try await wires.modbus(wire, for: id)
        let meter = ModbusMeter(id: id, line: line, unit: unit, type: type)
        var facts = ConformanceFacts()
        facts.registers = type.registers
        let subject = ConformanceSubject(name: id, contract: .meter, mode: .real, facts: facts) { _ in
            ConformanceRig(driver: meter)
        }
        let report = await run(subject)
        await wires.close()
        return report
    }

    /// Runs the whole suite of one instrument of a simulated bench: its driver, over a simulator of its own on a quiet world,
    /// with trouble made on the wire between them. Throws `Fault(.notFound)` for what the simulator does not play.
    public static func simulated(
        _ simulation: Simulation, types: [String: InstrumentType], id: String
    ) async throws -> ConformanceReport {
        let subjects = WorldSubjects(bench: simulation.bench, world: simulation.world, types: simulation.types)
        if let number = position(id) {
            guard let wire = simulation.bench.positions.first(where: { $0.number == number })?.wire,
                let own = ConformanceWire(wire), let subject = subjects.wired(position: number, wire: own)
            else { throw Fault(.notFound, id, "the simulator plays no meter with a Modbus wire there") }
            return await run(subject)
        }
        let instrument = try find(id, simulation.bench)
        let entry = try DriverRegistry.entry(for: instrument, types: types)
        guard let subject = subjects.wired(instrument, entry: entry) else {
            throw Fault(.notFound, id, "the simulator does not play driver «\(entry.name)» on this kind of wire")
        }
        return await run(subject)
    }

    /// The number of «position 3»; `nil` for an instrument's id.
    public static func position(_ id: String) -> Int? {
        let words = id.split(separator: " ")
        return words.count == 2 && words[0] == "position" ? Int(words[1]) : nil
    }

    private static func find(_ id: String, _ bench: BenchDescription) throws -> InstrumentDescription {
        guard let instrument = bench.instruments.first(where: { $0.id == id }) else {
            let known = bench.instruments.map(\.id).joined(separator: ", ")
            throw Fault(.notFound, id, "bench \(bench.id) has no such instrument; it has \(known)")
        }
        return instrument
    }
}
