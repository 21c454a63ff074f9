public import BenchCore

/// The truth behind a simulated bench, as its file says it: nothing of this is known to the program that measures.
public struct WorldDescription: Sendable, Hashable {
    /// The world's identifier.
    public var id: String
    /// Everything random follows from this number.
    public var seed: UInt64
    /// The air at the meters.
    public var ambient: AmbientTruth
    /// The source.
    public var source: SourceTruth
    /// The meters, in order of position.
    public var meters: [SimulatedMeter]
    /// What goes wrong, and when.
    public var faults: [PlannedFault]
    /// Instruments and positions that the simulator leaves alone, because something else hangs on their wires.
    public var notPlayed: Set<FaultPlace>
    /// How long every instrument and meter thinks before it answers a model call, s of bench time.
    public var replyTime: Double

    /// A world by its parts.
    public init(
        id: String, seed: UInt64, ambient: AmbientTruth = AmbientTruth(), source: SourceTruth = SourceTruth(),
        meters: [SimulatedMeter], faults: [PlannedFault] = [], notPlayed: Set<FaultPlace> = [], replyTime: Double = 0
    ) {
        self.id = id
        self.seed = seed
        self.ambient = ambient
        self.source = source
        self.meters = meters
        self.faults = faults
        self.notPlayed = notPlayed
        self.replyTime = replyTime
    }
}

/// The air at the meters: a mean value with a slow wander.
public struct AmbientTruth: Sendable, Hashable {
    /// Mean temperature, °C.
    public var temperature: Double
    /// Relative humidity, percent.
    public var humidity: Double
    /// Standard deviation of the slow wander of the temperature, K.
    public var wander: Double

    /// Air by its numbers.
    public init(temperature: Double = 23, humidity: Double = 45, wander: Double = 0.2) {
        self.temperature = temperature
        self.humidity = humidity
        self.wander = wander
    }
}

/// How far the source's output is from what was asked of it.
public struct SourceTruth: Sendable, Hashable {
    /// Time until a step is settled within 0.01 %, s.
    public var settle: Double
    /// Bound of the amplitude errors, percent; each phase has its own, drawn evenly within it.
    public var error: Double
    /// Standard deviation of the power's fluctuation about its mean, percent.
    public var noise: Double
    /// Total harmonic distortion of the voltages, percent.
    public var distortion: Double

    /// A source by its numbers.
    public init(settle: Double = 1.5, error: Double = 0.02, noise: Double = 0.005, distortion: Double = 0.3) {
        self.settle = settle
        self.error = error
        self.noise = noise
        self.distortion = distortion
    }
}

/// A meter with its planted errors.
public struct SimulatedMeter: Sendable, Hashable {
    /// 1-based position on the bench.
    public var position: Int
    /// Identifier of its meter type.
    public var type: String
    /// The serial number it answers.
    public var serial: String
    /// Error of amplitude, percent.
    public var gain = 0.0
    /// The angle by which the meter sees the current lag too little, degrees: at 0.5 ind the error is phase · tan 60°.
    public var phase = 0.0
    /// Error of amplitude of reactive energy beside that of active energy, percent.
    public var reactiveGain = 0.0
    /// Angle beside `phase` by which reactive energy sees the current lag too little, degrees.
    public var reactivePhase = 0.0
    /// Reactive power that it adds whatever the direction (a third per phase that carries current), var.
    public var reactiveOffset = 0.0
    /// The constant of its reactive output, imp/kvarh; `nil`: the one on its nameplate.
    public var reactiveConstant: Double?
    /// Power that it adds whatever the direction of energy (a third per phase that carries current), W.
    public var offset = 0.0
    /// Further error of amplitude of each phase, percent.
    public var phaseGains = [0.0, 0.0, 0.0]
    /// Further angle of each phase, degrees.
    public var phaseAngles = [0.0, 0.0, 0.0]
    /// How far influence quantities move its error, percent: voltage per 10 % of Un, frequency per 2 % of fn, temperature per kelvin from 23 °C, the
    /// others at the size of the standards' tests.
    public var influences: [Influence: Double] = [:]
    /// Short-term noise: standard deviation of the mean power that its pulses show over one second, percent.
    public var noise = 0.0
    /// Power below which nothing is registered, W; `nil` stands for 0.04 % of Un · In per element.
    public var threshold: Double?
    /// Power that it registers as import below the threshold while voltage is on, W.
    public var creep = 0.0
    /// The constant it really has, imp/kWh; `nil`: the one on its nameplate.
    public var constant: Double?
    /// Error of its registers against its pulses, percent.
    public var registerGain = 0.0
    /// Step of its energy registers, in the registers' own unit; `nil`: that of its type.
    public var registerResolution: Double?
    /// Energy registers when the world begins, kWh; `nil`: drawn from the seed, 0 … 50 kWh.
    public var registerStart: Double?
    /// Whether import and export registers are exchanged.
    public var swappedRegisters = false
    /// How its registers add the phases; `nil`: as its type says.
    public var summation: Summation?
    /// Power that it registers as import below the threshold where the last load was exported, W.
    public var creepAfterExport = 0.0
    /// Whether its register of active power has no sign; whether it never tells that energy flows backwards.
    public var unsignedPower = false, blindToReverse = false
    /// Whether the registers of +Q and −Q are exchanged.
    public var swappedReactive = false
    /// Whether exported energy is counted in the import register.
    public var exportAsImport = false
    /// Share of pulses that are lost, percent.
    public var missingPulses = 0.0
    /// Share of pulses that come twice, percent.
    public var doublePulses = 0.0
    /// How it takes dips, interruptions and swells.
    public var events = EventTruth()
    /// Whether its SunSpec chain holds the integer meter model (201 …) instead of the float one (211 …).
    public var integerModel = false
    /// What it transmits; `nil` for a meter without a radio, or one that is silent.
    public var radio: RadioTruth?
    /// Jitter of its pulse edges beyond the counter's own, s.
    public var jitter = 0.0

    /// A meter without errors.
    public init(position: Int, type: String, serial: String) {
        self.position = position
        self.type = type
        self.serial = serial
    }
}

/// What a simulated meter transmits while it has voltage.
public struct RadioTruth: Sendable, Hashable {
    /// Centre frequency, Hz; a transmission begins every so many seconds and lasts so many; its level at the receiver, dBm.
    public var frequency: Double, every: Double, length: Double, level: Double

    /// Transmissions by their numbers.
    public init(frequency: Double, every: Double, length: Double, level: Double = -40) {
        self.frequency = frequency
        self.every = every
        self.length = length
        self.level = level
    }
}

/// Where a planned fault happens.
public enum FaultPlace: Sendable, Hashable, CustomStringConvertible {
    case instrument(String)
    case position(Int)
    case bench

    /// What people read in messages.
    public var description: String {
        switch self {
        case .instrument(let id): return id
        case .position(let number): return "position \(number)"
        case .bench: return "bench"
        }
    }
}

/// A fault that the simulator plays.
public struct PlannedFault: Sendable, Hashable {
    /// What goes wrong.
    public enum Kind: Sendable, Hashable {
        /// No answer.
        case silent
        /// A Modbus exception of this code (1 … 11) instead of the answer.
        case exception(Int)
        /// The right answer, late by seconds (of life on a wire, of bench time in a model).
        case late(Double)
        /// The answer carries another unit id.
        case wrongUnit(Int)
        /// The answer's last byte is wrong.
        case brokenFrame
        /// The answer stops in its middle.
        case halfFrame
        /// The source trips, with this fault word.
        case sourceFault(String)
        /// The counter keeps only so many edges per channel.
        case memory(Int)
        /// The contactor does not open, or does not close, any more.
        case stuckClosed, stuckOpen
        /// The temperature jumps, K.
        case temperatureStep(Double)
        /// The frequency is off, Hz.
        case frequencyShift(Double)
        /// The voltages are distorted by so much more, percent.
        case distortion(Double)
    }
    /// Where.
    public var place: FaultPlace
    /// What.
    public var kind: Kind
    /// When it begins: bench seconds after the source was first switched on; `nil`: it was always so.
    public var at: Double?
    /// Only every n-th request is concerned; 1: all.
    public var every: Int

    /// A fault by place, kind, time and frequency.
    public init(_ place: FaultPlace, _ kind: Kind, at: Double? = nil, every: Int = 1) {
        self.place = place
        self.kind = kind
        self.at = at
        self.every = every
    }
}
