import BenchCore
import Glibc
import Instruments
import Synchronization
import TestSupport

/// Ports of this machine that nobody uses: below those that the system gives away by itself, each given once by this process.
enum FreePorts {
    private static let next = Mutex(UInt16(20_000 + Int(getpid()) % 300 * 40))

    static func take(_ count: Int) -> [Int] {
        (0..<count).map { _ in
            while true {
                let port = next.withLock { next in
                    defer { next = next < 32_000 ? next + 1 : 20_000 }
                    return next
                }
                if isFree(port) { return Int(port) }
            }
        }
    }

    private static func isFree(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        return withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}

/// A bench on free ports, with meters on Modbus TCP and on one serial bus, played for a test.
final class PlayedBench: Sendable {
    let bench: BenchDescription, types: [String: MeterType], wires: SimulatedWires, time: any Timekeeper
    let folder: TemporaryFolder
    /// Position 1 is on TCP, position 2 on the bus as unit 2, position 3 on the bus as unit 3.
    init(
        type: MeterType = SyntheticBench.meterType(constant: 10_000), scale: Double = 50,
        faults: [PlannedFault] = [], notPlayed: Set<FaultPlace> = [],
        change: (inout WorldDescription) -> Void = { _ in }
    ) throws {
        folder = try TemporaryFolder()
        let (bench, world) = Self.describe(type, folder.path, faults, notPlayed)
        var changed = world
        change(&changed)
        self.bench = bench
        types = [type.id: type]
        time = ScaledTime(scale: scale)
        wires = try SimulatedWires.start(bench: bench, world: changed, types: types, time: time)
    }

    deinit { wires.stop() }

    static func describe(
        _ type: MeterType, _ folder: String, _ faults: [PlannedFault] = [], _ notPlayed: Set<FaultPlace> = []
    ) -> (BenchDescription, WorldDescription) {
        var bench = SyntheticBench.bench(positions: 3, sharedBus: true)
        let ports = FreePorts.take(5)
        for i in 0..<3 { bench.instruments[i].wire = .tcp(host: "127.0.0.1", port: ports[i]) }
        bench.instruments[3].wire = .modbusTCP(host: "127.0.0.1", port: ports[3], unit: 1)
        bench.instruments[4].wire = .modbusTCP(host: "127.0.0.1", port: ports[3], unit: 2)
        bench.positions[0].wire = .modbusTCP(host: "127.0.0.1", port: ports[4], unit: 1)
        for i in 1...2 {
            bench.positions[i].wire = .modbusRTU(
                device: folder + "/wires/bus", baud: 9600, format: "8N1", unit: i + 1)
        }
        let meters = (1...3).map { position in
            var m = SimulatedMeter(position: position, type: type.id, serial: "T-\(position)")
            m.registerStart = 12.5
            return m
        }
        let world = WorldDescription(
            id: "played", seed: 3, ambient: AmbientTruth(temperature: -3, humidity: 45, wander: 0), meters: meters,
            faults: faults, notPlayed: notPlayed)
        return (bench, world)
    }

    /// The drivers of all wires; `quick` where an instrument is meant to be silent.
    func open(quick: Bool = false) async throws -> BenchInstruments {
        let timeouts = WireTimeouts(connect: 10, response: quick ? 1 : 10, late: 1.5)
        let types = Dictionary(uniqueKeysWithValues: bench.positions.map { ($0.number, self.types.first?.value) })
        return try await WiredBench.open(
            bench: bench, meters: types.compactMapValues { $0 }, time: time, scpi: timeouts, modbus: timeouts
        ).instruments
    }

    func port(_ wire: WireAddress?) -> Int {
        switch wire {
        case .tcp(_, let port), .modbusTCP(_, let port, _): return port
        default: return 0
        }
    }
}
