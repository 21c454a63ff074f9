import BenchCore
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Shows a run while it goes on: a page that is redrawn on a terminal, a line for each finished point elsewhere.
final class LiveDisplay: ProgressSink {
    private struct State {
        var page: ProgressPage
        var drawn = 0
        var last: ContinuousClock.Instant?
        var linePrinted = 0
    }
    private let state: Mutex<State>
    private let terminal: Bool

    /// A display on standard error, so that standard output stays for results.
    init(_ page: ProgressPage) {
        state = Mutex(State(page: page))
        terminal = Terminal.isTerminal(2)
    }

    func show(_ progress: RunProgress) {
        state.withLock { state in
            let before = state.page.progress
            if !terminal, before.number != progress.number, before.number > state.linePrinted {
                // What the page holds now is the end of the point before.
                Terminal.error(state.page.plainLine())
                state.linePrinted = before.number
            }
            state.page.progress = progress
            guard terminal else { return }
            let now = ContinuousClock.now
            // At most ten pages a second: the display must not cost the bench anything.
            if let last = state.last, now - last < .milliseconds(100), progress.state != .finished { return }
            state.last = now
            draw(&state)
        }
    }

    /// Shows the last state once more and leaves it standing.
    func end() {
        state.withLock { state in
            if terminal {
                draw(&state)
            } else if state.page.progress.number > state.linePrinted {
                Terminal.error(state.page.plainLine())
                state.linePrinted = state.page.progress.number
            }
        }
    }

    private func draw(_ state: inout State) {
        let size = Self.size()
        // A page taller than the terminal could not be drawn over itself.
        var lines = state.page.lines(width: size.columns)
        if lines.count > size.rows - 1 {
            lines = Array(lines.prefix(max(1, size.rows - 2))) + ["… \(lines.count - size.rows + 2) more"]
        }
        var text = state.drawn > 0 ? "\u{1B}[\(state.drawn)A" : ""
        for line in lines { text += "\r\u{1B}[2K" + line + "\n" }
        text += "\u{1B}[J"
        state.drawn = lines.count
        Terminal.write(2, text)
    }

    private static func size() -> (columns: Int, rows: Int) {
        var window = winsize()
        guard ioctl(2, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0 else { return (100, 30) }
        return (Int(window.ws_col), max(8, Int(window.ws_row)))
    }
}
