import BenchCore
import Instruments
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Lines from standard input to an instrument and back, until the end of the input, `quit`, or a signal.
struct ConsoleLoop: Sendable {
    let talk: InstrumentConsole, id: String, watch: GuardWatch

    /// Runs; the bench is safe when it returns. Returns the exit code.
    func run() async -> Int32 {
        let (lines, feed) = AsyncStream.makeStream(of: Input.self)
        Signals.handle([SIGINT, SIGTERM, SIGHUP, SIGQUIT]) { _ in feed.yield(.stop) }
        watch.whenGone {
            Terminal.error(GuardWatch.gone)
            feed.yield(.stop)
        }
        StandardInput.read { line in feed.yield(line.map { .line($0) } ?? .stop) }
        // A door that opens ends what is live, also while the person is thinking.
        let door = Task {
            while !Task.isCancelled {
                guard let told = await talk.guardInterlock() else { return }
                Terminal.error(told)
                try? await Task.sleep(for: .seconds(1))
            }
        }
        defer { door.cancel() }
        var code = ExitCode.ok
        prompt()
        reading: for await input in lines {
            guard case .line(let line) = input else { break }
            switch await talk.say(line) {
            case .said(let text): if !text.isEmpty { Terminal.out(text) }
            case .trouble(let fault):
                Terminal.error("\(fault)")
                code = ExitCode.of(fault.code)
            case .ended: break reading
            }
            prompt()
        }
        for line in await talk.end() { Terminal.error(line) }
        if await talk.isLive {
            Terminal.error("the bench is NOT safe: see above")
            return ExitCode.software
        }
        return code
    }

    private func prompt() { if Terminal.isTerminal(0) { Terminal.write(1, "\(id)> ") } }

    private enum Input: Sendable { case line(String), stop }
}

/// Standard input read line by line on a thread of its own: waiting for a person never holds up the bench.
private enum StandardInput {
    /// Hands every line to `take`, `nil` at the end of the input.
    static func read(_ take: @escaping @Sendable (String?) -> Void) {
        var thread = pthread_t()
        let box = Unmanaged.passRetained(Taker(take)).toOpaque()
        guard pthread_create(&thread, nil, readStandardInput, box) == 0 else { return take(nil) }
        pthread_detach(thread)
    }

    fileprivate final class Taker: Sendable {
        let take: @Sendable (String?) -> Void
        init(_ take: @escaping @Sendable (String?) -> Void) { self.take = take }
    }
}

private func readStandardInput(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    let taker = Unmanaged<StandardInput.Taker>.fromOpaque(context).takeRetainedValue()
    while let line = readLine() { taker.take(line) }
    taker.take(nil)
    return nil
}
