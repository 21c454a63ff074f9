/// The instruments of one bench, opened: whatever carries them (wires, models), the orchestrator sees only this.
public struct BenchInstruments: Sendable {
    /// The source.
    public var source: any ReferenceSource
    /// The reference standard.
    public var standard: any ReferenceStandard
    /// The pulse counter.
    public var counter: any PulseCounter
    /// Thermometer and hygrometer; `nil` where the bench has none.
    public var climate: (any EnvironmentSensor)?
    /// The main contactor; `nil` where the bench has none.
    public var contactor: (any SupplySwitch)?
    /// What samples voltages and currents; `nil` where the bench has none.
    public var digitizer: (any Digitizer)?
    /// Meters by position.
    public var meters: [Int: any MeterDriver]
    /// Instruments of all other roles (interlock, lamp, error calculator …), in the order of the bench file.
    public var more: [any Instrument] = []

    /// The instruments of a bench.
    public init(
        source: any ReferenceSource, standard: any ReferenceStandard, counter: any PulseCounter,
        climate: (any EnvironmentSensor)?, contactor: (any SupplySwitch)?, meters: [Int: any MeterDriver]
    ) {
        self.source = source
        self.standard = standard
        self.counter = counter
        self.climate = climate
        self.contactor = contactor
        self.meters = meters
    }
}
