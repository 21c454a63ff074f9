internal import BenchCore

#if canImport(Glibc)
    import Glibc
#endif

/// How a simulated meter takes dips, interruptions and swells.
public struct EventTruth: Sendable, Hashable {
    /// Seconds that its supply lasts without voltage on any phase, and seconds until it works again after the voltage is back.
    public var holdUp = 0.5, restart = 1.0
    /// Whether it counts nothing while any of its voltages is below 90 % of what it was.
    public var deaf = false
    /// Pulses, and energy on its register, that it invents when the voltage returns.
    public var returnPulses = 0
    /// What its register loses when it restarts, kWh.
    public var registerLoss = 0.0
    /// By how much its error is moved after the first event, percent.
    public var errorAfter = 0.0
    /// Whether its log notes events at all, and how far the residual voltage in it is off, percent of Un.
    public var logs = true, residualError = 0.0
    /// Whether its log also notes voltages between 90 % and 110 %.
    public var logsChanges = false

    /// A meter that does everything right.
    public init() {}
}

/// The event that is going on or about to begin.
struct PlayedEvent: Sendable {
    /// Factor of the voltage by phase, from L1.
    var factors: [Double]
    var duration: Double
    /// Residual voltage in percent.
    var residual: Double
    var going = false
}

/// What happens at a moment of an event.
enum EventMoment: Sendable, Hashable {
    case begins, ends
    /// A meter's supply gives out, or it works again.
    case down(Int), up(Int)
}

extension WorldState {
    /// Residual voltages below which a meter's supply lives on what it has stored.
    static let supplyNeeds = 0.6
    /// How fast the source steps, s (IEC 61000-4-11:2004, 6.1 allows 1 µs to 5 µs).
    static let eventEdge = 3e-6

    /// Fires the event of the load applied, at the next moment at which L1's voltage has its angle; a reason where that cannot be.
    mutating func trigger() -> String? {
        guard on, let load = applied else { return "nothing is applied" }
        guard event == nil else { return "an event is going on" }
        let parts = load.shape?.parts.filter { $0.event != nil } ?? []
        guard let first = parts.first?.event else { return "the load has no event" }
        guard parts.allSatisfy({ $0.output.quantity == .voltage && $0.event == first }) else {
            return "events are simulated where all outputs of voltage have the same one"
        }
        let frequency = load.frequency + frequencyShift
        let angle = (first.startAngle - load.phases[0].voltageAngle) / 360
        let begin = ((frequency * now - angle).rounded(.up) + angle) / frequency
        var played = PlayedEvent(
            factors: [1, 1, 1], duration: first.duration, residual: first.residual)
        for part in parts { played.factors[part.output.phase - 1] = first.residual / 100 }
        event = played
        eventMoments = [(max(begin, now), .begins), (max(begin, now) + first.duration, .ends)]
        for (i, meter) in meters.enumerated() {
            let supply = meter.type.nameplate.wiring.phases.map { played.factors[$0 - 1] }.max() ?? 1
            guard supply < Self.supplyNeeds, first.duration > meter.truth.events.holdUp else { continue }
            eventMoments.append((begin + meter.truth.events.holdUp, .down(i)))
            eventMoments.append((begin + first.duration + meter.truth.events.restart, .up(i)))
        }
        eventMoments.sort { $0.at < $1.at }
        return nil
    }

    /// What was fired and not begun is forgotten; what is down comes up.
    mutating func forgetEvent() {
        event = nil
        eventMoments = []
        for i in meters.indices { (meters[i].isDown, meters[i].isDeaf) = (false, false) }
    }

    /// Something of an event happens now.
    mutating func happen(_ moment: EventMoment) {
        switch moment {
        case .begins:
            event?.going = true
            for i in meters.indices where meters[i].truth.events.deaf {
                let own = meters[i].type.nameplate.wiring.phases.map { event?.factors[$0 - 1] ?? 1 }
                meters[i].isDeaf = own.contains { $0 < 0.9 }
            }
            step()
        case .ends:
            let ended = event
            event = nil
            for i in meters.indices {
                meters[i].isDeaf = false
                meters[i].drift = meters[i].truth.events.errorAfter
                note(ended, i)
            }
            step()
            // What is invented comes with the voltage: in the piece that has just begun.
            for i in meters.indices where meters[i].truth.events.returnPulses > 0 {
                invent(Double(meters[i].truth.events.returnPulses), i)
            }
        case .down(let i):
            meters[i].isDown = true
            step()
        case .up(let i):
            meters[i].isDown = false
            meters[i].registerShift -= meters[i].truth.events.registerLoss
            step()
        }
    }

    /// A new piece with the voltages that the event leaves.
    private mutating func step() {
        let (load, live, errors, played) = (applied, on, sourceErrors, event)
        startPiece(now, tau: Self.eventEdge) { p, course in
            guard live, let load else { return }
            (course.voltage, course.current) = Self.output(load.phases[p], errors[p])
            if let played, played.going { course.voltage = played.factors[p] * course.voltage }
        }
    }

    /// The meter's log has one more, where it keeps one and the event is long enough for it.
    private mutating func note(_ ended: PlayedEvent?, _ i: Int) {
        let truth = meters[i].truth.events
        guard let ended, truth.logs, let log = meters[i].type.events, ended.duration >= log.shortest,
            truth.logsChanges || !(90...110).contains(ended.residual)
        else { return }
        meters[i].logged.count += 1
        meters[i].logged.duration = ended.duration
        meters[i].logged.residual = ended.residual + meters[i].truth.events.residualError
    }

    /// So many pulses and their energy out of nothing.
    private mutating func invent(_ pulses: Double, _ i: Int) {
        guard let constant = meters[i].type.constant(.import) else { return }
        meters[i].view.forward += pulses * 3.6e6 / constant.pulsesPerKilowattHour
        meters[i].train.invent(pulses)
    }

    /// Whether the meter at a position has no supply, or has not come up again.
    func isDown(_ position: Int) -> Bool { index[position].map { meters[$0].isDown } ?? false }
}
