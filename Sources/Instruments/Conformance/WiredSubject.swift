internal import BenchCore
internal import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// How the proxy's front looks to a driver.
enum ConformanceWire: Sendable {
    case tcp
    case serial(SerialFormat)
    case modbusTCP(unit: Int)
    case modbusRTU(unit: Int, baud: Int, format: String)

    /// Whether a pseudo-terminal is needed.
    var isSerial: Bool {
        switch self {
        case .serial, .modbusRTU: return true
        case .tcp, .modbusTCP: return false
        }
    }

    /// The same wire as a bench file has it; `nil` for one that no proxy can stand in.
    init?(_ address: WireAddress) {
        switch address {
        case .tcp: self = .tcp
        case .serial(_, let format): self = .serial(format)
        case .modbusTCP(_, _, let unit): self = .modbusTCP(unit: unit)
        case .modbusRTU(_, let baud, let format, let unit, _):
            self = .modbusRTU(unit: unit, baud: baud, format: format)
        case .usbtmc, .vxi11, .hislip, .usb, .alsa, .file: return nil
        }
    }

    func address(_ proxy: TroubleProxy) -> WireAddress {
        switch self {
        case .tcp: return .tcp(host: "127.0.0.1", port: proxy.port)
        case .serial(let format): return .serial(device: proxy.place, format)
        case .modbusTCP(let unit): return .modbusTCP(host: "127.0.0.1", port: proxy.port, unit: unit)
        case .modbusRTU(let unit, let baud, let format):
            return .modbusRTU(device: proxy.place, baud: baud, format: format, unit: unit)
        }
    }
}

extension ConformanceSubject {
    /// What a simulator speaks, and what can be done to it.
    typealias Played = (spoken: any WireProtocol, hooks: ConformanceHooks)

    /// A driver over a wire simulator, with the proxy between them.
    ///
    /// - Parameters:
    ///   - play: makes a simulator at rest, on a clock that it shares with the driver.
    ///   - driver: makes the driver at an address; its connections are closed with the rig.
    static func wired(
        _ name: String, _ contract: ConformanceContract, facts: ConformanceFacts, language: TroubleLanguage,
        wire: ConformanceWire, play: @escaping @Sendable (ConformanceTime) throws -> Played,
        driver: @escaping @Sendable (WireAddress, Wires, any Timekeeper) async throws -> any Instrument
    ) -> ConformanceSubject {
        wired(name, contract, facts: facts, language: language, wire: wire) { time in
            let (spoken, hooks) = try play(time)
            return Stage(spoken: spoken, hooks: hooks) { try await driver($0, $1, time) }
        }
    }

    /// One simulator and the driver for it, which may need more of it than a wire.
    struct Stage {
        var spoken: any WireProtocol, hooks: ConformanceHooks
        /// Makes the driver at an address; its connections are closed with the rig.
        var driver: @Sendable (WireAddress, Wires) async throws -> any Instrument
    }

    /// The same with the simulator and its driver set up together.
    static func wired(
        _ name: String, _ contract: ConformanceContract, facts: ConformanceFacts, language: TroubleLanguage,
        wire: ConformanceWire, set: @escaping @Sendable (ConformanceTime) throws -> Stage
    ) -> ConformanceSubject {
        ConformanceSubject(name: name, contract: contract, facts: facts, language: language) { timeouts in
            let time = ConformanceTime()
            let stage = try set(time)
            let server = try LoopbackServer(stage.spoken)
            guard case .tcp(_, let port) = server.address else {
                throw Fault(.internalError, name, "a simulator without a port")
            }
            let folder = wire.isSerial ? try ScratchFolder() : nil
            let proxy = try TroubleProxy(to: port, front: folder.map { .serial(path: $0.path + "/line") } ?? .tcp)
            let wires = Wires(scpi: timeouts, modbus: timeouts)
            let made = try await stage.driver(wire.address(proxy), wires)
            var completed = stage.hooks
            completed.pass = completed.pass ?? { time.pass($0) }
            return ConformanceRig(driver: made, proxy: proxy, hooks: completed) {
                await wires.close()
                withExtendedLifetime((server, folder)) {}
            }
        }
    }

    /// A driver as bench files name it.
    static func wired(
        _ name: String, entry: DriverEntry, description: InstrumentDescription, facts: ConformanceFacts,
        language: TroubleLanguage, wire: ConformanceWire,
        play: @escaping @Sendable (ConformanceTime) throws -> Played
    ) -> ConformanceSubject {
        var subject = wired(
            name, ConformanceContract(entry.role), facts: facts, language: language, wire: wire, play: play
        ) { address, wires, time in
            var moved = description
            moved.wire = address
            return try await entry.make(DriverContext(description: moved, wires: wires, time: time))
        }
        subject.driver = entry.name
        return subject
    }
}

/// A folder for the link of a pseudo-terminal; gone with the last reference to it.
final class ScratchFolder: Sendable {
    let path: String

    init() throws {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/meterbench-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw Fault(.storage, "conformance", "no folder in \(base): \(SystemError.text(errno))")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        unlink(path + "/line")
        rmdir(path)
    }
}
