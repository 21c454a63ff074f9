internal import BenchCore
internal import Synchronization

/// Something that a suite can be run on: an instrument and how to set it up afresh.
struct ConformanceSubject: Sendable {
    /// The name in reports.
    var name: String
    var contract: ConformanceContract
    var mode: ConformanceReport.Mode = .simulated
    /// The driver as bench files name it; `nil` for a model, which has none.
    var driver: String?
    /// What a suite needs to know beforehand.
    var facts = ConformanceFacts()
    /// What travels on the wire; `nil` where there is no wire that trouble could be made on.
    var language: TroubleLanguage?
    /// Sets it up: nothing has been asked yet, nothing is energised.
    var make: @Sendable (WireTimeouts) async throws -> ConformanceRig

    /// The same with its driver replaced: for checks of the checks.
    func with(_ change: @escaping @Sendable (any Instrument) -> any Instrument) -> ConformanceSubject {
        var copy = self
        copy.make = { [make] timeouts in
            var rig = try await make(timeouts)
            rig.driver = change(rig.driver)
            return rig
        }
        return copy
    }
}

/// An instrument set up for one check.
struct ConformanceRig: Sendable {
    /// The driver under check.
    var driver: any Instrument
    /// Between the driver and its simulator; `nil` for a model and for a real instrument.
    var proxy: TroubleProxy?
    /// What can be done to the simulator behind the driver's back.
    var hooks = ConformanceHooks()
    /// Keeps the simulator alive, and ends it.
    var close: @Sendable () async -> Void = {}
}

/// What is really on at the terminals of a source.
struct OutputTruth: Sendable, Hashable {
    var voltage: Bool, current: Bool
}

/// What can be done to a simulator, and asked of it, behind its driver's back; `nil` for what it has not.
struct ConformanceHooks: Sendable {
    /// Bench time goes on by seconds.
    var pass: (@Sendable (Double) -> Void)?
    /// What is really on at the terminals.
    var output: (@Sendable () -> OutputTruth)?
    /// Whether the outputs have really settled on what was applied.
    var settled: (@Sendable () -> Bool)?
    /// The outputs do not switch off any more, whatever is asked.
    var stickOutputs: (@Sendable () -> Void)?
    /// The source trips with a fault of its own.
    var trip: (@Sendable () -> Void)?
    /// A load lies at the instrument, settled; `nil` takes it away.
    var energise: (@Sendable (LoadSetting?) -> Void)?
    /// Somebody starts its integrator or its counting again.
    var restart: (@Sendable () -> Void)?
    /// Whether the contact is closed (contactor), or the loop (interlock).
    var closed: (@Sendable () -> Bool)?
    /// Opens or closes the interlock's loop.
    var setLoop: (@Sendable (Bool) -> Void)?
    /// The contactor does not move any more.
    var stick: (@Sendable () -> Void)?
    /// What the lamp shows; `nil` where that is none of the four signals.
    var signal: (@Sendable () -> LampSignal?)?
    /// A signal lies at the input of a clock counter or a receiver, or none.
    var feed: (@Sendable (Bool) -> Void)?
    /// Samples are lost from now on.
    var loseSamples: (@Sendable () -> Void)?
    /// The instrument is gone from now on.
    var cutOff: (@Sendable () -> Void)?
}

/// What a suite needs to know about an instrument beforehand.
struct ConformanceFacts: Sendable {
    /// What a source can give, or a standard can measure; `nil` where nobody says.
    var capability: SourceCapability?
    /// A load in the middle of that.
    var load = LoadSetting.conformance(voltage: 230, current: 5)
    /// Lags that a source with currents takes, degrees; one without negative power leaves 180° out.
    var lags: [Double] = [-90, -60, 60, 180]
    /// Seconds of bench time by which a source has settled.
    var settle = 10.0
    /// Channels of a counter.
    var channels: ClosedRange<Int> = 1...1
    /// The registers of a meter.
    var registers: [RegisterDefinition] = []
    /// What the bench file says of it; empty texts are not compared.
    var expected: InstrumentIdentity?
    /// A calculation that an error calculator can do, and a gate for a clock counter, s.
    var calculation = ErrorCalculation(
        meterConstant: 1000, referenceConstant: nil, pulses: 5, input: 1, continuous: false)
    var gate = 0.1
    /// A sweep that a receiver can do.
    var sweep: ZeroSpan?
    /// How far the same answer may differ from one time to the next, relative.
    var tolerance = 1e-6
    /// Whether a standard names a constant of pulses, and whether it measures energy; what it does not, it refuses.
    var namesConstant = true, measuresEnergy = true
    /// Exchanges at the end of a safe action that are courtesy, by its name, and what they are for: what it asks was confirmed before.
    var courtesies: [String: (exchanges: Int, why: String)] = [:]
    /// Faults by which this kind of instrument may name trouble, beside those of the wire.
    var alsoFaults: Set<Fault.Code> = []
    /// Checks that do not hold for this subject and why, by name.
    var exempt: [String: String] = [:]
}

extension LoadSetting {
    /// Three phases of the same voltage, current and lag.
    static func conformance(voltage: Double, current: Double, lag: Double = 0, frequency: Double = 50) -> LoadSetting {
        LoadSetting(
            frequency: frequency,
            phases: [0.0, -120, 120].map {
                PhaseLoad(voltage: voltage, voltageAngle: $0, current: current, currentLag: lag)
            })
    }
}

extension WireTimeouts {
    /// Short enough that a suite full of silences is over soon.
    static let conformance = WireTimeouts(connect: 1, response: 0.25, late: 0.1, longest: 0.25)

    /// All of them longer.
    func times(_ factor: Double) -> WireTimeouts {
        WireTimeouts(
            connect: connect * factor, response: response * factor, late: late * factor, longest: longest * factor)
    }
}
