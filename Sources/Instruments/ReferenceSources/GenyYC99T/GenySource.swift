public import BenchCore
import Synchronization

/// The source in a GENY YC99T: one voltage and one current for all phases, or the current in one phase.
///
/// As implemented in gide03/GenyYC99T; unconfirmed by the maker's document. Export, unequal phases and other angles are refused: the test
/// command cannot say them.
public struct GenySource: CapableSource {
    /// The id in the bench file.
    public let id: String
    let bench: GenyBench
    private let model: GenyModel
    private let expected: InstrumentIdentity
    private let range: SourceRange?
    /// A voltage that no input noise reaches, and below which a load could not be told from none, V.
    private static let live = 10.0
    /// Longest that outputs are watched dying away after they were switched off, and the pause between two looks, seconds of life.
    private static let dying = 3.0, glance = 0.1

    init(id: String, bench: GenyBench, model: GenyModel, expected: InstrumentIdentity, range: SourceRange?) {
        self.id = id
        self.bench = bench
        self.model = model
        self.expected = expected
        self.range = range
    }

    /// What the ranges of the bench and the bench file both allow. It claims one load for all phases; besides it takes the current in one
    /// phase, and L1 alone. Frequencies are the bench file's, for the library names none; 45 to 65 Hz where it has none either.
    public var capability: SourceCapability {
        func both(_ own: ClosedRange<Double>, _ bench: ClosedRange<Double>?) -> ClosedRange<Double> {
            guard let bench, own.overlaps(bench) else { return own }
            return own.clamped(to: bench)
        }
        return SourceCapability(
            phases: 3, voltage: both(Self.live...(model.voltages.last?.nominal ?? 380), range?.voltage),
            current: both(0...model.current, range?.current), frequency: range?.frequency ?? 45...65,
            independentPhases: false)
    }

    /// Asks whether it answers and whether it is a simulator; the rest is what the bench file says.
    public func identify() async throws -> InstrumentIdentity { try await bench.identify(expected, for: id) }

    /// Checks a load and stores it here; nothing is sent, for the test command energises at once.
    public func prepare(_ load: LoadSetting) async throws {
        var limits = capability
        // `GenyWire.test` knows better which loads differ between the phases and can be.
        limits.independentPhases = true
        if let reason = limits.refusal(of: load) { throw Fault(.refused, id, reason) }
        switch GenyWire.test(load) {
        case .failure(let refusal): throw Fault(.refused, id, refusal.reason)
        case .success(let test): bench.state.withLock { $0.prepared = test }
        }
    }

    /// Starts the test that was prepared, without an error measurement: the calculator asks for that.
    public func apply() async throws {
        guard let test = bench.state.withLock({ $0.prepared }), let data = GenyWire.data(test, model) else {
            throw Fault(.refused, id, "no load is prepared")
        }
        let from = await bench.wire.heard(since: .max).next
        bench.state.withLock {
            // Until the bench has confirmed it, it counts as on and not settled.
            $0.on = true
            $0.confirmed = false
            $0.alarm = nil
            $0.eventsFrom = from
            $0.calculation = nil
            $0.result = nil
            $0.stage = .idle
        }
        _ = try await bench.ask(.test, data, for: id)
        bench.state.withLock {
            $0.applied = test
            $0.confirmed = true
        }
    }

    /// How it is, by its own samples: settled within half a percent of what was asked, and on also where only the samples say so.
    public func state() async throws -> SourceState {
        var samples: GenyWire.Samples?
        // An alarm that comes first ends a question; it is among the events below. One that keeps coming leaves no samples.
        for _ in 0..<2 where samples == nil {
            do {
                samples = try await bench.samples(for: id)
            } catch let fault as Fault where fault.code == .sourceFault {}
        }
        let shown = samples
        let events = await bench.wire.heard(since: bench.state.withLock { $0.eventsFrom }).words
        return bench.state.withLock { state in
            if state.alarm == nil { state.alarm = events.lazy.compactMap(GenyBench.alarm).first }
            let live = shown?.voltages.contains { $0 > Self.live } ?? false
            // Off is not settled.
            let reached = state.applied.flatMap { shown?.show($0) } ?? false
            return SourceState(
                on: state.on || live, settled: state.confirmed && reached && state.alarm == nil, fault: state.alarm)
        }
    }

    /// Switches off; waiting requests on the wire give way. «Current off» repeats the last test without current; where none is known, the
    /// bench does not confirm that, or the voltage is to go as well, everything is stopped. Returns once the bench has answered with
    /// result 0 and its samples show it; fault `sourceFault` when they do not within three seconds.
    public func perform(_ action: SafeAction) async throws {
        var kept: GenyWire.Test?
        switch action {
        case .currentOff: kept = bench.state.withLock { $0.confirmed && $0.alarm == nil ? $0.applied : nil }
        case .voltageOff: break
        case .open: throw Fault(.refused, id, "a source cannot «\(action.rawValue)»")
        }
        kept?.current = 0
        kept?.powerFactor = 1
        bench.state.withLock { $0.confirmed = false }
        if let test = kept, let data = GenyWire.data(test, model) {
            do {
                _ = try await bench.askUrgently(.test, data, for: id)
                try await confirmOff(voltageToo: false)
            } catch {
                kept = nil
            }
        }
        if kept == nil {
            _ = try await bench.askUrgently(.stop, for: id)
            try await confirmOff(voltageToo: true)
        }
        let off = kept
        bench.state.withLock {
            $0.applied = off
            $0.on = off != nil
            $0.confirmed = true
            $0.stage = $0.stage == .idle ? .idle : .aborted
            $0.calculation = nil
        }
    }

    /// Reads samples until they show that the currents, and the voltages where they are to go as well, have died away.
    private func confirmOff(voltageToo: Bool) async throws {
        let end = WireTime.now + Self.dying
        while true {
            let samples = try GenyWire.samples(try await bench.askUrgently(.samples, [1], for: id), id)
            // Below a thousandth of the largest current a sample may be noise.
            let current = samples.currents.map(abs).max() ?? 0, voltage = samples.voltages.map(abs).max() ?? 0
            if current <= model.current / 1000, !voltageToo || voltage <= Self.live { return }
            guard WireTime.now < end else {
                throw Fault(
                    .sourceFault, id,
                    "the outputs are still on: its samples show \(Decimal.fixed(voltage, 1)) V and \(Decimal.fixed(current, 3)) A"
                )
            }
            try await ContinuousClock().sleep(for: .seconds(Self.glance))
        }
    }

    /// `geny-yc99t` as a source; the model in the bench file tells 3C from 5C.
    static let entry = DriverEntry(
        name: "geny-yc99t", role: .referenceSource, wires: WireKind.streams, unconfirmed: GenyBench.unconfirmed
    ) { context in
        GenySource(
            id: context.id, bench: await context.wires.geny(context.description.wire),
            model: GenyModel(context.description), expected: context.expected, range: context.description.source)
    }
}

extension GenyModel {
    /// The size of the bench, from its model in the bench file; the 3C only where it says so, for its 660 V.
    init(_ description: InstrumentDescription) {
        self = description.model.uppercased().contains("3C") ? .yc99t3C : .yc99t5C
    }
}
