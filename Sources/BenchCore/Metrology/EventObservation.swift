/// Registers and log of a meter around voltage events, and what a digitizer saw of them.
public struct EventObservation: Sendable, Hashable, Codable {
    /// What the meter's own log said at one moment; `nil` where the type has no such register.
    public struct LogReading: Sendable, Hashable, Codable {
        /// Events counted since ever.
        public var count: Double
        /// Duration of the last, s, and its residual voltage in percent of Un.
        public var duration: Double?, residual: Double?

        /// A reading by its numbers.
        public init(count: Double, duration: Double?, residual: Double?) {
            self.count = count
            self.duration = duration
            self.residual = residual
        }
    }
    /// One firing.
    public struct Firing: Sendable, Hashable, Codable {
        /// What class A detection found since; times in s since sampling was judged.
        public var seen: [VoltageEvent]
        /// Rapid voltage changes since.
        public var changes: [RapidVoltageChange]
        /// Seconds from the end of the event to the meter's first answer, and how many requests that took; `nil` where none came in time or none was
        /// asked for.
        public var answered: Double?, requests: Int
        /// The tested register right before and after it, kWh; the log after it, where the type has one.
        public var earlier: Double?, register: Double?, log: LogReading?

        /// A firing by its parts.
        public init(
            seen: [VoltageEvent], changes: [RapidVoltageChange] = [], answered: Double?, requests: Int,
            earlier: Double?, register: Double?,
            log: LogReading?
        ) {
            self.changes = changes
            self.earlier = earlier
            self.seen = seen
            self.answered = answered
            self.requests = requests
            self.register = register
            self.log = log
        }
    }
    /// The firings, in order.
    public var firings: [Firing]
    /// The register of the direction, and that of the other one, read without current before and after all.
    public var tested: RegisterPair, still: [RegisterPair]
    /// Energy by the reference standard over the same time, W·s, without sign; power before the first event, W.
    public var referenceEnergy: Double, power: Double
    /// Gates before the first event and after the last; `nil` without current.
    public var before: PulseObservation?, after: PulseObservation?
    /// From an edge before the first event to one after the last, with all pulses that came; `nil` without current.
    public var during: PulseGate?
    /// The log before the first event; `nil` where the type has none.
    public var log: LogReading?
    /// Air temperature, °C, where known.
    public var temperature: Double?

    /// An observation by its parts.
    public init(
        firings: [Firing], tested: RegisterPair, still: [RegisterPair], referenceEnergy: Double, power: Double,
        before: PulseObservation?, after: PulseObservation?, during: PulseGate?, log: LogReading?, temperature: Double?
    ) {
        self.firings = firings
        self.tested = tested
        self.still = still
        self.referenceEnergy = referenceEnergy
        self.power = power
        self.before = before
        self.after = after
        self.during = during
        self.log = log
        self.temperature = temperature
    }
}
