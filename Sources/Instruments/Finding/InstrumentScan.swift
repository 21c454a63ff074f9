public import BenchCore
import FoundationEssentials

/// Something that was found, and what it says of itself.
public struct ScanFinding: Sendable, Hashable, Codable {
    /// How it is reached, ready for a bench file.
    public var wire: WireAddress
    /// Who it says it is; `nil` where it answers nothing that names it, or was not asked.
    public var identity: InstrumentIdentity?
    /// What else is to be told.
    public var note: String

    /// One line for a table.
    public var line: String {
        let who = identity.map { [$0.manufacturer, $0.model, $0.serial, $0.firmware].filter { !$0.isEmpty } } ?? []
        return ([BenchProposal.yaml(wire)] + [who.joined(separator: " "), note].filter { !$0.isEmpty })
            .joined(separator: "  ")
    }
}

/// Looks for instruments. Nothing is written, energised or reset: sockets are asked `*IDN?` and Modbus function 43/14 (a read), USB devices
/// are known by their descriptors, and a serial port is only opened when it was named.
public enum InstrumentScan {
    /// Where to look on a host.
    public struct Doors: Sendable {
        /// Raw SCPI sockets: 5025 (IANA scpi-raw), 6320 (ZERA).
        public var scpi = [5025, 6320]
        /// HiSLIP (IANA hislip), VXI-11 (its portmapper), Modbus.
        public var hislip: Int? = 4880, vxi11: Int? = 111, modbus: Int? = 502
        /// Modbus units to ask for: the server itself, and the first of a line.
        public var units = [255, 1]

        /// The usual doors.
        public init() {}
    }
    /// What to look at.
    public struct Request: Sendable {
        /// Hosts by name or address, each at the usual doors, or at one door of its own: `192.0.2.7:15025`, `[2001:db8::7]:502`.
        public var hosts: [String] = []
        /// Serial ports that may be asked, with their settings.
        public var ports: [(device: String, format: SerialFormat)] = []
        /// Whether USB devices and serial ports of this machine are listed.
        public var local = true
        /// Doors of a host.
        public var doors = Doors()
        /// Where the kernel's tables of serial ports are.
        public var root = "/"

        /// Nothing but this machine.
        public init() {}
    }

    /// What a silent door costs, s.
    static let timeouts = WireTimeouts(connect: 0.7, response: 1.5, late: 0)

    /// Looks everywhere at once; findings come in the order of the request.
    public static func run(_ request: Request) async -> [ScanFinding] {
        var jobs: [@Sendable () async -> ScanFinding?] = []
        for text in request.hosts {
            if let (host, port) = door(text) {
                jobs.append { await one(host, port, request.doors) }
                continue
            }
            let host = text.first == "[" && text.last == "]" ? String(text.dropFirst().dropLast()) : text
            for port in request.doors.scpi { jobs.append { await idn(.tcp(host: host, port: port)) } }
            if let port = request.doors.hislip {
                jobs.append { await idn(.hislip(host: host, port: port, device: "hislip0")) }
            }
            if request.doors.vxi11 != nil { jobs.append { await idn(.vxi11(host: host, device: "inst0")) } }
            if let port = request.doors.modbus {
                jobs.append { await modbus(host, port, request.doors.units) }
            }
        }
        for (device, format) in request.ports { jobs.append { await idn(.serial(device: device, format)) } }
        let asked = await withTaskGroup(of: (Int, ScanFinding?).self) { group in
            for (index, job) in jobs.enumerated() { group.addTask { (index, await job()) } }
            var all: [(Int, ScanFinding)] = []
            for await (index, found) in group { if let found { all.append((index, found)) } }
            return all.sorted { $0.0 < $1.0 }.map(\.1)
        }
        return asked + (request.local ? LocalFinds.list(request, besides: asked) : [])
    }

    /// `host:port` of a text that names both; an IPv6 address with a port stands in brackets.
    static func door(_ text: String) -> (host: String, port: Int)? {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (1...65535).contains(port)
        else { return nil }
        var host = text[..<colon]
        if host.first == "[", host.last == "]" {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        return host.isEmpty ? nil : (String(host), port)
    }

    /// One door of which nothing is known: SCPI is asked for first, because its six bytes are no Modbus request; then Modbus.
    private static func one(_ host: String, _ port: Int, _ doors: Doors) async -> ScanFinding? {
        if port == doors.modbus { return await modbus(host, port, doors.units) }
        let first = await idn(.tcp(host: host, port: port))
        guard let first, first.identity == nil else { return first }
        return await modbus(host, port, doors.units, telling: false) ?? first
    }

    /// Asks `*IDN?` and nothing else; an error queue stays as it is.
    private static func idn(_ wire: WireAddress) async -> ScanFinding? {
        let connection = SCPIConnection(wire: wire, timeouts: timeouts)
        do {
            let answer = try await connection.query("*IDN?", for: wire.wireName)
            await connection.close()
            let identity = try? SCPIIdentity.read(answer, wire.wireName)
            return ScanFinding(
                wire: wire, identity: identity, note: identity == nil ? "answers to *IDN? with something else" : "")
        } catch {
            await connection.close()
            switch error.code {
            case .connectionRefused, .notFound: return nil
            case .timeout where error.detail.contains("did not accept"): return nil
            case .timeout: return ScanFinding(wire: wire, identity: nil, note: "is open and silent to *IDN?")
            default: return ScanFinding(wire: wire, identity: nil, note: error.detail)
            }
        }
    }

    /// Asks a Modbus server for its identification (43/14); one that is silent is told of, where `telling`.
    private static func modbus(
        _ host: String, _ port: Int, _ units: [Int], telling: Bool = true
    ) async -> ScanFinding? {
        let wires = Wires(scpi: timeouts, modbus: WireTimeouts(connect: 0.7, response: 1, late: 0))
        var seen: ScanFinding?
        for number in units {
            let wire = WireAddress.modbusTCP(host: host, port: port, unit: number)
            do {
                let (line, unit) = try await wires.modbus(wire, for: wire.wireName)
                let said = try await ModbusUnit(line: line, unit: unit, id: wire.wireName).identification()
                await wires.close()
                guard let said else {
                    return ScanFinding(wire: wire, identity: nil, note: "Modbus, without identification")
                }
                return ScanFinding(
                    wire: wire,
                    identity: InstrumentIdentity(
                        manufacturer: said.text(0) ?? "", model: said.text(5) ?? said.text(1) ?? "", serial: "",
                        firmware: said.text(2) ?? "", simulated: false), note: "Modbus")
            } catch {
                let absent = error.code == .connectionRefused || error.detail.contains("did not accept")
                if absent { break }
                seen = seen ?? ScanFinding(wire: wire, identity: nil, note: "Modbus server; unit \(number) is silent")
            }
        }
        await wires.close()
        return telling ? seen : nil
    }
}
