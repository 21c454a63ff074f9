import BenchCore
import Glibc
import Synchronization
import TestSupport

@testable import Instruments

/// A serial driver of a test: it can do what a pseudo-terminal cannot, and quietly do something else than it was told.
final class FakeSerialControl: SerialControl {
    struct State {
        /// What was asked, in order.
        var asked: [String] = []
        /// What the driver makes of a setting.
        var make: @Sendable (SerialLineSetting) -> SerialLineSetting = { $0 }
        var setting: SerialLineSetting?
        /// Calls that fail, by name, and their error number.
        var refuses: [String: Int32] = [:]
        var lines: ModemLines = []
        var counts: [ModemLines: UInt32] = [:]
        /// Bytes the driver says are still to be sent.
        var unsent = 0
    }
    let state = Mutex(State())
    /// A byte written here is an edge; a signal ends the wait for one.
    let edge: Int32, wait: Int32

    init(_ change: (inout State) -> Void = { _ in }) {
        var ends: [Int32] = [0, 0]
        socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends)
        (edge, wait) = (ends[0], ends[1])
        state.withLock { change(&$0) }
    }

    deinit {
        close(edge)
        close(wait)
    }

    /// Changes a modem line, as the driver's interrupt would.
    func change(_ line: ModemLines, high: Bool, times: UInt32 = 1) {
        state.withLock { state in
            if high { state.lines.insert(line) } else { state.lines.remove(line) }
            state.counts[line, default: 0] &+= times
        }
        var byte: UInt8 = 1
        _ = write(edge, &byte, 1)
    }

    private func note(_ name: String, _ text: String = "") throws(SystemTrouble) {
        let number = state.withLock { state in
            state.asked.append(name + text)
            return state.refuses[name]
        }
        if let number { throw SystemTrouble(number: number) }
    }

    func set(_ line: Int32, _ wanted: SerialLineSetting) throws(SystemTrouble) {
        try note("set", " \(wanted)")
        state.withLock { $0.setting = $0.make(wanted) }
    }
    func setting(_ line: Int32) throws(SystemTrouble) -> SerialLineSetting {
        guard let setting = state.withLock({ $0.setting }) else { throw SystemTrouble(number: EIO) }
        return setting
    }
    func exclusive(_ line: Int32, _ on: Bool) throws(SystemTrouble) { try note("exclusive", " \(on)") }
    func sendBreak(_ line: Int32, _ on: Bool) throws(SystemTrouble) { try note("break", " \(on)") }
    func lines(_ line: Int32) throws(SystemTrouble) -> ModemLines { state.withLock { $0.lines } }
    func setLines(_ line: Int32, raise: ModemLines, lower: ModemLines) throws(SystemTrouble) {
        try note("lines", " \(raise.rawValue) \(lower.rawValue)")
    }
    func waitForEdge(_ line: Int32, of lines: ModemLines) throws(SystemTrouble) {
        var byte: UInt8 = 0
        guard read(wait, &byte, 1) == 1 else { throw SystemTrouble(number: errno) }
        if byte == 0 { throw SystemTrouble(number: EIO) }
    }
    func edges(_ line: Int32) throws(SystemTrouble) -> [ModemLines: UInt32] {
        try note("edges")
        return state.withLock { $0.counts }
    }
    func unsent(_ line: Int32) throws(SystemTrouble) -> Int { state.withLock { $0.unsent } }
    func rs485(_ line: Int32, _ on: Bool) throws(SystemTrouble) { try note("rs485", " \(on)") }
    func flush(_ line: Int32) {}
    func isPseudoTerminal(_ line: Int32) -> Bool { false }
}

/// A pseudo-terminal for a test: the other end is written and read here.
final class TestLine: @unchecked Sendable {
    // Unchecked: one test uses it, one step after the other.
    let path: String
    private let folder: TemporaryFolder, terminal: PseudoTerminal
    private var open = true

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path + "/line"
        terminal = try PseudoTerminal(path: path, id: "test")
    }

    deinit { unplug() }

    /// Both ends are closed: what a driver sees when the adapter is pulled.
    func unplug() {
        guard open else { return }
        open = false
        terminal.close()
        Glibc.close(terminal.master)
    }

    func say(_ bytes: [UInt8]) { _ = bytes.withUnsafeBytes { write(terminal.master, $0.baseAddress, $0.count) } }
    func say(_ text: String) { say(Array(text.utf8)) }

    /// As `hear`, without blocking a thread of the pool.
    func heard(_ count: Int) async throws -> [UInt8] { try await blocking { [self] in hear(count) } }

    /// What has come so far; waits for at least `count` bytes, 60 s at most.
    func hear(_ count: Int) -> [UInt8] {
        var heard: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while heard.count < count {
            var poller = pollfd(fd: terminal.master, events: Int16(POLLIN), revents: 0)
            guard poll(&poller, 1, 60_000) == 1 else { return heard }
            let n = read(terminal.master, &chunk, chunk.count)
            guard n > 0 else { return heard }
            heard += chunk[..<n]
        }
        return heard
    }
}
