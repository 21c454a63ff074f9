import BenchCore
import CFigures
import Instruments

/// What our wires cost beside plain C: the same requests to the same servers, in the same run.
struct WireFigures: Sendable {
    /// Requests a second of one pair of runs, ours and theirs one after the other.
    struct Pair: Sendable {
        var ours: Double, plain: Double
        var ratio: Double { ours / plain }
    }
    /// One line of meters, as it went.
    struct Line: Sendable {
        /// Answers, and requests that had none.
        var answers: [Int: Int], silences: Int
        /// Seconds, and what of them the bytes, the standard's silences and the dead meter's time-outs account for.
        var seconds: Double, needed: Double
        var utilisation: Double { needed / seconds }
    }

    static let rounds = 41, requests = 800, words = 10
    static let lines = 16, metersPerLine = 4, readsPerMeter = 24

    let modbus: [Pair], modbusElsewhere: [Pair], modbusMany: [Pair]
    let scpi: [Pair], scpiElsewhere: [Pair]
    let serial: [Line]

    init() async throws {
        let modbusPort = cfigures_modbus_server()
        let linePort = cfigures_line_server()
        guard modbusPort > 0, linePort > 0 else { throw Fault(.internalError, "figures", "no server") }
        let line = ModbusLine(.tcp(host: "127.0.0.1", port: Int(modbusPort)))
        let reader = Reader(line)
        let words = Self.words
        let request = ModbusRequest.readHoldingRegisters(address: 0, count: words)
        let requests = Self.requests
        func plainModbus() throws -> Double {
            try Self.rate(cfigures_modbus_reads(modbusPort, Int32(words), Int32(requests)))
        }
        modbus = try await Self.pairs(plainModbus) { try await reader.read(request, requests) }
        modbusElsewhere = try await Self.pairs(plainModbus) {
            for _ in 0..<requests { _ = try await line.exchange(request, unit: 1, for: "figures") }
        }
        modbusMany = try await Self.pairs(plainModbus) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for unit in 1...8 {
                    group.addTask {
                        for _ in 0..<(requests / 8) { _ = try await line.exchange(request, unit: unit, for: "figures") }
                    }
                }
                try await group.waitForAll()
            }
        }
        let connection = SCPIConnection(host: "127.0.0.1", port: Int(linePort))
        let asker = Asker(connection)
        func plainLines() throws -> Double { try Self.rate(cfigures_line_queries(linePort, Int32(requests))) }
        scpi = try await Self.pairs(plainLines) { try await asker.ask("MEAS:VOLT?", requests) }
        scpiElsewhere = try await Self.pairs(plainLines) {
            for _ in 0..<requests { _ = try await connection.query("MEAS:VOLT?", for: "figures") }
        }
        serial = try await Self.serialLines()
    }

    private static func rate(_ seconds: Double) throws -> Double {
        guard seconds > 0 else { throw Fault(.internalError, "figures", "the plain C client failed") }
        return Double(requests) / seconds
    }

    /// Ours and plain C in turn, so that a disturbance strikes both; the first pair warms up.
    private static func pairs(
        _ plain: () throws -> Double, _ ours: () async throws -> Void
    ) async throws -> [Pair] {
        var pairs: [Pair] = []
        for _ in 0...rounds {
            let other = try plain()
            let begin = ContinuousClock.now
            try await ours()
            pairs.append(Pair(ours: Double(requests) / ((ContinuousClock.now - begin) / .seconds(1)), plain: other))
        }
        return Array(pairs.dropFirst())
    }

    // MARK: Serial lines

    private static func serialLines() async throws -> [Line] {
        guard let settings = SerialSettings(baud: 9600, format: "8N1") else { return [] }
        let timeouts = WireTimeouts(connect: 1, response: 0.25, late: 0.25)
        var devices: [String] = []
        for line in 0..<lines {
            var name = [CChar](repeating: 0, count: 256)
            // One meter of all is dead.
            guard cfigures_serial_line(settings.characterTime, line == 0 ? 2 : 0, &name, name.count) == 0 else {
                throw Fault(.internalError, "figures", "no pseudo-terminal")
            }
            devices.append(String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
        }
        return try await withThrowingTaskGroup(of: (Int, Line).self) { group in
            for (index, device) in devices.enumerated() {
                group.addTask {
                    (
                        index,
                        try await line(
                            ModbusLine(.rtu(device: device, settings), timeouts: timeouts), settings, timeouts)
                    )
                }
            }
            var all: [Int: Line] = [:]
            for try await (index, line) in group { all[index] = line }
            return all.keys.sorted().compactMap { all[$0] }
        }
    }

    /// All meters of a line are read at once, each as often as the others.
    private static func line(
        _ line: ModbusLine, _ settings: SerialSettings, _ timeouts: WireTimeouts
    ) async throws -> Line {
        let request = ModbusRequest.readHoldingRegisters(address: 0, count: words)
        // Opens the line.
        _ = try await line.exchange(request, unit: 1, for: "figures")
        let begin = ContinuousClock.now
        let found = try await withThrowingTaskGroup(of: (unit: Int, answers: Int, silences: Int).self) { group in
            for unit in 1...metersPerLine {
                group.addTask {
                    var (answers, silences) = (0, 0)
                    for _ in 0..<readsPerMeter {
                        do throws(Fault) {
                            _ = try await line.exchange(request, unit: unit, for: "meter \(unit)")
                            answers += 1
                        } catch {
                            guard error.code == .timeout else { throw error }
                            silences += 1
                        }
                    }
                    return (unit, answers, silences)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let seconds = (ContinuousClock.now - begin) / .seconds(1)
        // Request of 8 bytes, silence, answer of 5 bytes and 2 a word, silence (Modbus over Serial Line V1.02, 2.5.1.1).
        let character = settings.characterTime
        let exchange = Double(8 + 5 + 2 * words) * character + 2 * settings.frameGap
        let silence = 8 * character + settings.frameGap + timeouts.response + timeouts.late
        let answers = found.reduce(0) { $0 + $1.answers }
        let silences = found.reduce(0) { $0 + $1.silences }
        return Line(
            answers: Dictionary(uniqueKeysWithValues: found.map { ($0.unit, $0.answers) }), silences: silences,
            seconds: seconds, needed: Double(answers) * exchange + Double(silences) * silence)
    }

    // MARK: Printing

    func show(_ sheet: inout Sheet) {
        sheet.section(
            "5 Wires beside plain C, in this same run",
            "medians of \(Self.rounds) pairs of \(Self.requests) requests; one connection, one request under way at a time"
        )
        func ratio(_ name: String, _ pairs: [Pair], demanded: Bool) {
            let ratios = pairs.map(\.ratio).sorted()
            let figure = Decimal.fixed(ratios[ratios.count / 2], 2)
            let spread = "\(Decimal.fixed(ratios[0], 2)) … \(Decimal.fixed(ratios[ratios.count - 1], 2))"
            let ours = pairs.map(\.ours).sorted()[pairs.count / 2]
            let plain = pairs.map(\.plain).sorted()[pairs.count / 2]
            sheet.plain(name + ": a second, ours / C", "\(Decimal.fixed(ours, 0)) / \(Decimal.fixed(plain, 0))")
            if demanded {
                sheet.demand("  ratio (all pairs \(spread))", figure, "≥ 0.90", met: ratios[ratios.count / 2] >= 0.9)
            } else {
                sheet.plain("  ratio (all pairs \(spread))", figure)
            }
        }
        ratio("Modbus TCP reads, driver on its line's thread, libmodbus", modbus, demanded: true)
        ratio("Modbus TCP reads, asked from another thread", modbusElsewhere, demanded: false)
        ratio("Modbus TCP reads, eight tasks at once", modbusMany, demanded: false)
        ratio("SCPI queries, driver on its wire's thread, plain socket", scpi, demanded: true)
        ratio("SCPI queries, asked from another thread", scpiElsewhere, demanded: false)
        sheet.section(
            "6 \(Self.lines * Self.metersPerLine) meters on \(Self.lines) RS-485 lines, 9600 baud (pseudo-terminals), one meter dead",
            "utilisation: bytes, the standard's silences and the dead meter's own time-outs ÷ time of the line"
        )
        let live = serial.dropFirst().map(\.utilisation).sorted()
        if let first = serial.first, let least = live.first {
            sheet.demand(
                "least utilisation of \(live.count) lines", Decimal.fixed(least, 4), "≥ 0.95", met: least >= 0.95)
            sheet.plain("median of them", Decimal.fixed(live[live.count / 2], 4))
            sheet.demand(
                "line with the dead meter (\(first.silences) time-outs)", Decimal.fixed(first.utilisation, 4), "≥ 0.95",
                met: first.utilisation >= 0.95)
        }
        let starved = serial.enumerated().flatMap { index, line in
            line.answers.filter { $0.value < Self.readsPerMeter && !(index == 0 && $0.key == 2) }
        }
        sheet.demand("meters that were not read as often as asked", "\(starved.count)", "0", met: starved.isEmpty)
    }
}

/// A driver that lives on its line's thread, as `ModbusMeter` does.
private actor Reader {
    private let line: ModbusLine
    nonisolated var unownedExecutor: UnownedSerialExecutor { line.unownedExecutor }

    init(_ line: ModbusLine) { self.line = line }

    func read(_ request: ModbusRequest, _ count: Int) async throws {
        for _ in 0..<count { _ = try await line.exchange(request, unit: 1, for: "figures") }
    }
}

/// A driver that lives on its wire's thread.
private actor Asker {
    private let connection: SCPIConnection
    nonisolated var unownedExecutor: UnownedSerialExecutor { connection.unownedExecutor }

    init(_ connection: SCPIConnection) { self.connection = connection }

    func ask(_ query: String, _ count: Int) async throws {
        for _ in 0..<count { _ = try await connection.query(query, for: "figures") }
    }
}
