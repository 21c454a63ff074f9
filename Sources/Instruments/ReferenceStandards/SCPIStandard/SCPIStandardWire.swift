import BenchCore

/// What a `scpi-standard` is told and what it answers, pure.
enum SCPIStandardWire {
    /// The command that chooses ranges for the largest voltage and current of a load.
    static func range(_ load: LoadSetting) -> String {
        let demand = RangeChoice.demand(load)
        return "CONF:RANG \(SCPINumber.text(demand.voltage)),\(SCPINumber.text(demand.current))"
    }

    /// The constant of the pulse output, imp/kWh: positive.
    static func constant(_ values: [SCPIValue], _ instrument: String) throws(Fault) -> Double {
        let reading = SCPIReading(values, to: "CONF:CONS?", of: instrument)
        let constant = try reading.number()
        guard constant > 0 else { throw reading.bad("a constant above 0 imp/kWh") }
        return constant
    }

    /// U1…U3, I1…I3, P1…P3, f, THD1…THD3.
    static func reading(_ values: [SCPIValue], _ instrument: String) throws(Fault) -> StandardReading {
        let numbers = try SCPIReading(values, to: "MEAS:ALL?", of: instrument).numbers(13)
        return StandardReading(
            voltages: Array(numbers[0..<3]), currents: Array(numbers[3..<6]), powers: Array(numbers[6..<9]),
            frequency: numbers[9], voltageDistortion: Array(numbers[10..<13]))
    }
}
