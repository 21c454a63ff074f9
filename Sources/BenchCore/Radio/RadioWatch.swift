/// What a step of a procedure says of a watch on the air: the rules, whose use is claimed, and how the receiver is set.
public struct StepRadio: Sendable, Hashable {
    /// The rules, read from the file that the step names.
    public var rules: RadioRules
    /// For which use a row may be claimed: `non-specific`, `metering` …
    public var use: String
    /// How the receiver is set.
    public var receive: ZeroSpan
    /// Whether a watch shorter than a rule's window shows what goes on all the time.
    public var representative: Bool

    /// A step's watch by its parts.
    public init(rules: RadioRules, use: String, receive: ZeroSpan, representative: Bool) {
        self.rules = rules
        self.use = use
        self.receive = receive
        self.representative = representative
    }

    /// The row that decides: of those for the use that hold the whole band that is received, the one with the shortest duty cycle, as a watch on the
    /// air in zero span does not know the radiated power that would allow a longer one. `nil` where there is none, or none has a limit.
    public var row: RadioRules.BandRow? {
        let low = receive.center - receive.bandwidth / 2, high = receive.center + receive.bandwidth / 2
        return rules.bands.filter {
            $0.use == use && $0.dutyCycle < 1 && $0.band.lower <= low && $0.band.upper >= high
        }.min { $0.dutyCycle < $1.dutyCycle }
    }
}

/// What is watched on the air at a test point: the receiver's setting, and the window over which a duty cycle counts.
public struct RadioWatch: Sendable, Hashable, Codable {
    /// How the receiver is set.
    public var receive: ZeroSpan
    /// The band of the rule, `868.7 to 869.2 MHz`, and the use.
    public var band: String, use: String
    /// Seconds over which the share of time counts, wherever they begin.
    public var window: Double
    /// Whether a shorter watch shows what goes on all the time.
    public var representative: Bool

    /// A watch by its parts.
    public init(receive: ZeroSpan, band: String, use: String, window: Double, representative: Bool) {
        self.receive = receive
        self.band = band
        self.use = use
        self.window = window
        self.representative = representative
    }
}

/// One sweep of the receiver, and what was on the air in it.
public struct RadioSweep: Sendable, Hashable, Codable {
    /// Seconds since the watch began, and how long it swept.
    public var start: Double, seconds: Double
    /// Transmissions in it; their `start` counts from the beginning of the sweep.
    public var bursts: [RadioBurst]

    /// A sweep by its parts.
    public init(start: Double, seconds: Double, bursts: [RadioBurst]) {
        self.start = start
        self.seconds = seconds
        self.bursts = bursts
    }
}

/// What was on the air while a receiver watched: sweeps with pauses between them.
public struct RadioObservation: Sendable, Hashable, Codable {
    /// The setting that was really in force.
    public var receive: ZeroSpan
    /// How far above the noise something counts as a transmission, dB.
    public var least: Double
    /// The sweeps, in order of time.
    public var sweeps: [RadioSweep]
    /// How many meters had voltage meanwhile: a receiver cannot tell whose transmissions it hears.
    public var senders: Int

    /// An observation by its parts.
    public init(receive: ZeroSpan, least: Double, sweeps: [RadioSweep], senders: Int) {
        self.receive = receive
        self.least = least
        self.sweeps = sweeps
        self.senders = senders
    }

    /// Seconds that were watched.
    public var watched: Double { sweeps.reduce(0) { $0 + $1.seconds } }
    /// Transmissions in all, and seconds on the air.
    public var bursts: Int { sweeps.reduce(0) { $0 + $1.bursts.count } }
    /// Seconds on the air.
    public var onTime: Double { sweeps.reduce(0) { $0 + $1.bursts.reduce(0) { $0 + $1.length } } }

    /// The share of time on the air, its expanded uncertainty (k = 2), both 0 … 1, and the seconds of the watch that they rest on.
    ///
    /// Over a window that slides, where the watch is longer: time on the air in the sweeps of the window over the time that was watched in it. What
    /// was sent between two sweeps is not known; as many transmissions a second as in the sweeps are taken to have been sent there, with the
    /// spread of a random number of them.
    public func share(window: Double) -> (share: Double, U: Double, from: Double)? {
        guard let last = sweeps.last, watched > 0 else { return nil }
        let whole = last.start + last.seconds - sweeps[0].start
        guard whole > window * (1 + 1e-9) else {
            return part(from: sweeps[0].start, to: last.start + last.seconds, window)
        }
        var worst: (share: Double, U: Double, from: Double)?
        for sweep in sweeps {
            let starts = [sweep.start] + sweep.bursts.map { sweep.start + $0.start }
            for from in starts where from + window <= last.start + last.seconds + 1e-9 {
                guard let found = part(from: from, to: from + window, window) else { continue }
                if found.share > worst?.share ?? -1 { worst = found }
            }
        }
        return worst
    }

    private func part(from: Double, to: Double, _ window: Double) -> (share: Double, U: Double, from: Double)? {
        var on = 0.0, seen = 0.0, edges = 0.0
        var count = 0
        for sweep in sweeps where sweep.start < to && sweep.start + sweep.seconds > from {
            seen += min(to, sweep.start + sweep.seconds) - max(from, sweep.start)
            for burst in sweep.bursts {
                let begin = sweep.start + burst.start
                let time = min(to, begin + burst.length) - max(from, begin)
                guard time > 0 else { continue }
                on += time
                edges += burst.lengthU
                count += 1
            }
        }
        guard seen > 0 else { return nil }
        let share = on / seen
        // The part of the window that nobody saw; the number of transmissions in it is random (Poisson).
        let unseen = max(0, 1 - seen / max(window, to - from))
        let random = count > 0 ? share * (unseen / Double(count)).squareRoot() : 0
        // Lengths err the same way where the same filter finds their edges: these are added, not their squares.
        let length = edges / 2 / seen
        return (share, 2 * (random * random + length * length).squareRoot(), from)
    }
}
