import BenchCore
import Glibc
import Synchronization

/// A change of a modem line: pulses of a meter's output wired to CTS, DSR, DCD or RI.
struct ModemEdge: Sendable, Hashable {
    /// The line that changed.
    var line: ModemLines
    /// s of the machine's monotonic clock when the change was known here, some tens of microseconds after it on an idle machine; no
    /// bound is promised.
    var time: Double
    /// The line's state when it was looked at.
    var high: Bool
    /// Changes of this line that the driver counted and that have no stamp of their own; a pulse that is lost is never hidden.
    var missed: Int
}

/// Stamps the changes of a serial port's modem lines on a thread of its own (TIOCMIWAIT, TIOCGICOUNT).
///
/// Pseudo-terminals and drivers without these calls are refused at once.
final class SerialEdges: Sendable {
    private struct State {
        var edges: [ModemEdge] = []
        var ended = false
        var trouble: SystemTrouble?
        var stop = false
    }
    private let state: Shared
    private let thread: pthread_t

    private final class Shared: Sendable {
        let mutex = Mutex(State())
    }

    /// Begins to listen on an open line, which must stay open until `stop`.
    init(
        line: Int32, lines: ModemLines, control: any SerialControl = KernelSerialControl(), device: String,
        instrument: String
    ) throws(Fault) {
        let counted: [ModemLines: UInt32]
        do throws(SystemTrouble) { counted = try control.edges(line) } catch {
            throw Fault(
                .refused, instrument, "\(device) does not count edges of its modem lines (TIOCGICOUNT): \(error.words)")
        }
        guard canInterrupt else { throw Fault(.internalError, instrument, "no signal to end a wait with") }
        let shared = Shared()
        state = shared
        let loop = EdgeLoop(line: line, lines: lines, control: control, counted: counted) { edges, trouble in
            shared.mutex.withLock { state in
                state.edges += edges
                if let trouble { state.trouble = trouble }
                if trouble != nil || state.stop { state.ended = true }
                return !state.ended
            }
        }
        let box = Unmanaged.passRetained(loop)
        var thread = pthread_t()
        let code = pthread_create(&thread, nil, serveEdges, box.toOpaque())
        guard code == 0 else {
            box.release()
            throw Fault(.internalError, instrument, "no thread for \(device): error \(code)")
        }
        self.thread = thread
    }

    /// The edges since the last call; throws once the port is gone.
    func take() throws(SystemTrouble) -> [ModemEdge] {
        let (edges, trouble) = state.mutex.withLock { state in
            defer { state.edges = [] }
            return (state.edges, state.trouble)
        }
        if edges.isEmpty, let trouble { throw trouble }
        return edges
    }

    /// Ends the thread; to be called once, before the line is closed.
    func stop() {
        state.mutex.withLock { $0.stop = true }
        // A signal that comes just before the wait begins is lost: so it is sent until the thread has seen it.
        while !state.mutex.withLock({ $0.ended }) {
            pthread_kill(thread, wakeSignal)
            // Such signals queue: sent faster than they are taken they would keep the thread from ever getting on.
            usleep(10_000)
        }
        pthread_join(thread, nil)
    }
}

/// The loop of the thread: wait, stamp, compare with the driver's counts.
private final class EdgeLoop {
    let line: Int32, lines: ModemLines, control: any SerialControl
    private var counted: [ModemLines: UInt32]
    private let report: @Sendable ([ModemEdge], SystemTrouble?) -> Bool

    init(
        line: Int32, lines: ModemLines, control: any SerialControl, counted: [ModemLines: UInt32],
        report: @escaping @Sendable ([ModemEdge], SystemTrouble?) -> Bool
    ) {
        self.line = line
        self.lines = lines
        self.control = control
        self.counted = counted
        self.report = report
    }

    func run() {
        var goOn = true
        while goOn {
            do throws(SystemTrouble) {
                try control.waitForEdge(line, of: lines)
                let time = WireTime.now
                goOn = report(try stamped(time), nil)
            } catch {
                goOn = report([], error.number == EINTR ? nil : error)
            }
        }
    }

    /// One edge for each line whose count moved.
    private func stamped(_ time: Double) throws(SystemTrouble) -> [ModemEdge] {
        let now = try control.edges(line)
        let levels = try control.lines(line)
        var edges: [ModemEdge] = []
        for one in [ModemLines.cts, .dsr, .dcd, .ring] where lines.contains(one) {
            let moved = (now[one] ?? 0) &- (counted[one] ?? 0)
            guard moved > 0 else { continue }
            edges.append(ModemEdge(line: one, time: time, high: levels.contains(one), missed: Int(moved) - 1))
        }
        counted = now
        return edges
    }
}

/// The signal that ends a wait: the last but one of the real-time ones, which nothing else here uses.
private let wakeSignal: Int32 = __libc_current_sigrtmax() - 1
private let canInterrupt = KernelSerialControl.makeInterruptible(wakeSignal)

private func serveEdges(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    var all = sigset_t()
    sigfillset(&all)
    sigdelset(&all, wakeSignal)
    pthread_sigmask(SIG_SETMASK, &all, nil)
    Unmanaged<EdgeLoop>.fromOpaque(argument).takeRetainedValue().run()
    return nil
}
