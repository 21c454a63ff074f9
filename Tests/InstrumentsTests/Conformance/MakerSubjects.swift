import BenchCore
import Synchronization
import TestSupport
import Testing

@testable import Instruments

/// Drivers of makers' instruments, over simulators played from the makers' manuals.
enum MakerSubjects {
    static var all: [ConformanceSubject] {
        get throws { try sources + signals + standards + receivers }
    }

    /// Simulators that answer to the byte what the manual prints cannot say that they are simulators.
    static let played = [
        "simulator-says-so": "played to the byte from the maker's manual for tests; no bench file can name it"
    ]

    /// A simulator whose terminals are looked at behind every message: it knows when they changed last.
    private final class Watched: WireProtocol {
        private let instrument: any WireProtocol, time: ConformanceTime
        private let look: @Sendable () -> [Double]
        private let last = Mutex(([Double](), BenchInstant(nanoseconds: 0)))

        init(_ instrument: any WireProtocol, _ time: ConformanceTime, _ look: @escaping @Sendable () -> [Double]) {
            self.instrument = instrument
            self.time = time
            self.look = look
        }

        /// Seconds of bench time since the terminals changed.
        var still: Double { time.now - last.withLock { $0.1 } }

        func session() -> any WireSession { Session(watched: self, own: instrument.session()) }

        private func note() {
            let terminals = look()
            let now = time.now
            last.withLock { if $0.0 != terminals { $0 = (terminals, now) } }
        }

        private struct Session: WireSession {
            let watched: Watched
            var own: any WireSession
            mutating func consume(_ buffer: inout [UInt8]) -> [WireReply] {
                let replies = own.consume(&buffer)
                watched.note()
                return replies
            }
        }
    }

    /// A source by table. `settle`: what its outputs take after each change, s, as its type says; `terminals`: voltages, then currents.
    private static func source<Model: ScpiModel>(
        _ name: String, _ load: LoadSetting, settle: Double, courtesies: [String: (exchanges: Int, why: String)] = [:],
        _ play: @escaping @Sendable () -> ScpiInstrument<Model>,
        terminals: @escaping @Sendable (Model) -> (voltages: [Double], currents: [Double]),
        trip: (@Sendable (inout Model) -> Void)? = nil
    ) throws -> ConformanceSubject {
        let path = Checkout.path("Fixtures/Instruments/\(name).yaml")
        let type = try InstrumentTypeFile.load(try Disk.read(path), file: path)
        let description = InstrumentDescription(
            id: "source", role: .referenceSource, driver: name, wire: .tcp(host: "127.0.0.1", port: 1),
            manufacturer: "",
            model: "", serial: "", traceability: nil, source: nil, accuracy: [], counter: nil, climate: nil)
        var facts = ConformanceFacts()
        facts.load = load
        facts.settle = settle * 1.2
        facts.exempt = played
        facts.courtesies = courtesies
        return .wired(
            name, entry: try DriverRegistry.entry(for: description, types: [name: type]), description: description,
            facts: facts, language: .scpi, wire: .tcp
        ) { time in
            let instrument = play()
            let watched = Watched(instrument, time) {
                let live = instrument.model { terminals($0) }
                return live.voltages + live.currents
            }
            var hooks = ConformanceHooks()
            hooks.output = {
                let live = instrument.model { terminals($0) }
                return OutputTruth(
                    voltage: live.voltages.contains { $0 > 0 }, current: live.currents.contains { $0 > 0 })
            }
            // A nanosecond is a bench clock's step.
            hooks.settled = { watched.still >= settle - 1e-9 }
            hooks.stickOutputs = { instrument.freeze() }
            if let trip { hooks.trip = { instrument.model { trip(&$0) } } }
            return (watched, hooks)
        }
    }

    /// L1 alone, without current.
    private static var single: LoadSetting {
        var load = LoadSetting.conformance(voltage: 0, current: 0)
        load.phases[0].voltage = 230
        return load
    }

    static var sources: [ConformanceSubject] {
        get throws {
            let three = LoadSetting.conformance(voltage: 230, current: 0)
            return [
                try source("fluke-6105a", .conformance(voltage: 230, current: 5), settle: 15) {
                    FlukeModel.instrument()
                } terminals: { model in
                    ((1...3).map(model.voltage), (1...3).map(model.current))
                },
                try source("chroma-61500", single, settle: 2) {
                    ChromaModel.instrument()
                } terminals: {
                    ([$0.live], [])
                } trip: {
                    $0.questionable = 2
                },
                try source(
                    "chroma-61600", single, settle: 2,
                    courtesies: [
                        SafeAction.voltageOff.rawValue: (
                            1, "SYST:LOC gives the front panel back to a source that is off"
                        )
                    ]
                ) {
                    ChromaModel.instrument(series: "61600")
                } terminals: {
                    ([$0.live], [])
                } trip: {
                    $0.questionable = 2
                },
                try source("keysight-6834b", three, settle: 1) {
                    VoltageSourceModel.keysight()
                } terminals: {
                    ($0.live, [])
                } trip: {
                    $0.questionable = 16
                },
                try source("ametek-lx", three, settle: 2) {
                    VoltageSourceModel.keysight(identity: "CALIFORNIA INSTRUMENTS,4500LX,7890,1.04")
                } terminals: {
                    ($0.live, [])
                },
                try source("pacific-upc", three, settle: 2) {
                    VoltageSourceModel.pacific()
                } terminals: {
                    ($0.live, [])
                },
            ]
        }
    }

    /// Interlock, lamp and sensor behind Modbus, on TCP and on a serial line.
    static var signals: [ConformanceSubject] {
        get throws {
            try [ConformanceWire.modbusTCP(unit: 5), .modbusRTU(unit: 5, baud: 19200, format: "8N1")].flatMap { wire in
                [
                    try modbus("modbus-interlock", .interlock, wire) { _ in
                        let unit = InterlockUnit(place: .instrument("device"))
                        var hooks = ConformanceHooks()
                        hooks.setLoop = { unit.closed = $0 }
                        hooks.closed = { unit.closed }
                        return (unit, hooks)
                    },
                    try modbus("modbus-lamp", .lamp, wire) { _ in
                        let unit = LampUnit(place: .instrument("device"))
                        var hooks = ConformanceHooks()
                        hooks.signal = {
                            let lit = unit.lit
                            return LampSignal.allCases.first { signal in
                                ModbusLampWire.lights.map { $0.signals.contains(signal) } == lit
                            }
                        }
                        return (unit, hooks)
                    },
                    try modbus("xy-md02", .environment, wire) { context in
                        let path = Checkout.path("Fixtures/Instruments/xy-md02.yaml")
                        let node = try StrictYAML.read(try Disk.read(path), file: path)
                        let table = Fields.read(node, "a sensor", Complaints(path)) { ModbusSensorTable.read($0) }
                        let unit = SensorUnit(
                            context: context, place: .instrument("device"), table: try #require(table), serial: "1")
                        return (unit, ConformanceHooks())
                    },
                ]
            }
        }
    }

    private static func modbus(
        _ name: String, _ role: InstrumentRole, _ wire: ConformanceWire,
        _ play: @escaping @Sendable (UnitContext) throws -> (any SimulatedUnit, ConformanceHooks)
    ) throws -> ConformanceSubject {
        let path = Checkout.path("Fixtures/Instruments/\(name).yaml")
        var types: [String: InstrumentType] = [:]
        if Disk.exists(path) { types[name] = try InstrumentTypeFile.load(try Disk.read(path), file: path) }
        let description = InstrumentDescription(
            id: "device", role: role, driver: name, wire: .modbusTCP(host: "127.0.0.1", port: 1, unit: 5),
            manufacturer: "Maker", model: "Model", serial: "1", traceability: nil, source: nil, accuracy: [],
            counter: nil, climate: nil)
        var facts = ConformanceFacts()
        // A data file's sensor has no register that could say so.
        if !types.isEmpty { facts.exempt = played }
        let serial = wire.isSerial
        return .wired(
            name + (serial ? " RTU" : " TCP"), entry: try DriverRegistry.entry(for: description, types: types),
            description: description, facts: facts, language: serial ? .modbusRTU : .modbusTCP, wire: wire
        ) { time in
            let world = ConformanceSubjects.world
            let context = UnitContext(
                world: World(world.world, bench: world.bench, types: world.types), time: time)
            let (unit, hooks) = try play(context)
            return (
                SimulatedModbus(context: context, framing: serial ? .rtu(character: 0) : .tcp, units: [5: unit]), hooks
            )
        }
    }
}
