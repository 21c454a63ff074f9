#if canImport(Glibc)
    import Glibc
#endif

/// What a bench can reach at a load: pulses of a gate, its time, and the expanded uncertainty of the mean error.
public struct PlanReach: Sendable, Hashable {
    /// Meter pulses per gate.
    public var pulses: Int
    /// Seconds per gate.
    public var gate: Double
    /// Expanded uncertainty (k = 2) of the mean of all gates, percent.
    public var U: Double

    /// The fewest pulses with which the mean of `repeats` gates is known to `target` percent, and what is then reached.
    ///
    /// `nil` where the load has no active power, or no single row of the standard answers it.
    static func pulses(_ point: TestPoint, constant: MeterConstant, bench: BenchDescription, target: Double?)
        -> PlanReach?
    {
        let power = abs(point.load.activePower)
        let current = point.load.phases.map(\.current).max() ?? 0
        let voltage = point.load.phases.map(\.voltage).max() ?? 0
        guard power > 0, let standard = bench.instrument(.referenceStandard),
            let counter = bench.instrument(.pulseCounter)?.counter,
            let row = standard.accuracy.first(where: { $0.current.contains(current) && $0.voltage.contains(voltage) })
        else { return nil }
        let share = point.load.apparentPower / power
        let stability =
            (bench.instrument(.referenceSource)?.source?.stability ?? 0) / Double(point.repeats).squareRoot()
        let certificate = share * row.certificateU / 2
        let drift = share * row.drift / 3.0.squareRoot()
        let fixed = certificate * certificate + drift * drift + stability * stability
        let pulseTime = constant.energyPerPulse.value / power
        let edges = 100 * counter.edgeJitter * 2.0.squareRoot() / (Double(point.repeats) * pulseTime)
        var pulses = 1.0
        if let target, target * target / 4 > fixed {
            pulses = max(1, (edges / (target * target / 4 - fixed).squareRoot()).rounded(.up))
        }
        let timing = edges / pulses
        return PlanReach(
            pulses: Int(min(pulses, 1e9)), gate: pulses * pulseTime, U: 2 * (fixed + timing * timing).squareRoot())
    }

    /// The expanded uncertainty (k = 2) of a register's error over an energy (W·s), percent.
    static func register(_ point: TestPoint, energy: Double, resolution: Double, bench: BenchDescription) -> Double? {
        let power = abs(point.load.activePower)
        let current = point.load.phases.map(\.current).max() ?? 0
        let voltage = point.load.phases.map(\.voltage).max() ?? 0
        guard power > 0, energy > 0, let standard = bench.instrument(.referenceStandard),
            let row = standard.accuracy.first(where: { $0.current.contains(current) && $0.voltage.contains(voltage) })
        else { return nil }
        let share = point.load.apparentPower / power
        let certificate = share * row.certificateU / 2
        let drift = share * row.drift / 3.0.squareRoot()
        let ends = 100 * resolution / 6.0.squareRoot() / energy
        return 2 * (certificate * certificate + drift * drift + ends * ends).squareRoot()
    }
}
