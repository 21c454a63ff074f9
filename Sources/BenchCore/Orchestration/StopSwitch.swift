internal import Synchronization

/// The stop verbs, thrown from anywhere at any time; the first one counts.
final class StopSwitch: Sendable {
    private struct State {
        var request: RunStopped?
        var action: (@Sendable () -> Void)?
    }
    private let state = Mutex(State())

    /// What was asked, if anything.
    var request: RunStopped? { state.withLock { $0.request } }

    /// Says what a stop does; at once, if one was asked for before.
    func connect(_ action: @escaping @Sendable () -> Void) {
        let already = state.withLock { state in
            state.action = action
            return state.request != nil
        }
        if already { action() }
    }

    /// Asks for a stop.
    func stop(_ verb: RunStopped.Verb, _ cause: String) {
        let action = state.withLock { state -> (@Sendable () -> Void)? in
            // Everything off outranks keeping the voltage, as long as the way out has not begun.
            if let request = state.request, request.verb == .all || verb == .keepVoltage { return nil }
            state.request = RunStopped(verb: verb, cause: cause)
            return state.action
        }
        action?()
    }
}
