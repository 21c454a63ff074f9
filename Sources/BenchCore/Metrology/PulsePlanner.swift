/// How many pulses a test point needs at one meter, how long that takes, and the uncertainty to expect.
public struct PulsePlan: Sendable, Hashable, Codable {
    /// Pulse intervals per gate.
    public var pulses: Int
    /// Number of contiguous gates.
    public var gates: Int
    /// Expected length of one gate, s.
    public var gateSeconds: Double
    /// Expected expanded uncertainty of the mean error, percent, when the meter itself does not scatter.
    public var expectedU: Double

    /// A plan by its numbers.
    public init(pulses: Int, gates: Int, gateSeconds: Double, expectedU: Double) {
        self.pulses = pulses
        self.gates = gates
        self.gateSeconds = gateSeconds
        self.expectedU = expectedU
    }

    /// Edges that must have come in, with nothing missing or doubled.
    public var edges: Int { pulses * gates + 1 }
    /// Expected time from the first to the last edge, s.
    public var seconds: Double { gateSeconds * Double(gates) }
}

/// Chooses gates so that the uncertainty asked for is reached in the shortest time.
public enum PulsePlanner {
    /// Temperature assumed while planning, °C: at the edge of the 23 °C ± 2 °C that accuracy is tested at.
    static let plannedTemperature = 25.0
    /// Where the bench cannot reach what is asked, or nothing is asked, edges may add this much to U.
    static let generousShare = 1.1
    /// At least so many intervals in all: with fewer a missing edge cannot be told from a slow meter.
    static let fewestIntervals = 3
    /// No gate is shorter, s: a hundred periods of the mains. What a meter's pulses scatter over less is its own
    /// matter, unknown before it is measured, and with it the U of few repeats would be a game of chance.
    public static let shortestGate = 2.0
    /// No gate holds more pulses; what needs more asks for what no bench can do.
    static let mostPulses = 1 << 30

    /// Pulses per gate for a point of kind accuracy or repeatability; `referenceConstant` (imp/kWh) adds the resolution
    /// of the reference count where it is known already.
    ///
    /// Jitter at the edges of a gate makes its error scatter by √2·σ/t, because the reference count is latched when the
    /// jittering edge arrives; so time follows from the uncertainty asked, and pulses from time, constant and power.
    /// The plan holds with four times the variance expected of the gates, which chance exceeds once in some fifty
    /// points of three repeats. A point that is measured adaptively is planned for all its determinations: so the fixed plan it may cut
    /// short is the one with `SequentialPlan.most` of them.
    public static func plan(
        _ point: TestPoint, bench: BenchDescription, meterConstant: Double, referenceConstant: Double? = nil
    ) throws(BudgetTrouble) -> PulsePlan {
        let need = try Need(point, bench, meterConstant, referenceConstant)
        let floor = need.U(pulses: Double.infinity, cautious: true)
        let goal: Double
        if let target = point.targetU, target >= 1.02 * floor { goal = target } else { goal = generousShare * floor }
        func enough(_ pulses: Int) -> Bool {
            need.U(pulses: Double(pulses), cautious: true) <= goal && need.steadyEnough(pulses: Double(pulses))
        }
        let gates = point.mostDeterminations
        let shortest = min((shortestGate / need.secondsPerPulse).rounded(.up), Double(mostPulses))
        var high = max(Int(shortest), (fewestIntervals + gates - 1) / gates)
        var low = high - 1
        while !enough(high), high < mostPulses {
            low = high
            high *= 2
        }
        while high - low > 1 {
            let middle = (low + high) / 2
            if enough(middle) { high = middle } else { low = middle }
        }
        return PulsePlan(
            pulses: high, gates: gates, gateSeconds: Double(high) * need.secondsPerPulse,
            expectedU: need.U(pulses: Double(high), cautious: false))
    }

    /// The expanded uncertainty that the bench can reach at a point for meters of a type, percent; `nil` where the kind
    /// has none or bench and load do not fit.
    public static func reachableU(_ point: TestPoint, bench: BenchDescription, meter: MeterType) -> Double? {
        switch point.kind {
        case .accuracy, .repeatability, .event:
            guard let constant = meter.constant(point) else { return nil }
            return try? plan(point, bench: bench, meterConstant: constant.pulsesPerKilowattHour).expectedU
        case .register:
            guard let builder = try? BudgetBuilder(point, bench), let energy = point.energy, energy > 0,
                let register = meter.register(RegisterError.role(point)),
                let resolution = RegisterError.resolution(register)
            else { return nil }
            return builder.register(
                resolution: resolution, energy: energy / 3.6e6, temperature: plannedTemperature
            ).expandedUncertainty
        case .directions:
            let register = RegisterError.roles(point).compactMap(meter.register).compactMap(RegisterError.resolution)
                .max()
            guard let builder = try? BudgetBuilder(point.oneWay, bench), let register, let energy = point.energy,
                energy > 0
            else { return nil }
            return builder.register(
                resolution: register, energy: energy / 3.6e6, temperature: plannedTemperature
            ).expandedUncertainty
        case .warmUp, .noLoad, .starting, .influence, .radioDutyCycle: return nil
        }
    }

    /// The shortest time a point can take once the load has settled, s: the lower bound of bench efficiency.
    ///
    /// For pulses: all gates, and the wait for the first edge of the last of M free-running meters, M/(M + 1) of a
    /// pulse interval; at least the time in which the edge jitter falls below a fifth of the limit. Warm-up and no-load
    /// take their time, starting two pulses, a register test its energy. `determinations` where a point took fewer than planned.
    public static func minimumDwell(
        _ point: TestPoint, bench: BenchDescription, meterConstant: Double?, referenceConstant: Double? = nil,
        positions: Int, determinations: Int? = nil
    ) -> Double {
        let power = point.power
        let wait = Double(positions) / Double(positions + 1)
        switch point.kind {
        case .warmUp, .noLoad, .radioDutyCycle: return point.duration ?? 0
        case .starting:
            guard let meterConstant, power > 0 else { return point.duration ?? 0 }
            // The first pulse ends the wait; the others follow it.
            return (Double(Evaluator.startingPulses - 1) + wait) * 3.6e6 / (meterConstant * power)
        case .directions:
            let power = point.oneWay.power
            return point.duration ?? (power > 0 ? (point.energy ?? 0) / power : 0)
        case .register:
            guard let energy = point.energy, power > 0 else { return 0 }
            return energy / power
        case .accuracy, .repeatability, .influence, .event:
            guard power > 0, let meterConstant,
                let plan = try? plan(
                    point, bench: bench, meterConstant: meterConstant, referenceConstant: referenceConstant)
            else { return 0 }
            let pulses =
                plan.gateSeconds * Double(determinations ?? plan.gates) + wait * 3.6e6 / (meterConstant * power)
            let jitter = bench.instrument(.pulseCounter)?.counter?.edgeJitter ?? 0
            guard let limit = point.limit?.magnitude, limit > 0 else { return pulses }
            return max(pulses, jitter / (limit / 5 / 100))
        }
    }

    /// What the search for the number of pulses needs to know of a point.
    private struct Need {
        let fixed: Double, stability: Double
        let counter: CounterSpecification
        let gates: Int
        let secondsPerPulse: Double, countsPerPulse: Double
        let mostScatter: Double?

        init(_ point: TestPoint, _ bench: BenchDescription, _ meterConstant: Double, _ referenceConstant: Double?)
            throws(BudgetTrouble)
        {
            let builder = try BudgetBuilder(point, bench)
            guard let counter = builder.counter else {
                throw BudgetTrouble(reason: "the pulse counter states no edge jitter")
            }
            guard meterConstant > 0 else { throw BudgetTrouble(reason: "the meter has no pulse output") }
            self.counter = counter
            fixed = Budget.root(builder.standardLines(temperature: PulsePlanner.plannedTemperature))
            stability = builder.stability
            gates = point.mostDeterminations
            secondsPerPulse = 3.6e6 / (meterConstant * builder.power)
            countsPerPulse = referenceConstant.map { $0 / meterConstant } ?? .infinity
            // The bench's own scatter must not decide a repeatability test: at most a third of a tenth of the limit.
            mostScatter = point.kind == .repeatability ? point.limit.map { $0.magnitude / 30 } : nil
        }

        func scatter(_ pulses: Double) -> GateScatter {
            GateScatter(counter: counter, seconds: pulses * secondsPerPulse, counts: pulses * countsPerPulse)
        }

        /// U for so many pulses per gate; cautious: as if the gates had scattered with four times the variance
        /// expected.
        func U(pulses: Double, cautious: Bool) -> Double {
            let n = Double(gates)
            let edge = scatter(pulses).edge
            let known = fixed * fixed + stability * stability + 2 * edge / (n * n)
            let chance = cautious && gates > 1 ? 3 * 2 * edge * (n + 1) / (n * n) : 0
            let budget = Budget(lines: [
                Self.line(known.squareRoot(), nil), Self.line(chance.squareRoot(), n - 1),
            ])
            return budget.expandedUncertainty
        }

        private static func line(_ u: Double, _ dof: Double?) -> BudgetLine {
            BudgetLine(
                name: dof == nil ? "known" : "chance", distribution: dof == nil ? "normal" : "type A",
                standardUncertainty: u, unit: "%", sensitivity: 1, degreesOfFreedom: dof)
        }

        func steadyEnough(pulses: Double) -> Bool {
            guard let mostScatter else { return true }
            return (2 * scatter(pulses).edge).squareRoot() <= mostScatter
        }
    }
}
