/// What a source can give, as its driver claims; `prepare` refuses everything else before anything is energised.
public struct SourceCapability: Sendable, Codable, Hashable {
    /// Phases with outputs: 1 … 3; loads have zero on the others.
    public var phases: Int
    /// V; currents in A, `nil` where the source has no current outputs; Hz. Zero is possible besides the ranges.
    public var voltage: ClosedRange<Double>, current: ClosedRange<Double>?, frequency: ClosedRange<Double>
    /// Whether amplitudes and angles may differ between the phases.
    public var independentPhases: Bool
    /// Orders of harmonics; `nil` for a source of sines only.
    public var harmonics: ClosedRange<Int>?
    /// Frequencies of interharmonics, Hz.
    public var interharmonics: ClosedRange<Double>?
    /// Modulation frequencies of fluctuation (flicker), Hz.
    public var fluctuation: ClosedRange<Double>?
    /// Durations of dips, swells and interruptions, s.
    public var events: ClosedRange<Double>?

    /// A capability by its parts.
    public init(
        phases: Int, voltage: ClosedRange<Double>, current: ClosedRange<Double>?, frequency: ClosedRange<Double>,
        independentPhases: Bool, harmonics: ClosedRange<Int>? = nil, interharmonics: ClosedRange<Double>? = nil,
        fluctuation: ClosedRange<Double>? = nil, events: ClosedRange<Double>? = nil
    ) {
        self.phases = phases
        self.voltage = voltage
        self.current = current
        self.frequency = frequency
        self.independentPhases = independentPhases
        self.harmonics = harmonics
        self.interharmonics = interharmonics
        self.fluctuation = fluctuation
        self.events = events
    }

    /// Why the source cannot give a shape, as a sentence; `nil` when it can.
    public func refusal(of shape: LoadShape) -> String? {
        for part in shape.parts {
            let name = "L\(part.output.phase)'s \(part.output.quantity.rawValue)"
            for harmonic in part.harmonics {
                guard let harmonics else { return "\(name): harmonics are asked for, and the source gives sines" }
                guard harmonics.contains(harmonic.order) else {
                    return
                        "\(name): order \(harmonic.order) is outside \(harmonics.lowerBound) to \(harmonics.upperBound)"
                }
            }
            for tone in part.interharmonics {
                guard let interharmonics else { return "\(name): the source has no interharmonics" }
                guard interharmonics.contains(tone.frequency) else {
                    return "\(name): \(Decimal.shortest(tone.frequency)) Hz is outside \(Self.text(interharmonics)) Hz"
                }
            }
            if let asked = part.fluctuation {
                guard let fluctuation else { return "\(name): the source cannot modulate" }
                guard fluctuation.contains(asked.frequency) else {
                    return
                        "\(name): a modulation of \(Decimal.shortest(asked.frequency)) Hz is outside \(Self.text(fluctuation)) Hz"
                }
            }
            if let asked = part.event {
                guard let events else { return "\(name): the source has no dips or swells" }
                guard events.contains(asked.duration) else {
                    return "\(name): \(Decimal.shortest(asked.duration)) s is outside \(Self.text(events)) s"
                }
            }
        }
        return nil
    }

    /// Why the source cannot give a load, as a sentence; `nil` when it can.
    public func refusal(of load: LoadSetting) -> String? {
        guard load.phases.count == 3 else { return "a load has three phases, this one has \(load.phases.count)" }
        guard frequency.contains(load.frequency) else {
            return "\(Decimal.shortest(load.frequency)) Hz is outside \(Self.text(frequency)) Hz"
        }
        for (index, phase) in load.phases.enumerated() {
            let name = "L\(index + 1)"
            let numbers = [phase.voltage, phase.voltageAngle, phase.current, phase.currentLag]
            guard numbers.allSatisfy(\.isFinite), phase.voltage >= 0, phase.current >= 0 else {
                return "\(name) is not a load: amplitudes are zero or above, and all numbers finite"
            }
            if index >= phases, phase.voltage > 0 || phase.current > 0 {
                return "\(name) is asked for, and the source has \(phases) phase\(phases == 1 ? "" : "s")"
            }
            if phase.voltage > 0, !voltage.contains(phase.voltage) {
                return "\(name): \(Decimal.shortest(phase.voltage)) V is outside \(Self.text(voltage)) V"
            }
            guard phase.current > 0 else { continue }
            guard let current else { return "\(name): a current is asked for, and the source has no current outputs" }
            if !current.contains(phase.current) {
                return "\(name): \(Decimal.shortest(phase.current)) A is outside \(Self.text(current)) A"
            }
        }
        if !independentPhases, phases == 3 {
            let amplitudes = Set(load.phases.map(\.voltage)).count + Set(load.phases.map(\.current)).count
            guard amplitudes == 2 else { return "amplitudes differ between the phases, and the source has one for all" }
        }
        return nil
    }

    private static func text(_ range: ClosedRange<Double>) -> String {
        "\(Decimal.shortest(range.lowerBound)) to \(Decimal.shortest(range.upperBound))"
    }
}

/// A source that states its limits.
public protocol CapableSource: ReferenceSource {
    /// What it can give.
    var capability: SourceCapability { get }
}

/// What is put on top of the sines of one load: distortion, flicker, and one event.
public struct LoadShape: Sendable, Codable, Hashable {
    /// One output of the source.
    public struct Output: Sendable, Codable, Hashable {
        /// Voltage or current.
        public enum Quantity: String, Sendable, Codable, Hashable, CaseIterable { case voltage, current }
        /// 1 … 3.
        public var phase: Int
        /// Voltage or current.
        public var quantity: Quantity

        /// An output by phase and quantity.
        public init(phase: Int, quantity: Quantity) {
            self.phase = phase
            self.quantity = quantity
        }
    }
    /// One harmonic.
    public struct Harmonic: Sendable, Codable, Hashable {
        /// Order, 2 and above; 0 is a direct component, negative at an angle of 180°.
        public var order: Int
        /// Effective value in percent of that of the fundamental; angle in degrees against the zero crossing of the fundamental.
        public var percent: Double, angle: Double

        /// A harmonic by order, amplitude and angle.
        public init(order: Int, percent: Double, angle: Double) {
            self.order = order
            self.percent = percent
            self.angle = angle
        }
    }
    /// One interharmonic.
    public struct Interharmonic: Sendable, Codable, Hashable {
        /// Hz; amplitude in percent of the fundamental.
        public var frequency: Double, percent: Double

        /// An interharmonic by frequency and amplitude.
        public init(frequency: Double, percent: Double) {
            self.frequency = frequency
            self.percent = percent
        }
    }
    /// A periodic change of the amplitude (flicker).
    public struct Fluctuation: Sendable, Codable, Hashable {
        /// Shape of the modulation.
        public enum Form: String, Sendable, Codable, Hashable, CaseIterable { case rectangular, sinusoidal }
        /// Shape of the modulation.
        public var form: Form
        /// Depth ΔU/U in percent, peak to peak (IEC 61000-4-15, 5); frequency of the modulation, Hz.
        public var depth: Double, frequency: Double

        /// A fluctuation by its parts.
        public init(form: Form, depth: Double, frequency: Double) {
            self.form = form
            self.depth = depth
            self.frequency = frequency
        }
    }
    /// A dip, swell or interruption, fired by `trigger`.
    public struct Event: Sendable, Codable, Hashable {
        /// Amplitude during the event in percent of the amplitude before: 0 is an interruption, above 100 a swell.
        public var residual: Double
        /// Seconds at the residual amplitude, and seconds of each ramp (0: as fast as the source can).
        public var duration: Double, ramp: Double
        /// Angle of L1's voltage at which it begins, degrees.
        public var startAngle: Double

        /// An event by its parts.
        public init(residual: Double, duration: Double, ramp: Double = 0, startAngle: Double = 0) {
            self.residual = residual
            self.duration = duration
            self.ramp = ramp
            self.startAngle = startAngle
        }
    }
    /// What belongs to one output.
    public struct Part: Sendable, Codable, Hashable {
        /// Where.
        public var output: Output
        /// Harmonics and interharmonics; empty for a sine.
        public var harmonics: [Harmonic], interharmonics: [Interharmonic]
        /// Flicker and event; `nil` for none.
        public var fluctuation: Fluctuation?, event: Event?

        /// A part by its contents.
        public init(
            output: Output, harmonics: [Harmonic] = [], interharmonics: [Interharmonic] = [],
            fluctuation: Fluctuation? = nil, event: Event? = nil
        ) {
            self.output = output
            self.harmonics = harmonics
            self.interharmonics = interharmonics
            self.fluctuation = fluctuation
            self.event = event
        }
    }
    /// One part for each output that is more than a sine.
    public var parts: [Part]

    /// A shape by its parts.
    public init(parts: [Part]) { self.parts = parts }
}

/// A source that can fire the events of the load that it gives.
public protocol TriggeredSource: ReferenceSource {
    /// Fires the events of the applied shape. Throws `Fault(.refused)` where there are none.
    func trigger() async throws
}

/// A source of distorted and disturbed voltages and currents.
public protocol ShapingSource: CapableSource, TriggeredSource {
    /// Checks a load with its shape and stores both; nothing is energised. Throws `Fault(.refused)` for what it cannot do.
    func prepare(_ load: LoadSetting, shape: LoadShape) async throws
}
