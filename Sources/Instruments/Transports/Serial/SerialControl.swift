import BenchCore
import CBench
import Glibc

/// How a serial line is set, as asked of the driver and as the driver reports it.
struct SerialLineSetting: Equatable, CustomStringConvertible {
    /// Bd; any number that the adapter can make.
    var speed: Int
    /// 5…8 data bits; `N`, `E`, `O`, `M` (mark) or `S` (space); 1 or 2 stop bits.
    var dataBits: Int, parity: Character, stopBits: Int
    /// RTS/CTS flow control.
    var rtsCts: Bool

    /// A setting as files write it; `nil` for what is none.
    init?(_ format: SerialFormat) {
        let marks = Array(format.format.uppercased())
        guard format.baud > 0, marks.count == 3, let data = marks[0].wholeNumberValue, (5...8).contains(data),
            "NEOMS".contains(marks[1]), let stop = marks[2].wholeNumberValue, (1...2).contains(stop)
        else { return nil }
        self.init(
            speed: format.baud, dataBits: data, parity: marks[1], stopBits: stop, rtsCts: format.flow == .rtsCts)
    }

    init(speed: Int, dataBits: Int, parity: Character, stopBits: Int, rtsCts: Bool) {
        self.speed = speed
        self.dataBits = dataBits
        self.parity = parity
        self.stopBits = stopBits
        self.rtsCts = rtsCts
    }

    /// `9600 7E1 RTS/CTS`.
    var description: String { "\(speed) \(dataBits)\(parity)\(stopBits)\(rtsCts ? " RTS/CTS" : "")" }
}

/// The modem lines of a serial port; the numbers are the kernel's TIOCM_ bits.
struct ModemLines: OptionSet, Sendable, Hashable {
    let rawValue: Int32
    static let dtr = ModemLines(rawValue: 0x002), rts = ModemLines(rawValue: 0x004)
    static let cts = ModemLines(rawValue: 0x020), dcd = ModemLines(rawValue: 0x040)
    static let ring = ModemLines(rawValue: 0x080), dsr = ModemLines(rawValue: 0x100)
    /// What the other end drives.
    static let inputs: ModemLines = [.cts, .dcd, .ring, .dsr]
}

/// An error number of the system.
struct SystemTrouble: Error, Equatable {
    let number: Int32
    /// The system's words.
    var words: String { String(cString: strerror(number)) }

    /// The last call's result, or its trouble.
    @discardableResult
    static func check(_ result: Int32) throws(SystemTrouble) -> Int32 {
        if result < 0 { throw SystemTrouble(number: errno) }
        return result
    }
}

/// What a serial driver is asked beside reading and writing; a test puts a driver of its own behind it.
protocol SerialControl: Sendable {
    /// Sets the line; the driver may quietly do something else, so it is read back.
    func set(_ line: Int32, _ wanted: SerialLineSetting) throws(SystemTrouble)
    /// How the driver has set it.
    func setting(_ line: Int32) throws(SystemTrouble) -> SerialLineSetting
    /// Forbids or allows further opens.
    func exclusive(_ line: Int32, _ on: Bool) throws(SystemTrouble)
    /// Begins or ends a break.
    func sendBreak(_ line: Int32, _ on: Bool) throws(SystemTrouble)
    /// The state of all modem lines.
    func lines(_ line: Int32) throws(SystemTrouble) -> ModemLines
    /// Raises and lowers RTS and DTR.
    func setLines(_ line: Int32, raise: ModemLines, lower: ModemLines) throws(SystemTrouble)
    /// Blocks until one of the lines has changed; `EINTR` when a signal ended it.
    func waitForEdge(_ line: Int32, of lines: ModemLines) throws(SystemTrouble)
    /// Changes of CTS, DSR, RI and DCD since the driver was loaded.
    func edges(_ line: Int32) throws(SystemTrouble) -> [ModemLines: UInt32]
    /// Bytes not yet sent.
    func unsent(_ line: Int32) throws(SystemTrouble) -> Int
    /// Lets the driver switch the direction of a RS-485 line.
    func rs485(_ line: Int32, _ on: Bool) throws(SystemTrouble)
    /// Throws away what was received and what was not sent.
    func flush(_ line: Int32)
    /// Whether it is a pseudo-terminal, which has no line: format, modem lines and RS-485 mean nothing there.
    func isPseudoTerminal(_ line: Int32) -> Bool
}

/// The kernel's own serial drivers.
struct KernelSerialControl: SerialControl {
    func set(_ line: Int32, _ wanted: SerialLineSetting) throws(SystemTrouble) {
        var raw = cbench_serial(
            speed: UInt32(wanted.speed), data_bits: Int32(wanted.dataBits),
            parity: Int32(wanted.parity.asciiValue ?? 78), stop_bits: Int32(wanted.stopBits),
            rts_cts: wanted.rtsCts ? 1 : 0)
        try SystemTrouble.check(cbench_serial_set(line, &raw))
    }

    func setting(_ line: Int32) throws(SystemTrouble) -> SerialLineSetting {
        var raw = cbench_serial()
        try SystemTrouble.check(cbench_serial_get(line, &raw))
        return SerialLineSetting(
            speed: Int(raw.speed), dataBits: Int(raw.data_bits),
            parity: Character(UnicodeScalar(UInt8(truncatingIfNeeded: raw.parity))), stopBits: Int(raw.stop_bits),
            rtsCts: raw.rts_cts != 0)
    }

    func exclusive(_ line: Int32, _ on: Bool) throws(SystemTrouble) {
        try SystemTrouble.check(cbench_serial_exclusive(line, on ? 1 : 0))
    }

    func sendBreak(_ line: Int32, _ on: Bool) throws(SystemTrouble) {
        try SystemTrouble.check(cbench_serial_break(line, on ? 1 : 0))
    }

    func lines(_ line: Int32) throws(SystemTrouble) -> ModemLines {
        ModemLines(rawValue: try SystemTrouble.check(cbench_serial_lines(line)))
    }

    func setLines(_ line: Int32, raise: ModemLines, lower: ModemLines) throws(SystemTrouble) {
        try SystemTrouble.check(cbench_serial_set_lines(line, raise.rawValue, lower.rawValue))
    }

    func waitForEdge(_ line: Int32, of lines: ModemLines) throws(SystemTrouble) {
        try SystemTrouble.check(cbench_serial_wait_edge(line, lines.rawValue))
    }

    func edges(_ line: Int32) throws(SystemTrouble) -> [ModemLines: UInt32] {
        var counts: [UInt32] = [0, 0, 0, 0]
        try SystemTrouble.check(cbench_serial_edges(line, &counts))
        return [.cts: counts[0], .dsr: counts[1], .ring: counts[2], .dcd: counts[3]]
    }

    func unsent(_ line: Int32) throws(SystemTrouble) -> Int {
        Int(try SystemTrouble.check(cbench_serial_unsent(line)))
    }

    func rs485(_ line: Int32, _ on: Bool) throws(SystemTrouble) {
        try SystemTrouble.check(cbench_serial_rs485(line, on ? 1 : 0))
    }

    /// Lets a signal end a blocking call and do nothing else.
    static func makeInterruptible(_ signal: Int32) -> Bool { cbench_interruptible(signal) == 0 }

    func flush(_ line: Int32) { tcflush(line, TCIOFLUSH) }

    func isPseudoTerminal(_ line: Int32) -> Bool {
        var status = stat()
        guard fstat(line, &status) == 0 else { return false }
        // Majors 136…143 are the ends of UNIX98 pseudo-terminals (kernel Documentation/admin-guide/devices.txt).
        let major = (status.st_rdev >> 8) & 0xFFF
        return (136...143).contains(major)
    }
}
