/// The instruments of a bench behind a time limit of their own: drivers have time-outs, but one that hangs all the same must not hang the
/// bench, and a stop must not wait for it. What does not answer is left behind with `Fault(.timeout)`.
struct WatchedInstruments {
    /// Seconds of life that any single call may take. A meter's call may have to wait for others on its line.
    static let limit = 30.0, meterLimit = 300.0

    static func watch(_ bench: BenchInstruments, _ time: any Timekeeper) -> BenchInstruments {
        var watched = BenchInstruments(
            source: WatchedSource(inner: bench.source, time: time),
            standard: WatchedStandard(inner: bench.standard, time: time),
            counter: WatchedCounter(inner: bench.counter, time: time),
            climate: bench.climate.map { WatchedClimate(inner: $0, time: time) },
            contactor: bench.contactor.map { WatchedContactor(inner: $0, time: time) },
            meters: bench.meters.mapValues { WatchedMeter(inner: $0, time: time) })
        // `SamplingWatch` has limits of its own.
        watched.digitizer = bench.digitizer
        // The others are asked through `BenchWatch`, which has limits of its own.
        watched.more = bench.more
        return watched
    }
}

/// What all watched instruments share.
private protocol Watched: Instrument {
    associatedtype Inner
    var inner: Inner { get }
    var time: any Timekeeper { get }
}

extension Watched {
    func watched<T: Sendable>(
        _ limit: Double = WatchedInstruments.limit, _ body: @escaping @Sendable () async throws -> T
    ) async throws -> T {
        try await time.within(
            life: limit, else: Fault(.timeout, id, "no answer within \(Decimal.shortest(limit)) s"), body)
    }
}

private struct WatchedSource: TriggeredSource, Watched {
    let inner: any ReferenceSource, time: any Timekeeper
    var id: String { inner.id }
    func identify() async throws -> InstrumentIdentity { try await watched { try await inner.identify() } }
    func prepare(_ load: LoadSetting) async throws {
        guard let shape = load.shape else { return try await watched { try await inner.prepare(load) } }
        guard let shaping = inner as? any ShapingSource else {
            throw Fault(.refused, id, "gives sines only, and the load has harmonics or a modulation")
        }
        var sines = load
        sines.shape = nil
        let fundamental = sines
        try await watched { try await shaping.prepare(fundamental, shape: shape) }
    }
    func trigger() async throws {
        guard let firing = inner as? any TriggeredSource else { throw Fault(.refused, id, "it cannot fire an event") }
        try await watched { try await firing.trigger() }
    }
    func apply() async throws { try await watched { try await inner.apply() } }
    func state() async throws -> SourceState { try await watched { try await inner.state() } }
    func perform(_ action: SafeAction) async throws { try await watched { try await inner.perform(action) } }
}

private struct WatchedStandard: ReferenceStandard, Watched {
    let inner: any ReferenceStandard, time: any Timekeeper
    var id: String { inner.id }
    func identify() async throws -> InstrumentIdentity { try await watched { try await inner.identify() } }
    func range(for load: LoadSetting) async throws -> Double { try await watched { try await inner.range(for: load) } }
    func read() async throws -> StandardReading { try await watched { try await inner.read() } }
    func count(_ energy: EnergyKind) async throws { try await watched { try await inner.count(energy) } }
    func startEnergy() async throws { try await watched { try await inner.startEnergy() } }
    func energy() async throws -> Double { try await watched { try await inner.energy() } }
    func splitEnergy() async throws -> SplitEnergy { try await watched { try await inner.splitEnergy() } }
    func stopEnergy() async throws -> Double { try await watched { try await inner.stopEnergy() } }
}

private struct WatchedCounter: PulseCounter, Watched {
    let inner: any PulseCounter, time: any Timekeeper
    var id: String { inner.id }
    func identify() async throws -> InstrumentIdentity { try await watched { try await inner.identify() } }
    func arm(channels: [Int]) async throws { try await watched { try await inner.arm(channels: channels) } }
    func edges(channel: Int, from: Int) async throws -> EdgeBlock {
        try await watched { try await inner.edges(channel: channel, from: from) }
    }
    func disarm() async throws { try await watched { try await inner.disarm() } }
}

private struct WatchedClimate: EnvironmentSensor, Watched {
    let inner: any EnvironmentSensor, time: any Timekeeper
    var id: String { inner.id }
    func identify() async throws -> InstrumentIdentity { try await watched { try await inner.identify() } }
    func read() async throws -> ClimateReading { try await watched { try await inner.read() } }
}

private struct WatchedContactor: SupplySwitch, Watched {
    let inner: any SupplySwitch, time: any Timekeeper
    var id: String { inner.id }
    func identify() async throws -> InstrumentIdentity { try await watched { try await inner.identify() } }
    func close() async throws { try await watched { try await inner.close() } }
    func perform(_ action: SafeAction) async throws { try await watched { try await inner.perform(action) } }
}

private struct WatchedMeter: MeterDriver, Watched {
    let inner: any MeterDriver, time: any Timekeeper
    var id: String { inner.id }
    func identify() async throws -> InstrumentIdentity {
        try await watched(WatchedInstruments.meterLimit) { try await inner.identify() }
    }
    func read(_ register: RegisterDefinition) async throws -> RegisterValue {
        try await watched(WatchedInstruments.meterLimit) { try await inner.read(register) }
    }
}
