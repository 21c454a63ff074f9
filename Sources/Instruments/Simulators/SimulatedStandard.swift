internal import BenchCore

#if canImport(Glibc)
    import Glibc
#endif

/// The reference standard of the world: a device with errors of its own, drawn by the seed from its specification.
///
/// In each row of its accuracy table the error of apparent power is a complex number γ + jε (amplitude and phase):
/// both parts N(0, U/2) for the certificate, evenly within ± limit for the drift since, and evenly within ± the temperature
/// coefficient times (T − 23 °C). So the error of active power, γ cos φ − ε sin φ of apparent power, has the
/// stated size at every power factor.
struct SimulatedStandard: Sendable {
    private struct Row {
        var range: StandardRange
        var fixed: Complex, perKelvin: Complex
    }
    private let rows: [Row]
    /// Upper ends of the ranges now chosen, V and A.
    private(set) var voltageRange: Double, currentRange: Double
    private var chosen: Int

    private static let voltageRanges = [60.0, 120, 300, 600]

    init(_ instrument: InstrumentDescription?, seed: UInt64) {
        var random = SeededGenerator(seed: seed, label: "standard")
        rows = (instrument?.accuracy ?? []).map { range in
            func pair(_ draw: () -> Double) -> Complex { Complex(draw(), draw()) }
            let certificate = pair { random.normal() * range.certificateU / 200 }
            let drift = pair { random.uniform(in: -1...1) * range.drift / 100 }
            let kelvin = pair { random.uniform(in: -1...1) * range.temperatureCoefficient / 100 }
            return Row(range: range, fixed: certificate + drift, perKelvin: kelvin)
        }
        voltageRange = 300
        currentRange = 200
        chosen = 0
    }

    /// Chooses the smallest ranges that hold a voltage and a current; `false` where the specification has none.
    mutating func choose(voltage: Double, current: Double) -> Bool {
        // Without current the lowest range is as good as any.
        let current = current > 0 ? current : rows.map(\.range.current.lowerBound).min() ?? 0
        guard
            let row = rows.firstIndex(where: {
                $0.range.voltage.contains(voltage) && $0.range.current.contains(current)
            })
        else { return false }
        chosen = row
        voltageRange = Self.voltageRanges.first { $0 >= voltage } ?? voltage
        currentRange = Self.step(current)
        return true
    }

    /// The smallest 1 · 2 · 5 × 10ⁿ that is not below a value.
    private static func step(_ value: Double) -> Double {
        guard value > 0 else { return 1e-3 }
        let decade = pow(10, log10(value).rounded(.down))
        for m in [1.0, 2, 5, 10] where m * decade >= value * (1 - 1e-9) { return m * decade }
        return 10 * decade
    }

    /// The constant of a device that has one of its own for its ranges, imp/kWh.
    var ownConstant: Double?

    /// Constant of the pulse output in the ranges chosen, imp/kWh: its own, else at full range of three phases 50 to 100 kHz.
    var constant: Double {
        if let ownConstant { return ownConstant }
        let full = 3 * voltageRange * currentRange
        let most = 100e3 * 3.6e6 / full
        let decade = pow(10, log10(most).rounded(.down))
        for m in [5.0, 2.5, 2] where m * decade <= most { return (m * decade).rounded() }
        return decade.rounded()
    }

    /// 1 plus the complex error of apparent power at an air temperature.
    func factor(temperature: Double) -> Complex {
        guard rows.indices.contains(chosen) else { return Complex(1, 0) }
        return Complex(1, 0) + rows[chosen].fixed + (temperature - 23) * rows[chosen].perKelvin
    }
}
