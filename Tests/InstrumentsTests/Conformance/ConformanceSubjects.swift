import BenchCore
import TestSupport
import Testing

@testable import Instruments

/// Everything that must pass the suite of its contract: one line a driver.
enum ConformanceSubjects {
    static var all: [ConformanceSubject] {
        get throws { try generic + models + MakerSubjects.all + FramedSubjects.all + digitizers }
    }

    /// The synthetic bench: two positions with energy, power and serial number in fixed registers.
    static var world: WorldSubjects {
        let made = SyntheticBench.make(positions: 2, constant: 10_000, sharedBus: false, seed: 7)
        return WorldSubjects(bench: made.bench, world: made.world, types: made.types)
    }

    /// The drivers of the note on generic instruments.
    static var generic: [ConformanceSubject] {
        get throws {
            var list: [ConformanceSubject] = []
            for instrument in world.bench.instruments {
                let entry = try DriverRegistry.entry(for: instrument, types: [:])
                guard var subject = world.wired(instrument, entry: entry) else { continue }
                subject.name = entry.name
                list.append(subject)
            }
            // The same driver over a line whose adapter can be pulled.
            if var source = world.bench.instrument(.referenceSource) {
                source.wire = .serial(device: "/dev/null", SerialFormat(baud: 115_200, format: "8N1"))
                if var subject = world.wired(source, entry: try DriverRegistry.entry(for: source, types: [:])) {
                    subject.name = "scpi-source serial"
                    list.append(subject)
                }
            }
            if var subject = world.wired(position: 1, wire: .modbusTCP(unit: 1)) {
                subject.name = "modbus-meter TCP"
                list.append(subject)
            }
            if var subject = world.wired(position: 2, wire: .modbusRTU(unit: 2, baud: 19200, format: "8N1")) {
                subject.name = "modbus-meter RTU"
                list.append(subject)
            }
            return list
        }
    }

    /// The meter types that ship, each by its register map on Modbus TCP. What trouble on the wire does is the driver's, whatever its map:
    /// that is asked of the synthetic types.
    static var shippedMeters: [ConformanceSubject] {
        get throws {
            let folder = Checkout.path("Fixtures/Meters")
            return try Disk.names(in: folder).filter { $0.hasSuffix(".yaml") }.sorted().compactMap { file in
                let type = try MeterTypeFile.load(try Disk.read("\(folder)/\(file)"), file: file)
                var made = SyntheticBench.make(positions: 1, constant: 10_000, sharedBus: false, seed: 7)
                made.world.meters[0].type = type.id
                let world = WorldSubjects(bench: made.bench, world: made.world, types: [type.id: type])
                var subject = world.wired(position: 1, wire: .modbusTCP(unit: 1))
                subject?.name = type.id
                return subject
            }
        }
    }

    /// Digitizers that need no emulated device: those are asked in a process of their own.
    static var digitizers: [ConformanceSubject] {
        let world = world
        return [
            DigitizerSubjects.stream { world.world(nil) }, DigitizerSubjects.file(), DigitizerSubjects.soundCard(),
        ]
    }

    /// The simulated bench without wires.
    static var models: [ConformanceSubject] {
        let roles: [InstrumentRole] = [.referenceSource, .referenceStandard, .pulseCounter, .environment, .contactor]
        return roles.compactMap { world.model($0) } + [world.model(position: 1), world.digitizer()].compactMap { $0 }
    }
}

extension ConformanceSubject: CustomTestStringConvertible {
    public var testDescription: String { name }
}
