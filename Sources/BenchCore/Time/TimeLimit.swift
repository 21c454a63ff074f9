internal import Synchronization

extension Timekeeper {
    /// Runs `body`, and waits for it no longer than `life` seconds of life: then throws `fault` and leaves it behind, cancelled. A cancelled
    /// caller leaves it behind at once. So nothing that hangs can hang its caller.
    public func within<T: Sendable>(
        life: Double, else fault: Fault, _ body: @escaping @Sendable () async throws -> T
    ) async throws -> T {
        let race = Race<T>()
        let limit = now + bench(life: life)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                race.begin(
                    continuation,
                    start {
                        do { race.finish(.success(try await body())) } catch { race.finish(.failure(error)) }
                    },
                    start {
                        guard (try? await sleep(until: limit)) != nil else { return }
                        race.finish(.failure(fault))
                    })
            }
        } onCancel: {
            race.finish(.failure(CancellationError()))
        }
    }
}

/// Several runners, of which the first decides and the others are cancelled.
final class Race<T: Sendable>: Sendable {
    private struct State {
        var continuation: CheckedContinuation<T, any Error>?
        var runners: [Task<Void, Never>] = []
        var result: Result<T, any Error>?
    }
    private let state = Mutex(State())

    func begin(_ continuation: CheckedContinuation<T, any Error>, _ runners: Task<Void, Never>...) {
        let early = state.withLock { state in
            if state.result == nil {
                state.continuation = continuation
                state.runners = runners
            }
            return state.result
        }
        guard let early else { return }
        for runner in runners { runner.cancel() }
        continuation.resume(with: early)
    }

    func finish(_ result: Result<T, any Error>) {
        let (continuation, runners) = state.withLock { state in
            defer {
                state.continuation = nil
                state.runners = []
            }
            if state.result == nil { state.result = result }
            return (state.continuation, state.runners)
        }
        for runner in runners { runner.cancel() }
        continuation?.resume(with: result)
    }
}
