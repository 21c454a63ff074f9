// The program that outlives the host: it holds the bench's safe chain as plain bytes and performs it when the host dies,
// hangs or is killed. It knows nothing else, and needs none of our modules.
//
// It reads lines from standard input:
//   step <name> <limit ms> tcp <host> <port> <exchange> …
//   step <name> <limit ms> serial <device> <speed> <format> <exchange> …
//   armed               the chain is complete; answers `armed`
//   beat                the host is alive
//   done                the host has made the bench safe itself; the guard leaves
// An exchange is two words: hex to send, and hex the answer must begin with; `~` before it: that it must contain; `-`: none is awaited.
// A format is `8N1`, with `-rts` or `-xon` for a handshake.
// End of input, or no `beat` for the silence (first argument, ms), performs the chain in order, each step within its limit.
// It prints one line a step, `<name> ok|failed <ms>`, and exits 0 when every step was confirmed, 1 otherwise.

import Glibc

_ = host  // asked while the host lives
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
var silent = false
var pending: [UInt8] = []
var lastBeat = milliseconds()

watch: while true {
    guard ready(0, Int16(POLLIN), until: armed ? lastBeat + silence : milliseconds() + 60_000) else {
        silent = armed
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
            guard let one = Step(words) else {
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
    let ok = one.perform(hostIsSilent: silent)
    allSafe = allSafe && ok
    say("\(one.name) \(ok ? "ok" : "failed") \(milliseconds() - begin)")
}
exit(allSafe ? 0 : 1)
