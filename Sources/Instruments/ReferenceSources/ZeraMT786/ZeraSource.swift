public import BenchCore
import Synchronization

/// A ZERA source: a portable test system MT786, or a signal generator FG301 of a stationary bench, on a serial line or behind a serial
/// server.
///
/// Commands, widths and signs are from ZERA's own published software (see `ZeraSourceWire`); the manuals were not at hand. The source does
/// not tell whether its outputs are on: `state` says what was confirmed last, and what its state word says now. A fault word that a FG sends by
/// itself is held until the next load is applied, so that a gate it fell into is never taken as good.
public struct ZeraSource: CapableSource {
    /// The id in the bench file.
    public let id: String
    let wire: FrameConnection<ZeraFraming>
    private let dialect: ZeraDialect
    private let expected: InstrumentIdentity
    private let range: SourceRange?
    private let memory = ZeraSourceMemory()

    /// A source on a connection; `range` is what the bench file says it can.
    init(
        id: String, wire: FrameConnection<ZeraFraming>, dialect: ZeraDialect, expected: InstrumentIdentity,
        range: SourceRange?
    ) {
        self.id = id
        self.wire = wire
        self.dialect = dialect
        self.expected = expected
        self.range = range
    }

    /// What the maker's software and the bench file both allow.
    public var capability: SourceCapability {
        let limits = ZeraSourceWire.limits(dialect)
        func both(_ a: ClosedRange<Double>, _ b: ClosedRange<Double>?) -> ClosedRange<Double> {
            guard let b, a.overlaps(b) else { return a }
            return a.clamped(to: b)
        }
        let frequencies = limits.frequency.filter { range?.frequency.overlaps($0) ?? true }
        return SourceCapability(
            phases: 3, voltage: both(limits.voltage, range?.voltage), current: both(limits.current, range?.current),
            frequency: both(frequencies.last ?? 45...65, range?.frequency), independentPhases: true)
    }

    /// Asks model and version; the source has no command for its serial number, so the bench file's is repeated.
    public func identify() async throws -> InstrumentIdentity {
        let answer = try await wire.exchange(.zeraQuestion(dialect, "TS"), for: id)
        guard let (model, version) = answer.last.flatMap({ ZeraSourceWire.identity($0, dialect) }) else {
            throw Fault(.badAnswer, id, "answers \(answer) to «\(dialect.prefix)TS»: model and version were asked")
        }
        var identity = expected
        identity.manufacturer = "ZERA"
        (identity.model, identity.simulated) = Self.unmarked(model)
        identity.firmware = version
        return identity
    }
    /// The model without what a simulator has at its end, and whether it was there.
    static func unmarked(_ model: String) -> (model: String, simulated: Bool) {
        let simulated = model.hasSuffix("SIM")
        return (simulated ? String(model.dropLast(3)) : model, simulated)
    }

    /// Checks a load and stores it here; nothing is sent, for a source that is on would change its outputs at once.
    public func prepare(_ load: LoadSetting) async throws {
        if let reason = capability.refusal(of: load) ?? ZeraSourceWire.refusal(load, dialect, range) {
            throw Fault(.refused, id, reason)
        }
        memory.state.withLock { $0.prepared = load }
    }

    /// Sends what was prepared and switches it on; returns when the source has confirmed it, which may take 15 s.
    public func apply() async throws {
        guard let load = memory.state.withLock({ $0.prepared }) else {
            throw Fault(.refused, id, "no load is prepared")
        }
        if let fault = try await faultNow() { throw Fault(.sourceFault, id, fault) }
        let from = await wire.heard(since: .max).next
        if dialect == .fg30x {
            // From now on it sends its state word by itself when something happens (SourceMock `ActivateErrorConditionsAsync`).
            _ = try await wire.exchange(.zeraSource(dialect, "SE1"), for: id)
        }
        memory.state.withLock {
            // Until the source has confirmed everything, it counts as on and not settled.
            $0.begin(eventsFrom: from)
        }
        for command in ZeraSourceWire.on(load, dialect) {
            _ = try await wire.exchange(.zeraSource(dialect, command.text, within: command.within), for: id)
        }
        memory.state.withLock { $0.confirm(load) }
    }

    /// Asks for the state word.
    public func state() async throws -> SourceState {
        let fault = try await faultNow()
        let from = memory.state.withLock { $0.eventsFrom }
        let events = await wire.heard(since: from).words
        return memory.state.withLock { memory in
            memory.note(fault)
            for event in events { memory.note(ZeraFaultWord(line: event)?.fault) }
            return SourceState(on: memory.on, settled: memory.settled && memory.fault == nil, fault: memory.fault)
        }
    }

    private func faultNow() async throws -> String? {
        let answer = try await wire.exchange(.zeraQuestion(dialect, "SM", within: 2.5), for: id)
        guard let word = answer.last.flatMap({ ZeraFaultWord(line: $0) }) else {
            throw Fault(.badAnswer, id, "answers \(answer) to «\(dialect.prefix)SM»: a state word was asked")
        }
        return word.fault
    }

    /// Switches off; waiting requests on the wire give way. Returns once the source has confirmed it. «Current off» keeps the voltages of
    /// the load last confirmed; where none is known, the source has a fault, or it does not confirm that, everything goes off.
    public func perform(_ action: SafeAction) async throws {
        var kept: LoadSetting?
        switch action {
        case .currentOff:
            kept = memory.state.withLock { $0.settled && $0.fault == nil ? $0.applied?.withoutCurrent : nil }
        case .voltageOff: break
        case .open: throw Fault(.refused, id, "a source cannot «\(action.rawValue)»")
        }
        memory.state.withLock { $0.settled = false }
        if let load = kept {
            do { try await switchOff(ZeraSourceWire.switching(load)) } catch { kept = nil }
        }
        if kept == nil { try await switchOff(ZeraSourceWire.allOff) }
        let left = kept
        memory.state.withLock { $0.confirm(left) }
    }

    private func switchOff(_ command: String) async throws {
        _ = try await wire.urgentExchange(.zeraSource(dialect, command, within: ZeraSourceWire.offWithin), for: id)
    }
}

/// What a ZERA source was told, which it cannot be asked for.
private final class ZeraSourceMemory: Sendable {
    struct State {
        var prepared: LoadSetting?, applied: LoadSetting?
        var on = false, settled = false
        /// The first fault since the last load was applied.
        var fault: String?
        var eventsFrom = 0

        mutating func begin(eventsFrom: Int) {
            on = true
            settled = false
            fault = nil
            self.eventsFrom = eventsFrom
        }
        mutating func confirm(_ load: LoadSetting?) {
            applied = load
            on = load?.phases.contains { $0.voltage > 0 || $0.current > 0 } ?? false
            // Off is not settled.
            settled = on
        }
        mutating func note(_ text: String?) { if fault == nil { fault = text } }
    }
    let state = Mutex(State())
}

extension ZeraSource {
    private static let unconfirmed = [
        "commands are from ZERA's own published software (SourceMock, zera-classes), not from the maker's manual",
        "outputs on or off cannot be asked; what was confirmed last is believed",
        "that the outputs have settled when switching on is confirmed (within 15 s) is not said anywhere; the standard must show it",
    ]

    /// `zera-mt786`: MT786 and its kin, commands with `S`.
    static let entryMT = entry("zera-mt786", .mt786, unconfirmed)
    /// `zera-fg30x`: FG301 and its kin. Its amplifiers must have been chosen at the generator before.
    static let entryFG = entry(
        "zera-fg30x", .fg30x,
        unconfirmed + ["the choice of amplifiers (ZP) is left as it stands in the generator"])

    private static func entry(_ name: String, _ dialect: ZeraDialect, _ unconfirmed: [String]) -> DriverEntry {
        DriverEntry(name: name, role: .referenceSource, wires: WireKind.streams, unconfirmed: unconfirmed) { context in
            ZeraSource(
                id: context.id, wire: await context.wires.zera(context.description.wire), dialect: dialect,
                expected: context.expected, range: context.description.source)
        }
    }
}

extension Wires {
    /// The connection to a ZERA instrument, shared by the roles it plays.
    func zera(_ wire: WireAddress) -> FrameConnection<ZeraFraming> {
        connection(wire) { timeouts, log in
            FrameConnection(wire: wire, framing: ZeraFraming(), timeouts: timeouts, language: "zera", log: log) {
                ZeraFaultWord(line: $0)?.fault.map { "the source reports: \($0)" }
            }
        }
    }
}
