internal import BenchCore

/// A ZERA MT786 (source, reference meter, error calculator) or FG30x (source) around the world.
///
/// Written from the same published sources as the drivers. What was chosen here: a load that the world refuses is answered by silence to `UI`, for
/// no refusal is documented; a source fault of the world sets «amplifier error», and a FG sends it once by itself in front of its next answer.
struct SimulatedMT786: WireProtocol {
    private let instrument: SharedInstrument<SimulatedMT786Session>

    init(context: FramedContext, dialect: ZeraDialect) {
        instrument = SharedInstrument(SimulatedMT786Session(context: context, dialect: dialect))
    }

    func session() -> any WireSession { instrument.client() }
}

/// What it was told, and what it answers.
struct SimulatedMT786Session: WireSession, Sendable {
    let context: FramedContext, dialect: ZeraDialect
    private let framing = ZeraFraming()
    private var load = LoadSetting(
        frequency: 50,
        phases: Array(repeating: PhaseLoad(voltage: 0, voltageAngle: 0, current: 0, currentLag: 0), count: 3))
    private var tellsFaults = false, toldFault = false
    private var voltageRange = "420", currentRange = "100"
    private var measurement: SimulatedErrorMeasurement?
    private var parameters: (constant: Double, pulses: Int)?

    init(context: FramedContext, dialect: ZeraDialect) {
        self.context = context
        self.dialect = dialect
    }

    mutating func consume(_ buffer: inout [UInt8]) -> [WireReply] {
        var replies: [WireReply] = []
        while let found = framing.take(&buffer) {
            guard case .word(let line) = found else { continue }
            let answer = answer(line).map { $0.map { $0 + "\r" }.joined() }
            if tellsFaults, !toldFault, let word = stateWord, !word.isEmpty {
                toldFault = true
                replies.append(WireReply(bytes: Array("SM\(word)\r".utf8)))
            }
            replies += context.replies(answer.map { Array($0.utf8) }) { bytes in
                // What a bad connection makes of text: characters that mean nothing.
                bytes.dropLast().map { $0 ^ 0x55 | 0x80 } + [0x0D]
            }
        }
        return replies
    }

    /// The digits of the state word, `nil` when healthy.
    private var stateWord: String? {
        guard context.ask({ $0.fault }) != nil else { return nil }
        return "8" + String(repeating: "0", count: dialect == .fg30x ? 21 : 19)
    }

    /// The lines of an answer; `nil` for silence.
    private mutating func answer(_ line: String) -> [String]? {
        let prefix = dialect.prefix
        if line.hasPrefix(prefix), let source = source(String(line.dropFirst(prefix.count))) {
            return source.map { [$0] }
        }
        return dialect == .mt786 ? meter(line) : nil
    }

    /// A source command: `nil` when it is none, `.some(nil)` for silence.
    private mutating func source(_ line: String) -> String?? {
        let prefix = dialect.prefix
        let ok = "\(prefix)OK\(line.prefix(2))"
        switch line.prefix(2) {
        case "TS": return .some(prefix == "S" ? "STSMT786SIMV0.01" : "TSFG301SIMV001")
        case "SM":
            let healthy = String(repeating: "0", count: dialect == .fg30x ? 22 : 20)
            return .some("\(prefix)SM\(stateWord ?? healthy)")
        case "SE" where dialect == .fg30x:
            tellsFaults = line == "SE1"
            return .some(ok)
        case "DS" where dialect == .fg30x: return .some(ok)
        case "RE" where line == "RE0" || line == "RE1": return .some(ok)
        case "FR":
            guard line.count == 7, let hertz = Decimal.parse(line.dropFirst(2)) else { return .some(nil) }
            load.frequency = hertz
            return .some(ok)
        case "UP":
            guard let values = Self.phases(line) else { return .some(nil) }
            for p in 0..<3 {
                load.phases[p].voltage = values[p].amount
                load.phases[p].voltageAngle = -values[p].angle
            }
            return .some(ok)
        case "IP":
            guard let values = Self.phases(line) else { return .some(nil) }
            for p in 0..<3 {
                load.phases[p].current = values[p].amount
                // Clockwise on the wire; the lag is what the current's angle is further on than its voltage's.
                let lag = values[p].angle + load.phases[p].voltageAngle
                load.phases[p].currentLag = (lag + 540).truncatingRemainder(dividingBy: 360) - 180
            }
            return .some(ok)
        case "UI": return .some(switched(line) ? ok : nil)
        default: return nil
        }
    }

    /// `UPAER230.000000.00S…T…`.
    private static func phases(_ line: String) -> [(amount: Double, angle: Double)]? {
        let marks = Array(line)
        guard marks.count == 4 + 3 * 14 else { return nil }
        return zip([4, 18, 32], ["R", "S", "T"]).reduce([]) { found, part in
            guard let found, marks[part.0] == Character(part.1),
                let amount = Decimal.parse(String(marks[(part.0 + 1)..<(part.0 + 8)])),
                let angle = Decimal.parse(String(marks[(part.0 + 8)..<(part.0 + 14)]))
            else { return nil }
            return found + [(amount, angle)]
        }
    }

    /// Does a `UI`; false where the world refuses the load.
    private func switched(_ line: String) -> Bool {
        let marks = Array(line.dropFirst(2))
        guard marks.count == 9, marks[0..<3].allSatisfy({ "EA".contains($0) }),
            marks[3..<6].allSatisfy({ "PA".contains($0) })
        else { return false }
        var wanted = load
        for p in 0..<3 {
            if marks[p] == "A" { wanted.phases[p].voltage = 0 }
            if marks[3 + p] == "A" { wanted.phases[p].current = 0 }
        }
        return context.ask { $0.give(wanted) }
    }
}

extension SimulatedMT786Session {
    private static let voltages = ["420", "250", "125", "60", "5", "0.25"]
    private static let currents = ["100", "50", "20", "10", "5", "2", "1", "0.5", "0.2", "0.1", "0.05", "0.02"]

    /// A command to the reference meter; `nil` where it is none.
    private mutating func meter(_ line: String) -> [String]? {
        let letters = String(line.prefix(3))
        let rest = String(line.dropFirst(3))
        let ack = letters + "ACK"
        let nak = [letters + "NAK"]
        switch letters {
        case "AAV": return ["MT793SIMV05.52", ack]
        case "AVI": return Self.voltages + [ack]
        case "ACI": return Self.currents + [ack]
        case "AMT", "AAM", "ATI": return [ack]
        case "AVR":
            guard Self.voltages.contains(rest) else { return nak }
            voltageRange = rest
            return [ack]
        case "ACR":
            guard Self.currents.contains(rest) else { return nak }
            currentRange = rest
            return [ack]
        case "AST":
            return ["UB=" + voltageRange, "IB=" + ratedCurrent, "M=4WA", "PLL=U1", "UEB=--", "NIB=0", "RDY=11-", ack]
        case "AME": return readings() + [ack]
        case "AET":
            context.ask { state in
                if rest == "1" { state.startEnergy() }
            }
            return [ack]
        case "AEV": return [Decimal.shortest((context.ask { $0.energy } ?? 0) / 3600), ack]
        default: return calculator(letters, rest)
        }
    }

    /// The current range as `AST` tells it: the one with which the constant of the world's standard is that of a MT786, 60 000 Hz at full
    /// power of three phases, so that its pulses in the world's counter are worth what the driver believes.
    private var ratedCurrent: String {
        let voltage = Decimal.parse(voltageRange) ?? 0
        let current = Decimal.parse(currentRange) ?? 0
        guard let constant = context.ask({ $0.chooseRange(voltage: voltage, current: current) }) else {
            return currentRange
        }
        return Decimal.shortest(1000 * 3600 * 60_000 / (3 * voltage * constant))
    }

    private func readings() -> [String] {
        let reading = context.ask { $0.reading }
        var lines: [String] = []
        for (base, values) in [(0, reading.voltages), (3, reading.currents), (15, reading.powers)] {
            for (i, value) in values.enumerated() { lines.append("\(base + i);\(Decimal.shortest(value))") }
        }
        return lines + [
            "24;\(Decimal.shortest(reading.totalPower))", "27;123", "28;\(Decimal.fixed(reading.frequency, 3))",
        ]
    }

    /// `AEP`, `AEB`, `AES`, `AEE`: the error of the meter at position 1.
    private mutating func calculator(_ letters: String, _ rest: String) -> [String]? {
        let ack = letters + "ACK"
        switch letters {
        case "AEP":
            let parts = rest.split(separator: ";").compactMap { Decimal.parse($0) }
            guard parts.count == 4 else { return ["AEPNAK"] }
            func power(_ n: Double) -> Double { (0..<Int(n)).reduce(1) { value, _ in value * 10 } }
            parameters = (parts[0] * power(parts[1]) / 1e5, Int(parts[2] * power(parts[3])))
            return [ack]
        case "AEB":
            guard let parameters else { return ["AEBNAK"] }
            measurement = context.ask { state in
                SimulatedErrorMeasurement(1, constant: parameters.constant, pulses: parameters.pulses, &state)
            }
            return measurement == nil ? ["AEBNAK"] : [ack]
        case "AES":
            guard let measurement else { return ["00", "oo.oo", "0.000000;0.000000", ack] }
            let (progress, error) = context.ask { state in measurement.result(&state) }
            let done = Decimal.fixed(progress * 100, 6)
            guard let error else { return ["02", "--.--", "\(done);0.000000", ack] }
            return ["03", Decimal.fixed(error, 4), "0.000000;0.000000", ack]
        case "AEE":
            measurement = nil
            return [ack]
        default: return nil
        }
    }
}
