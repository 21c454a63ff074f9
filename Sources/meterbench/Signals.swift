import Glibc

/// The write end of the pipe for the handler, which may not take a lock: set once, before the handlers are installed.
nonisolated(unsafe) private var handlerPipe: Int32 = -1

/// Runs on the thread that was interrupted: writes the signal's number and nothing else.
private func noteSignal(_ number: Int32) {
    var byte = UInt8(truncatingIfNeeded: number)
    _ = write(handlerPipe, &byte, 1)
}

/// Waits for signals on a thread of its own and hands each to `body`.
private func listen(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    let listener = Unmanaged<Listener>.fromOpaque(context).takeRetainedValue()
    var byte: UInt8 = 0
    while read(listener.descriptor, &byte, 1) == 1 { listener.body(Int32(byte)) }
    return nil
}

private final class Listener: Sendable {
    let descriptor: Int32
    let body: @Sendable (Int32) -> Void
    init(_ descriptor: Int32, _ body: @escaping @Sendable (Int32) -> Void) {
        self.descriptor = descriptor
        self.body = body
    }
}

/// The operator's signals: Ctrl-C, Ctrl-\, and the system's request to end.
enum Signals {
    /// Calls `body` on a thread of its own for each of these signals, from now on, instead of dying.
    static func handle(_ signals: [Int32], _ body: @escaping @Sendable (Int32) -> Void) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { return }
        ends.forEach { _ = fcntl($0, F_SETFD, FD_CLOEXEC) }
        handlerPipe = ends[1]
        var thread = pthread_t()
        let context = Unmanaged.passRetained(Listener(ends[0], body)).toOpaque()
        pthread_create(&thread, nil, listen, context)
        pthread_detach(thread)
        for number in signals { signal(number, noteSignal) }
    }
}
