public import BenchCore

/// The safe chain of a bench as plain bytes, for the guard that performs it when the host is gone.
///
/// A step can be guarded where its wire is TCP and its driver's words are known here; others are named in `unguarded`, so that
/// nobody believes in a protection that is not there.
public struct GuardChain: Sendable, Hashable {
    /// Lines for the guard's standard input, one a step.
    public var lines: [String] = []
    /// Steps the guard cannot perform, and why.
    public var unguarded: [String] = []

    /// The chain of a bench; `types` are the instrument types that its drivers name.
    public init(bench: BenchDescription, types: [String: InstrumentType] = [:]) {
        for step in bench.safe {
            guard let instrument = bench.instruments.first(where: { $0.id == step.instrument }) else { continue }
            let name = "\(step.instrument):\(step.action.rawValue)"
            guard let exchange = Self.exchange(instrument, step.action, types) else {
                unguarded.append("\(name): driver \(instrument.driver) on this kind of wire is not known to the guard")
                continue
            }
            let limit = Int((step.within * 1000).rounded(.up))
            let expect = exchange.expect.isEmpty ? "-" : Self.hex(exchange.expect)
            lines.append("step \(name) \(limit) \(exchange.host) \(exchange.port) \(Self.hex(exchange.send)) \(expect)")
        }
    }

    private struct Exchange {
        var host: String, port: Int, send: [UInt8], expect: [UInt8]
    }

    /// The bytes that ask for the action, and the beginning of the answer that confirms it.
    private static func exchange(
        _ instrument: InstrumentDescription, _ action: SafeAction, _ types: [String: InstrumentType]
    ) -> Exchange? {
        switch (instrument.driver, instrument.wire, action) {
        case ("scpi-source", .tcp(let host, let port), .currentOff):
            return Exchange(host: host, port: port, send: Array("OUTP:CURR OFF\n*OPC?\n".utf8), expect: Array("1".utf8))
        case ("scpi-source", .tcp(let host, let port), .voltageOff):
            return Exchange(host: host, port: port, send: Array("OUTP:VOLT OFF\n*OPC?\n".utf8), expect: Array("1".utf8))
        case ("modbus-contactor", .modbusTCP(let host, let port, let unit), .open):
            // Modbus TCP, function 5 (write single coil), coil 0 := off; the answer repeats the request.
            let frame: [UInt8] = [0x4D, 0x42, 0, 0, 0, 6, UInt8(truncatingIfNeeded: unit), 5, 0, 0, 0, 0]
            return Exchange(host: host, port: port, send: frame, expect: frame)
        default:
            guard case .tcp(let host, let port) = instrument.wire,
                let entry = try? DriverRegistry.entry(for: instrument, types: types),
                let guarded = entry.guarded(action)
            else { return nil }
            return Exchange(host: host, port: port, send: guarded.send, expect: guarded.expect)
        }
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
