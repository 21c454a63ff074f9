/// The safe chain of a bench: its actions in order, each within its own limit in seconds of life. Nothing that hangs or fails keeps it from
/// the next step, and it is performed before anything is written: first safe, then told.
public struct SafeChain: Sendable {
    let steps: [SafeStep]
    let time: any Timekeeper
    let find: @Sendable (String) -> (any SafeActing)?

    /// Steps in order; `find` gives the instrument of an id.
    public init(
        _ steps: [SafeStep], _ time: any Timekeeper, find: @escaping @Sendable (String) -> (any SafeActing)?
    ) {
        self.steps = steps
        self.time = time
        self.find = find
    }

    /// The chain of a bench for a verb: to keep the voltage, only currents are switched off, by the source itself where the chain has no such step.
    init(_ bench: BenchDescription, _ verb: RunStopped.Verb, _ instruments: BenchInstruments, _ time: any Timekeeper) {
        let currentOff = bench.safe.filter { $0.action == .currentOff }
        let steps: [SafeStep]
        switch verb {
        case .all: steps = bench.safe
        case .keepVoltage:
            let own = SafeStep(instrument: instruments.source.id, action: .currentOff, within: 1)
            steps = currentOff.isEmpty ? [own] : currentOff
        }
        self.init(steps, time) { id in
            if instruments.source.id == id { return instruments.source }
            if let contactor = instruments.contactor, contactor.id == id { return contactor }
            return instruments.more.first { $0.id == id } as? any SafeActing
        }
    }

    /// Performs all steps; returns what each took and what failed.
    public func perform() async -> [SafeStepDone] {
        var done: [SafeStepDone] = []
        for step in steps {
            let begin = time.now
            var fault: Fault?
            do {
                guard let instrument = find(step.instrument) else {
                    throw Fault(.notFound, step.instrument, "nothing of this bench that can be made safe has that id")
                }
                let late = Fault(.timeout, step.instrument, "\(step.action.rawValue) was not confirmed in time")
                try await time.within(life: step.within, else: late) { try await instrument.perform(step.action) }
            } catch {
                fault = Fault.from(error, at: step.instrument)
            }
            done.append(SafeStepDone(step: step, took: (time.now - begin) / time.bench(life: 1), fault: fault))
        }
        return done
    }
}

extension Fault {
    /// Any error as a fault: cancellation and what is no fault of ours get a name too.
    public static func from(_ error: any Error, at instrument: String) -> Fault {
        switch error {
        case let fault as Fault: return fault
        case let trouble as PositionFault: return trouble.fault
        case is CancellationError: return Fault(.cancelled, instrument, "cancelled")
        default: return Fault(.internalError, instrument, "\(error)")
        }
    }
}
