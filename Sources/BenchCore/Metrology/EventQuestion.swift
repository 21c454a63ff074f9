#if canImport(Glibc)
    import Glibc
#endif

/// What is done to the voltages at a test point of kind `event`, and what a class A instrument must see of it.
public struct EventQuestion: Sendable, Hashable, Codable {
    /// Voltage during the event in percent of the voltage before: 0 is an interruption, above 100 a swell.
    public var residual: Double
    /// Seconds from its beginning to its end, and angle of L1's voltage at its beginning, degrees.
    public var duration: Double, angle: Double
    /// The phases it is on, 1 … 3, growing.
    public var phases: [Int]
    /// How often, and seconds from the beginning of one to that of the next.
    public var times: Int, interval: Double
    /// Within how many seconds after each the meter must answer again; `nil`: it is not asked.
    public var restart: Double?
    /// How much a register may change without energy, kWh (critical change); `nil` where the table states none.
    public var criticalChange: Double?
    /// What detection by IEC 61000-4-30 class A makes of the event as asked.
    public var expected: [ExpectedEvent]
    /// The rapid voltage changes that it finds; `nil` where the event is a dip, a swell or an interruption, which are none (IEC 61000-4-30, 5.11).
    public var expectedChanges: [ExpectedChange]?
    /// How far it may be off: residual voltage in percent of what is asked and at least `residualFloor` percent of the declared voltage, duration
    /// in seconds, angle in degrees.
    public var residualTolerance = 5.0, residualFloor = 1.0, durationTolerance: Double, angleTolerance = 10.0

    /// One finding of class A detection: dip, swell or interruption.
    public struct ExpectedEvent: Sendable, Hashable, Codable {
        /// What it is called.
        public var kind: VoltageEvent.Kind
        /// Extreme Urms(1/2) in percent of the declared voltage, duration in s.
        public var extreme: Double, duration: Double
        /// Phases it is on, and the one that it begins on, 1 … 3.
        public var phases: [Int], first: Int
        /// Angle of the first phase's fundamental at its beginning, degrees; `nil` where detection gives none.
        public var startAngle: Double?
    }

    /// One rapid voltage change.
    public struct ExpectedChange: Sendable, Hashable, Codable {
        /// Largest difference from the voltage before, and difference of the steady voltages after and before, percent of the declared voltage.
        public var largest: Double, steady: Double
        /// Phases it is on, 1 … 3, and seconds since the first of them.
        public var phases: [Int], at: Double
    }

    /// A question by its parts; the tolerance of the duration is one cycle.
    ///
    /// Tolerances: residual voltage ±5 % and angle ±10° are those of the generator of IEC 61000-4-11:2004, 6.1 (recalled, not confirmed);
    /// the duration of one cycle is the uncertainty of class A itself (IEC 61000-4-30:2015, 5.4.5.2).
    public init(
        residual: Double, duration: Double, angle: Double, phases: [Int], times: Int, interval: Double,
        restart: Double?,
        criticalChange: Double?, expected: [ExpectedEvent], expectedChanges: [ExpectedChange]? = nil, frequency: Double
    ) {
        self.expectedChanges = expectedChanges
        self.residual = residual
        self.duration = duration
        self.angle = angle
        self.phases = phases
        self.times = times
        self.interval = interval
        self.restart = restart
        self.criticalChange = criticalChange
        self.expected = expected
        durationTolerance = 1 / frequency
        // One cycle of Urms(1/2) does not fit wholly into a shorter event: 10° of the angle are 2.4 % of its residual voltage.
        if duration < 1.5 / frequency { residualFloor = 3 }
    }

    /// `dip to 40 % of L1 for 200 ms at 0°`.
    public var words: String {
        let name = isChange ? "voltage change" : residual > 100 ? "swell" : residual < 5 ? "interruption" : "dip"
        let level = name == "interruption" && residual == 0 ? "" : " to \(Decimal.shortest(residual)) %"
        return "\(name)\(level) of \(Self.names(phases)) for \(QuantityText.text(duration, .time)) at "
            + "\(Decimal.shortest(angle))°"
    }

    /// The same in few words, for tables.
    var short: String {
        "\(Decimal.shortest(residual)) % \(QuantityText.text(duration, .time)) \(Self.names(phases)) \(Decimal.shortest(angle))°"
    }

    /// Whether the voltage stays between dip and swell: then it is a rapid voltage change, and no log of dips and swells has it.
    public var isChange: Bool { Self.isChange(residual) }
    /// The same of a residual voltage, percent.
    public static func isChange(_ residual: Double) -> Bool { (90...110).contains(residual) }

    static func names(_ phases: [Int]) -> String { phases.map { "L\($0)" }.joined(separator: "+") }
}

extension EventQuestion {
    /// Rate at which the ideal event is reckoned, samples a second.
    private static let rate = 5000.0

    /// What detection by class A makes of an ideal event on a system of connected phases.
    ///
    /// Urms(1/2) covers a whole cycle: of an event of half a cycle to 0 % it sees 71 %. So what was applied is compared with what the same detection
    /// sees of the event as asked, not with the residual voltage itself.
    public static func expected(
        residual: Double, duration: Double, angle: Double, phases: [Int], connected: [Int], frequency: Double
    ) -> [ExpectedEvent] {
        ideal(residual, duration, angle, phases, connected, frequency)?.events ?? []
    }

    /// The rapid voltage changes that class A finds of an ideal event between dip and swell: one at its beginning and one at its end where it lasts
    /// more than a second, else one with both in it.
    public static func expectedChanges(
        residual: Double, duration: Double, angle: Double, phases: [Int], connected: [Int], frequency: Double
    ) -> [ExpectedChange] {
        ideal(residual, duration, angle, phases, connected, frequency)?.changes ?? []
    }

    private static func ideal(
        _ residual: Double, _ duration: Double, _ angle: Double, _ phases: [Int], _ connected: [Int],
        _ frequency: Double
    ) -> (events: [ExpectedEvent], changes: [ExpectedChange])? {
        let line: NominalFrequency = frequency < 55 ? .fifty : .sixty
        let cycle = 1 / frequency
        // A steady state is one of 50 (60) cycles; dips need fewer around them.
        let around = isChange(residual) ? 2.6 * Double(line.rawValue) : 20
        // Long ones look all the same in their middle: whole cycles are left out there, and put back afterwards.
        let left = max(0, ((duration - around * cycle) / cycle).rounded(.down)) * cycle
        let begin = (around + angle / 360) * cycle, end = begin + duration - left
        let total = Int((end + around * cycle) * rate)
        let channels = connected.map { phase -> [Double] in
            let shift = Self.shift(phase) / 360
            return (0..<total).map { n in
                let t = Double(n) / rate
                let wave = 2.0.squareRoot() * sin(2 * Double.pi * (frequency * t + shift))
                return t >= begin && t < end && phases.contains(phase) ? residual / 100 * wave : wave
            }
        }
        guard let thresholds = try? VoltageThresholds(declared: 1),
            var monitor = try? VoltageMonitor(
                channels: connected.count, rate: rate, nominal: line, thresholds: thresholds),
            let found = try? monitor.process(channels)
        else { return nil }
        let rest = monitor.finish()
        let events = (found.events + rest.events).map { event in
            ExpectedEvent(
                kind: event.kind, extreme: 100 * event.extreme, duration: event.duration + left,
                phases: event.channels.map { connected[$0] }, first: connected[event.firstChannel],
                startAngle: event.startAngle)
        }
        let changes = found.changes + rest.changes
        return (
            events,
            changes.enumerated().map { number, change in
                ExpectedChange(
                    largest: 100 * change.largestChange, steady: 100 * change.steadyChange,
                    phases: change.channels.map { connected[$0] },
                    at: change.start - changes[0].start + (number > 0 ? left : 0))
            }
        )
    }

    /// What of the rapid voltage changes seen after one firing is not as asked, in words.
    public func complaints(_ seen: [RapidVoltageChange], declared: Double, connected: [Int]) -> [String] {
        guard let expectedChanges else { return [] }
        guard seen.count == expectedChanges.count, let first = seen.first else {
            return [
                "the digitizer saw \(seen.count) rapid voltage changes where \(expectedChanges.count) are to be seen"
            ]
        }
        var found: [String] = []
        for (change, wanted) in zip(seen, expectedChanges) {
            let size = 100 * change.largestChange / declared, steady = 100 * change.steadyChange / declared
            if abs(size - wanted.largest) > Self.changeTolerance || abs(steady - wanted.steady) > Self.changeTolerance {
                found.append(
                    "the voltage changed by \(Decimal.fixed(size, 1)) % and stayed \(Decimal.fixed(steady, 1)) % off where "
                        + "\(Decimal.fixed(wanted.largest, 1)) % and \(Decimal.fixed(wanted.steady, 1)) % are to be seen"
                )
            }
            let phases = change.channels.compactMap { connected.indices.contains($0) ? connected[$0] : nil }
            if phases != wanted.phases {
                found.append("the change was on \(Self.names(phases)) instead of \(Self.names(wanted.phases))")
            }
            let after = change.start - first.start
            if abs(after - wanted.at) > durationTolerance {
                found.append(
                    "the voltage came back after \(Decimal.fixed(after, 2)) s where \(Decimal.fixed(wanted.at, 2)) s are asked for"
                )
            }
        }
        return found
    }

    /// How far a rapid voltage change may be off, percent of the declared voltage: it is a difference of two effective values near it.
    private static let changeTolerance = 0.5
    /// Angle of a phase's voltage against L1's, degrees.
    private static func shift(_ phase: Int) -> Double { [0, -120, 120][phase - 1] }

    /// What of the events seen after one firing is not as asked, in words; empty when the event was applied as asked.
    ///
    /// - Parameters:
    ///   - seen: what the digitizer's detection found since the firing.
    ///   - declared: declared voltage, V.
    ///   - connected: the phases behind the digitizer's voltage channels.
    public func complaints(_ seen: [VoltageEvent], declared: Double, connected: [Int]) -> [String] {
        var found: [String] = []
        for wanted in expected {
            let same = seen.filter { $0.kind == wanted.kind }
            guard let event = same.first else {
                found.append("the digitizer saw no \(wanted.kind.rawValue)")
                continue
            }
            if same.count > 1 { found.append("the digitizer saw \(same.count) of kind \(wanted.kind.rawValue)") }
            if !event.complete { found.append("the \(event.kind.rawValue) had not ended") }
            let extreme = 100 * event.extreme / declared
            let width = max(residualTolerance / 100 * wanted.extreme, residualFloor)
            if abs(extreme - wanted.extreme) > width {
                found.append(
                    "the \(event.kind.rawValue) went to \(Decimal.fixed(extreme, 1)) % where \(Decimal.fixed(wanted.extreme, 1)) % "
                        + "± \(Decimal.fixed(width, 1)) % is to be seen")
            }
            if abs(event.duration - wanted.duration) > durationTolerance {
                func milliseconds(_ seconds: Double) -> String { Decimal.fixed(1000 * seconds, 0) + " ms" }
                found.append(
                    "the \(event.kind.rawValue) lasted \(milliseconds(event.duration)) where \(milliseconds(wanted.duration)) ± "
                        + "\(milliseconds(durationTolerance)) are to be seen")
            }
            let phases = event.channels.compactMap { connected.indices.contains($0) ? connected[$0] : nil }
            if phases != wanted.phases {
                found.append(
                    "the \(event.kind.rawValue) was on \(Self.names(phases)) instead of \(Self.names(wanted.phases))")
            }
            if let asked = wanted.startAngle, connected.indices.contains(event.firstChannel) {
                guard let angle = event.startAngle else {
                    found.append("the angle at which the \(event.kind.rawValue) began was not seen")
                    continue
                }
                // Both as angles of L1; which phase is found first is chance where several have the event, and a departure is found up to 6° late.
                let first = connected[event.firstChannel]
                let turn = (angle - Self.shift(first)) - (asked - Self.shift(wanted.first))
                let off = turn - 360 * (turn / 360).rounded()
                if abs(off) > angleTolerance + (first == wanted.first ? 0 : 6) {
                    found.append(
                        "the \(event.kind.rawValue) began \(Decimal.fixed(abs(off), 0))° \(off > 0 ? "later" : "earlier") than asked"
                    )
                }
            }
        }
        for event in seen where !expected.contains(where: { $0.kind == event.kind }) {
            found.append("the digitizer saw a \(event.kind.rawValue) that was not asked for")
        }
        return found
    }
}
