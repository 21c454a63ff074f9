extension Instrument {
    /// The entries of the instrument's error queue, oldest first, which are gone from it then; empty where it has none.
    public func errors() async throws -> [String] { [] }
}

/// What an error calculator is told about one meter.
public struct ErrorCalculation: Sendable, Codable, Hashable {
    /// Constant of the meter and of the reference, imp/kWh; the latter `nil` where the instrument uses its own.
    public var meterConstant: Double, referenceConstant: Double?
    /// Pulses of the meter in one measurement.
    public var pulses: Int
    /// Input that the meter's pulses come in by, 1-based.
    public var input: Int
    /// Whether it goes on measuring after the first result.
    public var continuous: Bool

    /// A calculation by its parts.
    public init(meterConstant: Double, referenceConstant: Double?, pulses: Int, input: Int, continuous: Bool) {
        self.meterConstant = meterConstant
        self.referenceConstant = referenceConstant
        self.pulses = pulses
        self.input = input
        self.continuous = continuous
    }
}

/// Where an error calculator is.
public struct ErrorState: Sendable, Codable, Hashable {
    /// Stages of a measurement.
    public enum Stage: String, Sendable, Codable, Hashable, CaseIterable {
        case idle, waiting, running, finished, aborted
    }
    /// The stage.
    public var stage: Stage
    /// Percentage error of the last finished measurement; `nil` before the first.
    public var error: Double?
    /// How far the running measurement is, 0 … 1; `nil` where the instrument does not say.
    public var progress: Double?

    /// A state by its parts.
    public init(stage: Stage, error: Double?, progress: Double?) {
        self.stage = stage
        self.error = error
        self.progress = progress
    }
}

/// An instrument that compares a meter's pulses with a reference and states the percentage error itself.
public protocol ErrorCalculator: Instrument {
    /// Sets constants, input and pulses, and starts. Throws `Fault(.refused)` for what it cannot do.
    func start(_ calculation: ErrorCalculation) async throws
    /// Where it is.
    func state() async throws -> ErrorState
    /// Ends the measurement; voltages and currents stay.
    func abort() async throws
}

/// A frequency as counted.
public struct FrequencyReading: Sendable, Codable, Hashable {
    /// Hz, and the gate in s over which it is the mean.
    public var frequency: Double, gate: Double

    /// A reading by its parts.
    public init(frequency: Double, gate: Double) {
        self.frequency = frequency
        self.gate = gate
    }
}

/// A frequency counter at the clock output of a meter.
public protocol ClockCounter: Instrument {
    /// Counts at a channel over a gate, s; returns when the gate is over. Throws `Fault(.noPulses)` without a signal.
    func frequency(channel: Int, gate: Double) async throws -> FrequencyReading
}

/// How a receiver is set to watch one frequency over time.
public struct ZeroSpan: Sendable, Codable, Hashable {
    /// Centre frequency, Hz; resolution bandwidth, Hz; duration of one sweep, s; reference level, dBm.
    public var center: Double, bandwidth: Double, duration: Double, referenceLevel: Double

    /// A setting by its parts.
    public init(center: Double, bandwidth: Double, duration: Double, referenceLevel: Double) {
        self.center = center
        self.bandwidth = bandwidth
        self.duration = duration
        self.referenceLevel = referenceLevel
    }
}

/// Power over time at one frequency.
public struct PowerTrace: Sendable, Codable, Hashable {
    /// Seconds between two points.
    public var interval: Double
    /// dBm, in order of time.
    public var power: [Double]
    /// The setting that was really in force.
    public var setting: ZeroSpan

    /// A trace by its parts.
    public init(interval: Double, power: [Double], setting: ZeroSpan) {
        self.interval = interval
        self.power = power
        self.setting = setting
    }
}

/// A receiver or spectrum analyzer that watches what a meter transmits.
public protocol RFReceiver: Instrument {
    /// Centre frequencies it can be set to, Hz.
    var frequencies: ClosedRange<Double> { get }
    /// Takes one sweep in zero span with the RMS detector; returns when it is complete. Throws `Fault(.refused)` for what it cannot do.
    func sweep(_ setting: ZeroSpan) async throws -> PowerTrace
}

/// What an interlock loop says.
public struct InterlockState: Sendable, Codable, Hashable {
    /// Whether the loop is closed: doors shut, emergency stop not pressed.
    public var closed: Bool
    /// What is open, in words, where the loop has more than one contact.
    public var open: [String]

    /// A state by its parts.
    public init(closed: Bool, open: [String]) {
        self.closed = closed
        self.open = open
    }
}

/// Doors, covers and emergency stop: nothing is energised while it is open.
public protocol Interlock: Instrument {
    /// How the loop is now.
    func state() async throws -> InterlockState
}

/// What a signal lamp shows.
public enum LampSignal: String, Sendable, Codable, Hashable, CaseIterable { case off, ready, energised, fault }

/// A signal lamp that tells people around the bench whether it is live.
public protocol SignalLamp: Instrument {
    /// Shows a signal until the next.
    func show(_ signal: LampSignal) async throws
}
