import BenchCore

extension MeterReading {
    /// The reading as a table for people.
    public var table: String {
        let clock = registers.first { $0.role == .clock }
        var rows: [(String, String)] = [
            ("Meter", "\(identity.manufacturer) \(identity.model)" + (identity.simulated ? " (SIMULATED)" : "")),
            ("Serial number", identity.serial.isEmpty ? "not in the map" : identity.serial),
            ("Firmware", identity.firmware.isEmpty ? "not in the map" : identity.firmware),
            ("Type", type + (sunSpecModel.map { ", SunSpec model \($0)" } ?? "")),
            ("Nameplate of the type", nameplateText),
        ]
        rows.append((constants.count == 1 ? "Constant" : "Constants", constantsText))
        rows.append(("Clock", clock.map(Self.value) ?? "none in the map"))
        rows.append(("Wire", wire))
        rows.append(("Map from", source))
        let first = rows.map(\.0.count).max() ?? 0
        var lines = rows.map { $0.0 + String(repeating: " ", count: first + 2 - $0.0.count) + $0.1 }
        lines.append("")
        let cells = registers.map { ($0.name, Self.value($0), $0.fault == nil ? $0.unit : "", $0.role) }
        let names = max("Register".count, cells.map(\.0.count).max() ?? 0)
        // A refusal is a sentence: it does not widen the column of values.
        let values = max("Value".count, zip(cells, registers).filter { $1.fault == nil }.map(\.0.1.count).max() ?? 0)
        func padded(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(0, width - text.count))
        }
        func right(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
        lines.append("\(padded("Register", names))  \(right("Value", values))  Unit  Role")
        for ((name, value, unit, role), register) in zip(cells, registers) {
            lines.append(
                register.fault == nil
                    ? "\(padded(name, names))  \(right(value, values))  \(padded(unit, 4))  \(role.rawValue)"
                    : "\(padded(name, names))  \(value)")
        }
        return lines.joined(separator: "\n")
    }

    private static func value(_ register: Register) -> String {
        if let fault = register.fault { return fault.detail }
        if let text = register.text { return text }
        guard let number = register.number else { return "not available" }
        guard let step = register.resolution else { return Decimal.shortest(number) }
        return Decimal.fixed(number, Decimal.decimals(of: step, significant: 1))
    }

    private var nameplateText: String {
        func number(_ value: Double) -> String { Decimal.shortest(value) }
        let plate = nameplate
        let voltage: String
        switch plate.wiring {
        case .onePhaseTwoWire: voltage = "\(number(plate.nominalVoltage.value)) V"
        case .threePhaseThreeWire, .threePhaseFourWire:
            let between = (plate.nominalVoltage.value * 3.0.squareRoot() / 10).rounded() * 10
            voltage = "3×\(number(plate.nominalVoltage.value))/\(number(between)) V"
        }
        let current = "\(number(plate.nominalCurrent.value))(\(number(plate.maximumCurrent.value))) A"
        return [
            "class \(plate.accuracyClass)", plate.connection == .direct ? "direct" : "through transformers",
            plate.wiring.rawValue, voltage, current, "\(number(plate.nominalFrequency.value)) Hz",
            plate.bidirectional ? "import and export" : "import only",
        ].joined(separator: ", ")
    }

    private var constantsText: String {
        guard !constants.isEmpty else { return "none stated by the type" }
        return constants.map { constant in
            "\(constant.printed) (\(constant.directions.map(\.rawValue).joined(separator: ", ")))"
        }.joined(separator: "; ")
    }
}
