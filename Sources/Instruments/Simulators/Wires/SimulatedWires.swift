public import BenchCore
internal import Synchronization

/// A simulated bench behind real sockets and pseudo-terminals: what a program sees cannot be told from hardware by its wires.
public final class SimulatedWires: Sendable {
    /// The world behind the wires, for whoever wants to know the truth.
    public let world: World
    /// One line per wire for people: where it is and what answers there.
    public let lines: [String]
    private let servers: Mutex<[WireServer]>

    /// Starts every wire that the world plays; throws a `Fault` that names the first wire that cannot be had.
    ///
    /// Played are all meters of the world and all instruments of the bench whose wires end on this machine, except
    /// what the world lists under `not-played`. The world's time is `time.now`.
    public static func start(
        bench: BenchDescription, world: WorldDescription, types: [String: MeterType], time: any Timekeeper
    ) throws -> SimulatedWires {
        let world = World(world, bench: bench, types: types)
        var servers: [WireServer] = []
        var lines: [String] = []
        do {
            for endpoint in Endpoint.all(world) {
                servers.append(try endpoint.serve(world, time))
                lines.append(endpoint.line)
            }
        } catch {
            for server in servers { server.stop() }
            throw error
        }
        return SimulatedWires(world, lines, servers)
    }

    private init(_ world: World, _ lines: [String], _ servers: [WireServer]) {
        self.world = world
        self.lines = lines
        self.servers = Mutex(servers)
    }

    /// Ends all threads, closes all sockets and removes the links of the pseudo-terminals; may be called twice.
    public func stop() {
        let running = servers.withLock { list in
            defer { list = [] }
            return list
        }
        for server in running { server.stop() }
    }
}

/// One place where the simulator listens, and who answers there.
private struct Endpoint {
    enum Place: Hashable {
        case socket(host: String, port: Int)
        case device(String)
    }
    var place: Place
    var scpi: InstrumentDescription?
    /// Modbus units: an instrument, or a meter's position.
    var units: [(unit: Int, place: FaultPlace)] = []
    /// Bits per character over baud, s.
    var character = 0.0

    /// All places of a bench, in the order of its file.
    static func all(_ world: World) -> [Endpoint] {
        var list: [Endpoint] = []
        func add(_ place: Place, _ change: (inout Endpoint) -> Void) {
            let i = list.firstIndex { $0.place == place } ?? list.count
            if i == list.count { list.append(Endpoint(place: place)) }
            change(&list[i])
        }
        func add(_ address: WireAddress, _ who: FaultPlace, _ instrument: InstrumentDescription?) {
            guard !world.description.notPlayed.contains(who) else { return }
            switch address {
            case .tcp(let host, let port) where Listener.isLoopback(host):
                // Text over a bare socket is what instruments speak; meters have Modbus.
                if let instrument { add(.socket(host: host, port: port)) { $0.scpi = instrument } }
            case .modbusTCP(let host, let port, let unit) where Listener.isLoopback(host):
                add(.socket(host: host, port: port)) { $0.units.append((unit, who)) }
            case .modbusRTU(let device, let baud, let format, let unit, _):
                add(.device(device)) { endpoint in
                    endpoint.units.append((unit, who))
                    let digits = format.compactMap(\.wholeNumberValue).reduce(0, +)
                    endpoint.character = Double(1 + digits + (format.contains("N") ? 0 : 1)) / Double(max(1, baud))
                }
            case .tcp, .modbusTCP, .serial, .usbtmc, .vxi11, .hislip: break
            }
        }
        for instrument in world.bench.instruments { add(instrument.wire, .instrument(instrument.id), instrument) }
        for position in world.bench.positions {
            guard let wire = position.wire, world.description.meters.contains(where: { $0.position == position.number })
            else { continue }
            add(wire, .position(position.number), nil)
        }
        return list
    }

    /// `tcp 127.0.0.1:15025  source`.
    var line: String {
        var who = units.map { "unit \($0.unit) \($0.place)" }
        if let scpi { who.insert("\(scpi.id) (SCPI)", at: 0) }
        switch place {
        case .socket(let host, let port): return "\(host):\(port)  \(who.joined(separator: ", "))"
        case .device(let path): return "\(path)  \(who.joined(separator: ", "))"
        }
    }

    func serve(_ world: World, _ time: any Timekeeper) throws -> WireServer {
        switch place {
        case .socket(let host, let port):
            let spoken: any WireProtocol
            if let scpi, let role = Self.role(scpi) {
                spoken = SimulatedScpi(world: world, time: time, description: scpi, role: role)
            } else {
                spoken = modbus(world, time, .tcp)
            }
            let socket = try Listener.open(host: host, port: port, id: scpi?.id ?? units.first?.place.description ?? "")
            return try WireServer(listening: socket, line: nil, spoken: spoken) {}
        case .device(let path):
            let terminal = try PseudoTerminal(path: path, id: units.first?.place.description ?? "")
            // Characters take bench time; under scaled time a second of life holds many bench seconds.
            let framing = SimulatedModbus.Framing.rtu(character: character / max(1, time.scale ?? 1))
            return try WireServer(listening: nil, line: terminal.master, spoken: modbus(world, time, framing)) {
                terminal.close()
            }
        }
    }

    private static func role(_ instrument: InstrumentDescription) -> ScpiRole? {
        switch instrument.role {
        case .referenceSource: return .source
        case .referenceStandard: return .standard
        case .pulseCounter: return .counter
        default: return nil
        }
    }

    private func modbus(_ world: World, _ time: any Timekeeper, _ framing: SimulatedModbus.Framing) -> SimulatedModbus {
        let context = UnitContext(world: world, time: time)
        var devices: [UInt8: any SimulatedUnit] = [:]
        for (unit, who) in units {
            let id = UInt8(truncatingIfNeeded: unit)
            switch who {
            case .position(let number):
                guard let meter = world.description.meters.first(where: { $0.position == number }),
                    let type = world.types[meter.type]
                else { continue }
                devices[id] = MeterUnit(context: context, position: number, type: type)
            case .instrument(let name):
                let role = world.bench.instruments.first { $0.id == name }?.role
                if role == .environment { devices[id] = ClimateUnit(context: context, place: who) }
                if role == .contactor { devices[id] = ContactorUnit(context: context, place: who) }
            case .bench: break
            }
        }
        return SimulatedModbus(context: context, framing: framing, units: devices)
    }
}
