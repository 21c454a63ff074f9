internal import BenchCore

/// The published suites: what every driver and every simulator of a contract must pass.
public enum Conformance {
    /// One check as documents list it.
    public struct Listed: Sendable, Hashable {
        /// Its name, and what it demands, as a sentence.
        public var name: String, sentence: String
        /// Whether it also runs against a real instrument with nothing energised.
        public var real: Bool
    }

    /// The checks of a contract.
    public static func checks(of contract: ConformanceContract) -> [Listed] {
        suite(contract).map { Listed(name: $0.name, sentence: $0.sentence, real: $0.needs.isEmpty) }
    }

    /// The suite of a contract.
    static func suite(_ contract: ConformanceContract) -> [ConformanceCheck] {
        let own: [ConformanceCheck]
        switch contract {
        case .source: own = SourceChecks.all + ShapingChecks.all
        case .standard: own = StandardChecks.all
        case .counter: own = CounterChecks.all
        case .digitizer: own = DigitizerChecks.all
        case .meter: own = MeterChecks.all
        case .radioReceiver: own = RadioChecks.all
        case .sensor: own = SensorChecks.all
        case .interlock: own = InterlockChecks.all
        case .contactor: own = ContactorChecks.all
        case .lamp: own = LampChecks.all
        case .errorCalculator: own = CalculatorChecks.all
        case .clockCounter: own = ClockChecks.all
        }
        return CommonChecks.all + own + TroubleChecks.all
    }

    /// Runs the suite of a subject's contract. Simulated subjects are set up afresh for every check, several at a time.
    ///
    /// A check of a simulated subject that fails is run once more with time-outs four times as long and counts as failed when it
    /// fails again: a machine too busy to answer within 250 ms is not the driver's fault.
    static func run(_ subject: ConformanceSubject, only names: Set<String>? = nil) async -> ConformanceReport {
        let checks = suite(subject.contract).filter { names?.contains($0.name) ?? true }
        var results = [(row: ConformanceReport.Check, troubles: Int)?](repeating: nil, count: checks.count)
        await withTaskGroup(of: (Int, ConformanceReport.Check, Int).self) { group in
            // A real instrument is asked one thing at a time.
            // Simulated ones have three threads each: many at a time on two cores starve each other into time-outs.
            let width = subject.mode == .real ? 1 : 4
            for (index, check) in checks.enumerated() {
                if index >= width, let (done, row, troubles) = await group.next() { results[done] = (row, troubles) }
                group.addTask {
                    let (row, troubles) = await perform(check, subject)
                    return (index, row, troubles)
                }
            }
            for await (done, row, troubles) in group { results[done] = (row, troubles) }
        }
        let done = results.compactMap { $0 }
        return ConformanceReport(
            subject: subject.name, contract: subject.contract, mode: subject.mode, checks: done.map(\.row),
            troubles: done.reduce(0) { $0 + $1.troubles })
    }

    private static func perform(
        _ check: ConformanceCheck, _ subject: ConformanceSubject
    ) async -> (ConformanceReport.Check, Int) {
        let begin = WireTime.now
        var troubles = 0
        var outcome = leftOut(check, subject)
        if outcome == nil {
            let patience: [Double] = subject.mode == .real ? [1] : [1, 4]
            for factor in patience {
                let own: WireTimeouts = subject.mode == .real ? .scpi : .conformance.times(factor)
                let stage = ConformanceStage(subject: subject, timeouts: own)
                outcome = await once(check, stage)
                troubles += stage.troubles.value
                guard case .failed = outcome else { break }
            }
        }
        let row = ConformanceReport.Check(
            name: check.name, sentence: check.sentence, outcome: outcome ?? .passed, seconds: WireTime.now - begin)
        return (row, troubles)
    }

    private static func leftOut(
        _ check: ConformanceCheck, _ subject: ConformanceSubject
    ) -> ConformanceReport.Outcome? {
        if let why = subject.facts.exempt[check.name] { return .notApplicable(why) }
        if check.needs.contains(.trouble), subject.language == nil {
            return .notApplicable(
                subject.mode == .real
                    ? "needs trouble on the wire, which only a simulator gets"
                    : "a model has no wire to make trouble on")
        }
        guard subject.mode == .real else { return nil }
        if check.needs.contains(.changes) {
            return .notApplicable("would energise the instrument or change what it is doing")
        }
        if check.needs.contains(.hooks) {
            return .notApplicable("needs something done behind the driver's back, which only a simulator allows")
        }
        return nil
    }

    private static func once(_ check: ConformanceCheck, _ stage: ConformanceStage) async -> ConformanceReport.Outcome {
        do {
            try await check.run(stage)
            return .passed
        } catch {
            switch error {
            case CheckEnd.failed(let why): return .failed(why)
            case CheckEnd.notApplicable(let why): return .notApplicable(why)
            default: return .failed("\(error)")
            }
        }
    }
}
