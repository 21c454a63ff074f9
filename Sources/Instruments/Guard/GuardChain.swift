public import BenchCore

/// The safe chain of a bench as plain bytes, for the guard that performs it when the host is gone.
///
/// A step can be guarded where its wire is TCP or serial and its driver's safe bytes are known in `GuardWords`; others are named in
/// `unguarded`, so that nobody believes in a protection that is not there.
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
            guard let place = Self.place(instrument.wire) else {
                unguarded.append(
                    "\(name): the guard cannot use the wire \(instrument.wire.wireName) (\(instrument.wire.kind.rawValue))"
                )
                continue
            }
            guard let exchanges = GuardWords.exchanges(instrument, step.action, types) else {
                unguarded.append("\(name): the safe words of driver \(instrument.driver) are not known to the guard")
                continue
            }
            let limit = Int((step.within * 1000).rounded(.up))
            let words = exchanges.map { "\(WireTap.hex($0.send)) \($0.answer.text)" }
            lines.append("step \(name) \(limit) \(place) \(words.joined(separator: " "))")
        }
    }

    /// Speeds the guard can set, Bd: those of termios.
    private static let speeds: Set<Int> = [
        300, 600, 1200, 2400, 4800, 9600, 19_200, 38_400, 57_600, 115_200, 230_400, 460_800, 921_600,
    ]

    /// The wire as the guard reads it; `nil` for one it cannot use, or whose name has a blank.
    private static func place(_ wire: WireAddress) -> String? {
        let words: [String]
        switch wire {
        case .tcp(let host, let port), .modbusTCP(let host, let port, _): words = ["tcp", host, "\(port)"]
        case .serial(let device, let format):
            guard speeds.contains(format.baud) else { return nil }
            let flows: [SerialFormat.Flow: String] = [.none: "", .rtsCts: "-rts", .xonXoff: "-xon"]
            words = ["serial", device, "\(format.baud)", format.format + (flows[format.flow] ?? "")]
        case .modbusRTU(let device, let baud, let format, _, _):
            guard speeds.contains(baud) else { return nil }
            words = ["serial", device, "\(baud)", format]
        case .usbtmc, .vxi11, .hislip, .usb, .alsa, .file: return nil
        }
        return words.allSatisfy { !$0.isEmpty && !$0.contains(where: \.isWhitespace) }
            ? words.joined(separator: " ") : nil
    }
}

/// What a safe action is as bytes, for each driver that can be guarded.
enum GuardWords {
    /// One question, and how its answer confirms it.
    struct Exchange: Sendable, Hashable {
        var send: [UInt8], answer: Answer
    }
    /// What confirms.
    enum Answer: Sendable, Hashable {
        case begins([UInt8])
        /// Anywhere in what comes: unasked words and late answers may stand before it.
        case contains([UInt8])
        case none

        var text: String {
            switch self {
            case .begins(let bytes): return WireTap.hex(bytes)
            case .contains(let bytes): return "~" + WireTap.hex(bytes)
            case .none: return "-"
            }
        }
    }

    /// The exchanges of an action; `nil` where they are not known.
    static func exchanges(
        _ instrument: InstrumentDescription, _ action: SafeAction, _ types: [String: InstrumentType]
    ) -> [Exchange]? {
        switch (instrument.driver, action) {
        case ("scpi-source", .currentOff): return scpi(Array("OUTP:CURR OFF\n*OPC?\n".utf8), instrument.wire)
        case ("scpi-source", .voltageOff): return scpi(Array("OUTP:VOLT OFF\n*OPC?\n".utf8), instrument.wire)
        case ("zera-mt786", .currentOff), ("zera-mt786", .voltageOff): return zera(.mt786)
        case ("zera-fg30x", .currentOff), ("zera-fg30x", .voltageOff): return zera(.fg30x)
        case ("geny-yc99t", .currentOff), ("geny-yc99t", .voltageOff):
            let stop = GenyFrame(command: GenyCommand.stop.rawValue, data: [])
            let done = GenyFrame(command: GenyCommand.stop.rawValue, data: [0])
            return [Exchange(send: stop.bytes, answer: .contains(done.bytes))]
        case ("modbus-contactor", .open): return contactor(instrument.wire)
        default:
            guard let entry = try? DriverRegistry.entry(for: instrument, types: types),
                let guarded = entry.guarded(action)
            else { return nil }
            return scpi(guarded.send, instrument.wire, guarded.expect)
        }
    }

    /// Text that ends with a query, and how its answer begins.
    private static func scpi(
        _ send: [UInt8], _ wire: WireAddress, _ expect: [UInt8] = Array("1".utf8)
    ) -> [Exchange]? {
        switch wire {
        case .tcp: return [Exchange(send: send, answer: .begins(expect))]
        // On a serial line half a command of the host, or the end of an earlier answer, may stand before ours.
        case .serial: return [Exchange(send: [0x0A], answer: .none), Exchange(send: send, answer: .contains(expect))]
        case .modbusTCP, .modbusRTU, .usbtmc, .vxi11, .hislip, .usb, .alsa, .file: return nil
        }
    }

    /// Everything off, whatever the action: which voltages to keep is not known here, and one that was off must not come on. A line end first
    /// cuts off half a command of the host; then twice, because an `OK` for switching on may still be on its way.
    private static func zera(_ dialect: ZeraDialect) -> [Exchange] {
        let off = Exchange(
            send: Array((dialect.prefix + ZeraSourceWire.allOff + "\r").utf8),
            answer: .contains(Array((dialect.prefix + "OKUI").utf8)))
        return [Exchange(send: ZeraFraming().ending, answer: .none), off, off]
    }

    /// Function 5 (write single coil), coil 0 := off; the answer repeats the request (MODBUS Application Protocol V1.1b3, 6.5).
    private static func contactor(_ wire: WireAddress) -> [Exchange]? {
        switch wire {
        case .modbusTCP(_, _, let unit):
            let frame: [UInt8] = [0x4D, 0x42, 0, 0, 0, 6, UInt8(truncatingIfNeeded: unit), 5, 0, 0, 0, 0]
            return [Exchange(send: frame, answer: .begins(frame))]
        case .modbusRTU(_, _, _, let unit, _):
            let body: [UInt8] = [UInt8(truncatingIfNeeded: unit), 5, 0, 0, 0, 0]
            let crc = GenyFrame.checksum(body)
            let frame = body + [UInt8(truncatingIfNeeded: crc), UInt8(crc >> 8)]
            return [Exchange(send: frame, answer: .contains(frame))]
        case .tcp, .serial, .usbtmc, .vxi11, .hislip, .usb, .alsa, .file: return nil
        }
    }
}
