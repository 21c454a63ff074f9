import BenchCore
import Synchronization

@testable import Instruments

/// Drivers with one crime each, over a good one: what the suites must find out.
struct BadSource: ReferenceSource {
    enum Crime: Sendable {
        case alwaysSettled, settledWhileOff, leavesCurrentOn, leavesVoltageOn, takesEverything, preparesByApplying
        case hidesTrip, anybody, swallowsTimeouts, believesItself
    }
    let base: any ReferenceSource, crime: Crime
    var id: String { base.id }

    func identify() async throws -> InstrumentIdentity {
        var identity = try await base.identify()
        if crime == .anybody { identity.serial = "another" }
        return identity
    }
    func prepare(_ load: LoadSetting) async throws {
        do { try await base.prepare(load) } catch let fault as Fault where crime == .takesEverything {
            guard fault.code == .refused else { throw fault }
        }
        if crime == .preparesByApplying { try await base.apply() }
    }
    func apply() async throws { try await base.apply() }
    func state() async throws -> SourceState {
        var state: SourceState
        do { state = try await base.state() } catch {
            guard crime == .swallowsTimeouts else { throw error }
            return SourceState(on: false, settled: false, fault: nil)
        }
        if crime == .alwaysSettled, state.on { state.settled = true }
        if crime == .settledWhileOff { state.settled = true }
        if crime == .hidesTrip { state.fault = nil }
        return state
    }
    func perform(_ action: SafeAction) async throws {
        if crime == .leavesCurrentOn, action == .currentOff { return }
        if crime == .leavesVoltageOn, action == .voltageOff { return }
        do { try await base.perform(action) } catch let fault as Fault where crime == .believesItself {
            guard [.sourceFault, .refused].contains(fault.code) else { throw fault }
        }
    }
}

/// A source whose safe actions wait in the same queue as everything else.
actor QueueingSource: ReferenceSource {
    nonisolated let id: String
    private let base: any ReferenceSource
    private var last: Task<Void, Never>?

    init(_ base: any ReferenceSource) {
        id = base.id
        self.base = base
    }

    private func queued<T: Sendable>(_ body: @escaping @Sendable () async throws -> T) async throws -> T {
        let before = last
        let mine = Task {
            await before?.value
            return try await body()
        }
        last = Task { _ = try? await mine.value }
        return try await mine.value
    }

    func identify() async throws -> InstrumentIdentity { try await queued { try await self.base.identify() } }
    func prepare(_ load: LoadSetting) async throws { try await queued { try await self.base.prepare(load) } }
    func apply() async throws { try await queued { try await self.base.apply() } }
    func state() async throws -> SourceState { try await queued { try await self.base.state() } }
    func perform(_ action: SafeAction) async throws { try await queued { try await self.base.perform(action) } }
}

/// A standard that keeps its socket whatever happens, and takes the first line for the answer.
actor CarelessStandard: ReferenceStandard {
    nonisolated let id = "careless"
    private let port: Int, timeouts: WireTimeouts
    private var stream: TCPStream?
    private var buffer: [UInt8] = []

    init(port: Int, timeouts: WireTimeouts) {
        self.port = port
        self.timeouts = timeouts
    }

    private func ask(_ text: String, answered: Bool = true) throws -> String {
        let stream =
            try self.stream ?? TCPStream(host: "127.0.0.1", port: port, within: timeouts.connect, instrument: id)
        self.stream = stream
        let deadline = WireTime.now + timeouts.response
        guard stream.send(Array((text + "\n").utf8), until: deadline) else { throw lost() }
        guard answered else { return "" }
        while true {
            if let end = buffer.firstIndex(of: 10) {
                defer { buffer.removeSubrange(...end) }
                return String(decoding: buffer[..<end], as: UTF8.self)
            }
            guard WireTime.wait(for: stream.descriptor, 1, until: deadline, unless: nil) == .ready else {
                throw Fault(.timeout, id, "no answer to «\(text)»")
            }
            switch stream.receive() {
            case .bytes(let bytes): buffer += bytes
            case .nothing: continue
            case .closed: throw lost()
            }
        }
    }

    private func lost() -> Fault {
        stream = nil
        return Fault(.connectionLost, id, "gone")
    }

    private func numbers(_ text: String, _ count: Int) throws -> [Double] {
        let numbers = try ask(text).split(separator: ",").compactMap { SCPINumber.parse($0) }
        guard numbers.count == count else { throw Fault(.badAnswer, id, "\(numbers.count) numbers") }
        return numbers
    }

    func identify() async throws -> InstrumentIdentity {
        let parts = try ask("*IDN?").split(separator: ",").map(String.init)
        guard parts.count == 4 else { throw Fault(.badAnswer, id, "identity") }
        return InstrumentIdentity(
            manufacturer: parts[0], model: parts[1], serial: parts[2], firmware: parts[3], simulated: true)
    }
    func range(for load: LoadSetting) async throws -> Double {
        _ = try ask("CONF:RANG \(load.phases[0].voltage),\(load.phases[0].current)", answered: false)
        return try numbers("CONF:CONS?", 1)[0]
    }
    func read() async throws -> StandardReading {
        let n = try numbers("MEAS:ALL?", 13)
        return StandardReading(
            voltages: Array(n[0..<3]), currents: Array(n[3..<6]), powers: Array(n[6..<9]), frequency: n[9],
            voltageDistortion: Array(n[10..<13]))
    }
    func startEnergy() async throws { _ = try ask("ENER:STAR", answered: false) }
    func energy() async throws -> Double { try numbers("ENER?", 1)[0] }
    func stopEnergy() async throws -> Double { try numbers("ENER:STOP?", 1)[0] }
}

/// A standard with one crime.
struct BadStandard: ReferenceStandard {
    enum Crime: Sendable { case losesSign, numberForNothing, oldReading }
    let base: any ReferenceStandard, crime: Crime
    private let kept = Kept()
    var id: String { base.id }

    private final class Kept: Sendable { let reading = Mutex<StandardReading?>(nil) }

    func identify() async throws -> InstrumentIdentity { try await base.identify() }
    func range(for load: LoadSetting) async throws -> Double { try await base.range(for: load) }
    func read() async throws -> StandardReading {
        let fresh = try await base.read()
        guard crime == .oldReading else { return fresh }
        return kept.reading.withLock { kept in
            defer { kept = fresh }
            return kept ?? fresh
        }
    }
    func startEnergy() async throws { try await base.startEnergy() }
    func energy() async throws -> Double {
        do {
            let energy = try await base.energy()
            return crime == .losesSign ? abs(energy) : energy
        } catch let fault as Fault where crime == .numberForNothing && fault.code == .badAnswer { return 0 }
    }
    func stopEnergy() async throws -> Double {
        let energy = try await base.stopEnergy()
        return crime == .losesSign ? abs(energy) : energy
    }
}

/// A meter that reads «not available» as nought.
struct NoughtMeter: MeterDriver {
    let base: any MeterDriver
    var id: String { base.id }
    func identify() async throws -> InstrumentIdentity { try await base.identify() }
    func read(_ register: RegisterDefinition) async throws -> RegisterValue {
        var value = try await base.read(register)
        if value.text == nil { value.number = value.number ?? 0 }
        return value
    }
}

/// A counter that starts anew without a word when its numbers do not fit.
struct ForgetfulCounter: PulseCounter {
    let base: any PulseCounter
    var id: String { base.id }
    func identify() async throws -> InstrumentIdentity { try await base.identify() }
    func arm(channels: [Int]) async throws { try await base.arm(channels: channels) }
    func edges(channel: Int, from: Int) async throws -> EdgeBlock {
        do { return try await base.edges(channel: channel, from: from) } catch let fault as Fault
            where fault.code == .badAnswer
        { return try await base.edges(channel: channel, from: 0) }
    }
    func disarm() async throws { try await base.disarm() }
}

/// A contactor that believes its own command.
struct TrustingContactor: SupplySwitch {
    let base: any SupplySwitch
    var id: String { base.id }
    func identify() async throws -> InstrumentIdentity { try await base.identify() }
    func close() async throws { try await believed { try await base.close() } }
    func perform(_ action: SafeAction) async throws { try await believed { try await base.perform(action) } }
    private func believed(_ body: () async throws -> Void) async throws {
        do { try await body() } catch let fault as Fault { guard fault.code == .interlock else { throw fault } }
    }
}

/// An interlock that is closed whenever nobody says the opposite.
struct HopefulInterlock: Interlock {
    let base: any Interlock
    var id: String { base.id }
    func identify() async throws -> InstrumentIdentity { try await base.identify() }
    func state() async throws -> InterlockState {
        do { return try await base.state() } catch { return InterlockState(closed: true, open: []) }
    }
}

/// A digitizer that hides a gap.
struct SeamlessDigitizer: Digitizer {
    let base: any Digitizer
    var id: String { base.id }
    var capability: DigitizerCapability { base.capability }
    func identify() async throws -> InstrumentIdentity { try await base.identify() }
    func start(rate: Double) async throws -> SampleStream {
        let stream = try await base.start(rate: rate)
        let ring = SampleRing(blocks: 1000, bytes: stream.ring.bytes)
        let copier = Copier(stream.ring.consumer(), ring.producer())
        Self.copiers.withLock { $0[ObjectIdentifier(base as AnyObject)] = copier }
        return SampleStream(
            channels: stream.channels, rate: rate, stampRate: stream.stampRate, form: stream.form, ring: ring,
            start: stream.start, traceability: stream.traceability)
    }
    func wait() async throws {
        try await base.wait()
        Self.copiers.withLock { $0[ObjectIdentifier(base as AnyObject)] }?.copy()
    }
    func stop() async throws -> SamplingEnd { try await base.stop() }

    private static let copiers = Mutex<[ObjectIdentifier: Copier]>([:])
    /// Takes blocks from one ring to the other and says that nothing was lost.
    private final class Copier: @unchecked Sendable {
        // Unchecked: one check uses it, one call after the other.
        private var consumer: SampleConsumer, producer: SampleProducer
        init(_ consumer: consuming SampleConsumer, _ producer: consuming SampleProducer) {
            self.consumer = consumer
            self.producer = producer
        }
        func copy() {
            while true {
                guard let room = producer.reserve() else { return }
                let header = consumer.take { header, bytes in
                    room.copyMemory(from: bytes)
                    return header
                }
                guard var header else { return }
                header.lost = 0
                producer.commit(header)
            }
        }
    }
}
