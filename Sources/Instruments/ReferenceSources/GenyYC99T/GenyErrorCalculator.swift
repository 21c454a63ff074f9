public import BenchCore
import Synchronization

/// The error calculator in a GENY YC99T: up to three meters against its own measurement.
///
/// Its settings travel in the source's test command, so a load must be applied first. As implemented in gide03/GenyYC99T; unconfirmed.
public struct GenyErrorCalculator: ErrorCalculator {
    /// The id in the bench file.
    public let id: String
    let bench: GenyBench
    private let model: GenyModel
    private let expected: InstrumentIdentity
    /// A 5C keeps a question until it has a result; after this time it is asked again, s (AutoCalibrationHW5 `readBackError`).
    private static let patience = 20.0
    /// A 5C that has said nothing of a running measurement for this long is not there, s (the same function's whole time).
    private static let longest = 100.0

    init(id: String, bench: GenyBench, model: GenyModel, expected: InstrumentIdentity) {
        self.id = id
        self.bench = bench
        self.model = model
        self.expected = expected
    }

    /// Asks whether it answers and whether it is a simulator; the rest is what the bench file says.
    public func identify() async throws -> InstrumentIdentity { try await bench.identify(expected, for: id) }

    /// Starts the load anew with constant and number of pulses.
    public func start(_ calculation: ErrorCalculation) async throws {
        guard (1...3).contains(calculation.input) else {
            throw Fault(.refused, id, "there is no input \(calculation.input); inputs are 1, 2 and 3")
        }
        guard calculation.referenceConstant == nil else {
            throw Fault(.refused, id, "it compares with its own measurement; leave the reference constant out")
        }
        guard (1...65_535).contains(calculation.pulses), calculation.meterConstant > 0,
            Float(calculation.meterConstant).isFinite
        else {
            throw Fault(.refused, id, "a constant above 0 imp/kWh and 1 … 65535 pulses are needed")
        }
        try await set(calculation)
    }

    private func set(_ calculation: ErrorCalculation?) async throws {
        guard let test = bench.state.withLock({ $0.confirmed ? $0.applied : nil }),
            let data = GenyWire.data(
                test, model, constant: calculation?.meterConstant ?? 0, pulses: calculation?.pulses ?? 0)
        else { throw Fault(.refused, id, "the source of this bench has no load applied; apply one first") }
        _ = try await bench.ask(.test, data, for: id)
        let from = await bench.wire.heard(since: .max).next
        bench.state.withLock {
            $0.calculation = calculation
            $0.stage = calculation == nil ? .aborted : .running
            $0.result = nil
            $0.asked = nil
            $0.answersFrom = from
            $0.began = WireTime.now
        }
    }

    /// Where the measurement is; asks for the errors unless a question still waits for its answer.
    public func state() async throws -> ErrorState {
        let (running, asked, from) = bench.state.withLock { ($0.stage == .running, $0.asked, $0.answersFrom) }
        if running {
            let late = await bench.wire.heard(since: from)
            var errors: [Double]?
            for frame in late.words where frame.command == GenyCommand.errors.rawValue {
                errors = try GenyWire.errors(frame, id) ?? errors
            }
            if errors == nil, asked.map({ WireTime.now - $0 > Self.patience }) ?? true {
                bench.state.withLock { $0.asked = WireTime.now }
                do {
                    // 1: once (`readbackErrorSampling`).
                    errors = try GenyWire.errors(try await bench.ask(.errors, [1], within: 1, for: id), id)
                    bench.state.withLock { $0.asked = nil }
                } catch let fault as Fault where fault.code == .timeout {
                    // A 5C answers when it has a result: the answer comes as an unasked frame. A 3C answers at once.
                    let began = bench.state.withLock { $0.began }
                    if model == .yc99t3C || WireTime.now - began > Self.longest { throw fault }
                }
            }
            if let errors { note(errors, late.next) }
        }
        return bench.state.withLock { state in
            let error = state.result.flatMap { result in state.calculation.map { result[$0.input - 1] } }
            return ErrorState(stage: state.stage, error: error, progress: nil)
        }
    }

    private func note(_ errors: [Double], _ next: Int) {
        bench.state.withLock { state in
            guard let calculation = state.calculation else { return }
            state.result = errors
            state.asked = nil
            state.began = WireTime.now
            state.answersFrom = next
            if !calculation.continuous { state.stage = .finished }
        }
    }

    /// Ends the measurement: the load is started anew without constant and pulses. Where no load is applied there is nothing to end.
    public func abort() async throws {
        if bench.state.withLock({ $0.confirmed && $0.applied != nil }) { try await set(nil) }
    }

    /// `geny-yc99t` as an error calculator.
    static let entry = DriverEntry(
        name: "geny-yc99t", role: .errorCalculator, wires: WireKind.streams,
        unconfirmed: GenyBench.unconfirmed + ["the library's author found D4 in the document where D5 works"]
    ) { context in
        GenyErrorCalculator(
            id: context.id, bench: await context.wires.geny(context.description.wire),
            model: GenyModel(context.description), expected: context.expected)
    }
}
