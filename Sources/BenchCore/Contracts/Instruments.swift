/// Who an instrument says it is.
public struct InstrumentIdentity: Sendable, Codable, Hashable {
    /// Maker, model, serial number and firmware as the instrument reports them.
    public var manufacturer: String, model: String, serial: String, firmware: String
    /// Whether it declares itself a simulator; a run with one can never be a certificate.
    public var simulated: Bool

    /// An identity by its parts.
    public init(manufacturer: String, model: String, serial: String, firmware: String, simulated: Bool) {
        self.manufacturer = manufacturer
        self.model = model
        self.serial = serial
        self.firmware = firmware
        self.simulated = simulated
    }
}

/// What is applied to one phase.
public struct PhaseLoad: Sendable, Codable, Hashable {
    /// Voltage against neutral, V.
    public var voltage: Double
    /// Angle of the voltage against U1, degrees, anticlockwise positive (0, −120, 120).
    public var voltageAngle: Double
    /// Current, A; 0 is an open current circuit.
    public var current: Double
    /// How far the current lags its own voltage, degrees; export is 180° away.
    public var currentLag: Double

    /// One phase by its four numbers.
    public init(voltage: Double, voltageAngle: Double, current: Double, currentLag: Double) {
        self.voltage = voltage
        self.voltageAngle = voltageAngle
        self.current = current
        self.currentLag = currentLag
    }
}

/// What is asked of the source: always three phases, unused ones at zero.
public struct LoadSetting: Sendable, Codable, Hashable {
    /// Frequency, Hz.
    public var frequency: Double
    /// L1, L2, L3.
    public var phases: [PhaseLoad]
    /// What is put on top of the sines; `nil` for sines. Only a `ShapingSource` can give it.
    public var shape: LoadShape?

    /// A load by frequency and phases.
    public init(frequency: Double, phases: [PhaseLoad], shape: LoadShape? = nil) {
        self.frequency = frequency
        self.phases = phases
        self.shape = shape
    }
    /// Nominal active power with that of the harmonics, W; negative when exporting.
    public var activePower: Double { phases.indices.reduce(0) { $0 + effective($1).power } }
    /// Nominal reactive power of the fundamentals, var: the sum of U·I·sin φ over the phases, positive where the current lags on import.
    public var reactivePower: Double {
        phases.reduce(0) { $0 + $1.voltage * $1.current * PhaseLoad.sine(ofDegrees: $1.currentLag) }
    }
    /// Nominal power of an energy, W or var, with its sign.
    public func power(_ energy: EnergyKind) -> Double { energy == .active ? activePower : reactivePower }
    /// Nominal apparent power as the sum of U·I over the phases, VA.
    public var apparentPower: Double {
        phases.indices.reduce(0) { sum, index in
            let found = effective(index)
            return sum + found.voltage * found.current
        }
    }
    /// The same voltages with all currents at zero.
    public var withoutCurrent: LoadSetting {
        var copy = self
        for i in copy.phases.indices { copy.phases[i].current = 0 }
        if let shape {
            let rest = shape.parts.filter { $0.output.quantity == .voltage }
            copy.shape = rest.isEmpty ? nil : LoadShape(parts: rest)
        }
        return copy
    }
}

/// What the source says of itself.
public struct SourceState: Sendable, Codable, Hashable {
    /// Whether the outputs are on.
    public var on: Bool
    /// Whether the source claims to have settled (the bench checks with the standard all the same).
    public var settled: Bool
    /// A fault word in plain language; `nil` when healthy.
    public var fault: String?

    /// A state by its parts.
    public init(on: Bool, settled: Bool, fault: String?) {
        self.on = on
        self.settled = settled
        self.fault = fault
    }
}

/// What a reference standard measured at one moment.
public struct StandardReading: Sendable, Codable, Hashable {
    /// Effective voltages L1…L3, V.
    public var voltages: [Double]
    /// Effective currents L1…L3, A.
    public var currents: [Double]
    /// Active powers L1…L3, W.
    public var powers: [Double]
    /// Frequency, Hz.
    public var frequency: Double
    /// Total harmonic distortion of the voltages L1…L3, percent; empty where the standard does not measure it.
    public var voltageDistortion: [Double]
    /// Reactive powers L1…L3 by the standard's own definition, var; `nil` where it does not read them.
    public var reactivePowers: [Double]?

    /// A reading by its parts.
    public init(
        voltages: [Double], currents: [Double], powers: [Double], frequency: Double, voltageDistortion: [Double],
        reactivePowers: [Double]? = nil
    ) {
        self.voltages = voltages
        self.currents = currents
        self.powers = powers
        self.frequency = frequency
        self.voltageDistortion = voltageDistortion
        self.reactivePowers = reactivePowers
    }
    /// Total active power, W.
    public var totalPower: Double { powers.reduce(0, +) }
    /// Total power of an energy under a load, W or var: of reactive power where it is not read, what the load is by its numbers.
    public func power(_ energy: EnergyKind, at load: LoadSetting) -> Double {
        energy == .active ? totalPower : reactivePowers?.reduce(0, +) ?? load.reactivePower
    }
}

/// One edge of a pulse output, stamped by the counter's own clock.
public struct PulseEdge: Sendable, Codable, Hashable {
    /// Nanoseconds of the counter's clock.
    public var tick: Int64
    /// Pulses of the reference standard counted up to this edge, with the interpolated fraction where the counter has one.
    public var referenceCount: Double

    /// An edge by tick and reference count.
    public init(tick: Int64, referenceCount: Double) {
        self.tick = tick
        self.referenceCount = referenceCount
    }
}

/// A block of edges of one channel.
public struct EdgeBlock: Sendable, Codable, Hashable {
    /// Edges in order of arrival.
    public var edges: [PulseEdge]
    /// The number to ask for next.
    public var next: Int
    /// Whether edges were lost because the counter's memory ran over.
    public var overrun: Bool
    /// The counter's clock at the time of the answer, ns.
    public var now: Int64

    /// A block by its parts.
    public init(edges: [PulseEdge], next: Int, overrun: Bool, now: Int64) {
        self.edges = edges
        self.next = next
        self.overrun = overrun
        self.now = now
    }
}

/// Every instrument can say who it is.
public protocol Instrument: Sendable {
    /// The id in the bench file.
    var id: String { get }
    /// Asks the instrument who it is.
    func identify() async throws -> InstrumentIdentity
    /// The entries of its error queue, oldest first, which are gone from it then.
    func errors() async throws -> [String]
}

/// What the safe chain can ask of an instrument.
public enum SafeAction: String, Sendable, Codable, Hashable, CaseIterable {
    case currentOff = "current-off"
    case voltageOff = "voltage-off"
    case open
}

/// An instrument that can take part in the safe chain.
public protocol SafeActing: Instrument {
    /// Performs the action and returns once the instrument confirms it.
    func perform(_ action: SafeAction) async throws
}

/// A three-phase source of voltages and currents.
public protocol ReferenceSource: SafeActing {
    /// Checks a load and stores it; nothing is energised. Throws `Fault(.refused)` for what it cannot do.
    func prepare(_ load: LoadSetting) async throws
    /// Energises what was prepared.
    func apply() async throws
    /// How it is.
    func state() async throws -> SourceState
}

/// A reference standard: measures what is applied, integrates energy, gives reference pulses to the counter.
public protocol ReferenceStandard: Instrument {
    /// Chooses ranges for a load and returns the constant of its pulse output in imp/kWh for these ranges.
    func range(for load: LoadSetting) async throws -> Double
    /// Reads effective values, powers, frequency, distortion.
    func read() async throws -> StandardReading
    /// Chooses the energy that the integrator and the pulse output count from now on; ranges are chosen anew after it.
    func count(_ energy: EnergyKind) async throws
    /// Sets the energy integrator to zero and starts it.
    func startEnergy() async throws
    /// The energy since the start, W·s, without stopping; negative for export.
    func energy() async throws -> Double
    /// The energy since the start by direction, of all phases and of each, without stopping.
    func splitEnergy() async throws -> SplitEnergy
    /// Stops the integrator and returns the energy, W·s; negative for export.
    func stopEnergy() async throws -> Double
}

extension ReferenceStandard {
    /// Most standards that are driven here count active energy only: anything else is refused.
    public func count(_ energy: EnergyKind) async throws {
        guard energy == .active else { throw Fault(.refused, id, "its driver gives no pulses of reactive energy") }
    }

    /// Most standards that are driven here keep one net energy only: refused.
    public func splitEnergy() async throws -> SplitEnergy {
        throw Fault(.refused, id, "its driver keeps import and export of the phases not apart")
    }
}

/// A counter that stamps every edge of every channel with its own clock and with the reference pulses counted so far.
public protocol PulseCounter: Instrument {
    /// Forgets all edges and starts stamping on these channels.
    func arm(channels: [Int]) async throws
    /// The edges of a channel from number `from` on; returns at once, also with none.
    func edges(channel: Int, from: Int) async throws -> EdgeBlock
    /// Stops stamping.
    func disarm() async throws
}

/// Air temperature and humidity at the meters.
public struct ClimateReading: Sendable, Codable, Hashable {
    /// °C.
    public var temperature: Double
    /// Relative humidity in percent.
    public var humidity: Double

    /// A reading by its parts.
    public init(temperature: Double, humidity: Double) {
        self.temperature = temperature
        self.humidity = humidity
    }
}

/// A thermometer and hygrometer.
public protocol EnvironmentSensor: Instrument {
    /// Reads temperature and humidity.
    func read() async throws -> ClimateReading
}

/// A contactor that separates all meters from the source.
public protocol SupplySwitch: SafeActing {
    /// Closes the contactor, before the first load.
    func close() async throws
}

/// The value of one register, as read.
public struct RegisterValue: Sendable, Codable, Hashable {
    /// The name in the meter type file.
    public var name: String
    /// The number in `unit`; `nil` for text or for what the meter marks as not available.
    public var number: Double?
    /// The text, for registers that hold text.
    public var text: String?
    /// The unit.
    public var unit: String

    /// A value by its parts.
    public init(name: String, number: Double?, text: String?, unit: String) {
        self.name = name
        self.number = number
        self.text = text
        self.unit = unit
    }
}

/// A meter's data interface.
public protocol MeterDriver: Instrument {
    /// Reads one register of the type; throws `Fault` with a name: time-out, exception, wrong unit, late answer …
    func read(_ register: RegisterDefinition) async throws -> RegisterValue
}
