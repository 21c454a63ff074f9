internal import BenchCore
internal import Synchronization

/// A wire of the model: one request at a time, each taking its own bench time.
final class ModelWire: Sendable {
    private let free = Mutex(BenchInstant(nanoseconds: 0))

    /// Waits for the wire and for the exchange itself.
    func exchange(_ seconds: Double, _ time: any Timekeeper) async throws {
        let end = free.withLock { free in
            let begin = max(free, time.now)
            free = begin + seconds
            return free
        }
        try await time.sleep(until: end)
    }
}

/// What all model instruments share: a world, a clock, a wire, and the faults planned for them.
struct ModelLink: Sendable {
    let world: World, time: any Timekeeper, id: String, place: FaultPlace
    let wire: ModelWire?
    /// The driver's time-out, s: later answers are faults.
    static let timeout = 1.0

    /// One request: takes its time, and fails if a fault was planned.
    func request(_ seconds: Double) async throws {
        let kind = world.at(time.now) { state, _ in state.nextFault(place) }
        guard let kind else {
            if seconds > 0 { try await pass(seconds) }
            return
        }
        switch kind {
        case .silent:
            try await pass(Self.timeout)
            throw Fault(.timeout, id, "no answer within \(Decimal.shortest(Self.timeout)) s")
        case .exception(let code):
            try await pass(seconds)
            throw Fault(.modbusException, id, "exception \(code)")
        case .late(let by):
            try await pass(seconds + by)
            if by >= Self.timeout {
                throw Fault(.lateAnswer, id, "answered \(Decimal.shortest(by)) s late")
            }
        case .wrongUnit(let unit):
            try await pass(seconds)
            throw Fault(.wrongUnit, id, "unit \(unit) answered")
        case .brokenFrame:
            try await pass(seconds)
            throw Fault(.brokenFrame, id, "checksum wrong")
        case .halfFrame:
            try await pass(Self.timeout)
            throw Fault(.brokenFrame, id, "the answer stopped in its middle")
        case .sourceFault, .memory, .stuckClosed, .stuckOpen, .temperatureStep, .frequencyShift, .distortion: break
        }
    }

    private func pass(_ seconds: Double) async throws {
        if let wire { try await wire.exchange(seconds, time) } else { try await time.sleep(seconds: seconds) }
    }

    /// Asks the world something, now.
    func ask<T>(_ body: (inout WorldState) -> T) -> T { world.at(time.now) { state, _ in body(&state) } }

    /// A simulator's identity.
    func identity(_ model: String, _ serial: String) -> InstrumentIdentity {
        InstrumentIdentity(
            manufacturer: "MeterBench", model: model, serial: serial, firmware: Simulator.firmware, simulated: true)
    }
}

/// What every simulator says of itself.
enum Simulator {
    /// Maker, by the note on generic instruments.
    static let manufacturer = "MeterBench"
    static let firmware = "1"

    /// Model and serial that the bench file expects; the model always begins with `Simulated`.
    static func model(_ instrument: InstrumentDescription) -> String {
        instrument.model.hasPrefix("Simulated") ? instrument.model : "Simulated \(instrument.model)"
    }
}

/// The source as a model.
struct ModelSource: ShapingSource {
    let link: ModelLink, description: InstrumentDescription
    var id: String { link.id }
    var capability: SourceCapability {
        description.source?.capability
            ?? SourceCapability(
                phases: 3, voltage: 0...300, current: 0...120, frequency: 45...65, independentPhases: true)
    }

    func identify() async throws -> InstrumentIdentity {
        try await link.request(link.world.description.replyTime)
        return link.identity(Simulator.model(description), description.serial)
    }
    func prepare(_ load: LoadSetting) async throws {
        try await link.request(link.world.description.replyTime)
        let refusal = link.ask { state -> String? in
            let refusal = state.refusal(load)
            if refusal == nil { state.prepared = load }
            return refusal
        }
        if let refusal { throw Fault(.refused, id, refusal) }
    }
    func prepare(_ load: LoadSetting, shape: LoadShape) async throws {
        var shaped = load
        shaped.shape = shape.parts.isEmpty ? nil : shape
        try await prepare(shaped)
    }
    func trigger() async throws {
        try await link.request(link.world.description.replyTime)
        if let refusal = link.ask({ $0.trigger() }) { throw Fault(.refused, id, refusal) }
    }
    func apply() async throws {
        try await link.request(link.world.description.replyTime)
        if let refusal = link.ask({ $0.apply() }) { throw Fault(.refused, id, refusal) }
    }
    func state() async throws -> SourceState {
        try await link.request(link.world.description.replyTime)
        return link.ask { $0.sourceState }
    }
    func perform(_ action: SafeAction) async throws {
        try await link.request(link.world.description.replyTime)
        guard action != .open else { throw Fault(.refused, id, "a source cannot open a contactor") }
        let live = link.ask { state in
            state.switchOff(voltage: action == .voltageOff)
            return state.on && (action == .voltageOff || state.applied?.phases.contains { $0.current > 0 } == true)
        }
        if live { throw Fault(.sourceFault, id, "the outputs are still on after «\(action.rawValue)»") }
    }
}

/// The standard as a model.
struct ModelStandard: ReferenceStandard {
    let link: ModelLink, description: InstrumentDescription
    var id: String { link.id }

    func identify() async throws -> InstrumentIdentity {
        try await link.request(link.world.description.replyTime)
        return link.identity(Simulator.model(description), description.serial)
    }
    func range(for load: LoadSetting) async throws -> Double {
        try await link.request(link.world.description.replyTime)
        let (voltage, current) = RangeChoice.demand(load)
        guard let constant = link.ask({ $0.chooseRange(voltage: voltage, current: current) }) else {
            throw Fault(
                .refused, id, "no range for \(Decimal.shortest(voltage)) V and \(Decimal.shortest(current)) A")
        }
        return constant
    }
    func read() async throws -> StandardReading {
        try await link.request(link.world.description.replyTime)
        return link.ask { $0.reading }
    }
    func count(_ energy: EnergyKind) async throws {
        try await link.request(link.world.description.replyTime)
        guard link.ask({ $0.count(energy) }) else { throw Fault(.refused, id, "counts active energy only") }
    }
    func startEnergy() async throws {
        try await link.request(link.world.description.replyTime)
        link.ask { $0.startEnergy() }
    }
    func energy() async throws -> Double {
        try await link.request(link.world.description.replyTime)
        guard let e = link.ask({ $0.energy }) else { throw Fault(.refused, id, "the integrator is not running") }
        return e
    }
    func splitEnergy() async throws -> SplitEnergy {
        try await link.request(link.world.description.replyTime)
        guard let split = link.ask({ $0.splitEnergy }) else {
            throw Fault(
                .refused, id, "keeps no import and export of the phases apart, or its integrator is not running")
        }
        return split
    }
    func stopEnergy() async throws -> Double {
        try await link.request(link.world.description.replyTime)
        guard let e = link.ask({ $0.stopEnergy() }) else { throw Fault(.refused, id, "the integrator is not running") }
        return e
    }
}

/// The counter as a model.
struct ModelCounter: PulseCounter {
    let link: ModelLink, description: InstrumentDescription
    var id: String { link.id }

    func identify() async throws -> InstrumentIdentity {
        try await link.request(link.world.description.replyTime)
        return link.identity(Simulator.model(description), description.serial)
    }
    func arm(channels: [Int]) async throws {
        try await link.request(link.world.description.replyTime)
        guard link.ask({ $0.arm(channels) }) else { throw Fault(.refused, id, "no such channel among \(channels)") }
    }
    func edges(channel: Int, from: Int) async throws -> EdgeBlock {
        try await link.request(link.world.description.replyTime)
        let block = link.ask { $0.edges(channel: channel, from: from, limit: 1000) }
        guard block.next >= from else {
            throw Fault(.badAnswer, id, "edge \(from) was asked, there are \(block.next): counting was started again")
        }
        return block
    }
    func disarm() async throws {
        try await link.request(link.world.description.replyTime)
        link.ask { $0.disarm() }
    }
}

/// Thermometer and hygrometer as a model.
struct ModelClimate: EnvironmentSensor {
    let link: ModelLink, description: InstrumentDescription
    var id: String { link.id }

    func identify() async throws -> InstrumentIdentity {
        try await link.request(link.world.description.replyTime)
        return link.identity(Simulator.model(description), description.serial)
    }
    func read() async throws -> ClimateReading {
        try await link.request(link.world.description.replyTime)
        return link.ask { $0.climate }
    }
}

/// The contactor as a model.
struct ModelContactor: SupplySwitch {
    let link: ModelLink, description: InstrumentDescription
    var id: String { link.id }

    func identify() async throws -> InstrumentIdentity {
        try await link.request(link.world.description.replyTime)
        return link.identity(Simulator.model(description), description.serial)
    }
    func close() async throws { try await move(closed: true) }
    func perform(_ action: SafeAction) async throws {
        guard action == .open else { throw Fault(.refused, id, "a contactor can only open, not \(action.rawValue)") }
        try await move(closed: false)
    }
    private func move(closed: Bool) async throws {
        try await link.request(link.world.description.replyTime)
        let closedNow = link.ask { state in
            state.setContactor(closed: closed)
            return state.contactorClosed
        }
        if closedNow != closed {
            throw Fault(
                .interlock, id, "the contact's feedback says it is still \(closedNow ? "closed" : "open")")
        }
    }
}

/// A meter's data interface as a model; a read takes as long as its characters need on the wire.
struct ModelMeter: MeterDriver {
    let link: ModelLink, position: Int, address: WireAddress
    var id: String { link.id }

    func identify() async throws -> InstrumentIdentity {
        try await link.request(seconds(words: 16))
        let meter = link.world.description.meters.first { $0.position == position }
        let plate = meter.flatMap { link.world.types[$0.type] }?.nameplate
        return InstrumentIdentity(
            manufacturer: plate?.manufacturer ?? "", model: plate?.model ?? "", serial: meter?.serial ?? "",
            firmware: "1.0", simulated: true)
    }
    func read(_ register: RegisterDefinition) async throws -> RegisterValue {
        let words: Int
        switch register.place {
        case .modbus(_, _, let encoding, _): words = encoding.words
        case .sunspec: words = [.serialNumber, .manufacturer, .model].contains(register.role) ? 16 : 2
        }
        try await link.request(seconds(words: words))
        if link.ask({ $0.isDown(position) }) {
            try await link.time.sleep(seconds: ModelLink.timeout)
            throw Fault(.timeout, id, "no answer within \(Decimal.shortest(ModelLink.timeout)) s")
        }
        guard let value = link.ask({ $0.register(position, register) }) else {
            throw Fault(.timeout, id, "no meter hangs there")
        }
        return value
    }

    /// Time of one request on the wire: question 8 characters, answer 5 + 2 per register, two silences of 3.5 characters.
    private func seconds(words: Int) -> Double {
        guard case .modbusRTU(_, let baud, let format, _, _) = address else { return link.world.description.replyTime }
        // A character is a start bit, the data bits, a parity bit where there is one, and the stop bits.
        let digits = format.compactMap(\.wholeNumberValue).reduce(0, +)
        let bits = 1 + digits + (format.contains("N") ? 0 : 1)
        return Double((8 + 5 + 2 * words + 7) * bits) / Double(baud) + link.world.description.replyTime
    }
}
