/// Why no budget can be drawn up, in words.
public struct BudgetTrouble: Error, Sendable, Hashable, CustomStringConvertible {
    /// The reason.
    public var reason: String
    /// What people read in messages.
    public var description: String { reason }
}

/// Draws up the uncertainty budget of a percentage error from what the bench file says and what was observed.
///
/// Specifications of a standard are of apparent power: for active energy they weigh S/P, so twice as much at PF 0.5; for reactive energy S/Q.
/// Inputs: `standard.certificate` (normal, U/2), `standard.drift` (rectangular), `standard.temperature` (rectangular
/// coefficient times the distance from 23 °C), `climate.temperature` (the thermometer, times the coefficient),
/// `counter.edges` (jitter at both ends), `counter.reference` (resolution of the reference count at both ends),
/// `source.stability`, `repeatability` (type A); for registers `register.begin-end`.
public struct BudgetBuilder: Sendable {
    /// Temperature the standard's coefficient counts from, °C.
    public static let referenceTemperature = 23.0
    /// How the line of the repeats' own scatter is marked.
    static let typeA = "type A"
    /// Distance from it that is assumed where nobody measured the temperature, K.
    public static let assumedDistance = 5.0

    /// The range of the standard that answers the load, and its name in budgets.
    public let range: StandardRange, rangeName: String
    /// Apparent over active power of the load; over reactive power where reactive energy is counted.
    public let apparentOverActive: Double
    /// Nominal power of the energy that is counted, W or var, without sign.
    public let power: Double
    let thermometerU: Double?
    let counter: CounterSpecification?
    let stability: Double
    let point: String

    /// Prepares for one test point on one bench; throws where no range, or more than one, of the standard answers its
    /// load.
    public init(_ point: TestPoint, _ bench: BenchDescription) throws(BudgetTrouble) {
        guard bench.instrument(.referenceStandard) != nil else {
            throw BudgetTrouble(reason: "the bench has no reference standard")
        }
        let energy = point.energyKind
        let loaded = point.load.phases.indices.map { point.load.effective($0) }.filter { $0.current > 0 }
        let current = loaded.map(\.current).max() ?? 0
        let voltage = loaded.map(\.voltage).max() ?? 0
        power = point.power
        // 1e-6: a power factor of 0.001 is the smallest that anyone asks for, and cos 90° is 6e-17 in floating point.
        guard power > 1e-6 * point.load.apparentPower else {
            throw BudgetTrouble(reason: "the load has no \(energy.rawValue) power")
        }
        let rows = bench.accuracy(of: energy).filter { $0.current.contains(current) && $0.voltage.contains(voltage) }
        guard rows.count == 1, let row = rows.first else {
            throw BudgetTrouble(
                reason: "\(rows.isEmpty ? "no range" : "more than one range") of the reference standard answers "
                    + "\(Self.short(voltage)) V, \(Self.short(current)) A")
        }
        range = row
        rangeName =
            "\(Self.short(row.current.lowerBound)) A to \(Self.short(row.current.upperBound)) A, "
            + "\(Self.short(row.voltage.lowerBound)) V to \(Self.short(row.voltage.upperBound)) V"
        apparentOverActive = point.load.apparentPower / power
        thermometerU = bench.instrument(.environment)?.climate?.temperatureU
        counter = bench.instrument(.pulseCounter)?.counter
        stability = bench.instrument(.referenceSource)?.source?.stability ?? 0
        self.point = point.id
    }

    /// A number for a name: six decimals at most, so that `below 50 mA` shows as 0.05.
    static func short(_ value: Double) -> String { Decimal.shortest((value * 1e6).rounded() / 1e6) }

    /// The lines of the reference standard and of the temperature, °C; `nil`: not measured.
    public func standardLines(temperature: Double?) -> [BudgetLine] {
        let third = 3.0.squareRoot()
        let away = temperature.map { $0 - Self.referenceTemperature } ?? Self.assumedDistance
        var lines = [
            line("standard.certificate (\(rangeName))", "normal", range.certificateU / 2, "%", -apparentOverActive),
            line("standard.drift (\(rangeName))", "rectangular", range.drift / third, "%", -apparentOverActive),
            line(
                "standard.temperature (\(rangeName))", "rectangular", range.temperatureCoefficient / third, "%/K",
                -apparentOverActive * away),
        ]
        if let thermometerU, temperature != nil {
            lines.append(
                line(
                    "climate.temperature", "normal", thermometerU / 2, "K",
                    apparentOverActive * range.temperatureCoefficient / third))
        }
        return lines
    }

    /// The budget of the mean error over contiguous gates.
    ///
    /// Contiguous gates share their edges, so the mean feels the jitter and the resolution of the first and the last
    /// edge only: both count once over the whole time. Repeats show them too: of the type A uncertainty s/√n (n − 1
    /// degrees of freedom) only what goes beyond the edges counts, so that edges and repeatability together are the
    /// larger of the two and nothing counts twice. (Taking off all that the edges are expected to add to s would leave
    /// nothing whenever three gates agree by chance: U was then too small in one measurement of ten.) Slow changes of
    /// the source are the same in neighbouring gates: their scatter does not show them, and the mean does not lessen
    /// them. For one gate there is no type A: the larger of the specified jitter and the jitter seen between the edges
    /// counts, and `Evaluation.findings` says that the meter's repeatability is not contained.
    public func pulses(
        errors: [Double], meanGate: Double, meanReferenceCount: Double, observedEdgeJitter: Double?,
        temperature: Double?
    ) throws(BudgetTrouble) -> Budget {
        guard let counter else { throw BudgetTrouble(reason: "the pulse counter states no edge jitter") }
        guard meanGate > 0, meanReferenceCount > 0 else {
            throw BudgetTrouble(reason: "the gates hold no time or no reference pulses")
        }
        let n = Double(errors.count)
        var jitter = counter.edgeJitter
        if errors.count == 1, let observedEdgeJitter { jitter = max(jitter, observedEdgeJitter) }
        var lines = standardLines(temperature: temperature)
        lines.append(
            line("counter.edges [\(point)]", "normal", jitter * 2.0.squareRoot(), "s", 100 / (n * meanGate)))
        lines.append(
            line(
                "counter.reference [\(point)]", "triangular", counter.referenceResolution / 6.0.squareRoot(), "imp",
                100 / (n * meanReferenceCount)))
        lines.append(line("source.stability [\(point)]", "normal", stability, "%", 1))
        if let s = Statistics.standardDeviation(errors) {
            let edges = Budget.root(lines.filter { $0.name.hasPrefix("counter.") })
            let beyond = max(0, s * s / n - edges * edges).squareRoot()
            lines.append(line("repeatability [\(point)]", Self.typeA, beyond, "%", 1, dof: n - 1))
        }
        return Budget(lines: lines)
    }

    /// The budget of a register's error: begin and end reading each rectangular with width `resolution`, together
    /// triangular (d/√6), over the reference energy, both in kWh.
    public func register(resolution: Double, energy: Double, temperature: Double?, unit: String = "kWh") -> Budget {
        var lines = standardLines(temperature: temperature)
        lines.append(
            line(
                "register.begin-end [\(point)]", "triangular", resolution / 6.0.squareRoot(), unit, 100 / energy))
        return Budget(lines: lines)
    }

    private func line(
        _ name: String, _ distribution: String, _ u: Double, _ unit: String, _ sensitivity: Double, dof: Double? = nil
    ) -> BudgetLine {
        BudgetLine(
            name: name, distribution: distribution, standardUncertainty: u, unit: unit, sensitivity: sensitivity,
            degreesOfFreedom: dof)
    }
}

/// How much the errors of single gates scatter through the bench alone, percent.
struct GateScatter {
    /// Variance of the error from one edge: jitter, and resolution of the reference count.
    let edge: Double

    init(counter: CounterSpecification, seconds: Double, counts: Double) {
        let jitter = 100 * counter.edgeJitter / seconds
        let resolution = 100 * counter.referenceResolution / (12.0.squareRoot() * counts)
        edge = jitter * jitter + resolution * resolution
    }

    /// Expectation of s² over `n` contiguous gates. Neighbours share an edge (correlation −1/2), hence 2·v·(n + 1)/n.
    func expectedVariance(gates n: Int) -> Double { 2 * edge * Double(n + 1) / Double(n) }
}
