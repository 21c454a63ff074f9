import Glibc

/// One question of a step: what is sent, and how the answer must begin, or what it must contain somewhere.
struct Exchange {
    var send: [UInt8], expect: [UInt8], anywhere: Bool

    func isAnswered(by bytes: [UInt8]) -> Bool {
        if !anywhere { return bytes.starts(with: expect) }
        return expect.count <= bytes.count
            && (0...(bytes.count - expect.count)).contains { bytes[$0...].starts(with: expect) }
    }
}

/// One action of the chain: exchanges in order over one wire.
struct Step {
    enum Wire {
        case tcp(host: String, port: UInt16)
        case serial(device: String, speed: UInt32, format: LineFormat)
    }
    var name: String, limit: Int32, wire: Wire, exchanges: [Exchange]

    /// Reads the words of a line; `nil` for one that is none.
    init?(_ words: [Substring]) {
        guard words.count >= 6, let limit = Int32(words[2]), limit > 0 else { return nil }
        name = String(words[1])
        self.limit = limit
        var rest: ArraySlice<Substring>
        switch words[3] {
        case "tcp":
            guard let port = UInt16(words[5]) else { return nil }
            wire = .tcp(host: String(words[4]), port: port)
            rest = words[6...]
        case "serial":
            guard words.count >= 7, let speed = UInt32(words[5]), speeds[speed] != nil,
                let format = LineFormat(words[6])
            else {
                return nil
            }
            wire = .serial(device: String(words[4]), speed: speed, format: format)
            rest = words[7...]
        default: return nil
        }
        exchanges = []
        while let sent = rest.popFirst() {
            guard let answer = rest.popFirst(), let send = Self.bytes(sent) else { return nil }
            let anywhere = answer.first == "~"
            guard let expect = answer == "-" ? [] : Self.bytes(answer.dropFirst(anywhere ? 1 : 0)) else { return nil }
            exchanges.append(Exchange(send: send, expect: expect, anywhere: anywhere))
        }
        if exchanges.isEmpty { return nil }
    }

    private static func bytes(_ hex: Substring) -> [UInt8]? {
        let digits = Array(hex.utf8)
        guard digits.count % 2 == 0 else { return nil }
        var result: [UInt8] = []
        for i in stride(from: 0, to: digits.count, by: 2) {
            guard let value = UInt8(String(decoding: digits[i...i + 1], as: UTF8.self), radix: 16) else { return nil }
            result.append(value)
        }
        return result
    }

    /// Performs the exchanges within the limit; true when each was answered as it must be.
    func perform(hostIsSilent: Bool) -> Bool {
        let deadline = milliseconds() + Int64(limit)
        let wire: Int32
        // On a serial line a byte can be lost, or half a frame of the dead host can swallow the first of ours: what is not answered is sent
        // again. Only what can be repeated without harm is in a safe chain.
        let patience: Int64
        switch self.wire {
        case .tcp(let host, let port):
            wire = connection(host, port, until: deadline)
            patience = Int64(limit)
        case .serial(let device, let speed, let format):
            wire = line(device, speed, format, until: deadline, hostIsSilent: hostIsSilent)
            patience = max(1, Int64(limit) / 3)
        }
        guard wire >= 0 else { return false }
        defer { close(wire) }
        return exchanges.allSatisfy { exchange in
            while milliseconds() < deadline {
                guard sent(exchange.send, wire, until: deadline) else { return false }
                let until = min(deadline, milliseconds() + patience)
                var answer: [UInt8] = []
                while !exchange.isAnswered(by: answer) {
                    guard ready(wire, Int16(POLLIN), until: until) else { break }
                    var buffer = [UInt8](repeating: 0, count: 256)
                    let n = read(wire, &buffer, buffer.count)
                    if n < 0, errno == EAGAIN || errno == EINTR { continue }
                    guard n > 0 else { return false }
                    answer += buffer[..<n]
                }
                if exchange.isAnswered(by: answer) { return true }
            }
            return false
        }
    }

    private func sent(_ bytes: [UInt8], _ wire: Int32, until deadline: Int64) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let n = rest.withUnsafeBytes { write(wire, $0.baseAddress, $0.count) }
            if n > 0 {
                rest = rest.dropFirst(n)
            } else if errno != EINTR, errno != EAGAIN || !ready(wire, Int16(POLLOUT), until: deadline) {
                return false
            }
        }
        return true
    }
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

func ready(_ fd: Int32, _ events: Int16, until deadline: Int64) -> Bool {
    var poller = pollfd(fd: fd, events: events, revents: 0)
    let left = deadline - milliseconds()
    return left > 0 && poll(&poller, 1, Int32(min(left, 1_000_000))) == 1
}

/// Connects within the limit; -1 on failure.
func connection(_ host: String, _ port: UInt16, until deadline: Int64) -> Int32 {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, String(port), &hints, &found) == 0, let address = found else { return -1 }
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
