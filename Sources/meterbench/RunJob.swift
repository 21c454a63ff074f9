import BenchCore
import FoundationEssentials
import Instruments
import Plugins

#if canImport(Glibc)
    import Glibc
#endif

/// One run from its inputs to its journal: opens the bench, watches the operator's signals, runs the orchestrator.
struct RunJob: Sendable {
    var folder: RunFolder
    var work: RunWork
    var types: [Int: MeterType]
    /// Instrument types that the bench's drivers name.
    var instrumentTypes: [String: InstrumentType] = [:]
    /// Where the simulated world is; for `--virtual`, which needs no wires.
    var world: WorldDescription?
    var virtual: Bool
    /// What an interrupted run is to go on from.
    var resumption: Resumption?

    /// Bench time at which a resumed run goes on.
    private var begin: BenchInstant {
        resumption?.entries.last.map(\.at) ?? BenchInstant(nanoseconds: 0)
    }

    /// Runs on real wires, or on models under virtual time; the journal is flushed and closed when it returns.
    func run() async throws -> RunOutcome {
        if virtual {
            guard let world else {
                throw Fault(.refused, work.bench.id, "a virtual run needs a simulated world; this bench names none")
            }
            // Virtual time drives its tasks on the thread that calls it. A new run begins now, a resumed one where its journal ended.
            let utc = resumption?.entries.last?.utc ?? RealTime().utc(BenchInstant(nanoseconds: 0))
            let time = VirtualTime(epoch: UTCText.seconds(utc) ?? 0, begin: begin)
            let instruments = SimulatedBench.instruments(
                bench: work.bench, world: world, types: Self.byType(work), time: time)
            return try time.run { try await measure(instruments, time) }
        }
        let time: any Timekeeper =
            work.bench.timeScale == 1
            ? RealTime(begin: begin) : ScaledTime(scale: work.bench.timeScale, begin: begin)
        let log = try WireLog(path: folder.newWireLog())
        let wired = try await WiredBench.open(
            bench: work.bench, meters: types, types: instrumentTypes, time: time, log: log)
        for row in wired.unconfirmed { Terminal.error("not confirmed by the maker's manual: \(row)") }
        defer {
            if !log.isComplete { Terminal.error("the wire log of this run is not complete: it could not be written") }
        }
        do {
            let outcome = try await GuardWatch.beside(work.bench, instrumentTypes) { watch in
                try await measure(wired.instruments, time, watch)
            }
            await wired.close()
            return outcome
        } catch {
            await wired.close()
            throw error
        }
    }

    static func byType(_ work: RunWork) -> [String: MeterType] { work.plans.mapValues(\.meter) }

    private func measure(
        _ instruments: BenchInstruments, _ time: any Timekeeper, _ watch: GuardWatch? = nil
    ) async throws -> RunOutcome {
        let journal: Journal
        var resumption = resumption
        if resumption != nil {
            // Read again under the lock: nobody else may have gone on meanwhile.
            let resumed = try Journal.resume(folder.journal, time: time)
            journal = resumed.journal
            resumption?.entries = resumed.entries
            resumption?.line.tornHash = resumed.tornHash
            resumption?.line.tornBytes = resumed.tornBytes
        } else {
            journal = try Journal.create(folder.journal, time: time)
        }
        defer { journal.close() }
        let display = LiveDisplay(page(time))
        // A hundred times a second: nothing for the machine, and enough to see every stall that would matter.
        let machine = virtual ? nil : TickLoop(interval: 10_000_000, priority: 60)
        try machine?.start()
        defer { machine?.stop() }
        let orchestrator = Orchestrator(
            work: work, instruments: instruments, kinds: BuiltIn.pointKinds, time: time, journal: journal,
            progress: display, waveforms: folder.waveforms,
            machine: machine)
        Signals.handle([SIGINT, SIGTERM, SIGHUP, SIGQUIT]) { number in
            switch number {
            case SIGQUIT: orchestrator.stop(.keepVoltage, cause: "operator (Ctrl-\\)")
            case SIGINT: orchestrator.stop(.all, cause: "operator (Ctrl-C)")
            default: orchestrator.stop(.all, cause: "the system asked the program to end (signal \(number))")
            }
        }
        watch?.whenGone { orchestrator.stop(.all, cause: GuardWatch.gone) }
        let outcome = await orchestrator.run(resuming: resumption)
        display.end()
        return outcome
    }

    private func page(_ time: any Timekeeper) -> ProgressPage {
        var loads: [String: String] = [:]
        for point in work.schedule.points { loads[point.id] = Self.describe(point) }
        let order = work.started.order
        return ProgressPage(
            run: work.started.run, bench: work.bench.id, simulated: work.started.simulated, scale: time.scale,
            serials: Dictionary(uniqueKeysWithValues: order.meters.map { ($0.position, $0.serial) }), loads: loads)
    }

    /// What a point applies, as people say it: `export, PF 0.5 ind, 5 % In, L2`.
    static func describe(_ point: ScheduledPoint) -> String {
        guard let question = point.byPosition.min(by: { $0.key < $1.key })?.value else { return point.id }
        let phase = question.phase.map { ", L\($0)" } ?? ""
        guard point.load.apparentPower > 0 else {
            return "\(Decimal.fixed(point.load.phases[0].voltage, 1)) V, current open"
        }
        return "\(question.direction.rawValue), PF \(question.powerFactor), \(question.currentText)\(phase)"
    }
}
