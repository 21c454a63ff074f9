internal import BenchCore

/// Which SCPI instrument a wire plays.
enum ScpiRole: Sendable { case source, standard, counter }

/// SCPI lines around the world, by the note on generic instruments.
struct SimulatedScpi: WireProtocol {
    let world: World, time: any Timekeeper, description: InstrumentDescription, role: ScpiRole

    func session() -> any WireSession { SimulatedScpiSession(spoken: self) }
}

/// One client of a SCPI instrument, with its own queue of errors.
struct SimulatedScpiSession: WireSession {
    let spoken: SimulatedScpi
    var errors: [String] = []

    init(spoken: SimulatedScpi) { self.spoken = spoken }

    mutating func consume(_ buffer: inout [UInt8]) -> [WireReply] {
        var replies: [WireReply] = []
        while let end = buffer.firstIndex(of: 0x0A) {
            let line = String(decoding: buffer[..<end].filter { $0 != 0x0D }, as: UTF8.self)
            buffer.removeSubrange(...end)
            if let reply = answer(line) { replies.append(reply) }
        }
        return replies
    }

    /// One line, with the faults planned for this wire.
    private mutating func answer(_ line: String) -> WireReply? {
        let place = FaultPlace.instrument(spoken.description.id)
        let fault = spoken.world.at(spoken.time.now) { state, _ in state.nextFault(place) }
        if fault == .silent { return nil }
        if case .exception = fault {
            error(-200, "Execution error")
            return line.contains("?") ? WireReply(bytes: Array("\n".utf8)) : nil
        }
        guard var bytes = perform(line) else { return nil }
        bytes.append(0x0A)
        switch fault {
        case .late(let by): return WireReply(bytes: bytes, delay: by)
        case .halfFrame: return WireReply(bytes: Array(bytes.prefix(bytes.count / 2)))
        case .brokenFrame:
            // What a bad connection makes of text: characters that mean nothing.
            return WireReply(bytes: bytes.dropLast().map { $0 ^ 0x55 | 0x80 } + [0x0A])
        default: return WireReply(bytes: bytes)
        }
    }

    mutating func error(_ code: Int, _ text: String) {
        // A full queue loses the newest but says so (SCPI-99, 21.8.1).
        if errors.count < 16 { errors.append("\(code),\"\(text)\"") } else { errors[15] = "-350,\"Queue overflow\"" }
    }

    /// Does one command; the answer of a query, without its line end.
    private mutating func perform(_ line: String) -> [UInt8]? {
        let trimmed = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        guard let head = trimmed.first.map({ $0.uppercased() }) else { return nil }
        let parameters = trimmed.count > 1 ? trimmed[1].filter { $0 != " " } : ""
        switch head {
        case "*IDN?":
            let i = spoken.description
            return text("\(Simulator.manufacturer),\(Simulator.model(i)),\(i.serial),\(Simulator.firmware)")
        case "*OPC?": return text("1")
        case "*CLS":
            errors.removeAll()
            return nil
        case "SYST:ERR?": return text(errors.isEmpty ? "0,\"No error\"" : errors.removeFirst())
        default: break
        }
        let result: Outcome
        switch spoken.role {
        case .source: result = source(head, parameters)
        case .standard: result = standard(head, parameters)
        case .counter: result = counter(head, parameters)
        }
        switch result {
        case .done: return nil
        case .answer(let bytes): return bytes
        case .unknown:
            error(-113, "Undefined header")
            return nil
        case .wrong(let why):
            error(-220, why)
            return nil
        case .conflict(let why):
            error(-221, why)
            return nil
        }
    }

    /// What became of a command.
    enum Outcome {
        case done, unknown
        case answer([UInt8])
        /// A parameter that cannot be, or a state that forbids it.
        case wrong(String), conflict(String)
    }

    /// Asks the world something, now.
    func ask<T>(_ body: (inout WorldState) -> T) -> T {
        spoken.world.at(spoken.time.now) { state, _ in body(&state) }
    }
    func text(_ text: String) -> [UInt8] { Array(text.utf8) }
    func numbers(_ parameters: String) -> [Double]? {
        let parts = parameters.split(separator: ",", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { Decimal.parse($0) }
        return numbers.count == parts.count ? numbers : nil
    }
}
