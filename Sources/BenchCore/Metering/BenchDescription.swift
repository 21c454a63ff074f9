/// Accuracy of a standard in one range, as its data sheet states it.
public struct StandardRange: Sendable, Hashable, Codable {
    /// Lowest and highest current of the range, A (both included).
    public var current: ClosedRange<Double>
    /// Lowest and highest voltage of the range, V.
    public var voltage: ClosedRange<Double>
    /// Expanded uncertainty (k = 2) of the calibration certificate, percent of apparent power.
    public var certificateU: Double
    /// Limit of the change since the calibration, percent of apparent power (rectangular).
    public var drift: Double
    /// Temperature coefficient, percent of apparent power per kelvin away from 23 °C.
    public var temperatureCoefficient: Double

    /// A range by its cells.
    public init(
        current: ClosedRange<Double>, voltage: ClosedRange<Double>, certificateU: Double, drift: Double,
        temperatureCoefficient: Double
    ) {
        self.current = current
        self.voltage = voltage
        self.certificateU = certificateU
        self.drift = drift
        self.temperatureCoefficient = temperatureCoefficient
    }
}

/// Traceability of an instrument: who calibrated it, under which certificate, valid until when (`YYYY-MM-DD`).
public struct Traceability: Sendable, Hashable, Codable {
    /// Certificate number, issuer, day of calibration, last day of validity.
    public var certificate: String, issuer: String, calibrated: String, validUntil: String

    /// Traceability by its parts.
    public init(certificate: String, issuer: String, calibrated: String, validUntil: String) {
        self.certificate = certificate
        self.issuer = issuer
        self.calibrated = calibrated
        self.validUntil = validUntil
    }
}

/// What an instrument is on a bench.
public enum InstrumentRole: String, Sendable, Codable, Hashable, CaseIterable {
    case referenceSource = "reference-source"
    case referenceStandard = "reference-standard"
    case pulseCounter = "pulse-counter"
    case environment
    case contactor
    case errorCalculator = "error-calculator"
    case clockCounter = "clock-counter"
    case radioReceiver = "rf-receiver"
    case interlock
    case lamp
    case digitizer
}

/// What a source can give.
public struct SourceRange: Sendable, Hashable, Codable {
    /// V, A, Hz; zero current (open) is always possible.
    public var voltage: ClosedRange<Double>, current: ClosedRange<Double>, frequency: ClosedRange<Double>
    /// Instability of the power during a gate, percent (standard deviation of the mean over a gate).
    public var stability: Double
    /// The longest it takes to settle, s.
    public var settle: Double
    /// Orders of harmonics that it can give (0: a direct component), and frequencies of a modulation, Hz; `nil` for none.
    public var harmonics: ClosedRange<Int>?, fluctuation: ClosedRange<Double>?
    /// Durations of dips, swells and interruptions that it can fire, s; `nil` for none.
    public var events: ClosedRange<Double>?

    /// A range by its parts.
    public init(
        voltage: ClosedRange<Double>, current: ClosedRange<Double>, frequency: ClosedRange<Double>, stability: Double,
        settle: Double, harmonics: ClosedRange<Int>? = nil, fluctuation: ClosedRange<Double>? = nil,
        events: ClosedRange<Double>? = nil
    ) {
        self.events = events
        self.harmonics = harmonics
        self.fluctuation = fluctuation
        self.voltage = voltage
        self.current = current
        self.frequency = frequency
        self.stability = stability
        self.settle = settle
    }
}

extension SourceRange {
    /// The same as what a driver claims: three phases of their own.
    public var capability: SourceCapability {
        SourceCapability(
            phases: 3, voltage: voltage, current: current, frequency: frequency, independentPhases: true,
            harmonics: harmonics, fluctuation: fluctuation, events: events)
    }
}

/// How well a counter stamps edges.
public struct CounterSpecification: Sendable, Hashable, Codable {
    /// Standard deviation of an edge's stamp, s: optical head and counter together.
    public var edgeJitter: Double
    /// Resolution of the reference count at an edge, in reference pulses (1 without interpolation).
    public var referenceResolution: Double
    /// Highest channel number.
    public var channels: Int

    /// A specification by its parts.
    public init(edgeJitter: Double, referenceResolution: Double, channels: Int) {
        self.edgeJitter = edgeJitter
        self.referenceResolution = referenceResolution
        self.channels = channels
    }
}

/// How well the bench's thermometer knows the temperature.
public struct ClimateSpecification: Sendable, Hashable, Codable {
    /// Expanded uncertainty (k = 2), K.
    public var temperatureU: Double

    /// A specification by its parts.
    public init(temperatureU: Double) { self.temperatureU = temperatureU }
}

/// What a digitizer samples: what it cannot say of itself.
public struct SamplingDescription: Sendable, Hashable, Codable {
    /// Rates it can be set to, frames a second; empty where it says so itself.
    public var rates: [Double]
    /// How its numbers stand on the wire; `nil` where it says so itself.
    public var form: SampleForm?
    /// Channels in the order of its frames; empty where it says so itself.
    public var channels: [RecordedChannel]
    /// Number of the USB vendor requests that begin and end its stream; `nil` where reading alone does.
    public var startRequest: Int?, stopRequest: Int?
    /// Files with the corrections of its channels, as the bench file names them (relative to it); `nil` where there are none.
    public var corrections: [String]?

    /// A description by its parts.
    public init(
        rates: [Double], form: SampleForm?, channels: [RecordedChannel], startRequest: Int? = nil,
        stopRequest: Int? = nil, corrections: [String]? = nil
    ) {
        self.rates = rates
        self.form = form
        self.channels = channels
        self.startRequest = startRequest
        self.stopRequest = stopRequest
        self.corrections = corrections
    }
}

/// One instrument of a bench file.
public struct InstrumentDescription: Sendable, Hashable, Codable {
    /// The id other entries name it by.
    public var id: String
    /// What it does.
    public var role: InstrumentRole
    /// The driver's name, e.g. `scpi-source`.
    public var driver: String
    /// How it is reached.
    public var wire: WireAddress
    /// Maker, model, serial as expected; compared with what it answers.
    public var manufacturer: String, model: String, serial: String
    /// Calibration; required of reference standards.
    public var traceability: Traceability?
    /// For a source.
    public var source: SourceRange?
    /// For a standard: rows of its accuracy; exactly one row must answer a load.
    public var accuracy: [StandardRange]
    /// For a standard that measures reactive energy: definition and accuracy.
    public var reactive: ReactiveSpecification?
    /// For a standard: whether its integrator keeps import and export of each phase apart.
    public var splitsEnergy: Bool?
    /// For a counter.
    public var counter: CounterSpecification?
    /// For a climate sensor.
    public var climate: ClimateSpecification?
    /// For a digitizer.
    public var sampling: SamplingDescription?

    /// An instrument by its entries.
    public init(
        id: String, role: InstrumentRole, driver: String, wire: WireAddress, manufacturer: String, model: String,
        serial: String, traceability: Traceability?, source: SourceRange?, accuracy: [StandardRange],
        counter: CounterSpecification?, climate: ClimateSpecification?, sampling: SamplingDescription? = nil
    ) {
        self.id = id
        self.role = role
        self.driver = driver
        self.wire = wire
        self.manufacturer = manufacturer
        self.model = model
        self.serial = serial
        self.traceability = traceability
        self.source = source
        self.accuracy = accuracy
        self.counter = counter
        self.climate = climate
        self.sampling = sampling
    }
}

/// A place for a meter: its pulse channel and its data wire.
public struct PositionDescription: Sendable, Hashable, Codable {
    /// 1-based number.
    public var number: Int
    /// Channel of the pulse counter.
    public var channel: Int
    /// Channel that the pulses of reactive energy come in by; `nil` where none does.
    public var reactiveChannel: Int?
    /// The meter's data wire; `nil` where only pulses are taken.
    public var wire: WireAddress?

    /// A position by its entries.
    public init(number: Int, channel: Int, wire: WireAddress?) {
        self.number = number
        self.channel = channel
        self.wire = wire
    }
}

/// One step of the safe chain.
public struct SafeStep: Sendable, Hashable, Codable {
    /// The instrument asked.
    public var instrument: String
    /// What is asked.
    public var action: SafeAction
    /// Time limit in seconds of life (never scaled).
    public var within: Double

    /// A step by its entries.
    public init(instrument: String, action: SafeAction, within: Double) {
        self.instrument = instrument
        self.action = action
        self.within = within
    }
}

/// Who issues the certificates.
public struct Laboratory: Sendable, Hashable, Codable {
    /// Name and address lines.
    public var name: String, address: [String]
    /// Accreditation number, if any.
    public var accreditation: String?

    /// A laboratory by its entries.
    public init(name: String, address: [String], accreditation: String?) {
        self.name = name
        self.address = address
        self.accreditation = accreditation
    }
}

/// The key that signs what a bench certifies, and its certificates, as PEM files.
public struct SealFiles: Sendable, Hashable, Codable {
    /// Path of the private key, and of its certificate followed by intermediate authorities, relative to the bench file.
    public var key: String, certificate: String
    /// Path of the root that `verify` is to be given; printed for the reader.
    public var root: String?

    /// A seal by its files.
    public init(key: String, certificate: String, root: String?) {
        self.key = key
        self.certificate = certificate
        self.root = root
    }
}

/// A bench as its file describes it.
public struct BenchDescription: Sendable, Hashable, Codable {
    /// The bench's identifier and title.
    public var id: String, title: String
    /// Who issues certificates from it.
    public var laboratory: Laboratory
    /// Instruments in file order.
    public var instruments: [InstrumentDescription]
    /// Positions in order of number.
    public var positions: [PositionDescription]
    /// The safe chain, in order.
    public var safe: [SafeStep]
    /// The key that signs; `nil`: runs are sealed later, by hand.
    public var seal: SealFiles?
    /// Folder of the instrument types that drivers are looked up in, as written; `nil`: built-in drivers only.
    public var instrumentTypes: String?
    /// Path of the simulated world as written, for `meterbench simulate`; `nil` on a real bench.
    public var world: String?
    /// Bench seconds per second of life for simulated benches; 1 on a real one.
    public var timeScale: Double

    /// A bench by its parts.
    public init(
        id: String, title: String, laboratory: Laboratory, instruments: [InstrumentDescription],
        positions: [PositionDescription], safe: [SafeStep], seal: SealFiles? = nil, instrumentTypes: String? = nil,
        world: String?, timeScale: Double
    ) {
        self.id = id
        self.title = title
        self.laboratory = laboratory
        self.instruments = instruments
        self.positions = positions
        self.safe = safe
        self.seal = seal
        self.instrumentTypes = instrumentTypes
        self.world = world
        self.timeScale = timeScale
    }

    /// The accuracy rows of the reference standard for an energy; none where it does not measure it.
    public func accuracy(of energy: EnergyKind) -> [StandardRange] {
        let standard = instrument(.referenceStandard)
        return energy == .active ? standard?.accuracy ?? [] : standard?.reactive?.accuracy ?? []
    }

    /// The instrument of a role; the loader guarantees one source, one standard and one counter.
    public func instrument(_ role: InstrumentRole) -> InstrumentDescription? { instruments.first { $0.role == role } }
}
