internal import BenchCore
import Synchronization

/// A ZES ZIMMER LMG600 over the world, as cuveland/lmgtools and its log show it: two languages on one port, `break` on the next.
final class SimulatedLMG600: WireProtocol {
    let world: World, time: any Timekeeper
    private let state = Mutex(Device())

    init(world: World, time: any Timekeeper) {
        self.world = world
        self.time = time
    }

    private struct Device {
        var short = false
        var errors: [String] = []
        /// It measures without end until somebody breaks in.
        var hung = false
        var breaks = 0
    }

    /// Makes it deaf to everything but `break`.
    func hang() { state.withLock { $0.hung = true } }
    /// How often it was called back.
    var breaks: Int { state.withLock { $0.breaks } }

    func session() -> any WireSession {
        TextLines { [self] line in perform(line) }
    }

    /// What listens on the port above.
    var back: any WireProtocol { Back(device: self) }

    private struct Back: WireProtocol {
        let device: SimulatedLMG600
        func session() -> any WireSession {
            TextLines { line in
                guard line == "break" else { return nil }
                device.state.withLock { ($0.hung, $0.breaks) = (false, $0.breaks + 1) }
                return Array("0 ok".utf8)
            }
        }
    }

    private func perform(_ line: String) -> [UInt8]? {
        if state.withLock({ $0.hung }) { return nil }
        switch line.lowercased() {
        case "*zlang short":
            state.withLock { $0.short = true }
            return nil
        case "*zlang scpi":
            state.withLock { $0.short = false }
            return nil
        case "*idn?": return Array("ZES ZIMMER Electronic Systems GmbH,LMG670,01234567,3.024".utf8)
        default: break
        }
        if !state.withLock({ $0.short }) {
            guard line.lowercased() == "syst:err:all?" else { return error() }
            let entries = state.withLock { device in
                defer { device.errors = [] }
                return device.errors
            }
            return Array((entries.isEmpty ? "0,\"No error\"" : entries.joined(separator: ",")).utf8)
        }
        let reading = world.at(time.now) { state, _ in state.reading }
        var answers: [String] = []
        for command in line.lowercased().split(separator: ";") {
            if let answer = answer(String(command), reading) {
                if !answer.isEmpty { answers.append(answer) }
            } else {
                _ = error()
            }
        }
        return answers.isEmpty ? nil : Array(answers.joined(separator: ";").utf8)
    }

    private func error() -> [UInt8]? {
        state.withLock { $0.errors.append("-113,\"Undefined header\"") }
        return nil
    }

    /// The answer of one command, empty for one without; `nil` for none that is known. Numbers as `2.316219E+02`.
    private func answer(_ command: String, _ reading: StandardReading) -> String? {
        if ["inim", "*opc?"].contains(command) { return command == "inim" ? "" : "1" }
        // Direct inputs end at 1000 V and 32 A (data sheet); that more is an error of the queue is unconfirmed.
        for (name, end) in [("iauto", 1.0), ("uauto", 1), ("irng", 32), ("urng", 1000)] where command.hasPrefix(name) {
            guard let value = command.split(separator: " ").last.flatMap({ SCPINumber.parse($0) }) else { return nil }
            if !(0...end).contains(value) { state.withLock { $0.errors.append("-222,\"Data out of range\"") } }
            return ""
        }
        guard command.hasSuffix("?"), let p = command.dropLast().last?.wholeNumberValue, (1...7).contains(p) else {
            return nil
        }
        func at(_ list: [Double]) -> Double { p <= 3 ? list[p - 1] : 0 }
        let live = p <= 3 && reading.voltages[p - 1] >= 1
        switch command.dropLast(2) {
        case "utrms": return number(at(reading.voltages))
        case "itrms": return number(at(reading.currents))
        case "p": return number(at(reading.powers))
        case "fcyc": return live ? number(reading.frequency) : "9.910000E+37"
        case "huhd": return live ? number(at(reading.voltageDistortion)) : "9.910000E+37"
        default: return nil
        }
    }

    /// Seven figures, as in example/lmg670.log.
    private func number(_ value: Double) -> String {
        guard value != 0 else { return "0.000000E+00" }
        var exponent = 0
        var mantissa = abs(value)
        while mantissa >= 10 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
        while mantissa < 1 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
        let digits = abs(exponent) < 10 ? "0\(abs(exponent))" : "\(abs(exponent))"
        return "\(value < 0 ? "-" : "")\(Decimal.fixed(mantissa, 6))E\(exponent < 0 ? "-" : "+")\(digits)"
    }
}
