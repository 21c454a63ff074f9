/// Does one thing that blocks on a thread of its own, which ends with it.
actor BlockingWork {
    private let thread = InstrumentThread()
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    func run<T: Sendable>(_ body: @Sendable () throws -> T) throws -> T { try body() }
}
