public import BenchCore
import Synchronization

/// A technician's talk with one instrument of a bench, with the interlocks of a run.
///
/// What only asks is always allowed. Whatever else is said to an instrument that can energise (a source, a contactor) is refused until
/// `energise` was said, which the interlock of the bench may refuse. The end of the talk, however it comes, performs the safe chain
/// when `energise` was said.
public actor InstrumentConsole {
    /// What came of a line.
    public enum Reply: Sendable, Hashable {
        /// Text for the person.
        case said(String)
        /// It was refused or went wrong.
        case trouble(Fault)
        /// The person wants to end.
        case ended
    }
    private let bench: BenchDescription
    private let instrument: any Instrument
    private let canEnergise: Bool
    private let wire: ConsoleWire
    private let wires: Wires
    private let drivers: [String: any Instrument]
    private let watch: BenchWatch
    private let time: any Timekeeper
    private var live = false

    /// Opens the instrument of an id and what keeps the bench safe; nothing is sent yet. Throws `Fault(.notFound)`.
    public static func open(
        _ id: String, of bench: BenchDescription, types: [String: InstrumentType], time: any Timekeeper,
        log: WireLog?, scpi: WireTimeouts = .scpi, modbus: WireTimeouts = .modbus
    ) async throws -> InstrumentConsole {
        guard let description = bench.instruments.first(where: { $0.id == id }) else {
            let known = bench.instruments.map(\.id).joined(separator: ", ")
            throw Fault(.notFound, id, "the bench has no such instrument; it has \(known)")
        }
        let wires = Wires(scpi: scpi, modbus: modbus, log: log)
        var drivers: [String: any Instrument] = [:]
        for instrument in bench.instruments {
            let entry = try DriverRegistry.entry(for: instrument, types: types)
            drivers[instrument.id] = try await entry.make(
                DriverContext(description: instrument, wires: wires, time: time))
        }
        guard let driver = drivers[id] else { throw Fault(.notFound, id, "has no driver") }
        return InstrumentConsole(
            bench, driver, canEnergise: !description.role.safeActions.isEmpty,
            try await wires.console(description.wire, for: id), wires, drivers, time)
    }

    private init(
        _ bench: BenchDescription, _ instrument: any Instrument, canEnergise: Bool, _ wire: ConsoleWire, _ wires: Wires,
        _ drivers: [String: any Instrument], _ time: any Timekeeper
    ) {
        self.bench = bench
        self.instrument = instrument
        self.canEnergise = canEnergise
        self.wire = wire
        self.wires = wires
        self.drivers = drivers
        self.time = time
        watch = BenchWatch(Array(drivers.values), time)
    }

    /// Whether the bench may be live: then the end performs the safe chain.
    public var isLive: Bool { live }

    /// One line of the technician.
    public func say(_ line: String) async -> Reply {
        let text = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\r" }).joined(separator: " ")
        do {
            switch text {
            case "": return .said("")
            case "quit", "exit": return .ended
            case "help": return .said(help)
            case "identify":
                let identity = try await instrument.identify()
                return .said("\(identity.manufacturer), \(identity.model), \(identity.serial), \(identity.firmware)")
            case "errors":
                let errors = try await instrument.errors()
                return .said(errors.isEmpty ? "no errors" : errors.joined(separator: "\n"))
            case "safe":
                return .said(await makeSafe().joined(separator: "\n"))
            case "energise":
                try await watch.mustBeClosed()
                live = true
                return .said("the bench may be energised now; «safe» or the end of this talk performs its safe chain")
            default:
                let asks = wire.onlyAsks(text)
                if canEnergise, !asks {
                    guard live else {
                        throw Fault(
                            .refused, instrument.id,
                            "this may energise the bench; say «energise» first. What only asks is always allowed")
                    }
                    // A door may have been opened since.
                    try await watch.mustBeClosed()
                }
                if case .raw = wire { await wires.releaseOthers() }
                return .said(try await wire.say(text, id: instrument.id))
            }
        } catch {
            return .trouble(Fault.from(error, at: instrument.id))
        }
    }

    /// Looks at the interlock while the bench may be live; returns its complaint when it opens, after the safe chain has run.
    public func guardInterlock() async -> String? {
        let opened = Mutex<String?>(nil)
        await watch.watch { cause in opened.withLock { $0 = cause } }
        guard let cause = opened.withLock({ $0 }) else { return nil }
        return ([cause] + (live ? await makeSafe() : [])).joined(separator: "\n")
    }

    /// Ends the talk: the safe chain where the bench may be live, then all wires are closed. Returns what to tell.
    public func end() async -> [String] {
        let told = live ? await makeSafe() : []
        await wires.close()
        return told
    }

    private func makeSafe() async -> [String] {
        let drivers = drivers
        let done = await SafeChain(bench.safe, time) { drivers[$0] as? any SafeActing }.perform()
        live = done.contains { $0.fault != nil }
        return done.map { step in
            let name = "\(step.step.instrument) \(step.step.action.rawValue)"
            return step.fault.map { "\(name): FAILED: \($0.detail)" }
                ?? "\(name): done in \(Decimal.fixed(step.took * 1000, 0)) ms"
        }
    }

    private var help: String {
        """
        \(wire.forms)
        identify     who is it
        errors       reads and empties its error queue
        energise     allow what may put voltage or current on the bench; the interlock must be closed
        safe         perform the safe chain of the bench now
        quit         end; the safe chain is performed where «energise» was said
        """
    }
}

extension Wires {
    /// How a technician's lines reach an instrument: through the connection its driver uses.
    func console(_ wire: WireAddress, for instrument: String) throws(Fault) -> ConsoleWire {
        switch wire.kind {
        case .modbusTCP, .modbusRTU:
            let (line, unit) = try modbus(wire, for: instrument)
            return .modbus(line, unit: unit)
        default:
            if let known = knownSCPI(wire) { return .scpi(known) }
            return .raw(RawConnection(wire: wire, timeouts: .scpi, log: log))
        }
    }
}
