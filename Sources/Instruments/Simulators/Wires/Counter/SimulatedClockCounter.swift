internal import BenchCore
import Synchronization

/// A frequency counter that speaks as the Keysight 53220A or the Pendulum CNT-91 do, with clocks of known frequency at its inputs.
final class SimulatedClockCounter: WireProtocol {
    /// Whose manual it follows.
    enum Maker: Sendable { case keysight, pendulum }
    let maker: Maker
    /// True frequencies at the inputs, Hz; an input without one has no signal.
    let clocks: [Int: Double]
    /// Relative error of the counter's own second: positive runs fast and counts too little.
    let timeBase: Double
    private let state = Mutex(Device())

    init(_ maker: Maker, clocks: [Int: Double], timeBase: Double = 0) {
        self.maker = maker
        self.clocks = clocks
        self.timeBase = timeBase
    }

    private struct Device {
        var channel = 1, gate = 0.1
        /// Whether the clocks are plugged in.
        var fed = true
        var errors: [String] = []
    }

    /// Plugs the clocks in, or pulls them.
    func feed(_ fed: Bool) { state.withLock { $0.fed = fed } }

    func session() -> any WireSession {
        TextLines { [self] line in perform(line) }
    }

    private func perform(_ line: String) -> [UInt8]? {
        let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
        guard let head = parts.first else { return nil }
        let parameter = parts.count > 1 ? parts[1] : ""
        func isHeader(_ manual: String) -> Bool { SCPIMnemonic.header(head, is: manual) }
        if head.uppercased() == "*IDN?" {
            let name =
                maker == .keysight ? "Agilent Technologies,53220A,MY50001234,02.05" : "PENDULUM, CNT-91, 938636, V1.28"
            return Array(name.utf8)
        }
        if isHeader("SYSTem:ERRor?") {
            return Array(state.withLock { $0.errors.isEmpty ? "+0,\"No error\"" : $0.errors.removeFirst() }.utf8)
        }
        if isHeader("CONFigure:FREQuency") {
            let digits = parameter.drop { $0 != "@" }.dropFirst().prefix { $0.isNumber }
            return set { $0.channel = Int(digits) ?? 1 }
        }
        if isHeader(maker == .keysight ? "SENSe:FREQuency:GATE:TIME" : "ACQuisition:APERture"),
            let gate = Decimal.parse(parameter)
        {
            return set { $0.gate = gate }
        }
        if isHeader("READ?") { return read() }
        let inputs = (1...2).flatMap { ["INPut\($0):COUPling", "INPut\($0):LEVel:AUTO", "INPut\($0):LEVel"] }
        let known = inputs + ["SYSTem:TIMeout", "SENSe:FREQuency:MODE", "*CLS"]
        if known.contains(where: { Self.numbered(head, $0) }) { return nil }
        return set { $0.errors.append("-113,\"Undefined header\"") }
    }

    /// Headers with a number behind their first node.
    private static func numbered(_ head: String, _ manual: String) -> Bool {
        SCPIMnemonic.header(head.filter { !$0.isNumber }, is: manual.filter { !$0.isNumber })
    }

    private func set(_ change: (inout Device) -> Void) -> [UInt8]? {
        state.withLock { change(&$0) }
        return nil
    }

    private func read() -> [UInt8]? {
        let (channel, fed) = state.withLock { ($0.channel, $0.fed) }
        guard fed, let clock = clocks[channel] else {
            // Keysight gives up after its time-out; Pendulum waits for ever.
            return maker == .keysight ? Array("+9.91000000000000E+037".utf8) : nil
        }
        return Array(Decimal.shortest(clock / (1 + timeBase)).utf8)
    }
}
