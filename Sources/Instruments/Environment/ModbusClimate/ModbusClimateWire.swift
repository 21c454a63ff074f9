import BenchCore

/// What a `modbus-climate` answers: words to values, pure.
enum ModbusClimateWire {
    /// Input registers 0 and 1: temperature (Int16, 0.01 °C) and relative humidity (UInt16, 0.01 %).
    static func reading(_ words: [UInt16], _ instrument: String) throws(Fault) -> ClimateReading {
        guard words.count == 2 else { throw Fault(.badAnswer, instrument, "\(words.count) words where 2 were asked") }
        let reading = ClimateReading(
            temperature: Double(Int16(bitPattern: words[0])) / 100, humidity: Double(words[1]) / 100)
        guard reading.humidity <= 100, (-60...100).contains(reading.temperature) else {
            throw Fault(
                .badAnswer, instrument,
                "\(reading.temperature) °C and \(reading.humidity) % humidity cannot be: is this the sensor?")
        }
        return reading
    }
}
