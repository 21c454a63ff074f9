public import BenchCore

/// Reads the file of a simulated world (`Fixtures/Benches/*-world.yaml`).
public enum WorldFile {
    /// Reads a world for a bench; throws `Diagnostics` with every complaint, each with its line and column.
    public static func load(
        _ bytes: [UInt8], file: String, bench: BenchDescription, types: [String: MeterType]
    ) throws -> WorldDescription {
        let complaints = Complaints(file)
        let node = try StrictYAML.read(bytes, file: file)
        let world = Fields.read(node, "a world", complaints) { f -> WorldDescription? in
            let id = f.name("world")
            _ = f.path("meter-types")
            let seed = f.integer("seed", in: 0...Int.max)
            let ambient = f.block("ambient", "ambient", .optional, ambient)
            let source = f.block("source", "the source", .optional, source)
            let reply = f.number("reply", in: "s", .time, .optional, .notNegative) ?? 0
            var taken: Set<Int> = []
            let meters = f.blocks("meters", "a meter of the world") { f -> SimulatedMeter? in
                let meter = meter(f, bench, types)
                if let meter, !taken.insert(meter.position).inserted {
                    f.complain("position", "position \(meter.position) has a meter already; each position holds one")
                }
                return meter
            }
            let faults = f.blocks("faults", "a fault", .optional) { WorldFaults.read($0, bench) }
            let notPlayed =
                (f.values("not-played", .optional) { text throws(ValueTrouble) in
                    try WorldFaults.place(text, bench)
                }) ?? []
            guard let id, let seed else { return nil }
            return WorldDescription(
                id: id, seed: UInt64(seed), ambient: ambient ?? AmbientTruth(), source: source ?? SourceTruth(),
                meters: meters.sorted { $0.position < $1.position }, faults: faults, notPlayed: Set(notPlayed),
                replyTime: reply)
        }
        return try complaints.finish(world).value
    }

    /// The folder with the meter types as written, and the identifiers of the types in use, for whoever reads them first.
    public static func usedTypes(_ bytes: [UInt8], file: String) throws -> (folder: String, types: [String]) {
        guard case .map(let entries, _) = try StrictYAML.read(bytes, file: file) else { return ("", []) }
        var folder = ""
        var types: [String] = []
        for entry in entries {
            if entry.key == "meter-types", case .scalar(let text, _) = entry.value { folder = text }
            guard entry.key == "meters", case .list(let meters, _) = entry.value else { continue }
            for case .map(let keys, _) in meters {
                for key in keys where key.key == "type" {
                    if case .scalar(let type, _) = key.value, !types.contains(type) { types.append(type) }
                }
            }
        }
        // Names only: a type cannot lead out of its folder.
        return (folder, types.filter { !$0.contains("/") && !$0.isEmpty })
    }

    private static func ambient(_ f: Fields) -> AmbientTruth? {
        let temperature = f.number("temperature", in: "°C", .temperature)
        let humidity = f.number("humidity", in: "%", .ratio, .optional, .notNegative) ?? 45
        let wander = f.number("wander", in: "K", .temperatureDifference, .optional, .notNegative) ?? 0.2
        return temperature.map { AmbientTruth(temperature: $0, humidity: humidity, wander: wander) }
    }

    private static func source(_ f: Fields) -> SourceTruth? {
        let plain = SourceTruth()
        let settle = f.number("settle", in: "s", .time, .optional, .positive)
        let error = f.percent("error", .optional, .notNegative)
        let noise = f.percent("noise", .optional, .notNegative)
        let distortion = f.percent("distortion", .optional, .notNegative)
        return SourceTruth(
            settle: settle ?? plain.settle, error: error ?? plain.error, noise: noise ?? plain.noise,
            distortion: distortion ?? plain.distortion)
    }

    private static func events(_ f: Fields) -> EventTruth? {
        var truth = EventTruth()
        truth.holdUp = f.number("hold-up", in: "s", .time, .optional, .notNegative) ?? truth.holdUp
        truth.restart = f.number("restart", in: "s", .time, .optional, .notNegative) ?? truth.restart
        truth.deaf = f.yesNo("counts-nothing-in-dips", .optional) ?? false
        truth.returnPulses = f.integer("pulses-at-return", .optional, in: 0...10_000) ?? 0
        truth.registerLoss = (f.number("register-loss", in: "Wh", .energy, .optional, .notNegative) ?? 0) / 1000
        truth.errorAfter = f.percent("error-after", .optional) ?? 0
        truth.logs = f.yesNo("logs", .optional) ?? true
        truth.logsChanges = f.yesNo("logs-changes", .optional) ?? false
        truth.residualError = f.percent("residual-error", .optional) ?? 0
        return truth
    }

    private static func meter(_ f: Fields, _ bench: BenchDescription, _ types: [String: MeterType]) -> SimulatedMeter? {
        let position = f.integer("position", in: 1...1000)
        if let position, !bench.positions.contains(where: { $0.number == position }) {
            f.complain("position", "bench \(bench.id) has no position \(position)")
        }
        let type = f.name("type")
        if let type, types[type] == nil {
            let known = types.keys.sorted()
            let hint = Spelling.nearest(type, known).map { "; did you mean «\($0)»?" } ?? ""
            f.complain("type", "there is no meter type «\(type)»\(hint)")
        }
        let serial = f.text("serial")
        var m = SimulatedMeter(position: position ?? 0, type: type ?? "", serial: serial ?? "")
        m.gain = f.percent("gain", .optional) ?? 0
        m.phase = f.number("phase", in: "°", .angle, .optional) ?? 0
        m.reactiveGain = f.percent("reactive-gain", .optional) ?? 0
        m.reactivePhase = f.number("reactive-phase", in: "°", .angle, .optional) ?? 0
        m.reactiveOffset = f.number("reactive-offset", in: "var", .reactivePower, .optional) ?? 0
        m.offset = f.number("offset", in: "W", .power, .optional) ?? 0
        for p in 0..<3 {
            m.phaseGains[p] = f.percent("gain-L\(p + 1)", .optional) ?? 0
            m.phaseAngles[p] = f.number("phase-L\(p + 1)", in: "°", .angle, .optional) ?? 0
        }
        _ = f.block("influences", "the influences on a meter", .optional) { block -> Bool? in
            for influence in Influence.allCases where influence != .selfHeating {
                if let size = block.percent(influence.rawValue, .optional) { m.influences[influence] = size }
            }
            return true
        }
        m.events = f.block("events", "how a meter takes voltage events", .optional, events) ?? EventTruth()
        m.radio = f.block("radio", "what a meter transmits", .optional) { block -> RadioTruth? in
            let frequency = block.quantity("frequency", Frequency.self, .required, .positive)
            let every = block.number("every", in: "s", .time, .required, .positive)
            let length = block.number("length", in: "s", .time, .required, .positive)
            if let every, let length, length > every {
                block.complain(
                    "length",
                    "a transmission of \(Decimal.shortest(length)) s does not fit into \(Decimal.shortest(every)) s")
            }
            guard let frequency, let every, let length else { return nil }
            return RadioTruth(frequency: frequency.value, every: every, length: length)
        }
        m.noise = f.percent("noise", .optional, .notNegative) ?? 0
        m.threshold = f.number("threshold", in: "W", .power, .optional, .notNegative)
        m.creep = f.number("creep", in: "W", .power, .optional, .notNegative) ?? 0
        m.constant = f.value("constant", .optional) { text throws(ValueTrouble) in
            try QuantityText.meterConstant(text)
        }
        m.registerGain = f.percent("register-gain", .optional) ?? 0
        m.registerResolution = f.number("register-resolution", in: "kWh", .energy, .optional, .positive).flatMap {
            step in
            // The file gives energy; registers step in their own unit.
            guard let unit = type.flatMap({ types[$0] })?.register(.activeEnergyImport)?.unit else { return step }
            return step * 3.6e6 / WorldState.worth(unit)
        }
        m.registerStart = f.number("register-start", in: "kWh", .energy, .optional, .notNegative)
        m.swappedRegisters = f.yesNo("swapped-registers", .optional) ?? false
        m.summation = f.choice("summation", .optional, of: Summation.self)
        m.creepAfterExport = f.number("creep-after-export", in: "W", .power, .optional, .notNegative) ?? 0
        m.unsignedPower = f.yesNo("unsigned-power", .optional) ?? false
        m.blindToReverse = f.yesNo("blind-to-reverse", .optional) ?? false
        m.swappedReactive = f.yesNo("swapped-reactive", .optional) ?? false
        m.exportAsImport = f.yesNo("export-as-import", .optional) ?? false
        m.integerModel = f.yesNo("integer-model", .optional) ?? false
        m.missingPulses = f.percent("missing-pulses", .optional, .notNegative) ?? 0
        m.doublePulses = f.percent("double-pulses", .optional, .notNegative) ?? 0
        m.jitter = f.number("jitter", in: "s", .time, .optional, .notNegative) ?? 0
        if m.missingPulses + m.doublePulses > 100 {
            f.complain("missing-pulses", "missing and double pulses together are more than 100 %")
        }
        return position == nil || type == nil || serial == nil ? nil : m
    }
}
