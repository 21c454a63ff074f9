/// When a load counts as settled: the standard's reading lies inside a window around what was asked, stands still there, and stays for a time.
public struct SettleCriteria: Sendable, Hashable {
    /// Half-width of the window of voltages and currents, relative to what was asked.
    public var tolerance = 0.005
    /// Half-width of the window of active power per phase, relative to the apparent power asked: so the phase angle counts too.
    public var powerTolerance = 0.005
    /// Half-width of the window of a voltage's distortion where one is asked for, percent of the fundamental.
    public var distortionTolerance = 0.5
    /// Half-width of the window of the frequency, relative.
    public var frequencyTolerance = 0.001
    /// Largest change from reading to reading, relative to what was asked.
    public var drift = 0.0005
    /// What counts as no current, A, and no voltage, V.
    public var noCurrent = 0.0005, noVoltage = 1.0
    /// How long it must stay so, s.
    public var hold = 0.5
    /// Time between two readings, s.
    public var interval = 0.1

    /// A load is never called unsettled on fewer readings than this.
    public var fewestReadings = 20

    /// The criteria of this program: nothing in a procedure changes them.
    public init() {}

    /// What of a reading lies outside the window around a load, in words; empty when all lies inside.
    public func complaints(_ reading: StandardReading, _ load: LoadSetting) -> [String] {
        var found: [String] = []
        guard reading.voltages.count >= load.phases.count, reading.currents.count >= load.phases.count,
            reading.powers.count >= load.phases.count
        else { return ["the standard does not read \(load.phases.count) phases"] }
        func compare(_ name: String, _ read: Double, _ asked: Double, _ width: Double, _ unit: String) {
            guard !(abs(read - asked) <= width) else { return }
            let digits = max(2, Decimal.decimals(of: asked == 0 ? width : asked, significant: 5))
            found.append(
                "\(name) is \(Decimal.fixed(read, digits)) \(unit) instead of \(Decimal.fixed(asked, digits)) \(unit)")
        }
        for i in load.phases.indices {
            let asked = load.effective(i)
            compare("U\(i + 1)", reading.voltages[i], asked.voltage, max(noVoltage, tolerance * asked.voltage), "V")
            let none = asked.current == 0
            compare("I\(i + 1)", reading.currents[i], asked.current, none ? noCurrent : tolerance * asked.current, "A")
            let distortion = load.voltageDistortion(i)
            if distortion > 0, reading.voltageDistortion.indices.contains(i) {
                compare(
                    "the distortion of U\(i + 1)", reading.voltageDistortion[i], distortion, distortionTolerance, "%")
            }
            let apparent = asked.voltage * asked.current
            guard apparent > 0 else { continue }
            compare("P\(i + 1)", reading.powers[i], asked.power, powerTolerance * apparent, "W")
            // Near φ = 0 the active power hardly feels the angle, the reactive power does.
            if let read = reading.reactivePowers, read.indices.contains(i), load.shape == nil {
                let sine = PhaseLoad.sine(ofDegrees: load.phases[i].currentLag)
                compare("Q\(i + 1)", read[i], apparent * sine, powerTolerance * apparent, "var")
            }
        }
        if load.phases.contains(where: { $0.voltage > 0 }) {
            compare("f", reading.frequency, load.frequency, frequencyTolerance * load.frequency, "Hz")
        }
        return found
    }

    /// Whether two readings one after the other say that the load stands still.
    public func still(_ a: StandardReading, _ b: StandardReading, _ load: LoadSetting) -> Bool {
        for i in load.phases.indices {
            let asked = load.effective(i)
            // A current in a phase without voltage, or a voltage without current, makes hardly any power; what it makes may be noise.
            let least = asked.current == 0 ? 1 : asked.voltage == 0 ? noVoltage / 10 * asked.current : 0
            guard abs(a.voltages[i] - b.voltages[i]) <= max(drift * asked.voltage, noVoltage / 10),
                abs(a.currents[i] - b.currents[i]) <= max(drift * asked.current, asked.current > 0 ? 0 : noCurrent),
                abs(a.powers[i] - b.powers[i]) <= max(2 * drift * asked.voltage * asked.current, least)
            else { return false }
        }
        return true
    }
}

extension Conditions {
    /// What is outside these conditions, in words; empty when all is well. What cannot be known counts as outside.
    ///
    /// What a load asks for on purpose (another frequency, a distorted voltage) is no complaint: how far it is kept is a matter of `SettleCriteria`.
    public func complaints(_ reading: StandardReading, _ climate: ClimateReading?, at load: LoadSetting? = nil)
        -> [String]
    {
        var found: [String] = []
        func text(_ r: ClosedRange<Double>, _ unit: String) -> String {
            "\(Decimal.shortest(r.lowerBound)) \(unit) to \(Decimal.shortest(r.upperBound)) \(unit)"
        }
        if let temperature {
            if let climate {
                if !temperature.contains(climate.temperature) {
                    found.append(
                        "the temperature is \(Decimal.fixed(climate.temperature, 2)) °C; allowed are "
                            + text(temperature, "°C"))
                }
            } else {
                found.append("the temperature is not known; allowed are " + text(temperature, "°C"))
            }
        }
        if let frequency, load.map({ frequency.contains($0.frequency) }) ?? true, !frequency.contains(reading.frequency)
        {
            found.append(
                "the frequency is \(Decimal.fixed(reading.frequency, 3)) Hz; allowed are " + text(frequency, "Hz"))
        }
        if let limit = voltageDistortion, load?.distortsVoltage != true {
            if let worst = reading.voltageDistortion.max() {
                if !(worst <= limit) {
                    found.append(
                        "the voltage distortion is \(Decimal.fixed(worst, 2)) %; allowed are \(Decimal.shortest(limit)) %"
                    )
                }
            } else {
                found.append("the voltage distortion is not known; allowed are \(Decimal.shortest(limit)) %")
            }
        }
        return found
    }
}
