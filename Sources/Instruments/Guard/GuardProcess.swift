import BenchCore
import CBench
import Glibc

/// The running guard: a child in its own process group that holds the safe chain and performs it when this program dies.
///
/// One instance is used from one task at a time.
public final class GuardProcess: @unchecked Sendable {
    // Unchecked: the descriptors and the process id are set once in `init`; what is sent at this length arrives whole.
    private let toGuard: Int32, fromGuard: Int32
    /// The child's process id.
    public let process: Int32

    /// Starts the guard with a chain. `silence` is how many seconds of life without `beat` count as a dead host.
    ///
    /// Throws `Fault(.internalError)` when it cannot be started or does not confirm the chain.
    public init(program: String, chain: GuardChain, silence: Double) throws {
        var input: [Int32] = [0, 0]
        var output: [Int32] = [0, 0]
        // A socket, because what is sent to a guard that is gone must come back as an error: a pipe would end this program.
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &input) == 0 else {
            throw Fault(.internalError, "guard", "no socket: error \(errno)")
        }
        guard cbench_pipe(&output) == 0 else {
            input.forEach { close($0) }
            throw Fault(.internalError, "guard", "no pipe: error \(errno)")
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input[0], 0)
        posix_spawn_file_actions_adddup2(&actions, output[1], 1)
        for fd in input + output where fd > 2 { posix_spawn_file_actions_addclose(&actions, fd) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        posix_spawnattr_setpgroup(&attributes, 0)

        let words = [program, String(Int(silence * 1000))]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        arguments.append(nil)
        defer { arguments.forEach { free($0) } }
        var child: pid_t = 0
        let status = posix_spawn(&child, program, &actions, &attributes, arguments, environ)
        close(input[0])
        close(output[1])
        toGuard = input[1]
        fromGuard = output[0]
        process = child
        guard status == 0 else {
            close(toGuard)
            close(fromGuard)
            throw Fault(.internalError, "guard", "\(program) cannot be started: error \(status)")
        }
        tell((chain.lines + ["armed"]).joined(separator: "\n"))
        guard answered("armed\n", within: 5) else {
            stop()
            throw Fault(.internalError, "guard", "\(program) did not confirm the safe chain")
        }
    }

    deinit {
        close(toGuard)
        close(fromGuard)
    }

    /// Tells the guard that the host lives. Returns whether there still is a guard: without one the bench must be made safe at once.
    @discardableResult
    public func beat() -> Bool { tell("beat") }

    /// Tells the guard that the bench has been made safe, and waits for it to leave.
    public func stop() {
        tell("done")
        var status: Int32 = 0
        waitpid(process, &status, 0)
    }

    @discardableResult
    private func tell(_ text: String) -> Bool {
        let bytes = Array((text + "\n").utf8)
        return send(toGuard, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }

    private func answered(_ text: String, within seconds: Int32) -> Bool {
        var poller = pollfd(fd: fromGuard, events: Int16(POLLIN), revents: 0)
        guard poll(&poller, 1, seconds * 1000) == 1 else { return false }
        var buffer = [UInt8](repeating: 0, count: 256)
        let n = read(fromGuard, &buffer, buffer.count)
        return n > 0 && String(decoding: buffer[..<n], as: UTF8.self) == text
    }
}
