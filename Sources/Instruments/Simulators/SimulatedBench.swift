public import BenchCore

/// A whole simulated bench inside the program, without wires: for virtual time, where 100 000 calls take a second.
public enum SimulatedBench {
    /// The instruments of a bench as models around one world; meters on a shared serial line wait for each other.
    public static func instruments(
        bench: BenchDescription, world: WorldDescription, types: [String: MeterType], time: any Timekeeper
    ) -> BenchInstruments {
        instruments(World(world, bench: bench, types: types), time: time)
    }

    /// The instruments of a world that the caller keeps, to ask it for the truth afterwards.
    public static func instruments(_ world: World, time: any Timekeeper) -> BenchInstruments {
        let bench = world.bench
        func link(_ role: InstrumentRole) -> (ModelLink, InstrumentDescription) {
            let description =
                bench.instrument(role)
                ?? InstrumentDescription(
                    id: role.rawValue, role: role, driver: "model", wire: .tcp(host: "127.0.0.1", port: 0),
                    manufacturer: Simulator.manufacturer, model: "Simulated \(role.rawValue)", serial: "SIM",
                    traceability: nil, source: nil, accuracy: [], counter: nil, climate: nil)
            let link = ModelLink(
                world: world, time: time, id: description.id, place: .instrument(description.id), wire: nil)
            return (link, description)
        }
        var wires: [String: ModelWire] = [:]
        var meters: [Int: any MeterDriver] = [:]
        for position in bench.positions {
            guard let address = position.wire,
                world.description.meters.contains(where: { $0.position == position.number })
            else { continue }
            let key = address.wireName
            let wire = wires[key] ?? ModelWire()
            wires[key] = wire
            let link = ModelLink(
                world: world, time: time, id: "position \(position.number)", place: .position(position.number),
                wire: wire)
            meters[position.number] = ModelMeter(link: link, position: position.number, address: address)
        }
        let source = link(.referenceSource)
        let standard = link(.referenceStandard)
        let counter = link(.pulseCounter)
        let climate = link(.environment)
        let contactor = link(.contactor)
        var instruments = BenchInstruments(
            source: ModelSource(link: source.0, description: source.1),
            standard: ModelStandard(link: standard.0, description: standard.1),
            counter: ModelCounter(link: counter.0, description: counter.1),
            climate: bench.instrument(.environment) == nil
                ? nil : ModelClimate(link: climate.0, description: climate.1),
            contactor: bench.instrument(.contactor) == nil
                ? nil : ModelContactor(link: contactor.0, description: contactor.1),
            meters: meters)
        instruments.digitizer = bench.instrument(.digitizer).map {
            SimulatedDigitizer(id: $0.id, world: world, time: time)
        }
        if bench.instrument(.radioReceiver) != nil {
            let receiver = link(.radioReceiver)
            instruments.more.append(ModelReceiver(link: receiver.0, description: receiver.1))
        }
        return instruments
    }
}
