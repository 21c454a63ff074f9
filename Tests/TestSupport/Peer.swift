import FoundationEssentials
import Glibc

/// A child process of a test: another program that the test talks with, or whose answer it reads. Ended with the last
/// reference to it.
public final class Peer: @unchecked Sendable {
    // Unchecked: one test uses one peer, from one task at a time.
    /// The child's process id.
    public let process: Int32
    private let input: Int32, output: Int32
    private var buffer: [UInt8] = []
    private var status: Int32?

    /// Starts a program. Its error output goes to ours, or to its standard output where `mergeErrors` says so.
    public init(
        _ program: String, _ arguments: [String] = [], folder: String? = nil, environment: [String: String] = [:],
        mergeErrors: Bool = false
    ) throws {
        // Socket pairs, because they can be made close-on-exec in one step: no other child may keep an end open.
        var toChild: [Int32] = [0, 0]
        var fromChild: [Int32] = [0, 0]
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &toChild) == 0, socketpair(AF_UNIX, kind, 0, &fromChild) == 0 else {
            throw PeerError("no socket pair: error \(errno)")
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, toChild[1], 0)
        posix_spawn_file_actions_adddup2(&actions, fromChild[1], 1)
        if mergeErrors { posix_spawn_file_actions_adddup2(&actions, fromChild[1], 2) }
        // `posix_spawn` cannot change the folder here: a shell does it.
        let words =
            folder.map { ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", $0, program] + arguments }
            ?? [program] + arguments
        var variables = ProcessInfo.processInfo.environment
        for (name, value) in environment { variables[name] = value }
        var argv = words.map { strdup($0) } + [nil]
        var envp = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { (argv + envp).forEach { free($0) } }
        var child: pid_t = 0
        let failed = posix_spawn(&child, words[0], &actions, nil, &argv, &envp)
        close(toChild[1])
        close(fromChild[1])
        guard failed == 0 else {
            close(toChild[0])
            close(fromChild[0])
            throw PeerError("\(program) cannot be started: error \(failed)")
        }
        process = child
        input = toChild[0]
        output = fromChild[0]
    }

    deinit {
        if status == nil {
            kill(process, SIGKILL)
            var ignored: Int32 = 0
            waitpid(process, &ignored, 0)
        }
        close(input)
        close(output)
    }

    /// Sends a line to its standard input.
    public func tell(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = send(input, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// Closes its standard input.
    public func closeInput() { shutdown(input, Int32(SHUT_WR)) }

    /// The next line of its standard output, without the line feed; `nil` at the end of it. Throws after `seconds`.
    public func line(within seconds: Double = 120) async throws -> String? {
        try await blocking { [self] in
            let end = Self.now + seconds
            while true {
                if let feed = buffer.firstIndex(of: 10) {
                    defer { buffer.removeSubrange(...feed) }
                    return String(decoding: buffer[..<feed], as: UTF8.self)
                }
                guard try fill(until: end) else {
                    defer { buffer = [] }
                    return buffer.isEmpty ? nil : String(decoding: buffer, as: UTF8.self)
                }
            }
        }
    }

    /// Waits for a line that begins with `prefix`, and returns what follows it. Throws at the end of output or after `seconds`.
    @discardableResult
    public func expect(_ prefix: String, within seconds: Double = 120) async throws -> String {
        let end = Self.now + seconds
        var seen: [String] = []
        while let line = try await line(within: max(0.01, end - Self.now)) {
            if line.hasPrefix(prefix) { return String(line.dropFirst(prefix.count)) }
            seen.append(line)
        }
        throw PeerError("ended without «\(prefix)»; it said: \(seen.joined(separator: "\n"))")
    }

    /// Sends a signal.
    public func signal(_ number: Int32) { if status == nil { kill(process, number) } }

    /// Reads everything up to its end and returns it with the exit code (128 + number for a signal). Kills it after `seconds`.
    public func finish(within seconds: Double = 300) async throws -> (exit: Int32, output: String) {
        try await blocking { [self] in
            let end = Self.now + seconds
            do { while try fill(until: end) {} } catch {
                kill(process, SIGKILL)
                while (try? fill(until: Self.now + 1)) == true {}
                reap()
                throw error
            }
            return (reap(), String(decoding: buffer, as: UTF8.self))
        }
    }

    /// Runs a program to its end.
    public static func run(
        _ program: String, _ arguments: [String] = [], folder: String? = nil, environment: [String: String] = [:],
        mergeErrors: Bool = false, within seconds: Double = 300
    ) async throws -> (exit: Int32, output: String) {
        let peer = try Peer(
            program, arguments, folder: folder, environment: environment, mergeErrors: mergeErrors)
        peer.closeInput()
        return try await peer.finish(within: seconds)
    }

    @discardableResult
    private func reap() -> Int32 {
        if let status { return status }
        var raw: Int32 = 0
        while waitpid(process, &raw, 0) == -1, errno == EINTR {}
        let code = raw & 0x7f == 0 ? (raw >> 8) & 0xff : 128 + (raw & 0x7f)
        status = code
        return code
    }

    /// Reads what is there; false at the end of output.
    private func fill(until end: Double) throws -> Bool {
        var poller = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
        let left = end - Self.now
        guard left > 0, poll(&poller, 1, Int32((left * 1000).rounded(.up))) == 1 else {
            throw PeerError(
                "no answer from process \(process) in time; it said: \(String(decoding: buffer, as: UTF8.self))")
        }
        var bytes = [UInt8](repeating: 0, count: 65536)
        let n = read(output, &bytes, bytes.count)
        if n > 0 { buffer += bytes[..<n] }
        return n > 0
    }

    private static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

/// What went wrong with a peer, as a sentence.
public struct PeerError: Error, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}
