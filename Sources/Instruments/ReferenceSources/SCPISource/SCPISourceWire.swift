import BenchCore

/// What a `scpi-source` is told and what it answers: text to values and back, pure.
enum SCPISourceWire {
    /// The commands that store a load, in the order they are sent.
    static func store(_ load: LoadSetting) -> [String] {
        var lines = ["SOUR:FREQ \(SCPINumber.text(load.frequency))"]
        for (index, phase) in load.phases.enumerated() {
            let name = "SOUR:PHAS\(index + 1)"
            lines.append("\(name):VOLT \(SCPINumber.text(phase.voltage)),\(SCPINumber.text(phase.voltageAngle))")
            lines.append("\(name):CURR \(SCPINumber.text(phase.current)),\(SCPINumber.text(phase.currentLag))")
        }
        return lines
    }

    /// The commands that store a shape, after those of its load: the old one is forgotten first.
    static func store(_ shape: LoadShape) -> [String] {
        var lines = ["SOUR:SHAP:CLE"]
        for part in shape.parts {
            let name = "SOUR:PHAS\(part.output.phase):\(part.output.quantity == .voltage ? "VOLT" : "CURR")"
            for harmonic in part.harmonics {
                lines.append(
                    "\(name):HARM \(harmonic.order),\(SCPINumber.text(harmonic.percent)),\(SCPINumber.text(harmonic.angle))"
                )
            }
            if let asked = part.fluctuation {
                let form = asked.form == .rectangular ? "RECT" : "SIN"
                lines.append(
                    "\(name):FLUC \(form),\(SCPINumber.text(asked.depth)),\(SCPINumber.text(asked.frequency))")
            }
            if let asked = part.event {
                lines.append(
                    "\(name):EVEN \(SCPINumber.text(asked.residual)),\(SCPINumber.text(asked.duration)),"
                        + SCPINumber.text(asked.startAngle))
            }
        }
        return lines
    }

    /// Whether the source can do what is stored: `nil`, or why not.
    static func refusal(_ values: [SCPIValue], _ instrument: String) throws(Fault) -> String? {
        let reading = SCPIReading(values, to: "SOUR:CHEC?", of: instrument)
        switch try reading.text(0) {
        case "OK" where values.count == 1: return nil
        case "REFUSED" where values.count == 2: return try reading.text(1)
        default: throw reading.bad("OK, or REFUSED with a reason")
        }
    }

    /// Outputs on, settled, fault.
    static func state(_ values: [SCPIValue], _ instrument: String) throws(Fault) -> SourceState {
        let reading = SCPIReading(values, to: "OUTP:STAT?", of: instrument)
        guard values.count == 3 else { throw reading.bad("on, settled, fault") }
        let fault = try reading.text(2)
        return SourceState(
            on: try reading.flag(0), settled: try reading.flag(1), fault: fault.isEmpty ? nil : fault)
    }

    /// The command of a safe action; `nil` for one that a source does not have.
    static func command(_ action: SafeAction) -> String? {
        switch action {
        case .currentOff: return "OUTP:CURR OFF"
        case .voltageOff: return "OUTP:VOLT OFF"
        case .open: return nil
        }
    }
}
