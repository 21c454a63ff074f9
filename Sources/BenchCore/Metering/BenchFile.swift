/// Reads a bench: instruments with their specification and traceability, positions, the safe chain.
public enum BenchFile {
    /// The highest position number; benches have up to 80 positions, and numbers may have gaps.
    public static let mostPositions = 999

    /// Reads the bytes of a bench; throws `Diagnostics` with every complaint of form and meaning.
    public static func load(_ bytes: [UInt8], file: String) throws -> BenchDescription {
        try read(bytes, file: file).value
    }

    /// Reads the bytes of a bench and keeps where its values stand: `instruments[0].range.current`,
    /// `instruments[1].traceability.valid-until`, `positions[3].channel` …
    public static func read(_ bytes: [UInt8], file: String) throws -> Loaded<BenchDescription> {
        let node = try StrictYAML.read(bytes, file: file)
        let complaints = Complaints(file)
        let bench = Fields.read(node, "a bench file", complaints) { f -> BenchDescription? in
            let id = f.name("bench")
            let title = f.text("title")
            let laboratory = f.block("laboratory", "a laboratory", .required, laboratory)
            let instrumentTypes = f.path("instrument-types", .optional)
            var wires = WirePlan(complaints)
            let instruments = f.blocks("instruments", "an instrument") { BenchInstrumentFields.read($0, &wires) }
            let positions = f.blocks("positions", "a position") { position($0, &wires) }
            let steps = safeChain(f)
            let seal = f.block("seal", "a seal", .optional, seal)
            let simulation = f.block("simulation", "a simulation", .optional, simulation)
            BenchMeaning(f, instruments, positions, steps).complain()
            guard let id, let title, let laboratory else { return nil }
            return BenchDescription(
                id: id, title: title, laboratory: laboratory, instruments: instruments.map(\.value),
                positions: positions.map(\.value).sorted { $0.number < $1.number }, safe: steps.map(\.value),
                seal: seal, instrumentTypes: instrumentTypes,
                world: simulation?.world, timeScale: simulation?.scale ?? 1)
        }
        return try complaints.finish(bench)
    }

    private static func laboratory(_ f: Fields) -> Laboratory? {
        let name = f.text("name")
        let address = f.texts("address")
        let accreditation = f.text("accreditation", .optional)
        guard let name, let address else { return nil }
        return Laboratory(name: name, address: address, accreditation: accreditation)
    }

    private static func seal(_ f: Fields) -> SealFiles? {
        let key = f.path("key")
        let certificate = f.path("certificate")
        let root = f.path("root", .optional)
        guard let key, let certificate else { return nil }
        return SealFiles(key: key, certificate: certificate, root: root)
    }

    private static func simulation(_ f: Fields) -> (world: String, scale: Double)? {
        let world = f.path("world")
        let scale = f.number("time-scale", .optional, .positive)
        if let scale, scale > 10_000 {
            f.complain("time-scale", "real wires cannot keep up with ×\(Decimal.shortest(scale)); at most 10000")
        }
        return world.map { ($0, scale ?? 1) }
    }

    private static func position(_ f: Fields, _ wires: inout WirePlan) -> Marked<PositionDescription>? {
        let number = f.integer("position", in: 1...mostPositions)
        let channel = f.integer("channel", in: 1...mostPositions)
        let wire = f.wire("wire", .optional)
        if let wire, let number { wires.add(wire, "position \(number)", f.mark("wire"), shared: true) }
        let reactive = f.integer("reactive-channel", .optional, in: 1...mostPositions)
        guard let number, let channel else { return nil }
        var position = PositionDescription(number: number, channel: channel, wire: wire)
        position.reactiveChannel = reactive
        return Marked(position, f)
    }

    private static func safeChain(_ f: Fields) -> [Marked<SafeStep>] {
        let needed =
            "a bench without a safe chain is refused: write what switches it off, e.g. «- { instrument: source, action: "
            + "current-off, within: 500 ms }»"
        if !f.has("safe") {
            f.complaints.add(f.mark, "«safe» is missing; " + needed)
        } else if let steps = f.list("safe", .optional), steps.isEmpty {
            f.complain("safe", "the safe chain is empty; " + needed)
        }
        return f.blocks("safe", "a step of the safe chain", .optional) { s -> Marked<SafeStep>? in
            let instrument = s.name("instrument")
            let action = s.choice("action", of: SafeAction.self)
            let within = s.quantity("within", TimeSpan.self, .required, .positive)
            if let within, within.value > 60 {
                s.complain("within", "\(QuantityText.text(within)) is too long to wait for a safe state; at most 60 s")
            }
            guard let instrument, let action, let within else { return nil }
            return Marked(SafeStep(instrument: instrument, action: action, within: within.value), s)
        }
    }
}

/// A value with the block it came from, for complaints about how it fits the others.
struct Marked<Value> {
    var value: Value
    var fields: Fields

    init(_ value: Value, _ fields: Fields) {
        self.value = value
        self.fields = fields
    }
}

/// Which wires of a bench are taken, and by whom.
struct WirePlan {
    private let complaints: Complaints
    private var ends: [String: (who: String, modbus: Bool)] = [:]
    private var units: [String: (who: String, line: Int)] = [:]
    private var lines: [String: (settings: String, line: Int)] = [:]

    init(_ complaints: Complaints) { self.complaints = complaints }

    /// Takes a wire for somebody; complains where it cannot be theirs alone.
    mutating func add(_ wire: WireAddress, _ who: String, _ mark: Mark, shared: Bool) {
        switch wire {
        case .tcp(let host, let port): take("\(host):\(port)", modbus: false, who, mark)
        case .modbusTCP(let host, let port, let unit):
            take("\(host):\(port)", modbus: true, who, mark)
            take(unit, on: "\(host):\(port)", who, mark)
        case .serial, .usbtmc, .vxi11, .hislip, .usb, .alsa, .file: take(wire.wireName, modbus: false, who, mark)
        case .modbusRTU(let device, let baud, let format, let unit, let rs485):
            let settings = "\(baud) \(format)" + (rs485 == true ? " rs485" : "")
            if let other = lines[device], other.settings != settings {
                complaints.add(
                    mark,
                    "the line \(device) runs with \(other.settings) on line \(other.line) and with \(settings) here")
            }
            lines[device] = lines[device] ?? (settings, mark.line)
            take(unit, on: device, who, mark)
        }
    }

    private mutating func take(_ end: String, modbus: Bool, _ who: String, _ mark: Mark) {
        if let other = ends[end], !(modbus && other.modbus) {
            complaints.add(
                mark, "\(end) already leads to \(other.who); only Modbus devices share a connection, by unit id")
        }
        ends[end] = ends[end] ?? (who, modbus)
    }

    private mutating func take(_ unit: Int, on bus: String, _ who: String, _ mark: Mark) {
        if let other = units["\(bus) \(unit)"] {
            complaints.add(mark, "unit \(unit) on \(bus) is already \(other.who) on line \(other.line)")
        }
        units["\(bus) \(unit)"] = units["\(bus) \(unit)"] ?? (who, mark.line)
    }
}
