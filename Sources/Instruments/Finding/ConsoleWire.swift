import BenchCore

/// What a technician's line is turned into on one kind of wire.
enum ConsoleWire: Sendable {
    case scpi(SCPIConnection)
    case modbus(ModbusLine, unit: Int)
    case raw(RawConnection)

    /// How lines look, for `help`.
    var forms: String {
        switch self {
        case .scpi: return "SCPI text: a query ends with «?», everything else is a command"
        case .modbus:
            return
                "read coils|inputs|holding|input ADDRESS COUNT, write coil ADDRESS on|off, write holding ADDRESS VALUE"
        case .raw: return "text WORDS (with \\r, \\n, \\x7e), or hex 7e 03 80"
        }
    }

    /// Whether a line only asks.
    func onlyAsks(_ line: String) -> Bool {
        switch self {
        case .scpi:
            // Every command of a line that is joined by «;» must be a query.
            let parts = line.split(separator: ";").map { $0.split(separator: " ").first ?? "" }
            return !parts.isEmpty && parts.allSatisfy { $0.hasSuffix("?") }
        case .modbus: return line.hasPrefix("read ")
        // Nobody knows what bytes mean.
        case .raw: return false
        }
    }

    /// Says a line to the instrument; returns the answer for a person. Throws `Fault`; a line that is none is `Fault(.refused)`.
    func say(_ line: String, id: String) async throws -> String {
        switch self {
        case .scpi(let connection):
            guard line.contains("?") else {
                try await connection.command([line], for: id)
                return "taken"
            }
            return try await connection.query(line, for: id).map(Self.text).joined(separator: ",")
        case .modbus(let line_, let unit):
            let answer = try await line_.exchange(try Self.request(line, id), unit: unit, for: id)
            switch answer {
            case .words(let words): return words.map(String.init).joined(separator: " ")
            case .bits(let bits): return bits.map { $0 ? "1" : "0" }.joined()
            default: return "taken"
            }
        case .raw(let connection):
            let bytes = try Self.bytes(line, id)
            let answer = try await connection.exchange(bytes, for: id)
            return answer.isEmpty ? "(silence)" : WireDecoder.text(answer, language: "raw", toInstrument: false)
        }
    }

    private static func text(_ value: SCPIValue) -> String {
        switch value {
        case .word(let word): return word
        case .text(let text): return "\"\(text)\""
        case .block(let bytes): return "<\(bytes.count) bytes: \(WireDecoder.hex(bytes))>"
        }
    }

    private static func request(_ line: String, _ id: String) throws(Fault) -> ModbusRequest {
        let words = line.split(separator: " ").map(String.init)
        let wrong = Fault(
            .refused, id,
            "«\(line)» is no request; write e.g. «read holding 0 2», «read input 72 2», «write coil 0 off»")
        guard words.count == 4, let address = Int(words[2]), (0...65535).contains(address) else { throw wrong }
        switch (words[0], words[1]) {
        case ("read", let kind):
            let bits = kind == "coils" || kind == "inputs"
            guard let count = Int(words[3]), (1...(bits ? 2000 : 125)).contains(count) else { throw wrong }
            switch kind {
            case "coils": return .readCoils(address: address, count: count)
            case "inputs": return .readDiscreteInputs(address: address, count: count)
            case "holding": return .readHoldingRegisters(address: address, count: count)
            case "input": return .readInputRegisters(address: address, count: count)
            default: throw wrong
            }
        case ("write", "coil") where words[3] == "on" || words[3] == "off":
            return .writeCoil(address: address, on: words[3] == "on")
        case ("write", "holding"):
            guard let value = UInt16(words[3]) else { throw wrong }
            return .writeRegister(address: address, value: value)
        default: throw wrong
        }
    }

    private static func bytes(_ line: String, _ id: String) throws(Fault) -> [UInt8] {
        if line.hasPrefix("hex "),
            let bytes = WireLogReader.bytes(line.dropFirst(4).split(separator: " ").joined()), !bytes.isEmpty
        {
            return bytes
        }
        if line.hasPrefix("text "), let bytes = TranscriptWire.escaped(String(line.dropFirst(5))) { return bytes }
        throw Fault(.refused, id, "«\(line)» is neither «hex 7e 03 80» nor «text TS\\r»")
    }
}

/// Bytes to and from an instrument whose language the console does not know; the port is free again after each exchange, because
/// the instrument's driver needs it to make the bench safe.
actor RawConnection {
    private let wire: WireAddress, timeouts: WireTimeouts
    private let tap: WireTap?
    private let thread = InstrumentThread()
    /// An answer is over after so many seconds of silence.
    private static let silence = 0.3

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(wire: WireAddress, timeouts: WireTimeouts, log: WireLog?) {
        self.wire = wire
        self.timeouts = timeouts
        tap = log?.tap(place: wire.wireName, language: "raw")
    }

    /// Sends bytes and returns what comes until it is silent.
    func exchange(_ bytes: [UInt8], for instrument: String) throws(Fault) -> [UInt8] {
        tap?.begin(instrument)
        let port = try Ports.open(wire, timeouts: timeouts, tap: tap, instrument: instrument)
        var answer: [UInt8] = []
        do throws(PortTrouble) {
            try port.send(bytes, until: WireTime.now + timeouts.response)
            var deadline = WireTime.now + timeouts.response
            while true {
                answer += try port.receive(until: deadline, unless: nil).bytes
                deadline = WireTime.now + Self.silence
            }
        } catch {
            switch error {
            case .late, .urgent: return answer
            case .lost(let reason), .broken(let reason), .unsupported(let reason):
                throw Fault(.connectionLost, instrument, "\(wire.wireName): \(reason)")
            }
        }
    }
}
