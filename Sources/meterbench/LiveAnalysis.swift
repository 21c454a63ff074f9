import BenchCore
import FoundationEssentials
import Instruments
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// `analyze` of a digitizer: samples for some seconds, tells every window while it does, and leaves a folder to be analyzed as a whole.
enum LiveAnalysis {
    /// An end before there is anything to analyze; it has been told.
    struct Ended: Error { var code: Int32 }

    /// Where the samples are; left behind, or kept where somebody said where.
    struct Folder {
        var path: String, kept: Bool
        /// How the program ends when all was said: samples that are not what they are said to be are analyzed, and it is no success.
        var code = ExitCode.ok
        func leave() { if !kept { try? FileManager.default.removeItem(atPath: path) } }
    }

    /// Whether the words name a digitizer and no recording: a bench file and an id, or an address.
    static func isWanted(_ arguments: Arguments) -> Bool {
        arguments.words.count == 2 || (arguments.words.count == 1 && arguments.options["--seconds"] != nil)
    }

    static func sample(
        _ arguments: Arguments, _ options: RecordingAnalysis.Options
    ) async -> Result<Folder, Ended> {
        let wanted: DigitizerWords
        switch DigitizerWords.read(arguments) {
        case .failure(let error):
            Terminal.error("meterbench analyze: \(error.message)")
            return .failure(Ended(code: ExitCode.usage))
        case .success(let read): wanted = read
        }
        let place = FileManager.default.temporaryDirectory.path + "/meterbench-\(UUID().uuidString)"
        var folder = Folder(path: wanted.folder ?? place, kept: wanted.folder != nil)
        do {
            let files = arguments.options["--corrections"]?.split(separator: ",").map(String.init)
            let live = LiveClassA.Options(
                nominal: options.nominal, declared: options.declared,
                corrections: try files.map { try CorrectionSet(files: $0) })
            let digitizer = try await StreamRecording.digitizer(try wanted.description())
            let rate = wanted.rate ?? digitizer.capability.rates.first ?? 0
            let quiet = arguments.flags.contains("--json")
            let latest = Latest()
            // The operator ends it before its time: what is there is analyzed.
            let stop = StopFlag()
            Signals.handle([SIGINT, SIGTERM]) { _ in stop.set() }
            let names = PhaseAssignment(digitizer.capability.channels).phases
            let outcome = try await StreamRecording.record(
                digitizer, rate: rate, seconds: wanted.seconds, into: folder.path,
                watched: StreamRecording.Onlooker(live) { found, late in
                    if !found.windows.isEmpty { latest.take(late) }
                    if !quiet { for line in lines(found, names) { Terminal.out(line) } }
                }, until: { stop.isSet })
            if !quiet { tell(outcome, latest.worst) }
            if let early = outcome.early { Terminal.error("meterbench analyze: ended early: \(early)") }
            if let lie = outcome.lie(rate) {
                Terminal.error("meterbench analyze: \(lie)")
                folder.code = ExitCode.protocol
            }
            return .success(folder)
        } catch let fault as Fault {
            Terminal.error("meterbench analyze: \(fault)")
            folder.leave()
            return .failure(Ended(code: ExitCode.of(fault.code)))
        } catch let problems as Diagnostics {
            Terminal.error("\(problems)")
            return .failure(Ended(code: ExitCode.dataError))
        } catch {
            Terminal.error("meterbench analyze: \(error)")
            folder.leave()
            return .failure(Ended(code: ExitCode.cannotCreate))
        }
    }

    /// A line for each window, and for each event.
    static func lines(_ found: LiveClassA.Findings, _ phases: [PhaseAssignment.Phase]) -> [String] {
        var lines: [String] = found.note.map { ["  \($0)"] } ?? []
        let slots = phases.compactMap { phase in ["L1", "L2", "L3"].firstIndex(of: phase.name).map { (phase, $0) } }
        func values(_ wanted: [Double?], _ decimals: Int) -> String {
            wanted.map { $0.map { Decimal.fixed($0, decimals) } ?? "–" }.joined(separator: " ")
        }
        for (end, window) in found.windows {
            let voltages = slots.filter { $0.0.voltage != nil }, currents = slots.filter { $0.0.current != nil }
            var parts = ["\(Decimal.fixed(end, 1)) s", "\(Decimal.fixed(window.frequency, 3)) Hz"]
            parts.append("U " + values(voltages.map { window.rms[$0.1] }, 2) + " V")
            if !currents.isEmpty {
                parts.append("I " + values(currents.map { window.rms[4 + $0.1] }, 4) + " A")
                let both = currents.filter { $0.0.voltage != nil }
                parts.append("P " + values(both.map { window.active[$0.1] }, 2) + " W")
            }
            parts.append("THD " + values(voltages.map { window.distortion(channel: $0.1) }, 2) + " %")
            if voltages.count == 3 { parts.append("unbalance " + values([window.negativeUnbalance], 2) + " %") }
            if window.flagged { parts.append("flagged") }
            lines.append(parts.joined(separator: "   "))
        }
        for (start, event) in found.events {
            // A phase that is not sampled is watched as the first one that is.
            let watched = slots.filter { $0.0.voltage != nil }
            let phase = watched.first { $0.1 == event.extremeChannel } ?? watched.first
            lines.append(
                "\(Decimal.fixed(start, 3)) s   \(event.kind.rawValue) of \(Decimal.fixed(event.duration * 1e3, 0)) ms to "
                    + "\(Decimal.fixed(event.extreme, 2)) V on \(phase?.0.name ?? "–")")
        }
        return lines
    }

    private static func tell(_ outcome: StreamRecording.Outcome, _ latest: Double?) {
        let known = latest.map {
            "; every window was known \(Decimal.fixed($0 * 1e3, 0)) ms after its last sample at most"
        }
        let lost = outcome.lost == 0 ? "none lost" : "\(outcome.lost) LOST"
        Terminal.out("\n\(outcome.written.frames) frames, \(lost)\(known ?? "")\n")
    }

    /// The longest that a window took to be known, s.
    private final class Latest: Sendable {
        private let state = Mutex(Double?.none)
        func take(_ late: Double) { state.withLock { $0 = max($0 ?? late, late) } }
        var worst: Double? { state.withLock { $0 } }
    }

    /// Set by a signal, asked by the loop.
    private final class StopFlag: Sendable {
        private let flag = Atomic<Bool>(false)
        func set() { flag.store(true, ordering: .relaxed) }
        var isSet: Bool { flag.load(ordering: .relaxed) }
    }
}
