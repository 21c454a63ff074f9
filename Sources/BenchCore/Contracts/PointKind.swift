/// A kind of test, as far as it measures: one load point, all its positions side by side.
///
/// It applies loads through the session, watches, and records a measurement for each position; it never judges. What goes wrong at one
/// position is thrown as `PositionFault` inside `forEachPosition` and costs that position only; everything else ends the attempt.
public protocol PointKind: Sendable {
    /// The keyword of its steps.
    var name: TestKindName { get }
    /// Measures; returns when the last position is done.
    func measure(_ session: any MeasuringSession) async throws
}

/// Trouble confined to one position: the others go on.
public struct PositionFault: Error, Sendable {
    /// What went wrong.
    public var fault: Fault

    /// Confines a fault to the position it happened at.
    public init(_ fault: Fault) { self.fault = fault }
}

/// A load that has settled, with the proof.
public struct SettledLoad: Sendable, Hashable {
    /// What was asked of the source.
    public var load: LoadSetting
    /// The last reading of the standard before it counted as settled.
    public var reading: StandardReading
    /// Constant of the standard's pulse output in the ranges chosen, imp/kWh.
    public var referenceConstant: Double
    /// When it counted as settled.
    public var at: BenchInstant

    /// A settled load by its parts.
    public init(load: LoadSetting, reading: StandardReading, referenceConstant: Double, at: BenchInstant) {
        self.load = load
        self.reading = reading
        self.referenceConstant = referenceConstant
        self.at = at
    }
}

/// What class A detection saw of a voltage event, and the load that has settled after it.
public struct SeenDisturbance: Sendable, Hashable {
    /// The load.
    public var settled: SettledLoad
    /// Dips, swells and interruptions, ended or not, and rapid voltage changes; times in s since sampling was judged.
    public var events: [VoltageEvent], changes: [RapidVoltageChange]

    /// What was seen, by its parts.
    public init(settled: SettledLoad, events: [VoltageEvent], changes: [RapidVoltageChange]) {
        self.settled = settled
        self.events = events
        self.changes = changes
    }
}

/// What the bench was like around a gate, found to be within what the procedure allows.
public struct CheckedConditions: Sendable, Hashable {
    /// The standard's reading.
    public var reading: StandardReading
    /// Climate, where the bench measures it.
    public var climate: ClimateReading?

    /// Conditions by their parts.
    public init(reading: StandardReading, climate: ClimateReading?) {
        self.reading = reading
        self.climate = climate
    }
}

/// One attempt at one load point, as a kind of test sees it.
public protocol MeasuringSession: Sendable {
    /// The load point with the questions of the positions of this attempt.
    var point: ScheduledPoint { get }
    /// The bench as its file describes it.
    var bench: BenchDescription { get }
    /// The bench's clock.
    var time: any Timekeeper { get }
    /// The instruments; no call hangs for ever.
    var instruments: BenchInstruments { get }
    /// How many meters have voltage, those that are not asked among them.
    var energised: Int { get }
    /// How verdicts are decided: what a point that ends when it is decided asks while it is measured.
    var decisionRule: DecisionRule { get }
    /// How many times the gates of the plan are taken at a position: 1, more where the noise asked for it.
    var gateFactor: Int { get }
    /// The type of the meter at a position.
    func type(of position: Int) throws -> MeterType

    /// Applies a load and returns when the standard proves that it has settled. The standard takes its ranges for `ranged`; `nil` leaves
    /// them as they are. A load that is applied and settled already is only checked.
    func settle(_ load: LoadSetting, ranged: LoadSetting?) async throws -> SettledLoad
    /// Compares the conditions with what the procedure allows, `before` and `after` all gates: journalled; outside, the attempt ends.
    func conditions(_ moment: GateMoment) async throws -> CheckedConditions
    /// Compares the conditions after the gates of one position; outside, the attempt ends.
    func afterGates() async throws -> CheckedConditions

    /// Fires the voltage event of the applied load and returns when it is over, s of its duration later; journalled.
    func fire(lasting seconds: Double) async throws -> BenchInstant
    /// After an event: returns when the load has settled again and so many seconds have been looked at, with what the digitizer saw since the firing.
    func aftermath(_ detection: Double) async throws -> SeenDisturbance

    /// Judges and journals what was observed at a position.
    func record(_ position: Int, _ measurement: Measurement) async throws
    /// Journals the fault of a position and records that the point was not taken there.
    func setAside(_ position: Int, _ fault: Fault) async throws
    /// Shows how far a position is: pulses (or seconds) seen and wanted, error so far in percent.
    func show(_ position: Int, seen: Double, wanted: Double, error: Double?) async

    /// Tells the efficiency account of time spent under load: since when, the least it could take, and when each position was done.
    func dwelt(from: BenchInstant, bound: Double, ends: [BenchInstant]) async
    /// Tells the efficiency account of time in which everything waited for serial lines, and the least it could take.
    func waitedForLines(from: BenchInstant, bound: Double) async
}

/// Which side of the gates.
public enum GateMoment: String, Sendable, Hashable { case before, after }

extension MeasuringSession {
    /// The positions of this attempt, in order.
    public var positions: [Int] { point.positions }

    /// The energy that the load point is about.
    public var energyKind: EnergyKind { point.energyKind }

    /// The question asked of the meter at a position.
    public func question(_ position: Int) throws -> TestPoint {
        guard let question = point.byPosition[position] else {
            throw Fault(.internalError, "position \(position)", "is not asked at «\(point.id)»")
        }
        return question
    }

    /// The counter's channel at a position.
    public func channel(_ position: Int) throws -> Int {
        guard let place = bench.positions.first(where: { $0.number == position }) else {
            throw Fault(.notFound, "position \(position)", "is not a position of bench «\(bench.id)»")
        }
        guard try question(position).energyKind == .reactive else { return place.channel }
        guard let channel = place.reactiveChannel else {
            throw PositionFault(
                Fault(.noPulses, "position \(position)", "the position has no «reactive-channel» for reactive pulses"))
        }
        return channel
    }

    /// The constant of the output that counts the energy of this point; a fault of the position where there is none.
    public func constant(_ position: Int) throws -> Double {
        let question = try question(position)
        guard let constant = try type(of: position).constant(question) else {
            throw PositionFault(
                Fault(.noPulses, "position \(position)", "the meter has no pulse output for \(question.outputWords)"))
        }
        return constant.pulsesPerKilowattHour
    }

    /// Starts the counter on the channels of all positions.
    public func arm() async throws { try await instruments.counter.arm(channels: try positions.map(channel)) }

    /// Does something at all positions side by side; a `PositionFault` sets its position aside, any other error ends all.
    public func forEachPosition(_ body: @escaping @Sendable (Int) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for position in positions {
                group.addTask {
                    do { try await body(position) } catch let trouble as PositionFault {
                        try await setAside(position, trouble.fault)
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
