internal import BenchCore

#if canImport(Glibc)
    import Glibc
#endif

/// The pulse output of one meter, as a channel of the counter sees it: an edge whenever the energy counted by the meter
/// reaches the next multiple of 3.6 · 10⁶ / k watt-seconds.
///
/// Random parts, all drawn edge by edge in a fixed order, so that polling changes nothing:
/// - the meter's noise is a random walk of its energy: over a time T the mean power is off by σ·√(1 s / T);
/// - each edge is stamped with the jitter of counter and meter (normal);
/// - an edge can be lost, or come twice.
struct PulseOutput: Sendable {
    /// What turns a true time into what the counter writes down.
    struct Stamp {
        /// Counter's clock (ns) of a bench time.
        var tick: (Double) -> Int64
        /// Reference pulses counted until a bench time.
        var count: (Double) -> Double
    }

    private var random: SeededGenerator
    private let noise: Double, jitter: Double, missing: Double, double: Double
    /// Pulses that one watt-second makes, forward and reverse.
    private let forwardRate: Double, reverseRate: Double
    /// How many edges a channel keeps.
    private let memory: Int

    /// Pulses (with fraction) from the beginning of the world until the beginning of the present piece.
    private(set) var phase: Double
    private var armed = false
    /// The count at which the next edge comes, without and with noise.
    private var next = 0.0, walk = 0.0
    private var lastTime = 0.0, lastStamp = -Double.infinity
    /// Edges kept, and the number of the first of them.
    private(set) var edges: [PulseEdge] = []
    private(set) var first = 0

    init(
        meter: SimulatedMeter, type: MeterType, counterJitter: Double, memory: Int, seed: UInt64,
        energy: EnergyKind = .active
    ) {
        let label = (energy == .reactive ? "reactive " : "") + "pulses of position \(meter.position)"
        random = SeededGenerator(seed: seed, label: label)
        noise = meter.noise / 100
        jitter = (counterJitter * counterJitter + meter.jitter * meter.jitter).squareRoot()
        missing = meter.missingPulses / 100
        double = meter.doublePulses / 100
        func rate(_ direction: EnergyDirection) -> Double {
            guard let constant = type.constant(direction, energy) else { return 0 }
            let own = energy == .active ? meter.constant : meter.reactiveConstant
            return (own ?? constant.pulsesPerKilowattHour) / 3.6e6
        }
        forwardRate = rate(.import)
        reverseRate = rate(.export)
        self.memory = memory
        phase = random.uniform()
    }

    /// Whether edges are stamped.
    var isArmed: Bool { armed }
    /// Number of edges since arming.
    var count: Int { first + edges.count }

    private func pulses(_ energy: (forward: Double, reverse: Double)) -> Double {
        forwardRate * energy.forward + reverseRate * energy.reverse
    }

    /// Forgets all edges and begins to stamp at `t`.
    mutating func arm(_ t: Double, power: CountedPower, fluctuation: (Double) -> Double) {
        armed = true
        edges.removeAll(keepingCapacity: true)
        first = 0
        walk = 0
        next = (phase + pulses(power.energy(t, fluctuation: fluctuation))).rounded(.down) + 1
        lastTime = t
        lastStamp = t
    }

    /// The count jumps on by so many pulses, which come at once.
    mutating func invent(_ pulses: Double) { phase += pulses }

    /// Stops stamping; what was stamped stays readable.
    mutating func disarm() { armed = false }

    /// Moves the beginning of the piece to `t`, after the edges until then were generated.
    mutating func close(_ t: Double, power: CountedPower, fluctuation: (Double) -> Double) {
        phase += pulses(power.energy(t, fluctuation: fluctuation))
    }

    /// Stamps all edges until `t`.
    mutating func generate(until t: Double, power: CountedPower, fluctuation: (Double) -> Double, stamp: Stamp) {
        guard armed else { return }
        let total = phase + pulses(power.energy(t, fluctuation: fluctuation))
        // Noise of one pulse interval, in pulses: σ·√(1 s / Δt) with Δt = 1 / rate.
        let steady = power.curve.a
        let step = noise * (abs(steady) * (steady < 0 ? reverseRate : forwardRate)).squareRoot()
        var span = 0
        var reached = phase
        while next - walk <= total {
            let target = next - walk
            // The stretch in which the count passes the target.
            while span < power.spans.count - 1 {
                let end = phase + pulses(power.energy(power.spans[span].end, fluctuation: fluctuation))
                if end >= target { break }
                reached = end
                span += 1
            }
            let time = moment(target, reached, span, t, power, fluctuation)
            lastTime = max(time, lastTime)
            write(lastTime, stamp)
            next += 1
            walk += step * random.normal()
        }
    }

    /// The bench time at which the count reaches `target` inside a stretch that begins with `reached`.
    private func moment(
        _ target: Double, _ reached: Double, _ span: Int, _ limit: Double, _ power: CountedPower,
        _ fluctuation: (Double) -> Double
    ) -> Double {
        let s = power.spans[span]
        let rate = s.sign < 0 ? reverseRate : forwardRate
        guard rate > 0 else { return s.begin }
        if s.sign == 0 {
            return power.creep > 0 ? s.begin + (target - reached) / (rate * power.creep) : s.begin
        }
        let energy = s.sign * (target - reached) / rate + s.offset
        var low = max(s.begin, min(lastTime, limit))
        var high = min(s.end, limit)
        if high < low { return low }
        var x = low + (power.curve.a != 0 ? 1 / (abs(power.curve.a) * rate) : 0)
        if !(x > low && x < high) { x = 0.5 * (low + high) }
        for _ in 0..<100 {
            let short = s.sign * (energy - power.curve.energy(x, fluctuation: fluctuation(x)))
            if short > 0 { low = max(low, x) } else { high = min(high, x) }
            let slope = abs(power.curve.power(x))
            var better = slope > 0 ? x + short / slope : 0.5 * (low + high)
            if !(better >= low && better <= high) { better = 0.5 * (low + high) }
            // A tenth of a nanosecond.
            if abs(better - x) < 1e-10 { return better }
            x = better
        }
        return x
    }

    private mutating func write(_ time: Double, _ stamp: Stamp) {
        let shift = jitter * random.normal()
        let luck = random.uniform()
        if luck < missing { return }
        // A counter cannot stamp two edges of one channel within a microsecond.
        let at = max(time + shift, lastStamp + 1e-6)
        append(at, stamp)
        if luck >= 1 - double { append(at + 2e-3, stamp) }
    }

    private mutating func append(_ at: Double, _ stamp: Stamp) {
        lastStamp = at
        if edges.count >= memory {
            // Forget an eighth at once: cheaper than one by one.
            let gone = max(1, memory / 8)
            edges.removeFirst(gone)
            first += gone
        }
        edges.append(PulseEdge(tick: stamp.tick(at), referenceCount: stamp.count(at)))
    }
}
