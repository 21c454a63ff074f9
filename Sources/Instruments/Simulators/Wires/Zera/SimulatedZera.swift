internal import BenchCore
import Synchronization

/// A ZERA MT310s2 over the world, written from ZeraGmbH/zera-classes (commit 618fe79): nodes, answers and errors as its tests show them.
final class SimulatedZera: WireProtocol {
    let world: World, time: any Timekeeper
    fileprivate let state = Mutex(Device())

    init(world: World, time: any Timekeeper) {
        self.world = world
        self.time = time
        choose()
    }

    /// Parameters and measurements of the device; every client sees the same.
    fileprivate struct Device {
        var parameters: [String: String] = [
            "CONFIGURATION:RNG1:RNGAUTO": "1", "CONFIGURATION:RNG1:GROUPING": "1", "SENSE:RNG1:OVERLOAD": "0",
            "CONFIGURATION:POW1:M0OUT": "", "CONFIGURATION:POW1:MMODE": "4LW", "CONFIGURATION:POW4:M0OUT": "fOUT",
            "CONFIGURATION:POW4:MMODE": "4LW",
            "CALCULATE:EM01:0001:REFSOURCE": "P", "CALCULATE:EM01:0001:TXUNIT": "kWh", "CALCULATE:EM01:0001:MODE": "1",
            "CALCULATE:EM01:0001:START": "0",
            "CALCULATE:EC01:0001:DUTSOURCE": "SC1", "CALCULATE:EC01:0001:REFSOURCE": "P",
            "CALCULATE:EC01:0001:DCUNIT": "I/kWh", "CALCULATE:EC01:0001:DUTCONSTANT": "10000",
            "CALCULATE:EC01:0001:MRATE": "10", "CALCULATE:EC01:0001:RESULTUNIT": "%",
            "CALCULATE:EC01:0001:CONTINUOUS": "0", "CALCULATE:EC01:0001:START": "0",
        ]
        /// Energy counted until it was stopped, W·s.
        var stopped: Double?
        var running = false, ready = false, aborted = false
        /// The meter at the scanning head has been started at this moment, s.
        var calculating: Double?
        var calculated = false
        init() {
            for channel in ["UL1", "UL2", "UL3"] { parameters["SENSE:RNG1:\(channel):RANGE"] = "250V" }
            for channel in ["IL1", "IL2", "IL3"] { parameters["SENSE:RNG1:\(channel):RANGE"] = "10A" }
        }
    }

    /// Ranges of an MT310s2 (test_range_scpi.cpp).
    static let ranges = ["U": "250V;8V;100mV", "I": "10A;5A;2.5A;1.0A;500mA;250mA;100mA;50mA;25mA"]
    /// Constant of the energy counter's reference in the defaults of a session: 200 kHz at 3 · 250 V · 10 A.
    static let nominal = 200e3

    /// Switches it off and on: its parameters and its energy are gone.
    func restart() {
        state.withLock { $0 = Device() }
        choose()
    }

    func session() -> any WireSession { Client(device: self) }

    /// One client: it has an error queue of its own (zera-classes, scpiclient.cpp).
    private struct Client: WireSession {
        let device: SimulatedZera
        var errors: [String] = []

        mutating func consume(_ buffer: inout [UInt8]) -> [WireReply] {
            var replies: [WireReply] = []
            while let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: buffer[..<end].filter { $0 != 13 && $0 != 9 }, as: UTF8.self)
                buffer.removeSubrange(...end)
                for command in line.split(separator: "|") {
                    guard let answer = device.perform(String(command), &errors) else { continue }
                    replies.append(WireReply(bytes: Array((answer + "\n").utf8)))
                }
            }
            return replies
        }
    }

    fileprivate func perform(_ command: String, _ errors: inout [String]) -> String? {
        switch command.uppercased() {
        case "*IDN?":
            return "ZERA GmbH Koenigswinter, MT310s2\(SCPIIdentity.simulatorMark), 050059467, release-4.9.0"
        case "*OPC?": return "+1"
        case "*STB?": return errors.isEmpty ? "+0" : "+4"
        case "*CLS":
            errors = []
            return nil
        case "SYST:ERR?", "SYSTEM:ERROR?": return errors.isEmpty ? "+0,No error" : errors.removeFirst()
        default: break
        }
        if command.hasSuffix("?") {
            if let answer = answer(String(command.dropLast())) { return answer }
        } else if command.hasSuffix(";"), let blank = command.firstIndex(of: " ") {
            let name = String(command[..<blank])
            let value = String(command[command.index(after: blank)...].dropLast())
            let known = state.withLock { $0.parameters[name] != nil }
            if known {
                if !set(name, value) { errors.append("-120,Numeric data error") }
                return nil
            }
        }
        errors.append("-100,Command error")
        return nil
    }

    private func ask<T>(_ body: (inout WorldState, Double) -> T) -> T { world.at(time.now, body) }

    private func answer(_ name: String) -> String? {
        if name.hasPrefix("MEASURE:") { return measure(String(name.dropFirst(8))) }
        if name.hasPrefix("SENSE:RNG1:"), name.hasSuffix(":RANGE:CATALOG") {
            return Self.ranges[String(name.dropFirst(11).prefix(1))]
        }
        switch name {
        case "CONFIGURATION:POW1:M0CONSTANT", "CONFIGURATION:POW4:M0CONSTANT", "CALCULATE:EC01:0001:REFCONSTANT",
            "CALCULATE:EM01:0001:REFCONSTANT":
            return Decimal.shortest(constant)
        case "CALCULATE:EM01:0001:ENERGY": return Decimal.shortest(energy / 3.6e6)
        case "CALCULATE:EM01:0001:STATUS":
            return state.withLock { "\($0.aborted ? 8 : $0.running ? 2 : $0.ready ? 4 : 0)" }
        case "CALCULATE:EC01:0001:TARGET": return Decimal.shortest(target)
        case "CALCULATE:EC01:0001:STATUS": return "\(calculation.status)"
        case "CALCULATE:EC01:0001:PROGRESS": return Decimal.shortest(calculation.progress)
        case "CALCULATE:EC01:0001:RESULT": return calculation.result
        default: return state.withLock { $0.parameters[name] }
        }
    }

    /// Values to eight figures, as the device writes them (`'g', 8`).
    private func measure(_ node: String) -> String? {
        let reading = ask { state, _ in state.reading }
        var values: [(String, String, String, Double)] = []
        for p in 0..<3 {
            values.append(("RMS1", "UL\(p + 1)", "V", reading.voltages[p]))
            values.append(("RMS1", "IL\(p + 1)", "A", reading.currents[p]))
            values.append(("POW1", "P\(p + 1)", "W", reading.powers[p]))
            values.append(("THD1", "UL\(p + 1)", "%", reading.voltageDistortion[p]))
        }
        values.append(("POW1", "PS", "W", reading.totalPower))
        values.append(("RNG1", "F", "Hz", reading.frequency))
        let parts = node.split(separator: ":").map(String.init)
        let wanted = values.filter { $0.0 == parts[0] && (parts.count < 2 || $0.1 == parts[1]) }
        guard !wanted.isEmpty, parts.count <= 2 else { return nil }
        return wanted.map { "\($0.0):\($0.1):[\($0.2)]:\(Decimal.shortest($0.3));" }.joined()
    }

    private var constant: Double {
        state.withLock { device in
            func end(_ channel: String, _ unit: Character) -> Double {
                ZeraMT310s2Wire.range(device.parameters["SENSE:RNG1:\(channel):RANGE"] ?? "", unit: unit)?.end ?? 1
            }
            return (Self.nominal * 3.6e6 / (3 * end("UL1", "V") * end("IL1", "A"))).rounded()
        }
    }

    private var energy: Double {
        if let stopped = state.withLock({ $0.running ? nil : $0.stopped ?? 0 }) { return stopped }
        return abs(ask { state, _ in state.energy } ?? 0)
    }

    private func set(_ name: String, _ value: String) -> Bool {
        if name.hasSuffix(":RANGE") {
            let kind = String(name.dropFirst(11).prefix(1))
            guard Self.ranges[kind]?.split(separator: ";").contains(Substring(value)) == true else { return false }
            // The simulated standard has one error table for all phases: its range follows the first channel.
            state.withLock { $0.parameters[name] = value }
            choose()
            return true
        }
        switch name {
        case "CALCULATE:EM01:0001:START":
            if value == "1" {
                ask { state, _ in state.startEnergy() }
                state.withLock { ($0.running, $0.ready, $0.aborted, $0.stopped) = (true, false, false, nil) }
            } else {
                let total = state.withLock { $0.running } ? abs(ask { state, _ in state.stopEnergy() } ?? 0) : nil
                state.withLock { device in
                    if let total { (device.stopped, device.ready) = (total, true) }
                    device.running = false
                }
            }
        case "CALCULATE:EC01:0001:START": startCalculation(value == "1")
        default: break
        }
        state.withLock { $0.parameters[name] = value }
        return true
    }

    private func choose() {
        let ends = state.withLock { device in
            ["UL1": Character("V"), "IL1": "A"].mapValues { $0 }.reduce(into: [String: Double]()) { result, channel in
                result[channel.key] =
                    ZeraMT310s2Wire.range(
                        device.parameters["SENSE:RNG1:\(channel.key):RANGE"] ?? "", unit: channel.value)?.end
            }
        }
        guard let u = ends["UL1"], let i = ends["IL1"] else { return }
        let constant = constant
        ask { state, _ in
            _ = state.chooseRange(voltage: u, current: i)
            // The reference pulses that a counter sees are those of the ranges, whatever the specification holds.
            state.setStandardConstant(constant)
        }
    }

    // MARK: error calculator: the meter of position 1 at the scanning head

    private var target: Double {
        let (constant, rate) = state.withLock {
            (
                Double($0.parameters["CALCULATE:EC01:0001:DUTCONSTANT"] ?? "") ?? 1,
                Double($0.parameters["CALCULATE:EC01:0001:MRATE"] ?? "") ?? 1
            )
        }
        return (rate * self.constant / constant).rounded(.down)
    }

    private func startCalculation(_ on: Bool) {
        let channel = world.bench.positions.first?.channel ?? 1
        if on {
            ask { state, now in
                _ = state.arm([channel])
                _ = now
            }
        }
        let now = time.now.seconds
        state.withLock { device in
            device.calculated = !on && device.calculating != nil
            device.calculating = on ? now : nil
        }
    }

    /// Status word, progress in percent and result, from the edges that have come since the start.
    private var calculation: (status: Int, progress: Double, result: String) {
        guard state.withLock({ $0.calculating }) != nil else {
            return (state.withLock { $0.calculated } ? 8 : 0, 0, "0")
        }
        let channel = world.bench.positions.first?.channel ?? 1
        let edges = ask { state, _ in state.edges(channel: channel, from: 0, limit: 100_000) }.edges
        let rate = Int(state.withLock { $0.parameters["CALCULATE:EC01:0001:MRATE"] } ?? "") ?? 1
        guard let first = edges.first else { return (1, 0, "0") }
        guard edges.count > rate else { return (2, 100 * Double(edges.count - 1) / Double(rate), "0") }
        let counted = edges[rate].referenceCount - first.referenceCount
        return (4, 100, Decimal.shortest((target - counted) / counted * 100))
    }
}
