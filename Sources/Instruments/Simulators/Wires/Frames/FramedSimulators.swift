internal import BenchCore
internal import Synchronization

/// Which simulator speaks for a driver with a maker's own language, be it made of frames or of SCPI.
enum FramedSimulators {
    /// What an instrument of the bench speaks; `nil` for one that is not of these drivers. Several roles behind one wire are one simulator.
    static func spoken(
        _ instrument: InstrumentDescription, _ world: World, _ time: any Timekeeper
    ) -> (any WireProtocol)? {
        let context = FramedContext(world: world, time: time, place: .instrument(instrument.id))
        switch instrument.driver {
        case "zera-mt786": return SimulatedMT786(context: context, dialect: .mt786)
        case "zera-fg30x": return SimulatedMT786(context: context, dialect: .fg30x)
        case "geny-yc99t": return SimulatedGeny(context: context, model: GenyModel(instrument))
        case "zera-mt310s2": return SimulatedZera(world: world, time: time)
        default: return nil
        }
    }

    /// How the language is called; `nil` for an instrument that is not of these drivers.
    static func language(_ instrument: InstrumentDescription) -> String? {
        let known = [
            "zera-mt786": "ZERA", "zera-fg30x": "ZERA", "geny-yc99t": "GENY", "zera-mt310s2": "SCPI of ZERA",
        ]
        return known[instrument.driver]
    }
}

/// The world as such a simulator sees it.
struct FramedContext: Sendable {
    let world: World, time: any Timekeeper
    /// Where its wire's faults are planned.
    let place: FaultPlace

    /// Asks the world something, now.
    func ask<T>(_ body: (inout WorldState) -> T) -> T { world.at(time.now) { state, _ in body(&state) } }

    /// The replies to one request, with the fault that is planned for it.
    ///
    /// - Parameter broken: what a bad connection makes of the bytes.
    func replies(_ bytes: [UInt8]?, delay: Double = 0, broken: ([UInt8]) -> [UInt8]) -> [WireReply] {
        let fault = ask { $0.nextFault(place) }
        if fault == .silent { return [] }
        guard let bytes else { return [] }
        switch fault {
        case .late(let by): return [WireReply(bytes: bytes, delay: delay + by)]
        case .halfFrame: return [WireReply(bytes: Array(bytes.prefix(bytes.count / 2)), delay: delay)]
        case .brokenFrame: return [WireReply(bytes: broken(bytes), delay: delay)]
        default: return [WireReply(bytes: bytes, delay: delay)]
        }
    }
}

/// One instrument behind all its clients: what it was told outlives a connection.
final class SharedInstrument<Session: WireSession & Sendable>: Sendable {
    private let session: Mutex<Session>

    init(_ session: Session) { self.session = Mutex(session) }

    func client() -> any WireSession { Client(instrument: self) }

    private func consume(_ buffer: [UInt8]) -> (replies: [WireReply], rest: [UInt8]) {
        session.withLock { session in
            var rest = buffer
            return (session.consume(&rest), rest)
        }
    }

    private struct Client: WireSession {
        let instrument: SharedInstrument
        mutating func consume(_ buffer: inout [UInt8]) -> [WireReply] {
            let done = instrument.consume(buffer)
            buffer = done.rest
            return done.replies
        }
    }
}

/// An error measurement of a simulated instrument: a meter's energy against the standard's, from a moment on.
struct SimulatedErrorMeasurement: Sendable {
    /// Position of the meter; imp/kWh; pulses.
    var position: Int, constant: Double, pulses: Int
    private var meterStart: Double, standardStart: Double

    init?(_ position: Int, constant: Double, pulses: Int, _ state: inout WorldState) {
        guard constant > 0, pulses > 0, let meter = state.energyOfMeter(position) else { return nil }
        self.position = position
        self.constant = constant
        self.pulses = pulses
        meterStart = meter
        standardStart = state.energyOfStandard
    }

    /// How far it is, 0 … 1, and the percentage error once it is complete.
    func result(_ state: inout WorldState) -> (progress: Double, error: Double?) {
        let meter = (state.energyOfMeter(position) ?? meterStart) - meterStart
        let standard = state.energyOfStandard - standardStart
        let progress = abs(meter) / 3.6e6 * constant / Double(pulses)
        guard progress >= 1, standard != 0 else { return (min(progress, 0.999), nil) }
        return (1, (meter - standard) / standard * 100)
    }
}

extension WorldState {
    /// Gives what a client asks for: currents that go while the voltages stay go as quickly as a safe action; false where the source refuses.
    mutating func give(_ wanted: LoadSetting) -> Bool {
        guard wanted.phases.contains(where: { $0.voltage > 0 || $0.current > 0 }) else {
            switchOff(voltage: true)
            return true
        }
        guard refusal(wanted) == nil else { return false }
        staged = wanted
        prepared = wanted
        guard on, let applied, wanted.phases.allSatisfy({ $0.current == 0 }), applied.frequency == wanted.frequency,
            zip(applied.phases, wanted.phases).allSatisfy({
                $0.voltage == $1.voltage && $0.voltageAngle == $1.voltageAngle
            })
        else { return apply() == nil }
        switchOff(voltage: false)
        return true
    }

    /// Energy a meter has counted so far, W·s, import less export; `nil` where there is none.
    func energyOfMeter(_ position: Int) -> Double? {
        guard let i = index[position] else { return nil }
        let energy = meters[i].view.energy(now) { fluctuation.integral($0) - fluctuationAtBegin }
        return energy.forward - energy.reverse
    }
    /// Energy the standard has measured so far, W·s.
    var energyOfStandard: Double {
        let energy = standardView.energy(now) { fluctuation.integral($0) - fluctuationAtBegin }
        return energy.forward - energy.reverse
    }
}
