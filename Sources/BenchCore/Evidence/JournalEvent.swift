/// What can stand in the journal of a run, one event a line.
public enum JournalEvent: Sendable, Hashable {
    case runStarted(RunStarted)
    case instrument(InstrumentMet)
    case meter(MeterMet)
    case loadPoint(LoadPointMoved)
    case conditions(ConditionsChecked)
    case sampling(SamplingDone)
    case result(PointResult)
    case pointComplete(PointComplete)
    case repeated(PointRepeated)
    case fault(FaultNoted)
    case safe(SafeStepDone)
    case stopped(RunStopped)
    case resumed(RunResumed)
    case lateness(MachineLateness)
    case efficiency(Efficiency)
    case runFinished(RunFinished)
}

/// The first line: what is about to be done, with what, on whose order.
public struct RunStarted: Sendable, Hashable, Codable {
    /// Identifier of the run.
    public var run: String
    /// The order as read.
    public var order: Order
    /// Identifier of the bench.
    public var bench: String
    /// SHA-256 of every frozen file of the run folder by its path there.
    public var files: [String: String]
    /// Version and SHA-256 of the program.
    public var softwareVersion: String, softwareHash: String
    /// Whether anything of the run is simulated; such a run is signed by the demonstration key only.
    public var simulated: Bool
    /// Bench seconds per second of life; `nil` under virtual time.
    public var timeScale: Double?
    /// The order file as it was named: where a resumed run finds the bench's key; empty where none was named.
    public var orderPath: String

    /// By its parts.
    public init(
        run: String, order: Order, bench: String, files: [String: String], softwareVersion: String,
        softwareHash: String, simulated: Bool, timeScale: Double?, orderPath: String = ""
    ) {
        self.run = run
        self.order = order
        self.bench = bench
        self.files = files
        self.softwareVersion = softwareVersion
        self.softwareHash = softwareHash
        self.simulated = simulated
        self.timeScale = timeScale
        self.orderPath = orderPath
    }
}

/// An instrument said who it is.
public struct InstrumentMet: Sendable, Hashable, Codable {
    /// Id in the bench file, and what it answered.
    public var id: String, identity: InstrumentIdentity

    /// By its parts.
    public init(id: String, identity: InstrumentIdentity) {
        self.id = id
        self.identity = identity
    }
}

/// A meter was found, or not, at its position.
public struct MeterMet: Sendable, Hashable, Codable {
    /// Position, and serial number as ordered.
    public var position: Int, serial: String
    /// What the meter answered; `nil` without a data wire or answer.
    public var identity: InstrumentIdentity?
    /// Why it did not answer.
    public var fault: Fault?

    /// By its parts.
    public init(position: Int, serial: String, identity: InstrumentIdentity?, fault: Fault?) {
        self.position = position
        self.serial = serial
        self.identity = identity
        self.fault = fault
    }
}

/// A load point moved to a state of its life cycle (DESIGN §6).
public struct LoadPointMoved: Sendable, Hashable, Codable {
    /// States of a load point.
    public enum State: String, Sendable, Hashable, Codable {
        case refused, stored, applied, settling, settled, faulted
        /// The event of the load was fired.
        case fired
    }
    /// The test point the load is for, and which attempt at it this is (1-based).
    public var point: String, attempt: Int
    /// The state reached.
    public var state: State
    /// What is applied.
    public var load: LoadSetting?
    /// The proof of *settled*, or the reason of *refused* and *faulted*.
    public var reading: StandardReading?, reason: String?

    /// By its parts.
    public init(
        point: String, attempt: Int, state: State, load: LoadSetting?, reading: StandardReading?, reason: String?
    ) {
        self.point = point
        self.attempt = attempt
        self.state = state
        self.load = load
        self.reading = reading
        self.reason = reason
    }
}

/// Conditions were compared with what the procedure allows.
public struct ConditionsChecked: Sendable, Hashable, Codable {
    /// The test point and attempt.
    public var point: String, attempt: Int
    /// `before` or `after` the gates; `during` only where something was outside.
    public var moment: String
    /// Climate, where measured.
    public var climate: ClimateReading?
    /// The standard's reading.
    public var reading: StandardReading
    /// What was outside, in words; empty when all is well.
    public var complaints: [String]

    /// By its parts.
    public init(
        point: String, attempt: Int, moment: String, climate: ClimateReading?, reading: StandardReading,
        complaints: [String]
    ) {
        self.point = point
        self.attempt = attempt
        self.moment = moment
        self.climate = climate
        self.reading = reading
        self.complaints = complaints
    }
}

/// What was observed at one position, and what follows from it.
public struct PointResult: Sendable, Hashable, Codable {
    /// Position and serial number.
    public var position: Int, serial: String
    /// The test point and attempt.
    public var point: String, attempt: Int
    /// Raw.
    public var measurement: Measurement
    /// What follows; a verifier recomputes it from `measurement`.
    public var evaluation: Evaluation

    /// By its parts.
    public init(
        position: Int, serial: String, point: String, attempt: Int, measurement: Measurement, evaluation: Evaluation
    ) {
        self.position = position
        self.serial = serial
        self.point = point
        self.attempt = attempt
        self.measurement = measurement
        self.evaluation = evaluation
    }
}

/// All positions of a test point have their result; it is never silently repeated.
public struct PointComplete: Sendable, Hashable, Codable {
    /// The test point and attempt.
    public var point: String, attempt: Int

    /// By its parts.
    public init(point: String, attempt: Int) {
        self.point = point
        self.attempt = attempt
    }
}

/// A new attempt at a test point, and why.
public struct PointRepeated: Sendable, Hashable, Codable {
    /// The test point and the number of the new attempt.
    public var point: String, attempt: Int
    /// Positions concerned.
    public var positions: [Int]
    /// Who asked for it (a person, or `bench`), and why.
    public var by: String, reason: String

    /// By its parts.
    public init(point: String, attempt: Int, positions: [Int], by: String, reason: String) {
        self.point = point
        self.attempt = attempt
        self.positions = positions
        self.by = by
        self.reason = reason
    }
}

/// Trouble of equipment or software.
public struct FaultNoted: Sendable, Hashable, Codable {
    /// The fault, and the position where it is confined to one.
    public var fault: Fault, position: Int?

    /// By its parts.
    public init(fault: Fault, position: Int?) {
        self.fault = fault
        self.position = position
    }
}

/// A step of the safe chain was performed.
public struct SafeStepDone: Sendable, Hashable, Codable {
    /// What was asked of whom, within which limit.
    public var step: SafeStep
    /// Seconds of life it took, and the fault where it failed.
    public var took: Double, fault: Fault?

    /// By its parts.
    public init(step: SafeStep, took: Double, fault: Fault?) {
        self.step = step
        self.took = took
        self.fault = fault
    }
}

/// Somebody or something stopped the run.
public struct RunStopped: Sendable, Hashable, Codable {
    /// The two stop verbs.
    public enum Verb: String, Sendable, Hashable, Codable {
        case all = "stop all"
        case keepVoltage = "stop measuring, keep voltage"
    }
    /// What was asked, and by what.
    public var verb: Verb, cause: String

    /// By its parts.
    public init(verb: Verb, cause: String) {
        self.verb = verb
        self.cause = cause
    }
}

/// An interrupted run goes on.
public struct RunResumed: Sendable, Hashable, Codable {
    /// Who resumed it.
    public var by: String
    /// Test points complete before.
    public var complete: Int
    /// SHA-256 and length of a torn last line that was set aside; `nil` when the journal ended whole.
    public var tornHash: String?, tornBytes: Int?
    /// Program that goes on.
    public var softwareVersion: String, softwareHash: String

    /// By its parts.
    public init(
        by: String, complete: Int, tornHash: String?, tornBytes: Int?, softwareVersion: String, softwareHash: String
    ) {
        self.by = by
        self.complete = complete
        self.tornHash = tornHash
        self.tornBytes = tornBytes
        self.softwareVersion = softwareVersion
        self.softwareHash = softwareHash
    }
}

/// Bench efficiency of a run: lower bound over actual time, and where the difference went.
public struct Efficiency: Sendable, Hashable, Codable {
    /// Lower bound and actual time, s of bench time.
    public var bound: Double, actual: Double
    /// Losses in seconds by name: `settle`, `dwell excess`, `straggler`, `serial`, `repeats`, `idle`.
    public var losses: [String: Double]
    /// Seconds of dwell that points which ended when they were decided took less than with all their determinations; `nil` without such.
    public var saved: Double?

    /// By its parts.
    public init(bound: Double, actual: Double, losses: [String: Double], saved: Double? = nil) {
        self.saved = saved
        self.bound = bound
        self.actual = actual
        self.losses = losses
    }
    /// η = bound ÷ actual.
    public var eta: Double { actual > 0 ? bound / actual : 1 }
}

/// The last line: how it ended.
public struct RunFinished: Sendable, Hashable, Codable {
    /// Whether every test point of the plan is complete.
    public var complete: Bool
    /// Verdict per position.
    public var verdicts: [Int: Verdict]

    /// By its parts.
    public init(complete: Bool, verdicts: [Int: Verdict]) {
        self.complete = complete
        self.verdicts = verdicts
    }
}

extension JournalEvent: Codable {
    private enum Key: String, CodingKey { case event, data }

    /// The event's name in the journal.
    public var name: String {
        switch self {
        case .runStarted: return "run-started"
        case .instrument: return "instrument"
        case .meter: return "meter"
        case .loadPoint: return "load-point"
        case .conditions: return "conditions"
        case .sampling: return "sampling"
        case .result: return "result"
        case .pointComplete: return "point-complete"
        case .repeated: return "repeated"
        case .fault: return "fault"
        case .safe: return "safe"
        case .stopped: return "stopped"
        case .resumed: return "resumed"
        case .lateness: return "lateness"
        case .efficiency: return "efficiency"
        case .runFinished: return "run-finished"
        }
    }

    /// Writes `{"event": name, "data": {…}}`.
    public func encode(to encoder: any Encoder) throws {
        var c = encoder.container(keyedBy: Key.self)
        try c.encode(name, forKey: .event)
        switch self {
        case .runStarted(let d): try c.encode(d, forKey: .data)
        case .instrument(let d): try c.encode(d, forKey: .data)
        case .meter(let d): try c.encode(d, forKey: .data)
        case .loadPoint(let d): try c.encode(d, forKey: .data)
        case .conditions(let d): try c.encode(d, forKey: .data)
        case .sampling(let d): try c.encode(d, forKey: .data)
        case .result(let d): try c.encode(d, forKey: .data)
        case .pointComplete(let d): try c.encode(d, forKey: .data)
        case .repeated(let d): try c.encode(d, forKey: .data)
        case .fault(let d): try c.encode(d, forKey: .data)
        case .safe(let d): try c.encode(d, forKey: .data)
        case .stopped(let d): try c.encode(d, forKey: .data)
        case .resumed(let d): try c.encode(d, forKey: .data)
        case .lateness(let d): try c.encode(d, forKey: .data)
        case .efficiency(let d): try c.encode(d, forKey: .data)
        case .runFinished(let d): try c.encode(d, forKey: .data)
        }
    }

    /// Reads what `encode` wrote.
    public init(from decoder: any Decoder) throws {
        let c = try decoder.container(keyedBy: Key.self)
        func data<T: Decodable>(_ type: T.Type) throws -> T { try c.decode(type, forKey: .data) }
        let name = try c.decode(String.self, forKey: .event)
        switch name {
        case "run-started": self = .runStarted(try data(RunStarted.self))
        case "instrument": self = .instrument(try data(InstrumentMet.self))
        case "meter": self = .meter(try data(MeterMet.self))
        case "load-point": self = .loadPoint(try data(LoadPointMoved.self))
        case "conditions": self = .conditions(try data(ConditionsChecked.self))
        case "sampling": self = .sampling(try data(SamplingDone.self))
        case "result": self = .result(try data(PointResult.self))
        case "point-complete": self = .pointComplete(try data(PointComplete.self))
        case "repeated": self = .repeated(try data(PointRepeated.self))
        case "fault": self = .fault(try data(FaultNoted.self))
        case "safe": self = .safe(try data(SafeStepDone.self))
        case "stopped": self = .stopped(try data(RunStopped.self))
        case "resumed": self = .resumed(try data(RunResumed.self))
        case "lateness": self = .lateness(try data(MachineLateness.self))
        case "efficiency": self = .efficiency(try data(Efficiency.self))
        case "run-finished": self = .runFinished(try data(RunFinished.self))
        default:
            throw DecodingError.dataCorruptedError(forKey: .event, in: c, debugDescription: "unknown event \(name)")
        }
    }
}

/// A line of the journal: an event with its number, time and the hash of the line before.
public struct JournalEntry: Sendable, Hashable, Codable {
    /// 1-based number.
    public var seq: Int
    /// Bench time and UTC of the event.
    public var at: BenchInstant, utc: String
    /// SHA-256 of the bytes of the line before (without its newline), hexadecimal; 64 zeros on the first line.
    public var prev: String
    /// What happened.
    public var what: JournalEvent

    /// A line by its parts.
    public init(seq: Int, at: BenchInstant, utc: String, prev: String, what: JournalEvent) {
        self.seq = seq
        self.at = at
        self.utc = utc
        self.prev = prev
        self.what = what
    }
}

/// Where the orchestrator writes what happens; a call returns when the line is safe on the disk.
public protocol EventSink: Sendable {
    /// Appends an event.
    func append(_ event: JournalEvent) async throws
}
