import BenchCore
import FoundationEssentials
import Instruments
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Keeps the guard beside a run, and says when it is gone: then nobody would make the bench safe if this program died as well.
final class GuardWatch: Sendable {
    /// What a stop for this reason is called.
    static let gone = "the guard is gone: it died, or made the bench safe because this program stood still for too long"

    private let state = Mutex<(gone: Bool, act: (@Sendable () -> Void)?)>((false, nil))

    /// Says what is to be done when the guard is gone; at once where it is gone already.
    func whenGone(_ act: @escaping @Sendable () -> Void) {
        let gone = state.withLock { state in
            state.act = act
            return state.gone
        }
        if gone { act() }
    }

    private func isGone() {
        let act = state.withLock { state in
            state.gone = true
            return state.act
        }
        act?()
    }

    /// Runs `body` with a guard that holds the bench's safe chain, and performs it if this program dies or hangs.
    static func beside<T: Sendable>(
        _ bench: BenchDescription, _ types: [String: InstrumentType], _ body: (GuardWatch) async throws -> T
    ) async throws -> T {
        let watch = GuardWatch()
        let chain = GuardChain(bench: bench, types: types)
        for step in chain.unguarded { Terminal.error("not guarded against the death of this program: \(step)") }
        guard !chain.lines.isEmpty else { return try await body(watch) }
        let program = Disk.parent(try Self.ownPath()) + "/meterbench-guard"
        guard FileManager.default.isExecutableFile(atPath: program) else {
            throw Fault(.notFound, "guard", "\(program) is missing: a bench is never energised without its guard")
        }
        let watcher = try GuardProcess(program: program, chain: chain, silence: 3)
        // The beat comes from the same pool that runs the bench: a program that hangs falls silent.
        let beat = Task {
            while !Task.isCancelled {
                guard watcher.beat() else {
                    if !Task.isCancelled { watch.isGone() }
                    return
                }
                try? await Task.sleep(for: .milliseconds(500))
            }
        }
        defer {
            beat.cancel()
            watcher.stop()
        }
        return try await body(watch)
    }

    /// Path of the running program.
    private static func ownPath() throws -> String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let length = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        guard length > 0 else { throw Fault(.internalError, "meterbench", "cannot find its own path") }
        return String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
