/// Reads a meter type: nameplate, constants of the pulse outputs, registers with their Modbus map or SunSpec points.
public enum MeterTypeFile {
    /// Reads the bytes of a meter type; throws `Diagnostics` with every complaint of form and meaning.
    public static func load(_ bytes: [UInt8], file: String) throws -> MeterType { try read(bytes, file: file).value }

    /// Reads the bytes of a meter type and keeps where its values stand: `nameplate.nominal-voltage`, `registers[2].address` …
    public static func read(_ bytes: [UInt8], file: String) throws -> Loaded<MeterType> {
        let node = try StrictYAML.read(bytes, file: file)
        let complaints = Complaints(file)
        let type = Fields.read(node, "a meter type", complaints) { f -> MeterType? in
            let id = f.name("meter-type")
            let source = f.text("source")
            let nameplate = f.block("nameplate", "a nameplate", .required, nameplate)
            if !f.has("constants") {
                complaints.add(
                    f.mark,
                    "«constants» is missing; a meter type needs it: e.g. «constants: [{ constant: 10000 imp/kWh, "
                        + "directions: [import, export] }]», or «constants: []» for a meter without pulse output")
            }
            var taken: [String: Int] = [:]
            let constants = f.blocks("constants", "a meter constant", .optional) { constant($0, &taken, nameplate) }
            var seen = SeenRegisters()
            let registers = f.blocks("registers", "a register", .optional) { register($0, &seen) }
            _ = f.has("registers")
            let reading = f.block("reading", "how registers are read together", .optional, reading)
            let summation = f.choice("summation", .optional, of: Summation.self)
            let identification = f.yesNo("device-identification", .optional)
            let events = f.block("events", "a log of voltage events", .optional) { eventLog($0, registers) }
            let transmits = f.values("transmits", .optional) { text throws(ValueTrouble) in
                let value = try QuantityText.quantity(text, Frequency.self).value
                guard value >= 1e6, value <= 1e11 else {
                    throw ValueTrouble("«\(text)»: a meter's radio transmits at 1 MHz to 100 GHz, as «868.95 MHz»")
                }
                return value
            }
            guard let id, let source, let nameplate else { return nil }
            var type = MeterType(
                id: id, nameplate: nameplate, constants: constants, registers: registers, source: source)
            if let reading { type.reading = reading }
            type.summation = summation
            type.answersIdentification = identification ?? false
            type.events = events
            type.transmits = transmits
            return type
        }
        return try complaints.finish(type)
    }

    // MARK: - nameplate

    private static func nameplate(_ f: Fields) -> Nameplate? {
        let manufacturer = f.text("manufacturer")
        let model = f.text("model")
        let accuracyClass = f.value("accuracy-class", .required, AccuracyClassText.read)
        let reactiveClass = f.value("reactive-class", .optional, AccuracyClassText.read)
        let connection = f.choice("connection", of: Connection.self)
        let wiring = f.choice("wiring", of: Wiring.self)
        let voltage = f.quantity("nominal-voltage", Voltage.self, .required, .positive)
        let current = f.quantity("nominal-current", Current.self, .required, .positive)
        let maximum = f.quantity("maximum-current", Current.self, .required, .positive)
        let minimum = f.quantity("minimum-current", Current.self, .optional, .positive)
        let transitional = f.quantity("transitional-current", Current.self, .optional, .positive)
        let frequency = f.quantity("nominal-frequency", Frequency.self, .required, .positive)
        let bidirectional = f.yesNo("bidirectional")
        if let current, let maximum, maximum < current {
            f.complain(
                "maximum-current",
                "Imax = \(QuantityText.text(maximum)) is below the nominal current \(QuantityText.text(current))")
        }
        if let minimum, let rated = transitional ?? current, minimum > rated {
            f.complain(
                "minimum-current",
                "Imin = \(QuantityText.text(minimum)) is above \(transitional == nil ? "the nominal current" : "Itr") = "
                    + QuantityText.text(rated))
        }
        if let transitional, let current, transitional > current {
            f.complain(
                "transitional-current",
                "Itr = \(QuantityText.text(transitional)) is above the nominal current \(QuantityText.text(current))")
        }
        guard let manufacturer, let model, let accuracyClass, let connection, let wiring, let voltage, let current,
            let maximum, let frequency, let bidirectional
        else { return nil }
        var plate = Nameplate(
            manufacturer: manufacturer, model: model, accuracyClass: accuracyClass, connection: connection,
            wiring: wiring, nominalVoltage: voltage, nominalCurrent: current, maximumCurrent: maximum,
            nominalFrequency: frequency, bidirectional: bidirectional, minimumCurrent: minimum,
            transitionalCurrent: transitional)
        plate.reactiveClass = reactiveClass
        return plate
    }

    // MARK: - constants

    private static func constant(
        _ f: Fields, _ taken: inout [String: Int], _ nameplate: Nameplate?
    ) -> MeterConstant? {
        let printed = f.text("constant", .optional)
        let reactive = (printed ?? "").contains("varh")
        let value = f.value("constant") { text throws(ValueTrouble) in
            try QuantityText.meterConstant(text, reactive ? .reactiveEnergy : .energy)
        }
        if reactive, let nameplate, nameplate.reactiveClass == nil {
            f.complain("constant", "this output counts reactive energy, and the nameplate states no «reactive-class»")
        }
        let directions = f.choices("directions", of: EnergyDirection.self)
        if let directions, Set(directions).count < directions.count {
            f.complain("directions", "a direction stands here twice")
        }
        for direction in Set(directions ?? []) {
            if let line = taken.updateValue(f.mark.line, forKey: (reactive ? "reactive " : "") + direction.rawValue) {
                f.complain("directions", "\(direction.rawValue) already has a constant on line \(line)")
            }
        }
        if !reactive, nameplate?.bidirectional == false, directions?.contains(.export) == true {
            f.complain("directions", "the nameplate says «bidirectional: no»: no output counts export")
        }
        guard let value, let printed, let directions else { return nil }
        var constant = MeterConstant(pulsesPerKilowattHour: value, directions: directions, printed: printed)
        if reactive { constant.energy = .reactive }
        return constant
    }

    // MARK: - reading

    /// `reading: { together: yes, gap: 0, most: 50, borders: [0x0100, 0x5000] }`, all of it optional.
    private static func reading(_ f: Fields) -> RegisterReading? {
        var reading = RegisterReading()
        func number(_ key: String, _ range: ClosedRange<Int>) -> Int? {
            f.value(key, .optional) { text throws(ValueTrouble) in try QuantityText.integer(text, in: range) }
        }
        reading.together = f.yesNo("together", .optional) ?? true
        reading.gap = number("gap", 0...124) ?? 0
        reading.most = number("most", 1...125) ?? 125
        reading.borders =
            f.values("borders", .optional) { text throws(ValueTrouble) in try QuantityText.integer(text, in: 0...65535)
            } ?? []
        return reading
    }

    // MARK: - events

    /// `events: { count: NAME, duration: NAME, residual: NAME, shortest: 10 ms, duration-within: 20 ms, residual-within: 1 % }`: registers by
    /// their names; only `count` and `shortest` must be there.
    private static func eventLog(_ f: Fields, _ registers: [RegisterDefinition]) -> EventLog? {
        func register(_ key: String, _ need: Fields.Need, _ kinds: [DimensionKind]) -> String? {
            f.value(key, need) { text throws(ValueTrouble) -> String in
                guard let found = registers.first(where: { $0.name == text }) else {
                    let hint = Spelling.nearest(text, registers.map(\.name)).map { "; did you mean «\($0)»?" } ?? ""
                    throw ValueTrouble("there is no register «\(text)»\(hint)")
                }
                guard kinds.isEmpty || UnitSymbol.named(found.unit).contains(where: { kinds.contains($0.kind) }) else {
                    throw ValueTrouble(
                        "the unit of register «\(text)» is no unit of \(kinds.map(\.phrase).joined(separator: " or of "))"
                    )
                }
                return text
            }
        }
        let count = register("count", .required, [])
        let duration = register("duration", .optional, [.time])
        let residual = register("residual", .optional, [.ratio, .voltage])
        let shortest = f.quantity("shortest", TimeSpan.self, .required, .positive)
        let durationWithin = f.quantity(
            "duration-within", TimeSpan.self, f.has("duration") ? .required : .optional, .positive)
        let residualWithin = f.percent("residual-within", f.has("residual") ? .required : .optional, .positive)
        guard let count, let shortest else { return nil }
        return EventLog(
            count: count, duration: duration, residual: residual, shortest: shortest.value,
            durationWithin: durationWithin?.value ?? 0, residualWithin: residualWithin ?? 0)
    }

    // MARK: - registers

    private struct SeenRegisters {
        var names: [String: Int] = [:], roles: [RegisterRole: Int] = [:]
    }

    private static func register(_ f: Fields, _ seen: inout SeenRegisters) -> RegisterDefinition? {
        let name = f.name("name")
        let role = f.choice("role", of: RegisterRole.self)
        if let name, let line = seen.names.updateValue(f.mark("name").line, forKey: name) {
            f.complain("name", "a register «\(name)» already stands on line \(line)")
        }
        if let role, role != .other, let line = seen.roles.updateValue(f.mark("role").line, forKey: role) {
            f.complain("role", "line \(line) already has the role «\(role.rawValue)»; only «other» may stand twice")
        }
        let (place, isText) = f.has("sunspec") ? sunspec(f) : place(f)
        let scale = f.number("scale", .optional) ?? 1
        if scale == 0 { f.complain("scale", "a scale of 0 makes every value 0") }
        let unit = unit(f, role, place, isText)
        let resolution = unit.flatMap { unit in
            f.number("resolution", in: unit.symbol, unit.kind, .optional, .positive)
        }
        _ = f.has("resolution")
        if isText == true, f.has("scale") { f.complain("scale", "text has no scale") }
        let mark = notAvailable(f)
        if isText == true || f.has("sunspec"), f.has("not-available") {
            f.complain("not-available", "text and SunSpec points have marks of their own for «not available»")
        }
        guard let name, let role, let place else { return nil }
        var register = RegisterDefinition(
            name: name, role: role, place: place, scale: scale, unit: unit?.symbol ?? "", resolution: resolution)
        register.notAvailable = mark
        return register
    }

    private static func sunspec(_ f: Fields) -> (RegisterPlace?, isText: Bool?) {
        for key in ["function", "address", "word-order"] where f.has(key) {
            f.complain(key, "a SunSpec point is found by discovery: «\(key)» does not stand beside «sunspec»")
        }
        let point = f.value("sunspec", .required, SunSpecPoint.read)
        let isText = point.map { SunSpecPoint.texts.contains($0) }
        if f.has("type"), f.scalar("type") != "text" || isText == false {
            f.complain(
                "type", "the type of a SunSpec point is in its model; only «text» may stand here, for points of text")
        }
        return (point.map { .sunspec(point: $0) }, isText)
    }

    private enum TypeName: String, CaseIterable {
        case int16, uint16, int32, uint32, int64, uint64, float32, float64, text

        func encoding(words: Int?) -> RegisterEncoding {
            switch self {
            case .int16: return .signed(bits: 16)
            case .uint16: return .unsigned(bits: 16)
            case .int32: return .signed(bits: 32)
            case .uint32: return .unsigned(bits: 32)
            case .int64: return .signed(bits: 64)
            case .uint64: return .unsigned(bits: 64)
            case .float32: return .float(bits: 32)
            case .float64: return .float(bits: 64)
            case .text: return .text(words: words ?? 1)
            }
        }
    }

    /// Reads `not-available`: the bits, high word first, by which a device says that it has no value.
    public static func notAvailable(_ f: Fields) -> UInt64? {
        f.value("not-available", .optional) { text throws(ValueTrouble) -> UInt64 in
            guard text.hasPrefix("0x"), let bits = UInt64(text.dropFirst(2), radix: 16) else {
                throw ValueTrouble("«\(text)» is no pattern of bits; write it in hexadecimal, e.g. 0x7FFFFFFF")
            }
            return bits
        }
    }

    /// Reads where a register is: `function`, `address`, `type`, and `words` or `word-order` where the type needs them.
    public static func place(_ f: Fields) -> (RegisterPlace?, isText: Bool?) {
        let function = f.value("function") { text throws(ValueTrouble) -> Int in
            let number = try QuantityText.integer(text)
            if number == 3 || number == 4 { return number }
            throw ValueTrouble("function \(number) reads no registers; 3 reads holding registers, 4 input registers")
        }
        let address = f.integer("address", in: 0...65535)
        let type = f.choice("type", of: TypeName.self)
        let words = f.integer("words", type == .text ? .required : .optional, in: 1...125)
        if let type, type != .text, words != nil { f.complain("words", "only text has a number of words") }
        let long = type.map { $0 != .text && $0.encoding(words: nil).words > 1 } ?? false
        let order = f.value("word-order", long ? .required : .optional) { text throws(ValueTrouble) -> WordOrder in
            if let order = WordOrder(rawValue: text) { return order }
            throw ValueTrouble("«\(text)» is not an order of words; write «high word first» or «low word first»")
        }
        guard let function, let address, let type else { return (nil, type.map { $0 == .text }) }
        let encoding = type.encoding(words: words)
        if address + encoding.words > 65536 {
            f.complain(
                "address", "\(encoding.words) words from address \(address) go beyond the last address, 65535")
        }
        let place = RegisterPlace.modbus(
            function: function, address: address, encoding: encoding, order: order ?? .bigEndian)
        return (long && order == nil ? nil : place, type == .text)
    }

    /// The unit a value is in; refused for text, and where role or SunSpec point measure something else.
    private static func unit(
        _ f: Fields, _ role: RegisterRole?, _ place: RegisterPlace?, _ isText: Bool?
    ) -> UnitSymbol? {
        if isText == true {
            if f.has("unit") { f.complain("unit", "text has no unit") }
            return nil
        }
        let wanted = role.flatMap(\.kind)
        return f.value("unit", wanted == nil ? .optional : .required) { text throws(ValueTrouble) -> UnitSymbol in
            let units = UnitSymbol.named(text)
            guard let first = units.first else {
                let example = wanted.map { ", e.g. «\($0.example.split(separator: " ").last ?? "")»" } ?? ""
                throw ValueTrouble("«\(text)» is not a unit\(example)")
            }
            var kinds: [(DimensionKind, String)] = []
            if let wanted, let role { kinds.append((wanted, "the role «\(role.rawValue)»")) }
            if case .sunspec(let point) = place, let kind = SunSpecPoint.all[point] ?? nil {
                kinds.append((kind, "the SunSpec point «\(point)»"))
            }
            for (kind, who) in kinds where !units.contains(where: { $0.kind == kind }) {
                throw ValueTrouble("«\(text)» is a unit of \(first.kind.phrase); \(who) is \(kind.phrase)")
            }
            return units.first { $0.kind == kinds.first?.0 } ?? first
        }
    }
}

extension RegisterRole {
    /// What a register of the role measures; `nil` for text, clock, power factor and others.
    public var kind: DimensionKind? {
        switch self {
        case .activeEnergyImport, .activeEnergyExport: return .energy
        case .activePower: return .power
        case .reactiveEnergyImport, .reactiveEnergyExport, .reactiveEnergyFirst, .reactiveEnergySecond,
            .reactiveEnergyThird, .reactiveEnergyFourth:
            return .reactiveEnergy
        case .reactivePower: return .reactivePower
        case .voltageL1, .voltageL2, .voltageL3: return .voltage
        case .currentL1, .currentL2, .currentL3: return .current
        case .frequency: return .frequency
        case .powerFactor, .serialNumber, .model, .firmware, .manufacturer, .clock, .reverseFlow, .other:
            return nil
        }
    }
}
