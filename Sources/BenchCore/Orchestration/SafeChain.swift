/// The safe chain of a bench: its actions in order, each within its own limit in seconds of life. Nothing that hangs or fails keeps it from
/// the next step, and it is performed before anything is written: first safe, then told.
struct SafeChain: Sendable {
    let steps: [SafeStep]
    let instruments: BenchInstruments
    let time: any Timekeeper

    /// The chain of a bench for a verb: to keep the voltage, only currents are switched off, by the source itself where the chain has no such step.
    init(_ bench: BenchDescription, _ verb: RunStopped.Verb, _ instruments: BenchInstruments, _ time: any Timekeeper) {
        let currentOff = bench.safe.filter { $0.action == .currentOff }
        switch verb {
        case .all: steps = bench.safe
        case .keepVoltage:
            let own = SafeStep(instrument: instruments.source.id, action: .currentOff, within: 1)
            steps = currentOff.isEmpty ? [own] : currentOff
        }
        self.instruments = instruments
        self.time = time
    }

    /// Performs all steps; returns what each took and what failed.
    func perform() async -> [SafeStepDone] {
        var done: [SafeStepDone] = []
        for step in steps {
            let begin = time.now
            var fault: Fault?
            do {
                let instrument = try find(step.instrument)
                let late = Fault(.timeout, step.instrument, "\(step.action.rawValue) was not confirmed in time")
                try await time.within(life: step.within, else: late) { try await instrument.perform(step.action) }
            } catch {
                fault = Fault.from(error, at: step.instrument)
            }
            done.append(SafeStepDone(step: step, took: (time.now - begin) / time.bench(life: 1), fault: fault))
        }
        return done
    }

    private func find(_ id: String) throws -> any SafeActing {
        if instruments.source.id == id { return instruments.source }
        if let contactor = instruments.contactor, contactor.id == id { return contactor }
        throw Fault(.notFound, id, "no source or contactor of this bench has that id")
    }
}

extension Fault {
    /// Any error as a fault: cancellation and what is no fault of ours get a name too.
    static func from(_ error: any Error, at instrument: String) -> Fault {
        switch error {
        case let fault as Fault: return fault
        case let trouble as PositionFault: return trouble.fault
        case is CancellationError: return Fault(.cancelled, instrument, "cancelled")
        default: return Fault(.internalError, instrument, "\(error)")
        }
    }
}
