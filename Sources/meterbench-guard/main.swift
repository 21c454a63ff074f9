// The program that outlives the host: it holds the bench's safe chain as plain bytes and performs it when the host dies,
// hangs or is killed. It knows nothing else, and needs none of our modules.
//
// It reads lines from standard input:
//   step <name> <limit ms> <host> <port> <hex to send> <hex the answer must begin with, or ->
//   armed               the chain is complete; answers `armed`
//   beat                the host is alive
//   done                the host has made the bench safe itself; the guard leaves
// End of input, or no `beat` for the silence (first argument, ms), performs the chain in order, each step within its limit.
// It prints one line a step, `<name> ok|failed <ms>`, and exits 0 when every step was confirmed, 1 otherwise.

import Glibc

/// One action of the chain.
struct Step {
    var name: String, limit: Int32, host: String, port: UInt16, send: [UInt8], expect: [UInt8]
}

func milliseconds() -> Int64 {
    var t = timespec()
    clock_gettime(CLOCK_MONOTONIC, &t)
    return Int64(t.tv_sec) * 1000 + Int64(t.tv_nsec) / 1_000_000
}

func say(_ text: String) {
    let bytes = Array((text + "\n").utf8)
    _ = write(1, bytes, bytes.count)
}

func bytes(hex: some StringProtocol) -> [UInt8]? {
    let digits = Array(hex.utf8)
    guard digits.count % 2 == 0 else { return nil }
    var result: [UInt8] = []
    for i in stride(from: 0, to: digits.count, by: 2) {
        guard let value = UInt8(String(decoding: digits[i...i + 1], as: UTF8.self), radix: 16) else { return nil }
        result.append(value)
    }
    return result
}

func step(from words: [Substring]) -> Step? {
    guard words.count == 7, let limit = Int32(words[2]), limit > 0, let port = UInt16(words[4]),
        let send = bytes(hex: words[5]), let expect = words[6] == "-" ? [] : bytes(hex: words[6])
    else { return nil }
    return Step(
        name: String(words[1]), limit: limit, host: String(words[3]), port: port, send: send, expect: expect)
}

/// Connects within the limit; -1 on failure.
func connection(_ step: Step, until deadline: Int64) -> Int32 {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(step.host, String(step.port), &hints, &found) == 0, let address = found else { return -1 }
    defer { freeaddrinfo(found) }
    let fd = socket(address.pointee.ai_family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
    guard fd >= 0 else { return -1 }
    if connect(fd, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0 { return fd }
    var error: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    if errno == EINPROGRESS, ready(fd, Int16(POLLOUT), until: deadline),
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0, error == 0
    {
        return fd
    }
    close(fd)
    return -1
}

func ready(_ fd: Int32, _ events: Int16, until deadline: Int64) -> Bool {
    var poller = pollfd(fd: fd, events: events, revents: 0)
    let left = deadline - milliseconds()
    return left > 0 && poll(&poller, 1, Int32(left)) == 1
}

/// Sends the bytes and waits for the answer the step wants.
func perform(_ step: Step) -> Bool {
    let deadline = milliseconds() + Int64(step.limit)
    let fd = connection(step, until: deadline)
    guard fd >= 0 else { return false }
    defer { close(fd) }
    guard send(fd, step.send, step.send.count, Int32(MSG_NOSIGNAL)) == step.send.count else { return false }
    var answer: [UInt8] = []
    while answer.count < step.expect.count {
        guard ready(fd, Int16(POLLIN), until: deadline) else { return false }
        var buffer = [UInt8](repeating: 0, count: 256)
        let n = recv(fd, &buffer, buffer.count, 0)
        guard n > 0 else { return false }
        answer += buffer[..<n]
    }
    return answer.starts(with: step.expect)
}

signal(SIGPIPE, SIG_IGN)
// The host's Ctrl-C reaches the whole group: the guard goes on watching until the host says `done` or is gone.
signal(SIGINT, SIG_IGN)
signal(SIGTERM, SIG_IGN)
signal(SIGHUP, SIG_IGN)

guard CommandLine.arguments.count == 2, let silence = Int64(CommandLine.arguments[1]), silence >= 100 else {
    say("usage: meterbench-guard <silence in ms, at least 100>; the chain comes on standard input")
    exit(64)
}

var chain: [Step] = []
var armed = false
var pending: [UInt8] = []
var lastBeat = milliseconds()

watch: while true {
    guard ready(0, Int16(POLLIN), until: armed ? lastBeat + silence : milliseconds() + 60_000) else {
        if armed { say("host silent") }
        break watch
    }
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let n = read(0, &buffer, buffer.count)
    guard n > 0 else {
        say("host gone")
        break watch
    }
    pending += buffer[..<n]
    while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: pending[..<end], as: UTF8.self)
        pending.removeSubrange(...end)
        let words = line.split(separator: " ")
        switch words.first {
        case "step":
            guard let one = step(from: words) else {
                say("refused: \(line)")
                exit(65)
            }
            chain.append(one)
        case "armed":
            armed = true
            lastBeat = milliseconds()
            say("armed")
        case "beat": lastBeat = milliseconds()
        case "done": exit(0)
        default:
            say("refused: \(line)")
            exit(65)
        }
    }
}

guard armed else { exit(1) }
var allSafe = true
for one in chain {
    let begin = milliseconds()
    let ok = perform(one)
    allSafe = allSafe && ok
    say("\(one.name) \(ok ? "ok" : "failed") \(milliseconds() - begin)")
}
exit(allSafe ? 0 : 1)
