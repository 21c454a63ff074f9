internal import BenchCore
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// A spectrum analyzer in zero span before a meter that transmits in bursts, in the languages of four makers.
final class SimulatedSpectrum: WireProtocol {
    /// Whose manual it follows.
    enum Maker: Sendable { case keysight, rigol, siglent, rohde }
    /// What is on the air.
    struct Air: Sendable {
        /// Carrier, Hz; level while a burst lasts, and without, dBm.
        var carrier = 868.95e6, on = -20.0, off = -95.0
        /// A burst begins every so many seconds, the first so many after the sweep began, and lasts so many.
        var period = 0.25, first = 0.03, length = 0.05
    }
    let maker: Maker, air: Air
    /// Points of a trace.
    let points: Int
    private let state = Mutex(Device())

    init(_ maker: Maker, air: Air = Air()) {
        self.maker = maker
        self.air = air
        // Rigol DSA800E guide 2-182: 601; Siglent and the others: as they are after a preset.
        switch maker {
        case .rigol: points = 601
        case .siglent: points = 751
        case .keysight, .rohde: points = 1001
        }
    }

    private struct Device {
        var center = 1e9, bandwidth = 1e6, duration = 0.1, level = 0.0, span = 1e9
        var binary = false, rms = false, averagePower = false, continuous = true
        var swept = false
        var errors: [String] = []
    }

    func session() -> any WireSession {
        TextLines { [self] line in perform(line) }
    }

    private func perform(_ line: String) -> [UInt8]? {
        var answer: [UInt8]?
        for command in line.split(separator: ";") { answer = one(String(command)) ?? answer }
        return answer
    }

    private func text(_ text: String) -> [UInt8] { Array(text.utf8) }
    private func set(_ change: (inout Device) -> Void) -> [UInt8]? {
        state.withLock { change(&$0) }
        return nil
    }

    private func one(_ command: String) -> [UInt8]? {
        let parts = command.split(separator: " ", maxSplits: 1).map(String.init)
        guard let head = parts.first else { return nil }
        let parameter = parts.count > 1 ? parts[1] : ""
        func isHeader(_ manual: String) -> Bool {
            SCPIMnemonic.header(head, is: manual) || SCPIMnemonic.header(head, is: "SENSe:" + manual)
        }
        let value = Decimal.parse(parameter)
        switch head.uppercased() {
        case "*IDN?": return text(identity)
        case "*OPC?": return text("1")
        case "*WAI", "*CLS": return nil
        default: break
        }
        if isHeader("SYSTem:ERRor?") {
            return text(state.withLock { $0.errors.isEmpty ? "0,\"No error\"" : $0.errors.removeFirst() })
        }
        if isHeader("FREQuency:CENTer"), let value { return set { $0.center = value } }
        if isHeader("FREQuency:SPAN"), let value { return set { $0.span = value } }
        if isHeader("FREQuency:SPAN:ZERO") { return set { $0.span = 0 } }
        if isHeader("BANDwidth:RESolution"), let value { return set { $0.bandwidth = value } }
        if isHeader("SWEep:TIME"), let value { return set { $0.duration = value } }
        if isHeader("DISPlay:WINDow:TRACe:Y:SCALe:RLEVel"), let value { return set { $0.level = value } }
        if isHeader("FREQuency:CENTer?") { return text(state.withLock { Decimal.shortest($0.center) }) }
        if isHeader("BANDwidth:RESolution?") { return text(state.withLock { Decimal.shortest($0.bandwidth) }) }
        if isHeader("SWEep:TIME?") { return text(state.withLock { Decimal.shortest($0.duration) }) }
        if isHeader("DISPlay:WINDow:TRACe:Y:SCALe:RLEVel?") {
            return text(state.withLock { Decimal.shortest($0.level) })
        }
        if isHeader("DETector:FUNCtion") || isHeader("DETector:TRACe1") || isHeader("WINDow:DETector:FUNCtion") {
            return set { $0.rms = ["RMS", "RAVERAGE", "RAV", "AVERAGE", "AVER"].contains(parameter.uppercased()) }
        }
        if isHeader("AVERage:TYPE") {
            return set { $0.averagePower = ["RMS", "POW", "POWER"].contains(parameter.uppercased()) }
        }
        if isHeader("INITiate:CONTinuous") { return set { $0.continuous = parameter.uppercased() != "OFF" } }
        if isHeader("INITiate:IMMediate") { return set { $0.swept = true } }
        if isHeader("FORMat:TRACe:DATA") || isHeader("FORMat:DATA") {
            return set { $0.binary = parameter.uppercased().hasPrefix("REAL") }
        }
        for known in [
            "UNIT:POWer", "FORMat:BORDer", "INSTrument:SELect", "TRACe1:MODE", "TRACe1:TYPE", "CALCulate:UNIT:POWer",
        ]
        where isHeader(known) || head.uppercased() == ":TRAC1:MODE" { return nil }
        if isHeader("TRACe:DATA?") || isHeader("FETCh:SANalyzer1?") { return trace() }
        if isHeader("TRACe:DATA:X?") { return text(times.map { Decimal.shortest($0) }.joined(separator: ",")) }
        return set { $0.errors.append("-113,\"Undefined header\"") }
    }

    private var identity: String {
        switch maker {
        case .keysight: return "Keysight Technologies,N9000B,MY57100123,A.28.05"
        case .rigol: return "Rigol Technologies,DSA832E,DSA8F123456789,00.01.19"
        case .siglent: return "Siglent Technologies,SSA3032X,SSA3XLBD1R1234,1.2.9.3"
        case .rohde: return "Rohde&Schwarz,FPL1003,1304.0004K03/101234,1.90"
        }
    }

    /// Seconds of the points, from the beginning of the sweep.
    private var times: [Double] {
        let duration = state.withLock { $0.duration }
        return (0..<points).map { Double($0) * duration / Double(points - 1) }
    }

    /// Levels: power over the time of each point, if the detector is the right one; nothing before the first sweep.
    private func trace() -> [UInt8] {
        let device = state.withLock { $0 }
        let step = device.duration / Double(points - 1)
        let tuned = abs(air.carrier - device.center) <= device.bandwidth / 2 && device.span == 0
        let levels = times.map { time -> Double in
            guard device.swept, !device.continuous else { return .nan }
            let share = tuned ? occupied(from: time, to: time + step) / step : 0
            let power = share * pow(10, air.on / 10) + (1 - share) * pow(10, air.off / 10)
            // Without the RMS detector a point shows its highest value.
            return device.rms ? 10 * log10(power) : share > 0 ? air.on : air.off
        }
        var numbers = levels.map { $0.isNaN ? 9.91e37 : $0 }
        if maker == .keysight { numbers = zip(times, numbers).flatMap { [$0, $1] } }
        if device.binary {
            let block = SCPINumberBlock.bytes(single: numbers, .normal)
            let length = String(block.count)
            return text("#\(length.utf8.count)\(length)") + block
        }
        let list = numbers.map { Decimal.shortest($0) }
        switch maker {
        case .rigol:
            // 2-182: a header of nine digits before text parted by comma and blank.
            let body = " " + list.joined(separator: ", ")
            let length = String(body.utf8.count)
            return text("#9" + String(repeating: "0", count: 9 - length.utf8.count) + length + body)
        case .siglent: return text(list.map { $0 + "," }.joined())
        case .keysight, .rohde: return text(list.joined(separator: ","))
        }
    }

    /// Seconds of bursts between two times of the sweep.
    private func occupied(from: Double, to: Double) -> Double {
        var sum = 0.0
        var start = air.first
        while start < to {
            sum += max(0, min(to, start + air.length) - max(from, start))
            start += air.period
        }
        return sum
    }
}
