import BenchCore

/// What a three-phase analyzer answers, taken apart the same way for all makers: U1…U3, I1…I3, P1…P3, f, THD1…THD3.
///
/// Analyzers mark what they do not have (`NAN`, 9.91E37) and what is above a range (`INF`, 9.9E37; SCPI-1999 Volume 1, 7.2.1).
/// An overload is a fault, always. What is missing is a fault too, with one exception: a phase without voltage has no
/// distortion, and where no phase has any there is no frequency; these are 0 in a reading, as they are with every
/// standard of MeterBench.
enum AnalyzerReading {
    /// Below this a phase carries no voltage that a frequency or distortion could be told of, V.
    static let dead = 1.0
    /// How many numbers a reading takes.
    static let count = 13

    /// A reading from thirteen numbers in the order above.
    static func reading(_ numbers: [Double], _ instrument: String) throws(Fault) -> StandardReading {
        guard numbers.count == count else {
            throw Fault(.badAnswer, instrument, "\(numbers.count) values for a reading; \(count) were expected")
        }
        let voltages = try present(Array(numbers[0..<3]), "the voltage of phase", "V", instrument)
        let currents = try present(Array(numbers[3..<6]), "the current of phase", "A", instrument)
        let powers = try present(Array(numbers[6..<9]), "the active power of phase", "W", instrument)
        let live = voltages.map { $0 >= dead }
        var frequency = numbers[9]
        if !live.contains(true) {
            frequency = frequency.isFinite ? frequency : 0
        } else if !frequency.isFinite {
            throw Fault(
                .badAnswer, instrument,
                "gives no frequency (\(frequency)) at \(voltages.map(Decimal.shortest).joined(separator: ", ")) V")
        }
        var distortion: [Double] = []
        for (phase, value) in numbers[10..<13].enumerated() {
            if !live[phase] {
                distortion.append(value.isFinite ? value : 0)
            } else if value.isFinite {
                distortion.append(value)
            } else {
                throw Fault(
                    .badAnswer, instrument,
                    "gives no distortion of U\(phase + 1) (\(value)) at \(Decimal.shortest(voltages[phase])) V; "
                        + "is its harmonic analysis on?")
            }
        }
        return StandardReading(
            voltages: voltages, currents: currents, powers: powers, frequency: frequency, voltageDistortion: distortion)
    }

    /// Numbers that must be there.
    static func present(
        _ numbers: [Double], _ what: String, _ unit: String, _ instrument: String
    ) throws(Fault) -> [Double] {
        for (index, number) in numbers.enumerated() where !number.isFinite {
            throw Fault(
                .badAnswer, instrument,
                number.isNaN
                    ? "gives no value for \(what) \(index + 1), \(unit)"
                    : "\(what) \(index + 1) is above its range (overload)")
        }
        return numbers
    }
}

/// Measuring ranges of an instrument, smallest first, in V or A.
enum RangeChoice {
    /// The smallest range whose upper end is not below a value; refused with what there is.
    static func choose(_ value: Double, of ends: [Double], _ unit: String, _ instrument: String) throws(Fault) -> Double
    {
        guard let end = ends.sorted().first(where: { $0 >= value }) else {
            throw Fault(
                .refused, instrument,
                "\(Decimal.shortest(value)) \(unit) is above the largest range, "
                    + "\(ends.max().map(Decimal.shortest) ?? "none") \(unit)")
        }
        return end
    }

    /// What a load asks of the ranges: the largest voltage and current of its phases; not a number where one of them is none.
    static func demand(_ load: LoadSetting) -> (voltage: Double, current: Double) {
        let effective = load.phases.indices.map { load.effective($0) }
        return (largest(effective.map(\.voltage)), largest(effective.map(\.current)))
    }

    private static func largest(_ values: [Double]) -> Double {
        values.contains(where: \.isNaN) ? .nan : values.max() ?? 0
    }
}
