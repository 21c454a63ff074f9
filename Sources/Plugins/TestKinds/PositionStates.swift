internal import BenchCore
internal import Synchronization

/// What a kind of test keeps of each position while it measures all of them side by side; one that something goes wrong at is set aside.
final class PositionStates<State: Sendable>: Sendable {
    private struct Kept: Sendable {
        var states: [Int: State]
        var aside: Set<Int> = []
    }
    private let session: any MeasuringSession, kept: Mutex<Kept>

    init(_ session: any MeasuringSession, _ initial: State) {
        self.session = session
        kept = Mutex(Kept(states: Dictionary(uniqueKeysWithValues: session.positions.map { ($0, initial) })))
    }

    /// Positions that nothing has gone wrong at.
    var positions: [Int] {
        kept.withLock { kept in kept.states.keys.filter { !kept.aside.contains($0) }.sorted() }
    }

    /// What is kept of a position; `nil` where it is none of the session's.
    subscript(_ position: Int) -> State? { kept.withLock { $0.states[position] } }

    /// Whether something went wrong at a position.
    func isAside(_ position: Int) -> Bool { kept.withLock { $0.aside.contains(position) } }

    /// Changes what is kept of a position.
    func change(_ position: Int, _ body: (inout State) -> Void) {
        kept.withLock { kept in
            guard var state = kept.states[position] else { return }
            body(&state)
            kept.states[position] = state
        }
    }

    /// Does something at every open position side by side; one where it fails is set aside.
    func each(_ body: @escaping @Sendable (Int) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for position in positions {
                group.addTask { [self] in
                    do { try await body(position) } catch let trouble as PositionFault {
                        _ = kept.withLock { $0.aside.insert(position) }
                        try await session.setAside(position, trouble.fault)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// The data interface of a position's meter; a fault of the position where it has none.
    func driver(_ position: Int) throws -> any MeterDriver {
        guard let driver = session.instruments.meters[position] else {
            throw PositionFault(Fault(.notFound, "position \(position)", "the position has no data wire"))
        }
        return driver
    }
}
