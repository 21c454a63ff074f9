public import BenchCore
internal import Synchronization

/// A simulated bench behind real sockets and pseudo-terminals: what a program sees cannot be told from hardware by its wires.
public final class SimulatedWires: Sendable {
    /// The world behind the wires, for whoever wants to know the truth.
    public let world: World
    /// One line per wire for people: where it is and what answers there.
    public let lines: [String]
    private let servers: Mutex<[any RunningServer]>

    /// Starts every wire that the world plays; throws a `Fault` that names the first wire that cannot be had.
    ///
    /// Played are all meters of the world and all instruments of the bench whose wires end on this machine, except
    /// what the world lists under `not-played`. The world's time is `time.now`.
    public static func start(
        bench: BenchDescription, world: WorldDescription, types: [String: MeterType], time: any Timekeeper
    ) throws -> SimulatedWires {
        let world = World(world, bench: bench, types: types)
        var servers: [any RunningServer] = []
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

    private init(_ world: World, _ lines: [String], _ servers: [any RunningServer]) {
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
        /// `port`: of the core channel; without it the port mapper at 111 is played as well, which needs root.
        case vxi11(host: String, port: Int?, device: String)
        case hislip(host: String, port: Int, device: String)
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
            case .serial(let device, _):
                if let instrument { add(.device(device)) { $0.scpi = instrument } }
            case .vxi11(let host, let device, let port) where Listener.isLoopback(host):
                if let instrument { add(.vxi11(host: host, port: port, device: device)) { $0.scpi = instrument } }
            case .hislip(let host, let port, let device) where Listener.isLoopback(host):
                if let instrument { add(.hislip(host: host, port: port, device: device)) { $0.scpi = instrument } }
            case .tcp, .modbusTCP, .usbtmc, .vxi11, .hislip, .usb, .alsa, .file: break
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
        if let scpi {
            who.insert(
                "\(scpi.id) (\(scpi.role == .digitizer ? "samples" : FramedSimulators.language(scpi) ?? "SCPI"))", at: 0
            )
        }
        switch place {
        case .socket(let host, let port): return "\(host):\(port)  \(who.joined(separator: ", "))"
        case .device(let path): return "\(path)  \(who.joined(separator: ", "))"
        case .vxi11(let host, let port, let device):
            return "vxi-11 \(host):\(port ?? VXI11Wire.portMapperPort) \(device)  \(who.joined(separator: ", "))"
        case .hislip(let host, let port, let device):
            return "hislip \(host):\(port) \(device)  \(who.joined(separator: ", "))"
        }
    }

    func serve(_ world: World, _ time: any Timekeeper) throws -> any RunningServer {
        let id = scpi?.id ?? units.first?.place.description ?? ""
        switch place {
        case .socket(let host, let port):
            let socket = try Listener.open(host: host, port: port, id: id)
            if let scpi, let server = SampleStreamServer(scpi, world, time) {
                return try LinkServer(listening: [socket], spoken: server)
            }
            return try WireServer(listening: socket, line: nil, spoken: spoken(world, time, .tcp)) {}
        case .device(let path):
            let terminal = try PseudoTerminal(path: path, id: id)
            // Characters take bench time; under scaled time a second of life holds many bench seconds.
            let framing = SimulatedModbus.Framing.rtu(character: character / max(1, time.scale ?? 1))
            return try WireServer(listening: nil, line: terminal.master, spoken: spoken(world, time, framing)) {
                terminal.close()
            }
        case .vxi11(let host, let port, let device):
            let mapper = port == nil ? [VXI11Wire.portMapperPort] : []
            let sockets = try Listener.several(host: host, ports: [port ?? 0, 0] + mapper, id: id)
            let server = VXI11Server(
                spoken: spoken(world, time, .tcp), device: device, corePort: Listener.port(sockets[0]),
                abortPort: Listener.port(sockets[1]))
            return try LinkServer(listening: sockets, spoken: server)
        case .hislip(let host, let port, let device):
            let socket = try Listener.open(host: host, port: port, id: id)
            let server = HiSLIPServer(spoken: spoken(world, time, .tcp), device: device)
            return try LinkServer(listening: [socket], spoken: server)
        }
    }

    /// A maker's own language, SCPI where an instrument of ours speaks it, Modbus otherwise.
    private func spoken(
        _ world: World, _ time: any Timekeeper, _ framing: SimulatedModbus.Framing
    ) -> any WireProtocol {
        if let scpi, let framed = FramedSimulators.spoken(scpi, world, time) { return framed }
        guard let scpi, let role = Self.role(scpi) else { return modbus(world, time, framing) }
        return SimulatedScpi(world: world, time: time, description: scpi, role: role)
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
                if role == .interlock { devices[id] = InterlockUnit(place: who) }
                if role == .lamp { devices[id] = LampUnit(place: who) }
            case .bench: break
            }
        }
        return SimulatedModbus(context: context, framing: framing, units: devices)
    }
}
