public import BenchCore
internal import Synchronization

/// The physics of a simulated bench: one source, one standard, one counter, and the meters, with the truth known.
///
/// Time is what callers say it is (bench seconds, never backwards). Between two changes of load everything is a
/// formula: hours without load cost nothing, and pulses are computed only when somebody asks for them. Equal
/// descriptions, seeds and calls give equal answers to the last bit.
public final class World: Sendable {
    /// The description that it plays.
    public let description: WorldDescription
    /// The bench that it plays.
    public let bench: BenchDescription
    /// The types of the meters.
    public let types: [String: MeterType]
    private let state: Mutex<WorldState>

    /// A world at rest: source off, contactor open where there is one.
    public init(_ description: WorldDescription, bench: BenchDescription, types: [String: MeterType]) {
        self.description = description
        self.bench = bench
        self.types = types
        state = Mutex(WorldState(description, bench: bench, types: types))
    }

    /// Does something at a moment: the world moves on to it first.
    func at<T>(_ moment: BenchInstant, _ body: (inout WorldState, Double) -> T) -> T {
        state.withLock { state in
            state.advance(moment.seconds)
            return body(&state, state.now)
        }
    }
}

/// What a device's power curve counted before the present piece, and its view of the present piece.
struct View: Sendable {
    var power: CountedPower
    /// Energy until the beginning of the piece, W·s.
    var forward = 0.0, reverse = 0.0

    mutating func close(_ t: Double, _ fluctuation: (Double) -> Double) {
        let e = power.energy(t, fluctuation: fluctuation)
        forward += e.forward
        reverse += e.reverse
    }
    func energy(_ t: Double, _ fluctuation: (Double) -> Double) -> (forward: Double, reverse: Double) {
        let e = power.energy(t, fluctuation: fluctuation)
        return (forward + e.forward, reverse + e.reverse)
    }
}

/// Voltage and current of one phase on their way from one value to the next.
struct PhaseCourse: Sendable {
    /// Values aimed at, and what is still missing at the beginning of the piece (effective values as phasors, V and A).
    var voltage = Complex.zero, current = Complex.zero
    var voltageGap = Complex.zero, currentGap = Complex.zero

    /// Voltage and current at z = exp(−t/τ).
    func at(_ z: Double) -> (voltage: Complex, current: Complex) {
        (voltage + z * voltageGap, current + z * currentGap)
    }
    /// The three terms of complex power P + jQ: steady, with z, with z².
    var power: (a: Complex, b: Complex, c: Complex) {
        (
            voltage * current.conjugate, voltage * currentGap.conjugate + voltageGap * current.conjugate,
            voltageGap * currentGap.conjugate
        )
    }
}

/// Everything that changes in a world.
struct WorldState: Sendable {
    let description: WorldDescription
    let types: [String: MeterType]
    let specification: SourceRange?
    let counterSpecification: CounterSpecification
    let hasContactor: Bool

    // The source.
    /// What was stored over a wire, before it is checked.
    var staged = LoadSetting(
        frequency: 50,
        phases: Array(repeating: PhaseLoad(voltage: 0, voltageAngle: 0, current: 0, currentLag: 0), count: 3))
    var prepared: LoadSetting?
    var applied: LoadSetting?
    var on = false
    var fault: String?
    var settledFrom = 0.0
    var firstOn: Double?
    let sourceErrors: [SourceError]
    let fluctuation: Wander
    var contactorClosed: Bool
    /// Where the contactor is stuck: closed, open, or `nil` when it works.
    var contactorStuck: Bool?
    /// The outputs of the source do not switch off any more.
    var outputsStuck = false

    // The air.
    let temperatureWander: Wander
    var temperatureShift = 0.0
    var frequencyShift = 0.0
    var extraDistortion = 0.0
    let thermometerError: Double

    // The present piece.
    var now = 0.0
    var begin = 0.0, tau = 1.0, fluctuationAtBegin = 0.0
    var phases = [PhaseCourse](repeating: PhaseCourse(), count: 3)
    var effects = [ShapeEffect](repeating: ShapeEffect(), count: 3)

    /// The event that is fired, and what of it is still to come.
    var event: PlayedEvent?
    var eventMoments: [(at: Double, what: EventMoment)] = []
    /// The pieces so far, the newest last: what a digitizer looks back at.
    var pieces: [Piece] = []

    // The standard.
    var standard: SimulatedStandard
    var standardView: View
    /// Reference pulses until the beginning of the piece, and forward + reverse energy there.
    var referencePulses = 0.0
    var energyStart: (forward: Double, reverse: Double)?

    // The counter.
    let clockOffset: Double, clockRate: Double

    // The meters.
    var meters: [MeterState] = []
    var index: [Int: Int] = [:]
    var channels: [Int: Int] = [:]
    /// Meters by the channel of their reactive output.
    var reactiveChannels: [Int: Int] = [:]
    /// What the standard counts, and whether it can count reactive energy.
    var counted = EnergyKind.active
    let countsReactive: Bool
    /// The standard's view of each phase, where it keeps them apart; energies when its integrator was started.
    var standardPhases: [View] = []
    var phasesStart: [(forward: Double, reverse: Double)] = []

    /// Faults with a time, in order.
    var pending: [PlannedFault]
    var gates: [FaultPlace: FaultGate] = [:]

    /// A stretch of time with one course of voltages and currents.
    struct Piece: Sendable {
        var begin: Double, tau: Double, phases: [PhaseCourse]
    }

    /// How one phase of the source is off.
    struct SourceError: Sendable {
        var voltage: Double, current: Double, angle: Double
    }

    init(_ description: WorldDescription, bench: BenchDescription, types: [String: MeterType]) {
        self.description = description
        self.types = types
        specification = bench.instrument(.referenceSource)?.source
        counterSpecification =
            bench.instrument(.pulseCounter)?.counter
            ?? CounterSpecification(edgeJitter: 0, referenceResolution: 1, channels: bench.positions.count)
        hasContactor = bench.instrument(.contactor) != nil
        contactorClosed = !hasContactor
        let seed = description.seed
        var random = SeededGenerator(seed: seed, label: "source")
        let bound = description.source.error / 100
        sourceErrors = (0..<3).map { _ in
            SourceError(
                voltage: random.uniform(in: -1...1) * bound, current: random.uniform(in: -1...1) * bound,
                angle: random.uniform(in: -1...1) * bound * 180 / .pi)
        }
        fluctuation = Wander(
            standardDeviation: description.source.noise / 100, periods: [1.7, 7.3, 31, 127, 900], random: &random)
        var air = SeededGenerator(seed: seed, label: "air")
        temperatureWander = Wander(
            standardDeviation: description.ambient.wander, periods: [780, 2700], random: &air)
        thermometerError = air.normal() * (bench.instrument(.environment)?.climate?.temperatureU ?? 0) / 2
        standard = SimulatedStandard(bench.instrument(.referenceStandard), seed: seed)
        countsReactive = bench.instrument(.referenceStandard)?.reactive != nil
        var clock = SeededGenerator(seed: seed, label: "counter")
        clockOffset = clock.uniform(in: 0...1000)
        clockRate = 1 + clock.uniform(in: -2e-6...2e-6)
        let idle = CountedPower(curve: PowerCurve(start: 0, tau: 1), threshold: 0, creep: 0) { _ in 0 }
        standardView = View(power: idle)
        if bench.instrument(.referenceStandard)?.splitsEnergy == true {
            standardPhases = [View](repeating: View(power: idle), count: 3)
        }
        pending = description.faults.filter { $0.at != nil && $0.kind.isPhysical }
            .sorted { ($0.at ?? 0) < ($1.at ?? 0) }
        let memory = description.faults.reduce(65_536) { memory, fault in
            if case .memory(let edges) = fault.kind { return edges }
            return memory
        }
        for meter in description.meters {
            guard let type = types[meter.type] else { continue }
            index[meter.position] = meters.count
            if let position = bench.positions.first(where: { $0.number == meter.position }) {
                channels[position.channel] = meters.count
                if let channel = position.reactiveChannel { reactiveChannels[channel] = meters.count }
            }
            meters.append(
                MeterState(
                    meter, type: type, seed: seed, jitter: counterSpecification.edgeJitter, memory: memory, idle: idle))
        }
        for fault in description.faults where fault.kind.isOnTheWire {
            gates[fault.place, default: FaultGate()].faults.append(fault)
        }
        for fault in description.faults where fault.at == nil && fault.kind.isPhysical { begin(fault) }
        startPiece(0, tau: 1) { _, _ in }
    }
}

/// A meter of the world.
struct MeterState: Sendable {
    let truth: SimulatedMeter
    let type: MeterType
    /// (1 + gain)·exp(−j·phase) of each phase.
    let factors: [Complex]
    let threshold: Double
    var view: View
    var train: PulseOutput
    /// The same of reactive energy; forward is +Q.
    var reactiveView: View
    /// Views of the single phases, where registers or the sign for reverse flow need them; and what the pulse output counts where that is not
    /// the power of all phases together.
    var phaseViews: [View] = []
    var pulsePower: CountedPower?
    /// How the registers add the phases; whether the last load was exported.
    let summation: Summation
    var exported = false
    var reactiveTrain: PulseOutput
    /// Reactive energy by quadrant until the beginning of the piece, var·s.
    var quadrants: [Quadrant: Double] = [:]
    /// kWh on the registers when the world began.
    let importStart: Double, exportStart: Double
    /// Without supply; counting nothing; change of its error, percent; what its registers lost, kWh.
    var isDown = false, isDeaf = false, drift = 0.0, registerShift = 0.0
    /// What its log of voltage events shows: how many, and the last.
    var logged = EventObservation.LogReading(count: 0, duration: nil, residual: nil)

    init(
        _ meter: SimulatedMeter, type: MeterType, seed: UInt64, jitter: Double, memory: Int, idle: CountedPower
    ) {
        truth = meter
        self.type = type
        summation = meter.summation ?? type.summation ?? .vectorial
        if summation != .vectorial || type.register(.reverseFlow) != nil {
            phaseViews = [View](repeating: View(power: idle), count: 3)
        }
        factors = (0..<3).map { p in
            guard type.nameplate.wiring.phases.contains(p + 1) else { return .zero }
            return Complex(
                magnitude: 1 + (meter.gain + meter.phaseGains[p]) / 100, degrees: -(meter.phase + meter.phaseAngles[p]))
        }
        let n = type.nameplate
        threshold =
            meter.threshold
            ?? 0.0004 * n.nominalVoltage.value * n.nominalCurrent.value * Double(n.wiring.elements)
        view = View(power: idle)
        reactiveView = view
        train = PulseOutput(meter: meter, type: type, counterJitter: jitter, memory: memory, seed: seed)
        reactiveTrain = PulseOutput(
            meter: meter, type: type, counterJitter: jitter, memory: memory, seed: seed, energy: .reactive)
        var random = SeededGenerator(seed: seed, label: "registers of position \(meter.position)")
        let drawn = (random.uniform(in: 0...50), random.uniform(in: 0...50))
        importStart = meter.registerStart ?? drawn.0
        exportStart = meter.registerStart ?? drawn.1
    }
}
