import BenchCore

/// The registers of a thermometer and hygrometer, as its data file lists them.
struct ModbusSensorTable: Sendable, Hashable {
    /// One quantity.
    struct Quantity: Sendable, Hashable {
        /// Where it is and how it is scaled; in °C or %.
        var register: RegisterDefinition
        /// Added after the scale, in the same unit.
        var offset: Double
        /// What the sensor can measure, both ends included: beyond it the answer is no measurement.
        var lowest: Double, highest: Double
    }
    var temperature: Quantity, humidity: Quantity
    /// Registers in which the sensor says who it is.
    var serial: RegisterDefinition?, model: RegisterDefinition?, firmware: RegisterDefinition?
    /// Rows that could not be checked against the maker's manual, as sentences.
    var unconfirmed: [String]

    /// Reads the blocks `temperature`, `humidity`, and `serial-number`, `model`, `firmware` where the sensor has them.
    static func read(_ f: Fields) -> ModbusSensorTable? {
        var unconfirmed: [String] = []
        func doubt(_ f: Fields, _ name: String) {
            if let why = f.text("unconfirmed", .optional) { unconfirmed.append("\(name): \(why)") }
        }
        func quantity(_ name: String, _ unit: String, _ kind: DimensionKind) -> Quantity? {
            f.block(name, "a quantity", .required) { f -> Quantity? in
                let register = register(f, name, unit, texts: false)
                let offset =
                    kind == .temperature
                    ? f.number("offset", in: "K", .temperatureDifference, .optional)
                    : f.number("offset", in: unit, kind, .optional)
                let lowest = f.number("lowest", in: unit, kind)
                let highest = f.number("highest", in: unit, kind)
                doubt(f, name)
                if let lowest, let highest, lowest >= highest {
                    f.complain(
                        "highest",
                        "\(Decimal.shortest(highest)) \(unit) is not above the lowest, \(Decimal.shortest(lowest)) \(unit)"
                    )
                }
                guard let register, let lowest, let highest else { return nil }
                return Quantity(register: register, offset: offset ?? 0, lowest: lowest, highest: highest)
            }
        }
        func identity(_ name: String) -> RegisterDefinition? {
            f.block(name, "a register", .optional) { f -> RegisterDefinition? in
                defer { doubt(f, name) }
                return register(f, name, nil, texts: true)
            }
        }
        let temperature = quantity("temperature", "°C", .temperature)
        let humidity = quantity("humidity", "%", .ratio)
        let serial = identity("serial-number")
        let model = identity("model")
        let firmware = identity("firmware")
        guard let temperature, let humidity else { return nil }
        return ModbusSensorTable(
            temperature: temperature, humidity: humidity, serial: serial, model: model, firmware: firmware,
            unconfirmed: unconfirmed)
    }

    private static func register(_ f: Fields, _ name: String, _ unit: String?, texts: Bool) -> RegisterDefinition? {
        let (place, isText) = MeterTypeFile.place(f)
        if !texts, isText == true { f.complain("type", "text is no \(name)") }
        let scale = texts ? nil : f.number("scale", .optional)
        if scale == 0 { f.complain("scale", "a scale of 0 makes every value 0") }
        if let unit {
            _ = f.value("unit") { text throws(ValueTrouble) -> String in
                if text == unit { return text }
                throw ValueTrouble("«\(text)» is not the unit of \(name) here; it is «\(unit)»")
            }
        }
        let mark = isText == true ? nil : MeterTypeFile.notAvailable(f)
        guard let place, texts || isText == false else { return nil }
        var register = RegisterDefinition(
            name: name, role: texts ? .serialNumber : .other, place: place, scale: scale ?? 1, unit: unit ?? "",
            resolution: nil)
        register.notAvailable = mark
        return register
    }
}
